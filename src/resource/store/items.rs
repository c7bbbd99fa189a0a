//! Loads and stores the rows of items.

use diesel::sql_types::BigInt;

use crate::db::schema::items;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, Id, RowId, Time};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceKind;

/// The columns of [`Item`].
pub(in crate::resource) const ITEM_COLUMNS: &str = "items.number, items.id, items.kind, items.slug, items.status, items.original_language, items.languages, \
    items.public_languages, items.reference_list, items.fields, items.tracks, items.revision, items.is_public, items.ever_public, items.created_at, \
    items.updated_at, items.published_at, items.deleted_at, items.purged_at, items.catalogue_revision";

/// Reads the items that fit a condition.
pub fn load_items(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Vec<ItemRow>, Error> {
    Ok(Statement::<items::SqlType>::select(ITEM_COLUMNS, "items", condition)
        .load_rows(connection)?)
}

/// Stores a new item; gives the number of its row.
pub fn insert_item(connection: &mut Connection, item: &ItemRow) -> Result<RowId, Error> {
    let text = |value: &String| Bind::Text(value.clone());
    let time = |value: Option<Time>| value.map_or(Bind::Null, Bind::Time);
    let statement = Fragment::new(
        "INSERT INTO items (id, kind, slug, status, original_language, languages, public_languages, reference_list, fields, tracks, revision, is_public, \
         ever_public, created_at, updated_at, published_at, deleted_at, purged_at, catalogue_revision) VALUES (",
    )
    .binds([
        Bind::Id(item.id),
        text(&item.kind),
        text(&item.slug),
        text(&item.status),
        text(&item.original_language),
        text(&item.languages),
        text(&item.public_languages),
        text(&item.reference_list),
        text(&item.fields),
        text(&item.tracks),
        Bind::Integer(item.revision),
        Bind::Bool(item.is_public),
        Bind::Bool(item.ever_public),
        Bind::Time(item.created_at),
        Bind::Time(item.updated_at),
        time(item.published_at),
        time(item.deleted_at),
        time(item.purged_at),
        Bind::Integer(item.catalogue_revision),
    ])
    .sql(") RETURNING number");
    let numbers: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    numbers.first().copied().ok_or_else(|| Error::Internal("a new item got no number".to_owned()))
}

/// Holds for the items of a kind. What does not come from a user stands in the text, so that
/// PostgreSQL can plan for it once.
pub fn kind_predicate(kind: ResourceKind) -> Fragment {
    Fragment::new(format!("items.kind = '{}'", kind.as_str()))
}

/// Holds for the items that refer to an item, deleted ones included: what an item refers to is a
/// value that it is found by. A text that happens to be an identifier is found too; who must know
/// looks at [`Item::links`].
pub fn referencing_items(id: Id) -> Fragment {
    Fragment::new("items.number IN (SELECT filter_index.item FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number WHERE filter_terms.value = ")
        .bind(Bind::Text(id.to_string()))
        .sql(")")
}

//! Loads and inserts the rows of items.

use diesel::sql_types::BigInt;

use crate::db::schema::items;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, Id, RowId, Time};
use crate::resource::model::item::ItemRow;
use crate::resource::schema::ResourceKind;

/// The columns of [`ItemRow`].
pub(in crate::resource) const ITEM_COLUMNS: &str = "items.number, items.id, items.kind, items.slug, items.status, items.original_language, items.languages, \
    items.public_languages, items.reference_list, items.fields, items.tracks, items.revision, items.nonce, items.is_public, items.ever_public, items.created_at, \
    items.updated_at, items.published_at, items.unpublish_at, items.unpublish_referrers, items.archived_from_public, items.deleted_at, items.purged_at, items.catalogue_revision, \
    items.public_revision, items.public_nonce, items.public_updated_at";

/// Loads the items that match a condition.
pub fn load_items(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Vec<ItemRow>, Error> {
    Ok(Statement::<items::SqlType>::select(ITEM_COLUMNS, "items", condition)
        .load_rows(connection)?)
}

/// Inserts a new item and returns its row id.
pub fn insert_item(connection: &mut Connection, item: &ItemRow) -> Result<RowId, Error> {
    let text = |value: &String| Bind::Text(value.clone());
    let time = |value: Option<Time>| value.map_or(Bind::Null, Bind::Time);
    let statement = Fragment::new(
        "INSERT INTO items (id, kind, slug, status, original_language, languages, public_languages, reference_list, fields, tracks, revision, nonce, is_public, \
         ever_public, created_at, updated_at, published_at, unpublish_at, unpublish_referrers, archived_from_public, deleted_at, purged_at, catalogue_revision, public_revision, public_nonce, \
         public_updated_at) VALUES (",
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
        Bind::Integer(item.nonce),
        Bind::Bool(item.is_public),
        Bind::Bool(item.ever_public),
        Bind::Time(item.created_at),
        Bind::Time(item.updated_at),
        time(item.published_at),
        time(item.unpublish_at),
        Bind::Bool(item.unpublish_referrers),
        Bind::Bool(item.archived_from_public),
        time(item.deleted_at),
        time(item.purged_at),
        Bind::Integer(item.catalogue_revision),
        Bind::Integer(item.public_revision),
        Bind::Integer(item.public_nonce),
        Bind::Time(item.public_updated_at),
    ])
    .sql(") RETURNING number");
    let numbers: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    numbers
        .first()
        .copied()
        .ok_or_else(|| Error::Internal("INSERT INTO items returned no row id".to_owned()))
}

/// Returns a condition that matches the items of a kind. The kind is a literal in the SQL text, not
/// a bind value, so that PostgreSQL plans the statement for this kind and can reuse the plan.
pub fn kind_predicate(kind: ResourceKind) -> Fragment {
    Fragment::new(format!("items.kind = '{}'", kind.as_str()))
}

/// Returns a condition that matches the items that reference an item, including soft-deleted ones.
/// It uses the filter index, which contains the ids of referenced items. A text value that happens
/// to equal the id also matches; callers that need an exact result check [`ItemRow::references`].
pub fn referencing_items(id: Id) -> Fragment {
    Fragment::new("items.number IN (SELECT filter_index.item FROM filter_terms JOIN filter_index ON filter_index.term = filter_terms.number WHERE filter_terms.value = ")
        .bind(Bind::Text(id.to_string()))
        .sql(")")
}

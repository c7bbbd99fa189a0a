//! Finds items by id, slug or former slug.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text as SqlText};

use crate::db::schema::items;
use crate::db::sql_fragment::{
    Bind, Fragment, Statement, id_in_fragment, integer_in_fragment, text_pair_table,
};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, RowId};
use crate::http::auth::Visibility;
use crate::resource::model::item::{ItemRow, TranslationRow};
use crate::resource::model::revisions::Revisions;
use crate::resource::schema::ResourceKind;
use crate::resource::store::items::{ITEM_COLUMNS, kind_predicate, load_items};
use crate::resource::store::purged_slugs::find_purged;
use crate::resource::store::texts::{TEXT_COLUMNS, TextColumnTypes};
use crate::text::language::Language;

/// The result of finding an item by the name in a path or filter.
#[derive(Clone, Debug)]
pub enum Lookup<T = ItemRow> {
    /// The item, found by its id or current slug.
    Current(T),
    /// The item, found by a former slug.
    Former(T),
}

impl<T> Lookup<T> {
    /// Returns a reference to the item.
    pub fn item(&self) -> &T {
        match self {
            Self::Current(item) | Self::Former(item) => item,
        }
    }

    /// Returns the item.
    pub fn into_item(self) -> T {
        match self {
            Self::Current(item) | Self::Former(item) => item,
        }
    }
}

/// Finds an item by id, slug or former slug. Soft-deleted items are included.
pub fn find(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
) -> Result<Option<Lookup>, Error> {
    find_by(connection, kind, name, load_items)
}

/// Like [`find`], and also loads the data that a response for the single item needs.
pub fn find_single(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
    texts: PreloadedTexts<'_>,
) -> Result<Option<Lookup<SingleItem>>, Error> {
    find_by(connection, kind, name, |connection, condition| {
        load_single_items(connection, condition, texts)
    })
}

fn find_by<T>(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
    read: impl Fn(&mut Connection, &Fragment) -> Result<Vec<T>, Error>,
) -> Result<Option<Lookup<T>>, Error> {
    use crate::db::schema::slugs;
    if let Some(id) = Id::parse(name) {
        let condition = kind_predicate(kind).sql(" AND items.id = ").bind(Bind::Id(id));
        return Ok(read(connection, &condition)?.pop().map(Lookup::Current));
    }
    let condition =
        kind_predicate(kind).sql(" AND items.slug = ").bind(Bind::Text(name.to_owned()));
    if let Some(item) = read(connection, &condition)?.pop() {
        return Ok(Some(Lookup::Current(item)));
    }
    let former = slugs::table
        .filter(slugs::kind.eq(kind.as_str()))
        .filter(slugs::slug.eq(name))
        .select(slugs::item)
        .first::<RowId>(connection)
        .optional()?;
    let former = match former {
        Some(number) => Some(number),
        None => find_purged(connection, kind.as_str(), name)?,
    };
    let Some(number) = former else { return Ok(None) };
    Ok(read(connection, &integer_in_fragment("items.number", [number]))?.pop().map(Lookup::Former))
}

/// Ids and current slugs of the items that a request body references, by kind and name.
pub type ResolvedNames = HashMap<(ResourceKind, String), (Id, String)>;

/// Resolves the names in a request body, each an id, a slug or a former slug, in at most two
/// queries. Soft-deleted items are excluded.
pub fn resolve_names(
    connection: &mut Connection,
    names: &[(ResourceKind, &str)],
) -> Result<ResolvedNames, Error> {
    let mut found = ResolvedNames::new();
    let ids: Vec<Id> = names.iter().filter_map(|(_, name)| Id::parse(name)).collect();
    if !ids.is_empty() {
        let condition = id_in_fragment("items.id", &ids).sql(" AND items.deleted_at IS NULL");
        let statement = Statement::<(Uuid, SqlText, SqlText)>::select(
            "items.id, items.kind, items.slug",
            "items",
            &condition,
        );
        let rows: Vec<(Id, String, String)> = statement.load_rows(connection)?;
        for (kind, name) in names {
            if let Some((id, _, slug)) =
                rows.iter().find(|(id, of, _)| Id::parse(name) == Some(*id) && of == kind.as_str())
            {
                found.insert((*kind, (*name).to_owned()), (*id, slug.clone()));
            }
        }
    }
    let slugs: Vec<&(ResourceKind, &str)> =
        names.iter().filter(|(_, name)| Id::parse(name).is_none()).collect();
    if !slugs.is_empty() {
        // PostgreSQL overestimates the number of names and would scan the whole table; the lateral
        // join makes it look up one name at a time.
        let statement = Fragment::new("SELECT wanted.first, wanted.second, items.id, items.slug FROM ")
            .append(&text_pair_table(slugs.iter().map(|(kind, name)| (kind.as_str(), name))))
            .by_backend(
                " wanted CROSS JOIN slugs ON slugs.kind = wanted.first AND slugs.slug = wanted.second",
                " wanted CROSS JOIN LATERAL (SELECT slugs.item FROM slugs WHERE slugs.kind = wanted.first AND slugs.slug = wanted.second \
                 LIMIT 1) slugs",
            )
            .sql(" JOIN items ON items.number = slugs.item")
            .sql(" AND items.deleted_at IS NULL");
        let rows: Vec<(String, String, Id, String)> =
            Statement::<(SqlText, SqlText, Uuid, SqlText)>::new(statement).load_rows(connection)?;
        found.extend(rows.into_iter().filter_map(|(kind_letter, name, id, slug)| {
            Some(((ResourceKind::parse(&kind_letter)?, name), (id, slug)))
        }));
    }
    Ok(found)
}

/// An item loaded on its own, with the data that its response needs.
pub struct SingleItem {
    /// The item.
    pub item: ItemRow,
    /// The revisions in the same snapshot of the database.
    pub revisions: Revisions,
    /// The text that the response will probably contain. Only PostgreSQL returns it in the same
    /// query, since another statement there costs another round trip.
    pub preloaded_text: Option<TranslationRow>,
}

impl AsRef<ItemRow> for SingleItem {
    fn as_ref(&self) -> &ItemRow {
        &self.item
    }
}

/// The texts of which one is loaded with an item.
#[derive(Clone, Copy)]
pub struct PreloadedTexts<'a> {
    /// Preferred languages, best first.
    pub preferred: &'a [Language],
    /// Visibility of the texts.
    pub visibility: Visibility,
}

/// Row of [`load_single_items`]: the item, the revisions, and the probable text with its key.
type SingleItemRow = (ItemRow, Option<String>, Option<(i64, TranslationRow)>);

/// Loads items with the revisions and the texts that will probably be rendered.
fn load_single_items(
    connection: &mut Connection,
    condition: &Fragment,
    texts: PreloadedTexts<'_>,
) -> Result<Vec<SingleItem>, Error> {
    let statement = Fragment::new("SELECT ")
        .sql(ITEM_COLUMNS)
        .sql(", (SELECT entries FROM revisions WHERE number = 1), ")
        .sql(TEXT_COLUMNS)
        .sql(" FROM items")
        .append(&preloaded_text_join(texts))
        .sql(" WHERE ")
        .append(condition);
    let rows: Vec<SingleItemRow> =
        Statement::<(items::SqlType, Nullable<SqlText>, Nullable<TextColumnTypes>)>::new(statement)
            .load_rows(connection)?;
    let single = |(mut item, state, text): SingleItemRow| {
        if !texts.visibility.includes_unpublished() {
            item.hide_unpublished();
        }
        SingleItem {
            item,
            revisions: Revisions::parse(&state.unwrap_or_default()),
            preloaded_text: text.map(|(_, text)| text),
        }
    };
    Ok(rows.into_iter().map(single).collect())
}

/// Returns a join that adds the text to each item that will probably be rendered. PostgreSQL
/// computes the key of the text as `text_key` does, for the best of these languages that the client
/// may see. On SQLite the join matches nothing, since a separate statement costs less there.
pub(in crate::resource) fn preloaded_text_join(texts: PreloadedTexts<'_>) -> Fragment {
    let PreloadedTexts { preferred, visibility } = texts;
    let tags: Vec<&str> = preferred.iter().map(Language::as_str).collect();
    let visible = if visibility.includes_unpublished() {
        "items.languages"
    } else {
        "items.public_languages"
    };
    Fragment::new(" LEFT JOIN texts ON texts.key = ")
        .by_backend("NULL", "items.number * 512 - 1 + (SELECT array_position(string_to_array(items.languages, ' '), tag) FROM unnest(CAST(")
        .bind_on_postgres(Bind::Text(format!("{{{}}}", tags.join(","))))
        .by_backend(
            "",
            format!(" AS text[])) WITH ORDINALITY preferred (tag, rank) WHERE tag = ANY (string_to_array({visible}, ' ')) ORDER BY rank LIMIT 1)"),
        )
}

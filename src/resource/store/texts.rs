//! Loads and stores the translations of items.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text as SqlText};

use crate::db::schema::texts;
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment, integer_table};
use crate::db::{Connection, Error, RowId};
use crate::resource::model::item::{TEXTS_PER_ITEM, TranslationRow, TranslationsByItem, text_key};

/// The columns of [`TranslationRow`], preceded by the key.
pub(in crate::resource) const TEXT_COLUMNS: &str = "texts.key, texts.language, texts.status, texts.title, texts.summary, texts.description, \
    texts.content_note, texts.credit_line, texts.disclaimer, texts.comment, texts.sort_key";

/// The types of [`TEXT_COLUMNS`].
pub(in crate::resource) type TextColumnTypes = (
    BigInt,
    (
        SqlText,
        SqlText,
        SqlText,
        Nullable<SqlText>,
        Nullable<SqlText>,
        Nullable<SqlText>,
        Nullable<SqlText>,
        Nullable<SqlText>,
        Nullable<SqlText>,
        SqlText,
    ),
);

fn query_texts(connection: &mut Connection, from: &Fragment) -> Result<TranslationsByItem, Error> {
    let statement = Fragment::new("SELECT ").sql(TEXT_COLUMNS).sql(" FROM ").append(from);
    let mut rows: Vec<(i64, TranslationRow)> =
        Statement::<TextColumnTypes>::new(statement).load_rows(connection)?;
    // Sorted here, since a database would copy the texts to sort them.
    rows.sort_unstable_by_key(|(key, _)| *key);
    let mut texts = TranslationsByItem::new();
    for (key, text) in rows {
        texts.entry(key.div_euclid(TEXTS_PER_ITEM)).or_default().push(text);
    }
    Ok(texts)
}

/// Returns a condition that matches the texts of the item with this row id, see [`TEXTS_PER_ITEM`].
pub fn text_key_range_sql(number: &str) -> String {
    format!("texts.key >= {number} * 512 AND texts.key < {number} * 512 + 512")
}

/// Loads the texts of items, each specified by its row id and its `languages` column.
pub fn load_item_texts<'a>(
    connection: &mut Connection,
    items: impl IntoIterator<Item = (RowId, &'a str)>,
) -> Result<TranslationsByItem, Error> {
    let places = |languages: &str| languages.split_ascii_whitespace().count();
    let keys = items.into_iter().flat_map(|(item, languages)| {
        (0..places(languages)).filter_map(move |index| text_key(item, index))
    });
    load_texts_by_key(connection, keys.collect())
}

/// Loads all texts of these items, independent of their `languages` column.
pub fn load_all_texts(
    connection: &mut Connection,
    items: impl IntoIterator<Item = RowId>,
) -> Result<TranslationsByItem, Error> {
    // PostgreSQL overestimates the number of texts of each item and would scan the whole table for
    // each one; the LIMIT prevents that.
    let from = integer_table(items)
        .by_backend(
            " wanted CROSS JOIN texts WHERE ",
            " wanted CROSS JOIN LATERAL (SELECT * FROM texts WHERE ",
        )
        .sql("texts.key >= wanted.value * 512 AND texts.key < wanted.value * 512 + 512")
        .by_backend("", " ORDER BY texts.key LIMIT 512) texts");
    query_texts(connection, &from)
}

pub(in crate::resource) fn load_texts_by_key(
    connection: &mut Connection,
    keys: Vec<i64>,
) -> Result<TranslationsByItem, Error> {
    if keys.is_empty() {
        return Ok(TranslationsByItem::new());
    }
    query_texts(
        connection,
        &Fragment::new("texts WHERE ").append(&integer_in_fragment("texts.key", keys)),
    )
}

/// Deletes all texts of these items.
pub fn delete_texts(
    connection: &mut Connection,
    items: impl IntoIterator<Item = RowId>,
) -> Result<(), Error> {
    for item in items {
        let first = item.saturating_mul(TEXTS_PER_ITEM);
        diesel::delete(
            texts::table
                .filter(texts::key.ge(first))
                .filter(texts::key.lt(first.saturating_add(TEXTS_PER_ITEM))),
        )
        .execute(connection)?;
    }
    Ok(())
}

/// Inserts the texts of an item. Each statement inserts at most fifty rows, to stay below the limit
/// of the databases on bind values.
pub fn insert_texts(
    connection: &mut Connection,
    item: RowId,
    texts: &[TranslationRow],
) -> Result<(), Error> {
    let optional = |value: &Option<String>| value.clone().map_or(Bind::Null, Bind::Text);
    let too_many = || Error::Internal(format!("item {item} has too many languages"));
    for (chunk, first) in texts.chunks(50).zip((0..).step_by(50)) {
        let mut statement = Fragment::new(
            "INSERT INTO texts \
             (key, language, status, title, summary, description, content_note, credit_line, disclaimer, comment, sort_key) VALUES ",
        );
        for (text, index) in chunk.iter().zip(first..) {
            let row = [
                Bind::Integer(text_key(item, index).ok_or_else(too_many)?),
                Bind::Text(text.language.clone()),
                Bind::Text(text.status.clone()),
                Bind::Text(text.title.clone()),
                optional(&text.summary),
                optional(&text.description),
                optional(&text.content_note),
                optional(&text.credit_line),
                optional(&text.disclaimer),
                optional(&text.comment),
                Bind::Text(text.sort_key.clone()),
            ];
            statement = statement.sql(if index == first { "(" } else { ", (" }).binds(row).sql(")");
        }
        Statement::<BigInt>::new(statement).execute(connection)?;
    }
    Ok(())
}

//! The filter index: the terms by which equality filters find an item, stored in the same
//! transaction as the item.

use crate::resource::index::{IndexChange, IndexedItem};
use crate::resource::schema::TEXT_LANGUAGE_FILTER;
use std::collections::BTreeSet;

use chrono::Datelike;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::filter_index;
use crate::db::sql_fragment::{Bind, Fragment, Statement, text_pair_table};
use crate::db::{Connection, Error, RowId};
use crate::resource::model::item::{ItemRow, Reference, TranslationRow};
use crate::resource::model::resource::ResourceModel;
use crate::resource::schema::index_terms::signature_bit;

/// Returns the terms of an item for equality filters: distinct pairs of field and value.
pub fn filter_terms<S: ResourceModel>(
    item: &ItemRow,
    fields: &S::Fields,
    texts: &[TranslationRow],
    references: &[Reference],
) -> BTreeSet<(String, String)> {
    // Only clients with a key find items that are not public, by all their tracks.
    let tracks =
        if item.is_public { item.public_track_summaries() } else { item.track_summaries() };
    let mut terms: BTreeSet<(String, String)> = S::filter_values(fields, &tracks)
        .into_iter()
        .map(|(name, value)| (S::SCHEMA.index_field(name), value))
        .collect();
    terms.extend(references.iter().map(|reference| {
        (S::SCHEMA.reference_index_field(&reference.field), reference.target_id.to_string())
    }));
    terms.extend(
        item.published_at
            .map(|published| (S::SCHEMA.index_field("year"), published.0.year().to_string())),
    );
    for text in texts {
        terms.insert((S::SCHEMA.index_field("any_language"), text.language.clone()));
        if text.status == "published" {
            terms.insert((S::SCHEMA.index_field(TEXT_LANGUAGE_FILTER), text.language.clone()));
        }
    }
    terms
}

/// Returns the signature of an item: the bits of its values of selective filters.
pub fn bloom_signature<S: ResourceModel>(terms: &BTreeSet<(String, String)>) -> i64 {
    let narrow: Vec<String> = S::SCHEMA
        .all_filters()
        .filter(|filter| filter.filter_type.is_selective())
        .map(|filter| S::SCHEMA.index_field(filter.name))
        .collect();
    terms
        .iter()
        .filter(|(field, _)| narrow.contains(field))
        .fold(0, |signature, (field, value)| signature | signature_bit(field, value))
}

/// Rewrites the rows of an item in the filter index.
pub fn write_filter_index<S: ResourceModel>(
    connection: &mut Connection,
    indexed: IndexedItem<'_, S::Fields>,
    change: IndexChange,
) -> Result<(), Error> {
    let IndexedItem { item, fields, texts, references } = indexed;
    if change == IndexChange::Replace {
        diesel::delete(filter_index::table.filter(filter_index::item.eq(item.number)))
            .execute(connection)?;
    }
    let terms = filter_terms::<S>(item, fields, texts, references);
    if terms.is_empty() {
        return Ok(());
    }
    // Most terms exist already. Only if one does not, the missing terms are inserted and the rows
    // are written again.
    let signature = bloom_signature::<S>(&terms);
    if insert_filter_rows(connection, item, &terms, signature)? < terms.len() {
        let unknown = Fragment::new("INSERT INTO filter_terms (field, value) SELECT wanted.first, wanted.second FROM ")
            .append(&text_pair_table(terms.iter().map(|(field, value)| (field, value))))
            .sql(" wanted WHERE NOT EXISTS (SELECT 1 FROM filter_terms WHERE filter_terms.field = wanted.first AND filter_terms.value = wanted.second)");
        Statement::<BigInt>::new(unknown).execute(connection)?;
        diesel::delete(filter_index::table.filter(filter_index::item.eq(item.number)))
            .execute(connection)?;
        insert_filter_rows(connection, item, &terms, signature)?;
    }
    Ok(())
}

/// Inserts the rows of those terms that exist in `filter_terms`; returns the number of rows.
fn insert_filter_rows(
    connection: &mut Connection,
    item: &ItemRow,
    terms: &BTreeSet<(String, String)>,
    signature: i64,
) -> Result<usize, Error> {
    // Public items have a publication date; the sort position of other items is irrelevant.
    let published_at = item.sort_date();
    let insert = Fragment::new("INSERT INTO filter_index (item, term, is_public, published_at, bloom_signature) SELECT ")
        .bind(Bind::Integer(item.number))
        .by_backend(", filter_terms.number, ", ", filter_terms.number, CAST(")
        .bind(Bind::Bool(item.is_public))
        .by_backend(", ", " AS boolean), CAST(")
        .bind(Bind::Time(published_at))
        .by_backend(", ", " AS timestamptz), CAST(")
        .bind(Bind::Integer(signature))
        .by_backend(" FROM ", " AS bigint) FROM ")
        .append(&text_pair_table(terms.iter().map(|(field, value)| (field, value))))
        .by_backend(
            " wanted CROSS JOIN filter_terms ON filter_terms.field = wanted.first AND filter_terms.value = wanted.second",
            " wanted CROSS JOIN LATERAL (SELECT filter_terms.number FROM filter_terms WHERE filter_terms.field = wanted.first AND filter_terms.value = wanted.second \
             LIMIT 1) filter_terms",
        );
    Ok(Statement::<BigInt>::new(insert).execute(connection)?)
}

/// Sets the public flag of an item in the filter index and in the sort table.
pub fn set_public_flag<S: ResourceModel>(
    connection: &mut Connection,
    item: RowId,
    is_public: bool,
) -> Result<(), Error> {
    diesel::update(filter_index::table.filter(filter_index::item.eq(item)))
        .set(filter_index::is_public.eq(is_public))
        .execute(connection)?;
    if let Some(table) = S::SCHEMA.sort_table.filter(|table| table.columns.contains(&"is_public")) {
        let update = Fragment::new(format!("UPDATE {} SET is_public = ", table.name))
            .bind(Bind::Bool(is_public));
        Statement::<BigInt>::new(update.sql(" WHERE number = ").bind(Bind::Integer(item)))
            .execute(connection)?;
    }
    Ok(())
}

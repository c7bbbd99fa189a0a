//! Verification and repair of derived data, and verification of references.
//!
//! Derived data (the filter index, the language columns, the entries of the full-text index) can be
//! rebuilt at any time. The expected values are computed with the same code that writes them.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text as SqlText};
use serde::Serialize;

use crate::db::schema::items;
use crate::db::search::{IndexMismatch, IndexSnapshot};
use crate::db::sql_fragment::{
    Bind, Fragment, Statement, id_in, id_in_fragment, integer_in_fragment, text_pair_table,
};
use crate::db::types::sql;
use crate::db::{Connection, Error, Id, RowId, Time};
use crate::resource::index::sort_rows::save_sort_row;
use crate::resource::index::{IndexChange, IndexedItem};
use crate::resource::index::{filters, full_text};
use crate::resource::model::item::{
    ItemRow, Reference, Status, TranslationRow, TranslationsByItem,
};
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::revisions::{Audience, Revisions};
use crate::resource::store::items::load_items;
use crate::resource::store::slugs::reserve_slug;
use crate::resource::store::texts::{delete_texts, insert_texts, load_all_texts};
use crate::resource::store::tracks;

/// Number of items that are checked per batch.
const ITEMS_PER_BATCH: i64 = 500;

/// A problem found by `kinoteka check`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Machine-readable code.
    pub code: &'static str,
    /// The affected item, setting or database.
    pub subject: String,
    /// Description of the problem.
    pub detail: String,
    /// Suggested remedy.
    pub remedy: &'static str,
    /// Whether the problem is in derived data, which `check --repair` rebuilds.
    pub derived: bool,
}

const REPAIR_REMEDY: &str = "Run `kinoteka check --repair`.";
/// Remedy for outdated entries of the full-text index.
pub const REINDEX_REMEDY: &str = "Run `kinoteka reindex` or `kinoteka check --repair`.";

/// Result of checking a batch of items of one kind.
pub struct CheckBatch {
    /// The problems found.
    pub findings: Vec<Finding>,
    /// Number of items checked.
    pub item_count: usize,
    /// Items with outdated derived data.
    pub stale_row_ids: Vec<RowId>,
    /// Row id of the last item of the batch; `None` if there were no more items.
    pub last_row_id: Option<RowId>,
}

/// A function that checks a batch of items of one kind, see [`verify`].
pub type VerifyFn = fn(&mut Connection, Option<RowId>, &IndexSnapshot) -> Result<CheckBatch, Error>;

/// A function that rebuilds the derived data of items of one kind, see [`repair`].
pub type RepairFn = fn(&mut Connection, &[RowId]) -> Result<(), Error>;

/// Stored data of a batch of items, and data that their derived data depends on.
struct StoredState {
    texts: TranslationsByItem,
    filter_terms: HashMap<RowId, BTreeSet<(String, String)>>,
    /// Items whose rows in the filter index have a wrong visibility, date or signature.
    stale_filter_rows: HashSet<RowId>,
    /// Expected track summaries as JSON.
    track_summaries: HashMap<RowId, String>,
    /// Referenced items that exist; the value is the slug of a soft-deleted item.
    targets: HashMap<Id, Option<String>>,
    /// Items from which others inherit fields.
    inherited_from: HashMap<Id, ItemRow>,
    reserved_slugs: HashSet<(String, RowId)>,
    /// Items whose row in the sort table is up to date.
    sort_rows_in_sync: HashSet<RowId>,
}

/// Checks a batch of items of a kind after the row id `after`. `contents` is the state of the
/// full-text index in the same snapshot of the database.
pub fn verify<S: ResourceModel>(
    connection: &mut Connection,
    after: Option<RowId>,
    contents: &IndexSnapshot,
) -> Result<CheckBatch, Error> {
    let condition = Fragment::new("items.kind = ")
        .bind(Bind::Text(S::SCHEMA.kind.as_str().to_owned()))
        .sql(" AND items.purged_at IS NULL AND items.number > ")
        .bind(Bind::Integer(after.unwrap_or(0)))
        .sql(" ORDER BY items.number LIMIT ")
        .bind(Bind::Integer(ITEMS_PER_BATCH));
    let rows = load_items(connection, &condition)?;
    let stored_state = load_state::<S>(connection, &rows)?;
    let mismatches = full_text::index_mismatches(connection, &rows, contents)?;
    let mut checked = CheckBatch {
        findings: Vec::new(),
        item_count: rows.len(),
        stale_row_ids: Vec::new(),
        last_row_id: rows.last().map(|item| item.number),
    };
    for item in &rows {
        let found =
            find_mismatches::<S>(item, &stored_state, mismatches.get(&item.number).copied());
        if found.iter().any(|finding| finding.derived) {
            checked.stale_row_ids.push(item.number);
        }
        checked.findings.extend(found);
    }
    Ok(checked)
}

/// Rebuilds the derived data of these items of a kind. Must be called in a write transaction.
pub fn repair<S: ResourceModel>(
    connection: &mut Connection,
    numbers: &[RowId],
) -> Result<(), Error> {
    let rows = load_items(
        connection,
        &integer_in_fragment("items.number", numbers.iter().copied())
            .sql(" AND items.purged_at IS NULL"),
    )?;
    let stored_state = load_state::<S>(connection, &rows)?;
    rows.iter().try_for_each(|item| rebuild_derived::<S>(connection, item, &stored_state))
}

fn load_state<S: ResourceModel>(
    connection: &mut Connection,
    rows: &[ItemRow],
) -> Result<StoredState, Error> {
    let by_number: HashMap<RowId, &ItemRow> = rows.iter().map(|item| (item.number, item)).collect();
    let numbers: Vec<RowId> = rows.iter().map(|item| item.number).collect();
    let targets: BTreeSet<Id> =
        rows.iter().flat_map(ItemRow::references).map(|reference| reference.target_id).collect();
    let targets: Vec<(Id, String, Option<Time>)> = items::table
        .filter(id_in(items::id, &targets))
        .select((items::id, items::slug, items::deleted_at))
        .load(connection)?;
    let statement = Fragment::new(
        "SELECT filter_index.item, filter_terms.field, filter_terms.value, filter_index.is_public, filter_index.published_at, filter_index.bloom_signature \
         FROM filter_index JOIN filter_terms ON filter_terms.number = filter_index.term WHERE ",
    )
    .append(&integer_in_fragment("filter_index.item", numbers.iter().copied()));
    let facets: Vec<(RowId, String, String, bool, Time, i64)> =
        Statement::<(BigInt, SqlText, SqlText, Bool, sql::Instant, BigInt)>::new(statement)
            .load_rows(connection)?;
    let (mut terms, mut misplaced): (HashMap<RowId, BTreeSet<_>>, _) =
        (HashMap::new(), HashSet::new());
    let mut signatures: BTreeSet<(RowId, i64)> = BTreeSet::new();
    for (number, field, value, is_public, published_at, signature) in facets {
        let fits = by_number.get(&number).is_some_and(|item| {
            item.is_public == is_public && (!is_public || item.sort_date() == published_at)
        });
        if !fits {
            misplaced.insert(number);
        }
        terms.entry(number).or_default().insert((field, value));
        signatures.insert((number, signature));
    }
    let unlike = |(number, signature): &(RowId, i64)| {
        terms.get(number).is_none_or(|terms| filters::bloom_signature::<S>(terms) != *signature)
    };
    misplaced
        .extend(signatures.iter().filter(|signature| unlike(signature)).map(|(number, _)| *number));
    let statement = Fragment::new("SELECT slugs.slug, slugs.item FROM ")
        .append(&text_pair_table(rows.iter().map(|item| (&item.kind, &item.slug))))
        .sql(" wanted JOIN slugs ON slugs.kind = wanted.first AND slugs.slug = wanted.second");
    let slugs: Vec<(String, RowId)> =
        Statement::<(SqlText, BigInt)>::new(statement).load_rows(connection)?;
    Ok(StoredState {
        texts: load_all_texts(connection, numbers.iter().copied())?,
        filter_terms: terms,
        stale_filter_rows: misplaced,
        track_summaries: tracks::load_summary_json(connection, &numbers)?,
        targets: targets
            .into_iter()
            .map(|(id, slug, deleted_at)| (id, deleted_at.map(|_| slug)))
            .collect(),
        inherited_from: load_inherited_items::<S>(connection, rows)?,
        reserved_slugs: slugs.into_iter().collect(),
        sort_rows_in_sync: load_sort_rows_in_sync::<S>(connection, rows)?,
    })
}

/// Loads the items from which these inherit fields.
fn load_inherited_items<S: ResourceModel>(
    connection: &mut Connection,
    rows: &[ItemRow],
) -> Result<HashMap<Id, ItemRow>, Error> {
    let Some(field) = S::INHERITS_FROM else { return Ok(HashMap::new()) };
    let references =
        rows.iter().flat_map(ItemRow::references).filter(|reference| reference.field == field);
    let ids: BTreeSet<Id> = references.map(|reference| reference.target_id).collect();
    let followed = load_items(connection, &id_in_fragment("items.id", &ids))?;
    Ok(followed.into_iter().map(|item| (item.id, item)).collect())
}

/// Returns the fields of an item with the inherited ones taken from the referenced item.
fn with_inherited_fields<S: ResourceModel>(
    fields: &S::Fields,
    references: &[Reference],
    stored_state: &StoredState,
) -> S::Fields {
    let mut fields = fields.clone();
    let reference = references
        .iter()
        .find(|reference| S::INHERITS_FROM.is_some_and(|field| reference.field == field));
    if let Some(followed) =
        reference.and_then(|reference| stored_state.inherited_from.get(&reference.target_id))
    {
        S::inherit(&mut fields, followed);
    }
    fields
}

/// Returns the items whose row in the sort table is up to date.
fn load_sort_rows_in_sync<S: ResourceModel>(
    connection: &mut Connection,
    rows: &[ItemRow],
) -> Result<HashSet<RowId>, Error> {
    let numbers = rows.iter().map(|item| item.number);
    let Some(table) = &S::SCHEMA.sort_table else { return Ok(numbers.collect()) };
    let mut placed = HashSet::new();
    for item in rows {
        let (Some(fields), Some(references)) =
            (item.parse_fields::<S::Fields>(), item.parse_references())
        else {
            continue;
        };
        let mut same = Fragment::new("number = ").bind(Bind::Integer(item.number));
        for (column, value) in table.columns.iter().zip(S::sort_columns(item, &fields, &references))
        {
            same = same.sql(format!(" AND {column} IS NOT DISTINCT FROM ")).bind(value);
        }
        let found: Vec<RowId> =
            Statement::<BigInt>::select("number", table.name, &same).load_rows(connection)?;
        placed.extend(found);
    }
    Ok(placed)
}

fn language_list(texts: &[TranslationRow], which: impl Fn(&TranslationRow) -> bool) -> String {
    let tags: Vec<&str> =
        texts.iter().filter(|text| which(text)).map(|text| text.language.as_str()).collect();
    tags.join(" ")
}

fn is_published(text: &TranslationRow) -> bool {
    text.status == "published"
}

fn should_be_public(item: &ItemRow, texts: &[TranslationRow]) -> bool {
    item.deleted_at.is_none() && item.status == "published" && texts.iter().any(is_published)
}

fn find_mismatches<S: ResourceModel>(
    item: &ItemRow,
    stored_state: &StoredState,
    index_mismatch: Option<IndexMismatch>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let subject = format!("{} `{}`", S::SCHEMA.kind.noun(), item.slug);
    let mut found = |code, detail: String, remedy, derived| {
        findings.push(Finding { code, subject: subject.clone(), detail, remedy, derived });
    };
    let none: (Vec<TranslationRow>, BTreeSet<(String, String)>) = Default::default();
    let texts = stored_state.texts.get(&item.number).unwrap_or(&none.0);
    let terms = stored_state.filter_terms.get(&item.number).unwrap_or(&none.1);
    let (Some(fields), Some(references)) =
        (item.parse_fields::<S::Fields>(), item.parse_references())
    else {
        found(
            "row_damaged",
            "Its fields or references cannot be parsed.".to_owned(),
            "Restore the database from a backup.",
            false,
        );
        return findings;
    };
    if !texts.iter().any(|text| text.language == item.original_language) {
        let detail =
            format!("It has no text in its original language, {}.", item.original_language);
        found(
            "original_text_missing",
            detail,
            "PATCH the item with a text in that language, or restore a backup.",
            false,
        );
    }
    for reference in &references {
        match stored_state.targets.get(&reference.target_id) {
            None => {
                let detail = format!(
                    "Its `{}` refers to {}, which does not exist.",
                    reference.field, reference.target_id
                );
                found(
                    "refers_to_nothing",
                    detail,
                    "PATCH the item to remove the reference, or restore a backup.",
                    false,
                );
            }
            // An item that was archived because its target was deleted continues to refer to it.
            Some(Some(slug))
                if item.deleted_at.is_none() && item.status != Status::Archived.as_str() =>
            {
                let detail =
                    format!("Its `{}` refers to `{slug}`, which is deleted.", reference.field);
                found(
                    "refers_to_deleted",
                    detail,
                    "Restore the referenced item, or PATCH the item to remove the reference.",
                    false,
                );
            }
            Some(_) => {}
        }
    }
    if !stored_state.reserved_slugs.contains(&(item.slug.clone(), item.number)) {
        found(
            "slug_not_reserved",
            "Its slug is not reserved for it.".to_owned(),
            REPAIR_REMEDY,
            true,
        );
    }
    let languages = (language_list(texts, |_| true), language_list(texts, is_published));
    if (&item.languages, &item.public_languages) != (&languages.0, &languages.1) {
        let detail = format!(
            "Its stored languages, `{}` (published: `{}`), do not match its texts.",
            item.languages, item.public_languages
        );
        found("languages_stale", detail, REPAIR_REMEDY, true);
    }
    if with_inherited_fields::<S>(&fields, &references, stored_state) != fields {
        let detail = format!(
            "Its fields inherited from `{}` do not match the referenced item.",
            S::INHERITS_FROM.unwrap_or_default()
        );
        found("copy_stale", detail, REPAIR_REMEDY, true);
    }
    if !stored_state.sort_rows_in_sync.contains(&item.number) {
        found(
            "columns_stale",
            "Its row in the sort table does not match the item.".to_owned(),
            REPAIR_REMEDY,
            true,
        );
    }
    if item.is_public != should_be_public(item, texts) {
        let stored = if item.is_public { "public" } else { "not public" };
        found(
            "visibility_stale",
            format!("It is stored as {stored}, which does not match its status and texts."),
            REPAIR_REMEDY,
            true,
        );
    }
    if *terms != filters::filter_terms::<S>(item, &fields, texts, &references)
        || stored_state.stale_filter_rows.contains(&item.number)
    {
        found(
            "filter_index_stale",
            "Its rows in the filter index do not match the item.".to_owned(),
            REPAIR_REMEDY,
            true,
        );
    }
    if item.tracks != stored_state.track_summaries.get(&item.number).map_or("", String::as_str) {
        found(
            "tracks_stale",
            "Its stored track summaries do not match its text tracks.".to_owned(),
            REPAIR_REMEDY,
            true,
        );
    }
    if let Some(difference) = index_mismatch {
        let detail = match difference {
            IndexMismatch::Entries => {
                "Its entries in the full-text index are missing or superfluous."
            }
            IndexMismatch::Tokens => {
                "Its entries in the full-text index do not match the texts of the item."
            }
        };
        found("search_index_stale", detail.to_owned(), REINDEX_REMEDY, true);
    }
    findings
}

fn rebuild_derived<S: ResourceModel>(
    connection: &mut Connection,
    item: &ItemRow,
    stored_state: &StoredState,
) -> Result<(), Error> {
    let (Some(fields), Some(references)) =
        (item.parse_fields::<S::Fields>(), item.parse_references())
    else {
        return Ok(());
    };
    let none = Vec::new();
    let texts = stored_state.texts.get(&item.number).unwrap_or(&none);
    let followed = with_inherited_fields::<S>(&fields, &references, stored_state);
    let mut item = item.clone();
    if followed != fields {
        // The visible fields change, so that clients which synchronize changes must see a new
        // revision.
        item.fields =
            serde_json::to_string(&followed).map_err(|error| Error::Internal(error.to_string()))?;
        item.catalogue_revision = Revisions::load(connection)?.next_catalogue_revision();
        item.increment_revision(Audience::Public, Time::now())?;
    }
    let fields = followed;
    let before = (item.is_public, item.languages.clone());
    item.languages = language_list(texts, |_| true);
    item.public_languages = language_list(texts, is_published);
    item.is_public = should_be_public(&item, texts);
    item.tracks = stored_state.track_summaries.get(&item.number).cloned().unwrap_or_default();
    diesel::update(items::table.find(item.number)).set(&item).execute(connection)?;
    if !stored_state.reserved_slugs.contains(&(item.slug.clone(), item.number)) {
        reserve_slug(connection, &item)?;
    }
    let indexed = IndexedItem { item: &item, fields: &fields, texts, references: &references };
    save_sort_row::<S>(connection, indexed, IndexChange::Replace)?;
    // The keys of texts depend on the order of the languages.
    delete_texts(connection, [item.number])?;
    insert_texts(connection, item.number, texts)?;
    filters::write_filter_index::<S>(connection, indexed, IndexChange::Replace)?;
    if before == (item.is_public, item.languages.clone()) {
        full_text::reindex_items(connection, &[item.number])
    } else {
        full_text::reindex_item::<S>(connection, &item)
    }
}

//! Whether what is derived from items fits them, and whether what they refer to is there.
//!
//! What is derived (the filter index, the columns of languages, the entries of the full-text index)
//! can be made again at any time; the same code that writes it says here what it should be.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text as SqlText};
use serde::Serialize;

use super::load::{Item, Link, Text, Texts, all_texts, delete_texts, insert_texts, read_items};
use super::revisions::Revisions;
use super::write::{claim, save_columns};
use super::{Subject, index, tracks};
use crate::db::schema::items;
use crate::db::search::{IndexMismatch, IndexSnapshot};
use crate::db::sql::{
    Bind, Fragment, Statement, id_in, id_in_fragment, integer_in_fragment, text_pair_table,
};
use crate::db::types::sql;
use crate::db::{Connection, Error, Id, RowId, Time};

/// How many items are looked at together.
const AT_ONCE: i64 = 500;

/// Something that is wrong.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// A word for programs.
    pub code: &'static str,
    /// What it is about.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    pub remedy: &'static str,
    /// Whether it is derived, so that `check --repair` makes it again.
    pub derived: bool,
}

const REPAIR: &str = "Run `kinoteka check --repair`.";
/// What to do where the full-text index is not what it should be.
pub const REINDEX: &str = "Run `kinoteka reindex` or `kinoteka check --repair`.";

/// What was found in some items of a kind, and after which to go on.
pub struct Checked {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// How many items were looked at.
    pub items: usize,
    /// Those of which something that is derived does not fit.
    pub stale: Vec<RowId>,
    /// The last of them; none at the end.
    pub last: Option<RowId>,
}

/// The check of one kind.
pub type Verify = fn(&mut Connection, Option<RowId>, &IndexSnapshot) -> Result<Checked, Error>;

/// What makes items of one kind fit again.
pub type Mend = fn(&mut Connection, &[RowId]) -> Result<(), Error>;

/// What the database holds of some items.
struct Held {
    texts: Texts,
    terms: HashMap<RowId, BTreeSet<(String, String)>>,
    /// Items with rows in the filter index that say something else of them than they do.
    misplaced: HashSet<RowId>,
    /// What items should show of their text tracks.
    tracks: HashMap<RowId, String>,
    /// What they refer to; the slug of what is deleted.
    targets: HashMap<Id, Option<String>>,
    /// What items follow.
    followed: HashMap<Id, Item>,
    slugs: HashSet<(String, RowId)>,
    /// Items whose row in the table of their kind says what they do.
    placed: HashSet<RowId>,
}

/// Checks the items of a kind that come after `after`, some at a time, and the full-text index by
/// what was read of it in the same state of the database.
pub fn verify<S: Subject>(
    connection: &mut Connection,
    after: Option<RowId>,
    contents: &IndexSnapshot,
) -> Result<Checked, Error> {
    let condition = Fragment::new("items.kind = ")
        .bind(Bind::Text(S::SPEC.kind.as_str().to_owned()))
        .sql(" AND items.purged_at IS NULL AND items.number > ")
        .bind(Bind::Integer(after.unwrap_or(0)))
        .sql(" ORDER BY items.number LIMIT ")
        .bind(Bind::Integer(AT_ONCE));
    let rows = read_items(connection, &condition)?;
    let held = hold::<S>(connection, &rows)?;
    let unlike = index::differences(connection, &rows, contents)?;
    let mut checked = Checked {
        findings: Vec::new(),
        items: rows.len(),
        stale: Vec::new(),
        last: rows.last().map(|item| item.number),
    };
    for item in &rows {
        let found = look::<S>(item, &held, unlike.get(&item.number).copied());
        if found.iter().any(|finding| finding.derived) {
            checked.stale.push(item.number);
        }
        checked.findings.extend(found);
    }
    Ok(checked)
}

/// Makes again what is derived from these items of a kind, in a transaction that writes.
pub fn mend<S: Subject>(connection: &mut Connection, numbers: &[RowId]) -> Result<(), Error> {
    let rows = read_items(
        connection,
        &integer_in_fragment("items.number", numbers.iter().copied())
            .sql(" AND items.purged_at IS NULL"),
    )?;
    let held = hold::<S>(connection, &rows)?;
    rows.iter().try_for_each(|item| make_again::<S>(connection, item, &held))
}

fn hold<S: Subject>(connection: &mut Connection, rows: &[Item]) -> Result<Held, Error> {
    let by_number: HashMap<RowId, &Item> = rows.iter().map(|item| (item.number, item)).collect();
    let numbers: Vec<RowId> = rows.iter().map(|item| item.number).collect();
    let targets: BTreeSet<Id> =
        rows.iter().flat_map(Item::links).map(|link| link.target_id).collect();
    let targets: Vec<(Id, String, Option<Time>)> = items::table
        .filter(id_in(items::id, &targets))
        .select((items::id, items::slug, items::deleted_at))
        .load(connection)?;
    let statement = Fragment::new(
        "SELECT facets.item, terms.field, terms.value, facets.is_public, facets.published_at, facets.signature \
         FROM facets JOIN terms ON terms.number = facets.term WHERE ",
    )
    .append(&integer_in_fragment("facets.item", numbers.iter().copied()));
    let facets: Vec<(RowId, String, String, bool, Time, i64)> =
        Statement::<(BigInt, SqlText, SqlText, Bool, sql::Instant, BigInt)>::new(statement)
            .load_rows(connection)?;
    let (mut terms, mut misplaced): (HashMap<RowId, BTreeSet<_>>, _) =
        (HashMap::new(), HashSet::new());
    let mut signatures: BTreeSet<(RowId, i64)> = BTreeSet::new();
    for (number, field, value, is_public, published_at, signature) in facets {
        let fits = by_number.get(&number).is_some_and(|item| {
            item.is_public == is_public && (!is_public || item.dated() == published_at)
        });
        if !fits {
            misplaced.insert(number);
        }
        terms.entry(number).or_default().insert((field, value));
        signatures.insert((number, signature));
    }
    let unlike = |(number, signature): &(RowId, i64)| {
        terms.get(number).is_none_or(|terms| index::signature::<S>(terms) != *signature)
    };
    misplaced.extend(signatures.iter().filter(|one| unlike(one)).map(|(number, _)| *number));
    let statement = Fragment::new("SELECT slugs.slug, slugs.item FROM ")
        .append(&text_pair_table(rows.iter().map(|item| (&item.kind, &item.slug))))
        .sql(" wanted JOIN slugs ON slugs.kind = wanted.first AND slugs.slug = wanted.second");
    let slugs: Vec<(String, RowId)> =
        Statement::<(SqlText, BigInt)>::new(statement).load_rows(connection)?;
    Ok(Held {
        texts: all_texts(connection, numbers.iter().copied())?,
        terms,
        misplaced,
        tracks: tracks::shown_by(connection, &numbers)?,
        targets: targets
            .into_iter()
            .map(|(id, slug, deleted_at)| (id, deleted_at.map(|_| slug)))
            .collect(),
        followed: followed::<S>(connection, rows)?,
        slugs: slugs.into_iter().collect(),
        placed: placed::<S>(connection, rows)?,
    })
}

/// The items that these follow.
fn followed<S: Subject>(
    connection: &mut Connection,
    rows: &[Item],
) -> Result<HashMap<Id, Item>, Error> {
    let Some(field) = S::FOLLOWS else { return Ok(HashMap::new()) };
    let links = rows.iter().flat_map(Item::links).filter(|link| link.field == field);
    let ids: BTreeSet<Id> = links.map(|link| link.target_id).collect();
    let followed = read_items(connection, &id_in_fragment("items.id", &ids))?;
    Ok(followed.into_iter().map(|item| (item.id, item)).collect())
}

/// The own fields of an item as they follow from what it refers to.
fn following<S: Subject>(own: &S::Own, links: &[Link], held: &Held) -> S::Own {
    let mut own = own.clone();
    let link = links.iter().find(|link| S::FOLLOWS.is_some_and(|field| link.field == field));
    if let Some(followed) = link.and_then(|link| held.followed.get(&link.target_id)) {
        S::follow(&mut own, followed);
    }
    own
}

/// The items whose row in the table of their kind says what they do.
fn placed<S: Subject>(connection: &mut Connection, rows: &[Item]) -> Result<HashSet<RowId>, Error> {
    let numbers = rows.iter().map(|item| item.number);
    let Some(table) = &S::SPEC.table else { return Ok(numbers.collect()) };
    let mut placed = HashSet::new();
    for item in rows {
        let (Some(own), Some(links)) = (item.own::<S>(), item.unpack_links()) else { continue };
        let mut same = Fragment::new("number = ").bind(Bind::Integer(item.number));
        for (column, value) in table.columns.iter().zip(S::columns(item, &own, &links)) {
            same = same.sql(format!(" AND {column} IS NOT DISTINCT FROM ")).bind(value);
        }
        let found: Vec<RowId> =
            Statement::<BigInt>::select("number", table.name, &same).load_rows(connection)?;
        placed.extend(found);
    }
    Ok(placed)
}

fn tags(texts: &[Text], which: impl Fn(&Text) -> bool) -> String {
    let tags: Vec<&str> =
        texts.iter().filter(|text| which(text)).map(|text| text.language.as_str()).collect();
    tags.join(" ")
}

fn is_published(text: &Text) -> bool {
    text.status == "published"
}

fn should_be_public(item: &Item, texts: &[Text]) -> bool {
    item.deleted_at.is_none() && item.status == "published" && texts.iter().any(is_published)
}

fn look<S: Subject>(item: &Item, held: &Held, unlike: Option<IndexMismatch>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let subject = format!("{} `{}`", S::SPEC.kind.noun(), item.slug);
    let mut found = |code, detail: String, remedy, derived| {
        findings.push(Finding { code, subject: subject.clone(), detail, remedy, derived });
    };
    let none: (Vec<Text>, BTreeSet<(String, String)>) = Default::default();
    let texts = held.texts.get(&item.number).unwrap_or(&none.0);
    let terms = held.terms.get(&item.number).unwrap_or(&none.1);
    let (Some(own), Some(links)) = (item.own::<S>(), item.unpack_links()) else {
        found(
            "row_damaged",
            "Its own fields or its references cannot be read.".to_owned(),
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
    for link in &links {
        match held.targets.get(&link.target_id) {
            None => {
                let detail = format!(
                    "Its `{}` refers to {}, which is not there.",
                    link.field, link.target_id
                );
                found(
                    "refers_to_nothing",
                    detail,
                    "PATCH the item so that it no longer does, or restore a backup.",
                    false,
                );
            }
            Some(Some(slug)) if item.deleted_at.is_none() => {
                let detail = format!("Its `{}` refers to `{slug}`, which is deleted.", link.field);
                found(
                    "refers_to_deleted",
                    detail,
                    "Restore what it refers to, or PATCH the item so that it no longer does.",
                    false,
                );
            }
            Some(_) => {}
        }
    }
    if !held.slugs.contains(&(item.slug.clone(), item.number)) {
        found("slug_not_reserved", "Its slug is not reserved for it.".to_owned(), REPAIR, true);
    }
    let languages = (tags(texts, |_| true), tags(texts, is_published));
    if (&item.languages, &item.public_languages) != (&languages.0, &languages.1) {
        let detail = format!(
            "Its languages are kept as `{}` and `{}`.",
            item.languages, item.public_languages
        );
        found("languages_stale", detail, REPAIR, true);
    }
    if following::<S>(&own, &links, held) != own {
        let detail = format!(
            "What it takes over from its `{}` is not what that says.",
            S::FOLLOWS.unwrap_or_default()
        );
        found("copy_stale", detail, REPAIR, true);
    }
    if !held.placed.contains(&item.number) {
        found(
            "columns_stale",
            "What it is sorted by and limited to is not what it holds.".to_owned(),
            REPAIR,
            true,
        );
    }
    if item.is_public != should_be_public(item, texts) {
        let kept = if item.is_public { "public" } else { "not public" };
        found(
            "visibility_stale",
            format!("It is kept as {kept}, which does not follow from its status and texts."),
            REPAIR,
            true,
        );
    }
    if *terms != index::terms::<S>(item, &own, texts, &links)
        || held.misplaced.contains(&item.number)
    {
        found(
            "filter_index_stale",
            "Filters do not find it by what it holds.".to_owned(),
            REPAIR,
            true,
        );
    }
    if item.tracks != held.tracks.get(&item.number).map_or("", String::as_str) {
        found(
            "tracks_stale",
            "What it shows of its text tracks is not what there is.".to_owned(),
            REPAIR,
            true,
        );
    }
    if let Some(difference) = unlike {
        let detail = match difference {
            IndexMismatch::Entries => {
                "Its entries in the full-text index are missing, or left over."
            }
            IndexMismatch::Tokens => {
                "Its entries in the full-text index hold other words than it does."
            }
        };
        found("search_index_stale", detail.to_owned(), REINDEX, true);
    }
    findings
}

fn make_again<S: Subject>(
    connection: &mut Connection,
    item: &Item,
    held: &Held,
) -> Result<(), Error> {
    let (Some(own), Some(links)) = (item.own::<S>(), item.unpack_links()) else { return Ok(()) };
    let none = Vec::new();
    let texts = held.texts.get(&item.number).unwrap_or(&none);
    let followed = following::<S>(&own, &links, held);
    let mut item = item.clone();
    if followed != own {
        // What it shows is another: whoever follows changes hears of it.
        item.own =
            serde_json::to_string(&followed).map_err(|error| Error::Internal(error.to_string()))?;
        (item.updated_at, item.written) = (Time::now(), Revisions::read(connection)?.next());
        item.revision = item.revision.saturating_add(1);
    }
    let own = followed;
    let before = (item.is_public, item.languages.clone());
    item.languages = tags(texts, |_| true);
    item.public_languages = tags(texts, is_published);
    item.is_public = should_be_public(&item, texts);
    item.tracks = held.tracks.get(&item.number).cloned().unwrap_or_default();
    diesel::update(items::table.find(item.number)).set(&item).execute(connection)?;
    if !held.slugs.contains(&(item.slug.clone(), item.number)) {
        claim(connection, &item)?;
    }
    save_columns::<S>(connection, &item, &own, &links, false)?;
    // The keys of texts follow from the languages.
    delete_texts(connection, [item.number])?;
    insert_texts(connection, item.number, texts)?;
    index::write_facets::<S>(connection, &item, &own, texts, &links, false)?;
    if before == (item.is_public, item.languages.clone()) {
        index::write_some(connection, &[item.number])
    } else {
        index::write_search::<S>(connection, &item)
    }
}

//! Whether what is derived from items fits them, and whether what they refer to is there.
//!
//! What is derived (the filter index, the columns of languages, the entries of the full-text index) can be made again at any
//! time; the same code that writes it says here what it should be.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text as SqlText};
use serde::Serialize;

use super::load::{Item, Link, Text, pack_links};
use super::{Subject, index};
use crate::db::schema::{items, links, slugs, texts};
use crate::db::search::{Audience, indexed};
use crate::db::sql::{Fragment, Statement, among, id_among};
use crate::db::types::sql;
use crate::db::{Connection, Error, Id, Time};

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

/// What was found in some items of a kind, and after which to go on.
pub struct Checked {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// How many items were looked at.
    pub items: usize,
    /// The last of them; none at the end.
    pub last: Option<Id>,
}

/// The check of one kind.
pub type Verify = fn(&mut Connection, Option<Id>, bool) -> Result<Checked, Error>;

/// What the database holds of some items.
struct Held<O> {
    own: HashMap<Id, O>,
    texts: HashMap<Id, Vec<Text>>,
    links: HashMap<Id, Vec<Link>>,
    terms: HashMap<Id, BTreeSet<(String, String)>>,
    /// Items with rows in the filter index that say something else of them than they do.
    misplaced: HashSet<Id>,
    entries: HashSet<(Id, Audience)>,
    deleted: HashMap<Id, String>,
    slugs: HashSet<(String, Id)>,
}

/// Checks the items of a kind that come after `after`, some at a time; with `repair` in a transaction that writes, makes again
/// what is derived and does not fit. What is reported is what was found before.
pub fn verify<S: Subject>(connection: &mut Connection, after: Option<Id>, repair: bool) -> Result<Checked, Error> {
    let mut query = items::table
        .filter(items::kind.eq(S::SPEC.kind.as_str()))
        .filter(items::purged_at.is_null())
        .order(items::id)
        .limit(AT_ONCE)
        .select(Item::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(items::id.gt(after));
    }
    let rows: Vec<Item> = query.load(connection)?;
    let held = hold::<S>(connection, &rows)?;
    let mut findings = Vec::new();
    for item in &rows {
        let found = look::<S>(item, &held);
        if repair && found.iter().any(|finding| finding.derived) {
            make_again::<S>(connection, item, &held)?;
        }
        findings.extend(found);
    }
    Ok(Checked { findings, items: rows.len(), last: rows.last().map(|item| item.id) })
}

fn hold<S: Subject>(connection: &mut Connection, rows: &[Item]) -> Result<Held<S::Own>, Error> {
    let ids: Vec<Id> = rows.iter().map(|item| item.id).collect();
    let mut texts_of: HashMap<Id, Vec<Text>> = HashMap::new();
    let query = texts::table.filter(among(texts::item_id, &ids)).order((texts::item_id, texts::language)).select(Text::as_select());
    for text in query.load::<Text>(connection)? {
        texts_of.entry(text.item_id).or_default().push(text);
    }
    let mut links_of: HashMap<Id, Vec<Link>> = HashMap::new();
    let query = links::table.filter(among(links::item_id, &ids)).order((links::item_id, links::field, links::position));
    for link in query.select(Link::as_select()).load::<Link>(connection)? {
        links_of.entry(link.item_id).or_default().push(link);
    }
    let targets: BTreeSet<Id> = links_of.values().flatten().map(|link| link.target_id).collect();
    let deleted: Vec<(Id, String)> = items::table
        .filter(among(items::id, &targets))
        .filter(items::deleted_at.is_not_null())
        .select((items::id, items::slug))
        .load(connection)?;
    let by_id: HashMap<Id, &Item> = rows.iter().map(|item| (item.id, item)).collect();
    let statement = Fragment::new(
        "SELECT facets.item_id, terms.field, terms.value, facets.is_public, facets.published_at \
         FROM facets JOIN terms ON terms.number = facets.term WHERE ",
    )
    .then(&id_among("facets.item_id", &ids));
    let facets: Vec<(Id, String, String, bool, Time)> =
        Statement::<(sql::Uuid, SqlText, SqlText, Bool, sql::Instant)>::new(statement).rows(connection)?;
    let (mut terms, mut misplaced): (HashMap<Id, BTreeSet<_>>, _) = (HashMap::new(), HashSet::new());
    for (id, field, value, is_public, published_at) in facets {
        let fits = by_id.get(&id).is_some_and(|item| {
            item.is_public == is_public && (!is_public || item.published_at.unwrap_or(item.created_at) == published_at)
        });
        if !fits {
            misplaced.insert(id);
        }
        terms.entry(id).or_default().insert((field, value));
    }
    let claimed: Vec<(String, Id)> =
        slugs::table.filter(among(slugs::item_id, &ids)).select((slugs::slug, slugs::item_id)).load(connection)?;
    Ok(Held {
        own: S::own_rows(connection, &ids)?,
        texts: texts_of,
        links: links_of,
        terms,
        misplaced,
        entries: indexed(connection, &ids)?.into_iter().collect(),
        deleted: deleted.into_iter().collect(),
        slugs: claimed.into_iter().collect(),
    })
}

fn tags(texts: &[Text], which: impl Fn(&Text) -> bool) -> String {
    let tags: Vec<&str> = texts.iter().filter(|text| which(text)).map(|text| text.language.as_str()).collect();
    tags.join(" ")
}

fn is_published(text: &Text) -> bool {
    text.status == "published"
}

fn should_be_public(item: &Item, texts: &[Text]) -> bool {
    item.deleted_at.is_none() && item.status == "published" && texts.iter().any(is_published)
}

fn look<S: Subject>(item: &Item, held: &Held<S::Own>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let subject = format!("{} `{}`", S::SPEC.kind.noun(), item.slug);
    let mut found = |code, detail: String, remedy, derived| {
        findings.push(Finding { code, subject: subject.clone(), detail, remedy, derived });
    };
    let none: (Vec<Text>, Vec<Link>, BTreeSet<(String, String)>) = Default::default();
    let texts = held.texts.get(&item.id).unwrap_or(&none.0);
    let links = held.links.get(&item.id).unwrap_or(&none.1);
    let terms = held.terms.get(&item.id).unwrap_or(&none.2);
    let Some(own) = held.own.get(&item.id) else {
        found("own_fields_missing", "The row with its own fields is missing.".to_owned(), "Restore the database from a backup.", false);
        return findings;
    };
    if !texts.iter().any(|text| text.language == item.original_language) {
        let detail = format!("It has no text in its original language, {}.", item.original_language);
        found("original_text_missing", detail, "PATCH the item with a text in that language, or restore a backup.", false);
    }
    if item.deleted_at.is_none() {
        for (link, slug) in links.iter().filter_map(|link| Some((link, held.deleted.get(&link.target_id)?))) {
            let detail = format!("Its `{}` refers to `{slug}`, which is deleted.", link.field);
            found("refers_to_deleted", detail, "Restore what it refers to, or PATCH the item so that it no longer does.", false);
        }
    }
    if !held.slugs.contains(&(item.slug.clone(), item.id)) {
        found("slug_not_reserved", "Its slug is not reserved for it.".to_owned(), REPAIR, true);
    }
    let languages = (tags(texts, |_| true), tags(texts, is_published));
    if (&item.languages, &item.public_languages) != (&languages.0, &languages.1) {
        let detail = format!("Its languages are kept as `{}` and `{}`.", item.languages, item.public_languages);
        found("languages_stale", detail, REPAIR, true);
    }
    if item.refers_to != pack_links(links) {
        found("references_stale", "Its references are not shown as they are kept.".to_owned(), REPAIR, true);
    }
    if item.is_public != should_be_public(item, texts) {
        let kept = if item.is_public { "public" } else { "not public" };
        found("visibility_stale", format!("It is kept as {kept}, which does not follow from its status and texts."), REPAIR, true);
    }
    if *terms != index::terms::<S>(own, texts, links) || held.misplaced.contains(&item.id) {
        found("filter_index_stale", "Filters do not find it by what it holds.".to_owned(), REPAIR, true);
    }
    let wanted = [(Audience::Editors, item.deleted_at.is_none()), (Audience::Public, item.is_public)];
    if wanted.iter().any(|(audience, there)| held.entries.contains(&(item.id, *audience)) != *there) {
        found("search_index_stale", "Its entries in the full-text index are missing, or left over.".to_owned(), REPAIR, true);
    }
    findings
}

fn make_again<S: Subject>(connection: &mut Connection, item: &Item, held: &Held<S::Own>) -> Result<(), Error> {
    let Some(own) = held.own.get(&item.id) else { return Ok(()) };
    let none: (Vec<Text>, Vec<Link>) = Default::default();
    let texts = held.texts.get(&item.id).unwrap_or(&none.0);
    let links = held.links.get(&item.id).unwrap_or(&none.1);
    let mut item = item.clone();
    item.languages = tags(texts, |_| true);
    item.public_languages = tags(texts, is_published);
    item.refers_to = pack_links(links);
    item.is_public = should_be_public(&item, texts);
    diesel::update(items::table.filter(items::id.eq(item.id))).set(&item).execute(connection)?;
    if !held.slugs.contains(&(item.slug.clone(), item.id)) {
        diesel::insert_into(slugs::table)
            .values((slugs::kind.eq(&item.kind), slugs::slug.eq(&item.slug), slugs::item_id.eq(item.id)))
            .execute(connection)?;
    }
    index::write_facets::<S>(connection, &item, own, texts, links, false)?;
    index::write_search(connection, item.id, false)
}

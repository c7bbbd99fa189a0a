//! What is derived from an item in its transaction: the filter index and the full-text index.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Subject;
use super::load::{Item, Link, Text};
use super::spec::Kind;
use crate::db::schema::{facets, items, links, texts};
use crate::db::search::{Document, index};
use crate::db::sql::{Bind, Fragment, Statement, among, pairs};
use crate::db::{Connection, Error, Id};
use crate::text::analysis;
use crate::text::language::Language;

/// The values that equality filters find an item by: field and value, each once.
pub fn terms<S: Subject>(own: &S::Own, texts: &[Text], links: &[Link]) -> BTreeSet<(String, String)> {
    let mut terms: BTreeSet<(String, String)> = S::facets(own).into_iter().map(|(name, value)| (S::SPEC.facet(name), value)).collect();
    terms.extend(links.iter().map(|link| (S::SPEC.facet(filter_name(&link.field)), link.target_id.to_string())));
    for text in texts {
        terms.insert((S::SPEC.facet("any_language"), text.language.clone()));
        if text.status == "published" {
            terms.insert((S::SPEC.facet("language"), text.language.clone()));
        }
    }
    terms
}

/// Rewrites an item's rows of the filter index.
pub fn write_facets<S: Subject>(
    connection: &mut Connection,
    item: &Item,
    own: &S::Own,
    texts: &[Text],
    links: &[Link],
    is_new: bool,
) -> Result<(), Error> {
    if !is_new {
        diesel::delete(facets::table.filter(facets::item_id.eq(item.id))).execute(connection)?;
    }
    let terms = terms::<S>(own, texts, links);
    if terms.is_empty() {
        return Ok(());
    }
    // Most values are known: only where one is not are the terms made, and the rows written once more.
    if insert_facets(connection, item, &terms)? < terms.len() {
        let unknown = Fragment::new("INSERT INTO terms (field, value) SELECT wanted.first, wanted.second FROM ")
            .then(&pairs(terms.iter().map(|(field, value)| (field, value))))
            .sql(" wanted WHERE NOT EXISTS (SELECT 1 FROM terms WHERE terms.field = wanted.first AND terms.value = wanted.second)");
        Statement::<BigInt>::new(unknown).execute(connection)?;
        diesel::delete(facets::table.filter(facets::item_id.eq(item.id))).execute(connection)?;
        insert_facets(connection, item, &terms)?;
    }
    Ok(())
}

/// Writes the rows of those values that have a number; gives how many there are.
fn insert_facets(connection: &mut Connection, item: &Item, terms: &BTreeSet<(String, String)>) -> Result<usize, Error> {
    // What is public has a date; the place of what is not does not matter.
    let published_at = item.published_at.unwrap_or(item.created_at);
    let insert = Fragment::new("INSERT INTO facets (item_id, term, is_public, published_at) SELECT ")
        .differs("", "CAST(")
        .bind(Bind::Id(item.id))
        .differs(", terms.number, ", " AS uuid), terms.number, CAST(")
        .bind(Bind::Bool(item.is_public))
        .differs(", ", " AS boolean), CAST(")
        .bind(Bind::Time(published_at))
        .differs(" FROM ", " AS timestamptz) FROM ")
        .then(&pairs(terms.iter().map(|(field, value)| (field, value))))
        .differs(
            " wanted CROSS JOIN terms ON terms.field = wanted.first AND terms.value = wanted.second",
            " wanted CROSS JOIN LATERAL (SELECT terms.number FROM terms WHERE terms.field = wanted.first AND terms.value = wanted.second \
             LIMIT 1) terms",
        );
    Ok(Statement::<BigInt>::new(insert).execute(connection)?)
}

/// Takes an item that was deleted out of what the public finds by filters.
pub fn hide_facets(connection: &mut Connection, id: Id) -> Result<(), Error> {
    diesel::update(facets::table.filter(facets::item_id.eq(id))).set(facets::is_public.eq(false)).execute(connection)?;
    Ok(())
}

/// The filter for a reference field: `partners` are filtered by `partner`.
fn filter_name(field: &str) -> &str {
    match field {
        "partners" => "partner",
        "topics" => "topic",
        "evidence" => "video",
        other => other,
    }
}

/// Rewrites the full-text entries of an item; `also_referrers` where its name is one that others are found by.
pub fn write_search(connection: &mut Connection, id: Id, also_referrers: bool) -> Result<(), Error> {
    write_some(connection, &[id])?;
    if also_referrers { write_referrers(connection, id) } else { Ok(()) }
}

/// Rewrites the full-text entries of those that are found by the name of an item.
pub fn write_referrers(connection: &mut Connection, id: Id) -> Result<(), Error> {
    let referrers: Vec<Id> = links::table
        .filter(links::target_id.eq(id))
        .filter(links::field.ne("parent"))
        .filter(links::field.ne("evidence"))
        .select(links::item_id)
        .distinct()
        .load(connection)?;
    for some in referrers.chunks(500) {
        write_some(connection, some)?;
    }
    Ok(())
}

/// The titles of what items refer to, by which they are found too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lent {
    /// Those that the public sees.
    pub public: Vec<(Language, String)>,
    /// All of them.
    pub all: Vec<(Language, String)>,
}

/// Whether what an item refers to in this field lends it its name.
pub fn is_lent(field: &str) -> bool {
    field != "parent" && field != "evidence"
}

fn write_some(connection: &mut Connection, ids: &[Id]) -> Result<(), Error> {
    let rows: Vec<Item> = items::table.filter(among(items::id, ids)).select(Item::as_select()).load(connection)?;
    let named: Vec<(Id, Id)> =
        rows.iter().flat_map(Item::links).filter(|link| is_lent(&link.field)).map(|link| (link.item_id, link.target_id)).collect();
    let targets: Vec<Id> = named.iter().map(|(_, target)| *target).collect();
    let target_rows: Vec<(Id, bool)> = items::table
        .filter(among(items::id, &targets))
        .filter(items::deleted_at.is_null())
        .select((items::id, items::is_public))
        .load(connection)?;
    let public: HashMap<Id, bool> = target_rows.into_iter().collect();
    let mut of: HashMap<Id, Vec<Text>> = HashMap::new();
    for text in texts::table.filter(among(texts::item_id, ids.iter().chain(&targets))).select(Text::as_select()).load::<Text>(connection)? {
        of.entry(text.item_id).or_default().push(text);
    }
    let none = Vec::new();
    for item in rows {
        let mut lent = Lent::default();
        for (_, target) in named.iter().filter(|(id, _)| *id == item.id) {
            let Some(is_public) = public.get(target) else { continue };
            for text in of.get(target).unwrap_or(&none) {
                let title = (Language::stored(&text.language), text.title.clone());
                if *is_public && text.status == "published" {
                    lent.public.push(title.clone());
                }
                lent.all.push(title);
            }
        }
        write_entries(connection, &item, of.get(&item.id).unwrap_or(&none), &lent, false)?;
    }
    Ok(())
}

/// Writes the full-text entries of one item.
pub fn write_entries(connection: &mut Connection, item: &Item, texts: &[Text], lent: &Lent, is_new: bool) -> Result<(), Error> {
    let everything: Vec<&Text> = texts.iter().collect();
    let published: Vec<&Text> = texts.iter().filter(|text| text.status == "published").collect();
    let editors = item.deleted_at.is_none().then(|| document(&everything, &lent.all));
    let alike = published.len() == texts.len() && lent.public == lent.all;
    let public = (item.is_public && !alike).then(|| document(&published, &lent.public));
    let public = if item.is_public && alike { editors.as_ref() } else { public.as_ref() };
    index(connection, item.id, is_new, public, editors.as_ref())
}

fn document(texts: &[&Text], names: &[(Language, String)]) -> Document {
    let tokens = |pick: &dyn Fn(&Text) -> [Option<&str>; 2]| {
        let mut tokens: Vec<String> = Vec::new();
        for text in texts {
            let language = Language::stored(&text.language);
            for part in pick(text).into_iter().flatten() {
                tokens.extend(analysis::analyse(part, &language));
            }
        }
        tokens.join(" ")
    };
    let names: Vec<String> = names.iter().flat_map(|(language, name)| analysis::analyse(name, language)).collect();
    // PostgreSQL refuses a document over a megabyte; a description is at most 50,000 characters in each language.
    Document {
        title: tokens(&|text| [Some(&text.title), None]),
        summary: tokens(&|text| [text.summary.as_deref(), None]),
        names: names.join(" "),
        body: tokens(&|text| [text.description.as_deref(), text.content_note.as_deref()]),
    }
}

/// Whether items of this kind lend their name to the search for others.
pub fn lends_its_name(kind: Kind) -> bool {
    matches!(kind, Kind::Topic | Kind::Programme | Kind::Partner)
}

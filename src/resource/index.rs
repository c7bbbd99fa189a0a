//! What is derived from an item in its transaction: the filter index and the full-text index.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Subject;
use super::load::{Item, Link, Text};
use super::spec::Kind;
use crate::db::schema::{facets, items, links, texts};
use crate::db::search::{Audience, Document, index};
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
    let wanted = pairs(terms.iter().map(|(field, value)| (field, value)));
    let unknown = Fragment::new("INSERT INTO terms (field, value) SELECT wanted.first, wanted.second FROM ")
        .then(&wanted)
        .sql(" wanted WHERE NOT EXISTS (SELECT 1 FROM terms WHERE terms.field = wanted.first AND terms.value = wanted.second)");
    Statement::<BigInt>::new(unknown).execute(connection)?;
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
        .then(&wanted)
        .differs(" wanted CROSS JOIN terms", " wanted JOIN terms")
        .sql(" ON terms.field = wanted.first AND terms.value = wanted.second");
    Statement::<BigInt>::new(insert).execute(connection)?;
    Ok(())
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

/// Rewrites the full-text entries of items; `also_referrers` where a name that others are found by has changed.
pub fn write_search(connection: &mut Connection, ids: &[Id], also_referrers: bool) -> Result<(), Error> {
    let mut all = ids.to_vec();
    if also_referrers {
        let referrers: Vec<Id> = links::table
            .filter(among(links::target_id, ids))
            .filter(links::field.ne("parent"))
            .filter(links::field.ne("evidence"))
            .select(links::item_id)
            .distinct()
            .load(connection)?;
        all.extend(referrers.into_iter().filter(|id| !ids.contains(id)));
    }
    for some in all.chunks(500) {
        write_some(connection, some)?;
    }
    Ok(())
}

fn write_some(connection: &mut Connection, ids: &[Id]) -> Result<(), Error> {
    let rows: Vec<Item> = items::table.filter(among(items::id, ids)).select(Item::as_select()).load(connection)?;
    let named: Vec<(Id, Id)> = links::table
        .filter(among(links::item_id, ids))
        .filter(links::field.ne("parent"))
        .filter(links::field.ne("evidence"))
        .select((links::item_id, links::target_id))
        .load(connection)?;
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
        let own = of.get(&item.id).unwrap_or(&none);
        let of_others = || named.iter().filter(|(id, _)| *id == item.id).map(|(_, target)| target);
        let everything: Vec<&Text> = own.iter().collect();
        let all_names: Vec<&Text> = of_others().filter(|id| public.contains_key(id)).filter_map(|id| of.get(id)).flatten().collect();
        let editors = item.deleted_at.is_none().then(|| document(&everything, &all_names));
        index(connection, item.id, Audience::Editors, editors.as_ref())?;
        let published = |text: &&Text| text.status == "published";
        let shown: Vec<&Text> = own.iter().filter(published).collect();
        let shown_names: Vec<&Text> =
            of_others().filter(|id| public.get(id) == Some(&true)).filter_map(|id| of.get(id)).flatten().filter(published).collect();
        let everybody = item.is_public.then(|| document(&shown, &shown_names));
        index(connection, item.id, Audience::Public, everybody.as_ref())?;
    }
    Ok(())
}

fn document(texts: &[&Text], names: &[&Text]) -> Document {
    let tokens = |pick: &dyn Fn(&Text) -> Vec<&str>, texts: &[&Text]| {
        let mut tokens: Vec<String> = Vec::new();
        for text in texts {
            let Ok(language) = Language::parse(&text.language) else { continue };
            for part in pick(text) {
                tokens.extend(analysis::analyse(part, &language));
            }
        }
        tokens.join(" ")
    };
    // PostgreSQL refuses a document over a megabyte; a description is at most 50,000 characters in each language.
    Document {
        title: tokens(&|text| vec![&text.title], texts),
        summary: tokens(&|text| text.summary.as_deref().into_iter().collect(), texts),
        names: tokens(&|text| vec![&text.title], names),
        body: tokens(&|text| [&text.description, &text.content_note].into_iter().filter_map(Option::as_deref).collect(), texts),
    }
}

/// Whether items of this kind lend their name to the search for others.
pub fn lends_its_name(kind: Kind) -> bool {
    matches!(kind, Kind::Topic | Kind::Programme | Kind::Partner)
}

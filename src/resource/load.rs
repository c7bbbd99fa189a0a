//! Reads items with everything they show in a fixed number of queries, whatever the size of the page.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Subject;
use super::names::Target;
use super::shown::Shown;
use super::spec::Kind;
use crate::db::schema::{items, links, revisions, texts};
use crate::db::sql::{Bind, Fragment, Statement, among, pairs};
use crate::db::{Connection, Error, Id, Time};
use crate::http::keys::Viewer;
use crate::text::choice::Choice;
use crate::text::language::Language;

/// What every item has, as stored.
#[derive(AsChangeset, Clone, Debug, Insertable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = items, treat_none_as_null = true)]
pub struct Item {
    /// Identifier.
    pub id: Id,
    /// Name of its kind.
    pub kind: String,
    /// Present slug.
    pub slug: String,
    /// `draft`, `published` or `archived`.
    pub status: String,
    /// The language it was written in.
    pub original_language: String,
    /// The languages that it has texts in: tags in order, with spaces between.
    pub languages: String,
    /// Those of published texts.
    pub public_languages: String,
    /// Grows with every change of the item itself.
    pub revision: i64,
    /// Published, and in at least one language.
    pub is_public: bool,
    /// Whether it has ever been public.
    pub was_public: bool,
    /// When it was stored.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was published.
    pub published_at: Option<Time>,
    /// When it was deleted.
    pub deleted_at: Option<Time>,
    /// When what it held was removed for good.
    pub purged_at: Option<Time>,
}

/// The texts of an item in one language, as stored.
#[derive(Clone, Debug, Insertable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = texts)]
pub struct Text {
    /// The item.
    pub item_id: Id,
    /// Language tag.
    pub language: String,
    /// `draft`, `published` or `archived`.
    pub status: String,
    /// Title, name or label.
    pub title: String,
    /// Summary.
    pub summary: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// What a viewer should be warned of.
    pub content_note: Option<String>,
    /// Whom every display must credit.
    pub credit_line: Option<String>,
    /// What every display must say.
    pub disclaimer: Option<String>,
    /// The title's place in its language's order.
    pub sort_key: String,
}

/// A reference, as stored.
#[derive(Clone, Debug, Insertable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = links)]
pub struct Link {
    /// The item that refers.
    pub item_id: Id,
    /// The field that shows it.
    pub field: String,
    /// Its place in that field.
    pub position: i64,
    /// The item referred to.
    pub target_id: Id,
    /// The part it plays.
    pub role: Option<String>,
    /// Beginning of the passage meant, in milliseconds.
    pub start_seconds: Option<i64>,
    /// End of the passage meant, in milliseconds.
    pub end_seconds: Option<i64>,
}

/// An item with all that is its own.
#[derive(Clone, Debug)]
pub struct Loaded<O> {
    /// What every item has.
    pub item: Item,
    /// What its kind has.
    pub own: O,
    /// The languages of the texts that the viewer may see, in order.
    pub languages: Vec<Language>,
    /// Which of them answers, unless all do.
    pub choice: Option<Choice>,
    /// The texts of the chosen language, or of all of them where every language is asked for.
    pub texts: Vec<Text>,
    /// References, in order.
    pub links: Vec<Link>,
}

/// Revision and time of change of each kind.
pub type Revisions = HashMap<String, (i64, Time)>;

/// Reads the revisions of all kinds.
pub fn revisions(connection: &mut Connection) -> Result<Revisions, Error> {
    let rows: Vec<(String, i64, Time)> = revisions::table.load(connection)?;
    Ok(rows.into_iter().map(|(kind, revision, changed_at)| (kind, (revision, changed_at))).collect())
}

/// Reads items by identifier, in the order given; those that are not there are left out. Four queries, or fewer.
pub fn load<S: Subject>(connection: &mut Connection, ids: &[Id], viewer: Viewer, shown: &mut Shown) -> Result<Vec<Loaded<S::Own>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = items::table.filter(among(items::id, ids)).select(Item::as_select()).load::<Item>(connection)?;
    load_rows::<S>(connection, rows, ids, viewer, shown)
}

/// Completes items that have been read already.
pub fn load_rows<S: Subject>(
    connection: &mut Connection,
    rows: Vec<Item>,
    order: &[Id],
    viewer: Viewer,
    shown: &mut Shown,
) -> Result<Vec<Loaded<S::Own>>, Error> {
    let mut own = S::own_rows(connection, order)?;
    let mut links_of: HashMap<Id, Vec<Link>> = HashMap::new();
    let mut targets: BTreeMap<&'static str, BTreeSet<Id>> = BTreeMap::new();
    if !S::SPEC.links.is_empty() {
        let rows: Vec<Link> = links::table
            .filter(among(links::item_id, order))
            .order((links::item_id, links::field, links::position))
            .select(Link::as_select())
            .load(connection)?;
        for link in rows {
            if let Some(declared) = S::SPEC.link(&link.field) {
                targets.entry(declared.target.as_str()).or_default().insert(link.target_id);
            }
            links_of.entry(link.item_id).or_default().push(link);
        }
    }
    load_targets(connection, targets, viewer, shown)?;
    let mut by_id: HashMap<Id, Item> = rows.into_iter().map(|item| (item.id, item)).collect();
    let mut loaded: Vec<Loaded<S::Own>> = order
        .iter()
        .filter_map(|id| {
            let item = by_id.remove(id)?;
            let own = own.remove(id)?;
            let languages = item.languages(viewer);
            let choice = shown.choose(&languages, &item.original_language);
            Some(Loaded { own, languages, choice, texts: Vec::new(), links: links_of.remove(id).unwrap_or_default(), item })
        })
        .collect();
    let mut texts_of: HashMap<Id, Vec<Text>> = HashMap::new();
    for text in load_texts(connection, &loaded, viewer, shown)? {
        texts_of.entry(text.item_id).or_default().push(text);
    }
    for one in &mut loaded {
        one.texts = texts_of.remove(&one.item.id).unwrap_or_default();
    }
    Ok(loaded)
}

impl Item {
    /// The languages of the texts that this viewer may see.
    fn languages(&self, viewer: Viewer) -> Vec<Language> {
        let tags = if viewer.sees_unpublished() { &self.languages } else { &self.public_languages };
        tags.split_ascii_whitespace().map(Language::stored).collect()
    }
}

/// The texts that will be shown: those of the chosen language, or all that the viewer may see.
fn load_texts<O>(connection: &mut Connection, loaded: &[Loaded<O>], viewer: Viewer, shown: &Shown) -> Result<Vec<Text>, Error> {
    if shown.wish.translations {
        let ids = loaded.iter().map(|one| &one.item.id);
        let all = texts::table.filter(among(texts::item_id, ids)).order((texts::item_id, texts::language)).select(Text::as_select());
        return Ok(if viewer.sees_unpublished() {
            all.load(connection)?
        } else {
            all.filter(texts::status.eq("published")).load(connection)?
        });
    }
    let chosen = loaded.iter().filter_map(|one| {
        let language = one.languages.get(one.choice.as_ref()?.index)?;
        Some((one.item.id.0.simple().to_string(), language.as_str()))
    });
    let statement = Fragment::new(
        "SELECT texts.item_id, texts.language, texts.status, texts.title, texts.summary, texts.description, texts.content_note, \
         texts.credit_line, texts.disclaimer, texts.sort_key FROM ",
    )
    .then(&pairs(chosen))
    .differs(
        " wanted CROSS JOIN texts ON texts.item_id = unhex(wanted.first)",
        " wanted JOIN texts ON texts.item_id = CAST(wanted.first AS uuid)",
    )
    .sql(" AND texts.language = wanted.second");
    Ok(Statement::<texts::SqlType>::new(statement).rows(connection)?)
}

/// Makes the items known that others refer to: those that memory has, and the rest in two queries.
fn load_targets(
    connection: &mut Connection,
    targets: BTreeMap<&'static str, BTreeSet<Id>>,
    viewer: Viewer,
    shown: &mut Shown,
) -> Result<(), Error> {
    let mut missing: Vec<(Kind, Vec<Id>)> = Vec::new();
    for (kind, ids) in targets {
        let Some(kind) = Kind::parse(kind) else { continue };
        let ids = shown.recall(kind, viewer, ids.into_iter().collect());
        if !ids.is_empty() {
            missing.push((kind, ids));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let ids = || missing.iter().flat_map(|(_, ids)| ids);
    let rows: Vec<(Id, String, String, bool)> = items::table
        .filter(among(items::id, ids()))
        .filter(items::deleted_at.is_null())
        .select((items::id, items::slug, items::original_language, items::is_public))
        .load(connection)?;
    let mut read: HashMap<Id, Target> = HashMap::new();
    for (id, slug, original, is_public) in rows {
        if viewer.sees_unpublished() || is_public {
            let original = Language::parse(&original).unwrap_or_default();
            read.insert(id, Target { id, slug, original, languages: Vec::new(), titles: Vec::new() });
        }
    }
    let titles: Vec<(Id, String, String, String)> = texts::table
        .filter(among(texts::item_id, ids()))
        .order((texts::item_id, texts::language))
        .select((texts::item_id, texts::language, texts::status, texts::title))
        .load(connection)?;
    for (id, language, status, title) in titles {
        if let (Some(target), Ok(language)) = (read.get_mut(&id), Language::parse(&language))
            && (viewer.sees_unpublished() || status == "published")
        {
            target.languages.push(language);
            target.titles.push(title);
        }
    }
    for (kind, ids) in missing {
        shown.learn(kind, viewer, ids.into_iter().map(|id| (id, read.remove(&id).map(Arc::new))).collect());
    }
    Ok(())
}

/// Stores the texts of an item, in one statement.
pub fn insert_texts(connection: &mut Connection, texts: &[Text]) -> Result<(), Error> {
    let optional = |value: &Option<String>| value.clone().map_or(Bind::Null, Bind::Text);
    let rows = texts.iter().map(|text| {
        [
            Bind::Id(text.item_id),
            Bind::Text(text.language.clone()),
            Bind::Text(text.status.clone()),
            Bind::Text(text.title.clone()),
            optional(&text.summary),
            optional(&text.description),
            optional(&text.content_note),
            optional(&text.credit_line),
            optional(&text.disclaimer),
            Bind::Text(text.sort_key.clone()),
        ]
    });
    insert(
        connection,
        "INSERT INTO texts \
         (item_id, language, status, title, summary, description, content_note, credit_line, disclaimer, sort_key) VALUES ",
        rows,
    )
}

/// Stores the references of an item, in one statement.
pub fn insert_links(connection: &mut Connection, links: &[Link]) -> Result<(), Error> {
    let rows = links.iter().map(|link| {
        [
            Bind::Id(link.item_id),
            Bind::Text(link.field.clone()),
            Bind::Integer(link.position),
            Bind::Id(link.target_id),
            link.role.clone().map_or(Bind::Null, Bind::Text),
            link.start_seconds.map_or(Bind::Null, Bind::Integer),
            link.end_seconds.map_or(Bind::Null, Bind::Integer),
        ]
    });
    insert(connection, "INSERT INTO links (item_id, field, position, target_id, role, start_seconds, end_seconds) VALUES ", rows)
}

/// Inserts rows, fifty with each statement, so that none has more values than a database takes.
fn insert<const N: usize>(connection: &mut Connection, sql: &'static str, rows: impl Iterator<Item = [Bind; N]>) -> Result<(), Error> {
    let rows: Vec<[Bind; N]> = rows.collect();
    for some in rows.chunks(50) {
        let mut statement = Fragment::new(sql);
        for (position, row) in some.iter().enumerate() {
            statement = statement.sql(if position == 0 { "(" } else { ", (" }).binds(row.iter().cloned()).sql(")");
        }
        Statement::<BigInt>::new(statement).execute(connection)?;
    }
    Ok(())
}

/// What a path or a filter names.
#[derive(Clone, Debug)]
pub enum Found {
    /// The item, by its identifier or present slug.
    Here(Item),
    /// The item, by a slug it no longer has.
    Moved(Item),
}

impl Found {
    /// The item.
    pub fn item(self) -> Item {
        match self {
            Self::Here(item) | Self::Moved(item) => item,
        }
    }
}

/// Finds an item by identifier, slug or former slug. Deleted items are found too.
pub fn find(connection: &mut Connection, kind: Kind, name: &str) -> Result<Option<Found>, Error> {
    use crate::db::schema::slugs;
    if let Some(id) = Id::parse(name) {
        let item = items::table
            .filter(items::id.eq(id))
            .filter(items::kind.eq(kind.as_str()))
            .select(Item::as_select())
            .first(connection)
            .optional()?;
        return Ok(item.map(Found::Here));
    }
    let present = items::table
        .filter(items::kind.eq(kind.as_str()))
        .filter(items::slug.eq(name))
        .select(Item::as_select())
        .first(connection)
        .optional()?;
    if let Some(item) = present {
        return Ok(Some(Found::Here(item)));
    }
    let former = slugs::table
        .filter(slugs::kind.eq(kind.as_str()))
        .filter(slugs::slug.eq(name))
        .select(slugs::item_id)
        .first::<Id>(connection)
        .optional()?;
    let Some(id) = former else { return Ok(None) };
    let item = items::table.filter(items::id.eq(id)).select(Item::as_select()).first(connection).optional()?;
    Ok(item.map(Found::Moved))
}

//! Reads items with everything they show in a fixed number of queries, whatever the size of the page.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diesel::prelude::*;

use super::Subject;
use super::names::Target;
use super::shown::Shown;
use super::spec::Kind;
use crate::db::schema::{items, links, revisions, texts};
use crate::db::sql::among;
use crate::db::{Connection, Error, Id, Time};
use crate::http::keys::Viewer;
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
    /// The texts that the viewer may see.
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
    let mut texts_of: HashMap<Id, Vec<Text>> = HashMap::new();
    let texts = texts::table.filter(among(texts::item_id, order)).order((texts::item_id, texts::language)).select(Text::as_select());
    let texts =
        if viewer.sees_unpublished() { texts.load(connection)? } else { texts.filter(texts::status.eq("published")).load(connection)? };
    for text in texts {
        texts_of.entry(text.item_id).or_default().push(text);
    }
    let mut by_id: HashMap<Id, Item> = rows.into_iter().map(|item| (item.id, item)).collect();
    Ok(order
        .iter()
        .filter_map(|id| {
            let item = by_id.remove(id)?;
            let own = own.remove(id)?;
            Some(Loaded { own, texts: texts_of.remove(id).unwrap_or_default(), links: links_of.remove(id).unwrap_or_default(), item })
        })
        .collect())
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

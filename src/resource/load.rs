//! Reads items with everything they show in a fixed number of queries, whatever the size of the page.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::{BigInt, Nullable, Text as SqlText};

use super::Subject;
use super::names::Target;
use super::shown::Shown;
use super::spec::{Kind, Spec};
use crate::db::schema::{items, links, revisions, texts};
use crate::db::sql::{Bind, Fragment, Statement, among, id_among, pairs};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, Time};
use crate::http::keys::Viewer;
use crate::text::choice::Choice;
use crate::text::language::Language;

/// What every item has, as stored.
#[derive(AsChangeset, Clone, Debug, Insertable, PartialEq, Queryable, Selectable)]
#[diesel(table_name = items, treat_none_as_null = true, treat_none_as_default_value = false)]
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
    /// Its references, see [`pack_links`].
    pub refers_to: String,
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
    let statement = Fragment::new("SELECT kind, revision, changed_at FROM revisions");
    let rows: Vec<(String, i64, Time)> = Statement::<revisions::SqlType>::new(statement).rows(connection)?;
    Ok(rows.into_iter().map(|(kind, revision, changed_at)| (kind, (revision, changed_at))).collect())
}

/// The columns of [`Item`].
const COLUMNS: &str = "items.id, items.kind, items.slug, items.status, items.original_language, items.languages, \
    items.public_languages, items.refers_to, items.revision, items.is_public, items.was_public, items.created_at, items.updated_at, \
    items.published_at, items.deleted_at, items.purged_at";

/// Reads the items that fit a condition.
fn read_items(connection: &mut Connection, condition: &Fragment) -> Result<Vec<Item>, Error> {
    Ok(Statement::<items::SqlType>::select(COLUMNS, "items", condition).rows(connection)?)
}

/// An item as one statement reads it.
pub struct Whole<O> {
    /// What every item has.
    pub item: Item,
    /// What its kind has; it is gone with what was removed for good.
    pub own: Option<O>,
    /// The revisions of all kinds in the same state of the database, if they were asked for.
    pub revisions: Option<Revisions>,
}

/// Which items to read as a whole.
pub struct Which<'a> {
    /// A condition on `items`.
    pub condition: &'a Fragment,
    /// Whether to read the revisions too.
    pub revisions: bool,
}

/// The types of what [`whole`] selects.
type WholeSql<T> = (items::SqlType, Nullable<T>, Nullable<SqlText>);

/// Reads items with the own fields of their kind, which are these columns of this table, in one statement.
pub fn whole<T, R, O>(
    connection: &mut Connection,
    (table, columns): (&'static str, &'static str),
    which: &Which<'_>,
    own: fn(R) -> O,
) -> Result<Vec<Whole<O>>, Error>
where
    for<'q> Statement<WholeSql<T>>: LoadQuery<'q, Connection, (Item, Option<R>, Option<String>)>,
{
    let statement = selected(which, columns)
        .sql(" FROM items LEFT JOIN ")
        .sql(table)
        .sql(" ON ")
        .sql(table)
        .sql(".id = items.id WHERE ")
        .then(which.condition);
    let rows: Vec<(Item, Option<R>, Option<String>)> = Statement::<WholeSql<T>>::new(statement).rows(connection)?;
    Ok(rows.into_iter().map(|(item, row, revisions)| Whole { item, own: row.map(own), revisions: revisions.map(read_revisions) }).collect())
}

/// The same for a kind without own fields.
pub fn whole_without_own(connection: &mut Connection, which: &Which<'_>) -> Result<Vec<Whole<()>>, Error> {
    let statement = selected(which, "").sql(" FROM items WHERE ").then(which.condition);
    let rows: Vec<(Item, Option<String>)> = Statement::<(items::SqlType, Nullable<SqlText>)>::new(statement).rows(connection)?;
    Ok(rows.into_iter().map(|(item, revisions)| Whole { item, own: Some(()), revisions: revisions.map(read_revisions) }).collect())
}

fn selected(which: &Which<'_>, columns: &'static str) -> Fragment {
    let statement = Fragment::new("SELECT ").sql(COLUMNS).sql(", ").sql(columns).sql(if columns.is_empty() { "" } else { ", " });
    if !which.revisions {
        return statement.sql("NULL");
    }
    statement.differs(
        "(SELECT group_concat(kind || ' ' || revision || ' ' || changed_at) FROM revisions)",
        "(SELECT string_agg(kind || ' ' || revision || ' ' || CAST(EXTRACT(EPOCH FROM changed_at) * 1000000 AS BIGINT), ',') FROM revisions)",
    )
}

/// Reads what [`selected`] asks for.
fn read_revisions(text: String) -> Revisions {
    let one = |member: &str| {
        let mut parts = member.split(' ');
        let (kind, revision, changed_at) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some((kind.to_owned(), (revision, Time::from_micros(changed_at)?)))
    };
    text.split(',').filter_map(one).collect()
}

/// Reads items by identifier, in the order given; those that are not there are left out. Two queries, or fewer, and two for
/// what they refer to.
pub fn load<S: Subject>(connection: &mut Connection, ids: &[Id], viewer: Viewer, shown: &mut Shown) -> Result<Vec<Loaded<S::Own>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = S::whole(connection, &Which { condition: &id_among("items.id", ids), revisions: false })?;
    load_rows::<S>(connection, rows.into_iter().map(|row| (row.item, row.own)).collect(), ids, viewer, shown)
}

/// Reads the own fields of an item that has been read already.
pub fn with_own<S: Subject>(connection: &mut Connection, item: Item) -> Result<(Item, Option<S::Own>), Error> {
    let own = S::own_rows(connection, &[item.id])?.remove(&item.id);
    Ok((item, own))
}

/// Completes items that have been read already.
pub fn load_rows<S: Subject>(
    connection: &mut Connection,
    rows: Vec<(Item, Option<S::Own>)>,
    order: &[Id],
    viewer: Viewer,
    shown: &mut Shown,
) -> Result<Vec<Loaded<S::Own>>, Error> {
    let mut links_of: HashMap<Id, Vec<Link>> = HashMap::new();
    for link in rows.iter().flat_map(|(item, _)| item.links()) {
        links_of.entry(link.item_id).or_default().push(link);
    }
    load_targets(connection, S::SPEC, links_of.values().flatten(), viewer, shown)?;
    let mut by_id: HashMap<Id, (Item, Option<S::Own>)> = rows.into_iter().map(|row| (row.0.id, row)).collect();
    let mut loaded: Vec<Loaded<S::Own>> = order
        .iter()
        .filter_map(|id| {
            let (item, own) = by_id.remove(id)?;
            let own = own?;
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

/// References as their item keeps them: `[field, target, role, start, end]` of each, in order; the empty text where there are none.
pub fn pack_links(links: &[Link]) -> String {
    let packed =
        |link: &Link| (link.field.clone(), link.target_id.0.simple().to_string(), link.role.clone(), link.start_seconds, link.end_seconds);
    let packed: Vec<_> = links.iter().map(packed).collect();
    if packed.is_empty() { String::new() } else { serde_json::to_string(&packed).unwrap_or_default() }
}

/// What [`pack_links`] makes of a reference.
type PackedLink<'a> = (String, &'a str, Option<String>, Option<i64>, Option<i64>);

impl Item {
    /// Its references, in order; none where what is kept cannot be read, which `kinoteka check` finds.
    pub fn links(&self) -> Vec<Link> {
        let packed: Vec<PackedLink<'_>> = serde_json::from_str(&self.refers_to).unwrap_or_default();
        let mut links: Vec<Link> = Vec::with_capacity(packed.len());
        for (field, target, role, start_seconds, end_seconds) in packed {
            let Ok(target) = uuid::Uuid::try_parse(target) else { continue };
            let position = links.last().filter(|last| last.field == field).map_or(0, |last| last.position.saturating_add(1));
            links.push(Link { item_id: self.id, field, position, target_id: Id(target), role, start_seconds, end_seconds });
        }
        links
    }

    /// The languages of the texts that this viewer may see.
    fn languages(&self, viewer: Viewer) -> Vec<Language> {
        let tags = if viewer.sees_unpublished() { &self.languages } else { &self.public_languages };
        tags.split_ascii_whitespace().map(Language::stored).collect()
    }
}

/// The beginning of a query for [`Text`]s.
const TEXT: &str = "SELECT texts.item_id, texts.language, texts.status, texts.title, texts.summary, texts.description, \
    texts.content_note, texts.credit_line, texts.disclaimer, texts.sort_key FROM ";

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
    let chosen: Vec<(Id, &str)> =
        loaded.iter().filter_map(|one| Some((one.item.id, one.languages.get(one.choice.as_ref()?.index)?.as_str()))).collect();
    if let [(id, language)] = chosen.as_slice() {
        let statement = Fragment::new(TEXT)
            .sql("texts WHERE texts.item_id = ")
            .bind(Bind::Id(*id))
            .sql(" AND texts.language = ")
            .bind(Bind::Text((*language).to_owned()));
        return Ok(Statement::<texts::SqlType>::new(statement).rows(connection)?);
    }
    let statement = Fragment::new(TEXT)
        .then(&pairs(chosen.iter().map(|(id, language)| (id.0.simple().to_string(), language))))
        .differs(
            " wanted CROSS JOIN texts ON texts.item_id = unhex(wanted.first)",
            " wanted JOIN texts ON texts.item_id = CAST(wanted.first AS uuid)",
        )
        .sql(" AND texts.language = wanted.second");
    Ok(Statement::<texts::SqlType>::new(statement).rows(connection)?)
}

/// Makes the items known that others refer to: those that memory has, and the rest in two queries.
pub fn load_targets<'a>(
    connection: &mut Connection,
    spec: &Spec,
    links: impl Iterator<Item = &'a Link>,
    viewer: Viewer,
    shown: &mut Shown,
) -> Result<(), Error> {
    let mut targets: BTreeMap<&'static str, BTreeSet<Id>> = BTreeMap::new();
    for link in links {
        if let Some(declared) = spec.link(&link.field) {
            targets.entry(declared.target.as_str()).or_default().insert(link.target_id);
        }
    }
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
            let original = Language::stored(&original);
            read.insert(id, Target { id, slug, original, languages: Vec::new(), titles: Vec::new() });
        }
    }
    let titles: Vec<(Id, String, String, String)> = texts::table
        .filter(among(texts::item_id, ids()))
        .order((texts::item_id, texts::language))
        .select((texts::item_id, texts::language, texts::status, texts::title))
        .load(connection)?;
    for (id, language, status, title) in titles {
        if let Some(target) = read.get_mut(&id)
            && (viewer.sees_unpublished() || status == "published")
        {
            target.languages.push(Language::stored(&language));
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
pub enum Found<T = Item> {
    /// The item, by its identifier or present slug.
    Here(T),
    /// The item, by a slug it no longer has.
    Moved(T),
}

impl<T> Found<T> {
    /// The item.
    pub fn item(self) -> T {
        match self {
            Self::Here(item) | Self::Moved(item) => item,
        }
    }
}

/// Finds an item by identifier, slug or former slug. Deleted items are found too.
pub fn find(connection: &mut Connection, kind: Kind, name: &str) -> Result<Option<Found>, Error> {
    find_by(connection, kind, name, read_items)
}

/// The same with its own fields, and the revisions.
pub fn find_whole<S: Subject>(connection: &mut Connection, name: &str) -> Result<Option<Found<Whole<S::Own>>>, Error> {
    find_by(connection, S::SPEC.kind, name, |connection, condition| S::whole(connection, &Which { condition, revisions: true }))
}

fn find_by<T>(
    connection: &mut Connection,
    kind: Kind,
    name: &str,
    read: impl Fn(&mut Connection, &Fragment) -> Result<Vec<T>, Error>,
) -> Result<Option<Found<T>>, Error> {
    use crate::db::schema::slugs;
    if let Some(id) = Id::parse(name) {
        let condition = of_kind(kind).sql(" AND items.id = ").bind(Bind::Id(id));
        return Ok(read(connection, &condition)?.pop().map(Found::Here));
    }
    let condition = of_kind(kind).sql(" AND items.slug = ").bind(Bind::Text(name.to_owned()));
    if let Some(item) = read(connection, &condition)?.pop() {
        return Ok(Some(Found::Here(item)));
    }
    let former = slugs::table
        .filter(slugs::kind.eq(kind.as_str()))
        .filter(slugs::slug.eq(name))
        .select(slugs::item_id)
        .first::<Id>(connection)
        .optional()?;
    let Some(id) = former else { return Ok(None) };
    Ok(read(connection, &id_among("items.id", [&id]))?.pop().map(Found::Moved))
}

/// What a body names: its identifier and its present slug.
pub type Named = HashMap<(Kind, String), (Id, String)>;

/// Finds what a body names, by identifier, slug or former slug, in two queries or fewer. What is deleted is left out.
pub fn find_all(connection: &mut Connection, names: &[(Kind, &str)]) -> Result<Named, Error> {
    let mut found = Named::new();
    let ids: Vec<Id> = names.iter().filter_map(|(_, name)| Id::parse(name)).collect();
    if !ids.is_empty() {
        let condition = id_among("items.id", &ids).sql(" AND items.deleted_at IS NULL");
        let statement = Statement::<(Uuid, SqlText, SqlText)>::select("items.id, items.kind, items.slug", "items", &condition);
        let rows: Vec<(Id, String, String)> = statement.rows(connection)?;
        for (kind, name) in names {
            if let Some((id, _, slug)) = rows.iter().find(|(id, of, _)| Id::parse(name) == Some(*id) && of == kind.as_str()) {
                found.insert((*kind, (*name).to_owned()), (*id, slug.clone()));
            }
        }
    }
    let slugs: Vec<&(Kind, &str)> = names.iter().filter(|(_, name)| Id::parse(name).is_none()).collect();
    if !slugs.is_empty() {
        // PostgreSQL, which expects many names, would read the whole table; so it looks up one after the other.
        let statement = Fragment::new("SELECT wanted.first, wanted.second, items.id, items.slug FROM ")
            .then(&pairs(slugs.iter().map(|(kind, name)| (kind.as_str(), name))))
            .differs(
                " wanted CROSS JOIN slugs ON slugs.kind = wanted.first AND slugs.slug = wanted.second",
                " wanted CROSS JOIN LATERAL (SELECT slugs.item_id FROM slugs WHERE slugs.kind = wanted.first AND slugs.slug = wanted.second \
                 LIMIT 1) slugs",
            )
            .sql(" JOIN items ON items.id = slugs.item_id")
            .sql(" AND items.deleted_at IS NULL");
        let rows: Vec<(String, String, Id, String)> = Statement::<(SqlText, SqlText, Uuid, SqlText)>::new(statement).rows(connection)?;
        found.extend(rows.into_iter().filter_map(|(kind, name, id, slug)| Some(((Kind::parse(&kind)?, name), (id, slug)))));
    }
    Ok(found)
}

fn of_kind(kind: Kind) -> Fragment {
    Fragment::new("items.kind = ").bind(Bind::Text(kind.as_str().to_owned()))
}

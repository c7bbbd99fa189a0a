//! Reads items with everything they show in a fixed number of queries, whatever the size of the
//! page.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text as SqlText};
use serde::de::DeserializeOwned;

use crate::db::keyset::{ListQuery, PagePositions, PageStart, Projection};
use crate::db::schema::{items, texts};
use crate::db::sql_fragment::{
    Bind, Fragment, Statement, id_in_fragment, integer_in_fragment, integer_table, text_pair_table,
};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, RowId, Time};
use crate::http::auth::Visibility;
use crate::resource::Resource;
use crate::resource::cache::references::{ReferenceTarget, RenderedReferences};
use crate::resource::model::revisions::Revisions;
use crate::resource::read::completeness::Completeness;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::view::context::RenderContext;
use crate::text::choice::Choice;
use crate::text::language::Language;

/// What every item has, as stored.
#[derive(AsChangeset, Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = items, primary_key(number), treat_none_as_null = true)]
pub struct ItemRow {
    /// Number of its row; 0 before there is one.
    pub number: RowId,
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
    /// The fields that only its kind has, as JSON; empty where they were removed for good.
    pub own: String,
    /// What it shows of its text tracks, see [`crate::resource::store::tracks::Summary`].
    pub tracks: String,
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
    /// The revision of the catalogue with which it was last written, see [`Revisions::next`].
    pub written: i64,
}

/// The texts of an item in one language, as stored.
#[derive(Clone, Debug, PartialEq, Queryable)]
pub struct TranslationRow {
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

/// The texts of some items, by the number of the item; those of one item in the order of its
/// `languages`.
pub type TranslationsByItem = HashMap<RowId, Vec<TranslationRow>>;

/// A reference of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The field that shows it.
    pub field: String,
    /// The item referred to.
    pub target_id: Id,
    /// The part it plays.
    pub role: Option<String>,
    /// Beginning of the passage meant, in milliseconds.
    pub start_ms: Option<i64>,
    /// End of the passage meant, in milliseconds.
    pub end_ms: Option<i64>,
}

/// An item with all that is its own.
#[derive(Clone, Debug)]
pub struct LoadedItem<O> {
    /// What every item has.
    pub item: ItemRow,
    /// What its kind has.
    pub fields: O,
    /// The languages of the texts that the viewer may see, in order.
    pub languages: Vec<Language>,
    /// Which of them answers, unless all do.
    pub choice: Option<Choice>,
    /// The texts of the chosen language, or of all of them where every language is asked for.
    pub texts: Vec<TranslationRow>,
    /// References, in order.
    pub references: Vec<Reference>,
    /// Which of its parts are there in which language, if that is asked for.
    pub completeness: Option<Completeness>,
}

/// The columns of [`Item`].
const ITEM_COLUMNS: &str = "items.number, items.id, items.kind, items.slug, items.status, items.original_language, items.languages, \
    items.public_languages, items.refers_to, items.own, items.tracks, items.revision, items.is_public, items.was_public, items.created_at, \
    items.updated_at, items.published_at, items.deleted_at, items.purged_at, items.written";

/// Reads the items that fit a condition.
pub fn load_items(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Vec<ItemRow>, Error> {
    Ok(Statement::<items::SqlType>::select(ITEM_COLUMNS, "items", condition)
        .load_rows(connection)?)
}

/// An item read by itself, with what it takes to answer it.
pub struct SingleItem {
    /// The item.
    pub item: ItemRow,
    /// The revisions in the same state of the database.
    pub revisions: Revisions,
    /// The text that will probably be shown. PostgreSQL sends it along, where another statement is
    /// another round trip.
    pub preloaded_text: Option<TranslationRow>,
}

/// What [`read_single`] reads: the item, the revisions, and the likely text with its key.
type SingleItemRow = (ItemRow, Option<String>, Option<(i64, TranslationRow)>);

/// Reads items with the revisions and what is probably shown where these languages are preferred,
/// best first.
fn load_single_items(
    connection: &mut Connection,
    condition: &Fragment,
    preferred: &[Language],
    visibility: Visibility,
) -> Result<Vec<SingleItem>, Error> {
    let statement = Fragment::new("SELECT ")
        .sql(ITEM_COLUMNS)
        .sql(", (SELECT state FROM revisions WHERE number = 1), ")
        .sql(TEXT_COLUMNS)
        .sql(" FROM items")
        .append(&preloaded_text_join(preferred, visibility))
        .sql(" WHERE ")
        .append(condition);
    let rows: Vec<SingleItemRow> =
        Statement::<(items::SqlType, Nullable<SqlText>, Nullable<TextColumnTypes>)>::new(statement)
            .load_rows(connection)?;
    let single = |(item, state, text): SingleItemRow| SingleItem {
        item,
        revisions: Revisions::parse(&state.unwrap_or_default()),
        preloaded_text: text.map(|(_, text)| text),
    };
    Ok(rows.into_iter().map(single).collect())
}

/// Joins the text to each item that will probably be shown; on SQLite none, where another statement
/// costs less. PostgreSQL makes its key as [`text_key`] does, of the best of these languages that
/// the viewer may see.
fn preloaded_text_join(preferred: &[Language], visibility: Visibility) -> Fragment {
    let tags: Vec<&str> = preferred.iter().map(Language::as_str).collect();
    let visible = if visibility.includes_unpublished() {
        "items.languages"
    } else {
        "items.public_languages"
    };
    Fragment::new(" LEFT JOIN texts ON texts.key = ")
        .by_backend("NULL", "items.number * 512 - 1 + (SELECT array_position(string_to_array(items.languages, ' '), tag) FROM unnest(CAST(")
        .bind_on_postgres(Bind::Text(format!("{{{}}}", tags.join(","))))
        .by_backend(
            "",
            format!(" AS text[])) WITH ORDINALITY preferred (tag, rank) WHERE tag = ANY (string_to_array({visible}, ' ')) ORDER BY rank LIMIT 1)"),
        )
}

/// A page, and the items it shows.
pub type LoadedPage<O> = (PagePositions, Vec<LoadedItem<O>>);

/// The page of a list and its items; `None` where the place does not fit the list.
pub fn load_page<S: Resource>(
    connection: &mut Connection,
    list: &ListQuery,
    (start, limit): (&PageStart, i64),
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Option<LoadedPage<S::Fields>>, Error> {
    load_mixed_page(connection, list, (start, limit), visibility, render_context, |_| {
        Some(S::SCHEMA)
    })
}

/// The same of a list whose items are of several kinds. `O` is what is read of the fields that only
/// a kind has; what an item refers to is made known where its declaration is given.
pub fn load_mixed_page<O: DeserializeOwned>(
    connection: &mut Connection,
    list: &ListQuery,
    (start, limit): (&PageStart, i64),
    visibility: Visibility,
    render_context: &mut RenderContext,
    declared: impl Fn(&ItemRow) -> Option<&'static ResourceSchema>,
) -> Result<Option<LoadedPage<O>>, Error> {
    let read = Projection {
        columns: Fragment::new(ITEM_COLUMNS).sql(", ").sql(TEXT_COLUMNS),
        joins: preloaded_text_join(&render_context.language_preference.preferred(), visibility),
    };
    let found = match (&list.cache_key, render_context.cache()) {
        (Some(identity), Some(memory)) => memory
            .search_page(&format!("{identity}\n{start:?}\n{limit}"), || {
                list.fetch_ranked_positions(connection, start, limit)
            })?,
        _ => list.fetch_ranked_positions(connection, start, limit)?,
    };
    let page = list
        .fetch_page::<(items::SqlType, Nullable<TextColumnTypes>), (ItemRow, Option<(i64, TranslationRow)>)>(
            connection,
            (start, limit),
            found,
            &read,
        )?;
    let Some((slice, rows)) = page else { return Ok(None) };
    let mut known = TranslationsByItem::new();
    let mut items = Vec::with_capacity(rows.len());
    for (item, text) in rows {
        known.extend(text.map(|(_, text)| (item.number, vec![text])));
        items.push(item);
    }
    Ok(Some((
        slice,
        hydrate_with_texts(connection, items, known, visibility, render_context, declared)?,
    )))
}

/// Reads the items that fit a condition with all that they show: two queries, and at most two for
/// what they refer to.
pub fn load_where<S: Resource>(
    connection: &mut Connection,
    condition: &Fragment,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    let rows = load_items(connection, condition)?;
    hydrate::<S>(connection, rows, visibility, render_context)
}

/// Completes an item that was read by itself; `None` where its own fields cannot be read.
pub fn hydrate_single<S: Resource>(
    connection: &mut Connection,
    item: ItemRow,
    likely: Option<TranslationRow>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Option<LoadedItem<S::Fields>>, Error> {
    let texts = likely.map(|text| (item.number, vec![text])).into_iter().collect();
    Ok(hydrate_with_texts(connection, vec![item], texts, visibility, render_context, |_| {
        Some(S::SCHEMA)
    })?
    .pop())
}

/// Completes items that have been read already. Those whose own fields were removed for good are
/// left out.
pub fn hydrate<S: Resource>(
    connection: &mut Connection,
    rows: Vec<ItemRow>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    hydrate_with_texts(
        connection,
        rows,
        TranslationsByItem::new(),
        visibility,
        render_context,
        |_| Some(S::SCHEMA),
    )
}

/// The same where some texts have been read already; what is wanted beside them is read.
fn hydrate_with_texts<O: DeserializeOwned>(
    connection: &mut Connection,
    rows: Vec<ItemRow>,
    mut known: TranslationsByItem,
    visibility: Visibility,
    render_context: &mut RenderContext,
    declared: impl Fn(&ItemRow) -> Option<&'static ResourceSchema>,
) -> Result<Vec<LoadedItem<O>>, Error> {
    let mut loaded: Vec<LoadedItem<O>> = Vec::with_capacity(rows.len());
    for item in rows {
        let Ok(fields) = serde_json::from_str(&item.own) else { continue };
        let languages = item.visible_languages(visibility);
        let choice = render_context.select_language(&languages, &item.original_language);
        let mut texts = known.remove(&item.number).unwrap_or_default();
        let chosen = choice
            .as_ref()
            .and_then(|choice| languages.get(choice.index))
            .filter(|_| !render_context.language_preference.include_translations);
        texts.retain(|text| chosen.is_some_and(|chosen| chosen.as_str() == text.language));
        loaded.push(LoadedItem {
            fields: fields,
            languages,
            choice,
            texts,
            references: item.references(),
            item,
            completeness: None,
        });
    }
    let links = loaded
        .iter()
        .filter_map(|one| Some((declared(&one.item)?, one)))
        .flat_map(|(schema, one)| one.references.iter().map(move |reference| (schema, reference)));
    load_references(connection, links, visibility, render_context)?;
    let mut texts_of = load_displayed_texts(connection, &loaded, render_context)?;
    for one in &mut loaded {
        one.texts.extend(texts_of.remove(&one.item.number).unwrap_or_default());
    }
    Ok(loaded)
}

/// References as their item keeps them: `[field, target, role, start, end]` of each, in order; the
/// empty text where there are none.
pub fn encode_references(references: &[Reference]) -> String {
    let packed = |reference: &Reference| {
        (
            reference.field.clone(),
            reference.target_id.0.simple().to_string(),
            reference.role.clone(),
            reference.start_ms,
            reference.end_ms,
        )
    };
    let packed: Vec<_> = references.iter().map(packed).collect();
    if packed.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&packed).unwrap_or_default()
    }
}

/// What [`pack_links`] makes of a reference.
type EncodedReference<'a> = (String, &'a str, Option<String>, Option<i64>, Option<i64>);

impl ItemRow {
    /// When it was published, or else stored: its place among the newest.
    pub fn sort_date(&self) -> Time {
        self.published_at.unwrap_or(self.created_at)
    }

    /// Its references, in order; none where what is kept cannot be read, which `kinoteka check`
    /// finds.
    pub fn references(&self) -> Vec<Reference> {
        self.parse_references().unwrap_or_default()
    }

    /// Its references, in order; `None` where what is kept cannot be read.
    pub fn parse_references(&self) -> Option<Vec<Reference>> {
        if self.refers_to.is_empty() {
            return Some(Vec::new());
        }
        let packed: Vec<EncodedReference<'_>> = serde_json::from_str(&self.refers_to).ok()?;
        let unpack = |(field, target, role, start_seconds, end_seconds): EncodedReference<'_>| {
            let target_id = Id(uuid::Uuid::try_parse(target).ok()?);
            Some(Reference { field, target_id, role, start_ms: start_seconds, end_ms: end_seconds })
        };
        packed.into_iter().map(unpack).collect()
    }

    /// The fields that only its kind has; none where they were removed for good, or cannot be read.
    pub fn parse_fields<S: Resource>(&self) -> Option<S::Fields> {
        serde_json::from_str(&self.own).ok()
    }

    /// The languages of the texts that this viewer may see.
    fn visible_languages(&self, visibility: Visibility) -> Vec<Language> {
        let tags = if visibility.includes_unpublished() {
            &self.languages
        } else {
            &self.public_languages
        };
        tags.split_ascii_whitespace().map(Language::stored).collect()
    }

    /// The key of its texts in this language, if it has any.
    pub fn text_key(&self, language: &Language) -> Option<i64> {
        let place =
            self.languages.split_ascii_whitespace().position(|tag| tag == language.as_str())?;
        text_key(self.number, place)
    }
}

/// How many texts an item can have: the keys of texts are made of the number of the item and the
/// place of the language.
const TEXTS_PER_ITEM: i64 = 512;

/// Holds for the texts of the item of this number, by [`PLACES`].
pub fn text_key_range_sql(number: &str) -> String {
    format!("texts.key >= {number} * 512 AND texts.key < {number} * 512 + 512")
}

fn text_key(item: RowId, place: usize) -> Option<i64> {
    let place = i64::try_from(place).ok().filter(|place| *place < TEXTS_PER_ITEM)?;
    item.checked_mul(TEXTS_PER_ITEM)?.checked_add(place)
}

/// The columns of [`Text`], after its key.
const TEXT_COLUMNS: &str = "texts.key, texts.language, texts.status, texts.title, texts.summary, texts.description, \
    texts.content_note, texts.credit_line, texts.disclaimer, texts.sort_key";

/// The types of [`TEXT_COLUMNS`].
type TextColumnTypes = (
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
        SqlText,
    ),
);

fn query_texts(connection: &mut Connection, from: &Fragment) -> Result<TranslationsByItem, Error> {
    let statement = Fragment::new("SELECT ").sql(TEXT_COLUMNS).sql(" FROM ").append(from);
    let mut rows: Vec<(i64, TranslationRow)> =
        Statement::<TextColumnTypes>::new(statement).load_rows(connection)?;
    // Sorting here takes nothing: a database would copy the texts to sort them.
    rows.sort_unstable_by_key(|(key, _)| *key);
    let mut texts = TranslationsByItem::new();
    for (key, text) in rows {
        texts.entry(key.div_euclid(TEXTS_PER_ITEM)).or_default().push(text);
    }
    Ok(texts)
}

/// The texts of items of which the number and the `languages` are known.
pub fn load_item_texts<'a>(
    connection: &mut Connection,
    items: impl IntoIterator<Item = (RowId, &'a str)>,
) -> Result<TranslationsByItem, Error> {
    let places = |languages: &str| languages.split_ascii_whitespace().count();
    let keys = items.into_iter().flat_map(|(item, languages)| {
        (0..places(languages)).filter_map(move |place| text_key(item, place))
    });
    load_texts_by_key(connection, keys.collect())
}

/// All texts of these items, whatever languages they are said to have.
pub fn load_all_texts(
    connection: &mut Connection,
    items: impl IntoIterator<Item = RowId>,
) -> Result<TranslationsByItem, Error> {
    // PostgreSQL, which expects many texts of each item, would read the whole table for each; with
    // a limit it does not.
    let from = integer_table(items)
        .by_backend(
            " wanted CROSS JOIN texts WHERE ",
            " wanted CROSS JOIN LATERAL (SELECT * FROM texts WHERE ",
        )
        .sql("texts.key >= wanted.value * 512 AND texts.key < wanted.value * 512 + 512")
        .by_backend("", " ORDER BY texts.key LIMIT 512) texts");
    query_texts(connection, &from)
}

fn load_texts_by_key(
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

/// Removes all texts of these items.
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

/// The texts that will be shown and are not known: those of the chosen language, or all that the
/// viewer may see.
fn load_displayed_texts<O>(
    connection: &mut Connection,
    loaded: &[LoadedItem<O>],
    render_context: &RenderContext,
) -> Result<TranslationsByItem, Error> {
    let mut keys: Vec<i64> = Vec::with_capacity(loaded.len());
    for one in loaded.iter().filter(|one| one.texts.is_empty()) {
        if render_context.language_preference.include_translations {
            keys.extend(one.languages.iter().filter_map(|language| one.item.text_key(language)));
        } else if let Some(language) =
            one.choice.as_ref().and_then(|choice| one.languages.get(choice.index))
        {
            keys.extend(one.item.text_key(language));
        }
    }
    load_texts_by_key(connection, keys)
}

/// Makes the items known that others refer to, by references of items of these kinds: those that
/// memory has, and the rest in two queries.
pub fn load_references<'a>(
    connection: &mut Connection,
    references: impl Iterator<Item = (&'static ResourceSchema, &'a Reference)>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<(), Error> {
    let mut targets: Vec<(ResourceKind, Vec<Id>)> = Vec::new();
    for (schema, reference) in references {
        if let Some(declared) = schema.reference(&reference.field) {
            match targets.iter_mut().find(|(kind, _)| *kind == declared.target) {
                Some((_, ids)) => ids.push(reference.target_id),
                None => targets.push((declared.target, vec![reference.target_id])),
            }
        }
    }
    load_reference_targets(connection, targets, visibility, render_context)
}

/// Makes items of these kinds known: those that memory has, and the rest in two queries.
pub fn load_reference_targets(
    connection: &mut Connection,
    targets: Vec<(ResourceKind, Vec<Id>)>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<(), Error> {
    let mut missing: Vec<(ResourceKind, Vec<Id>)> = Vec::new();
    for (kind, mut ids) in targets {
        ids.sort_unstable();
        ids.dedup();
        let ids = render_context.add_cached_targets(kind, visibility, ids);
        if !ids.is_empty() {
            missing.push((kind, ids));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = id_in_fragment("items.id", missing.iter().flat_map(|(_, ids)| ids))
        .sql(" AND items.deleted_at IS NULL");
    let rows: Vec<(RowId, Id, String, String, String, bool)> = Statement::<(BigInt, Uuid, SqlText, SqlText, SqlText, Bool)>::select(
        "items.number, items.id, items.slug, items.original_language, items.languages, items.is_public",
        "items",
        &wanted,
    )
    .load_rows(connection)?;
    let visible = |is_public: bool| visibility.includes_unpublished() || is_public;
    let mut texts = load_item_texts(
        connection,
        rows.iter().filter(|row| visible(row.5)).map(|row| (row.0, row.4.as_str())),
    )?;
    let mut read: HashMap<Id, ReferenceTarget> = HashMap::new();
    for (number, id, slug, original, ..) in rows.into_iter().filter(|row| visible(row.5)) {
        let texts = texts.remove(&number).unwrap_or_default();
        let texts = texts.into_iter().filter(|text| visible(text.status == "published"));
        let (languages, titles) =
            texts.map(|text| (Language::stored(&text.language), text.title)).unzip();
        read.insert(
            id,
            ReferenceTarget {
                id,
                slug,
                original_language: Language::stored(&original),
                languages,
                titles,
                rendered: RenderedReferences::default(),
            },
        );
    }
    for (kind, ids) in missing {
        render_context.add_targets(
            kind,
            visibility,
            ids.into_iter().map(|id| (id, read.remove(&id).map(Arc::new))).collect(),
        );
    }
    Ok(())
}

/// Stores a new item; gives the number of its row.
pub fn insert_item(connection: &mut Connection, item: &ItemRow) -> Result<RowId, Error> {
    let text = |value: &String| Bind::Text(value.clone());
    let time = |value: Option<Time>| value.map_or(Bind::Null, Bind::Time);
    let statement = Fragment::new(
        "INSERT INTO items (id, kind, slug, status, original_language, languages, public_languages, refers_to, own, tracks, revision, is_public, \
         was_public, created_at, updated_at, published_at, deleted_at, purged_at, written) VALUES (",
    )
    .binds([
        Bind::Id(item.id),
        text(&item.kind),
        text(&item.slug),
        text(&item.status),
        text(&item.original_language),
        text(&item.languages),
        text(&item.public_languages),
        text(&item.refers_to),
        text(&item.own),
        text(&item.tracks),
        Bind::Integer(item.revision),
        Bind::Bool(item.is_public),
        Bind::Bool(item.was_public),
        Bind::Time(item.created_at),
        Bind::Time(item.updated_at),
        time(item.published_at),
        time(item.deleted_at),
        time(item.purged_at),
        Bind::Integer(item.written),
    ])
    .sql(") RETURNING number");
    let numbers: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    numbers.first().copied().ok_or_else(|| Error::Internal("a new item got no number".to_owned()))
}

/// Stores the texts of an item, fifty with each statement, so that none has more values than a
/// database takes.
pub fn insert_texts(
    connection: &mut Connection,
    item: RowId,
    texts: &[TranslationRow],
) -> Result<(), Error> {
    let optional = |value: &Option<String>| value.clone().map_or(Bind::Null, Bind::Text);
    let too_many = || Error::Internal(format!("item {item} has too many languages"));
    for (some, first) in texts.chunks(50).zip((0..).step_by(50)) {
        let mut statement = Fragment::new(
            "INSERT INTO texts \
             (key, language, status, title, summary, description, content_note, credit_line, disclaimer, sort_key) VALUES ",
        );
        for (text, place) in some.iter().zip(first..) {
            let row = [
                Bind::Integer(text_key(item, place).ok_or_else(too_many)?),
                Bind::Text(text.language.clone()),
                Bind::Text(text.status.clone()),
                Bind::Text(text.title.clone()),
                optional(&text.summary),
                optional(&text.description),
                optional(&text.content_note),
                optional(&text.credit_line),
                optional(&text.disclaimer),
                Bind::Text(text.sort_key.clone()),
            ];
            statement = statement.sql(if place == first { "(" } else { ", (" }).binds(row).sql(")");
        }
        Statement::<BigInt>::new(statement).execute(connection)?;
    }
    Ok(())
}

/// What a path or a filter names.
#[derive(Clone, Debug)]
pub enum Lookup<T = ItemRow> {
    /// The item, by its identifier or present slug.
    Current(T),
    /// The item, by a slug it no longer has.
    Former(T),
}

impl<T> Lookup<T> {
    /// The item.
    pub fn into_item(self) -> T {
        match self {
            Self::Current(item) | Self::Former(item) => item,
        }
    }
}

/// Finds an item by identifier, slug or former slug. Deleted items are found too.
pub fn find(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
) -> Result<Option<Lookup>, Error> {
    find_by(connection, kind, name, load_items)
}

/// The same with what it takes to answer it by itself, in these languages, best first.
pub fn find_single(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
    preferred: &[Language],
    visibility: Visibility,
) -> Result<Option<Lookup<SingleItem>>, Error> {
    find_by(connection, kind, name, |connection, condition| {
        load_single_items(connection, condition, preferred, visibility)
    })
}

fn find_by<T>(
    connection: &mut Connection,
    kind: ResourceKind,
    name: &str,
    read: impl Fn(&mut Connection, &Fragment) -> Result<Vec<T>, Error>,
) -> Result<Option<Lookup<T>>, Error> {
    use crate::db::schema::slugs;
    if let Some(id) = Id::parse(name) {
        let condition = kind_predicate(kind).sql(" AND items.id = ").bind(Bind::Id(id));
        return Ok(read(connection, &condition)?.pop().map(Lookup::Current));
    }
    let condition =
        kind_predicate(kind).sql(" AND items.slug = ").bind(Bind::Text(name.to_owned()));
    if let Some(item) = read(connection, &condition)?.pop() {
        return Ok(Some(Lookup::Current(item)));
    }
    let former = slugs::table
        .filter(slugs::kind.eq(kind.as_str()))
        .filter(slugs::slug.eq(name))
        .select(slugs::item)
        .first::<RowId>(connection)
        .optional()?;
    let Some(number) = former else { return Ok(None) };
    Ok(read(connection, &integer_in_fragment("items.number", [number]))?.pop().map(Lookup::Former))
}

/// What a body names: its identifier and its present slug.
pub type ResolvedNames = HashMap<(ResourceKind, String), (Id, String)>;

/// Finds what a body names, by identifier, slug or former slug, in two queries or fewer. What is
/// deleted is left out.
pub fn resolve_names(
    connection: &mut Connection,
    names: &[(ResourceKind, &str)],
) -> Result<ResolvedNames, Error> {
    let mut found = ResolvedNames::new();
    let ids: Vec<Id> = names.iter().filter_map(|(_, name)| Id::parse(name)).collect();
    if !ids.is_empty() {
        let condition = id_in_fragment("items.id", &ids).sql(" AND items.deleted_at IS NULL");
        let statement = Statement::<(Uuid, SqlText, SqlText)>::select(
            "items.id, items.kind, items.slug",
            "items",
            &condition,
        );
        let rows: Vec<(Id, String, String)> = statement.load_rows(connection)?;
        for (kind, name) in names {
            if let Some((id, _, slug)) =
                rows.iter().find(|(id, of, _)| Id::parse(name) == Some(*id) && of == kind.as_str())
            {
                found.insert((*kind, (*name).to_owned()), (*id, slug.clone()));
            }
        }
    }
    let slugs: Vec<&(ResourceKind, &str)> =
        names.iter().filter(|(_, name)| Id::parse(name).is_none()).collect();
    if !slugs.is_empty() {
        // PostgreSQL, which expects many names, would read the whole table; so it looks up one
        // after the other.
        let statement = Fragment::new("SELECT wanted.first, wanted.second, items.id, items.slug FROM ")
            .append(&text_pair_table(slugs.iter().map(|(kind, name)| (kind.as_str(), name))))
            .by_backend(
                " wanted CROSS JOIN slugs ON slugs.kind = wanted.first AND slugs.slug = wanted.second",
                " wanted CROSS JOIN LATERAL (SELECT slugs.item FROM slugs WHERE slugs.kind = wanted.first AND slugs.slug = wanted.second \
                 LIMIT 1) slugs",
            )
            .sql(" JOIN items ON items.number = slugs.item")
            .sql(" AND items.deleted_at IS NULL");
        let rows: Vec<(String, String, Id, String)> =
            Statement::<(SqlText, SqlText, Uuid, SqlText)>::new(statement).load_rows(connection)?;
        found.extend(rows.into_iter().filter_map(|(kind_letter, name, id, slug)| {
            Some(((ResourceKind::parse(&kind_letter)?, name), (id, slug)))
        }));
    }
    Ok(found)
}

/// Holds for the items of a kind. What does not come from a user stands in the text, so that
/// PostgreSQL can plan for it once.
pub fn kind_predicate(kind: ResourceKind) -> Fragment {
    Fragment::new(format!("items.kind = '{}'", kind.as_str()))
}

//! Loads items with the texts and referenced items that their representations need.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::Queryable;
use diesel::sql_types::{BigInt, Bool, Nullable, Text as SqlText};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::keyset::{ListPage, PagePositions, PageStart, Projection};
use crate::db::schema::items;
use crate::db::sql_fragment::{Fragment, Statement, id_in_fragment, integer_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, RowId};
use crate::http::auth::Visibility;
use crate::resource::cache::attribution::Attribution;
use crate::resource::cache::references::{ReferenceTarget, RenderedReferences, VisibleKind};
use crate::resource::model::item::{
    ItemRow, LoadedItem, Reference, TranslationRow, TranslationsByItem,
};
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::store::items::{ITEM_COLUMNS, load_items};
use crate::resource::store::lookup::{PreloadedTexts, preloaded_text_join};
use crate::resource::store::texts::{
    TEXT_COLUMNS, TextColumnTypes, load_item_texts, load_texts_by_key,
};
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;

/// The positions of a page, and its items.
pub type LoadedPage<O> = (PagePositions, Vec<LoadedItem<O>>);

/// An item with its text in the language that will probably be selected, if that has been loaded.
pub struct PreloadedItem {
    /// The item.
    pub item: ItemRow,
    /// The text.
    pub text: Option<TranslationRow>,
}

impl From<ItemRow> for PreloadedItem {
    fn from(item: ItemRow) -> Self {
        Self { item, text: None }
    }
}

/// Loads items of one kind or several.
pub struct ItemLoader<F> {
    /// Visibility of items and texts.
    pub visibility: Visibility,
    /// Returns the schema by which the references of an item are loaded; `None` to omit them.
    pub schema_of: F,
}

impl<F: Fn(&ItemRow) -> Option<&'static ResourceSchema>> ItemLoader<F> {
    /// Loads a page of a list and its items; `None` if the page start does not match the list. `O`
    /// is the type to which the kind's own fields are deserialized.
    pub fn load_page<O: DeserializeOwned>(
        &self,
        connection: &mut Connection,
        page: ListPage<'_>,
        render_context: &mut RenderContext,
    ) -> Result<Option<LoadedPage<O>>, Error> {
        let projection = Projection {
            columns: Fragment::new(ITEM_COLUMNS).sql(", ").sql(TEXT_COLUMNS),
            joins: preloaded_text_join(PreloadedTexts {
                preferred: &render_context.language_preference.preferred(),
                visibility: self.visibility,
            }),
        };
        let ranked_positions = match (&page.list.cache_key, render_context.cache()) {
            (Some(search), Some(cache)) => cache
                .search_page(search_page_key(*search, page), || {
                    page.fetch_ranked_positions(connection)
                })?,
            _ => page.fetch_ranked_positions(connection)?,
        };
        let page = page
            .fetch_page::<(items::SqlType, Nullable<TextColumnTypes>), (ItemRow, Option<(i64, TranslationRow)>)>(
                connection,
                ranked_positions,
                &projection,
            )?;
        let Some((slice, rows)) = page else { return Ok(None) };
        let rows = rows
            .into_iter()
            .map(|(item, text)| PreloadedItem { item, text: text.map(|(_, text)| text) });
        Ok(Some((slice, self.hydrate(connection, rows, render_context)?)))
    }

    /// Completes items; only the texts that are missing are loaded. Items whose own fields were
    /// purged are omitted.
    fn hydrate<O: DeserializeOwned>(
        &self,
        connection: &mut Connection,
        rows: impl Iterator<Item = PreloadedItem>,
        render_context: &mut RenderContext,
    ) -> Result<Vec<LoadedItem<O>>, Error> {
        let mut loaded: Vec<LoadedItem<O>> = Vec::with_capacity(rows.size_hint().0);
        for PreloadedItem { mut item, text } in rows {
            if !self.visibility.includes_unpublished() {
                item.hide_unpublished();
            }
            let Ok(fields) = serde_json::from_str(&item.fields) else { continue };
            let languages = item.visible_languages(self.visibility);
            let choice = render_context.select_language(&languages, &item.original_language);
            let selected = choice
                .as_ref()
                .and_then(|choice| languages.get(choice.index))
                .filter(|_| !render_context.language_preference.include_translations);
            let texts = text
                .into_iter()
                .filter(|text| selected.is_some_and(|selected| selected.as_str() == text.language))
                .collect();
            loaded.push(LoadedItem {
                fields,
                languages,
                choice,
                texts,
                references: item.references(),
                item,
                completeness: None,
            });
        }
        let references = loaded
            .iter()
            .filter_map(|loaded| Some(((self.schema_of)(&loaded.item)?, loaded)))
            .flat_map(|(schema, loaded)| {
                loaded.references.iter().map(move |reference| (schema, reference))
            });
        load_references(connection, references, self.visibility, render_context)?;
        let mut texts_by_item = load_displayed_texts(connection, &loaded, render_context)?;
        for item in &mut loaded {
            item.texts.extend(texts_by_item.remove(&item.item.number).unwrap_or_default());
        }
        Ok(loaded)
    }
}

/// The loader of items of one kind.
fn loader<S: Resource>(
    visibility: Visibility,
) -> ItemLoader<impl Fn(&ItemRow) -> Option<&'static ResourceSchema>> {
    ItemLoader { visibility, schema_of: |_: &ItemRow| Some(S::SCHEMA) }
}

/// Loads a page of a list and its items; `None` if the page start does not match the list.
pub fn load_page<S: Resource>(
    connection: &mut Connection,
    page: ListPage<'_>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Option<LoadedPage<S::Fields>>, Error> {
    loader::<S>(visibility).load_page(connection, page, render_context)
}

/// Identifies a page of a search.
fn search_page_key(search: Fingerprint, page: ListPage<'_>) -> Fingerprint {
    #[derive(Serialize)]
    enum Start<'a> {
        Offset(i64),
        After(&'a [Option<String>], RowId),
        Before(&'a [Option<String>], RowId),
    }
    #[derive(Serialize)]
    struct SearchPageKey<'a> {
        search: Fingerprint,
        start: Start<'a>,
        limit: i64,
    }
    let start = match page.start {
        PageStart::Offset(offset) => Start::Offset(*offset),
        PageStart::After(position) => Start::After(&position.keys, position.row_id),
        PageStart::Before(position) => Start::Before(&position.keys, position.row_id),
    };
    Fingerprint::of(&SearchPageKey { search, start, limit: page.limit })
}

/// Loads the items that match a condition with all that their representations need: two queries,
/// and at most two more for the referenced items.
pub fn load_where<S: Resource>(
    connection: &mut Connection,
    condition: &Fragment,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    let rows = load_items(connection, condition)?;
    hydrate::<S>(connection, rows, visibility, render_context)
}

/// Completes an item that was loaded on its own; `None` if its own fields cannot be parsed.
pub fn hydrate_single<S: Resource>(
    connection: &mut Connection,
    item: PreloadedItem,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Option<LoadedItem<S::Fields>>, Error> {
    let rows = std::iter::once(item);
    Ok(loader::<S>(visibility).hydrate(connection, rows, render_context)?.pop())
}

/// Completes items whose rows have been loaded. Items whose own fields were purged are omitted.
pub fn hydrate<S: Resource>(
    connection: &mut Connection,
    rows: Vec<ItemRow>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    let rows = rows.into_iter().map(PreloadedItem::from);
    loader::<S>(visibility).hydrate(connection, rows, render_context)
}

/// Loads the texts that will be rendered and are not loaded yet: those of the selected language, or
/// all that the client may see.
fn load_displayed_texts<O>(
    connection: &mut Connection,
    loaded: &[LoadedItem<O>],
    render_context: &RenderContext,
) -> Result<TranslationsByItem, Error> {
    let mut keys: Vec<i64> = Vec::with_capacity(loaded.len());
    for item in loaded.iter().filter(|item| item.texts.is_empty()) {
        if render_context.language_preference.include_translations {
            keys.extend(item.languages.iter().filter_map(|language| item.item.text_key(language)));
        } else if let Some(language) =
            item.choice.as_ref().and_then(|choice| item.languages.get(choice.index))
        {
            keys.extend(item.item.text_key(language));
        }
    }
    load_texts_by_key(connection, keys)
}

/// Adds the items that these references of items of these kinds target to the context: from the
/// cache, and the others in two queries.
pub fn load_references<'a>(
    connection: &mut Connection,
    references: impl Iterator<Item = (&'static ResourceSchema, &'a Reference)>,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<(), Error> {
    let mut targets: Vec<(ResourceKind, Vec<Id>)> = Vec::new();
    for (schema, reference) in references {
        if let Some(reference_schema) = schema.reference(&reference.field) {
            match targets.iter_mut().find(|(kind, _)| *kind == reference_schema.target) {
                Some((_, ids)) => ids.push(reference.target_id),
                None => targets.push((reference_schema.target, vec![reference.target_id])),
            }
        }
    }
    load_reference_targets(connection, targets, visibility, render_context)
}

/// A referenced item.
#[derive(Queryable)]
struct TargetRow {
    number: RowId,
    id: Id,
    slug: String,
    original_language: String,
    languages: String,
    is_public: bool,
    is_archived: bool,
    archived_from_public: bool,
}

impl TargetRow {
    /// As [`ItemRow::is_publicly_named`].
    fn is_publicly_named(&self) -> bool {
        self.is_public || self.archived_from_public
    }
}

/// Adds items of these kinds to the context: from the cache, and the others in two queries.
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
        let ids = render_context.add_cached_targets(VisibleKind { kind, visibility }, ids);
        if !ids.is_empty() {
            missing.push((kind, ids));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = id_in_fragment("items.id", missing.iter().flat_map(|(_, ids)| ids))
        .sql(" AND items.deleted_at IS NULL");
    let rows: Vec<TargetRow> = Statement::<(BigInt, Uuid, SqlText, SqlText, SqlText, Bool, Bool, Bool)>::select(
        "items.number, items.id, items.slug, items.original_language, items.languages, items.is_public, \
         items.status = 'archived', items.archived_from_public",
        "items",
        &wanted,
    )
    .load_rows(connection)?;
    let visible = |is_named: bool| visibility.includes_unpublished() || is_named;
    let mut texts = load_item_texts(
        connection,
        rows.iter()
            .filter(|row| visible(row.is_publicly_named()))
            .map(|row| (row.number, row.languages.as_str())),
    )?;
    let mut read: HashMap<Id, ReferenceTarget> = HashMap::new();
    for row in rows.into_iter().filter(|row| visible(row.is_publicly_named())) {
        let texts = texts.remove(&row.number).unwrap_or_default();
        let texts = texts.into_iter().filter(|text| visible(text.status == "published"));
        let texts: Vec<TranslationRow> = texts.collect();
        let attributions = texts.iter().filter(|_| row.is_archived).map(|text| Attribution {
            credit_line: text.credit_line.clone(),
            disclaimer: text.disclaimer.clone(),
        });
        let attributions = attributions.collect();
        let (languages, titles) = texts
            .into_iter()
            .map(|text| (Language::from_canonical(&text.language), text.title))
            .unzip();
        read.insert(
            row.id,
            ReferenceTarget {
                id: row.id,
                slug: row.slug,
                is_archived: row.is_archived,
                original_language: Language::from_canonical(&row.original_language),
                languages,
                titles,
                attributions,
                rendered: RenderedReferences::default(),
            },
        );
    }
    for (kind, ids) in missing {
        render_context.add_targets(
            VisibleKind { kind, visibility },
            ids.into_iter().map(|id| (id, read.remove(&id).map(Arc::new))).collect(),
        );
    }
    Ok(())
}

/// Loads the items with these row ids with all that their representations need, in this order.
/// Items that the client may no longer see are omitted.
pub fn load_by_row_ids<S: Resource>(
    connection: &mut Connection,
    numbers: &[RowId],
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    let is_visible = |item: &ItemRow| {
        item.deleted_at.is_none() && (item.is_public || visibility.includes_unpublished())
    };
    let mut items =
        load_items(connection, &integer_in_fragment("items.number", numbers.iter().copied()))?;
    items.retain(is_visible);
    let positions: HashMap<RowId, usize> = numbers.iter().copied().zip(0..).collect();
    items.sort_unstable_by_key(|item| positions.get(&item.number).copied());
    hydrate::<S>(connection, items, visibility, render_context)
}

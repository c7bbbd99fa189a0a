//! Loads items with the texts and referenced items that their representations need.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::sql_types::{BigInt, Bool, Nullable, Text as SqlText};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::keyset::{ListQuery, PagePositions, PageStart, Projection};
use crate::db::schema::items;
use crate::db::sql_fragment::{Fragment, Statement, id_in_fragment, integer_in_fragment};
use crate::db::types::sql::Uuid;
use crate::db::{Connection, Error, Id, RowId};
use crate::http::auth::Visibility;
use crate::resource::cache::references::{ReferenceTarget, RenderedReferences};
use crate::resource::model::item::{
    ItemRow, LoadedItem, Reference, TranslationRow, TranslationsByItem,
};
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::store::items::{ITEM_COLUMNS, load_items};
use crate::resource::store::lookup::preloaded_text_join;
use crate::resource::store::texts::{
    TEXT_COLUMNS, TextColumnTypes, load_item_texts, load_texts_by_key,
};
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;

/// The positions of a page, and its items.
pub type LoadedPage<O> = (PagePositions, Vec<LoadedItem<O>>);

/// Loads a page of a list and its items; `None` if the page start does not match the list.
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

/// Like [`load_page`], for a list of several kinds. `O` is the type to which the kind's own fields
/// are deserialized. References are loaded only for items for which `declared` returns a schema.
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
            .search_page(search_page_key(*identity, start, limit), || {
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

/// Identifies a page of a search.
fn search_page_key(search: Fingerprint, start: &PageStart, limit: i64) -> Fingerprint {
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
    let start = match start {
        PageStart::Offset(offset) => Start::Offset(*offset),
        PageStart::After(position) => Start::After(&position.keys, position.row_id),
        PageStart::Before(position) => Start::Before(&position.keys, position.row_id),
    };
    Fingerprint::of(&SearchPageKey { search, start, limit })
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

/// Completes items whose rows have been loaded. Items whose own fields were purged are omitted.
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

/// Like [`hydrate`], with the texts that have been loaded already; only the missing ones are
/// loaded.
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
        let Ok(fields) = serde_json::from_str(&item.fields) else { continue };
        let languages = item.visible_languages(visibility);
        let choice = render_context.select_language(&languages, &item.original_language);
        let mut texts = known.remove(&item.number).unwrap_or_default();
        let chosen = choice
            .as_ref()
            .and_then(|choice| languages.get(choice.index))
            .filter(|_| !render_context.language_preference.include_translations);
        texts.retain(|text| chosen.is_some_and(|chosen| chosen.as_str() == text.language));
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

/// Loads the texts that will be rendered and are not loaded yet: those of the selected language, or
/// all that the client may see.
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
        if let Some(declared) = schema.reference(&reference.field) {
            match targets.iter_mut().find(|(kind, _)| *kind == declared.target) {
                Some((_, ids)) => ids.push(reference.target_id),
                None => targets.push((declared.target, vec![reference.target_id])),
            }
        }
    }
    load_reference_targets(connection, targets, visibility, render_context)
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
            texts.map(|text| (Language::from_canonical(&text.language), text.title)).unzip();
        read.insert(
            id,
            ReferenceTarget {
                id,
                slug,
                original_language: Language::from_canonical(&original),
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

/// Loads the items with these row ids with all that their representations need, in this order.
/// Items that the client may no longer see are omitted.
pub fn load_by_row_ids<S: Resource>(
    connection: &mut Connection,
    numbers: &[RowId],
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Vec<LoadedItem<S::Fields>>, Error> {
    let is_there = |item: &ItemRow| {
        item.deleted_at.is_none() && (item.is_public || visibility.includes_unpublished())
    };
    let mut items =
        load_items(connection, &integer_in_fragment("items.number", numbers.iter().copied()))?;
    items.retain(is_there);
    let places: HashMap<RowId, usize> = numbers.iter().copied().zip(0..).collect();
    items.sort_unstable_by_key(|item| places.get(&item.number).copied());
    hydrate::<S>(connection, items, visibility, render_context)
}

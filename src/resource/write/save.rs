//! Saves an item: the row, texts, references and everything derived from them, in one transaction.

use std::sync::Arc;

use diesel::prelude::*;
use serde_json::Value;

use crate::db::schema::items;
use crate::db::{Connection, Id, Time, random_nonce};
use crate::http::auth::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem};
use crate::resource::cache::references::CacheView;
use crate::resource::index::sort_rows::save_sort_row;
use crate::resource::index::{IndexChange, IndexedItem};
use crate::resource::index::{filters, full_text};
use crate::resource::model::item::{self, ItemRow, Reference, Status};
use crate::resource::model::revisions::{Audience, Revisions, bump};
use crate::resource::model::status_change::OnReferences;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::slugs::{check_slug_available, generate_slug, reserve_slug};
use crate::resource::store::{change_log, items as stored_items, texts, tracks};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::{self, hydrate};
use crate::resource::view::resource::ItemDraft;
use crate::resource::view::resource::Resource;
use crate::resource::write::body::{ParseContext, ParsedBody, has_null, parse_body};
use crate::resource::write::references::{resolve_references, sorted_references};
use crate::resource::write::schedule::Schedule;
use crate::resource::write::status_change::enforce_on_references;
use crate::resource::write::translations::ParsedTranslations;

/// Which item a body is stored as.
#[derive(Clone, Debug)]
pub enum WriteMode<'a> {
    /// A new item; its slug is in the body or is generated.
    Create,
    /// A new item with the slug in the URL path.
    CreateAt(&'a str),
    /// The new state of an existing item.
    Replace(ItemRow),
    /// The new state of an existing item, merged from its stored state and a patch.
    Patch(ItemRow),
}

/// A body to store.
#[derive(Clone, Debug)]
pub struct SaveRequest<'a> {
    /// Which item it is stored as.
    pub mode: WriteMode<'a>,
    /// The body.
    pub body: &'a Value,
    /// What happens to the public items that refer to the item if it is archived.
    pub on_references: OnReferences,
    /// Whether the body is a line of an export: what became due since is done, and
    /// [`ARCHIVED_FROM_PUBLIC`] is accepted.
    pub is_import: bool,
}

/// Member of a line of an export: the item was public until it was archived.
pub const ARCHIVED_FROM_PUBLIC: &str = "archived_from_public";

/// The result of storing an item.
#[derive(Clone, Debug)]
pub struct SaveResult {
    /// The item.
    pub id: Id,
    /// Its slug.
    pub slug: String,
    /// Whether the item changed.
    pub is_changed: bool,
    /// Whether the change is visible to the public.
    pub is_publicly_visible: bool,
}

/// Stores a body as [`save_item`] does, and bumps the revisions if the item changed.
pub(super) fn save_and_bump<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    save_request: SaveRequest<'_>,
) -> Result<Id, Problem> {
    let stored = save_item::<S>(connection, state, save_request)?;
    if stored.is_changed {
        bump(connection, S::SCHEMA.kind, Audience::new(stored.is_publicly_visible), Time::now())?;
    }
    if stored.is_publicly_visible {
        change_log::record_feed_change(connection, &state.settings, S::SCHEMA.kind)?;
    }
    Ok(stored.id)
}

/// Stores a body as a new item, or as the new state of an existing one. All errors of the body are
/// reported together. The caller must bump the revisions.
pub fn save_item<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    save_request: SaveRequest<'_>,
) -> Result<SaveResult, Problem> {
    let SaveRequest { mode, body, on_references, is_import } = save_request;
    let schema = S::SCHEMA;
    let is_patch = matches!(mode, WriteMode::Patch(_));
    let (existing, path_slug) = match mode {
        WriteMode::Create => (None, None),
        WriteMode::CreateAt(slug) => (None, Some(slug)),
        WriteMode::Replace(item) | WriteMode::Patch(item) => (Some(item), None),
    };
    let now = Time::now();
    let id = existing.as_ref().map_or_else(Id::new, |item| item.id);
    let revisions = Arc::new(Revisions::load(connection)?);
    let cache = CacheView::excluding_kind(&state.reference_cache, &revisions, schema.kind);
    let mut render_context = RenderContext::new(
        LanguagePreference::all_languages(state.fallback_languages.clone()),
        Arc::clone(&state.country_names),
        Some(cache),
    );
    let before = match &existing {
        Some(item) => {
            hydrate::<S>(connection, vec![item.clone()], Visibility::All, &mut render_context)?
                .pop()
        }
        None => None,
    };

    let mut errors = Vec::new();
    let parse_context = ParseContext {
        existing: existing.as_ref(),
        stored_texts: before.as_ref().map_or(&[], |before| &before.texts),
        path_slug,
        default_language: &state.settings.default_language(),
    };
    let Some(parsed_body) = parse_body::<S>(body, &parse_context, &mut errors) else {
        return Err(Problem::invalid_fields(errors));
    };
    let ParsedBody {
        status: requested_status,
        published_at,
        unpublish_at,
        slug,
        translations: mut new_texts,
        mut parsed_fields,
    } = parsed_body;
    // A merged body is the whole state: a member that the patch removed is absent.
    let stored_time = existing
        .as_ref()
        .filter(|_| !is_patch && !has_null(body, "published_at"))
        .and_then(|item| item.published_at);
    let schedule = Schedule {
        status: requested_status,
        published_at: published_at.or(stored_time),
        unpublish_at,
    };
    if requested_status == Status::Scheduled && schedule.published_at.is_none() {
        let detail = "A scheduled item needs the time of its publication.";
        errors.push(FieldError::field("/published_at", "required", detail));
    }
    let mut schedule = schedule.resolve(now);
    if is_import {
        schedule.apply_due_archiving(now);
    }
    let unpublish_before = existing.as_ref().and_then(|item| item.unpublish_at);
    errors.extend(schedule.validate_unpublish_at(now, unpublish_before));
    let Schedule { status, published_at, unpublish_at } = schedule;

    let resolved = resolve_references(connection, schema, &parsed_fields.references, &mut errors)?;
    let draft = ItemDraft {
        id: existing.as_ref().map(|item| item.id),
        fields: &mut parsed_fields.fields,
        references: &resolved,
        schemas: &state.schemas(),
    };
    S::validate(connection, draft, &mut errors)?;
    if !errors.is_empty() {
        return Err(Problem::invalid_fields(errors));
    }
    if is_patch && status.of_text() == Status::Published {
        publish_original_language(
            &mut new_texts,
            before.as_ref().map(|before| before.item.status.as_str()),
        );
    }

    let explicit_slug = slug
        .or_else(|| path_slug.map(str::to_owned))
        .or_else(|| existing.as_ref().map(|item| item.slug.clone()));
    let (slug, owns_slug) = if let Some(slug) = explicit_slug {
        let number = existing.as_ref().map(|item| item.number);
        let owns_slug = check_slug_available(connection, schema, number, &slug)?;
        (slug, owns_slug)
    } else {
        let original_language = new_texts.original_language.as_str();
        let original = new_texts.texts.iter().find(|text| text.language == original_language);
        (generate_slug(connection, schema, original.map(|text| text.title.as_str()))?, false)
    };

    let references = sorted_references(&resolved);
    let mut item = ItemRow {
        number: existing.as_ref().map_or(0, |item| item.number),
        id,
        kind: schema.kind.as_str().to_owned(),
        slug,
        status: status.as_str().to_owned(),
        original_language: new_texts.original_language.as_str().to_owned(),
        languages: new_texts.language_list(|_| true),
        public_languages: new_texts.language_list(|text| text.status == "published"),
        reference_list: item::encode_references(&references),
        fields: serde_json::to_string(&parsed_fields.fields).map_err(Problem::internal)?,
        tracks: existing.as_ref().map(|item| item.tracks.clone()).unwrap_or_default(),
        revision: existing.as_ref().map_or(1, |item| item.revision),
        nonce: existing.as_ref().map_or_else(random_nonce, |item| Ok(item.nonce))?,
        is_public: false,
        ever_public: existing.as_ref().is_some_and(|item| item.ever_public),
        created_at: existing.as_ref().map_or(now, |item| item.created_at),
        updated_at: existing.as_ref().map_or(now, |item| item.updated_at),
        published_at,
        unpublish_at,
        archived_from_public: false,
        unpublish_referrers: unpublish_at.is_some()
            && match on_references {
                OnReferences::Reject => {
                    existing.as_ref().is_some_and(|item| item.unpublish_referrers)
                }
                chosen => chosen == OnReferences::Archive,
            },
        deleted_at: None,
        purged_at: None,
        catalogue_revision: existing
            .as_ref()
            .map_or_else(|| revisions.next_catalogue_revision(), |item| item.catalogue_revision),
        public_revision: existing.as_ref().map_or(0, |item| item.public_revision),
        public_nonce: existing.as_ref().map_or(0, |item| item.public_nonce),
        public_updated_at: existing.as_ref().map_or(now, |item| item.public_updated_at),
    };
    item.update_public_flags(existing.as_ref());
    item.archived_from_public |= is_import
        && status == Status::Archived
        && body.get(ARCHIVED_FROM_PUBLIC).is_some_and(|value| value == true);
    if before.as_ref().is_some_and(|before| before.item == item && before.texts == new_texts.texts)
    {
        return Ok(SaveResult {
            id,
            slug: item.slug,
            is_changed: false,
            is_publicly_visible: false,
        });
    }
    if let Some(before) = &existing {
        check_tracks_stay_hidden(before, &item)?;
        enforce_on_references(connection, state, before, &item, on_references)?;
    }
    let renamed = before.as_ref().is_none_or(|before| {
        before.texts != new_texts.texts
            || before.item.is_publicly_named() != item.is_publicly_named()
    });
    let is_public_change = match &before {
        Some(before) => {
            ItemRow::is_public_change((&before.item, &before.texts), (&item, &new_texts.texts))
        }
        None => item.is_publicly_named(),
    };
    item.catalogue_revision = revisions.next_catalogue_revision();
    let change = if item.number == 0 {
        item.publish_revision();
        item.number = stored_items::insert_item(connection, &item)?;
        IndexChange::Insert
    } else {
        item.increment_revision(Audience::new(is_public_change), now)?;
        diesel::update(items::table.find(item.number)).set(&item).execute(connection)?;
        IndexChange::Replace
    };
    if !owns_slug {
        reserve_slug(connection, &item)?;
    }
    let indexed = IndexedItem {
        item: &item,
        fields: &parsed_fields.fields,
        texts: &new_texts.texts,
        references: &references,
    };
    save_rows::<S>(connection, indexed, change)?;
    if let Some(before) = &before {
        S::after_save(connection, &item, &before.fields, &parsed_fields.fields)?;
    }
    let referenced_names = load_referenced_names(connection, schema, &references, &render_context)?;
    let track_texts =
        tracks::load_track_texts(connection, &[&item])?.remove(&item.number).unwrap_or_default();
    let slug = item.slug.clone();
    let source =
        full_text::IndexSource::new(&item, new_texts.texts, track_texts, referenced_names)?;
    full_text::write_index_entries(connection, source, existing.as_ref().map(ItemRow::sort_date))?;
    if renamed && existing.is_some() && schema.kind.is_found_by_name() {
        full_text::reindex_referencing(connection, id)?;
    }
    Ok(SaveResult { id, slug, is_changed: true, is_publicly_visible: is_public_change })
}

/// Rejects the removal of an unpublished text that hides tracks in its language from the public.
fn check_tracks_stay_hidden(before: &ItemRow, after: &ItemRow) -> Result<(), Problem> {
    let error = |language: String| {
        let detail = format!(
            "The item has text tracks in `{language}`, which are hidden because its text is not published; without the text they would be public. Delete the tracks first."
        );
        FieldError::field(format!("/translations/{language}"), "has_tracks", detail)
    };
    let errors: Vec<FieldError> =
        before.uncovered_track_languages(after).into_iter().map(error).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_fields(errors)) }
}

/// Loads the titles of the referenced items, for the full-text index.
fn load_referenced_names(
    connection: &mut Connection,
    schema: &'static ResourceSchema,
    references: &[Reference],
    render_context: &RenderContext,
) -> Result<full_text::ReferencedNames, Problem> {
    let mut titles = |visibility| {
        let mut render_context = render_context.for_embedded();
        let references = || {
            references
                .iter()
                .filter(|reference| schema.kind.is_searched_reference(&reference.field))
        };
        load::load_references(
            connection,
            references().map(|reference| (schema, reference)),
            visibility,
            &mut render_context,
        )?;
        let targets =
            references().filter_map(|reference| render_context.target(&reference.target_id));
        let titles = targets
            .flat_map(|target| target.languages.iter().cloned().zip(target.titles.iter().cloned()));
        Ok::<_, Problem>(titles.collect())
    };
    Ok(full_text::ReferencedNames {
        public: titles(Visibility::Published)?,
        all: titles(Visibility::All)?,
    })
}

/// Stores the texts and the derived rows of an item.
fn save_rows<S: Resource>(
    connection: &mut Connection,
    indexed: IndexedItem<'_, S::Fields>,
    change: IndexChange,
) -> Result<(), Problem> {
    let number = indexed.item.number;
    if change == IndexChange::Replace {
        texts::delete_texts(connection, [number])?;
    }
    save_sort_row::<S>(connection, indexed, change)?;
    texts::insert_texts(connection, number, indexed.texts)?;
    filters::write_filter_index::<S>(connection, indexed, change)?;
    Ok(())
}

/// Publishes the text in the original language if a patch publishes the item and none of its texts
/// is published.
fn publish_original_language(new_texts: &mut ParsedTranslations, status_before: Option<&str>) {
    if matches!(status_before, Some("published" | "scheduled"))
        || new_texts.texts.iter().any(|text| text.status == "published")
    {
        return;
    }
    let original = new_texts.original_language.as_str().to_owned();
    if let Some(text) = new_texts.texts.iter_mut().find(|text| text.language == original) {
        Status::Published.as_str().clone_into(&mut text.status);
    }
}

//! `POST`, `PUT`, `PATCH` and `DELETE`: one transaction each, all errors of a body at once.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Map, Value};

use crate::db::schema::{items, slugs};
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Id, RowId, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, EntityTag, Precondition};
use crate::http::json_fields::{JsonFields, clip};
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::http::{accept, body};
use crate::resource::cache::references::CacheView;
use crate::resource::index::full_text;
use crate::resource::model::revisions::{Revisions, bump};
use crate::resource::query::params::{ResponseShape, parse_shape};
use crate::resource::read::list::{find_visible, render_item};
use crate::resource::read::response;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::items::{ItemRow, Lookup, Reference, TranslationRow, find, hydrate};
use crate::resource::store::{change_log, items as stored_items, tracks};
use crate::resource::view::context::RenderContext;
use crate::resource::write::idempotency::{ClaimResult, IdempotentRequest, StoredResponse};
use crate::resource::write::translations::{self, ParsedTranslations, TranslationDefaults};
use crate::resource::{NewReference, ParsedFields, Resource, Status};
use crate::text::language::Language;
use crate::text::slug;

/// Fields that only the server sets: accepted and ignored, so that what was read can be sent back.
pub const READ_ONLY_FIELDS: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "languages",
    "language",
    "transliterated",
    "completeness",
];

/// How a write answers.
pub struct ResponseOptions {
    language_preference: LanguagePreference,
    response_shape: ResponseShape,
}

/// What a write did.
pub struct WriteOutcome {
    item_id: Id,
    status: StatusCode,
}

impl WriteOutcome {
    /// The item was there already.
    pub fn updated(id: Id) -> Self {
        Self { item_id: id, status: StatusCode::OK }
    }
}

/// Reads how a write answers from its query.
pub fn parse_response_options<S: Resource>(
    state: &AppState,
    request: &HttpRequest,
) -> Result<ResponseOptions, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let mut language_preference =
        LanguagePreference::from_request(&mut params, request, &state.fallback_languages);
    let shape = parse_shape(S::SCHEMA, &mut params, &mut language_preference);
    params.finish()?;
    Ok(ResponseOptions { language_preference: language_preference, response_shape: shape })
}

/// `POST /v1/{kind}`: stores a new item.
pub async fn create<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let caller = state.require_editor(&request).await?;
    let options = parse_response_options::<S>(&state, &request)?;
    let body =
        body::read_json(&request, payload, state.settings.body_limits(), body::BodyType::Json)
            .await?;
    let idempotent_request = IdempotentRequest::from_request(&request, caller, &body)?;
    execute::<S>(state, &request, options, idempotent_request, move |connection, state| {
        let id = save_and_bump::<S>(connection, state, None, None, &body, false)?;
        Ok(WriteOutcome { item_id: id, status: StatusCode::CREATED })
    })
    .await
}

/// `PUT /v1/{kind}/{item}`: replaces an item, or stores a new one under that slug.
pub async fn replace<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: String,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    state.require_editor(&request).await?;
    let precondition = Precondition::from_request(&request, state.settings.require_if_match)?;
    let options = parse_response_options::<S>(&state, &request)?;
    let body =
        body::read_json(&request, payload, state.settings.body_limits(), body::BodyType::Json)
            .await?;
    execute::<S>(state, &request, options, None, move |connection, state| {
        match find(connection, S::SCHEMA.kind, &name)? {
            Some(Lookup::Former(item)) if item.deleted_at.is_none() => {
                Err(WriteError::moved(item.slug))
            }
            Some(found) => {
                let item = found.into_item();
                reject_deleted(S::SCHEMA, &item)?;
                precondition.check(item.id, item.revision)?;
                let id = save_and_bump::<S>(connection, state, Some(item), None, &body, false)?;
                Ok(WriteOutcome { item_id: id, status: StatusCode::OK })
            }
            None => {
                precondition.check_absent()?;
                if Id::parse(&name).is_some() {
                    let detail = format!(
                        "There is no {} `{}`; a new one is stored under a slug, not under an id.",
                        S::SCHEMA.kind.noun(),
                        clip(&name)
                    );
                    return Err(Problem::new(ProblemKind::NotFound, detail).into());
                }
                slug::validate_slug(&name).map_err(|error| {
                    Problem::invalid_parameter("slug", "invalid_slug", error.to_string())
                })?;
                let id = save_and_bump::<S>(connection, state, None, Some(&name), &body, false)?;
                Ok(WriteOutcome { item_id: id, status: StatusCode::CREATED })
            }
        }
    })
    .await
}

/// `PATCH /v1/{kind}/{item}`: merges a patch into an item (RFC 7396).
pub async fn patch<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: String,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    state.require_editor(&request).await?;
    let precondition = Precondition::from_request(&request, state.settings.require_if_match)?;
    let options = parse_response_options::<S>(&state, &request)?;
    let body = body::read_json(
        &request,
        payload,
        state.settings.body_limits(),
        body::BodyType::MergePatch,
    )
    .await?;
    execute::<S>(state, &request, options, None, move |connection, state| {
        let item = match find_visible(connection, S::SCHEMA, &name, Visibility::All)? {
            Lookup::Former(item) => return Err(WriteError::moved(item.slug)),
            Lookup::Current(item) => item,
        };
        precondition.check(item.id, item.revision)?;
        let merged = merge_with_stored::<S>(connection, state, &item, &body)?;
        let flat = has_flat_texts(S::SCHEMA, &body);
        let id = save_and_bump::<S>(connection, state, Some(item.clone()), None, &merged, true)
            .map_err(
                |problem| if flat { restore_flat_pointers(problem, &merged) } else { problem },
            )?;
        Ok(WriteOutcome { item_id: id, status: StatusCode::OK })
    })
    .await
}

/// `DELETE /v1/{kind}/{item}`: from then on the item answers 410.
pub async fn delete<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    state.require_editor(&request).await?;
    let precondition = Precondition::from_request(&request, state.settings.require_if_match)?;
    QueryParams::parse(request.query_string())?.finish()?;
    let shared_state = state.clone().into_inner();
    let outcome = state
        .database
        .write(move |connection| {
            let item = match find_visible(connection, S::SCHEMA, &name, Visibility::All)? {
                Lookup::Former(item) => return Ok(Some(item.slug)),
                Lookup::Current(item) => item,
            };
            precondition.check(item.id, item.revision)?;
            check_not_referenced(connection, S::SCHEMA, &item)?;
            let now = Time::now();
            diesel::update(items::table.find(item.number))
                .set((
                    items::deleted_at.eq(Some(now)),
                    items::updated_at.eq(now),
                    items::is_public.eq(false),
                    items::revision.eq(items::revision + 1),
                    items::written.eq(Revisions::load(connection)?.next_catalogue_revision()),
                ))
                .execute(connection)?;
            full_text::set_public_flag::<S>(connection, item.number, false)?;
            full_text::reindex_item::<S>(connection, &item)?;
            bump(connection, S::SCHEMA.kind, now)?;
            if item.is_public {
                change_log::record_feed_change(connection, &shared_state.settings, S::SCHEMA.kind)?;
            }
            Ok::<_, Problem>(None)
        })
        .await?
        .value;
    match outcome {
        Some(slug) => Ok(response::permanent_redirect(
            &state,
            &request,
            &format!("{}/{slug}", S::SCHEMA.kind.path()),
        )),
        None => Ok(HttpResponse::NoContent().finish()),
    }
}

/// A problem, or the slug under which the item is to be found.
pub enum WriteError {
    /// A problem.
    Problem(Problem),
    /// The slug.
    Moved(String),
}

impl WriteError {
    fn moved(slug: String) -> Self {
        Self::Moved(slug)
    }
}

impl From<Problem> for WriteError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<crate::db::Error> for WriteError {
    fn from(error: crate::db::Error) -> Self {
        Self::Problem(error.into())
    }
}

/// Runs a write in its transaction and answers with the item as it is then. Under an
/// Idempotency-Key it goes on to its end even when the client has gone, and what it answered is
/// kept.
pub async fn execute<S: Resource>(
    state: web::Data<AppState>,
    request: &HttpRequest,
    options: ResponseOptions,
    idempotent_request: Option<IdempotentRequest>,
    work: impl Fn(&mut Connection, &AppState) -> Result<WriteOutcome, WriteError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let base = state.settings.base_url(request);
    let shared_state = state.clone().into_inner();
    let done = match idempotent_request {
        None => execute_in_transaction::<S>(shared_state, base, options, None, work).await,
        Some(idempotent_request) => {
            let task = actix_web::rt::spawn(async move {
                match idempotent_request.claim(&shared_state).await? {
                    ClaimResult::Replay(reply) => Ok(reply),
                    ClaimResult::Acquired => {
                        let done = execute_in_transaction::<S>(
                            Arc::clone(&shared_state),
                            base,
                            options,
                            Some(idempotent_request.clone()),
                            work,
                        )
                        .await;
                        match &done {
                            Ok(_) => {}
                            Err(WriteError::Problem(problem)) => {
                                idempotent_request.finish_failed(&shared_state, Some(problem)).await
                            }
                            Err(WriteError::Moved(_)) => {
                                idempotent_request.finish_failed(&shared_state, None).await
                            }
                        }
                        done
                    }
                }
            });
            task.await.map_err(Problem::internal)?
        }
    };
    let reply = match done {
        Ok(reply) => reply,
        Err(WriteError::Problem(problem)) => return Err(problem),
        Err(WriteError::Moved(slug)) => {
            return Ok(response::permanent_redirect(
                &state,
                request,
                &format!("{}/{slug}", S::SCHEMA.kind.path()),
            ));
        }
    };
    let mut response =
        HttpResponse::build(StatusCode::from_u16(reply.status).map_err(Problem::internal)?);
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.content_type("application/json").body(reply.body))
}

async fn execute_in_transaction<S: Resource>(
    app_state: Arc<AppState>,
    base: String,
    options: ResponseOptions,
    idempotent_request: Option<IdempotentRequest>,
    work: impl Fn(&mut Connection, &AppState) -> Result<WriteOutcome, WriteError> + Send + 'static,
) -> Result<StoredResponse, WriteError> {
    let shared_state = Arc::clone(&app_state);
    let identity =
        format!("write\n{}\n{:?}", options.language_preference.cache_key(), options.response_shape);
    let done = app_state.database.write(move |connection| {
        let outcome = work(connection, &shared_state)?;
        let item: ItemRow = items::table
            .filter(items::id.eq(outcome.item_id))
            .select(ItemRow::as_select())
            .first(connection)
            .map_err(Problem::from)?;
        let revisions = Revisions::load(connection)?;
        let (state, shown_at) =
            response::representation_state(S::SCHEMA, &revisions, &options.response_shape, false);
        let tag = EntityTag::for_item(item.id, item.revision, &format!("{state}\n{identity}"));
        let validators =
            CacheValidators { tag, last_modified: shown_at.max(Some(item.updated_at)) };
        let mut headers = validators.headers();
        if outcome.status == StatusCode::CREATED {
            headers.push((
                header::LOCATION.to_string(),
                format!("{base}{}/{}", S::SCHEMA.kind.path(), item.slug),
            ));
        }
        let cache = CacheView::excluding_kind(
            &shared_state.reference_cache,
            &Arc::new(revisions),
            S::SCHEMA.kind,
        );
        let mut render_context = RenderContext::new(
            options.language_preference.clone(),
            Arc::clone(&shared_state.country_names),
            Some(cache),
        )
        .with_base_url(&base);
        let (body, language) = render_item::<S>(
            connection,
            &shared_state,
            item,
            &mut render_context,
            &options.response_shape,
            Visibility::All,
        )?;
        headers.extend(language.map(|language| (header::CONTENT_LANGUAGE.to_string(), language)));
        let reply = StoredResponse { status: outcome.status.as_u16(), headers, body };
        if let Some(idempotent_request) = &idempotent_request {
            idempotent_request.store_response(connection, &reply)?;
        }
        Ok::<_, WriteError>(reply)
    });
    done.await.map(|done| done.value)
}

fn reject_deleted(schema: &ResourceSchema, item: &ItemRow) -> Result<(), Problem> {
    if item.deleted_at.is_some() {
        return Err(Problem::new(
            ProblemKind::Gone,
            format!(
                "The {} `{}` has been deleted; its slug is not given to another.",
                schema.kind.noun(),
                item.slug
            ),
        ));
    }
    Ok(())
}

/// What became of an item that was to be stored.
#[derive(Clone, Debug)]
pub struct SaveResult {
    /// The item.
    pub id: Id,
    /// Its slug.
    pub slug: String,
    /// Whether anything of it is other than before.
    pub is_changed: bool,
    /// Whether the public sees that.
    pub is_publicly_visible: bool,
}

/// Stores a body as [`store`] does, and bumps the revisions if that changed anything.
fn save_and_bump<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    existing: Option<ItemRow>,
    slug_of_path: Option<&str>,
    body: &Value,
    is_patch: bool,
) -> Result<Id, Problem> {
    let stored = save_item::<S>(connection, state, existing, slug_of_path, body, is_patch)?;
    if stored.is_changed {
        bump(connection, S::SCHEMA.kind, Time::now())?;
    }
    if stored.is_publicly_visible {
        change_log::record_feed_change(connection, &state.settings, S::SCHEMA.kind)?;
    }
    Ok(stored.id)
}

/// Merges a patch into an item and stores that, as PATCH does. The revisions are still to be
/// bumped.
pub fn apply_patch<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
    patch: &Value,
) -> Result<SaveResult, Problem> {
    let merged = merge_with_stored::<S>(connection, state, &item, patch)?;
    save_item::<S>(connection, state, Some(item), None, &merged, true)
}

/// Stores a body as an item, new or not. Everything that is wrong is reported together. The
/// revisions are still to be bumped.
pub fn save_item<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    existing: Option<ItemRow>,
    slug_of_path: Option<&str>,
    body: &Value,
    is_patch: bool,
) -> Result<SaveResult, Problem> {
    let schema = S::SCHEMA;
    let now = Time::now();
    let id = existing.as_ref().map_or_else(Id::new, |item| item.id);
    let revisions = Arc::new(Revisions::load(connection)?);
    let cache = CacheView::excluding_kind(&state.reference_cache, &revisions, schema.kind);
    let before = match &existing {
        Some(item) => {
            let mut render_context = RenderContext::new(
                LanguagePreference::all_languages(state.fallback_languages.clone()),
                Arc::clone(&state.country_names),
                Some(cache.clone()),
            );
            hydrate::<S>(connection, vec![item.clone()], Visibility::All, &mut render_context)?
                .pop()
        }
        None => None,
    };

    let mut errors = Vec::new();
    let parse_context = ParseContext {
        existing: existing.as_ref(),
        has_multiple_languages: before.as_ref().is_some_and(|before| before.texts.len() > 1),
        path_slug: slug_of_path,
        default_language: &state.settings.default_language(),
    };
    let Some(parsed_body) = parse_body::<S>(body, &parse_context, &mut errors) else {
        return Err(Problem::invalid_fields(errors));
    };
    let ParsedBody { status, published_at, slug, translations: mut new_texts, mut parsed_fields } =
        parsed_body;

    let resolved = resolve_references(connection, schema, &parsed_fields.references, &mut errors)?;
    S::validate(
        connection,
        existing.as_ref().map(|item| item.id),
        &mut parsed_fields.fields,
        &resolved,
        &mut errors,
    )?;
    if !errors.is_empty() {
        return Err(Problem::invalid_fields(errors));
    }
    if is_patch && status == Status::Published {
        publish_original_language(
            &mut new_texts,
            before.as_ref().map(|before| before.item.status.as_str()),
        );
    }

    let stated = slug
        .or_else(|| slug_of_path.map(str::to_owned))
        .or_else(|| existing.as_ref().map(|item| item.slug.clone()));
    let (slug, is_claimed) = match stated {
        Some(slug) => {
            let is_claimed = check_slug_available(
                connection,
                schema,
                existing.as_ref().map(|item| item.number),
                &slug,
            )?;
            (slug, is_claimed)
        }
        None => (generate_slug(connection, schema, &new_texts)?, false),
    };

    let is_public = status == Status::Published
        && new_texts.texts.iter().any(|text| text.status == "published");
    let published_at = published_at.or_else(|| {
        existing
            .as_ref()
            .filter(|_| !has_null(body, "published_at"))
            .and_then(|item| item.published_at)
    });
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
        refers_to: stored_items::encode_references(&references),
        own: serde_json::to_string(&parsed_fields.fields).map_err(Problem::internal)?,
        tracks: existing.as_ref().map(|item| item.tracks.clone()).unwrap_or_default(),
        revision: existing.as_ref().map_or(1, |item| item.revision),
        is_public,
        was_public: is_public || existing.as_ref().is_some_and(|item| item.was_public),
        created_at: existing.as_ref().map_or(now, |item| item.created_at),
        updated_at: existing.as_ref().map_or(now, |item| item.updated_at),
        published_at: published_at.or((status == Status::Published).then_some(now)),
        deleted_at: None,
        purged_at: None,
        written: existing
            .as_ref()
            .map_or_else(|| revisions.next_catalogue_revision(), |item| item.written),
    };
    if before.as_ref().is_some_and(|before| before.item == item && before.texts == new_texts.texts)
    {
        return Ok(SaveResult {
            id,
            slug: item.slug,
            is_changed: false,
            is_publicly_visible: false,
        });
    }
    let renamed = before
        .as_ref()
        .is_none_or(|before| before.texts != new_texts.texts || before.item.is_public != is_public);
    (item.updated_at, item.written) = (now, revisions.next_catalogue_revision());
    save_rows::<S>(
        connection,
        &mut item,
        &parsed_fields.fields,
        &new_texts.texts,
        &references,
        is_claimed,
    )?;
    if let Some(before) = &before {
        S::after_save(connection, &item, &before.fields, &parsed_fields.fields)?;
    }
    let referenced_names = load_referenced_names(connection, state, schema, &references, &cache)?;
    let track_texts =
        tracks::load_track_texts(connection, &[&item])?.remove(&item.number).unwrap_or_default();
    let slug = item.slug.clone();
    let source =
        full_text::IndexSource::new(&item, new_texts.texts, track_texts, referenced_names)?;
    full_text::write_index_entries(connection, source, existing.as_ref().map(ItemRow::sort_date))?;
    if renamed && existing.is_some() && full_text::is_searchable_by_name(schema.kind) {
        full_text::reindex_referencing(connection, id)?;
    }
    let is_seen = is_public || existing.is_some_and(|item| item.is_public);
    Ok(SaveResult { id, slug, is_changed: true, is_publicly_visible: is_seen })
}

/// The titles of what an item refers to.
fn load_referenced_names(
    connection: &mut Connection,
    state: &AppState,
    schema: &'static ResourceSchema,
    references: &[Reference],
    cache: &CacheView,
) -> Result<full_text::ReferencedNames, Problem> {
    let mut titles = |visibility| {
        let mut render_context = RenderContext::new(
            LanguagePreference::all_languages(state.fallback_languages.clone()),
            Arc::clone(&state.country_names),
            Some(cache.clone()),
        );
        let references = || {
            references
                .iter()
                .filter(|reference| full_text::is_searchable_reference(&reference.field))
        };
        stored_items::load_references(
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

/// What a body is read against.
pub struct ParseContext<'a> {
    /// The item as it is, if it is there.
    pub existing: Option<&'a ItemRow>,
    /// Whether it has texts in several languages.
    pub has_multiple_languages: bool,
    /// The slug in the address of a new item.
    pub path_slug: Option<&'a str>,
    /// The original language of a new item whose body states none.
    pub default_language: &'a Language,
}

/// A body whose every field was read. What only the database can tell is not checked.
#[derive(Clone, Debug)]
pub struct ParsedBody<O> {
    /// Whether the public sees the item.
    pub status: Status,
    /// When it was published, if that is stated.
    pub published_at: Option<Time>,
    /// Its slug, if that is stated.
    pub slug: Option<String>,
    /// Its texts.
    pub translations: ParsedTranslations,
    /// The kind's own fields and the references.
    pub parsed_fields: ParsedFields<O>,
}

/// Reads the fields of a body; `None` where it is no object. It can be stored only if nothing was
/// reported to `errors`.
pub fn parse_body<S: Resource>(
    body: &Value,
    parse_context: &ParseContext<'_>,
    errors: &mut Vec<FieldError>,
) -> Option<ParsedBody<S::Fields>> {
    let mut fields = JsonFields::new(body, "", errors)?;
    fields.ignore(READ_ONLY_FIELDS);
    let stated_status = fields.enum_value("status", &Status::ALL);
    let status = stated_status
        .or_else(|| {
            parse_context.existing.and_then(|item| {
                Status::ALL.iter().find(|(name, _)| *name == item.status).map(|(_, status)| *status)
            })
        })
        .unwrap_or(Status::Draft);
    let published_at = fields.time("published_at");
    let slug = fields.text("slug", 200);
    let original =
        parse_context.existing.and_then(|item| Language::parse(&item.original_language).ok());
    let original = original.as_ref().unwrap_or(parse_context.default_language);
    let defaults = TranslationDefaults {
        status,
        original_language: original,
        infer_original_language: parse_context.existing.is_none(),
    };
    let texts = translations::parse_translations(&mut fields, S::SCHEMA, &defaults);
    if texts.is_flat && parse_context.has_multiple_languages {
        fields.error(
            "translations",
            "would_lose_languages",
            "The item has texts in several languages; send all of them in `translations` (GET with `lang=all` gives them), or use PATCH.",
        );
    }
    if let Some(slug) = &slug {
        if let Err(error) = slug::validate_slug(slug) {
            fields.error("slug", "invalid_slug", error.to_string());
        }
        if parse_context.path_slug.is_some_and(|path| path != slug) {
            fields.error("slug", "conflicting", "The slug differs from the one in the address; a new item gets the slug of the address.");
        }
    }
    let parsed_fields = S::parse(&mut fields);
    fields.finish();
    Some(ParsedBody {
        status,
        published_at,
        slug,
        translations: texts,
        parsed_fields: parsed_fields,
    })
}

fn has_null(body: &Value, field: &str) -> bool {
    body.get(field).is_some_and(Value::is_null)
}

/// Stores the rows of an item; one that has no number yet is new and gets one.
fn save_rows<S: Resource>(
    connection: &mut Connection,
    item: &mut ItemRow,
    fields: &S::Fields,
    new_texts: &[TranslationRow],
    references: &[Reference],
    is_claimed: bool,
) -> Result<(), Problem> {
    let is_new = item.number == 0;
    if is_new {
        item.number = stored_items::insert_item(connection, item)?;
    } else {
        item.revision = item.revision.saturating_add(1);
        diesel::update(items::table.find(item.number)).set(&*item).execute(connection)?;
        stored_items::delete_texts(connection, [item.number])?;
    }
    if !is_claimed {
        reserve_slug(connection, item)?;
    }
    save_sort_row::<S>(connection, item, fields, references, is_new)?;
    stored_items::insert_texts(connection, item.number, new_texts)?;
    full_text::write_filter_index::<S>(connection, item, fields, new_texts, references, is_new)?;
    Ok(())
}

/// Keeps the slug of an item for it.
pub fn reserve_slug(connection: &mut Connection, item: &ItemRow) -> Result<(), crate::db::Error> {
    diesel::insert_into(slugs::table)
        .values((
            slugs::kind.eq(&item.kind),
            slugs::slug.eq(&item.slug),
            slugs::item.eq(item.number),
        ))
        .execute(connection)?;
    Ok(())
}

/// Stores the row of the table that the kind declares, if it declares one.
pub fn save_sort_row<S: Resource>(
    connection: &mut Connection,
    item: &ItemRow,
    fields: &S::Fields,
    references: &[Reference],
    is_new: bool,
) -> Result<(), crate::db::Error> {
    let Some(table) = &S::SCHEMA.sort_table else { return Ok(()) };
    if !is_new {
        delete_sort_row::<S>(connection, item.number)?;
    }
    let values = std::iter::once(Bind::Integer(item.number))
        .chain(S::sort_columns(item, fields, references));
    let columns = table.columns.join(", ");
    let statement =
        Fragment::new(format!("INSERT INTO {} (number, {columns}) VALUES (", table.name))
            .binds(values)
            .sql(")");
    Statement::<BigInt>::new(statement).execute(connection)?;
    Ok(())
}

/// Removes that row.
pub fn delete_sort_row<S: Resource>(
    connection: &mut Connection,
    number: RowId,
) -> Result<(), crate::db::Error> {
    if let Some(table) = &S::SCHEMA.sort_table {
        let statement = Fragment::new(format!("DELETE FROM {} WHERE number = ", table.name))
            .bind(Bind::Integer(number));
        Statement::<BigInt>::new(statement).execute(connection)?;
    }
    Ok(())
}

/// An item that is published by a patch that says nothing of its texts, none of which is public, is
/// published in its original language.
fn publish_original_language(new_texts: &mut ParsedTranslations, status_before: Option<&str>) {
    if status_before == Some("published")
        || new_texts.texts.iter().any(|text| text.status == "published")
    {
        return;
    }
    let original = new_texts.original_language.as_str().to_owned();
    if let Some(text) = new_texts.texts.iter_mut().find(|text| text.language == original) {
        Status::Published.as_str().clone_into(&mut text.status);
    }
}

/// Finds the items that a body refers to.
fn resolve_references(
    connection: &mut Connection,
    schema: &ResourceSchema,
    new_references: &[NewReference],
    errors: &mut Vec<FieldError>,
) -> Result<Vec<(NewReference, Id)>, Problem> {
    let mut declared = Vec::with_capacity(new_references.len());
    for link in new_references {
        let Some(schema) = schema.reference(link.field) else {
            return Err(Problem::internal(format!(
                "{} declares no reference {}",
                schema.kind.as_str(),
                link.field
            )));
        };
        declared.push((schema.target, link.target.id_or_slug.as_str()));
    }
    let found = stored_items::resolve_names(connection, &declared)?;
    let mut resolved: Vec<(NewReference, Id)> = Vec::new();
    for (link, (kind, name)) in new_references.iter().zip(declared) {
        let Some((id, slug)) = found.get(&(kind, name.to_owned())) else {
            let detail = format!("There is no {} `{}`.", kind.noun(), clip(name));
            errors.push(FieldError::field(
                link.target.pointer.clone(),
                "unknown_reference",
                detail,
            ));
            continue;
        };
        let repeated = resolved.iter().any(|(other, other_id)| {
            other.field == link.field
                && other_id == id
                && other.role == link.role
                && other.start_ms == link.start_ms
        });
        if repeated {
            errors.push(FieldError::field(
                link.target.pointer.clone(),
                "repeated",
                format!("`{slug}` is named twice here."),
            ));
            continue;
        }
        resolved.push((link.clone(), *id));
    }
    Ok(resolved)
}

/// References in the order in which an item keeps them: field by field, and as they were written.
fn sorted_references(resolved: &[(NewReference, Id)]) -> Vec<Reference> {
    let mut references: Vec<Reference> = resolved
        .iter()
        .map(|(reference, target)| Reference {
            field: reference.field.to_owned(),
            target_id: *target,
            role: reference.role.clone(),
            start_ms: reference.start_ms,
            end_ms: reference.end_ms,
        })
        .collect();
    references.sort_by(|a, b| a.field.cmp(&b.field));
    references
}

/// A slug made from the title in the original language, numbered where it is taken.
fn generate_slug(
    connection: &mut Connection,
    schema: &ResourceSchema,
    new_texts: &ParsedTranslations,
) -> Result<String, Problem> {
    let original =
        new_texts.texts.iter().find(|text| text.language == new_texts.original_language.as_str());
    let mut base = original.map(|text| slug::slugify(&text.title)).unwrap_or_default();
    if slug::validate_slug(&base).is_err() {
        base = if base.is_empty() {
            schema.kind.as_str().replace('_', "-")
        } else {
            slug::slugify(&format!("{} {base}", schema.kind.noun()))
        };
    }
    let mut candidate = base.clone();
    for number in 2..u32::MAX {
        let taken: Option<RowId> = slugs::table
            .filter(slugs::kind.eq(schema.kind.as_str()))
            .filter(slugs::slug.eq(&candidate))
            .select(slugs::item)
            .first(connection)
            .optional()?;
        if taken.is_none() {
            break;
        }
        candidate = slug::numbered(&base, number);
    }
    Ok(candidate)
}

/// Fails where another item has, or once had, this slug; says whether this item has or had it.
fn check_slug_available(
    connection: &mut Connection,
    schema: &ResourceSchema,
    item: Option<RowId>,
    slug: &str,
) -> Result<bool, Problem> {
    let owner: Option<RowId> = slugs::table
        .filter(slugs::kind.eq(schema.kind.as_str()))
        .filter(slugs::slug.eq(slug))
        .select(slugs::item)
        .first(connection)
        .optional()?;
    if owner.is_some() && owner != item {
        let detail = format!(
            "Another {} has or had the slug `{slug}`; choose another one.",
            schema.kind.noun()
        );
        let mut problem = Problem::new(ProblemKind::Conflict, detail.clone());
        problem.errors.push(FieldError::field("/slug", "taken", detail));
        return Err(problem);
    }
    Ok(owner.is_some())
}

/// 409 while others refer to the item; says which.
fn check_not_referenced(
    connection: &mut Connection,
    schema: &ResourceSchema,
    item: &ItemRow,
) -> Result<(), Problem> {
    let condition = full_text::referencing_items(item.id)
        .sql(" AND items.deleted_at IS NULL ORDER BY items.kind, items.slug LIMIT 1000");
    let mut rows = stored_items::load_items(connection, &condition)?;
    rows.retain(|row| row.references().iter().any(|reference| reference.target_id == item.id));
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<String> = rows
        .iter()
        .take(5)
        .map(|row| format!("{} `{}`", row.kind.replace('_', " "), row.slug))
        .collect();
    let more = if rows.len() > names.len() {
        format!(" and {} more", rows.len().saturating_sub(names.len()))
    } else {
        String::new()
    };
    let detail = format!(
        "The {} `{}` is referred to by {}{more}. Change or delete these first.",
        schema.kind.noun(),
        item.slug,
        names.join(", ")
    );
    let mut problem = Problem::new(ProblemKind::Conflict, detail);
    problem.errors.push(FieldError::field(
        "",
        "referenced",
        format!("{} reference(s), the first of a {}", rows.len(), first.kind.replace('_', " ")),
    ));
    Err(problem)
}

/// The item as PUT would take it, with a patch merged in. Flat texts of the patch mean those of the
/// original language.
pub fn merge_with_stored<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: &ItemRow,
    patch: &Value,
) -> Result<Value, Problem> {
    let schema = S::SCHEMA;
    let Value::Object(patch) = patch else {
        return Err(Problem::invalid_fields(vec![FieldError::field(
            "",
            "wrong_type",
            "A merge patch of an item is an object.",
        )]));
    };
    let language_preference = LanguagePreference::all_languages(state.fallback_languages.clone());
    let mut render_context =
        RenderContext::new(language_preference, Arc::clone(&state.country_names), None);
    let (text, _) = render_item::<S>(
        connection,
        state,
        item.clone(),
        &mut render_context,
        &ResponseShape::default(),
        Visibility::All,
    )?;
    let mut base: Value = serde_json::from_str(&text).map_err(Problem::internal)?;
    if let Some(fields) = base.as_object_mut() {
        S::before_patch(fields, patch);
    }
    merge_patch_into(schema, base, patch, &item.original_language)
}

/// An item as PUT would take it, with a patch merged in.
pub fn merge_patch_into(
    schema: &ResourceSchema,
    mut base: Value,
    patch: &Map<String, Value>,
    original_language: &str,
) -> Result<Value, Problem> {
    let mut patch = patch.clone();
    if schema.text_fields.iter().any(|(name, _)| patch.contains_key(*name)) {
        if patch.contains_key("translations") {
            let detail = "Send either flat texts or `translations`, not both.";
            return Err(Problem::invalid_fields(vec![FieldError::field(
                "/translations",
                "conflicting",
                detail,
            )]));
        }
        let original = patch
            .get("original_language")
            .and_then(Value::as_str)
            .unwrap_or(original_language)
            .to_owned();
        let mut flat = Map::new();
        for (name, _) in schema.text_fields {
            if let Some(value) = patch.remove(*name) {
                flat.insert((*name).to_owned(), value);
            }
        }
        let mut translations = Map::new();
        translations.insert(original, Value::Object(flat));
        patch.insert("translations".to_owned(), Value::Object(translations));
    }
    body::apply_merge_patch(&mut base, &Value::Object(patch));
    Ok(base)
}

fn has_flat_texts(schema: &ResourceSchema, patch: &Value) -> bool {
    schema.text_fields.iter().any(|(name, _)| patch.get(*name).is_some())
}

/// Errors of texts that came flat are reported where they were sent.
fn restore_flat_pointers(mut problem: Problem, merged: &Value) -> Problem {
    let original = merged.get("original_language").and_then(Value::as_str).unwrap_or_default();
    let prefix = format!("/translations/{original}");
    for error in &mut problem.errors {
        if let Some(rest) =
            error.pointer.as_deref().and_then(|pointer| pointer.strip_prefix(&prefix))
        {
            error.pointer = Some(rest.to_owned());
        }
    }
    problem
}

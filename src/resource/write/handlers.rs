//! Handlers for `POST`, `PUT`, `PATCH` and `DELETE`. Each runs in one transaction and reports all
//! errors of a body together.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use serde::Serialize;

use crate::db::maintenance::FreeSpace;
use crate::db::schema::items;
use crate::db::{Connection, Id};
use crate::http::api_keys::Role;
use crate::http::auth::Visibility;
use crate::http::body::{BodyType, UnreadBody};
use crate::http::conditional::{CacheValidators, EntityTag};
use crate::http::json_fields::{truncate_for_message, unknown_value_message};
use crate::http::language::{LanguageKey, LanguagePreference};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::cache::references::CacheView;
use crate::resource::extract::{ConditionalEditor, Editor};
use crate::resource::model::item::ItemRow;
use crate::resource::model::revisions::Revisions;
use crate::resource::model::status_change::{OnReferences, StatusChange};
use crate::resource::query::shape::{ResponseShape, parse_shape};
use crate::resource::read::get::render_item;
use crate::resource::read::include::IncludeContext;
use crate::resource::read::response::{self, RepresentationState, RevisionKey};
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::lookup::{Lookup, find};
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::resource::write::idempotency::{ClaimResult, IdempotentRequest, StoredResponse};
use crate::resource::write::merge_patch::{merge_patch_for, restore_flat_pointers};
use crate::resource::write::purge::{purge_item, scrub};
use crate::resource::write::references::check_not_referenced;
use crate::resource::write::save::{SaveRequest, WriteMode, save_and_bump};
use crate::resource::write::status_change::{archive_referrers, change_status};
use crate::resource::write::text_language::add_named_language;

/// A request to write: the representation of its response and, if it can be repeated, its
/// idempotency key.
pub struct WriteRequest {
    base_url: String,
    language_preference: LanguagePreference,
    response_shape: ResponseShape,
    on_references: OnReferences,
    idempotent_request: Option<IdempotentRequest>,
}

impl WriteRequest {
    /// Parses the query parameters, with `on_references`.
    pub fn of_change<S: Resource>(
        state: &AppState,
        request: &HttpRequest,
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(request.query_string())?;
        let on_references = parse_on_references(&mut params);
        let write_request = Self::parse::<S>(state, request, params)?;
        Ok(Self { on_references, ..write_request })
    }

    /// Parses the query parameters.
    pub fn from_request<S: Resource>(
        state: &AppState,
        request: &HttpRequest,
    ) -> Result<Self, Problem> {
        Self::parse::<S>(state, request, QueryParams::parse(request.query_string())?)
    }

    fn parse<S: Resource>(
        state: &AppState,
        request: &HttpRequest,
        mut params: QueryParams,
    ) -> Result<Self, Problem> {
        let mut language_preference =
            LanguagePreference::parse(&mut params, state.language_defaults(request));
        let response_shape = parse_shape(S::SCHEMA, &[], &mut params, &mut language_preference);
        params.finish()?;
        Ok(Self {
            base_url: state.settings.base_url(request),
            language_preference,
            response_shape,
            on_references: OnReferences::default(),
            idempotent_request: None,
        })
    }

    /// Adds the idempotency key of the request, if it has one.
    #[must_use]
    pub fn with_idempotency(self, idempotent_request: Option<IdempotentRequest>) -> Self {
        Self { idempotent_request, ..self }
    }

    /// Renders the stored item with its headers.
    fn load_response<S: Resource>(
        &self,
        connection: &mut Connection,
        app_state: &AppState,
        id: Id,
        status: StatusCode,
    ) -> Result<StoredResponse, Problem> {
        let Self { base_url, language_preference, response_shape, .. } = self;
        let item: ItemRow = items::table
            .filter(items::id.eq(id))
            .select(ItemRow::as_select())
            .first(connection)
            .map_err(Problem::from)?;
        let revisions = Revisions::load(connection)?;
        let state = RepresentationState::of_item(
            S::SCHEMA,
            revisions.visible_to(Visibility::All),
            response_shape,
        );
        let representation = WriteTag {
            revisions: &state.revisions,
            languages: language_preference.key(),
            response_shape,
            base_url,
        };
        let validators = CacheValidators {
            tag: EntityTag::for_item(item.version(), &representation),
            last_modified: state.changed_at.max(Some(item.updated_at)),
            fresh_until: None,
        };
        let mut headers = validators.headers();
        if status == StatusCode::CREATED {
            headers.push((
                header::LOCATION.to_string(),
                format!("{base_url}{}/{}", S::SCHEMA.kind.path(), item.slug),
            ));
        }
        let cache = CacheView::excluding_kind(
            &app_state.reference_cache,
            &Arc::new(revisions),
            S::SCHEMA.kind,
        );
        let mut render_context = RenderContext::new(
            language_preference.clone(),
            Arc::clone(&app_state.country_names),
            Some(cache),
        )
        .with_base_url(base_url);
        let include_context = IncludeContext {
            state: app_state,
            schema: S::SCHEMA,
            shape: response_shape,
            visibility: Visibility::All,
        };
        let (body, language) =
            render_item::<S>(connection, include_context, item.into(), &mut render_context)?;
        headers.extend(language.map(|language| (header::CONTENT_LANGUAGE.to_string(), language)));
        Ok(StoredResponse { status: status.as_u16(), headers, body })
    }
}

#[derive(Serialize)]
struct WriteTag<'a> {
    revisions: &'a RevisionKey,
    languages: LanguageKey<'a>,
    response_shape: &'a ResponseShape,
    base_url: &'a str,
}

/// The result of a write.
pub enum WriteOutcome {
    /// A new item.
    Created(Id),
    /// An existing item, whether it changed or not.
    Updated(Id),
    /// Nothing was written: the URL contains a former slug. This is the current one.
    Moved(String),
}

/// The response to a write.
enum WriteResponse {
    /// The item as stored.
    Item(StoredResponse),
    /// A redirect to the current slug.
    Redirect(String),
}

/// `POST /v1/{kind}`: creates an item.
pub async fn create<S: Resource>(
    state: web::Data<AppState>,
    editor: Editor,
    body: UnreadBody,
) -> Result<HttpResponse, Problem> {
    let write_request = WriteRequest::from_request::<S>(&state, &body.request)?;
    let (request, body) = body.read_json(state.settings.body_limits(), BodyType::Json).await?;
    let idempotent_request = IdempotentRequest::from_request(&request, editor.key, &body)?;
    let body = add_named_language(S::SCHEMA, &write_request.language_preference, body)?;
    let write_request = write_request.with_idempotency(idempotent_request);
    execute::<S>(state, &request, write_request, move |connection, state| {
        let save_request = SaveRequest {
            mode: WriteMode::Create,
            body: &body,
            on_references: OnReferences::default(),
            is_import: false,
        };
        save_and_bump::<S>(connection, state, save_request).map(WriteOutcome::Created)
    })
    .await
}

/// `PUT /v1/{kind}/{item}`: replaces an item, or creates one with that slug.
pub async fn replace<S: Resource>(
    state: web::Data<AppState>,
    editor: ConditionalEditor,
    body: UnreadBody,
    name: String,
) -> Result<HttpResponse, Problem> {
    let precondition = editor.precondition.required(state.settings.require_if_match);
    let write_request = WriteRequest::of_change::<S>(&state, &body.request)?;
    let (request, body) = body.read_json(state.settings.body_limits(), BodyType::Json).await?;
    let body = add_named_language(S::SCHEMA, &write_request.language_preference, body)?;
    let on_references = write_request.on_references;
    execute::<S>(state, &request, write_request, move |connection, state| {
        match find(connection, S::SCHEMA.kind, &name)? {
            Some(Lookup::Former(item)) if item.deleted_at.is_none() => {
                Ok(WriteOutcome::Moved(item.slug))
            }
            Some(found) => {
                let item = found.into_item();
                reject_deleted(S::SCHEMA, &item)?;
                precondition.check(item.version())?;
                let mode = WriteMode::Replace(item);
                let save_request =
                    SaveRequest { mode, body: &body, on_references, is_import: false };
                save_and_bump::<S>(connection, state, save_request).map(WriteOutcome::Updated)
            }
            None => {
                precondition.check_absent()?;
                if Id::parse(&name).is_some() {
                    let detail = format!(
                        "There is no {} `{}`; a new one is stored under a slug, not under an id.",
                        S::SCHEMA.kind.noun(),
                        truncate_for_message(&name)
                    );
                    return Err(Problem::new(ProblemKind::NotFound, detail));
                }
                S::SCHEMA.kind.validate_slug(&name).map_err(|error| {
                    Problem::invalid_parameter("slug", "invalid_slug", error.to_string())
                })?;
                let mode = WriteMode::CreateAt(&name);
                let save_request =
                    SaveRequest { mode, body: &body, on_references, is_import: false };
                save_and_bump::<S>(connection, state, save_request).map(WriteOutcome::Created)
            }
        }
    })
    .await
}

/// `PATCH /v1/{kind}/{item}`: merges a patch into an item (RFC 7396).
pub async fn patch<S: Resource>(
    state: web::Data<AppState>,
    editor: ConditionalEditor,
    body: UnreadBody,
    name: String,
) -> Result<HttpResponse, Problem> {
    let precondition = editor.precondition.required(state.settings.require_if_match);
    let write_request = WriteRequest::of_change::<S>(&state, &body.request)?;
    let limits = state.settings.body_limits();
    let (request, body) = body.read_json(limits, BodyType::MergePatch).await?;
    let body = add_named_language(S::SCHEMA, &write_request.language_preference, body)?;
    let on_references = write_request.on_references;
    execute::<S>(state, &request, write_request, move |connection, state| {
        let item = match find_visible(connection, S::SCHEMA, &name, Visibility::All)? {
            Lookup::Former(item) => return Ok(WriteOutcome::Moved(item.slug)),
            Lookup::Current(item) => item,
        };
        precondition.check(item.version())?;
        let merged = merge_patch_for::<S>(connection, state, &item, &body)?;
        let mode = WriteMode::Patch(item);
        let save_request =
            SaveRequest { mode, body: &merged.body, on_references, is_import: false };
        save_and_bump::<S>(connection, state, save_request).map(WriteOutcome::Updated).map_err(
            |problem| match &merged.flat_language {
                Some(language) => restore_flat_pointers(problem, language),
                None => problem,
            },
        )
    })
    .await
}

/// Parses `on_references`.
fn parse_on_references(params: &mut QueryParams) -> OnReferences {
    let Some(name) = params.get(OnReferences::PARAM) else { return OnReferences::default() };
    let found = OnReferences::ALL.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        let known = OnReferences::ALL.iter().map(|(known, _)| *known);
        params.error(OnReferences::PARAM, "unknown_value", unknown_value_message(&name, known));
    }
    found.map(|(_, on_references)| *on_references).unwrap_or_default()
}

/// `DELETE /v1/{kind}/{item}`: soft-deletes an item. Requests for it then result in 410, or in 404
/// for the public if it was never public. With `purge=true`, its content is removed permanently,
/// also if it was deleted before.
pub async fn delete<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    editor: ConditionalEditor,
    name: String,
) -> Result<HttpResponse, Problem> {
    let precondition = editor.precondition.required(state.settings.require_if_match);
    let mut params = QueryParams::parse(request.query_string())?;
    let on_references = parse_on_references(&mut params);
    if on_references == OnReferences::Keep {
        let detail = "A deletion cannot keep references to the item; use `archive`, which archives the public items that refer to it, or archive the item instead.";
        params.error(OnReferences::PARAM, "unknown_value", detail);
    }
    let is_purge = params.flag("purge").unwrap_or(false);
    params.finish()?;
    if is_purge && editor.role < Role::Admin {
        let role = editor.role.as_str();
        let detail = format!("The API key has the role `{role}`; `purge=true` requires `admin`.");
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    let shared_state = state.clone().into_inner();
    let outcome = state
        .database
        .write(move |connection| {
            let deleted = find(connection, S::SCHEMA.kind, &name)?
                .filter(|found| is_purge && found.item().is_purgeable());
            let found = match deleted {
                Some(deleted) => Lookup::Current(deleted.into_item()),
                None => find_visible(connection, S::SCHEMA, &name, Visibility::All)?,
            };
            let mut item = match found {
                Lookup::Former(item) => return Ok(Some(item.slug)),
                Lookup::Current(item) => item,
            };
            precondition.check(item.version())?;
            if item.deleted_at.is_none() {
                if on_references == OnReferences::Archive {
                    archive_referrers(connection, &shared_state, item.id)?;
                }
                check_not_referenced(connection, &item, on_references)?;
                item = change_status::<S>(connection, &shared_state, &item, StatusChange::Delete)?;
            }
            if is_purge {
                purge_item::<S>(connection, &item)?;
            }
            Ok::<_, Problem>(None)
        })
        .await?
        .value;
    if let Some(slug) = outcome {
        return Ok(redirect_to_item(&state, &request, S::SCHEMA, &slug));
    }
    if is_purge {
        scrub(&state.clone().into_inner(), FreeSpace::Rewrite).await.map_err(|problem| {
            log::error!("cannot remove the remains of a purged item: {problem}");
            let detail = "The item was purged, but the files of the database may still hold remains of it; see the log of the server.";
            Problem::new(ProblemKind::Unavailable, detail)
        })?;
    }
    Ok(HttpResponse::NoContent().finish())
}

fn redirect_to_item(
    state: &AppState,
    request: &HttpRequest,
    schema: &ResourceSchema,
    slug: &str,
) -> HttpResponse {
    response::permanent_redirect(state, request, &format!("{}/{slug}", schema.kind.path()))
}

/// Runs a write in its transaction and responds with the item as stored. With an Idempotency-Key,
/// the write runs to completion even if the client disconnects, and its response is stored.
pub async fn execute<S: Resource>(
    state: web::Data<AppState>,
    request: &HttpRequest,
    write_request: WriteRequest,
    work: impl Fn(&mut Connection, &AppState) -> Result<WriteOutcome, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let shared_state = state.clone().into_inner();
    let done = match write_request.idempotent_request.clone() {
        None => execute_in_transaction::<S>(shared_state, write_request, work).await,
        Some(idempotent_request) => {
            let task = actix_web::rt::spawn(async move {
                match idempotent_request.claim(&shared_state).await? {
                    ClaimResult::Replay(stored) => Ok(WriteResponse::Item(stored)),
                    ClaimResult::Acquired => {
                        let done = execute_in_transaction::<S>(
                            Arc::clone(&shared_state),
                            write_request,
                            work,
                        )
                        .await;
                        match &done {
                            Ok(WriteResponse::Item(_)) => {}
                            Ok(WriteResponse::Redirect(_)) => {
                                idempotent_request.finish_failed(&shared_state, None).await;
                            }
                            Err(problem) => {
                                idempotent_request
                                    .finish_failed(&shared_state, Some(problem))
                                    .await;
                            }
                        }
                        done
                    }
                }
            });
            task.await.map_err(Problem::internal)?
        }
    };
    let stored = match done? {
        WriteResponse::Item(stored) => stored,
        WriteResponse::Redirect(slug) => {
            return Ok(redirect_to_item(&state, request, S::SCHEMA, &slug));
        }
    };
    let mut response =
        HttpResponse::build(StatusCode::from_u16(stored.status).map_err(Problem::internal)?);
    for (name, value) in stored.headers {
        response.insert_header((name, value));
    }
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.content_type("application/json").body(stored.body))
}

async fn execute_in_transaction<S: Resource>(
    app_state: Arc<AppState>,
    write_request: WriteRequest,
    work: impl Fn(&mut Connection, &AppState) -> Result<WriteOutcome, Problem> + Send + 'static,
) -> Result<WriteResponse, Problem> {
    let shared_state = Arc::clone(&app_state);
    let done = app_state.database.write(move |connection| {
        let (id, status) = match work(connection, &shared_state)? {
            WriteOutcome::Created(id) => (id, StatusCode::CREATED),
            WriteOutcome::Updated(id) => (id, StatusCode::OK),
            WriteOutcome::Moved(slug) => return Ok(WriteResponse::Redirect(slug)),
        };
        let response = write_request.load_response::<S>(connection, &shared_state, id, status)?;
        if let Some(idempotent_request) = &write_request.idempotent_request {
            idempotent_request.store_response(connection, &response)?;
        }
        Ok::<_, Problem>(WriteResponse::Item(response))
    });
    done.await.map(|done| done.value)
}

fn reject_deleted(schema: &ResourceSchema, item: &ItemRow) -> Result<(), Problem> {
    if item.deleted_at.is_some() {
        return Err(Problem::new(
            ProblemKind::Gone,
            format!(
                "The {} `{}` has been deleted; its slug cannot be reused.",
                schema.kind.noun(),
                item.slug
            ),
        ));
    }
    Ok(())
}

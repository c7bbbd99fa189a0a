//! Handlers for `POST`, `PUT`, `PATCH` and `DELETE`. Each runs in one transaction and reports all
//! errors of a body together.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;

use crate::db::schema::items;
use crate::db::{Connection, Id, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, EntityTag, Precondition};
use crate::http::json_fields::truncate_for_message;
use crate::http::language::LanguagePreference;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::http::{accept, body};
use crate::resource::cache::references::CacheView;
use crate::resource::index::{filters, full_text};
use crate::resource::model::item::ItemRow;
use crate::resource::model::revisions::{Revisions, bump};
use crate::resource::query::shape::{ResponseShape, parse_shape};
use crate::resource::read::get::render_item;
use crate::resource::read::response;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::change_log;
use crate::resource::store::lookup::{Lookup, find};
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::resource::view::resource::Resource;
use crate::resource::write::idempotency::{ClaimResult, IdempotentRequest, StoredResponse};
use crate::resource::write::merge_patch::{
    has_flat_texts, merge_with_stored, restore_flat_pointers,
};
use crate::resource::write::references::check_not_referenced;
use crate::resource::write::save::save_and_bump;
use crate::text::slug;

/// Options of the response to a write.
pub struct ResponseOptions {
    language_preference: LanguagePreference,
    response_shape: ResponseShape,
}

/// The result of a write.
pub struct WriteOutcome {
    item_id: Id,
    status: StatusCode,
}

impl WriteOutcome {
    /// The result of a write to an existing item.
    pub fn updated(id: Id) -> Self {
        Self { item_id: id, status: StatusCode::OK }
    }
}

/// Parses the response options from the query string.
pub fn parse_response_options<S: Resource>(
    state: &AppState,
    request: &HttpRequest,
) -> Result<ResponseOptions, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let mut language_preference =
        LanguagePreference::from_request(&mut params, request, &state.fallback_languages);
    let shape = parse_shape(S::SCHEMA, &mut params, &mut language_preference);
    params.finish()?;
    Ok(ResponseOptions { language_preference, response_shape: shape })
}

/// `POST /v1/{kind}`: creates an item.
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

/// `PUT /v1/{kind}/{item}`: replaces an item, or creates one with that slug.
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
                        truncate_for_message(&name)
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

/// `DELETE /v1/{kind}/{item}`: soft-deletes an item. Requests for it then result in 410, or in 404
/// for the public if it was never public.
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
                    items::catalogue_revision
                        .eq(Revisions::load(connection)?.next_catalogue_revision()),
                ))
                .execute(connection)?;
            filters::set_public_flag::<S>(connection, item.number, false)?;
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

/// A problem, or the current slug of the item for a redirect.
pub enum WriteError {
    /// The problem of the response.
    Problem(Problem),
    /// The current slug.
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

/// Runs a write in its transaction and responds with the item as stored. With an Idempotency-Key,
/// the write runs to completion even if the client disconnects, and its response is stored.
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
                                idempotent_request
                                    .finish_failed(&shared_state, Some(problem))
                                    .await;
                            }
                            Err(WriteError::Moved(_)) => {
                                idempotent_request.finish_failed(&shared_state, None).await;
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
                "The {} `{}` has been deleted; its slug cannot be reused.",
                schema.kind.noun(),
                item.slug
            ),
        ));
    }
    Ok(())
}

//! HTTP handlers for `/v1/topics`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use super::model::{Topic, TopicPage};
use crate::http::problem::Problem;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};
use crate::topics::resource::Topics;

/// List topics
///
/// Terms of the controlled vocabulary, newest first unless `sort` or `q` is given.
#[utoipa::path(operation_id = "list_topics", tag = "Topics", responses((status = 200, description = "A page of topics.", body = TopicPage)))]
#[get("/v1/topics")]
pub async fn list_topics(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<Topics>(state, request).await
}

/// Get a topic
///
/// By id or slug. A former slug redirects (308) to the current one.
#[utoipa::path(operation_id = "get_topic", tag = "Topics", params(("topic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The topic.", body = Topic)))]
#[get("/v1/topics/{topic}")]
pub async fn get_topic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<Topics>(state, request, name.into_inner()).await
}

/// Create a topic
///
/// If no slug is given, one is generated from the texts in the original language. Requires an
/// editor's key.
#[utoipa::path(operation_id = "create_topic", tag = "Topics", responses((status = 201, description = "The topic.", body = Topic)))]
#[post("/v1/topics")]
pub async fn create_topic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<Topics>(state, request, payload).await
}

/// Replace or create a topic
///
/// Replaces the whole item, or creates it at this slug if none exists, so that a synchronisation
/// can be repeated safely. Sending back the response of GET with `lang=all` changes nothing.
/// Requires an editor's key.
#[utoipa::path(operation_id = "replace_topic", tag = "Topics", params(("topic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The topic.", body = Topic), (status = 201, description = "The topic is new.", body = Topic)))]
#[put("/v1/topics/{topic}")]
pub async fn replace_topic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Topics>(state, request, payload, name.into_inner()).await
}

/// Update a topic
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an editor's key.
#[utoipa::path(operation_id = "patch_topic", tag = "Topics", params(("topic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The topic.", body = Topic)))]
#[patch("/v1/topics/{topic}")]
pub async fn patch_topic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<Topics>(state, request, payload, name.into_inner()).await
}

/// Delete a topic
///
/// After deletion the item returns 410, or 404 to the public if it was never published. Requires an
/// editor's key.
#[utoipa::path(operation_id = "delete_topic", tag = "Topics", params(("topic" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/topics/{topic}")]
pub async fn delete_topic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<Topics>(state, request, name.into_inner()).await
}

/// Restore a topic
///
/// Restores a deleted item to its state before deletion, until it is purged (410 afterwards). An
/// item that is not deleted is returned unchanged. Requires an editor's key.
#[utoipa::path(operation_id = "restore_topic", tag = "Topics", params(("topic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The topic.", body = Topic)))]
#[post("/v1/topics/{topic}/restore")]
pub async fn restore_topic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Topics>(state, request, name.into_inner()).await
}

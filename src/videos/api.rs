//! HTTP handlers for `/v1/videos`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use crate::http::problem::Problem;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};
use crate::videos::resource::Videos;
use crate::videos::view::{Video, VideoPage};

/// List videos
///
/// Sorted by publication time, newest first, unless `sort` or `q` is given.
#[utoipa::path(operation_id = "list_videos", tag = "Videos", responses((status = 200, description = "A page of videos.", body = VideoPage)))]
#[get("/v1/videos")]
pub async fn list_videos(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<Videos>(state, request).await
}

/// Get a video
///
/// By id or slug. A former slug redirects (308) to the current one.
#[utoipa::path(operation_id = "get_video", tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The video.", body = Video)))]
#[get("/v1/videos/{video}")]
pub async fn get_video(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<Videos>(state, request, name.into_inner()).await
}

/// Create a video
///
/// If no slug is given, one is generated from the texts in the original language. Requires an
/// editor's key.
#[utoipa::path(operation_id = "create_video", tag = "Videos", responses((status = 201, description = "The video.", body = Video)))]
#[post("/v1/videos")]
pub async fn create_video(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<Videos>(state, request, payload).await
}

/// Replace or create a video
///
/// Replaces the whole item, or creates it at this slug if none exists, so that a synchronisation
/// can be repeated safely. Sending back the response of GET with `lang=all` changes nothing.
/// Requires an editor's key.
#[utoipa::path(operation_id = "replace_video", tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The video.", body = Video), (status = 201, description = "The video is new.", body = Video)))]
#[put("/v1/videos/{video}")]
pub async fn replace_video(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Videos>(state, request, payload, name.into_inner()).await
}

/// Update a video
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an editor's key.
#[utoipa::path(operation_id = "patch_video", tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The video.", body = Video)))]
#[patch("/v1/videos/{video}")]
pub async fn patch_video(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<Videos>(state, request, payload, name.into_inner()).await
}

/// Delete a video
///
/// After deletion the item returns 410, or 404 to the public if it was never published. Requires an
/// editor's key.
#[utoipa::path(operation_id = "delete_video", tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/videos/{video}")]
pub async fn delete_video(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<Videos>(state, request, name.into_inner()).await
}

/// Restore a video
///
/// Restores a deleted item to its state before deletion, until it is purged (410 afterwards). An
/// item that is not deleted is returned unchanged. Requires an editor's key.
#[utoipa::path(operation_id = "restore_video", tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The video.", body = Video)))]
#[post("/v1/videos/{video}/restore")]
pub async fn restore_video(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Videos>(state, request, name.into_inner()).await
}

//! HTTP handlers for `/v1/programmes`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use crate::http::problem::Problem;
use crate::programmes::resource::Programmes;
use crate::programmes::view::{Programme, ProgrammePage};
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List programmes
///
/// Sorted by publication time, newest first, unless `sort` or `q` is given.
#[utoipa::path(operation_id = "list_programmes", tag = "Programmes", responses((status = 200, description = "A page of programmes.", body = ProgrammePage)))]
#[get("/v1/programmes")]
pub async fn list_programmes(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<Programmes>(state, request).await
}

/// Get a programme
///
/// By id or slug. A former slug redirects (308) to the current one.
#[utoipa::path(operation_id = "get_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The programme.", body = Programme)))]
#[get("/v1/programmes/{programme}")]
pub async fn get_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<Programmes>(state, request, name.into_inner()).await
}

/// Create a programme
///
/// If no slug is given, one is generated from the texts in the original language. Requires an
/// editor's key.
#[utoipa::path(operation_id = "create_programme", tag = "Programmes", responses((status = 201, description = "The programme.", body = Programme)))]
#[post("/v1/programmes")]
pub async fn create_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<Programmes>(state, request, payload).await
}

/// Replace or create a programme
///
/// Replaces the whole item, or creates it at this slug if none exists, so that a synchronisation
/// can be repeated safely. Sending back the response of GET with `lang=all` changes nothing.
/// Requires an editor's key.
#[utoipa::path(operation_id = "replace_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The programme.", body = Programme), (status = 201, description = "The programme is new.", body = Programme)))]
#[put("/v1/programmes/{programme}")]
pub async fn replace_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Programmes>(state, request, payload, name.into_inner()).await
}

/// Update a programme
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an editor's key.
#[utoipa::path(operation_id = "patch_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The programme.", body = Programme)))]
#[patch("/v1/programmes/{programme}")]
pub async fn patch_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<Programmes>(state, request, payload, name.into_inner()).await
}

/// Delete a programme
///
/// After deletion the item returns 410, or 404 to the public if it was never published. Requires an
/// editor's key.
#[utoipa::path(operation_id = "delete_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/programmes/{programme}")]
pub async fn delete_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<Programmes>(state, request, name.into_inner()).await
}

/// Restore a programme
///
/// Restores a deleted item to its state before deletion, until it is purged (410 afterwards). An
/// item that is not deleted is returned unchanged. Requires an editor's key.
#[utoipa::path(operation_id = "restore_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The programme.", body = Programme)))]
#[post("/v1/programmes/{programme}/restore")]
pub async fn restore_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Programmes>(state, request, name.into_inner()).await
}

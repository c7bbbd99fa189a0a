//! The addresses of programmes.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use super::model::{Programme, ProgrammeInput, ProgrammePage};
use crate::http::problem::Problem;
use crate::programmes::resource::Programmes;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List programmes
///
/// Newest first unless `sort` or `q` says otherwise.
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
/// By id or slug; a former slug answers 308 to the present one.
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
/// Without a slug one is made from the texts in the original language. Needs an editor's key.
#[utoipa::path(operation_id = "create_programme", tag = "Programmes", request_body = ProgrammeInput, responses((status = 201, description = "The programme, as stored.", body = Programme)))]
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
/// Replaces the whole; creates at that slug where nothing is, so that a synchroniser can repeat it
/// safely. What GET with `lang=all` gave can be sent back unchanged and changes nothing. Needs an
/// editor's key.
#[utoipa::path(operation_id = "replace_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), request_body = ProgrammeInput, responses((status = 200, description = "The programme, as stored.", body = Programme), (status = 201, description = "The programme is new.", body = Programme)))]
#[put("/v1/programmes/{programme}")]
pub async fn replace_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Programmes>(state, request, payload, name.into_inner()).await
}

/// Change a programme
///
/// JSON Merge Patch (RFC 7396): null removes, objects merge, lists are replaced whole. Needs an
/// editor's key.
#[utoipa::path(operation_id = "patch_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), request_body(content = ProgrammeInput, content_type = "application/merge-patch+json"), responses((status = 200, description = "The programme, as stored.", body = Programme)))]
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
/// From then on it answers 410, or 404 to the public if it never was published. Needs an editor's
/// key.
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
/// Brings back what was deleted, as it was, as long as the server keeps it; then 410. What is not
/// deleted is answered unchanged. Needs an editor's key.
#[utoipa::path(operation_id = "restore_programme", tag = "Programmes", params(("programme" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The programme, as it is again.", body = Programme)))]
#[post("/v1/programmes/{programme}/restore")]
pub async fn restore_programme(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Programmes>(state, request, name.into_inner()).await
}

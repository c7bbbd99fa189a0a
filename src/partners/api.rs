//! The addresses of partners.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use super::model::{Partner, PartnerInput, PartnerPage};
use crate::http::problem::Problem;
use crate::partners::resource::Partners;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List partners
///
/// Newest first unless `sort` or `q` says otherwise.
#[utoipa::path(operation_id = "list_partners", tag = "Partners", responses((status = 200, description = "A page of partners.", body = PartnerPage)))]
#[get("/v1/partners")]
pub async fn list_partners(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<Partners>(state, request).await
}

/// Get a partner
///
/// By id or slug; a former slug answers 308 to the present one.
#[utoipa::path(operation_id = "get_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The partner.", body = Partner)))]
#[get("/v1/partners/{partner}")]
pub async fn get_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<Partners>(state, request, name.into_inner()).await
}

/// Create a partner
///
/// Without a slug one is made from the texts in the original language. Needs an editor's key.
#[utoipa::path(operation_id = "create_partner", tag = "Partners", request_body = PartnerInput, responses((status = 201, description = "The partner, as stored.", body = Partner)))]
#[post("/v1/partners")]
pub async fn create_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<Partners>(state, request, payload).await
}

/// Replace or create a partner
///
/// Replaces the whole; creates at that slug where nothing is, so that a synchroniser can repeat it
/// safely. What GET with `lang=all` gave can be sent back unchanged and changes nothing. Needs an
/// editor's key.
#[utoipa::path(operation_id = "replace_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), request_body = PartnerInput, responses((status = 200, description = "The partner, as stored.", body = Partner), (status = 201, description = "The partner is new.", body = Partner)))]
#[put("/v1/partners/{partner}")]
pub async fn replace_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Partners>(state, request, payload, name.into_inner()).await
}

/// Change a partner
///
/// JSON Merge Patch (RFC 7396): null removes, objects merge, lists are replaced whole. Needs an
/// editor's key.
#[utoipa::path(operation_id = "patch_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), request_body(content = PartnerInput, content_type = "application/merge-patch+json"), responses((status = 200, description = "The partner, as stored.", body = Partner)))]
#[patch("/v1/partners/{partner}")]
pub async fn patch_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<Partners>(state, request, payload, name.into_inner()).await
}

/// Delete a partner
///
/// From then on it answers 410, or 404 to the public if it never was published. Needs an editor's
/// key.
#[utoipa::path(operation_id = "delete_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/partners/{partner}")]
pub async fn delete_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<Partners>(state, request, name.into_inner()).await
}

/// Restore a partner
///
/// Brings back what was deleted, as it was, as long as the server keeps it; then 410. What is not
/// deleted is answered unchanged. Needs an editor's key.
#[utoipa::path(operation_id = "restore_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The partner, as it is again.", body = Partner)))]
#[post("/v1/partners/{partner}/restore")]
pub async fn restore_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Partners>(state, request, name.into_inner()).await
}

//! HTTP handlers for `/v1/partners`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use crate::http::problem::Problem;
use crate::partners::resource::Partners;
use crate::partners::view::{Partner, PartnerPage};
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List partners
///
/// Sorted by publication time, newest first, unless `sort` or `q` is given.
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
/// By id or slug. A former slug redirects (308) to the current one.
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
/// If no slug is given, one is generated from the texts in the original language. Requires an
/// editor's key.
#[utoipa::path(operation_id = "create_partner", tag = "Partners", responses((status = 201, description = "The partner.", body = Partner)))]
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
/// Replaces the whole item, or creates it at this slug if none exists, so that a synchronisation
/// can be repeated safely. Sending back the response of GET with `lang=all` changes nothing.
/// Requires an editor's key.
#[utoipa::path(operation_id = "replace_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The partner.", body = Partner), (status = 201, description = "The partner is new.", body = Partner)))]
#[put("/v1/partners/{partner}")]
pub async fn replace_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Partners>(state, request, payload, name.into_inner()).await
}

/// Update a partner
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an editor's key.
#[utoipa::path(operation_id = "patch_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The partner.", body = Partner)))]
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
/// After deletion the item returns 410, or 404 to the public if it was never published. Requires an
/// editor's key.
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
/// Restores a deleted item to its state before deletion, until it is purged (410 afterwards). An
/// item that is not deleted is returned unchanged. Requires an editor's key.
#[utoipa::path(operation_id = "restore_partner", tag = "Partners", params(("partner" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The partner.", body = Partner)))]
#[post("/v1/partners/{partner}/restore")]
pub async fn restore_partner(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Partners>(state, request, name.into_inner()).await
}

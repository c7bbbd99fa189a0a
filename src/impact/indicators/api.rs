//! HTTP handlers for `/v1/indicators`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use super::model::{Indicator, IndicatorPage};
use crate::http::problem::Problem;
use crate::impact::indicators::resource::Indicators;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List indicators
///
/// Sorted by publication time, newest first, unless `sort` or `q` is given.
#[utoipa::path(operation_id = "list_indicators", tag = "Indicators", responses((status = 200, description = "A page of indicators.", body = IndicatorPage)))]
#[get("/v1/indicators")]
pub async fn list_indicators(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<Indicators>(state, request).await
}

/// Get an indicator
///
/// By id or slug. A former slug redirects (308) to the current one.
#[utoipa::path(operation_id = "get_indicator", tag = "Indicators", params(("indicator" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The indicator.", body = Indicator)))]
#[get("/v1/indicators/{indicator}")]
pub async fn get_indicator(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<Indicators>(state, request, name.into_inner()).await
}

/// Create an indicator
///
/// If no slug is given, one is generated from the texts in the original language. Requires an
/// editor's key.
#[utoipa::path(operation_id = "create_indicator", tag = "Indicators", responses((status = 201, description = "The indicator.", body = Indicator)))]
#[post("/v1/indicators")]
pub async fn create_indicator(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<Indicators>(state, request, payload).await
}

/// Replace or create an indicator
///
/// Replaces the whole item, or creates it at this slug if none exists, so that a synchronisation
/// can be repeated safely. Sending back the response of GET with `lang=all` changes nothing.
/// Requires an editor's key.
#[utoipa::path(operation_id = "replace_indicator", tag = "Indicators", params(("indicator" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The indicator.", body = Indicator), (status = 201, description = "The indicator is new.", body = Indicator)))]
#[put("/v1/indicators/{indicator}")]
pub async fn replace_indicator(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<Indicators>(state, request, payload, name.into_inner()).await
}

/// Update an indicator
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an editor's key.
#[utoipa::path(operation_id = "patch_indicator", tag = "Indicators", params(("indicator" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The indicator.", body = Indicator)))]
#[patch("/v1/indicators/{indicator}")]
pub async fn patch_indicator(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<Indicators>(state, request, payload, name.into_inner()).await
}

/// Delete an indicator
///
/// After deletion the item returns 410, or 404 to the public if it was never published. Requires an
/// editor's key.
#[utoipa::path(operation_id = "delete_indicator", tag = "Indicators", params(("indicator" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/indicators/{indicator}")]
pub async fn delete_indicator(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<Indicators>(state, request, name.into_inner()).await
}

/// Restore an indicator
///
/// Restores a deleted item to its state before deletion, until it is purged (410 afterwards). An
/// item that is not deleted is returned unchanged. Requires an editor's key.
#[utoipa::path(operation_id = "restore_indicator", tag = "Indicators", params(("indicator" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The indicator.", body = Indicator)))]
#[post("/v1/indicators/{indicator}/restore")]
pub async fn restore_indicator(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<Indicators>(state, request, name.into_inner()).await
}

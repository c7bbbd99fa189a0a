//! HTTP handlers for `/v1/impact-statistics`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use crate::http::problem::Problem;
use crate::impact::resource::ImpactStatistics;
use crate::impact::view::{ImpactStatistic, ImpactStatisticPage};
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List impact statistics
///
/// Sorted by publication time, newest first, unless `sort` or `q` is given. A display of a value
/// must include its qualifier.
#[utoipa::path(operation_id = "list_impact_statistics", tag = "Impact statistics", responses((status = 200, description = "A page of impact statistics.", body = ImpactStatisticPage)))]
#[get("/v1/impact-statistics")]
pub async fn list_impact_statistics(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<ImpactStatistics>(state, request).await
}

/// Get an impact statistic
///
/// By id or slug. A former slug redirects (308) to the current one.
#[utoipa::path(operation_id = "get_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The impact statistic.", body = ImpactStatistic)))]
#[get("/v1/impact-statistics/{impact_statistic}")]
pub async fn get_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<ImpactStatistics>(state, request, name.into_inner()).await
}

/// Create an impact statistic
///
/// If no slug is given, one is generated from the texts in the original language. Requires an
/// editor's key.
#[utoipa::path(operation_id = "create_impact_statistic", tag = "Impact statistics", responses((status = 201, description = "The impact statistic.", body = ImpactStatistic)))]
#[post("/v1/impact-statistics")]
pub async fn create_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<ImpactStatistics>(state, request, payload).await
}

/// Replace or create an impact statistic
///
/// Replaces the whole item, or creates it at this slug if none exists, so that a synchronisation
/// can be repeated safely. Sending back the response of GET with `lang=all` changes nothing.
/// Requires an editor's key.
#[utoipa::path(operation_id = "replace_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The impact statistic.", body = ImpactStatistic), (status = 201, description = "The impact statistic is new.", body = ImpactStatistic)))]
#[put("/v1/impact-statistics/{impact_statistic}")]
pub async fn replace_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<ImpactStatistics>(state, request, payload, name.into_inner()).await
}

/// Update an impact statistic
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an editor's key.
#[utoipa::path(operation_id = "patch_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The impact statistic.", body = ImpactStatistic)))]
#[patch("/v1/impact-statistics/{impact_statistic}")]
pub async fn patch_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<ImpactStatistics>(state, request, payload, name.into_inner()).await
}

/// Delete an impact statistic
///
/// After deletion the item returns 410, or 404 to the public if it was never published. Requires an
/// editor's key.
#[utoipa::path(operation_id = "delete_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/impact-statistics/{impact_statistic}")]
pub async fn delete_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<ImpactStatistics>(state, request, name.into_inner()).await
}

/// Restore an impact statistic
///
/// Restores a deleted item to its state before deletion, until it is purged (410 afterwards). An
/// item that is not deleted is returned unchanged. Requires an editor's key.
#[utoipa::path(operation_id = "restore_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The impact statistic.", body = ImpactStatistic)))]
#[post("/v1/impact-statistics/{impact_statistic}/restore")]
pub async fn restore_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<ImpactStatistics>(state, request, name.into_inner()).await
}

//! The addresses of impact statistics.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use super::model::{ImpactStatistic, ImpactStatisticInput, ImpactStatisticPage};
use crate::http::problem::Problem;
use crate::impact::resource::ImpactStatistics;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};

/// List impact statistics
///
/// Newest first unless `sort` or `q` says otherwise. Whatever shows a value says its qualifier too.
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
/// By id or slug; a former slug answers 308 to the present one.
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
/// Without a slug one is made from the texts in the original language. Needs an editor's key.
#[utoipa::path(operation_id = "create_impact_statistic", tag = "Impact statistics", request_body = ImpactStatisticInput, responses((status = 201, description = "The impact statistic, as stored.", body = ImpactStatistic)))]
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
/// Replaces the whole; creates at that slug where nothing is, so that a synchroniser can repeat it
/// safely. What GET with `lang=all` gave can be sent back unchanged and changes nothing. Needs an
/// editor's key.
#[utoipa::path(operation_id = "replace_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), request_body = ImpactStatisticInput, responses((status = 200, description = "The impact statistic, as stored.", body = ImpactStatistic), (status = 201, description = "The impact statistic is new.", body = ImpactStatistic)))]
#[put("/v1/impact-statistics/{impact_statistic}")]
pub async fn replace_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<ImpactStatistics>(state, request, payload, name.into_inner()).await
}

/// Change an impact statistic
///
/// JSON Merge Patch (RFC 7396): null removes, objects merge, lists are replaced whole. Needs an
/// editor's key.
#[utoipa::path(operation_id = "patch_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), request_body(content = ImpactStatisticInput, content_type = "application/merge-patch+json"), responses((status = 200, description = "The impact statistic, as stored.", body = ImpactStatistic)))]
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
/// From then on it answers 410, or 404 to the public if it never was published. Needs an editor's
/// key.
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
/// Brings back what was deleted, as it was, as long as the server keeps it; then 410. What is not
/// deleted is answered unchanged. Needs an editor's key.
#[utoipa::path(operation_id = "restore_impact_statistic", tag = "Impact statistics", params(("impact_statistic" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The impact statistic, as it is again.", body = ImpactStatistic)))]
#[post("/v1/impact-statistics/{impact_statistic}/restore")]
pub async fn restore_impact_statistic(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<ImpactStatistics>(state, request, name.into_inner()).await
}

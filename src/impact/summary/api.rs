//! `GET /v1/impact-statistics/summary`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::problem::Problem;
use crate::impact::schema::SCHEMA;
use crate::impact::summary::params::{EXCLUDED_PARAMS, SummaryParams, openapi_parameters};
use crate::impact::summary::render::build_summary;
use crate::impact::summary::respond::respond;
use crate::impact::summary::response::ImpactSummary;
use crate::resource::extract::{AcceptsJson, Viewer};
use crate::resource::openapi::ListEndpoint;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;

/// Parameters in the OpenAPI document.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/v1/impact-statistics/summary",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: false,
};

/// Get a summary of impact statistics
///
/// Aggregates the statistics of a list by group: total, sum, minimum, maximum and latest value, baseline,
/// target and progress. Accepts the filters of the list. Sums are exact and preserve qualifiers:
/// "more than 250" and 500 sum up to "more than 750". Nothing is counted twice: of overlapping
/// statistics of one indicator (a total and its disaggregations, a year and its quarters, the
/// region and its countries) the widest is counted, and the others are listed in `excluded`. A
/// statistic without a programme, partner, country or period covers all of them. Values of
/// different units, percentages and values that are not additive are never summed: the response is
/// 422, or lists them as separate groups with `separate=true`.
#[utoipa::path(
    operation_id = "get_impact_statistics_summary", extensions(("x-operation-kind" = json!(OperationKind::Summarise))),
    tag = "Impact statistics",
    responses(
        (status = 200, description = "The groups.", body = ImpactSummary)
    )
)]
#[get("/v1/impact-statistics/summary")]
pub async fn get_impact_statistics_summary(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    Viewer(visibility): Viewer,
) -> Result<HttpResponse, Problem> {
    let params = Arc::new(SummaryParams::from_request(&state, &request, visibility, None, &[])?);
    respond(&state, &request, visibility, params, build_summary).await
}

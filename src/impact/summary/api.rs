//! `GET /v1/impact-statistics/summary`.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::accept;
use crate::http::auth::Visibility;
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::problem::Problem;
use crate::impact::schema::SCHEMA;
use crate::impact::summary::params::{EXCLUDED_PARAMS, SummaryParams, openapi_parameters};
use crate::impact::summary::render::build_summary;
use crate::impact::summary::response::ImpactSummary;
use crate::resource::openapi::ListEndpoint;
use crate::resource::read::list::{CatalogueRequest, read_catalogue_wide};
use crate::resource::read::response;
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
/// Aggregates the statistics of a list by group: sum, minimum, maximum and latest value, baseline,
/// target and progress. Accepts the filters of the list. Sums are exact and preserve qualifiers:
/// "more than 250" and 500 sum up to "more than 750". Nothing is counted twice: of overlapping
/// statistics of one indicator (a total and its disaggregations, a year and its quarters, the
/// region and its countries) the widest is counted, and the others are listed in `left_out`. A
/// missing programme, partner, country or period stands for the whole. Values of different units,
/// percentages and values that are not additive are never summed: the response is 422, or lists
/// them as separate groups with `apart=true`.
#[utoipa::path(
    operation_id = "get_impact_statistics_summary",
    tag = "Impact statistics",
    responses(
        (status = 200, description = "The groups.", body = ImpactSummary)
    )
)]
#[get("/v1/impact-statistics/summary")]
pub async fn get_impact_statistics_summary(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let caller = state.visibility(&request).await?;
    let params = Arc::new(SummaryParams::from_request(&state, &request, caller, &[], None)?);
    respond(&state, &request, caller, params, build_summary).await
}

/// Responds with computed aggregates, or 304 if the client has them already.
pub async fn respond<T: serde::Serialize + Send + 'static>(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    visibility: Visibility,
    params: Arc<SummaryParams>,
    build: impl Fn(
        &mut crate::db::Connection,
        &SummaryParams,
        &mut crate::resource::view::context::RenderContext,
    ) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let condition = ConditionalGet::from_request(request);
    let (shared, inner) = (Arc::clone(&params), state.clone().into_inner());
    let done = state
        .read(visibility, move |connection| {
            let list = &shared.list;
            let of = CatalogueRequest {
                etag_key: &shared.etag_key,
                language_preference: &list.language_preference,
                base_url: &list.base_url,
                also_changed_at: None,
                condition: &condition,
            };
            read_catalogue_wide(connection, &inner, &of, |connection, _, render_context| {
                build(connection, &shared, render_context)
            })
        })
        .await?;
    crate::http::middleware::StatementCount::record(request, done.statement_count);
    let language_preference = &params.list.language_preference;
    let (validators, body) = match done.value {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                state,
                visibility,
                language_preference,
                &validators,
            ));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, state, visibility, language_preference);
    response::set_validators(&mut response, &validators);
    // Untranslated labels may be in other languages; formatted values are in this one.
    response.insert_header((header::CONTENT_LANGUAGE, language_preference.ui_language));
    Ok(response.json(body))
}

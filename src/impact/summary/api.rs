//! `GET /v1/impact-statistics/summary`.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::http::accept;
use crate::http::auth::Visibility;
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::problem::Problem;
use crate::impact::model::SCHEMA;
use crate::impact::summary::params::{EXCLUDED_PARAMS, SummaryParams, openapi_parameters};
use crate::impact::summary::render::build_summary;
use crate::impact::summary::response::ImpactSummary;
use crate::resource::openapi::ListEndpoint;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue_wide};
use crate::resource::read::response;
use crate::resource::state::AppState;

/// What the document says of its parameters.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/v1/impact-statistics/summary",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: false,
};

/// Summarise impact statistics
///
/// What the statistics of a list come to, by what they have in common: sum, least, greatest and
/// latest value, baseline, target and progress. Takes the filters of the list. Sums are exact and
/// keep their qualifiers: more than 250 and 500 are more than 750. Nothing is counted twice: of
/// statistics of one indicator that overlap (a total and its slices, a year and its quarters, the
/// region and its countries) the widest counts, and the others are named in `left_out`. What nobody
/// says (a programme, a partner, a country, a period) is taken for the whole. Values of several
/// units, percentages, and what is not additive are never added up: that is refused with 422, or
/// listed apart with `apart=true`.
#[utoipa::path(
    operation_id = "summarise_impact_statistics",
    tag = "Impact statistics",
    responses(
        (status = 200, description = "The groups.", body = ImpactSummary)
    )
)]
#[get("/v1/impact-statistics/summary")]
pub async fn summarise_impact_statistics(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let caller = state.visibility(&request).await?;
    let params = Arc::new(SummaryParams::from_request(&state, &request, caller, &[], None)?);
    respond(&state, &request, caller, params, build_summary).await
}

/// Answers what is reckoned of statistics, unless the client has it.
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
            read_catalogue_wide(connection, &inner, &of, |connection, _, shown| {
                build(connection, &shared, shown)
            })
        })
        .await?;
    crate::http::middleware::StatementCount::record(request, done.statement_count);
    let wish = &params.list.language_preference;
    let (validators, body) = match done.value {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(state, visibility, wish, &validators));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, state, visibility, wish);
    response::set_validators(&mut response, &validators);
    // Labels may be in others, where something is not translated; what is said of values is in
    // this.
    response.insert_header((header::CONTENT_LANGUAGE, wish.ui_language));
    Ok(response.json(body))
}

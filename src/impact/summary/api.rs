//! `GET /v1/impact-statistics/summary`.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};

use super::asked::{Asked, WITHOUT, own_parameters};
use super::told::summarise;
use super::view::ImpactSummary;
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::keys::Visibility;
use crate::http::negotiate;
use crate::http::problem::Problem;
use crate::impact::model::SPEC;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::document::Listing;
use crate::resource::read::{OfCatalogue, read_of_catalogue};

/// What the document says of its parameters.
pub const DECLARED: Listing = Listing {
    path: "/v1/impact-statistics/summary",
    spec: &SPEC,
    without: WITHOUT,
    own: own_parameters,
    needs_query: false,
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
    context: web::Data<Context>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let caller = context.viewer(&request).await?;
    let asked = Arc::new(Asked::read(&context, &request, caller, &[], None)?);
    answer(&context, &request, caller, asked, summarise).await
}

/// Answers what is reckoned of statistics, unless the client has it.
pub async fn answer<T: serde::Serialize + Send + 'static>(
    context: &web::Data<Context>,
    request: &HttpRequest,
    caller: Visibility,
    asked: Arc<Asked>,
    reckon: impl Fn(
        &mut crate::db::Connection,
        &Asked,
        &mut crate::resource::shown::Shown,
    ) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let condition = ConditionalGet::from_request(request);
    let (shared, inner) = (Arc::clone(&asked), context.clone().into_inner());
    let done = context
        .read(caller, move |connection| {
            let list = &shared.list;
            let of = OfCatalogue {
                identity: &shared.identity,
                wish: &list.wish,
                base: &list.base,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &of, |connection, _, shown| {
                reckon(connection, &shared, shown)
            })
        })
        .await?;
    crate::http::layer::StatementCount::record(request, done.statement_count);
    let wish = &asked.list.wish;
    let (validators, body) = match done.value {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(context, caller, wish, &validators));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::caching(&mut response, context, caller, wish);
    answer::validate(&mut response, &validators);
    // Labels may be in others, where something is not translated; what is said of values is in
    // this.
    response.insert_header((header::CONTENT_LANGUAGE, wish.ui_language));
    Ok(response.json(body))
}

//! The addresses of charts.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, web};

use super::asked::{Asked, WITHOUT, parameters};
use super::draw::picture;
use super::{Chart, Look, Theme, each, groups};
use crate::db::Connection;
use crate::embed::painter::Painter;
use crate::http::conditional::{ConditionalGet, EntityTag, Freshness, Validators};
use crate::http::keys::Visibility;
use crate::http::language::{LanguagePreference, accept_language};
use crate::http::layer::StatementCount;
use crate::http::problem::Problem;
use crate::impact::model::SPEC;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::document::Listing;
use crate::resource::names::Memory;
use crate::resource::query::{ListRequest, Shape};
use crate::resource::revisions::Revisions;
use crate::resource::shown::Shown;

/// What the document says of them, beside what the handlers do.
pub const DECLARED: [Listing; 2] = [
    Listing {
        path: "/v1/impact-statistics/chart.svg",
        spec: &SPEC,
        without: WITHOUT,
        own: parameters,
        needs_query: false,
    },
    Listing {
        path: "/v1/impact-statistics/chart.png",
        spec: &SPEC,
        without: WITHOUT,
        own: parameters,
        needs_query: false,
    },
];

/// The highest picture that is painted, in pixels.
const HIGHEST: f64 = 2_000.0;

/// Draw a chart of impact statistics
///
/// Takes every query of `/v1/impact-statistics`. Labels and numbers are in the answer's language
/// and script; a value is never without its qualifier. `title` and `desc` of the picture say all of
/// it in words; as a page with a table it is at `/embed/impact-statistics/chart`.
#[utoipa::path(operation_id = "chart_impact_statistics", tag = "Impact statistics", responses(
    (status = 200, description = "The chart.", content((String = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")))),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "The query is not understood.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "The key is not one that may be used.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 414, description = "The address is too long.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "Some of these statistics cannot be added up.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is busy or away.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/impact-statistics/chart.svg")]
pub async fn chart_svg(
    context: web::Data<Context>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&context, &request, None).await
}

/// Draw a chart of impact statistics as PNG
///
/// The same picture for those who take no SVG, at most 2000 pixels high. It is painted with a font
/// that has the Latin, the Cyrillic and the Greek letters; words in other scripts are left out.
#[utoipa::path(operation_id = "chart_impact_statistics_png", tag = "Impact statistics", responses(
    (status = 200, description = "The chart.", content((String = "image/png", example = json!("\u{2026}")))),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "The query is not understood.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "The key is not one that may be used.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 414, description = "The address is too long.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "Some of these statistics cannot be added up.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is busy or away.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/impact-statistics/chart.png")]
pub async fn chart_png(
    context: web::Data<Context>,
    painter: web::Data<Painter>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    answer(&context, &request, Some(&painter)).await
}

async fn answer(
    context: &web::Data<Context>,
    request: &HttpRequest,
    painter: Option<&Painter>,
) -> Result<HttpResponse, Problem> {
    let caller = context.viewer(request).await?;
    let (asked, query, wanted) = Asked::read(
        request.query_string(),
        accept_language(request),
        (&context.fallback, caller),
        false,
    )?;
    let (wish, theme) = (wanted.wish.clone(), asked.theme);
    let look = Look {
        theme,
        width: f64::from(asked.width),
        height: asked.height.map(f64::from),
        within: None,
    };
    let ending = if painter.is_some() { "png" } else { "svg" };
    let (validators, chart) =
        match read(context, request, (caller, ending), (asked, query, wanted)).await? {
            Freshness::Fresh(validators, chart) => (validators, chart),
            Freshness::NotModified(validators) => {
                return Ok(answer::not_modified(context, caller, &wish, &validators));
            }
        };
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::caching(&mut response, context, caller, &wish);
    answer::validate(&mut response, &validators);
    response.insert_header((header::CONTENT_LANGUAGE, chart.language));
    let Some(painter) = painter else {
        let policy = format!(
            "default-src 'none'; style-src {}; frame-ancestors 'none'",
            theme.of_picture().hash
        );
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        return Ok(response.content_type("image/svg+xml").body(picture(&chart, &look).svg));
    };
    let (svg, size) = to_paint(&chart, look);
    let body: Bytes =
        painter.paint(svg, size, Duration::from_millis(context.settings.database_wait_ms)).await?;
    Ok(response.content_type("image/png").body(body))
}

/// A chart that can be painted, and its size: light unless it is to be dark, and no higher than
/// what is painted.
fn to_paint(chart: &Chart, look: Look) -> (String, (u32, u32)) {
    let chart = chart.paintable();
    let look =
        Look { theme: if look.theme == Theme::Auto { Theme::Light } else { look.theme }, ..look };
    let mut drawn = picture(&chart, &look);
    let mut height = look.height.unwrap_or(drawn.height);
    if height > HIGHEST {
        height = HIGHEST;
        drawn = picture(&chart, &Look { height: Some(height), ..look });
    }
    let pixels = |length: f64| format!("{:.0}", length.ceil()).parse().unwrap_or(1);
    (drawn.svg, (pixels(look.width), pixels(height)))
}

/// Reads the chart of a page at which somebody else looks: what it is called, and what says whether
/// that still holds.
pub async fn told(
    context: &web::Data<Context>,
    request: &HttpRequest,
    query: &str,
    (accepted, of): (Option<&str>, String),
) -> Result<(LanguagePreference, Freshness<Chart>), Problem> {
    let (asked, query, wanted) =
        Asked::read(query, accepted, (&context.fallback, Visibility::Published), true)?;
    let wish = wanted.wish.clone();
    Ok((wish, read(context, request, (Visibility::Published, &of), (asked, query, wanted)).await?))
}

/// Reads a chart, unless the client has it.
pub(super) async fn read(
    context: &web::Data<Context>,
    request: &HttpRequest,
    (caller, of): (Visibility, &str),
    (asked, query, wanted): (Asked, String, ListRequest),
) -> Result<Freshness<Chart>, Problem> {
    let base = context.settings.base_url(request);
    let publisher = context.settings.publisher_name(&base);
    let identity = format!(
        "chart {of}\n{}\n{}\n{base}\n{publisher}\n{}",
        asked.identity(),
        wanted.identity,
        context.places.identity()
    );
    let (inner, condition) = (context.clone().into_inner(), ConditionalGet::from_request(request));
    let done = context
        .read(caller, move |connection: &mut Connection| {
            // The revisions are read before the rest, as for a page of a list.
            let revisions = Arc::new(Revisions::read(connection)?);
            let (state, changed_at) =
                answer::shown_state(&SPEC, &revisions, &Shape::default(), true);
            let validators = Validators {
                tag: EntityTag::from_state(&format!("{state}\n{identity}")),
                changed_at,
            };
            validators.unless_current(&condition, || {
                let memory = Memory::new(&inner.names, &revisions);
                let mut shown =
                    Shown::new(wanted.wish.clone(), Arc::clone(&inner.places), Some(memory))
                        .at(&base);
                if asked.by.is_empty() {
                    each::read(
                        connection,
                        (&inner, &revisions),
                        (&asked, &wanted, &query),
                        &mut shown,
                    )
                } else {
                    groups::read(connection, &inner, (&asked, &wanted, &query), &mut shown)
                }
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    Ok(done.value)
}

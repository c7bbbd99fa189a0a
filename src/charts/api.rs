//! HTTP handlers for `/v1/impact-statistics/chart.svg` and `.png`.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;

use crate::charts::model::{Chart, RenderOptions};
use crate::charts::params::{ChartParams, EXCLUDED_PARAMS, openapi_parameters};
use crate::charts::params::{ChartRequest, ChartSurface};
use crate::charts::svg::render_chart;
use crate::charts::theme::Theme;
use crate::charts::{statistics, summaries};
use crate::db::{Connection, ReadCost};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::language::{LanguagePreference, accept_language};
use crate::http::middleware::StatementCount;
use crate::http::problem::Problem;
use crate::images::rasterizer::{PixelSize, PngRenderer};
use crate::impact::schema::SCHEMA;
use crate::impact::summary::params::AGGREGATION_VERSION;
use crate::resource::cache::references::CacheView;
use crate::resource::extract::Viewer;
use crate::resource::model::revisions::Revisions;
use crate::resource::openapi::ListEndpoint;
use crate::resource::query::params::ListKey;
use crate::resource::query::shape::ResponseShape;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::response::ResponseContext;
use crate::resource::read::response::{RepresentationState, RevisionKey};
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::text::fingerprint::Fingerprint;

/// Completes the OpenAPI document of the endpoints.
pub const OPENAPI: [ListEndpoint; 2] = [
    ListEndpoint {
        path: "/v1/impact-statistics/chart.svg",
        schema: &SCHEMA,
        excluded_params: EXCLUDED_PARAMS,
        extra_params: openapi_parameters,
        requires_query: false,
    },
    ListEndpoint {
        path: "/v1/impact-statistics/chart.png",
        schema: &SCHEMA,
        excluded_params: EXCLUDED_PARAMS,
        extra_params: openapi_parameters,
        requires_query: false,
    },
];

/// Maximum height of a PNG, in pixels.
const MAX_PNG_HEIGHT: f64 = 2_000.0;

/// Get a chart of impact statistics
///
/// Takes every query of `/v1/impact-statistics`. Labels and numbers are in the language and script
/// of the response; every value has its qualifier. The SVG elements `title` and `desc` are a
/// complete text alternative. `/embed/impact-statistics/chart` is an HTML page with the same chart
/// and a table.
#[utoipa::path(operation_id = "get_impact_statistics_chart", tag = "Impact statistics", responses(
    (status = 200, description = "The chart.", content((String = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")))),
    (status = 304, description = "Not modified."),
    (status = 400, description = "Invalid query parameters.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "The API key is not valid.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 414, description = "The URL is too long.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "The statistics have no total.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is overloaded or unavailable.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/impact-statistics/chart.svg")]
pub async fn chart_svg(
    context: web::Data<AppState>,
    request: HttpRequest,
    Viewer(visibility): Viewer,
) -> Result<HttpResponse, Problem> {
    respond(&context, &request, visibility, None).await
}

/// Get a chart of impact statistics as PNG
///
/// The same chart rasterized for clients without SVG support, at most 2000 pixels high. The font
/// covers the Latin, Cyrillic and Greek scripts; words in other scripts are omitted.
#[utoipa::path(operation_id = "get_impact_statistics_chart_png", tag = "Impact statistics", responses(
    (status = 200, description = "The chart.", content((String = "image/png", example = json!("\u{2026}")))),
    (status = 304, description = "Not modified."),
    (status = 400, description = "Invalid query parameters.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "The API key is not valid.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 414, description = "The URL is too long.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "The statistics have no total.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is overloaded or unavailable.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1/impact-statistics/chart.png")]
pub async fn chart_png(
    context: web::Data<AppState>,
    renderer: web::Data<PngRenderer>,
    request: HttpRequest,
    Viewer(visibility): Viewer,
) -> Result<HttpResponse, Problem> {
    respond(&context, &request, visibility, Some(&renderer)).await
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    visibility: Visibility,
    renderer: Option<&PngRenderer>,
) -> Result<HttpResponse, Problem> {
    let chart_request = ChartRequest::parse(
        context,
        request.query_string(),
        accept_language(request),
        ChartSurface::File(visibility),
    )?;
    let (chart_params, language_preference) =
        (&chart_request.params, chart_request.list_request.language_preference.clone());
    let theme = chart_params.theme;
    let options = RenderOptions {
        theme,
        width: f64::from(chart_params.width),
        height: chart_params.height.map(f64::from),
        embedded_as: None,
    };
    let extension = if renderer.is_some() { "png" } else { "svg" };
    let response_context = ResponseContext::new(context, visibility, &language_preference);
    let (validators, chart) =
        match load_chart(context, request, ChartUse::File(extension), chart_request).await? {
            Freshness::Fresh(validators, chart) => (validators, chart),
            Freshness::NotModified(validators) => {
                return Ok(response_context.not_modified(&validators));
            }
        };
    let mut response = response_context.ok(&validators);
    response.insert_header((header::CONTENT_LANGUAGE, chart.language));
    let Some(renderer) = renderer else {
        let policy = format!(
            "default-src 'none'; style-src {}; frame-ancestors 'none'",
            theme.chart_style().csp_hash
        );
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        return Ok(response.content_type("image/svg+xml").body(render_chart(&chart, &options).svg));
    };
    let (svg, size) = render_for_png(&chart, options);
    let body: Bytes = renderer.render(svg, size, context.settings.database_wait).await?;
    Ok(response.content_type("image/png").body(body))
}

/// The SVG to rasterize and its size in pixels: light unless dark is requested, at most
/// [`MAX_PNG_HEIGHT`] high.
fn render_for_png(chart: &Chart, options: RenderOptions) -> (String, PixelSize) {
    let chart = chart.with_supported_glyphs();
    let options = RenderOptions {
        theme: if options.theme == Theme::Auto { Theme::Light } else { options.theme },
        ..options
    };
    let mut rendered = render_chart(&chart, &options);
    let mut height = options.height.unwrap_or(rendered.height);
    if height > MAX_PNG_HEIGHT {
        height = MAX_PNG_HEIGHT;
        rendered = render_chart(&chart, &RenderOptions { height: Some(height), ..options });
    }
    let pixels = |length: f64| format!("{:.0}", length.ceil()).parse().unwrap_or(1);
    (rendered.svg, PixelSize { width: pixels(options.width), height: pixels(height) })
}

/// Loads a public chart for an oEmbed response, unless the client has the current version.
pub async fn load_public_chart(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    query: &str,
    oembed_key: Fingerprint,
) -> Result<(LanguagePreference, Freshness<Chart>), Problem> {
    let chart_request = ChartRequest::parse(context, query, None, ChartSurface::Page)?;
    let language_preference = chart_request.list_request.language_preference.clone();
    let chart = load_chart(context, request, ChartUse::OEmbed(oembed_key), chart_request).await?;
    Ok((language_preference, chart))
}

/// What a chart is loaded for: part of the `ETag`.
#[derive(Clone, Copy, Debug, Serialize)]
pub enum ChartUse {
    /// A file with this extension.
    File(&'static str),
    /// A page that these origins may embed.
    Page(Fingerprint),
    /// An oEmbed response with these parameters.
    OEmbed(Fingerprint),
}

#[derive(Serialize)]
struct ChartKey<'a> {
    version: u32,
    chart_use: ChartUse,
    chart: &'a ChartParams,
    list: ListKey<'a>,
    base_url: &'a str,
    publisher: &'a str,
    country_names: &'a str,
}

#[derive(Serialize)]
struct ChartTag<'a> {
    revisions: &'a RevisionKey,
    key: Fingerprint,
}

/// Loads a chart, unless the client has the current version.
pub async fn load_chart(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    chart_use: ChartUse,
    chart_request: ChartRequest,
) -> Result<Freshness<Chart>, Problem> {
    let base_url = context.settings.base_url(request);
    let publisher = context.settings.publisher_name(&base_url);
    let etag_key = Fingerprint::of(&ChartKey {
        version: AGGREGATION_VERSION,
        chart_use,
        chart: &chart_request.params,
        list: chart_request.list_request.key(),
        base_url: &base_url,
        publisher: &publisher,
        country_names: context.country_names.cache_key(),
    });
    let (inner, condition) = (context.clone().into_inner(), ConditionalGet::parse(request));
    let done = context
        .read_with_cost(
            ReadCost::Heavy,
            chart_request.visibility,
            move |connection: &mut Connection| {
                // Revisions are loaded first, as for a page of a list.
                let revisions = Arc::new(Revisions::load(connection)?);
                let state = RepresentationState::of_list(
                    &SCHEMA,
                    revisions.visible_to(chart_request.visibility),
                    &ResponseShape::default(),
                );
                let tag =
                    EntityTag::from_key(&ChartTag { revisions: &state.revisions, key: etag_key });
                let validators = CacheValidators {
                    tag,
                    last_modified: state.changed_at,
                    fresh_until: revisions.next_scheduled_change(),
                };
                validators.unless_current(&condition, || {
                    let cache = CacheView::new(&inner.reference_cache, &revisions);
                    let mut render_context = RenderContext::new(
                        chart_request.list_request.language_preference.clone(),
                        Arc::clone(&inner.country_names),
                        Some(cache),
                    )
                    .with_base_url(&base_url);
                    let read_context = ReadContext {
                        state: &inner,
                        revisions: &revisions,
                        visibility: chart_request.list_request.visibility,
                    };
                    if chart_request.params.group_by.is_empty() {
                        statistics::load_statistics_chart(
                            connection,
                            read_context,
                            &chart_request,
                            &mut render_context,
                        )
                    } else {
                        summaries::load_summary_chart(
                            connection,
                            read_context,
                            &chart_request,
                            &mut render_context,
                        )
                    }
                })
            },
        )
        .await?;
    StatementCount::record(request, done.statement_count);
    Ok(done.value)
}

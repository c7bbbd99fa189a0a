//! `/embed/impact-statistics/chart`: the embed page of a chart, with its data as a table.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, PreEscaped, html};

use crate::charts::api::ChartUse;
use crate::charts::api::load_chart;
use crate::charts::model::{Chart, ChartType, Marker, Point, RenderOptions};
use crate::charts::params::{ChartRequest, ChartSurface};
use crate::charts::params::{EXCLUDED_PARAMS, openapi_page_parameters};
use crate::charts::svg::render_chart;
use crate::charts::theme::Theme;
use crate::embed::html_shell::{self, HtmlPage, PAGE_STYLE, visitor_language};
use crate::embed::oembed_discovery::OEmbedDiscovery;
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::csp::InlineSource;
use crate::http::language::accept_language;
use crate::http::problem::Problem;
use crate::i18n::messages::Message;
use crate::impact::schema::SCHEMA;
use crate::resource::openapi::ListEndpoint;
use crate::resource::read::page::encode_query;
use crate::resource::read::response::ResponseContext;
use crate::resource::state::AppState;
use crate::text::fingerprint::Fingerprint;

/// Completes the OpenAPI document of the endpoint.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/embed/impact-statistics/chart",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_page_parameters,
    requires_query: false,
};

/// The style of the page in each theme.
static STYLES: LazyLock<[InlineSource; 3]> = LazyLock::new(|| {
    let chart_css = include_str!("assets/chart.css");
    Theme::ALL
        .map(|(_, theme)| InlineSource::new(format!("{PAGE_STYLE}{chart_css}{}", theme.page_css())))
});

/// Class and width in pixels of each rendering; a media query selects one.
const RENDER_WIDTHS: [(&str, f64); 2] = [("wide", 720.0), ("narrow", 340.0)];

/// Embed a chart of impact statistics
///
/// An HTML page for embedding in an iframe: the chart of any query of `/v1/impact-statistics` with
/// its data as a table, required notes, and source. The text size does not depend on the width of
/// the iframe. It works without JavaScript, sets no cookie and makes no third-party requests.
/// Errors are HTML pages.
#[utoipa::path(operation_id = "embed_impact_statistics_chart", tag = "Embeds", responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "Not modified."),
    (status = 400, description = "Invalid query parameters.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 414, description = "The URL is too long.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 422, description = "The statistics have no total.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is overloaded or unavailable.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/impact-statistics/chart")]
pub async fn embed_chart(context: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    match respond(&context, &request).await {
        Ok(response) => response,
        Err(problem) => html_shell::error_page(
            &problem,
            visitor_language(&request, &context),
            &context.settings,
        ),
    }
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let chart_request = ChartRequest::parse(
        context,
        request.query_string(),
        accept_language(request),
        ChartSurface::Page,
    )?;
    let language_preference = chart_request.list_request.language_preference.clone();
    let chart_use = ChartUse::Page(Fingerprint::of(&context.settings.embed_origins));
    let (theme, query) = (chart_request.params.theme, chart_request.query.clone());
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, chart) = match load_chart(context, request, chart_use, chart_request).await? {
        Freshness::Fresh(validators, chart) => (validators, chart),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let base_url = context.settings.base_url(request);
    let url_for = |path: &str, query: &str| {
        format!(
            "{base_url}{path}{}{}",
            if query.is_empty() { "" } else { "?" },
            encode_query(query)
        )
    };
    let page_url = url_for(request.path(), request.query_string());
    let discovery = OEmbedDiscovery::new(&base_url, &page_url);
    let mut response = response_context.ok(&validators);
    response.insert_header((header::LINK, discovery.link_headers().join(", ")));
    // Without the chart parameters.
    let list_url = url_for("/v1/impact-statistics", &query);
    let head = html! {
        link rel="canonical" href=(page_url);
        (discovery.render_head(&chart.title))
        meta name="robots" content="noindex";
    };
    let page = HtmlPage {
        head,
        body: render_body(&chart, theme, &list_url),
        style: Some(theme.select(&STYLES)),
        ..HtmlPage::message(chart.language, &chart.title)
    };
    Ok(page.to_response(&context.settings, response))
}

fn render_body(chart: &Chart, theme: Theme, list: &str) -> Markup {
    let rendered = RENDER_WIDTHS.map(|(name, width)| {
        render_chart(chart, &RenderOptions { theme, width, height: None, embedded_as: Some(name) })
    });
    let omitted_note = rendered.iter().find_map(|picture| picture.omitted_note.as_ref());
    let localized = |message: Message| message.localize(chart.language);
    html! {
        div.text { h1 { (chart.title) } }
        figure.chart {
            @for picture in &rendered { (PreEscaped(&picture.svg)) }
        }
        @if !chart.is_empty() {
            details.data open { summary { (localized(Message::DataAsTable)) } (render_table(chart)) }
        }
        div.text {
            @for note in omitted_note.into_iter().chain(&chart.notes) { p.muted { (note) } }
            p.muted { (localized(Message::Source)) ": " a href=(list) target="_blank" rel="noopener" { (chart.source) } }
        }
    }
}

/// The data of a chart as a table.
fn render_table(chart: &Chart) -> Markup {
    let localized = |message: Message| message.localize(chart.language);
    let is_progress = chart.chart_type == ChartType::Progress;
    let rows = chart.panels.iter().flat_map(|panel| {
        let of = |series: Option<&String>| {
            panel.heading.iter().chain(series).cloned().collect::<Vec<_>>().join(" · ")
        };
        panel.series.iter().flat_map(move |series| {
            let of = of(series.name.as_ref());
            series.points.iter().map(move |point| (of.clone(), point))
        })
    });
    let rows: Vec<(String, &Point)> = rows.collect();
    let has_groups = rows.iter().any(|(of, _)| !of.is_empty());
    let marker_value = |marker: &Option<Marker>| {
        marker.as_ref().map(|marker| {
            marker.text.split_once(": ").map_or(marker.text.clone(), |(_, value)| value.to_owned())
        })
    };
    html! {
        table {
            caption { (chart.title) }
            thead { tr {
                th scope="col" { (chart.point_noun) }
                @if has_groups { th scope="col" { (localized(Message::Unit)) } }
                th.number scope="col" { (localized(Message::Value)) }
                @if is_progress {
                    th.number scope="col" { (localized(Message::Progress)) }
                    th.number scope="col" { (localized(Message::Baseline)) }
                    th.number scope="col" { (localized(Message::Target)) }
                }
            } }
            tbody { @for (of, point) in &rows { tr {
                th scope="row" lang=[&point.language] { (point.label) }
                @if has_groups { td { (of) } }
                td.number { (point.display_value) }
                @if is_progress {
                    td.number { (point.progress.as_deref().unwrap_or("–")) }
                    td.number { (marker_value(&point.baseline).as_deref().unwrap_or("–")) }
                    td.number { (marker_value(&point.target).as_deref().unwrap_or("–")) }
                }
            } } }
        }
    }
}

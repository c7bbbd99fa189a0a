//! `/embed/impact-statistics/chart`: a chart to be framed, and the same as a table.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, PreEscaped, html};

use crate::charts::api::load_chart;
use crate::charts::params::{ChartParams, EXCLUDED_PARAMS, openapi_page_parameters};
use crate::charts::svg::render_chart;
use crate::charts::{Chart, ChartType, Marker, Point, RenderOptions, Theme};
use crate::embed::html_shell::{self, HtmlPage, visitor_language};
use crate::embed::oembed_discovery::OEmbedDiscovery;
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::accept_language;
use crate::http::problem::Problem;
use crate::impact::schema::SCHEMA;
use crate::phrases::Phrase;
use crate::resource::openapi::ListEndpoint;
use crate::resource::read::page::encode_query;
use crate::resource::read::response;
use crate::resource::state::AppState;

/// What the document says of it, beside what the handler does.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/embed/impact-statistics/chart",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_page_parameters,
    requires_query: false,
};

/// The widths in which a chart is drawn: a frame shows the one that fits.
const RENDER_WIDTHS: [(&str, f64); 2] = [("wide", 720.0), ("narrow", 340.0)];

/// Embed a chart of impact statistics
///
/// A page to be framed by other sites: the chart of any query of `/v1/impact-statistics`, below it
/// the same as a table, what must stand with it, and where it is from. Frames of every width show
/// letters of the same size. It works without JavaScript, sets no cookie and asks no other site for
/// anything. Errors are pages too.
#[utoipa::path(operation_id = "embed_impact_statistics_chart", tag = "Embeds", responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "The address is not understood.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 414, description = "The address is too long.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 422, description = "Some of these statistics cannot be added up.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is busy or away.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
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
    let (chart_params, query, list_request) = ChartParams::parse(
        request.query_string(),
        accept_language(request),
        (&context.fallback_languages, Visibility::Published),
        true,
    )?;
    let language_preference = list_request.language_preference.clone();
    let (etag_salt, theme) =
        (format!("page {:?}", context.settings.embed_origins), chart_params.theme);
    let (validators, chart) = match load_chart(
        context,
        request,
        (Visibility::Published, &etag_salt),
        (chart_params, query.clone(), list_request),
    )
    .await?
    {
        Freshness::Fresh(validators, chart) => (validators, chart),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                context,
                Visibility::Published,
                &language_preference,
                &validators,
            ));
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
    let this = url_for(request.path(), request.query_string());
    let discovery = OEmbedDiscovery::new(&base_url, &this);
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(
        &mut response,
        context,
        Visibility::Published,
        &language_preference,
    );
    response::set_validators(&mut response, &validators);
    response.insert_header((header::LINK, discovery.link_headers().join(", ")));
    // A list takes no parameters of groups.
    let list_url = url_for("/v1/impact-statistics", &query);
    let head = html! {
        link rel="canonical" href=(this);
        (discovery.render_head(&chart.title))
        meta name="robots" content="noindex";
    };
    let page = HtmlPage {
        head,
        body: render_body(&chart, theme, &list_url),
        chart_theme: Some(theme),
        ..HtmlPage::message(chart.language, &chart.title)
    };
    Ok(page.to_response(&context.settings, response))
}

fn render_body(chart: &Chart, theme: Theme, list: &str) -> Markup {
    let drawn = RENDER_WIDTHS.map(|(name, width)| {
        render_chart(chart, &RenderOptions { theme, width, height: None, embedded_as: Some(name) })
    });
    let left_out = drawn.iter().find_map(|picture| picture.omitted_note.as_ref());
    let say = |message: Phrase| message.in_language(chart.language);
    html! {
        div.text { h1 { (chart.title) } }
        figure.chart {
            @for picture in &drawn { (PreEscaped(&picture.svg)) }
        }
        @if !chart.is_empty() {
            details.data open { summary { (say(Phrase::DataAsTable)) } (render_table(chart)) }
        }
        div.text {
            @for note in left_out.into_iter().chain(&chart.notes) { p.soft { (note) } }
            p.soft { (say(Phrase::Source)) ": " a href=(list) target="_blank" rel="noopener" { (chart.source) } }
        }
    }
}

/// What the chart shows, as a table.
fn render_table(chart: &Chart) -> Markup {
    let say = |message: Phrase| message.in_language(chart.language);
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
    let said = |mark: &Option<Marker>| {
        mark.as_ref().map(|mark| {
            mark.text.split_once(": ").map_or(mark.text.clone(), |(_, said)| said.to_owned())
        })
    };
    html! {
        table {
            caption { (chart.title) }
            thead { tr {
                th scope="col" { (chart.point_noun) }
                @if has_groups { th scope="col" { (say(Phrase::Unit)) } }
                th.number scope="col" { (say(Phrase::Value)) }
                @if is_progress {
                    th.number scope="col" { (say(Phrase::Progress)) }
                    th.number scope="col" { (say(Phrase::Baseline)) }
                    th.number scope="col" { (say(Phrase::Target)) }
                }
            } }
            tbody { @for (of, point) in &rows { tr {
                th scope="row" lang=[&point.language] { (point.label) }
                @if has_groups { td { (of) } }
                td.number { (point.display_value) }
                @if is_progress {
                    td.number { (point.progress.as_deref().unwrap_or("–")) }
                    td.number { (said(&point.baseline).as_deref().unwrap_or("–")) }
                    td.number { (said(&point.target).as_deref().unwrap_or("–")) }
                }
            } } }
        }
    }
}

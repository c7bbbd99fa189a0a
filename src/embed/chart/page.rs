//! `/embed/impact-statistics/chart`: a chart to be framed, and the same as a table.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, PreEscaped, html};

use super::api::read;
use super::asked::{Asked, WITHOUT, parameters_of_page};
use super::draw::picture;
use super::{Chart, Form, Look, Mark, Point, Theme};
use crate::embed::discovery::Discovery;
use crate::embed::page::{self, Page, language_of};
use crate::http::conditional::Freshness;
use crate::http::keys::Visibility;
use crate::http::language::accept_language;
use crate::http::problem::Problem;
use crate::impact::model::SPEC;
use crate::phrases::Phrase;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::document::Listing;
use crate::resource::list::in_address;

/// What the document says of it, beside what the handler does.
pub const DECLARED: Listing = Listing {
    path: "/embed/impact-statistics/chart",
    spec: &SPEC,
    without: WITHOUT,
    own: parameters_of_page,
    needs_query: false,
};

/// The widths in which a chart is drawn: a frame shows the one that fits.
const WIDTHS: [(&str, f64); 2] = [("wide", 720.0), ("narrow", 340.0)];

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
pub async fn embed_chart(context: web::Data<Context>, request: HttpRequest) -> HttpResponse {
    match answer(&context, &request).await {
        Ok(response) => response,
        Err(problem) => page::problem(&problem, language_of(&request, &context), &context.settings),
    }
}

async fn answer(
    context: &web::Data<Context>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (asked, query, wanted) = Asked::read(
        request.query_string(),
        accept_language(request),
        (&context.fallback, Visibility::Published),
        true,
    )?;
    let wish = wanted.wish.clone();
    let (of, theme) = (format!("page {:?}", context.settings.embed_origins), asked.theme);
    let (validators, chart) =
        match read(context, request, (Visibility::Published, &of), (asked, query.clone(), wanted))
            .await?
        {
            Freshness::Fresh(validators, chart) => (validators, chart),
            Freshness::NotModified(validators) => {
                return Ok(answer::not_modified(
                    context,
                    Visibility::Published,
                    &wish,
                    &validators,
                ));
            }
        };
    let base = context.settings.base_url(request);
    let at = |path: &str, query: &str| {
        format!("{base}{path}{}{}", if query.is_empty() { "" } else { "?" }, in_address(query))
    };
    let this = at(request.path(), request.query_string());
    let discovery = Discovery::of(&base, &this);
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::caching(&mut response, context, Visibility::Published, &wish);
    answer::validate(&mut response, &validators);
    response.insert_header((header::LINK, discovery.links().join(", ")));
    // A list takes no parameters of groups.
    let list = at("/v1/impact-statistics", &query);
    let head = html! {
        link rel="canonical" href=(this);
        (discovery.head(&chart.title))
        meta name="robots" content="noindex";
    };
    let page = Page {
        head,
        body: body(&chart, theme, &list),
        chart: Some(theme),
        ..Page::saying(chart.language, &chart.title)
    };
    Ok(page.answer(&context.settings, response))
}

fn body(chart: &Chart, theme: Theme, list: &str) -> Markup {
    let drawn = WIDTHS.map(|(name, width)| {
        picture(chart, &Look { theme, width, height: None, within: Some(name) })
    });
    let left_out = drawn.iter().find_map(|picture| picture.left_out.as_ref());
    let say = |phrase: Phrase| phrase.in_language(chart.language);
    html! {
        div.text { h1 { (chart.title) } }
        figure.chart {
            @for picture in &drawn { (PreEscaped(&picture.svg)) }
        }
        @if !chart.is_empty() {
            details.data open { summary { (say(Phrase::DataAsTable)) } (table(chart)) }
        }
        div.text {
            @for note in left_out.into_iter().chain(&chart.notes) { p.soft { (note) } }
            p.soft { (say(Phrase::Source)) ": " a href=(list) target="_blank" rel="noopener" { (chart.source) } }
        }
    }
}

/// What the chart shows, as a table.
fn table(chart: &Chart) -> Markup {
    let say = |phrase: Phrase| phrase.in_language(chart.language);
    let is_progress = chart.form == Form::Progress;
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
    let said = |mark: &Option<Mark>| {
        mark.as_ref().map(|mark| {
            mark.said.split_once(": ").map_or(mark.said.clone(), |(_, said)| said.to_owned())
        })
    };
    html! {
        table {
            caption { (chart.title) }
            thead { tr {
                th scope="col" { (chart.of) }
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
                td.number { (point.figure) }
                @if is_progress {
                    td.number { (point.reached.as_deref().unwrap_or("–")) }
                    td.number { (said(&point.baseline).as_deref().unwrap_or("–")) }
                    td.number { (said(&point.target).as_deref().unwrap_or("–")) }
                }
            } } }
        }
    }
}

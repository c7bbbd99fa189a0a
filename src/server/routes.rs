//! The routes of the server.

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::web;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::registry::resources;
use crate::resource::schema::ResourceKind;
use crate::server::{api_catalog, dcat_catalog, docs, entry_point, fallback, health, problems};
use crate::{charts, countries, embed, feeds, iati, impact, search, tables, videos};

macro_rules! services {
    ($config:expr, $($handler:path),+ $(,)?) => { $config$(.service($handler))+ };
}

/// Registers every documented route.
///
/// Routes are matched in the order of registration, and a path with parameters costs the evaluation
/// of a regular expression. The routes of each kind therefore are in a scope of their own, which
/// requests for other paths skip after a comparison of the prefix.
pub fn routes(config: &mut ServiceConfig<'_>) {
    for entry in resources() {
        let kind = entry.schema.kind;
        config.service(
            scope("")
                .guard(fn_guard(move |context| is_path_of(kind, context.head().uri.path())))
                .configure(|config| literal_routes(kind, config))
                .configure(entry.configure)
                .configure(entry.configure_table)
                .configure(entry.configure_feed)
                .configure(|config| nested_routes(kind, config)),
        );
    }
    services![
        config,
        search::all::search_all,
        search::suggest::suggest,
        search::transcripts::search_transcripts,
        embed::embed_builder::embed_builder,
        embed::video_list_page::embed_videos,
        embed::video_page::embed_video,
        embed::chart_page::embed_chart,
        embed::statistic_page::embed_impact_statistic,
        embed::web_component::web_component,
        embed::web_component::web_component_version,
        embed::web_component::web_component_integrity,
        embed::sitemap::video_sitemap,
        embed::sitemap::video_sitemap_part,
        embed::oembed::oembed,
        feeds::opml::saved_query_feeds,
        feeds::saved_query_feed::saved_query_feed,
        embed::saved_query_page::embed_saved_query,
        iati::api::iati_activities,
        iati::api::iati_organisations,
        countries::api::list_countries,
        countries::api::get_country,
        entry_point::entry_point,
        docs::openapi_json,
        docs::openapi_yaml,
        problems::problem_page,
        health::healthz,
        health::readyz,
        api_catalog::api_catalog,
        dcat_catalog::describe_catalogue,
    ];
}

/// Returns whether a path is that of a list of a kind, below it, or a table or feed of the list.
fn is_path_of(kind: ResourceKind, path: &str) -> bool {
    if let Some(feed) = path.strip_prefix("/feeds/") {
        let rest = feed.strip_prefix(kind.path_segment());
        return !kind.feed_formats().is_empty() && rest.is_some_and(|rest| rest.starts_with('.'));
    }
    let rest = path.strip_prefix(kind.path());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

/// Registers the routes of a kind that the route of its items would match too.
fn literal_routes(kind: ResourceKind, config: &mut ServiceConfig<'_>) {
    if kind == ResourceKind::IMPACT_STATISTIC {
        services![
            config,
            impact::summary::api::get_impact_statistics_summary,
            tables::summaries::export_impact_statistics_summary,
            charts::api::chart_svg,
            charts::api::chart_png,
            tables::import::api::import_impact_statistics,
        ];
    } else if kind == ResourceKind::INDICATOR {
        config.service(tables::import::api::import_indicators);
    } else if kind == ResourceKind::RESULT {
        config.service(tables::import::api::import_results);
    }
}

/// Registers the routes below the items of a kind.
fn nested_routes(kind: ResourceKind, config: &mut ServiceConfig<'_>) {
    if kind == ResourceKind::VIDEO {
        services![
            config,
            videos::tracks::api::get_captions,
            videos::tracks::api::get_caption_track,
            videos::tracks::api::replace_caption_track,
            videos::tracks::api::delete_caption_track,
            videos::tracks::api::get_transcript,
            videos::tracks::chapters::get_video_chapters,
            embed::poster_api::video_poster,
            embed::poster_api::video_poster_png,
            embed::schema_org::video_schema,
        ];
    } else if kind == ResourceKind::INDICATOR {
        services![
            config,
            impact::summary::series::get_indicator_series,
            tables::summaries::export_indicator_series,
        ];
    }
}

/// Paths that would match the route of an item, with their method.
const RESERVED_PATHS: [(&str, Method); 8] = [
    ("/v1/impact-statistics/summary", Method::GET),
    ("/v1/impact-statistics/chart.svg", Method::GET),
    ("/v1/impact-statistics/chart.png", Method::GET),
    ("/v1/impact-statistics/summary.csv", Method::GET),
    ("/v1/impact-statistics/summary.xlsx", Method::GET),
    ("/v1/impact-statistics/import", Method::POST),
    ("/v1/indicators/import", Method::POST),
    ("/v1/results/import", Method::POST),
];

/// Rejects other methods on [`RESERVED_PATHS`], which would otherwise reach the route of an item.
pub fn reject_wrong_methods(config: &mut web::ServiceConfig) {
    for (path, allowed_method) in RESERVED_PATHS {
        let has_wrong_method = move |context: &GuardContext<'_>| {
            let method = &context.head().method;
            *method != allowed_method && !(allowed_method == Method::GET && *method == Method::HEAD)
        };
        config.service(
            web::resource(path)
                .guard(fn_guard(has_wrong_method))
                .default_service(web::to(fallback::fallback)),
        );
    }
}

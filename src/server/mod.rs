//! Settings in, running server out: what the command line, the tests and the benchmarks all start.

mod api_catalog;
mod dcat;
mod dcat_catalog;
mod openapi;
mod pages;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::config::Settings;
use crate::db::connection::Target;
use crate::db::migrations::{self, MigrationStatus};
use crate::db::schema_version::verify_schema;
use crate::db::search::segments;
use crate::db::{self, Database};
use crate::http::middleware::{MiddlewareConfig, handle};
use crate::http::problem::Problem;
use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::model::resource::ResourceModel;
use crate::resource::read::include::load_full;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::{AppState, LoadForInclude};
use crate::resource::write::purge::{PurgeFn, purge_all, purge_batch};
use crate::saved_queries::resource::SavedQueries;
use crate::topics::resource::Topics;
use crate::videos::resource::Videos;
use crate::{
    countries, embed, feeds, iati, impact, partners, programmes, saved_queries, search, tables,
    topics, videos,
};

pub use crate::server::openapi::{render_json as document_json, render_yaml as document_yaml};

/// The declarations of all kinds.
pub const SCHEMAS: [&ResourceSchema; 7] = [
    &topics::model::SCHEMA,
    &partners::schema::SCHEMA,
    &programmes::schema::SCHEMA,
    &videos::schema::SCHEMA,
    &impact::indicators::model::SCHEMA,
    &impact::schema::SCHEMA,
    &saved_queries::model::SCHEMA,
];

/// A server that listens.
pub struct RunningServer {
    /// Runs when awaited; ends after a signal or [`actix_web::dev::ServerHandle::stop`].
    pub server: Server,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
}

/// Why a server cannot start: one line for the operator.
#[derive(Debug)]
pub struct StartError(pub String);

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// The database of these settings; opens no connection yet.
pub fn database_from_settings(settings: &Settings) -> Result<Database, StartError> {
    let primary = Target::parse(&settings.database_url).map_err(StartError)?;
    let replica =
        settings.replica_url.as_deref().map(Target::parse).transpose().map_err(StartError)?;
    Ok(Database::new(&primary, replica.as_ref(), settings.database_config()))
}

/// Applies missing migrations, if that is allowed, and checks that this program can use the schema.
pub fn ensure_schema(store: &Database, may_migrate: bool) -> Result<(), StartError> {
    let start_error = |error: db::Error| StartError(format!("cannot open the database: {error}"));
    let mut connection = store.connect().map_err(start_error)?;
    match migrations::status(&mut connection).map_err(start_error)? {
        MigrationStatus::UpToDate => return Ok(()),
        MigrationStatus::NewerCompatible(version) => {
            log::info!("the database has the newer, compatible schema version {version}");
            return Ok(());
        }
        MigrationStatus::Unusable(mismatch) => return Err(StartError(mismatch.to_string())),
        MigrationStatus::Pending(count) if !may_migrate => {
            return Err(StartError(format!(
                "{count} migration(s) pending; run `kinoteka migrate` first, or set KINOTEKA_AUTO_MIGRATE=true"
            )));
        }
        MigrationStatus::Pending(_) => {}
    }
    for version in migrations::run_pending(&mut connection).map_err(start_error)? {
        log::info!("migration {version} applied");
    }
    match verify_schema(&mut connection).map_err(start_error)? {
        Ok(_) => Ok(()),
        Err(mismatch) => Err(StartError(mismatch.to_string())),
    }
}

/// Every kind, with its way into `include`.
fn resource_registry() -> Vec<(&'static ResourceSchema, LoadForInclude)> {
    vec![
        (Topics::SCHEMA, load_full::<Topics>),
        (Partners::SCHEMA, load_full::<Partners>),
        (Programmes::SCHEMA, load_full::<Programmes>),
        (Videos::SCHEMA, load_full::<Videos>),
        (Indicators::SCHEMA, load_full::<Indicators>),
        (ImpactStatistics::SCHEMA, load_full::<ImpactStatistics>),
        (SavedQueries::SCHEMA, load_full::<SavedQueries>),
    ]
}

/// Every kind's purge.
const PURGE_FUNCTIONS: [PurgeFn; 7] = [
    purge_batch::<SavedQueries>,
    purge_batch::<Videos>,
    purge_batch::<ImpactStatistics>,
    purge_batch::<Indicators>,
    purge_batch::<Programmes>,
    purge_batch::<Partners>,
    purge_batch::<Topics>,
];

/// How often what was deleted long ago is looked for.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// Removes for good what was deleted long ago: at the start, and every hour.
async fn run_purge_task(context: web::Data<AppState>) {
    let mut ticks = actix_web::rt::time::interval(PURGE_INTERVAL);
    loop {
        ticks.tick().await;
        match purge_all(&context, &PURGE_FUNCTIONS).await {
            Ok(0) => {}
            Ok(count) => log::info!(
                "{count} items that were deleted over {} days ago are removed for good",
                context.settings.purge_days
            ),
            Err(problem) => log::warn!("what was deleted long ago could not be removed: {problem}"),
        }
    }
}

/// How often the full-text index is looked at.
const MERGE_CHECK_INTERVAL: Duration = Duration::from_mins(1);
/// Of how much time merging takes one part at most.
const MERGE_PAUSE_FACTOR: u32 = 50;

/// Merges the segments of the full-text index where writes have left many, in small steps between
/// other writes.
async fn run_index_merge_task(context: web::Data<AppState>) {
    let mut ticks = actix_web::rt::time::interval(MERGE_CHECK_INTERVAL);
    let mut not_before = Instant::now();
    loop {
        ticks.tick().await;
        if Instant::now() < not_before {
            continue;
        }
        let started = Instant::now();
        if let Err(problem) = merge_index_segments(&context).await {
            log::warn!("the segments of the full-text index could not be merged: {problem}");
        }
        not_before = Instant::now() + started.elapsed().saturating_mul(MERGE_PAUSE_FACTOR);
    }
}

async fn merge_index_segments(context: &AppState) -> Result<(), Problem> {
    let count = context
        .database
        .read_primary(|connection| Ok::<_, Problem>(segments::count(connection)?))
        .await?
        .value;
    if count <= segments::MERGE_THRESHOLD {
        return Ok(());
    }
    let mut is_first = true;
    while context
        .database
        .write(move |connection| Ok::<_, Problem>(segments::merge_step(connection, is_first)?))
        .await?
        .value
    {
        is_first = false;
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    log::info!("{count} segments of the full-text index are merged");
    Ok(())
}

/// What handlers have at hand, for a prepared database.
pub fn app_state(settings: &Settings) -> Result<AppState, StartError> {
    Ok(AppState::new(database_from_settings(settings)?, settings.clone(), resource_registry()))
}

/// Every documented address: the one list of routes.
pub fn routes(config: &mut ServiceConfig<'_>) {
    macro_rules! services {
        ($($handler:path),+ $(,)?) => { config$(.service($handler))+; };
    }
    services![
        videos::api::list_videos,
        videos::api::create_video,
        videos::api::get_video,
        videos::api::replace_video,
        videos::api::patch_video,
        videos::api::delete_video,
        videos::api::restore_video,
        videos::tracks::api::get_captions,
        videos::tracks::api::get_caption_track,
        videos::tracks::api::replace_caption_track,
        videos::tracks::api::delete_caption_track,
        videos::tracks::api::get_transcript,
        videos::tracks::chapters::get_video_chapters,
        programmes::api::list_programmes,
        programmes::api::create_programme,
        programmes::api::get_programme,
        programmes::api::replace_programme,
        programmes::api::patch_programme,
        programmes::api::delete_programme,
        programmes::api::restore_programme,
        partners::api::list_partners,
        partners::api::create_partner,
        partners::api::get_partner,
        partners::api::replace_partner,
        partners::api::patch_partner,
        partners::api::delete_partner,
        partners::api::restore_partner,
        impact::api::list_impact_statistics,
        impact::api::create_impact_statistic,
        impact::summary::api::get_impact_statistics_summary,
        crate::charts::api::chart_svg,
        crate::charts::api::chart_png,
        impact::api::get_impact_statistic,
        impact::api::replace_impact_statistic,
        impact::api::patch_impact_statistic,
        impact::api::delete_impact_statistic,
        impact::api::restore_impact_statistic,
        impact::indicators::api::list_indicators,
        impact::indicators::api::create_indicator,
        impact::indicators::api::get_indicator,
        impact::summary::series::get_indicator_series,
        impact::indicators::api::replace_indicator,
        impact::indicators::api::patch_indicator,
        impact::indicators::api::delete_indicator,
        impact::indicators::api::restore_indicator,
        topics::api::list_topics,
        topics::api::create_topic,
        topics::api::get_topic,
        topics::api::replace_topic,
        topics::api::patch_topic,
        topics::api::delete_topic,
        topics::api::restore_topic,
        saved_queries::api::list_saved_queries,
        saved_queries::api::create_saved_query,
        saved_queries::api::get_saved_query,
        saved_queries::api::replace_saved_query,
        saved_queries::api::patch_saved_query,
        saved_queries::api::delete_saved_query,
        saved_queries::api::restore_saved_query,
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
        embed::poster_api::video_poster,
        embed::poster_api::video_poster_png,
        embed::schema_org::video_schema,
        embed::sitemap::video_sitemap,
        embed::sitemap::video_sitemap_part,
        embed::oembed::oembed,
        feeds::api::video_feed,
        feeds::api::programme_feed,
        feeds::api::partner_feed,
        feeds::api::impact_statistic_feed,
        tables::api::export_videos,
        tables::api::export_programmes,
        tables::api::export_partners,
        tables::api::export_impact_statistics,
        tables::import::api::import_impact_statistics,
        feeds::opml::saved_query_feeds,
        feeds::saved_query_feed::saved_query_feed,
        embed::saved_query_page::embed_saved_query,
        iati::api::iati_activities,
        iati::api::iati_organisations,
        countries::api::list_countries,
        countries::api::get_country,
        pages::openapi_json,
        pages::openapi_yaml,
        pages::problem_page,
        pages::healthz,
        pages::readyz,
        api_catalog::api_catalog,
        dcat_catalog::describe_catalogue,
    ];
}

/// Addresses where names of items could stand, and what they offer. Nothing else reaches them: a
/// word is no name.
const RESERVED_PATHS: [(&str, Method); 4] = [
    ("/v1/impact-statistics/summary", Method::GET),
    ("/v1/impact-statistics/chart.svg", Method::GET),
    ("/v1/impact-statistics/chart.png", Method::GET),
    ("/v1/impact-statistics/import", Method::POST),
];

/// Refuses what these do not offer, before it is taken for an item.
fn reject_wrong_methods(config: &mut web::ServiceConfig) {
    for (path, allowed_method) in RESERVED_PATHS {
        let has_wrong_method = move |context: &GuardContext<'_>| {
            let method = &context.head().method;
            *method != allowed_method && !(allowed_method == Method::GET && *method == Method::HEAD)
        };
        config.service(
            web::resource(path)
                .guard(fn_guard(has_wrong_method))
                .default_service(web::to(pages::fallback)),
        );
    }
}

/// Migrates, binds and starts. Must be called on an actix system.
pub fn start(settings: &Settings) -> Result<RunningServer, StartError> {
    ensure_schema(&database_from_settings(settings)?, settings.auto_migrate)?;
    let context = web::Data::new(app_state(settings)?);
    let purging = context.clone();
    let documents = web::Data::new(openapi::OpenApiDocuments::new());
    let png_renderer = web::Data::new(crate::images::rasterizer::PngRenderer::default());
    let middleware_config = MiddlewareConfig {
        base_url: settings.base_url.clone(),
        server_timing: settings.server_timing,
    };
    let (origins, with_docs) = (settings.cors_origins.clone(), settings.docs);
    let mut server = HttpServer::new(move || {
        let middleware_config = middleware_config.clone();
        let app = App::new()
            .app_data(context.clone())
            .app_data(documents.clone())
            .app_data(png_renderer.clone())
            .configure(reject_wrong_methods)
            .into_utoipa_app()
            .configure(routes)
            .into_app();
        let app = app.configure(pages::favicon_route);
        let app = if with_docs { app.configure(pages::docs_routes) } else { app };
        app.default_service(web::to(pages::fallback))
            .wrap(cors(&origins))
            .wrap(from_fn(move |request, next| handle(middleware_config.clone(), request, next)))
    })
    .client_request_timeout(Duration::from_secs(settings.client_timeout_seconds))
    .shutdown_timeout(settings.shutdown_seconds);
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    let server = server.bind(&settings.bind).map_err(|error| {
        StartError(format!(
            "cannot listen on {}: {error}; choose another address with --bind or KINOTEKA_BIND",
            settings.bind
        ))
    })?;
    let addresses = server.addrs();
    actix_web::rt::spawn(run_index_merge_task(purging.clone()));
    actix_web::rt::spawn(feeds::websub::run_publisher(purging.clone()));
    if settings.purge_days > 0 {
        actix_web::rt::spawn(run_purge_task(purging));
    }
    Ok(RunningServer { server: server.run(), addresses })
}

/// Reads are open to the configured sites; credentials are never sent along by browsers.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allow_any_header()
        .expose_headers([
            "ETag",
            "Link",
            "Location",
            "Content-Language",
            "Content-Disposition",
            "Last-Modified",
            "Retry-After",
            "X-Request-Id",
            "Idempotent-Replayed",
            "X-Kinoteka-Skipped",
        ])
        .max_age(86_400)
        .block_on_origin_mismatch(false);
    if origins.iter().any(|origin| origin == "*") {
        // The answer is the same for every site, so caches need not tell them apart.
        return cors.allow_any_origin().send_wildcard().disable_vary_header();
    }
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

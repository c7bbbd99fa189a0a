//! The HTTP server: starts from settings, for the command line, the tests and the benchmarks.

mod api_catalog;
mod dcat;
mod dcat_catalog;
mod docs;
mod entry_point;
mod fallback;
mod health;
mod openapi;
mod openapi_cache;
mod problems;
mod routes;
mod setup;
mod tasks;

use std::net::SocketAddr;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use utoipa_actix_web::AppExt;

use crate::config::Settings;
use crate::feeds::api::FeedLoaders;
use crate::feeds::websub::run_publisher;
use crate::http::middleware::{MiddlewareConfig, handle};
use crate::http::response_limits::ConnectionSocket;
use crate::images::rasterizer::PngRenderer;
use crate::registry::feed_loaders;
use crate::resource::write::schedule::apply_due_changes_blocking;
use crate::server::openapi_cache::OpenApiDocuments;
use crate::server::routes::{reject_wrong_methods, routes};
use crate::server::tasks::{run_index_merge_task, run_purge_task, run_schedule_task};

use crate::server::openapi::{json_to_yaml, render_json_for};
pub use crate::server::openapi::{render_json as document_json, render_yaml as document_yaml};
pub use crate::server::setup::{
    StartError, app_state, database_from_settings, ensure_migrated, ensure_schema,
};

/// A server that accepts connections.
pub struct RunningServer {
    /// Runs when awaited, until a stop signal or [`actix_web::dev::ServerHandle::stop`].
    pub server: Server,
    /// The bound addresses.
    pub addresses: Vec<SocketAddr>,
}

/// Applies migrations, binds and starts. Must be called in an actix system.
pub fn start(settings: &Settings) -> Result<RunningServer, StartError> {
    warn_if_unencrypted(settings);
    if settings.base_url.is_none() {
        log::warn!("{NO_BASE_URL}");
    }
    ensure_schema(&database_from_settings(settings)?, settings.auto_migrate)?;
    let context = web::Data::new(app_state(settings)?);
    // Nothing that is due is shown, or hidden, too late. The primary may be unavailable.
    if let Err(problem) = apply_due_changes_blocking(&context) {
        log::warn!("scheduled changes cannot be made yet: {problem}");
    }
    let purging = context.clone();
    let origin_policy = settings.origin_policy();
    let server_url = origin_policy.base_url.clone().unwrap_or_else(|| "/".to_owned());
    let documents =
        web::Data::new(OpenApiDocuments::new(server_url, render_json_for, json_to_yaml));
    let feed_loaders = web::Data::new(FeedLoaders(feed_loaders()));
    let png_renderer = web::Data::new(PngRenderer::default());
    let middleware_config =
        MiddlewareConfig { origin_policy, server_timing: settings.server_timing };
    let (origins, with_docs) = (settings.cors_origins.clone(), settings.docs);
    let mut server = HttpServer::new(move || {
        let middleware_config = middleware_config.clone();
        let app = App::new()
            .app_data(context.clone())
            .app_data(documents.clone())
            .app_data(feed_loaders.clone())
            .app_data(png_renderer.clone())
            .configure(reject_wrong_methods)
            .into_utoipa_app()
            .configure(routes)
            .into_app();
        let app = app.configure(docs::favicon_route);
        let app = if with_docs { app.configure(docs::docs_routes) } else { app };
        app.default_service(web::to(fallback::fallback))
            .wrap(cors(&origins))
            .wrap(from_fn(move |request, next| handle(middleware_config.clone(), request, next)))
    })
    .on_connect(ConnectionSocket::register)
    .client_request_timeout(settings.client_timeout)
    // A client that closes its connection would look like one that waits for the response, and the
    // read would not end.
    .h1_allow_half_closed(false)
    .shutdown_timeout(settings.shutdown_timeout.as_secs());
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
    actix_web::rt::spawn(run_publisher(purging.clone()));
    actix_web::rt::spawn(run_schedule_task(purging.clone()));
    if !settings.purge_after.is_zero() {
        actix_web::rt::spawn(run_purge_task(purging));
    }
    Ok(RunningServer { server: server.run(), addresses })
}

/// The warning of a server without a base URL.
pub const NO_BASE_URL: &str = "KINOTEKA_BASE_URL is not set: links start with the host of the request, and only the hosts in KINOTEKA_ALLOWED_HOSTS are answered";

/// Logs a warning if this program connects to PostgreSQL on another machine without TLS, because it
/// was built without it.
fn warn_if_unencrypted(settings: &Settings) {
    let hosts = settings.remote_database_hosts();
    if !cfg!(feature = "postgres-tls") && !hosts.is_empty() {
        log::warn!(
            "the connection to PostgreSQL on {} is not encrypted: this program was built without the cargo feature postgres-tls",
            hosts.join(", ")
        );
    }
}

/// CORS: the configured origins may read; browsers never send credentials.
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
        // The response is the same for every origin, so caches do not need `Vary: Origin`.
        return cors.allow_any_origin().send_wildcard().disable_vary_header();
    }
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

//! HTTP infrastructure that all endpoints share and that knows no resource: problem details, query
//! parameters, cursors, conditional requests, content negotiation, authentication.

pub mod accept;
pub mod api_keys;
pub mod auth;
pub mod body;
pub mod compression;
pub mod conditional;
pub mod csp;
pub mod cursor;
pub mod json_fields;
pub mod language;
pub mod middleware;
pub mod problem;
pub mod query_params;
pub mod values;
pub mod visibility;

use actix_web::HttpRequest;

/// Base URL of absolute links: the configured one, otherwise the scheme and host of the request.
/// Without a trailing slash.
pub fn base_url(configured: Option<&str>, request: &HttpRequest) -> String {
    if let Some(base) = configured {
        return base.trim_end_matches('/').to_owned();
    }
    let info = request.connection_info();
    format!("{}://{}", info.scheme(), info.host())
}

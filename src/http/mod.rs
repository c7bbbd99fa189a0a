//! What every endpoint shares, and no resource by name: problems, parameters, cursors, conditional
//! requests, negotiation, keys.

pub mod accept;
pub mod auth;
pub mod body;
pub mod compression;
pub mod conditional;
pub mod cursor;
pub mod json_fields;
pub mod language;
pub mod middleware;
pub mod problem;
pub mod query_params;

use actix_web::HttpRequest;

/// What absolute links begin with: the configured base, else the request's own host. Never ends in
/// a slash.
pub fn base_url(configured: Option<&str>, request: &HttpRequest) -> String {
    if let Some(base) = configured {
        return base.trim_end_matches('/').to_owned();
    }
    let info = request.connection_info();
    format!("{}://{}", info.scheme(), info.host())
}

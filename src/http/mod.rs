//! What every endpoint shares, and no resource by name: problems, parameters, cursors, conditional
//! requests, negotiation, keys.

pub mod body;
pub mod compress;
pub mod conditional;
pub mod cursor;
pub mod fields;
pub mod keys;
pub mod language;
pub mod layer;
pub mod negotiate;
pub mod params;
pub mod problem;

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

//! HTTP infrastructure that all endpoints share and that knows no resource: problem details, query
//! parameters, cursors, conditional requests, content negotiation, authentication.

pub mod accept;
pub mod access_log;
pub mod api_keys;
pub mod auth;
pub mod body;
pub mod compression;
pub mod conditional;
pub mod csp;
pub mod cursor;
pub mod json_fields;
pub mod json_text;
pub mod language;
pub mod middleware;
pub mod origin;
pub mod problem;
pub mod query_params;
pub mod request_payload;
pub mod response_limits;
pub mod streamed_body;
pub mod tracking_params;
pub mod values;
pub mod visibility;

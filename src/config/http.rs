//! Settings of the HTTP server.

use actix_web::HttpRequest;

use crate::config::settings::Settings;
use crate::http;
use crate::http::body::BodyLimits;
use crate::http::json_fields::is_web_url;

impl Settings {
    pub(super) fn validate_http(&self, errors: &mut Vec<String>) {
        if self.base_url.as_deref().is_some_and(|url| !is_web_url(url) || url.contains(['?', '#']))
        {
            errors.push("KINOTEKA_BASE_URL must be an http or https URL without query, such as https://catalogue.example.org".to_owned());
        }
        for origin in self.cors_origins.iter().filter(|origin| origin.as_str() != "*") {
            if !is_web_url(origin) || origin.ends_with('/') {
                errors.push(format!(
                    "KINOTEKA_CORS_ORIGINS: `{origin}` is not an origin such as https://example.org"
                ));
            }
        }
        for origin in self.embed_origins.iter().filter(|origin| origin.as_str() != "*") {
            if !is_web_url(origin) || origin.ends_with('/') || origin.contains([' ', ';', '\'']) {
                errors.push(format!("KINOTEKA_EMBED_ORIGINS: `{origin}` is not an origin such as https://example.org"));
            }
        }
        if self.client_timeout.is_zero() || self.body_timeout.is_zero() {
            errors.push("KINOTEKA_CLIENT_TIMEOUT_SECONDS and KINOTEKA_BODY_TIMEOUT_SECONDS must be at least 1".to_owned());
        }
        if self.idempotency_retention.is_zero() {
            errors.push("KINOTEKA_IDEMPOTENCY_HOURS must be at least 1".to_owned());
        }
        if self.max_body_bytes < 1_024 {
            errors.push("KINOTEKA_MAX_BODY_BYTES must be at least 1024".to_owned());
        }
    }

    /// The base URL of absolute links in the response to a request.
    pub fn base_url(&self, request: &HttpRequest) -> String {
        http::base_url(self.base_url.as_deref(), request)
    }

    /// The limits of request bodies.
    pub fn body_limits(&self) -> BodyLimits {
        BodyLimits { max_bytes: self.max_body_bytes, timeout: self.body_timeout }
    }
}

//! Settings of the HTTP server.

use actix_web::{HttpMessage, HttpRequest};
use ipnet::IpNet;

use crate::config::settings::Settings;
use crate::http::body::BodyLimits;
use crate::http::json_fields::is_web_url;
use crate::http::origin::{AllowedHosts, BaseUrl, OriginPolicy};

impl Settings {
    pub(super) fn validate_http(&self, errors: &mut Vec<String>) {
        if self.base_url.as_deref().is_some_and(|url| !is_web_url(url) || url.contains(['?', '#']))
        {
            errors.push("KINOTEKA_BASE_URL must be an http or https URL without query, such as https://catalogue.example.org".to_owned());
        }
        if let Err(host) = AllowedHosts::parse(&self.allowed_hosts) {
            errors.push(format!(
                "KINOTEKA_ALLOWED_HOSTS: `{host}` is not a host name or address without a port, such as catalogue.example.org"
            ));
        }
        for proxy in self.trusted_proxies.iter().filter(|proxy| parse_network(proxy).is_none()) {
            errors.push(format!(
                "KINOTEKA_TRUSTED_PROXIES: `{proxy}` is not an address or a network such as 10.0.0.0/8"
            ));
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

    /// The base URL of absolute links in the response to a request, which the middleware has
    /// determined by the [`OriginPolicy`].
    pub fn base_url(&self, request: &HttpRequest) -> String {
        let base_url = request.extensions().get::<BaseUrl>().map(|base| base.0.clone());
        base_url.unwrap_or_default()
    }

    /// How the base URL of a request is determined.
    pub fn origin_policy(&self) -> OriginPolicy {
        OriginPolicy {
            base_url: self.base_url.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
            allowed_hosts: AllowedHosts::parse(&self.allowed_hosts).unwrap_or_default(),
            trusted_proxies: self
                .trusted_proxies
                .iter()
                .filter_map(|proxy| parse_network(proxy))
                .collect(),
        }
    }

    /// The limits of request bodies.
    pub fn body_limits(&self) -> BodyLimits {
        BodyLimits { max_bytes: self.max_body_bytes, timeout: self.body_timeout }
    }
}

/// Parses a network, or an address as the network of that address.
fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()))
}

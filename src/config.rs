//! Settings: flags, environment, `.env`; read once and checked as a whole.

use std::time::Duration;

use actix_web::HttpRequest;
use clap::{Args, ValueEnum};

use crate::db::connection::{SessionConfig, Target};
use crate::db::database::DatabaseConfig;
use crate::http;
use crate::http::body::BodyLimits;
use crate::places::Designation;
use crate::text::language::Language;

/// Which wording stands with the designation of Kosovo (XK).
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FootnoteSource {
    /// The EU's.
    Eu,
    /// The United Nations'.
    Un,
    /// That of `KINOTEKA_XK_FOOTNOTE_TEXT`.
    Own,
    /// None.
    None,
}

/// Settings that every command shares.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// Database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full`
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://kinoteka.db",
        hide_env_values = true,
        global = true
    )]
    pub database_url: String,

    /// Read-only replica of a PostgreSQL database; public reads go there
    #[arg(long, env = "KINOTEKA_REPLICA_URL", hide_env_values = true, global = true)]
    pub replica_url: Option<String>,

    /// Address and port to listen on; port 0 takes a free one and the log says which
    #[arg(long, env = "KINOTEKA_BIND", default_value = "127.0.0.1:8080", global = true)]
    pub bind: String,

    /// What absolute links begin with, such as `https://catalogue.example.org`; the request's own
    /// host otherwise
    #[arg(long, env = "KINOTEKA_BASE_URL", global = true)]
    pub base_url: Option<String>,

    /// What the catalogue is called, in feeds and embeds; the host of its address otherwise
    #[arg(long, env = "KINOTEKA_NAME", global = true)]
    pub name: Option<String>,

    /// Where the publisher's own site shows items, such as
    /// `https://example.org/{lang}/videos/{slug}`, with `{lang}`, `{slug}`, `{id}`, and `{kind}`
    /// (`videos`, `programmes`, …) where all kinds have pages; feeds link there
    #[arg(long, env = "KINOTEKA_PUBLIC_URL_TEMPLATE", global = true)]
    pub public_url_template: Option<String>,

    /// Terms under which the catalogue may be used, such as
    /// `https://creativecommons.org/licenses/by/4.0/`; told to open-data portals
    #[arg(long, env = "KINOTEKA_LICENCE_URL", global = true)]
    pub licence_url: Option<String>,

    /// Hub that is told when feeds change (`WebSub`), such as `https://hub.example.org/`; needs
    /// `KINOTEKA_BASE_URL`
    #[arg(long, env = "KINOTEKA_WEBSUB_HUB", global = true)]
    pub websub_hub: Option<String>,

    /// Identifier in IATI of the organisation that reports the programmes, such as `XM-DAC-41146`;
    /// its name is that of the partner with this identifier, or `KINOTEKA_NAME`
    #[arg(long, env = "KINOTEKA_IATI_REPORTING_ORG", global = true)]
    pub iati_reporting_org: Option<String>,

    /// What kind of organisation that is: a code of IATI's `OrganisationType`, such as 40
    /// (multilateral)
    #[arg(long, env = "KINOTEKA_IATI_REPORTING_ORG_TYPE", global = true)]
    pub iati_reporting_org_type: Option<String>,

    /// Sites that may frame embed pages, beside this server: `*` or a comma list of origins
    #[arg(
        long,
        env = "KINOTEKA_EMBED_ORIGINS",
        default_value = "*",
        value_delimiter = ',',
        global = true
    )]
    pub embed_origins: Vec<String>,

    /// Apply missing migrations at start; otherwise run `kinoteka migrate`
    #[arg(long, env = "KINOTEKA_AUTO_MIGRATE", default_value_t = true, action = clap::ArgAction::Set, global = true)]
    pub auto_migrate: bool,

    /// Languages to fall back to, in order, where an item has none of those asked for
    #[arg(
        long,
        env = "KINOTEKA_FALLBACK_LANGUAGES",
        default_value = "en",
        value_delimiter = ',',
        global = true
    )]
    pub fallback_languages: Vec<String>,

    /// Footnote to the designation of Kosovo (XK)
    #[arg(long, env = "KINOTEKA_XK_FOOTNOTE", value_enum, default_value_t = FootnoteSource::Eu, global = true)]
    pub xk_footnote: FootnoteSource,

    /// The footnote's text when `KINOTEKA_XK_FOOTNOTE=own`
    #[arg(long, env = "KINOTEKA_XK_FOOTNOTE_TEXT", global = true)]
    pub xk_footnote_text: Option<String>,

    /// Refuse changes without If-Match (428)
    #[arg(long, env = "KINOTEKA_REQUIRE_IF_MATCH", default_value_t = false, action = clap::ArgAction::Set, global = true)]
    pub require_if_match: bool,

    /// Sites that may read with a browser: `*` or a comma list of origins
    #[arg(
        long,
        env = "KINOTEKA_CORS_ORIGINS",
        default_value = "*",
        value_delimiter = ',',
        global = true
    )]
    pub cors_origins: Vec<String>,

    /// Seconds that browsers and caches may keep public answers
    #[arg(long, env = "KINOTEKA_CACHE_SECONDS", default_value_t = 60, global = true)]
    pub cache_seconds: u32,

    /// Largest body accepted, in bytes
    #[arg(long, env = "KINOTEKA_MAX_BODY_BYTES", default_value_t = 1_048_576, global = true)]
    pub max_body_bytes: usize,

    /// Hours that an Idempotency-Key is remembered with its answer
    #[arg(long, env = "KINOTEKA_IDEMPOTENCY_HOURS", default_value_t = 24, global = true)]
    pub idempotency_hours: u32,

    /// Days after which what was deleted is removed for good and can no longer be restored; 0 keeps
    /// it
    #[arg(long, env = "KINOTEKA_PURGE_DAYS", default_value_t = 30, global = true)]
    pub purge_days: u32,

    /// Threads that answer requests; as many as there are processors otherwise
    #[arg(long, env = "KINOTEKA_WORKERS", global = true)]
    pub workers: Option<usize>,

    /// Connections for reading
    #[arg(long, env = "KINOTEKA_READERS", default_value_t = 4, global = true)]
    pub readers: usize,

    /// Connections for writing (PostgreSQL; SQLite has one)
    #[arg(long, env = "KINOTEKA_WRITERS", default_value_t = 4, global = true)]
    pub writers: usize,

    /// Milliseconds that a request waits for the database before it is answered 503
    #[arg(long, env = "KINOTEKA_DATABASE_WAIT_MS", default_value_t = 5_000, global = true)]
    pub database_wait_ms: u64,

    /// Requests that may wait for the database, to read and to write each; further ones are
    /// answered 503 at once
    #[arg(long, env = "KINOTEKA_DATABASE_QUEUE", default_value_t = 2_048, global = true)]
    pub database_queue: usize,

    /// Milliseconds after which a statement is logged as slow
    #[arg(long, env = "KINOTEKA_SLOW_QUERY_MS", default_value_t = 200, global = true)]
    pub slow_query_ms: u64,

    /// Seconds that a client has to send a request's headers
    #[arg(long, env = "KINOTEKA_CLIENT_TIMEOUT_SECONDS", default_value_t = 10, global = true)]
    pub client_timeout_seconds: u64,

    /// Seconds that a client has to send a request's body
    #[arg(long, env = "KINOTEKA_BODY_TIMEOUT_SECONDS", default_value_t = 30, global = true)]
    pub body_timeout_seconds: u64,

    /// Seconds that running requests have to finish after a signal to stop
    #[arg(long, env = "KINOTEKA_SHUTDOWN_SECONDS", default_value_t = 30, global = true)]
    pub shutdown_seconds: u64,

    /// Serve the documentation at /docs
    #[arg(long, env = "KINOTEKA_DOCS", default_value_t = true, action = clap::ArgAction::Set, global = true)]
    pub docs: bool,

    /// Say in a Server-Timing header how many statements an answer took
    #[arg(long, env = "KINOTEKA_SERVER_TIMING", default_value_t = false, action = clap::ArgAction::Set, global = true)]
    pub server_timing: bool,
}

impl Settings {
    /// Checks the settings as a whole; every error is one line.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut errors = Vec::new();
        if let Err(error) = Target::parse(&self.database_url) {
            errors.push(error);
        }
        match self.replica_url.as_deref().map(Target::parse) {
            Some(Ok(replica)) if replica.is_sqlite() => {
                errors.push("KINOTEKA_REPLICA_URL must name a PostgreSQL replica".to_owned())
            }
            Some(Err(_)) => {
                errors.push("KINOTEKA_REPLICA_URL must start with postgres://".to_owned())
            }
            Some(Ok(_)) if self.database_url.starts_with("sqlite") => {
                errors.push("KINOTEKA_REPLICA_URL needs a PostgreSQL DATABASE_URL".to_owned());
            }
            None | Some(Ok(_)) => {}
        }
        if self
            .base_url
            .as_deref()
            .is_some_and(|url| !http::json_fields::is_web_url(url) || url.contains(['?', '#']))
        {
            errors.push("KINOTEKA_BASE_URL must be an http or https URL without query, such as https://catalogue.example.org".to_owned());
        }
        if self.licence_url.as_deref().is_some_and(|url| !http::json_fields::is_web_url(url)) {
            errors
                .push("KINOTEKA_LICENCE_URL must be an http or https URL such as https://creativecommons.org/licenses/by/4.0/".to_owned());
        }
        if let Some(hub) = &self.websub_hub {
            if !http::json_fields::is_web_url(hub) || hub.contains([',', ';', '#']) {
                errors.push("KINOTEKA_WEBSUB_HUB must be an http or https URL such as https://hub.example.org/".to_owned());
            }
            if self.base_url.is_none() {
                errors.push("KINOTEKA_WEBSUB_HUB needs KINOTEKA_BASE_URL: the hub fetches the feeds from there".to_owned());
            }
        }
        if let Some(template_error) =
            self.public_url_template.as_deref().and_then(url_template_error)
        {
            errors.push(format!("KINOTEKA_PUBLIC_URL_TEMPLATE {template_error}"));
        }
        if self.name.as_deref().is_some_and(|name| {
            name.trim().is_empty()
                || name.chars().any(char::is_control)
                || name.chars().count() > 200
        }) {
            errors.push(
                "KINOTEKA_NAME must be a name of at most 200 characters on one line".to_owned(),
            );
        }
        match (&self.iati_reporting_org, &self.iati_reporting_org_type) {
            (Some(org), _) if !is_iati_identifier(org) => {
                errors.push(
                    "KINOTEKA_IATI_REPORTING_ORG must be an identifier such as XM-DAC-41146, without blanks and without / & | ?".to_owned(),
                );
            }
            (Some(_), Some(kind)) if ORGANISATION_TYPES.contains(&kind.as_str()) => {}
            (Some(_), _) => errors.push(format!(
                "KINOTEKA_IATI_REPORTING_ORG needs KINOTEKA_IATI_REPORTING_ORG_TYPE, one of {}",
                ORGANISATION_TYPES.join(", ")
            )),
            (None, Some(_)) => errors.push(
                "KINOTEKA_IATI_REPORTING_ORG_TYPE needs KINOTEKA_IATI_REPORTING_ORG".to_owned(),
            ),
            (None, None) => {}
        }
        for tag in &self.fallback_languages {
            if let Err(error) = http::json_fields::parse_storable_language(tag.trim()) {
                errors.push(format!("KINOTEKA_FALLBACK_LANGUAGES: `{tag}`: {error}"));
            }
        }
        if self.xk_footnote == FootnoteSource::Own
            && self.xk_footnote_text.as_deref().is_none_or(str::is_empty)
        {
            errors.push("KINOTEKA_XK_FOOTNOTE=own needs KINOTEKA_XK_FOOTNOTE_TEXT".to_owned());
        }
        for origin in self.cors_origins.iter().filter(|origin| origin.as_str() != "*") {
            if !http::json_fields::is_web_url(origin) || origin.ends_with('/') {
                errors.push(format!(
                    "KINOTEKA_CORS_ORIGINS: `{origin}` is not an origin such as https://example.org"
                ));
            }
        }
        for origin in self.embed_origins.iter().filter(|origin| origin.as_str() != "*") {
            if !http::json_fields::is_web_url(origin)
                || origin.ends_with('/')
                || origin.contains([' ', ';', '\''])
            {
                errors.push(format!("KINOTEKA_EMBED_ORIGINS: `{origin}` is not an origin such as https://example.org"));
            }
        }
        if self.database_queue == 0 {
            errors.push("KINOTEKA_DATABASE_QUEUE must be at least 1".to_owned());
        }
        if self.readers == 0 || self.writers == 0 || self.workers == Some(0) {
            errors.push(
                "KINOTEKA_READERS, KINOTEKA_WRITERS and KINOTEKA_WORKERS must be at least 1"
                    .to_owned(),
            );
        }
        if self.client_timeout_seconds == 0 || self.body_timeout_seconds == 0 {
            errors.push("KINOTEKA_CLIENT_TIMEOUT_SECONDS and KINOTEKA_BODY_TIMEOUT_SECONDS must be at least 1".to_owned());
        }
        if self.idempotency_hours == 0 {
            errors.push("KINOTEKA_IDEMPOTENCY_HOURS must be at least 1".to_owned());
        }
        if self.max_body_bytes < 1_024 {
            errors.push("KINOTEKA_MAX_BODY_BYTES must be at least 1024".to_owned());
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The configured fallback chain.
    pub fn fallback_languages(&self) -> Vec<Language> {
        self.fallback_languages.iter().filter_map(|tag| Language::parse(tag.trim()).ok()).collect()
    }

    /// The language of texts that state none.
    pub fn default_language(&self) -> Language {
        self.fallback_languages().into_iter().next().unwrap_or_default()
    }

    /// The footnote to XK.
    pub fn kosovo_footnote(&self) -> Designation {
        match self.xk_footnote {
            FootnoteSource::Eu => Designation::Eu,
            FootnoteSource::Un => Designation::Un,
            FootnoteSource::Own => {
                self.xk_footnote_text.clone().map_or(Designation::None, Designation::Own)
            }
            FootnoteSource::None => Designation::None,
        }
    }

    /// Who publishes what this server at this address gives.
    pub fn publisher_name(&self, base: &str) -> String {
        let host = || base.split_once("://").map_or(base, |(_, host)| host).to_owned();
        self.name.clone().unwrap_or_else(host)
    }

    /// What absolute links begin with.
    pub fn base_url(&self, request: &HttpRequest) -> String {
        http::base_url(self.base_url.as_deref(), request)
    }

    /// How large a body may be and how long it may take.
    pub fn body_limits(&self) -> BodyLimits {
        BodyLimits {
            max_bytes: self.max_body_bytes,
            timeout: Duration::from_secs(self.body_timeout_seconds),
        }
    }

    /// How many connections there are, and their limits.
    pub fn database_config(&self) -> DatabaseConfig {
        let wait = Duration::from_millis(self.database_wait_ms);
        DatabaseConfig {
            readers: self.readers,
            writers: self.writers,
            acquire_timeout: wait,
            max_queue_len: self.database_queue,
            session: SessionConfig {
                busy_timeout: wait,
                statement_timeout: wait.saturating_mul(2),
                slow_query_threshold: Duration::from_millis(self.slow_query_ms),
            },
        }
    }
}

/// IATI's codes for kinds of organisation (`OrganisationType`).
pub const ORGANISATION_TYPES: &[&str] = &[
    "10", "11", "15", "21", "22", "23", "24", "30", "40", "60", "70", "71", "72", "73", "80", "90",
];

/// Whether a text can identify something in IATI.
pub fn is_iati_identifier(text: &str) -> bool {
    !text.is_empty()
        && text.contains('-')
        && !text.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '/' | '&' | '|' | '?')
        })
}

/// What is wrong with a template for addresses of pages, if anything.
fn url_template_error(template: &str) -> Option<&'static str> {
    let filled = ["{lang}", "{kind}", "{slug}", "{id}"]
        .iter()
        .fold(template.to_owned(), |filled, name| filled.replace(name, "x"));
    if filled.contains(['{', '}']) {
        return Some("knows {lang}, {kind}, {slug} and {id} only");
    }
    if !http::json_fields::is_web_url(&filled) {
        return Some(
            "must be an http or https address such as https://example.org/{lang}/videos/{slug}",
        );
    }
    let identifies_item = template.contains("{slug}") || template.contains("{id}");
    (!identifies_item).then_some("must contain {slug} or {id}, else all items have the same page")
}

#[cfg(test)]
mod tests {
    use super::url_template_error;

    #[test]
    fn rejects_invalid_url_templates() {
        for good in
            ["https://example.org/{lang}/videos/{slug}", "http://localhost:3000/{kind}?id={id}"]
        {
            assert_eq!(url_template_error(good), None, "{good}");
        }
        for bad in [
            "",
            "example.org/{slug}",
            "ftp://example.org/{slug}",
            "https://example.org/",
            "https://e.org/{slug}/{language}",
            "https:///{slug}",
        ] {
            assert!(url_template_error(bad).is_some(), "{bad}");
        }
    }
}

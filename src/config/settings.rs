//! The declaration of all settings.

use std::num::ParseIntError;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::iati_settings::IatiSettings;

fn milliseconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse().map(Duration::from_millis)
}

fn seconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse::<u32>().map(|seconds| Duration::from_secs(seconds.into()))
}

fn hours(text: &str) -> Result<Duration, ParseIntError> {
    text.parse::<u32>().map(|hours| Duration::from_hours(hours.into()))
}

fn days(text: &str) -> Result<Duration, ParseIntError> {
    text.parse::<u32>().map(|days| Duration::from_hours(24).saturating_mul(days))
}

/// Wording of the footnote to the designation of Kosovo (XK).
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FootnoteSource {
    /// The wording of the European Union.
    Eu,
    /// The wording of the United Nations.
    Un,
    /// The text of `KINOTEKA_XK_FOOTNOTE_TEXT`.
    Own,
    /// No footnote.
    None,
}

/// The settings, which are flags of every command.
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

    /// Address and port to listen on; port 0 selects a free port, which is logged
    #[arg(long, env = "KINOTEKA_BIND", default_value = "127.0.0.1:8080", global = true)]
    pub bind: String,

    /// Base URL of absolute links, such as `https://catalogue.example.org` [default: the host of
    /// the request, if it is allowed]
    #[arg(long, env = "KINOTEKA_BASE_URL", global = true)]
    pub base_url: Option<String>,

    /// Hosts that requests may name if there is no base URL: a comma-separated list without ports;
    /// `*` allows every host [default: localhost and loopback addresses]
    #[arg(long, env = "KINOTEKA_ALLOWED_HOSTS", value_delimiter = ',', global = true)]
    pub allowed_hosts: Vec<String>,

    /// Networks of reverse proxies whose `Forwarded` and `X-Forwarded-*` headers count, such as
    /// `10.0.0.0/8`: a comma-separated list
    #[arg(long, env = "KINOTEKA_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<String>,

    /// Name of the catalogue in feeds and embeds [default: the host of the base URL]
    #[arg(long, env = "KINOTEKA_NAME", global = true)]
    pub name: Option<String>,

    /// URL template of the publisher's own pages, to which feeds link, such as
    /// `https://example.org/{lang}/videos/{slug}`; supports `{lang}`, `{slug}`, `{id}`, and `{kind}`
    /// (`videos`, `programmes`, …) if all kinds have pages
    #[arg(long, env = "KINOTEKA_PUBLIC_URL_TEMPLATE", global = true)]
    pub public_url_template: Option<String>,

    /// Licence of the catalogue, such as `https://creativecommons.org/licenses/by/4.0/`; published
    /// in the DCAT catalog
    #[arg(long, env = "KINOTEKA_LICENCE_URL", global = true)]
    pub licence_url: Option<String>,

    /// Address for questions about the data, such as `mailto:data@example.org` or the URL of a page;
    /// published in the DCAT catalog
    #[arg(long, env = "KINOTEKA_CONTACT_URL", global = true)]
    pub contact_url: Option<String>,

    /// `WebSub` hub that is notified of feed changes, such as `https://hub.example.org/`; requires
    /// `KINOTEKA_BASE_URL`
    #[arg(long, env = "KINOTEKA_WEBSUB_HUB", global = true)]
    pub websub_hub: Option<String>,

    /// IATI identifier of the reporting organisation, such as `XM-DAC-41146`; its name is that of
    /// the partner with this identifier, or `KINOTEKA_NAME`
    #[arg(long, env = "KINOTEKA_IATI_REPORTING_ORG", global = true)]
    pub iati_reporting_org: Option<String>,

    /// Type of the reporting organisation: a code of the IATI codelist `OrganisationType`, such as
    /// 40 (multilateral)
    #[arg(long, env = "KINOTEKA_IATI_REPORTING_ORG_TYPE", global = true)]
    pub iati_reporting_org_type: Option<String>,

    /// Further settings of IATI
    #[command(flatten)]
    pub iati: IatiSettings,

    /// Origins allowed to embed pages (`frame-ancestors`), in addition to this server: `*` or a
    /// comma-separated list
    #[arg(
        long,
        env = "KINOTEKA_EMBED_ORIGINS",
        default_value = "*",
        value_delimiter = ',',
        global = true
    )]
    pub embed_origins: Vec<String>,

    /// Apply pending migrations at start; otherwise run `kinoteka migrate`
    #[arg(long, env = "KINOTEKA_AUTO_MIGRATE", default_value_t = true, action = clap::ArgAction::Set, global = true)]
    pub auto_migrate: bool,

    /// Fallback languages, in order, for items that have none of the requested languages
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

    /// Text of the footnote if `KINOTEKA_XK_FOOTNOTE=own`
    #[arg(long, env = "KINOTEKA_XK_FOOTNOTE_TEXT", global = true)]
    pub xk_footnote_text: Option<String>,

    /// Require If-Match on writes (428 otherwise)
    #[arg(long, env = "KINOTEKA_REQUIRE_IF_MATCH", default_value_t = false, action = clap::ArgAction::Set, global = true)]
    pub require_if_match: bool,

    /// Origins allowed to read with a browser (CORS): `*` or a comma-separated list
    #[arg(
        long,
        env = "KINOTEKA_CORS_ORIGINS",
        default_value = "*",
        value_delimiter = ',',
        global = true
    )]
    pub cors_origins: Vec<String>,

    /// Seconds for which browsers and shared caches may cache public responses
    #[arg(long = "cache-seconds", env = "KINOTEKA_CACHE_SECONDS", value_name = "CACHE_SECONDS", default_value = "60", value_parser = seconds, global = true)]
    pub cache_max_age: Duration,

    /// Maximum size of a request body, in bytes
    #[arg(long, env = "KINOTEKA_MAX_BODY_BYTES", default_value_t = 1_048_576, global = true)]
    pub max_body_bytes: usize,

    /// Hours for which an Idempotency-Key and its response are stored
    #[arg(long = "idempotency-hours", env = "KINOTEKA_IDEMPOTENCY_HOURS", value_name = "IDEMPOTENCY_HOURS", default_value = "24", value_parser = hours, global = true)]
    pub idempotency_retention: Duration,

    /// Days after which deleted items are purged and can no longer be restored; 0 = never purge
    #[arg(long = "purge-days", env = "KINOTEKA_PURGE_DAYS", value_name = "PURGE_DAYS", default_value = "30", value_parser = days, global = true)]
    pub purge_after: Duration,

    /// Worker threads of the HTTP server [default: the number of processors]
    #[arg(long, env = "KINOTEKA_WORKERS", global = true)]
    pub workers: Option<usize>,

    /// Database connections for reads
    #[arg(long, env = "KINOTEKA_READERS", default_value_t = 4, global = true)]
    pub readers: usize,

    /// Database connections for writes (PostgreSQL; SQLite has one)
    #[arg(long, env = "KINOTEKA_WRITERS", default_value_t = 4, global = true)]
    pub writers: usize,

    /// Milliseconds that a request waits for a database connection before it fails with 503
    #[arg(long = "database-wait-ms", env = "KINOTEKA_DATABASE_WAIT_MS", value_name = "DATABASE_WAIT_MS", default_value = "5000", value_parser = milliseconds, global = true)]
    pub database_wait: Duration,

    /// Maximum number of requests waiting for the database, for reads and writes each; further
    /// requests fail with 503 at once
    #[arg(long, env = "KINOTEKA_DATABASE_QUEUE", default_value_t = 2_048, global = true)]
    pub database_queue: usize,

    /// Milliseconds after which a statement is logged as slow
    #[arg(long = "slow-query-ms", env = "KINOTEKA_SLOW_QUERY_MS", value_name = "SLOW_QUERY_MS", default_value = "200", value_parser = milliseconds, global = true)]
    pub slow_query_threshold: Duration,

    /// Timeout for the headers of a request, in seconds
    #[arg(long = "client-timeout-seconds", env = "KINOTEKA_CLIENT_TIMEOUT_SECONDS", value_name = "CLIENT_TIMEOUT_SECONDS", default_value = "10", value_parser = seconds, global = true)]
    pub client_timeout: Duration,

    /// Timeout for the body of a request, in seconds
    #[arg(long = "body-timeout-seconds", env = "KINOTEKA_BODY_TIMEOUT_SECONDS", value_name = "BODY_TIMEOUT_SECONDS", default_value = "30", value_parser = seconds, global = true)]
    pub body_timeout: Duration,

    /// Seconds that running requests have to finish after a stop signal
    #[arg(long = "shutdown-seconds", env = "KINOTEKA_SHUTDOWN_SECONDS", value_name = "SHUTDOWN_SECONDS", default_value = "30", value_parser = seconds, global = true)]
    pub shutdown_timeout: Duration,

    /// Serve the documentation at /docs
    #[arg(long, env = "KINOTEKA_DOCS", default_value_t = true, action = clap::ArgAction::Set, global = true)]
    pub docs: bool,

    /// Report the number of SQL statements in a Server-Timing header
    #[arg(long, env = "KINOTEKA_SERVER_TIMING", default_value_t = false, action = clap::ArgAction::Set, global = true)]
    pub server_timing: bool,
}

impl Settings {
    /// Validates the settings as a whole. Every error is one line.
    pub fn validate(&self) -> Result<(), Vec<String>> {
        let mut errors = Vec::new();
        self.validate_database(&mut errors);
        self.validate_catalogue(&mut errors);
        self.validate_feeds(&mut errors);
        self.validate_iati(&mut errors);
        self.validate_http(&mut errors);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

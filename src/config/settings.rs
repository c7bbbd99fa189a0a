//! The declaration of all settings.

use clap::{Args, ValueEnum};

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
    /// the request]
    #[arg(long, env = "KINOTEKA_BASE_URL", global = true)]
    pub base_url: Option<String>,

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
    #[arg(long, env = "KINOTEKA_CACHE_SECONDS", default_value_t = 60, global = true)]
    pub cache_seconds: u32,

    /// Maximum size of a request body, in bytes
    #[arg(long, env = "KINOTEKA_MAX_BODY_BYTES", default_value_t = 1_048_576, global = true)]
    pub max_body_bytes: usize,

    /// Hours for which an Idempotency-Key and its response are stored
    #[arg(long, env = "KINOTEKA_IDEMPOTENCY_HOURS", default_value_t = 24, global = true)]
    pub idempotency_hours: u32,

    /// Days after which deleted items are purged and can no longer be restored; 0 = never purge
    #[arg(long, env = "KINOTEKA_PURGE_DAYS", default_value_t = 30, global = true)]
    pub purge_days: u32,

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
    #[arg(long, env = "KINOTEKA_DATABASE_WAIT_MS", default_value_t = 5_000, global = true)]
    pub database_wait_ms: u64,

    /// Maximum number of requests waiting for the database, for reads and writes each; further
    /// requests fail with 503 at once
    #[arg(long, env = "KINOTEKA_DATABASE_QUEUE", default_value_t = 2_048, global = true)]
    pub database_queue: usize,

    /// Milliseconds after which a statement is logged as slow
    #[arg(long, env = "KINOTEKA_SLOW_QUERY_MS", default_value_t = 200, global = true)]
    pub slow_query_ms: u64,

    /// Timeout for the headers of a request, in seconds
    #[arg(long, env = "KINOTEKA_CLIENT_TIMEOUT_SECONDS", default_value_t = 10, global = true)]
    pub client_timeout_seconds: u64,

    /// Timeout for the body of a request, in seconds
    #[arg(long, env = "KINOTEKA_BODY_TIMEOUT_SECONDS", default_value_t = 30, global = true)]
    pub body_timeout_seconds: u64,

    /// Seconds that running requests have to finish after a stop signal
    #[arg(long, env = "KINOTEKA_SHUTDOWN_SECONDS", default_value_t = 30, global = true)]
    pub shutdown_seconds: u64,

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

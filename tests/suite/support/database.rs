//! A database for each test, empty or with a catalogue, copied from a template that is created
//! once.

use std::sync::OnceLock;

use clap::Parser;
use kinoteka::config::Settings;

use super::postgres::PostgresDatabase;
use super::sqlite::SqliteDatabase;

/// Initial content of a database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// Schema without items.
    Empty,
    /// The demo catalogue.
    Demo,
    /// The generated catalogue.
    Generated,
}

/// Database owned by one test.
pub enum Database {
    /// SQLite.
    Sqlite(SqliteDatabase),
    /// PostgreSQL.
    Postgres(PostgresDatabase),
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// Default settings of a test server.
pub fn settings(url: &str) -> Settings {
    let arguments = [
        "t",
        "--database-url",
        url,
        "--bind",
        "127.0.0.1:0",
        "--server-timing",
        "true",
        "--workers",
        "1",
    ];
    CommandLine::parse_from(arguments).settings
}

impl Database {
    /// Creates a SQLite database with this content.
    pub fn sqlite(content: Content) -> Self {
        static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
        static DEMO: OnceLock<Vec<u8>> = OnceLock::new();
        static GENERATED: OnceLock<Vec<u8>> = OnceLock::new();
        let template = match content {
            Content::Empty => &MIGRATED,
            Content::Demo => &DEMO,
            Content::Generated => &GENERATED,
        };
        let bytes = template.get_or_init(|| {
            let file = SqliteDatabase::new(None);
            fill(&file.url, content);
            std::fs::read(file.directory().join("kinoteka.db")).expect("reading the template")
        });
        Self::Sqlite(SqliteDatabase::new(Some(bytes)))
    }

    /// Creates a PostgreSQL database with this content, if PostgreSQL is installed.
    pub fn postgres(content: Content) -> Option<Self> {
        static MIGRATED: OnceLock<bool> = OnceLock::new();
        static DEMO: OnceLock<bool> = OnceLock::new();
        static GENERATED: OnceLock<bool> = OnceLock::new();
        let (template, name) = match content {
            Content::Empty => (&MIGRATED, "template_migrated"),
            Content::Demo => (&DEMO, "template_demo"),
            Content::Generated => (&GENERATED, "template_generated"),
        };
        let there = template.get_or_init(|| {
            let Some(database) = PostgresDatabase::named(name, "template0") else { return false };
            fill(&database.url, content);
            // The template is dropped with its cluster.
            std::mem::forget(database);
            true
        });
        if *there { PostgresDatabase::from_template(name).map(Self::Postgres) } else { None }
    }

    /// Connection URL.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite(database) => &database.url,
            Self::Postgres(database) => &database.url,
        }
    }
}

fn fill(url: &str, content: Content) {
    let settings = settings(url);
    let store = kinoteka::server::database_from_settings(&settings).expect("valid settings");
    kinoteka::server::ensure_schema(&store, true).expect("the migrations run");
    match content {
        Content::Empty => {}
        Content::Demo => {
            import(&settings, kinoteka::commands::DEMO_CATALOGUE);
        }
        Content::Generated => {
            import(&settings, &super::lines(&super::generated_catalogue()));
        }
    }
}

/// Imports JSON lines without HTTP.
pub fn import(settings: &Settings, lines: &str) -> kinoteka::commands::ImportReport {
    let context = kinoteka::server::app_state(settings).expect("valid settings");
    kinoteka::commands::import_lines(&context, lines, |_, _| {})
        .unwrap_or_else(|failure| panic!("{}", failure.messages.join("\n")))
}

//! A database for each test: empty of items, or with a catalogue, copied from a template made once.

use std::sync::OnceLock;

use clap::Parser;
use kinoteka::config::Settings;

use super::postgres::PostgresDatabase;
use super::sqlite::SqliteDatabase;

/// What a test begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// The schema and no items.
    Nothing,
    /// The first catalogue.
    Demo,
    /// The generated catalogue.
    Generated,
}

/// A database of its own.
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

/// The settings a test server has unless a test says otherwise.
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
    /// SQLite with this content.
    pub fn sqlite(content: Content) -> Self {
        static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
        static DEMO: OnceLock<Vec<u8>> = OnceLock::new();
        static GENERATED: OnceLock<Vec<u8>> = OnceLock::new();
        let template = match content {
            Content::Nothing => &MIGRATED,
            Content::Demo => &DEMO,
            Content::Generated => &GENERATED,
        };
        let bytes = template.get_or_init(|| {
            let file = SqliteDatabase::new(None);
            fill(&file.url, content);
            std::fs::read(file.directory().join("kinoteka.db")).expect("the template is there")
        });
        Self::Sqlite(SqliteDatabase::new(Some(bytes)))
    }

    /// PostgreSQL with this content, where it is installed.
    pub fn postgres(content: Content) -> Option<Self> {
        static MIGRATED: OnceLock<bool> = OnceLock::new();
        static DEMO: OnceLock<bool> = OnceLock::new();
        static GENERATED: OnceLock<bool> = OnceLock::new();
        let (template, name) = match content {
            Content::Nothing => (&MIGRATED, "template_migrated"),
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
        if *there { PostgresDatabase::copy_of(name).map(Self::Postgres) } else { None }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite(database) => &database.url,
            Self::Postgres(database) => &database.url,
        }
    }
}

fn fill(url: &str, content: Content) {
    let settings = settings(url);
    let store =
        kinoteka::server::database_from_settings(&settings).expect("the settings are right");
    kinoteka::server::ensure_schema(&store, true).expect("the migrations run");
    match content {
        Content::Nothing => {}
        Content::Demo => {
            import(&settings, kinoteka::commands::DEMO_CATALOGUE);
        }
        Content::Generated => {
            import(&settings, &super::lines(&super::generated_catalogue()));
        }
    }
}

/// Imports lines past HTTP.
pub fn import(settings: &Settings, lines: &str) -> kinoteka::commands::ImportReport {
    let context = kinoteka::server::app_state(settings).expect("the settings are right");
    kinoteka::commands::import_lines(&context, lines, |_, _| {})
        .unwrap_or_else(|failure| panic!("{}", failure.messages.join("\n")))
}

//! The command line: one file a command.

mod backup;
mod check;
mod export;
mod generate;
mod import;
mod import_iati;
mod key;
mod migrate;
mod openapi;
mod reindex;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Settings;
use crate::db::Connection;
use crate::http::problem::Problem;
use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::model::item::ItemRow;
use crate::resource::read::get::render_item;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::write::merge_patch::merge_with_stored;
use crate::resource::write::save::{SaveResult, save_item};
use crate::saved_queries::resource::SavedQueries;
use crate::topics::resource::Topics;
use crate::videos::resource::Videos;

pub use generate::{generate_catalogue, generate_statistics_catalogue};
pub use import::{DEMO_CATALOGUE, ImportLine, ImportReport, import_lines, line_errors, parse_line};

/// A headless media catalogue: videos, programmes, partners and impact statistics over a JSON REST
/// API.
#[derive(Parser)]
#[command(
    name = "kinoteka",
    version,
    about,
    after_help = "Settings are read from flags, then from the environment, then from a file `.env` in the working directory."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the catalogue
    Serve(serve::Args),
    /// Apply missing migrations
    Migrate,
    /// Make, list and revoke API keys
    Key {
        #[command(subcommand)]
        action: key::Action,
    },
    /// Read a catalogue from a file of NDJSON or IATI (`-` for standard input): all of it or
    /// nothing
    Import(import::Args),
    /// Write the whole catalogue as NDJSON to standard output
    Export,
    /// Write a generated catalogue as NDJSON to standard output, to try the product at size
    Generate(generate::Args),
    /// Check settings, database, indexes and references: say what is wrong and how to mend it
    Check(check::Args),
    /// Write the full-text index anew from the items, while they are served
    Reindex,
    /// Copy a SQLite database into a new file while it is served
    Backup(backup::Args),
    /// Write the OpenAPI document
    Openapi(openapi::Args),
}

/// What ends a command: one line, or several, and exit code 2 where the caller can mend it.
#[derive(Debug)]
pub struct CommandError {
    /// What to print.
    pub messages: Vec<String>,
    /// 2 for what the caller can mend, 1 for the rest.
    pub exit_code: u8,
}

impl CommandError {
    fn usage(line: impl std::fmt::Display) -> Self {
        Self { messages: vec![line.to_string()], exit_code: 2 }
    }
}

impl From<crate::server::StartError> for CommandError {
    fn from(error: crate::server::StartError) -> Self {
        Self::usage(error)
    }
}

impl From<crate::db::Error> for CommandError {
    fn from(error: crate::db::Error) -> Self {
        Self { messages: vec![error.to_string()], exit_code: 1 }
    }
}

impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        Self { messages: vec![problem.to_string()], exit_code: 1 }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self { messages: vec![error.to_string()], exit_code: 1 }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        print_status(&format!("kinoteka: .env: {error}"));
        return ExitCode::from(2);
    }
    let cli = Cli::parse();
    init_logging();
    if let Err(errors) = cli.settings.validate() {
        for error in errors {
            print_status(&format!("kinoteka: {error}"));
        }
        return ExitCode::from(2);
    }
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(&cli.settings, &args),
        Command::Migrate => migrate::run(&cli.settings),
        Command::Key { action } => key::run(&cli.settings, action),
        Command::Import(args) => import::run_import(&cli.settings, &args),
        Command::Export => export::run(&cli.settings),
        Command::Check(args) => check::run(&cli.settings, &args),
        Command::Reindex => reindex::run(&cli.settings),
        Command::Backup(args) => backup::run(&cli.settings, &args),
        Command::Generate(args) => generate::run(&args),
        Command::Openapi(args) => openapi::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(command_error) => {
            for line in command_error.messages {
                print_status(&format!("kinoteka: {line}"));
            }
            ExitCode::from(command_error.exit_code)
        }
    }
}

/// One line of key=value pairs for each event, which a log collector reads as logfmt. `RUST_LOG`
/// chooses what is logged.
fn init_logging() {
    let environment = env_logger::Env::default().default_filter_or("info,actix_server=warn");
    let outcome = env_logger::Builder::from_env(environment)
        .format(|out, record| {
            let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            let message = record.args().to_string();
            let structured = record.target().starts_with("kinoteka::") && message.contains('=');
            let message = if structured {
                message
            } else {
                format!("message=\"{}\"", message.replace('"', "'"))
            };
            writeln!(
                out,
                "time={time} level={} target={} {message}",
                record.level().as_str().to_ascii_lowercase(),
                record.target()
            )
        })
        .try_init();
    drop(outcome);
}

/// A line for the operator, on standard error; causes that come in several lines are joined.
fn print_status(line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    drop(writeln!(std::io::stderr(), "{}", words.join(" ")));
}

/// Stores one body as an item of a kind.
fn save_resource(
    connection: &mut Connection,
    context: &AppState,
    kind: ResourceKind,
    existing: Option<ItemRow>,
    slug: Option<&str>,
    body: &serde_json::Value,
) -> Result<SaveResult, Problem> {
    match kind {
        ResourceKind::Topic => {
            save_item::<Topics>(connection, context, existing, slug, body, false)
        }
        ResourceKind::Partner => {
            save_item::<Partners>(connection, context, existing, slug, body, false)
        }
        ResourceKind::Programme => {
            save_item::<Programmes>(connection, context, existing, slug, body, false)
        }
        ResourceKind::Video => {
            save_item::<Videos>(connection, context, existing, slug, body, false)
        }
        ResourceKind::Indicator => {
            save_item::<Indicators>(connection, context, existing, slug, body, false)
        }
        ResourceKind::ImpactStatistic => {
            save_item::<ImpactStatistics>(connection, context, existing, slug, body, false)
        }
        ResourceKind::SavedQuery => {
            save_item::<SavedQueries>(connection, context, existing, slug, body, false)
        }
    }
}

/// A stored item with a patch merged in, as PUT would take it.
fn merge_patch(
    connection: &mut Connection,
    context: &AppState,
    kind: ResourceKind,
    item: &ItemRow,
    patch: &serde_json::Value,
) -> Result<serde_json::Value, Problem> {
    match kind {
        ResourceKind::Topic => merge_with_stored::<Topics>(connection, context, item, patch),
        ResourceKind::Partner => merge_with_stored::<Partners>(connection, context, item, patch),
        ResourceKind::Programme => {
            merge_with_stored::<Programmes>(connection, context, item, patch)
        }
        ResourceKind::Video => merge_with_stored::<Videos>(connection, context, item, patch),
        ResourceKind::Indicator => {
            merge_with_stored::<Indicators>(connection, context, item, patch)
        }
        ResourceKind::ImpactStatistic => {
            merge_with_stored::<ImpactStatistics>(connection, context, item, patch)
        }
        ResourceKind::SavedQuery => {
            merge_with_stored::<SavedQueries>(connection, context, item, patch)
        }
    }
}

/// Draws one item with every language, as an editor sees it.
fn render_resource(
    connection: &mut Connection,
    context: &AppState,
    kind: ResourceKind,
    item: ItemRow,
) -> Result<String, Problem> {
    use crate::http::auth::Visibility::All;
    use crate::http::language::LanguagePreference;
    use crate::resource::query::shape::ResponseShape;
    use crate::resource::view::context::RenderContext;
    let render_context = &mut RenderContext::new(
        LanguagePreference::all_languages(context.settings.fallback_languages()),
        std::sync::Arc::clone(&context.country_names),
        None,
    );
    let shape = ResponseShape::default();
    let rendered = match kind {
        ResourceKind::Topic => {
            render_item::<Topics>(connection, context, item, render_context, &shape, All)
        }
        ResourceKind::Partner => {
            render_item::<Partners>(connection, context, item, render_context, &shape, All)
        }
        ResourceKind::Programme => {
            render_item::<Programmes>(connection, context, item, render_context, &shape, All)
        }
        ResourceKind::Video => {
            render_item::<Videos>(connection, context, item, render_context, &shape, All)
        }
        ResourceKind::Indicator => {
            render_item::<Indicators>(connection, context, item, render_context, &shape, All)
        }
        ResourceKind::ImpactStatistic => {
            render_item::<ImpactStatistics>(connection, context, item, render_context, &shape, All)
        }
        ResourceKind::SavedQuery => {
            render_item::<SavedQueries>(connection, context, item, render_context, &shape, All)
        }
    };
    rendered.map(|(text, _)| text)
}

//! The command line: one file per command.

mod backup;
mod check;
mod error;
mod export;
mod generate;
mod iati;
mod import;
mod key;
mod migrate;
mod openapi;
mod output;
mod reindex;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::output::print_status;
use crate::config::Settings;
use crate::text::logfmt::quote;

pub use error::CommandError;
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
    /// Apply pending migrations
    Migrate,
    /// Create, list and revoke API keys
    Key {
        #[command(subcommand)]
        action: key::Action,
    },
    /// Import a catalogue from an NDJSON or IATI file (`-` for standard input), all or nothing
    Import(import::Args),
    /// Export the whole catalogue as NDJSON to standard output
    Export,
    /// Merge results into an organisation's own IATI file
    Iati {
        #[command(subcommand)]
        action: iati::Action,
    },
    /// Write a generated catalogue as NDJSON to standard output, for load tests
    Generate(generate::Args),
    /// Check settings, database, indexes and references; report problems and how to fix them
    Check(check::Args),
    /// Rebuild the full-text index while serving
    Reindex,
    /// Copy a SQLite database to a new file while serving
    Backup(backup::Args),
    /// Write the OpenAPI document
    Openapi(openapi::Args),
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
    if !matches!(cli.command, Command::Openapi(_)) {
        restrict_file_mode();
    }
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(&cli.settings, &args),
        Command::Migrate => migrate::run(&cli.settings),
        Command::Key { action } => key::run(&cli.settings, action),
        Command::Import(args) => import::run(&cli.settings, &args),
        Command::Export => export::run(&cli.settings),
        Command::Iati { action } => iati::run(&cli.settings, &action),
        Command::Check(args) => check::run(&cli.settings, &args, &Cli::command()),
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

/// Makes files that this process creates readable by its user alone: databases and backups contain
/// drafts and digests of keys.
fn restrict_file_mode() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Logs one line of `key=value` pairs (logfmt) per event. `RUST_LOG` sets the levels.
fn init_logging() {
    let environment = env_logger::Env::default().default_filter_or(
        // It logs malformed requests and closed connections as errors.
        "info,actix_server=warn,actix_http=off",
    );
    let outcome = env_logger::Builder::from_env(environment)
        .format(|out, record| {
            let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            let message = record.args().to_string();
            let name = message.split_once('=').map(|(name, _)| name).unwrap_or_default();
            let is_structured = record.target().starts_with("kinoteka::")
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let message =
                if is_structured { message } else { format!("message={}", quote(&message)) };
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

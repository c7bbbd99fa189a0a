//! `kinoteka import`: a whole catalogue from NDJSON or IATI, all or nothing, repeatable.

mod apply;
mod iati;
mod iati_existing;
mod ndjson;
mod report;
pub mod text_track;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::commands::error::CommandError;
use crate::config::Settings;
use crate::iati::xml_reader::ParsedFile;
use crate::server;

use apply::ImportOptions;
pub use apply::{ImportLine, ImportReport, line_errors};
use iati::FileRest;
pub use ndjson::{import_lines, parse_line};

/// The demo catalogue.
pub const DEMO_CATALOGUE: &str = include_str!("../demo/first-catalogue.ndjson");

/// What happens to the invalid parts of a file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Faulty {
    /// The file is rejected
    #[default]
    Reject,
    /// They are omitted, and the rest is imported
    Omit,
}

/// Flags of `import`.
#[derive(clap::Args)]
pub struct Args {
    /// The file, or `-` for standard input
    file: PathBuf,
    /// Import programmes, partners and results from IATI 2.03; existing values that are not in the
    /// file are retained
    #[arg(long)]
    iati: bool,
    /// What happens to the invalid parts of an IATI file
    #[arg(long, value_enum, default_value_t, requires = "iati")]
    faulty: Faulty,
    /// Report what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON on standard output
    #[arg(long)]
    json: bool,
}

/// Imports a file; errors are reported with their line numbers.
pub fn run(settings: &Settings, args: &Args) -> Result<(), CommandError> {
    let input = ImportInput::from_file(settings, args)?;
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let context = server::app_state(settings)?;
    let terminal = std::io::stderr().is_terminal();
    let progress = |done: usize, all: usize| {
        if terminal && (done.is_multiple_of(100) || done == all) {
            use std::io::Write;
            drop(write!(std::io::stderr(), "\r{done} of {all}"));
            if done == all {
                drop(writeln!(std::io::stderr()));
            }
        }
    };
    let options =
        ImportOptions { dry_run: args.dry_run, omits_faulty: args.faulty == Faulty::Omit };
    let (outcome, rest) = match input {
        ImportInput::Lines(text) => {
            (ndjson::run(&context, &text, options, progress)?, FileRest::default())
        }
        ImportInput::Iati(file) => iati::run(&context, file, options, progress)?,
    };
    if args.json {
        report::print_json(&outcome, &rest, options)
    } else {
        report::print(&outcome, &rest, options);
        Ok(())
    }
}

/// The content of a file, read before the database is opened.
enum ImportInput {
    Lines(String),
    Iati(ParsedFile),
}

impl ImportInput {
    fn from_file(settings: &Settings, args: &Args) -> Result<Self, CommandError> {
        let bytes = read_bytes(&args.file)?;
        Ok(if args.iati {
            Self::Iati(iati::parse_file(settings, &bytes)?)
        } else {
            Self::Lines(decode_utf8(bytes)?)
        })
    }
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let outcome = if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    outcome
        .map_err(|error| CommandError::usage(format!("cannot read {}: {error}", file.display())))?;
    Ok(bytes)
}

fn decode_utf8(bytes: Vec<u8>) -> Result<String, CommandError> {
    String::from_utf8(bytes).map_err(|error| {
        let line = error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            .saturating_add(1);
        CommandError::usage(format!("line {line}: not UTF-8; nothing was imported"))
    })
}

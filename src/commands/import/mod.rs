//! `kinoteka import`: a whole catalogue from NDJSON or IATI, all or nothing, repeatable.

mod apply;
mod iati;
mod ndjson;
pub mod text_track;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::iati::xml_reader::ParsedFile;
use crate::server;

pub use apply::{ImportLine, ImportReport, line_errors};
pub use ndjson::{import_lines, parse_line};

/// The demo catalogue.
pub const DEMO_CATALOGUE: &str = include_str!("../demo/first-catalogue.ndjson");

/// Flags of `import`.
#[derive(clap::Args)]
pub struct Args {
    /// The file, or `-` for standard input
    file: PathBuf,
    /// Import programmes, partners and results from IATI 2.03; existing values that are not in the
    /// file are retained
    #[arg(long)]
    iati: bool,
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
    let report = match input {
        ImportInput::Lines(text) => import_lines(&context, &text, progress)?,
        ImportInput::Iati(file) => iati::run(&context, file, progress)?,
    };
    print_status(&format!("{} items stored, {} unchanged.", report.stored, report.unchanged));
    Ok(())
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

//! `kinoteka openapi`.

use std::io::Write;
use std::path::PathBuf;

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::server::{document_json, document_yaml};

/// Flags of `openapi`.
#[derive(clap::Args)]
pub struct Args {
    /// Write kinoteka.json and kinoteka.yaml into this directory instead of JSON to standard output
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Write YAML to standard output
    #[arg(long, conflicts_with = "directory")]
    yaml: bool,
}

/// Writes the OpenAPI document.
pub fn run(args: &Args) -> Result<(), CommandError> {
    let Some(directory) = &args.directory else {
        let text = if args.yaml { document_yaml() } else { document_json() };
        return Ok(std::io::stdout().write_all(text.as_bytes())?);
    };
    for (name, text) in [("kinoteka.json", document_json()), ("kinoteka.yaml", document_yaml())] {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|error| {
            CommandError::usage(format!("cannot write {}: {error}", path.display()))
        })?;
        print_status(&format!("{} written", path.display()));
    }
    Ok(())
}

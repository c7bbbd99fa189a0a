//! `kinoteka backup`.

use std::path::PathBuf;

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::connection::Target;
use crate::db::maintenance;

/// Flags of `backup`.
#[derive(clap::Args)]
pub struct Args {
    /// The new file; to restore it, stop the server and replace the database with it
    file: PathBuf,
}

/// Copies the database, also while serving, and prints the size of the copy.
pub fn run(settings: &Settings, args: &Args) -> Result<(), CommandError> {
    let target = Target::parse(&settings.database_url).map_err(CommandError::usage)?;
    let copied = maintenance::backup(&target, settings.database_config().session, &args.file)
        .map_err(CommandError::usage)?;
    print_status(&format!(
        "{}: {} items, {} bytes, checked.",
        args.file.display(),
        copied.item_count,
        copied.bytes
    ));
    Ok(())
}

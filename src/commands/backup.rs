//! `kinoteka backup`.

use std::path::PathBuf;

use super::{Failure, say};
use crate::config::Settings;
use crate::db::connection::Target;
use crate::db::upkeep;

/// Flags of `backup`.
#[derive(clap::Args)]
pub struct Args {
    /// The new file; to restore it, stop the server and put it in the place of the database
    file: PathBuf,
}

/// Copies the database while it may be served; says what the copy holds.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let target = Target::parse(&settings.database_url).map_err(Failure::usage)?;
    let copied =
        upkeep::copy(&target, settings.sizes().session, &args.file).map_err(Failure::usage)?;
    say(&format!(
        "{}: {} items, {} bytes, checked.",
        args.file.display(),
        copied.items,
        copied.bytes
    ));
    Ok(())
}

//! `kinoteka migrate`.

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::migrations::{self, MigrationStatus};
use crate::server;

/// Applies pending migrations and prints them.
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let mut connection = server::database_from_settings(settings)?
        .connect()
        .map_err(|error| CommandError::usage(format!("cannot open the database: {error}")))?;
    if let MigrationStatus::Newer(version) = migrations::status(&mut connection)? {
        return Err(CommandError::usage(format!(
            "the database is newer than this program: it has migration {version}"
        )));
    }
    let applied = migrations::run_pending(&mut connection)?;
    match applied.as_slice() {
        [] => print_status("The database is up to date."),
        versions => print_status(&format!("Applied: {}", versions.join(", "))),
    }
    Ok(())
}

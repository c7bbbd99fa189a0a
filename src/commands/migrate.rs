//! `kinoteka migrate`.

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::config::Settings;
use crate::db::migrations::{self, MigrationStatus};
use crate::db::schema_version::verify_schema;
use crate::server;

/// Applies pending migrations and prints them.
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let mut connection = server::database_from_settings(settings)?
        .connect()
        .map_err(|error| CommandError::usage(format!("cannot open the database: {error}")))?;
    match migrations::status(&mut connection)? {
        MigrationStatus::UpToDate | MigrationStatus::Pending(_) => {}
        MigrationStatus::NewerCompatible(version) => {
            print_status(&format!(
                "The database has the newer, compatible schema version {version}; there is nothing to apply."
            ));
            return Ok(());
        }
        MigrationStatus::Unusable(mismatch) => {
            return Err(CommandError::usage(mismatch.to_string()));
        }
    }
    let applied = migrations::run_pending(&mut connection)?;
    if let Err(mismatch) = verify_schema(&mut connection)? {
        return Err(CommandError::usage(mismatch.to_string()));
    }
    match applied.as_slice() {
        [] => print_status("The database is up to date."),
        versions => print_status(&format!("Applied: {}", versions.join(", "))),
    }
    Ok(())
}

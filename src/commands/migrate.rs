//! `kinoteka migrate`.

use std::time::Instant;

use crate::commands::error::CommandError;
use crate::commands::output::print_status;
use crate::commands::reindex::{Progress, print_report};
use crate::config::Settings;
use crate::db::migrations::{self, MigrationStatus};
use crate::db::schema_version::verify_schema;
use crate::resource::index::rebuild::rebuild_outdated_index;
use crate::server;

/// Applies pending migrations and prints them, and rebuilds the full-text index if an older version
/// of the analysis has built it.
pub fn run(settings: &Settings) -> Result<(), CommandError> {
    let database = server::database_from_settings(settings)?;
    let mut connection = database
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
    let started = Instant::now();
    let mut progress = Progress::default();
    let report = rebuild_outdated_index(&database, |done, total| progress.print(done, total))?;
    if let Some(report) = report {
        print_report(report, started);
    }
    Ok(())
}

//! Prepares the database and the application state, for the server and the commands.

use crate::config::Settings;
use crate::db::Database;
use crate::db::connection::Target;
use crate::db::migrations::{self, MigrationStatus};
use crate::db::schema_version::verify_schema;
use crate::db::search::analysis_version::{AnalysisStatus, analysis_status};
use crate::registry::registered_kinds;
use crate::resource::index::rebuild::rebuild_outdated_index;
use crate::resource::state::AppState;

/// Why a server cannot start, as one line.
#[derive(Debug)]
pub struct StartError(pub String);

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// The database of the settings. Opens no connection.
pub fn database_from_settings(settings: &Settings) -> Result<Database, StartError> {
    let primary = Target::parse(&settings.database_url).map_err(StartError)?;
    let replica =
        settings.replica_url.as_deref().map(Target::parse).transpose().map_err(StartError)?;
    Ok(Database::new(&primary, replica.as_ref(), settings.database_config()))
}

/// Prepares the database: applies pending migrations and rebuilds a full-text index of an older
/// version, if allowed, and checks that this program can use the result. Fails if that is necessary
/// and not allowed, or if the schema does not fit.
pub fn ensure_schema(database: &Database, may_migrate: bool) -> Result<(), StartError> {
    ensure_migrated(database, may_migrate)?;
    let start_error =
        |error: crate::db::Error| StartError(format!("cannot open the database: {error}"));
    let status = analysis_status(&mut database.connect().map_err(start_error)?);
    match status.map_err(start_error)? {
        AnalysisStatus::Current => Ok(()),
        AnalysisStatus::Older if may_migrate => {
            log::info!("the full-text index is rebuilt for this version");
            let report = rebuild_outdated_index(database, |_, _| {}).map_err(|interrupted| {
                StartError(format!("the full-text index was not rebuilt: {}", interrupted.problem))
            })?;
            if let Some(report) = report {
                log::info!("{} items reindexed", report.item_count);
            }
            Ok(())
        }
        status @ AnalysisStatus::Older => {
            Err(StartError(format!("{status} first, or set KINOTEKA_AUTO_MIGRATE=true")))
        }
        status @ AnalysisStatus::Newer => Err(StartError(status.to_string())),
    }
}

/// Applies pending migrations, if allowed, and checks that this program can use the schema. Fails
/// if migrations are pending and not allowed, or if the schema does not fit.
pub fn ensure_migrated(store: &Database, may_migrate: bool) -> Result<(), StartError> {
    let start_error =
        |error: crate::db::Error| StartError(format!("cannot open the database: {error}"));
    let mut connection = store.connect().map_err(start_error)?;
    match migrations::status(&mut connection).map_err(start_error)? {
        MigrationStatus::UpToDate => return Ok(()),
        MigrationStatus::NewerCompatible(version) => {
            log::info!("the database has the newer, compatible schema version {version}");
            return Ok(());
        }
        MigrationStatus::Unusable(mismatch) => return Err(StartError(mismatch.to_string())),
        MigrationStatus::Pending(count) if !may_migrate => {
            return Err(StartError(format!(
                "{count} migration(s) pending; run `kinoteka migrate` first, or set KINOTEKA_AUTO_MIGRATE=true"
            )));
        }
        MigrationStatus::Pending(_) => {}
    }
    for version in migrations::run_pending(&mut connection).map_err(start_error)? {
        log::info!("migration {version} applied");
    }
    match verify_schema(&mut connection).map_err(start_error)? {
        Ok(_) => Ok(()),
        Err(mismatch) => Err(StartError(mismatch.to_string())),
    }
}

/// The application state for a database with an up-to-date schema.
pub fn app_state(settings: &Settings) -> Result<AppState, StartError> {
    Ok(AppState::new(database_from_settings(settings)?, settings.clone(), registered_kinds()))
}

//! The schema and its versions: paired migrations, embedded in the binary.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Connection;
use super::error::Error;
use super::schema_version::{CompatibleSchema, SchemaMismatch, verify_schema};
use super::search::analysis_version::initialize_analysis_version;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The schema of a database, compared with the migrations of this program.
#[derive(Debug, Eq, PartialEq)]
pub enum MigrationStatus {
    /// Every migration has been applied.
    UpToDate,
    /// Number of migrations that have not been applied.
    Pending(usize),
    /// A newer program migrated the database, and this version is compatible with it. Holds the
    /// version of the schema.
    NewerCompatible(i64),
    /// This program cannot use the database, and applying its migrations does not help.
    Unusable(SchemaMismatch),
}

fn from_migration_error(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => Error::from(*error),
        Err(other) => Error::Internal(other.to_string()),
    }
}

/// Compares the applied migrations with the embedded ones.
pub fn status(connection: &mut Connection) -> Result<MigrationStatus, Error> {
    let (embedded, applied) = match connection {
        Connection::Sqlite(connection) => {
            let embedded: Vec<String> = migration_versions(
                MigrationSource::<Sqlite>::migrations(&SQLITE_MIGRATIONS)
                    .map_err(from_migration_error)?,
            );
            (embedded, connection.applied_migrations().map_err(from_migration_error)?)
        }
        Connection::Postgres(connection) => {
            let embedded: Vec<String> = migration_versions(
                MigrationSource::<Pg>::migrations(&POSTGRES_MIGRATIONS)
                    .map_err(from_migration_error)?,
            );
            (embedded, connection.applied_migrations().map_err(from_migration_error)?)
        }
    };
    let applied: Vec<String> = applied.into_iter().map(|version| version.to_string()).collect();
    let unknown = applied.iter().find(|version| !embedded.contains(version));
    let pending = embedded.iter().filter(|version| !applied.contains(version)).count();
    Ok(match (verify_schema(connection)?, unknown) {
        (Ok(CompatibleSchema::Newer(version)), _) => MigrationStatus::NewerCompatible(version),
        (Err(mismatch @ SchemaMismatch::Newer(_)), _) => MigrationStatus::Unusable(mismatch),
        (_, Some(unknown)) => {
            MigrationStatus::Unusable(SchemaMismatch::Newer(format!("migration {unknown}")))
        }
        _ if pending > 0 => MigrationStatus::Pending(pending),
        (Ok(CompatibleSchema::Current), None) => MigrationStatus::UpToDate,
        (Err(SchemaMismatch::Older), None) => MigrationStatus::Unusable(SchemaMismatch::Altered(
            "table schema_version is missing or outdated".to_owned(),
        )),
        (Err(mismatch), None) => MigrationStatus::Unusable(mismatch),
    })
}

fn migration_versions<B: diesel::backend::Backend>(
    migrations: Vec<Box<dyn Migration<B>>>,
) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

/// Applies the pending migrations and returns their versions. On PostgreSQL an advisory lock
/// serializes servers that start at the same time. Check [`status`] first: a database that is not
/// empty must have been created by these migrations.
pub fn run_pending(connection: &mut Connection) -> Result<Vec<String>, Error> {
    use diesel::connection::SimpleConnection;
    let applied = match connection {
        Connection::Sqlite(connection) => run_migrations(connection, SQLITE_MIGRATIONS),
        Connection::Postgres(connection) => {
            connection.batch_execute("SELECT pg_advisory_lock(5366732)")?;
            let outcome = run_migrations(connection, POSTGRES_MIGRATIONS);
            connection.batch_execute("SELECT pg_advisory_unlock(5366732)")?;
            outcome
        }
    }?;
    if !applied.is_empty() {
        initialize_analysis_version(connection)?;
    }
    Ok(applied)
}

/// Reverts every migration, newest first. Used by tests only.
pub fn revert_all(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let reverted = match connection {
        Connection::Sqlite(connection) => {
            connection.revert_all_migrations(SQLITE_MIGRATIONS).map_err(from_migration_error)?
        }
        Connection::Postgres(connection) => {
            connection.revert_all_migrations(POSTGRES_MIGRATIONS).map_err(from_migration_error)?
        }
    };
    Ok(reverted.into_iter().map(|version| version.to_string()).collect())
}

fn run_migrations<B, C>(
    connection: &mut C,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, Error>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let applied = connection.run_pending_migrations(source).map_err(|error| {
        // Each migration is one transaction, so a failure leaves the schema unchanged.
        match from_migration_error(error) {
            Error::Internal(cause) => Error::Internal(format!(
                "a migration failed and was rolled back ({cause}); the schema was altered or created by another edition of a migration: undo the manual change, or restore a backup"
            )),
            other => other,
        }
    })?;
    Ok(applied.into_iter().map(|version| version.to_string()).collect())
}

//! The schema and its versions: paired migrations, embedded in the binary.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Connection;
use super::error::Error;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How the database stands to this program.
#[derive(Debug, Eq, PartialEq)]
pub enum MigrationStatus {
    /// Every migration has been applied.
    UpToDate,
    /// So many migrations are still to be applied.
    Pending(usize),
    /// It has been migrated by a newer program; the version this one does not know.
    Newer(String),
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
    if let Some(unknown) = applied.iter().find(|version| !embedded.contains(version)) {
        return Ok(MigrationStatus::Newer(unknown.clone()));
    }
    match embedded.len().saturating_sub(applied.len()) {
        0 => Ok(MigrationStatus::UpToDate),
        missing => Ok(MigrationStatus::Pending(missing)),
    }
}

fn migration_versions<B: diesel::backend::Backend>(
    migrations: Vec<Box<dyn Migration<B>>>,
) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

/// Applies what is missing; says which migrations ran. Several servers may start at once:
/// PostgreSQL takes an advisory lock.
pub fn run_pending(connection: &mut Connection) -> Result<Vec<String>, Error> {
    use diesel::connection::SimpleConnection;
    match connection {
        Connection::Sqlite(connection) => run_migrations(connection, SQLITE_MIGRATIONS),
        Connection::Postgres(connection) => {
            connection.batch_execute("SELECT pg_advisory_lock(5366732)")?;
            let outcome = run_migrations(connection, POSTGRES_MIGRATIONS);
            connection.batch_execute("SELECT pg_advisory_unlock(5366732)")?;
            outcome
        }
    }
}

/// Takes every migration back, newest first: the tests hold `down` with it.
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
    let applied = connection.run_pending_migrations(source).map_err(from_migration_error)?;
    Ok(applied.into_iter().map(|version| version.to_string()).collect())
}

//! The connection of a worker thread. It is opened on demand, and reopened if it broke, if its
//! SQLite file was replaced, or if it has too many prepared statements.

use std::time::{Duration, Instant};

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;
use crate::db::sqlite_file_watch::{self, WatchedFile};
use crate::db::statement_stats;

/// Time after which a worker on a fallback database tries the preferred one again.
const FALLBACK_RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum number of prepared statements per connection; a connection that exceeds it is reopened.
/// Each shape of a request has its own statements and diesel never evicts one, so requests of many
/// shapes would exhaust the memory (36 kB per statement on SQLite).
const MAX_PREPARED_STATEMENTS: u32 = 256;

/// Configuration of a pool.
#[derive(Clone, Debug)]
pub(super) struct PoolConfig {
    /// Databases in order of preference: a replica, then the primary.
    pub targets: Vec<Target>,
    /// Access mode of the sessions.
    pub access: Access,
    /// Settings of the sessions.
    pub session: SessionConfig,
    /// Maximum time that a job waits for a free worker.
    pub acquire_timeout: Duration,
    /// Maximum number of jobs that wait for a free worker.
    pub max_queue_len: usize,
}

impl PoolConfig {
    /// Opens a connection to the first reachable database.
    fn connect(&self) -> Result<WorkerConnection, Error> {
        statement_stats::reset_prepared();
        let mut outcome = Err(Error::Internal("no database is configured".to_owned()));
        for (index, target) in self.targets.iter().enumerate() {
            outcome = sqlite_file_watch::open_watched(target, self.access, self.session).map(
                |(connection, file)| WorkerConnection {
                    connection: Some(connection),
                    watched_file: file,
                    retry_preferred_at: (index > 0)
                        .then(|| Instant::now() + FALLBACK_RETRY_INTERVAL),
                },
            );
            match &outcome {
                Ok(_) => break,
                Err(error) if index + 1 < self.targets.len() => {
                    log::warn!("replica unavailable, falling back to the primary: {error}");
                }
                Err(_) => {}
            }
        }
        outcome
    }
}

/// The connection of a worker, with the state that decides when to reopen it.
#[derive(Default)]
pub(super) struct WorkerConnection {
    connection: Option<Connection>,
    /// The file of a SQLite connection.
    watched_file: Option<WatchedFile>,
    /// When to try the preferred database again; set while a fallback is used.
    retry_preferred_at: Option<Instant>,
}

impl WorkerConnection {
    /// Runs `work` on the connection, which is opened if necessary. If a connection that had been
    /// open turns out to be dead and `may_repeat` returns `true` (`work` had no effect yet), `work`
    /// runs once more on a new connection.
    pub fn run<T, E: From<Error>>(
        &mut self,
        config: &PoolConfig,
        may_repeat: impl Fn() -> bool,
        mut work: impl FnMut(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.retry_preferred_at.is_some_and(|until| until <= Instant::now()) {
            *self = Self::default();
        }
        if !self.has_valid_file() {
            self.discard();
        }
        if statement_stats::prepared_count() > MAX_PREPARED_STATEMENTS {
            *self = Self::default();
        }
        let mut was_open = self.connection.is_some();
        loop {
            if self.connection.is_none() {
                *self = config.connect()?;
            }
            let Some(connection) = &mut self.connection else {
                return Err(Error::Internal("the opened connection is missing".to_owned()).into());
            };
            let outcome = work(connection);
            if outcome.is_ok() || connection.is_usable() {
                // Writes to an unlinked file are lost, even though the database reports success.
                if outcome.is_ok() && config.access == Access::Write && !self.has_valid_file() {
                    self.discard();
                    return Err(Error::CommitUnknown(
                        "the database file was deleted, moved or replaced".to_owned(),
                    )
                    .into());
                }
                return outcome;
            }
            self.discard();
            if !was_open || !may_repeat() {
                return outcome;
            }
            was_open = false;
        }
    }

    /// Closes the connection, and logs an error if its file was deleted or replaced.
    fn discard(&mut self) {
        if !self.has_valid_file() {
            log::error!(
                "the database file was deleted, moved or replaced; the connection to it is closed"
            );
        }
        *self = Self::default();
    }

    fn has_valid_file(&self) -> bool {
        self.watched_file.as_ref().is_none_or(WatchedFile::is_same_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sql_fragment::{Fragment, Statement};
    use diesel::sql_types::BigInt;

    #[test]
    fn limits_prepared_statements_per_connection() {
        let directory = tempfile::tempdir().unwrap();
        let second = Duration::from_secs(1);
        let session = SessionConfig {
            busy_timeout: second,
            statement_timeout: second,
            slow_query_threshold: second,
        };
        let target = Target::Sqlite(directory.path().join("prepared.db").display().to_string());
        let config = PoolConfig {
            targets: vec![target],
            access: Access::Write,
            session,
            acquire_timeout: second,
            max_queue_len: 1,
        };
        drop(Connection::open(&config.targets[0], config.access, session));
        let mut worker = WorkerConnection::default();
        let mut max_prepared = 0;
        for number in 0..1_000_i64 {
            let statement = Statement::<BigInt>::new(Fragment::new(format!("SELECT {number}")));
            let rows: Result<Vec<i64>, Error> = worker.run(
                &config,
                || true,
                |connection| Ok(statement.clone().load_rows(connection)?),
            );
            assert_eq!(rows.unwrap(), [number]);
            max_prepared = max_prepared.max(statement_stats::prepared_count());
        }
        assert_eq!(max_prepared, MAX_PREPARED_STATEMENTS + 1);
    }
}

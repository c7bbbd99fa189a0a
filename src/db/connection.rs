//! One connection type for both databases, chosen by the scheme of the URL, and the settings each
//! session starts with.

use std::time::{Duration, Instant};

use diesel::connection::{
    Connection as _, Instrumentation, InstrumentationEvent, SimpleConnection,
};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

use super::error::{self, Error};
use crate::db::statement_stats::StatementFailure;
pub use any::{AnyConnection as Connection, MultiBackend, MultiRawValue};

/// The enum stands by itself: what it derives brings names of its own into its module.
#[expect(missing_docs, reason = "the derive adds public items without documentation")]
mod any {
    use diesel::pg::PgConnection;
    use diesel::sqlite::SqliteConnection;

    /// A connection to either database; all query code is written against this type.
    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        /// PostgreSQL through libpq.
        Postgres(PgConnection),
        /// SQLite, in this process.
        Sqlite(SqliteConnection),
    }
}

/// Which database a URL names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// A SQLite file, by path.
    Sqlite(String),
    /// PostgreSQL, by libpq connection URL.
    Postgres(String),
}

impl Target {
    /// Reads `sqlite://path`, `sqlite:path` or `postgres://…`. The error is one line for the
    /// operator.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some("" | ":memory:") => {
                Err("DATABASE_URL must name a file: sqlite://kinoteka.db (an in-memory database cannot be shared by connections)"
                    .to_owned())
            }
            Some(path) => Ok(Self::Sqlite(path.to_owned())),
            None => Err("DATABASE_URL must start with sqlite:// or postgres://".to_owned()),
        }
    }

    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// What a session is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Only reads; the database refuses writes.
    Read,
    /// Only reads, of what is looked at once: little of the file is kept in memory.
    ReadStream,
    /// Reads and writes.
    Write,
}

/// Settings of a session, beside its purpose.
#[derive(Clone, Copy, Debug)]
pub struct SessionConfig {
    /// How long a statement may wait for a lock.
    pub busy_timeout: Duration,
    /// How long a statement may run (PostgreSQL).
    pub statement_timeout: Duration,
    /// Statements slower than this are logged.
    pub slow_query_threshold: Duration,
}

impl Connection {
    /// Opens a session on `target`, with every setting that our promises rest on.
    ///
    /// SQLite: WAL, so that readers never wait for the writer; `synchronous = FULL`, so that an
    /// answered write survives a power cut; foreign keys; readers are `query_only`. PostgreSQL:
    /// UTC, a statement and a lock timeout, no compiling of plans, which takes longer than any of
    /// these statements runs, and no reading of whole tables where an index will do: it takes
    /// tokens that it does not know for frequent, and a table for soon read.
    pub fn open(target: &Target, access: Access, session: SessionConfig) -> Result<Self, Error> {
        let mut connection = match target {
            Target::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(path)?;
                connection.batch_execute(&format!(
                    "PRAGMA busy_timeout = {};
                     PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = FULL;
                     PRAGMA foreign_keys = ON;
                     PRAGMA cache_size = -{};
                     PRAGMA wal_autocheckpoint = 4000;
                     PRAGMA temp_store = MEMORY;
                     PRAGMA trusted_schema = OFF;",
                    session.busy_timeout.as_millis(),
                    if access == Access::ReadStream { 2_000 } else { 16_000 },
                ))?;
                if access != Access::Write {
                    connection.batch_execute("PRAGMA query_only = ON;")?;
                }
                Self::Sqlite(connection)
            }
            Target::Postgres(url) => {
                let mut connection = PgConnection::establish(&add_libpq_timeouts(url, session))?;
                connection.batch_execute(&format!(
                    "SET timezone = 'UTC';
                     SET application_name = 'kinoteka';
                     SET client_min_messages = warning;
                     SET jit = off;
                     SET enable_seqscan = off;
                     SET statement_timeout = {};
                     SET lock_timeout = {};
                     SET default_transaction_read_only = {};",
                    session.statement_timeout.as_millis(),
                    session.busy_timeout.as_millis(),
                    if access == Access::Write { "off" } else { "on" },
                ))?;
                if access == Access::Write {
                    // What a write looks up it finds by an index. A plan made while a table was
                    // empty would read it all, and an import fills it in one transaction, within
                    // which PostgreSQL keeps the plan.
                    connection
                        .batch_execute("SET enable_hashjoin = off; SET enable_mergejoin = off;")?;
                }
                Self::Postgres(connection)
            }
        };
        connection.set_instrumentation(StatementInstrumentation {
            started_at: None,
            slow_query_threshold: session.slow_query_threshold,
        });
        Ok(connection)
    }

    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Runs reads that belong together. On SQLite they see one state of the database, and the file
    /// is locked once for all of them; on PostgreSQL, where that would cost two round trips, each
    /// statement sees what was committed before it.
    pub fn with_sqlite_snapshot<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        if let Self::Sqlite(connection) = self {
            AnsiTransactionManager::begin_transaction(connection).map_err(Error::from)?;
        }
        let outcome = work(self);
        if let Self::Sqlite(connection) = self {
            // Nothing was written: to end it is all the same.
            drop(AnsiTransactionManager::commit_transaction(connection));
        }
        outcome
    }

    /// Runs reads that all see one state of the database, on both: for work of seconds, during
    /// which others write.
    pub fn with_snapshot<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        match self {
            Self::Sqlite(connection) => AnsiTransactionManager::begin_transaction(connection),
            Self::Postgres(connection) => AnsiTransactionManager::begin_transaction_sql(
                connection,
                "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            ),
        }
        .map_err(Error::from)?;
        let outcome = work(self);
        // Nothing was written: to end it is all the same.
        drop(Self::rollback_transaction(self));
        outcome
    }

    /// Waits until others had their turn to write, between the transactions of long work. Who waits
    /// for SQLite's lock looks for it every tenth of a second, and would hardly ever find it free;
    /// PostgreSQL's lock goes to whoever has waited longest.
    pub fn yield_to_writers(&self) {
        if self.is_sqlite() {
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Whether the connection can be used again after work on it: no transaction was left open, and
    /// if a statement failed the server still answers and did not say that this session can only
    /// read. (The last words of a PostgreSQL that ends come as an error like any other.)
    pub fn is_usable(&mut self) -> bool {
        use diesel::r2d2::R2D2Connection;
        let failure = crate::db::statement_stats::take_failure();
        !self.is_broken()
            && failure
                .is_none_or(|failure| failure != StatementFailure::ReadOnly && self.ping().is_ok())
    }

    /// Begins a transaction that may write. There is one at a time, on both databases: what a write
    /// has checked (a tag, a free slug, that no topic is its own ancestor) still holds when it
    /// stores. Every write ends by bumping the same revisions, so that PostgreSQL would let only
    /// one of them commit at a time anyway.
    ///
    /// SQLite takes the write lock at once: a transaction that only later turns out to write fails
    /// with `SQLITE_BUSY_SNAPSHOT` when another has written meanwhile, and no timeout helps.
    /// PostgreSQL takes an advisory lock.
    pub fn begin_write(&mut self) -> Result<(), Error> {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        super::search::discard_write_buffer();
        match self {
            Self::Sqlite(connection) => {
                AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")?
            }
            Self::Postgres(connection) => {
                AnsiTransactionManager::begin_transaction(connection)?;
                if let Err(error) =
                    connection.batch_execute("SELECT pg_advisory_xact_lock(5366733)")
                {
                    drop(AnsiTransactionManager::rollback_transaction(connection));
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}

/// Adds what libpq needs to notice in time that a server does not answer; what the URL says itself
/// stands.
fn add_libpq_timeouts(url: &str, session: SessionConfig) -> String {
    let connect_timeout_seconds = session.busy_timeout.as_secs().max(2);
    let tcp_timeout_ms = session.statement_timeout.saturating_add(session.busy_timeout).as_millis();
    let mut url = url.to_owned();
    for (name, value) in [
        ("connect_timeout", connect_timeout_seconds.to_string()),
        ("tcp_user_timeout", tcp_timeout_ms.to_string()),
    ] {
        if !url.contains(name) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.extend([name, "=", &value]);
        }
    }
    url
}

/// How much of a statement and its values is logged, in characters.
const MAX_LOGGED_CHARS: usize = 2_000;

/// The beginning of a statement, for the log: the entry of a long transcript is no line for people.
fn truncate_for_log(statement: &str) -> String {
    let mut text: String = statement.chars().take(MAX_LOGGED_CHARS).collect();
    if text.len() < statement.len() {
        text.push('…');
    }
    text
}

/// Logs statements that take longer than a limit, counts all of them for the tests, and notes those
/// that fail or stay prepared.
struct StatementInstrumentation {
    started_at: Option<Instant>,
    slow_query_threshold: Duration,
}

impl Instrumentation for StatementInstrumentation {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                crate::db::statement_stats::record_statement();
                self.started_at = Some(Instant::now());
            }
            InstrumentationEvent::CacheQuery { .. } => {
                crate::db::statement_stats::record_prepared()
            }
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                if let Some(error) = error {
                    let read_only = error::is_read_only(&error.to_string());
                    crate::db::statement_stats::record_failure(if read_only {
                        StatementFailure::ReadOnly
                    } else {
                        StatementFailure::Other
                    });
                }
                let Some(elapsed) = self.started_at.take().map(|started| started.elapsed()) else {
                    return;
                };
                if elapsed >= self.slow_query_threshold {
                    let failed = error.map(|e| format!(" error=\"{e}\"")).unwrap_or_default();
                    let (milliseconds, statement) =
                        (elapsed.as_secs_f64() * 1000.0, truncate_for_log(&query.to_string()));
                    log::warn!(target: "kinoteka::slow_query", "duration_ms={milliseconds:.1}{failed} statement=\"{statement}\"");
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncates_logged_statements() {
        assert_eq!(truncate_for_log("SELECT 1"), "SELECT 1");
        let long = truncate_for_log(&"ж".repeat(3_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (MAX_LOGGED_CHARS + 1, true));
    }
}

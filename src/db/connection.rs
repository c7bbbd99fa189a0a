//! The connection type for both databases, chosen by the scheme of the URL, and its session
//! settings.

use std::time::{Duration, Instant};

use diesel::connection::{
    Connection as _, Instrumentation, InstrumentationEvent, SimpleConnection,
};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

use super::error::{self, Error};
use super::read_limit::interrupt_sqlite;
use super::sqlite_functions::register_get_bit;
use crate::db::statement_stats::StatementFailure;
use crate::text::logfmt::quote;
pub use any::{AnyConnection as Connection, MultiBackend, MultiRawValue};

/// A module for the enum alone, because the derive macro adds items to its module.
#[expect(missing_docs, reason = "the derive adds public items without documentation")]
mod any {
    use diesel::pg::PgConnection;
    use diesel::sqlite::SqliteConnection;

    /// A connection to either database. All queries use this type.
    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        /// PostgreSQL through libpq.
        Postgres(PgConnection),
        /// SQLite, in-process.
        Sqlite(SqliteConnection),
    }
}

/// The database that a URL refers to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// A SQLite file, by path.
    Sqlite(String),
    /// PostgreSQL, by libpq connection URL.
    Postgres(String),
}

impl Target {
    /// Parses `sqlite://path`, `sqlite:path` or `postgres://…`. The error is a one-line message for
    /// the operator.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            check_credentials(url)?;
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

    /// Returns whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Returns the paths of the files of a SQLite database, whether they exist or not.
    pub fn files(&self) -> Vec<String> {
        match self {
            Self::Sqlite(path) => {
                ["", "-wal", "-shm"].iter().map(|ending| format!("{path}{ending}")).collect()
            }
            Self::Postgres(_) => Vec::new(),
        }
    }
}

/// Access mode of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Read-only; the database refuses writes.
    Read,
    /// Read-only, for streamed reads of rows that are used once; with a small page cache.
    ReadStream,
    /// Reads and writes.
    Write,
}

/// Timeouts of a session, and its limit for slow queries.
#[derive(Clone, Copy, Debug)]
pub struct SessionConfig {
    /// Maximum time that a statement waits for a lock.
    pub busy_timeout: Duration,
    /// Maximum run time of a read on SQLite, and of a statement on PostgreSQL.
    pub statement_timeout: Duration,
    /// Statements that take at least this long are logged.
    pub slow_query_threshold: Duration,
}

impl Connection {
    /// Opens a session on `target` with all required settings.
    ///
    /// SQLite: WAL, so that readers never wait for the writer; `synchronous = FULL`, so that an
    /// acknowledged write survives a power failure; foreign keys; `query_only` for readers.
    ///
    /// PostgreSQL: UTC; a statement and a lock timeout; no JIT, because compilation takes longer
    /// than any of these statements runs; no sequential scan where an index is applicable, because
    /// the planner overestimates the frequency of tokens without statistics and underestimates the
    /// cost of scanning the table.
    pub fn open(target: &Target, access: Access, session: SessionConfig) -> Result<Self, Error> {
        let mut connection = match target {
            Target::Sqlite(path) => {
                interrupt_sqlite();
                let mut connection = SqliteConnection::establish(path)?;
                register_get_bit(&mut connection)?;
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
                let mut connection = PgConnection::establish(&add_libpq_timeouts(url, session))
                    .map_err(|error| Error::Unavailable(redact(&error.to_string(), url)))?;
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
                    // Writes look up rows by index. A plan made while a table was empty would scan
                    // the whole table, and an import fills it in one transaction, within which
                    // PostgreSQL keeps the plan.
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

    /// Returns whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Runs related reads. On SQLite they run in one transaction: they see one snapshot, and the
    /// file is locked once for all of them. On PostgreSQL, where a transaction would cost two round
    /// trips, each statement sees the data committed before it.
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
            // Nothing was written, so a failure to end the transaction has no effect.
            drop(AnsiTransactionManager::commit_transaction(connection));
        }
        outcome
    }

    /// Runs reads that all see one snapshot, on both databases. For work that takes seconds, during
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
        // Nothing was written, so a failure to end the transaction has no effect.
        drop(Self::rollback_transaction(self));
        outcome
    }

    /// Pauses between the transactions of long-running work, so that other writers get the lock.
    ///
    /// A connection that waits for SQLite's lock polls it every 100 ms and would hardly ever find
    /// it free. PostgreSQL grants its lock to the connection that has waited longest, so no pause
    /// is needed.
    pub fn yield_to_writers(&self) {
        if self.is_sqlite() {
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Returns whether the connection can be reused: no transaction is open and, if a statement
    /// failed, the server still responds and did not report a read-only session. (A PostgreSQL
    /// server that shuts down reports it as an ordinary statement error.)
    pub fn is_usable(&mut self) -> bool {
        use diesel::r2d2::R2D2Connection;
        let failure = crate::db::statement_stats::take_failure();
        !self.is_broken()
            && failure
                .is_none_or(|failure| failure != StatementFailure::ReadOnly && self.ping().is_ok())
    }

    /// Begins a write transaction. Write transactions are serialized on both databases, so that the
    /// checks of a write (entity tag, free slug, no cycle of topics) still hold when it commits.
    /// Every write ends by incrementing the same revisions, so PostgreSQL would let only one of
    /// them commit at a time anyway.
    ///
    /// SQLite takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that starts as a read
    /// and writes later fails with `SQLITE_BUSY_SNAPSHOT` if another one has committed in the
    /// meantime, and no timeout helps. PostgreSQL takes an advisory lock.
    ///
    /// Callers discard the write buffer of the full-text index first.
    pub fn begin_write(&mut self) -> Result<(), Error> {
        use diesel::connection::{AnsiTransactionManager, TransactionManager};
        match self {
            Self::Sqlite(connection) => {
                AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")?;
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

/// Checks the part of a libpq URL before the hosts. libpq would take what is not percent-encoded
/// correctly for another part of the URL, and its messages would contain a part of the password.
fn check_credentials(url: &str) -> Result<(), String> {
    let Some(credentials) = credentials(url) else { return Ok(()) };
    let is_encoded = |text: &str| {
        let mut rest = text;
        while let Some((_, encoded)) = rest.split_once('%') {
            if !encoded.get(..2).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
                return false;
            }
            rest = encoded;
        }
        !text.contains(['/', '?', '#', '@', '[', ']', ' '])
    };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    if is_encoded(user) && is_encoded(password) {
        return Ok(());
    }
    Err("DATABASE_URL: percent-encode the characters `% / ? # @ [ ]` and spaces of the user name and the password (`%25` for `%`)".to_owned())
}

/// The user name and the password in a libpq URL: what is before the last `@`, except one in the
/// parameters.
fn credentials(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (credentials, _) = rest.rsplit_once('@')?;
    // `@` in a parameter, such as the address of an abstract Unix socket.
    let is_parameter = credentials.split_once('?').is_some_and(|(_, parameters)| {
        let last = parameters.rsplit('&').next().unwrap_or_default();
        last.starts_with("host=") || last.starts_with("options=")
    });
    if is_parameter {
        credentials.rsplit_once('@').map(|(before, _)| before)
    } else {
        Some(credentials)
    }
}

/// Removes the password from a message of libpq.
fn redact(message: &str, url: &str) -> String {
    let parameter = url.split(['?', '&']).find_map(|pair| pair.strip_prefix("password="));
    let password = credentials(url).and_then(|credentials| credentials.split_once(':'));
    [parameter, password.map(|(_, password)| password)]
        .into_iter()
        .flatten()
        .filter(|secret| !secret.is_empty())
        .fold(message.to_owned(), |message, secret| message.replace(secret, "…"))
}

/// Adds the libpq parameters that detect an unresponsive server in time. Parameters in the URL take
/// precedence.
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

/// Maximum number of characters of a statement in the log.
const MAX_LOGGED_CHARS: usize = 2_000;

/// The text of a statement without the values that are bound to it, which can be texts of drafts and
/// search terms; truncated, because an insertion of many rows is very long.
fn statement_for_log(query: &str) -> String {
    let statement = query.split(" -- binds:").next().unwrap_or_default();
    let mut text: String = statement.chars().take(MAX_LOGGED_CHARS).collect();
    if text.len() < statement.len() {
        text.push('…');
    }
    text
}

/// Instrumentation that logs slow statements, counts all statements, and records failures and
/// cached prepared statements.
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
                crate::db::statement_stats::record_prepared();
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
                    let milliseconds = elapsed.as_secs_f64() * 1000.0;
                    let statement = quote(&statement_for_log(&query.to_string()));
                    let is_failed = error.is_some();
                    log::warn!(target: "kinoteka::slow_query", "duration_ms={milliseconds:.1} failed={is_failed} statement={statement}");
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
    fn passwords_are_percent_encoded() {
        for url in [
            "postgres://u@h/x",
            "postgres://u:p%2F%40%25ss:w@h:5432,h2/x?sslmode=require",
            "postgres:///x?host=/run/postgresql&user=u",
            "postgres:///x?host=@abstract",
            "postgres://u:p@/x?host=@abstract",
            "postgres://%2Frun%2Fpostgresql/x",
        ] {
            assert_eq!(Target::parse(url), Ok(Target::Postgres(url.to_owned())), "{url}");
        }
        for password in [
            "S3CRET%zzPW",
            "S3CRET%",
            "S3C@RET",
            "S3C/RET",
            "S3C?RET",
            "S3C#RET",
            "S3[C]",
            "S3C RET",
            "S3C@host=RET",
            "S3C&host=RET/PW",
        ] {
            let message = Target::parse(&format!("postgres://u:{password}@h/x")).unwrap_err();
            assert!(!message.contains("S3") && message.contains("percent-encode"), "{message}");
        }
    }

    #[test]
    fn messages_do_not_contain_passwords() {
        let message = "invalid value \"s3cret\" for s3cret";
        for url in ["postgres://u:s3cret@h/x", "postgres:///x?user=u&password=s3cret&host=h"] {
            assert_eq!(redact(message, url), "invalid value \"…\" for …", "{url}");
        }
    }

    #[test]
    fn logged_statements_are_truncated_and_without_values() {
        assert_eq!(statement_for_log("SELECT 1"), "SELECT 1");
        let query = "SELECT ? -- binds: [\"secret -- binds: [1]\"]";
        assert_eq!(statement_for_log(query), "SELECT ?");
        let long = statement_for_log(&"ж".repeat(3_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (MAX_LOGGED_CHARS + 1, true));
    }
}

//! Where queries run: workers that read, workers that write, and the transactions around what is
//! written.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::TransactionManager;

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;
use crate::db::group_commit::{MAX_COMMIT_ATTEMPTS, commit};
use crate::db::job::QueryOutcome;
use crate::db::pool::ConnectionPool;
use crate::db::statement_stats;
use crate::db::worker_connection::PoolConfig;

/// How many connections there are and how long work may wait for them.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseConfig {
    /// Read connections.
    pub readers: usize,
    /// Write connections (SQLite always has one).
    pub writers: usize,
    /// How long a request may wait for a connection before it is answered 503.
    pub acquire_timeout: Duration,
    /// How many requests may wait for a connection before the next is answered 503.
    pub max_queue_len: usize,
    /// What each session starts with.
    pub session: SessionConfig,
}

/// Connections for reads of many steps.
const STREAM_READERS: usize = 1;

/// The database as the rest of the product sees it; cheap to clone.
#[derive(Clone)]
pub struct Database {
    /// Reads that may lag behind: of a replica, where there is one.
    reader: Arc<ConnectionPool>,
    /// Reads that must see what was just written.
    primary_reader: Arc<ConnectionPool>,
    /// The same two for reads of many steps, which would else keep those of pages waiting.
    stream_reader: Arc<ConnectionPool>,
    primary_stream_reader: Arc<ConnectionPool>,
    writer: Arc<ConnectionPool>,
}

impl Database {
    /// Prepares the workers; no connection is opened until one is needed.
    pub fn new(primary: &Target, replica: Option<&Target>, config: DatabaseConfig) -> Self {
        let pool = |targets: Vec<Target>, access, size| {
            Arc::new(ConnectionPool::new(
                PoolConfig {
                    targets,
                    access,
                    session: config.session,
                    acquire_timeout: config.acquire_timeout,
                    max_queue_len: config.max_queue_len,
                },
                size,
            ))
        };
        let primary_read_pool = pool(vec![primary.clone()], Access::Read, config.readers);
        let read_pool = match replica {
            Some(replica) => {
                pool(vec![replica.clone(), primary.clone()], Access::Read, config.readers)
            }
            None => Arc::clone(&primary_read_pool),
        };
        let primary_stream_pool = pool(vec![primary.clone()], Access::ReadStream, STREAM_READERS);
        let stream_pool = match replica {
            Some(replica) => {
                pool(vec![replica.clone(), primary.clone()], Access::ReadStream, STREAM_READERS)
            }
            None => Arc::clone(&primary_stream_pool),
        };
        let writers = if primary.is_sqlite() { 1 } else { config.writers };
        Self {
            reader: read_pool,
            primary_reader: primary_read_pool,
            stream_reader: stream_pool,
            primary_stream_reader: primary_stream_pool,
            writer: pool(vec![primary.clone()], Access::Write, writers),
        }
    }

    /// Runs `work` on a read connection; of a replica where there is one, else of the primary. It
    /// may run twice, if the first connection turns out to be dead. Its error type decides what the
    /// caller sees.
    pub async fn read<T, E, F>(&self, work: F) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read_with_pool(&self.reader, work).await
    }

    /// The same on the primary: what has been written is seen.
    pub async fn read_primary<T, E, F>(&self, work: F) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read_with_pool(&self.primary_reader, work).await
    }

    /// Runs one step of a read of many steps, of a replica where that may lag behind. However many
    /// there are, they take no more than one connection's time, and none of those that pages are
    /// read with.
    pub async fn read_stream_batch<T, E, F>(
        &self,
        allow_replica: bool,
        work: F,
    ) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read_with_pool(
            if allow_replica { &self.stream_reader } else { &self.primary_stream_reader },
            work,
        )
        .await
    }

    /// Runs `work` in a transaction on a write connection: everything it wrote is kept, or nothing
    /// is. Others that wait share the transaction, and `work` runs again where one of them fails.
    pub async fn write<T, E, F>(&self, work: F) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.run_grouped(work).await
    }

    /// Runs `work` in a transaction on this thread, on a connection of its own: for the command
    /// line.
    pub fn write_blocking<T, E, F>(&self, mut work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnMut(&mut Connection) -> Result<T, E>,
    {
        run_transaction(&mut self.connect()?, &mut work)
    }

    /// A connection of its own, for migrations and other work past the workers.
    pub fn connect(&self) -> Result<Connection, Error> {
        self.writer.connect()
    }
}

async fn read_with_pool<T, E, F>(pool: &ConnectionPool, mut work: F) -> Result<QueryOutcome<T>, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
{
    pool.run(move |worker, config| {
        statement_stats::take_statement_count();
        let value =
            worker.run(config, || true, |connection| connection.with_sqlite_snapshot(&mut work))?;
        Ok(QueryOutcome { value, statement_count: statement_stats::take_statement_count() })
    })
    .await
}

fn run_transaction<T, E: From<Error>>(
    connection: &mut Connection,
    work: &mut impl FnMut(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let mut attempt = 1;
    loop {
        crate::db::search::discard_write_buffer();
        connection.begin_write()?;
        let value = match work(connection) {
            Ok(value) => value,
            Err(error) => {
                // The cause is told, not that a connection which broke cannot roll back either.
                drop(Connection::rollback_transaction(connection));
                return Err(error);
            }
        };
        match commit(connection) {
            Ok(()) => return Ok(value),
            Err(Error::Conflict(_)) if attempt < MAX_COMMIT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

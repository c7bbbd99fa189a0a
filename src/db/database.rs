//! Pools for reads, streamed reads and writes, and the transactions around writes.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::TransactionManager;

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::error::Error;
use crate::db::group_commit::{MAX_COMMIT_ATTEMPTS, commit};
use crate::db::job::{QueryOutcome, ReadCost};
use crate::db::pool::ConnectionPool;
use crate::db::statement_stats;
use crate::db::worker_connection::PoolConfig;

/// Pool sizes and queue limits of a [`Database`].
#[derive(Clone, Copy, Debug)]
pub struct DatabaseConfig {
    /// Number of read connections.
    pub readers: usize,
    /// Number of write connections. SQLite always has one.
    pub writers: usize,
    /// Maximum time that a request waits for a connection. Requests that wait longer get 503.
    pub acquire_timeout: Duration,
    /// Maximum number of requests that wait for a connection. Further requests get 503.
    pub max_queue_len: usize,
    /// Settings of each session.
    pub session: SessionConfig,
}

/// How much longer than a page request a batch of a streamed read waits for its connection.
const STREAM_WAIT_FACTOR: u32 = 12;
/// Number of connections for streamed reads.
const STREAM_READERS: usize = 1;

/// Handle to the database for the rest of the crate. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    /// Pool for reads that tolerate replication lag. Uses the replica if one is configured.
    reader: Arc<ConnectionPool>,
    /// Pool for reads that must see the latest committed writes.
    primary_reader: Arc<ConnectionPool>,
    /// Pool for streamed reads that tolerate replication lag. Streams have pools of their own (this
    /// one and `primary_stream_reader`), so that they do not delay page requests.
    stream_reader: Arc<ConnectionPool>,
    primary_stream_reader: Arc<ConnectionPool>,
    writer: Arc<ConnectionPool>,
}

impl Database {
    /// Creates the pools. Threads and connections start on first use.
    pub fn new(primary: &Target, replica: Option<&Target>, config: DatabaseConfig) -> Self {
        let pool = |targets: Vec<Target>, access, size| {
            Arc::new(ConnectionPool::new(
                PoolConfig {
                    targets,
                    access,
                    session: config.session,
                    acquire_timeout: match access {
                        // An export that has begun fails if a batch has to wait for too long.
                        Access::ReadStream => {
                            config.acquire_timeout.saturating_mul(STREAM_WAIT_FACTOR)
                        }
                        Access::Read | Access::Write => config.acquire_timeout,
                    },
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

    /// Runs `work` on a read connection: of the replica if one is configured and reachable,
    /// otherwise of the primary.
    ///
    /// `work` may run twice, if the first connection turns out to be dead. The error type `E`
    /// determines how database errors are reported.
    pub async fn read<T, E, F>(&self, cost: ReadCost, work: F) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read_with_pool(&self.reader, cost, work).await
    }

    /// Runs `work` on a read connection of the primary, so that it sees all committed writes.
    pub async fn read_primary<T, E, F>(&self, cost: ReadCost, work: F) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read_with_pool(&self.primary_reader, cost, work).await
    }

    /// Runs one batch of a streamed read, on the replica if `allow_replica` is set and one is
    /// configured. All streams together use one connection, which page requests do not use.
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
            ReadCost::Heavy,
            work,
        )
        .await
    }

    /// Runs `work` in a transaction on a write connection: all of its changes are committed, or
    /// none.
    ///
    /// Other waiting writes may share the transaction. If one of them fails, the transaction is
    /// rolled back and `work` runs again.
    pub async fn write<T, E, F>(&self, work: F) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.run_grouped(work).await
    }

    /// Runs `work` in a transaction on the current thread, on a connection of its own. For the
    /// command line.
    pub fn write_blocking<T, E, F>(&self, mut work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnMut(&mut Connection) -> Result<T, E>,
    {
        run_transaction(&mut self.connect()?, &mut work)
    }

    /// Opens a connection outside the pools, for migrations and other command-line work.
    pub fn connect(&self) -> Result<Connection, Error> {
        self.writer.connect()
    }
}

async fn read_with_pool<T, E, F>(
    pool: &ConnectionPool,
    cost: ReadCost,
    mut work: F,
) -> Result<QueryOutcome<T>, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
{
    pool.run(cost, move |worker, config| {
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
                // Return the error of `work`, not that of a rollback on a broken connection.
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

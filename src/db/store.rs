//! Where queries run: workers that read, workers that write, and the transactions around what is
//! written.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::TransactionManager;

use super::connection::{Access, Connection, Session, Target};
use super::counter;
use super::error::Error;
use super::group::{ATTEMPTS, commit};
use super::workers::{Purpose, Workers};

/// How many connections there are and how long work may wait for them.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Read connections.
    pub readers: usize,
    /// Write connections (SQLite always has one).
    pub writers: usize,
    /// How long a request may wait for a connection before it is answered 503.
    pub wait: Duration,
    /// How many requests may wait for a connection before the next is answered 503.
    pub queue: usize,
    /// What each session starts with.
    pub session: Session,
}

/// Connections for reads of many steps.
const LONG_READERS: usize = 1;

/// The database as the rest of the product sees it; cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// Reads that may lag behind: of a replica, where there is one.
    read: Arc<Workers>,
    /// Reads that must see what was just written.
    read_current: Arc<Workers>,
    /// The same two for reads of many steps, which would else keep those of pages waiting.
    read_long: Arc<Workers>,
    read_long_current: Arc<Workers>,
    write: Arc<Workers>,
}

/// What a unit of work gave, and how many statements it took.
pub struct Done<T> {
    /// The result.
    pub value: T,
    /// Statements that ran.
    pub statements: u32,
}

impl Store {
    /// Prepares the workers; no connection is opened until one is needed.
    pub fn new(primary: &Target, replica: Option<&Target>, sizes: Sizes) -> Self {
        let workers = |targets: Vec<Target>, access, size| {
            Arc::new(Workers::new(
                Purpose {
                    targets,
                    access,
                    session: sizes.session,
                    wait: sizes.wait,
                    queue: sizes.queue,
                },
                size,
            ))
        };
        let read_current = workers(vec![primary.clone()], Access::Read, sizes.readers);
        let read = match replica {
            Some(replica) => {
                workers(vec![replica.clone(), primary.clone()], Access::Read, sizes.readers)
            }
            None => Arc::clone(&read_current),
        };
        let read_long_current = workers(vec![primary.clone()], Access::ReadOnce, LONG_READERS);
        let read_long = match replica {
            Some(replica) => {
                workers(vec![replica.clone(), primary.clone()], Access::ReadOnce, LONG_READERS)
            }
            None => Arc::clone(&read_long_current),
        };
        let writers = if primary.is_sqlite() { 1 } else { sizes.writers };
        Self {
            read,
            read_current,
            read_long,
            read_long_current,
            write: workers(vec![primary.clone()], Access::Write, writers),
        }
    }

    /// Runs `work` on a read connection; of a replica where there is one, else of the primary. It
    /// may run twice, if the first connection turns out to be dead. Its error type decides what the
    /// caller sees.
    pub async fn read<T, E, F>(&self, work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read(&self.read, work).await
    }

    /// The same on the primary: what has been written is seen.
    pub async fn read_current<T, E, F>(&self, work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read(&self.read_current, work).await
    }

    /// Runs one step of a read of many steps, of a replica where that may lag behind. However many
    /// there are, they take no more than one connection's time, and none of those that pages are
    /// read with.
    pub async fn read_step<T, E, F>(&self, may_lag: bool, work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        read(if may_lag { &self.read_long } else { &self.read_long_current }, work).await
    }

    /// Runs `work` in a transaction on a write connection: everything it wrote is kept, or nothing
    /// is. Others that wait share the transaction, and `work` runs again where one of them fails.
    pub async fn write<T, E, F>(&self, work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        self.write.write(work).await
    }

    /// Runs `work` in a transaction on this thread, on a connection of its own: for the command
    /// line.
    pub fn write_here<T, E, F>(&self, mut work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnMut(&mut Connection) -> Result<T, E>,
    {
        transaction(&mut self.connect()?, &mut work)
    }

    /// A connection of its own, for migrations and other work past the workers.
    pub fn connect(&self) -> Result<Connection, Error> {
        self.write.open()
    }
}

async fn read<T, E, F>(workers: &Workers, mut work: F) -> Result<Done<T>, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
{
    workers
        .run(move |held, purpose| {
            counter::take();
            let value = held.with(purpose, || true, |connection| connection.snapshot(&mut work))?;
            Ok(Done { value, statements: counter::take() })
        })
        .await
}

fn transaction<T, E: From<Error>>(
    connection: &mut Connection,
    work: &mut impl FnMut(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let mut attempt = 1;
    loop {
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
            Err(Error::Conflict(_)) if attempt < ATTEMPTS => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

//! Where queries run: a pool for reads, a pool for writes, one blocking thread per unit of work.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web;
use diesel::connection::TransactionManager;
use tokio::sync::Semaphore;

use super::connection::{Access, Connection, Session, Target};
use super::counter;
use super::error::Error;

/// How large the pools are and how long work may wait for them.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Read connections.
    pub readers: usize,
    /// Write connections (SQLite always has one).
    pub writers: usize,
    /// How long a request may wait for a connection before it is answered 503.
    pub wait: Duration,
    /// What each session starts with.
    pub session: Session,
}

/// The database as the rest of the product sees it; cheap to clone.
#[derive(Clone)]
pub struct Store {
    read: Arc<Pool>,
    write: Arc<Pool>,
}

/// Connections of one purpose, and as many permits as there may be connections.
struct Pool {
    target: Target,
    access: Access,
    session: Session,
    wait: Duration,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// What a unit of work gave, and how many statements it took.
pub struct Done<T> {
    /// The result.
    pub value: T,
    /// Statements that ran.
    pub statements: u32,
}

impl Store {
    /// Prepares the pools; no connection is opened until one is needed. Reads of PostgreSQL go to `replica` where there is one.
    pub fn new(primary: &Target, replica: Option<&Target>, sizes: Sizes) -> Self {
        let writers = if primary.is_sqlite() { 1 } else { sizes.writers };
        Self {
            read: Arc::new(Pool::new(replica.unwrap_or(primary).clone(), Access::Read, sizes.readers, sizes)),
            write: Arc::new(Pool::new(primary.clone(), Access::Write, writers, sizes)),
        }
    }

    /// Runs `work` on a read connection. Its error type decides what the caller sees.
    pub async fn read<T, E, F>(&self, work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        self.read.run(move |connection| work(connection)).await
    }

    /// Runs `work` in a transaction on a write connection: everything it wrote is kept, or nothing is.
    pub async fn write<T, E, F>(&self, mut work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        self.write.run(move |connection| transaction(connection, &mut work)).await
    }

    /// Runs `work` on a write connection on this thread: for the command line.
    pub fn write_here<T, E, F>(&self, mut work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnMut(&mut Connection) -> Result<T, E>,
    {
        let mut connection = self.write.take()?;
        transaction(&mut connection, &mut work)
    }

    /// A connection of its own, for migrations and other work outside the pools.
    pub fn connect(&self) -> Result<Connection, Error> {
        self.write.open()
    }
}

/// How often a transaction is run again after it met another one.
const ATTEMPTS: u32 = 4;

fn transaction<T, E: From<Error>>(connection: &mut Connection, work: &mut impl FnMut(&mut Connection) -> Result<T, E>) -> Result<T, E> {
    let mut attempt = 1;
    loop {
        connection.begin_write()?;
        let outcome = work(connection);
        let committed = match outcome {
            Ok(value) => match Connection::commit_transaction(connection) {
                Ok(()) => return Ok(value),
                Err(error) => {
                    // A commit that failed leaves a transaction open on SQLite; the pool must not get it back.
                    drop(Connection::rollback_transaction(connection));
                    Error::from(error)
                }
            },
            Err(error) => {
                Connection::rollback_transaction(connection).map_err(Error::from)?;
                return Err(error);
            }
        };
        if !matches!(committed, Error::Conflict(_)) || attempt == ATTEMPTS {
            return Err(committed.into());
        }
        attempt += 1;
    }
}

impl Pool {
    fn new(target: Target, access: Access, size: usize, sizes: Sizes) -> Self {
        Self {
            target,
            access,
            session: sizes.session,
            wait: sizes.wait,
            idle: Mutex::new(Vec::with_capacity(size)),
            permits: Arc::new(Semaphore::new(size)),
        }
    }

    fn open(&self) -> Result<Connection, Error> {
        Connection::open(&self.target, self.access, self.session)
    }

    fn take(&self) -> Result<Connection, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.open(), Ok)
    }

    fn give_back(&self, mut connection: Connection) {
        use diesel::r2d2::R2D2Connection;
        if connection.is_broken() {
            // One connection that broke means a server that went away: the idle ones are dead too.
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            return;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// The permit is taken before the thread, so that waiting costs no thread and overload can be answered.
    async fn run<T, E, F>(self: &Arc<Self>, work: F) -> Result<Done<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    {
        let permit = tokio::time::timeout(self.wait, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Error::Unavailable("no connection became free in time".to_owned()).into());
        };
        let pool = Arc::clone(self);
        let outcome = web::block(move || {
            let mut connection = pool.take()?;
            counter::take();
            let result = work(&mut connection);
            let statements = counter::take();
            pool.give_back(connection);
            drop(permit);
            result.map(|value| Done { value, statements })
        })
        .await;
        outcome.unwrap_or_else(|cancelled| Err(Error::Fault(cancelled.to_string()).into()))
    }
}

//! Threads that own the connections: a fixed number for each purpose, fed by one queue.
//!
//! A request never waits on a thread of its own, a slow query never holds up a thread that answers
//! others, a queue that does not move is answered 503 in time, and what does not fit into a full
//! one at once. `benches/README.md` has the figures against the alternatives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::db::connection::{Access, Connection, SessionConfig, Target};
use crate::db::database::QueryOutcome;
use crate::db::error::Error;
use crate::db::group_commit::{self, PendingWrite, QueuedWrite};
use crate::db::sqlite_file_watch::{self, WatchedFile};
use crate::db::statement_stats;

/// How long a worker that had to turn to the next database stays there before it tries the first
/// again.
const FALLBACK_RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// How many statements a connection keeps prepared before a new one takes its place. Each shape of
/// a request has statements of its own and diesel lets go of none, so that who makes up shapes
/// would fill the memory (36 kB each on SQLite).
const MAX_PREPARED_STATEMENTS: u32 = 256;

/// Where connections lead and what they are for.
#[derive(Clone, Debug)]
pub(super) struct PoolConfig {
    /// Databases in order of preference: a replica, then the primary.
    pub targets: Vec<Target>,
    /// What sessions may do.
    pub access: Access,
    /// What sessions start with.
    pub session: SessionConfig,
    /// How long work may wait for a free worker.
    pub acquire_timeout: Duration,
    /// How much work may wait for a free worker.
    pub max_queue_len: usize,
}

impl PoolConfig {
    /// Opens a connection to the first database that answers.
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
                    log::warn!("a replica cannot be used, turning to the primary: {error}")
                }
                Err(_) => {}
            }
        }
        outcome
    }
}

/// A connection as its worker holds it.
#[derive(Default)]
pub(super) struct WorkerConnection {
    connection: Option<Connection>,
    /// Its file, where it has one.
    watched_file: Option<WatchedFile>,
    /// When to try the preferred database again, while this is another.
    retry_preferred_at: Option<Instant>,
}

impl WorkerConnection {
    /// Runs `work` on the connection, opened if need be. Where a connection that had been idle
    /// turns out to be dead, and `work` `may_repeat` since it had no effect yet, it runs once more
    /// on a new one.
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
                return Err(Error::Internal(
                    "a connection that was opened is not there".to_owned(),
                )
                .into());
            };
            let outcome = work(connection);
            if outcome.is_ok() || connection.is_usable() {
                // What went into a file without a name is lost, whatever the database says.
                if outcome.is_ok() && config.access == Access::Write && !self.has_valid_file() {
                    self.discard();
                    return Err(Error::CommitUnknown(
                        "the database file was deleted, moved or replaced meanwhile".to_owned(),
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

    /// Lets the connection go, and says so where that is because its file is.
    fn discard(&mut self) {
        if !self.has_valid_file() {
            log::error!(
                "the database file was deleted, moved or replaced; the connection to it is given up"
            );
        }
        *self = Self::default();
    }

    fn has_valid_file(&self) -> bool {
        self.watched_file.as_ref().is_none_or(WatchedFile::is_same_file)
    }
}

type BoxedJob = Box<dyn FnOnce(&mut WorkerConnection, &PoolConfig) + Send>;

/// What a worker does.
pub(super) enum PoolJob {
    /// By itself.
    Single(BoxedJob),
    /// In a transaction with others.
    Grouped(Box<dyn PendingWrite>),
}

/// Worker threads of one purpose. They start with the first work and end with the value.
pub(super) struct ConnectionPool {
    config: Arc<PoolConfig>,
    size: usize,
    workers: Mutex<WorkerThreads>,
}

#[derive(Default)]
struct WorkerThreads {
    job_sender: Option<Sender<PoolJob>>,
    threads: Vec<JoinHandle<()>>,
}

impl ConnectionPool {
    /// Prepares so many workers; starts none.
    pub fn new(config: PoolConfig, size: usize) -> Self {
        Self { config: Arc::new(config), size, workers: Mutex::default() }
    }

    /// A connection of its own, outside the workers; a SQLite file that is not there is made.
    pub fn connect(&self) -> Result<Connection, Error> {
        let target = self
            .config
            .targets
            .first()
            .ok_or_else(|| Error::Internal("no database is configured".to_owned()))?;
        Connection::open(target, self.config.access, self.config.session)
    }

    /// Runs `work` on a worker. Work that no worker took up in time never runs; nor does work whose
    /// caller has gone.
    pub async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut WorkerConnection, &PoolConfig) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let job = |reply_sender: oneshot::Sender<_>, is_claimed: Arc<AtomicBool>| {
            PoolJob::Single(Box::new(move |worker, config| {
                if reply_sender.is_closed() || is_claimed.swap(true, Ordering::AcqRel) {
                    return;
                }
                // A panic is a fault of ours; it must not take the worker with it.
                let outcome = catch_unwind(AssertUnwindSafe(|| work(worker, config)))
                    .unwrap_or_else(|_| {
                        *worker = WorkerConnection::default();
                        Err(Error::Internal("the work panicked".to_owned()).into())
                    });
                drop(reply_sender.send(outcome));
            }))
        };
        self.submit(job).await
    }

    /// Runs `work` in a transaction that it may share with others, see [`group`]. Else as
    /// [`Self::run`].
    pub async fn run_grouped<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.submit(|reply_sender, is_claimed| {
            PoolJob::Grouped(Box::new(QueuedWrite {
                work,
                outcome: None,
                reply_sender: reply_sender,
                is_claimed: is_claimed,
            }))
        })
        .await
    }

    async fn submit<T, E: From<Error>>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, E>>, Arc<AtomicBool>) -> PoolJob,
    ) -> Result<T, E> {
        let (reply_sender, mut reply_receiver) = oneshot::channel();
        let is_claimed = Arc::new(AtomicBool::new(false));
        match self.job_sender()?.try_send(job(reply_sender, Arc::clone(&is_claimed))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let detail =
                    format!("{} requests wait for the database already", self.config.max_queue_len);
                return Err(Error::Unavailable(detail).into());
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(Error::Internal("the workers have ended".to_owned()).into());
            }
        }
        let outcome =
            match tokio::time::timeout(self.config.acquire_timeout, &mut reply_receiver).await {
                Ok(outcome) => outcome,
                Err(_) if !is_claimed.swap(true, Ordering::AcqRel) => {
                    return Err(
                        Error::Unavailable("no connection became free in time".to_owned()).into()
                    );
                }
                Err(_) => reply_receiver.await,
            };
        outcome.unwrap_or_else(|gone| {
            Err(Error::Internal(format!("a worker ended with work in hand: {gone}")).into())
        })
    }

    fn job_sender(&self) -> Result<Sender<PoolJob>, Error> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &workers.job_sender {
            return Ok(queue.clone());
        }
        let (queue, jobs) = bounded(self.config.max_queue_len);
        for number in 1..=self.size {
            let (jobs, config) = (jobs.clone(), Arc::clone(&self.config));
            let name = format!("{:?}-{number}", config.access).to_ascii_lowercase();
            let thread =
                thread::Builder::new().name(name).spawn(move || worker_loop(&jobs, &config));
            workers.threads.push(
                thread.map_err(|error| {
                    Error::Unavailable(format!("cannot start a thread: {error}"))
                })?,
            );
        }
        workers.job_sender = Some(queue.clone());
        Ok(queue)
    }
}

fn worker_loop(jobs: &Receiver<PoolJob>, config: &PoolConfig) {
    let mut worker = WorkerConnection::default();
    for job in jobs {
        match job {
            PoolJob::Single(work) => work(&mut worker, config),
            PoolJob::Grouped(first) => group_commit::write_group(&mut worker, config, first, jobs),
        }
    }
}

impl Drop for ConnectionPool {
    /// Connections are closed before the process ends, so that SQLite leaves one file behind.
    fn drop(&mut self) {
        let workers = self.workers.get_mut().unwrap_or_else(PoisonError::into_inner);
        workers.job_sender = None;
        for thread in workers.threads.drain(..) {
            // The last to let go may be a worker, with the end of its work.
            if thread.thread().id() != thread::current().id() {
                drop(thread.join());
            }
        }
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
        drop(ConnectionPool::new(config.clone(), 1).connect());
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

//! Threads that own the connections: a fixed number for each purpose, fed by one queue.
//!
//! A request never waits on a thread of its own, a slow query never holds up a thread that answers
//! others, a queue that does not move is answered 503 in time, and what does not fit into a full
//! one at once. `benches/README.md` has the figures against the alternatives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::group_commit::{self, QueuedWrite};
use crate::db::job::{PoolJob, QueryOutcome};
use crate::db::worker_connection::{PoolConfig, WorkerConnection};

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
                reply_sender,
                is_claimed,
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

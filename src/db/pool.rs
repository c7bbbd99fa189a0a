//! Worker threads that own the connections: a fixed number per pool, fed by two bounded queues, for
//! light and for heavy jobs.
//!
//! One worker takes only light jobs, and the others prefer them, so that searches which keep all
//! other workers busy do not delay the read of an item.
//!
//! Threads that serve requests never block on the database, and a slow query does not delay them. A
//! request that no worker takes within the acquire timeout fails with 503. If the queue is full, it
//! fails at once. `benches/README.md` compares the measured alternatives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};
use tokio::sync::oneshot;

use crate::db::connection::{Access, Connection};
use crate::db::error::Error;
use crate::db::group_commit::{self, QueuedWrite};
use crate::db::job::{PoolJob, QueryOutcome, ReadCost};
use crate::db::read_limit::{AbandonOnDrop, with_limit};
use crate::db::worker_connection::{PoolConfig, WorkerConnection};

/// A pool of worker threads. The threads start with the first job and stop when the pool is
/// dropped.
pub(super) struct ConnectionPool {
    config: Arc<PoolConfig>,
    size: usize,
    workers: Mutex<WorkerThreads>,
}

#[derive(Default)]
struct WorkerThreads {
    job_senders: Option<JobSenders>,
    threads: Vec<JoinHandle<()>>,
}

/// The sending ends of the queues.
#[derive(Clone)]
struct JobSenders {
    light: Sender<PoolJob>,
    heavy: Sender<PoolJob>,
}

/// The receiving ends of the queues.
#[derive(Clone)]
struct JobReceivers {
    light: Receiver<PoolJob>,
    /// `None` for the worker that takes only light jobs.
    heavy: Option<Receiver<PoolJob>>,
}

impl JobReceivers {
    /// Waits for the next job, a light one if there is one; `None` when the pool is dropped.
    fn next(&self) -> Option<PoolJob> {
        let Some(heavy) = &self.heavy else { return self.light.recv().ok() };
        if let Ok(job) = self.light.try_recv() {
            return Some(job);
        }
        select! {
            recv(self.light) -> job => job.ok(),
            recv(heavy) -> job => job.ok(),
        }
    }
}

impl ConnectionPool {
    /// Creates a pool of `size` workers without starting them.
    pub fn new(config: PoolConfig, size: usize) -> Self {
        Self { config: Arc::new(config), size, workers: Mutex::default() }
    }

    /// Opens a connection outside the workers. Creates the SQLite file if it does not exist.
    pub fn connect(&self) -> Result<Connection, Error> {
        let target = self
            .config
            .targets
            .first()
            .ok_or_else(|| Error::Internal("no database is configured".to_owned()))?;
        Connection::open(target, self.config.access, self.config.session)
    }

    /// Runs `work` on a worker thread. `work` never runs if no worker takes it within the acquire
    /// timeout, or if the caller is dropped before that.
    pub async fn run<T, E>(
        &self,
        cost: ReadCost,
        work: impl FnOnce(&mut WorkerConnection, &PoolConfig) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let is_abandoned = Arc::new(AtomicBool::new(false));
        let _abandon = AbandonOnDrop(Arc::clone(&is_abandoned));
        let job = |reply_sender: oneshot::Sender<_>, is_claimed: Arc<AtomicBool>| {
            PoolJob::Single(Box::new(move |worker, config| {
                if reply_sender.is_closed() || is_claimed.swap(true, Ordering::AcqRel) {
                    return;
                }
                let limited = || match config.access {
                    Access::Write => work(worker, config),
                    Access::Read | Access::ReadStream => {
                        with_limit(config.session.statement_timeout, is_abandoned, || {
                            work(worker, config)
                        })
                    }
                };
                // A panic must not terminate the worker thread.
                let outcome = catch_unwind(AssertUnwindSafe(limited)).unwrap_or_else(|_| {
                    *worker = WorkerConnection::default();
                    Err(Error::Internal("a database job panicked".to_owned()).into())
                });
                drop(reply_sender.send(outcome));
            }))
        };
        self.submit(cost, job).await
    }

    /// Runs `work` in a transaction that other writes may share, see [`group_commit`]. Otherwise
    /// like [`Self::run`].
    pub async fn run_grouped<T, E>(
        &self,
        work: impl FnMut(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<QueryOutcome<T>, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.submit(ReadCost::Light, |reply_sender, is_claimed| {
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
        cost: ReadCost,
        job: impl FnOnce(oneshot::Sender<Result<T, E>>, Arc<AtomicBool>) -> PoolJob,
    ) -> Result<T, E> {
        let (reply_sender, mut reply_receiver) = oneshot::channel();
        let is_claimed = Arc::new(AtomicBool::new(false));
        match self.job_sender(cost)?.try_send(job(reply_sender, Arc::clone(&is_claimed))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let detail =
                    format!("{} requests already wait for the database", self.config.max_queue_len);
                return Err(Error::Unavailable(detail).into());
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(Error::Internal("the worker threads have stopped".to_owned()).into());
            }
        }
        let outcome = match tokio::time::timeout(self.config.acquire_timeout, &mut reply_receiver)
            .await
        {
            Ok(outcome) => outcome,
            Err(_) if !is_claimed.swap(true, Ordering::AcqRel) => {
                return Err(Error::Unavailable("no connection available in time".to_owned()).into());
            }
            Err(_) => reply_receiver.await,
        };
        outcome.unwrap_or_else(|error| {
            Err(Error::Internal(format!("a worker thread stopped during a job: {error}")).into())
        })
    }

    fn job_sender(&self, cost: ReadCost) -> Result<Sender<PoolJob>, Error> {
        let select_queue = |senders: &JobSenders| match cost {
            ReadCost::Light => senders.light.clone(),
            ReadCost::Heavy => senders.heavy.clone(),
        };
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(senders) = &workers.job_senders {
            return Ok(select_queue(senders));
        }
        let (light_sender, light) = bounded(self.config.max_queue_len);
        let (heavy_sender, heavy) = bounded(self.config.max_queue_len);
        for number in 1..=self.size {
            // With a single worker, it takes all jobs.
            let is_reserved = number == 1 && self.size > 1;
            let heavy = (!is_reserved).then(|| heavy.clone());
            let jobs = JobReceivers { light: light.clone(), heavy };
            let config = Arc::clone(&self.config);
            let name = format!("{:?}-{number}", config.access).to_ascii_lowercase();
            let thread =
                thread::Builder::new().name(name).spawn(move || worker_loop(&jobs, &config));
            workers.threads.push(thread.map_err(|error| {
                Error::Unavailable(format!("cannot start a worker thread: {error}"))
            })?);
        }
        let senders = JobSenders { light: light_sender, heavy: heavy_sender };
        let queue = select_queue(&senders);
        workers.job_senders = Some(senders);
        Ok(queue)
    }
}

fn worker_loop(jobs: &JobReceivers, config: &PoolConfig) {
    let mut worker = WorkerConnection::default();
    while let Some(job) = jobs.next() {
        match job {
            PoolJob::Single(work) => work(&mut worker, config),
            PoolJob::Grouped(first) => {
                group_commit::write_group(&mut worker, config, first, &jobs.light);
            }
        }
    }
}

impl Drop for ConnectionPool {
    /// Waits for the threads, so that connections are closed before the process ends and SQLite
    /// leaves a single file.
    fn drop(&mut self) {
        let workers = self.workers.get_mut().unwrap_or_else(PoisonError::into_inner);
        workers.job_senders = None;
        for thread in workers.threads.drain(..) {
            // A worker may drop the last reference at the end of its job; it cannot join itself.
            if thread.thread().id() != thread::current().id() {
                drop(thread.join());
            }
        }
    }
}

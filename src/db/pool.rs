//! Worker threads that own the connections: a fixed number per pool, fed by one bounded queue.
//!
//! A heavy job enters the queue only while fewer heavy jobs than workers are in it or running, so
//! that one worker is always left to light jobs. The others wait in [`HeavyJobs`].
//!
//! Threads that serve requests never block on the database, and a slow query does not delay them. A
//! request that no worker takes within the acquire timeout fails with 503. If the queue is full, it
//! fails at once. `benches/README.md` compares the measured alternatives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::db::connection::{Access, Connection};
use crate::db::error::Error;
use crate::db::group_commit::{self, QueuedWrite};
use crate::db::heavy_jobs::HeavyJobs;
use crate::db::job::{PoolJob, QueryOutcome, ReadCost};
use crate::db::read_limit::{AbandonOnDrop, with_limit};
use crate::db::worker_connection::{PoolConfig, WorkerConnection};

/// A pool of worker threads. The threads start with the first job and stop when the pool is
/// dropped.
pub(super) struct ConnectionPool {
    config: Arc<PoolConfig>,
    size: usize,
    workers: Mutex<WorkerThreads>,
    heavy_jobs: Arc<HeavyJobs>,
}

#[derive(Default)]
struct WorkerThreads {
    job_sender: Option<Sender<PoolJob>>,
    threads: Vec<JoinHandle<()>>,
}

impl ConnectionPool {
    /// Creates a pool of `size` workers without starting them.
    pub fn new(config: PoolConfig, size: usize) -> Self {
        Self {
            config: Arc::new(config),
            size,
            workers: Mutex::default(),
            heavy_jobs: Arc::new(HeavyJobs::new(size.saturating_sub(1).max(1))),
        }
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
            PoolJob::Single(
                cost,
                Box::new(move |worker, config| {
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
                }),
            )
        };
        self.submit(job).await
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
        let job = job(reply_sender, Arc::clone(&is_claimed));
        let sender = self.job_sender()?;
        let max_queue_len = self.config.max_queue_len;
        let sent = match job {
            PoolJob::Single(ReadCost::Heavy, _) => {
                self.heavy_jobs.submit(job, &sender, max_queue_len)
            }
            PoolJob::Single(ReadCost::Light, _) | PoolJob::Grouped(_) => sender.try_send(job),
        };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                let message = format!("{max_queue_len} requests already wait for the database");
                return Err(Error::Unavailable(message).into());
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

    fn job_sender(&self) -> Result<Sender<PoolJob>, Error> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = &workers.job_sender {
            return Ok(queue.clone());
        }
        let (queue, jobs) = bounded(self.config.max_queue_len);
        for number in 1..=self.size {
            let (jobs, config) = (jobs.clone(), Arc::clone(&self.config));
            let heavy_jobs = Arc::clone(&self.heavy_jobs);
            let name = format!("{:?}-{number}", config.access).to_ascii_lowercase();
            let thread = thread::Builder::new()
                .name(name)
                .spawn(move || worker_loop(&jobs, &heavy_jobs, &config));
            workers.threads.push(thread.map_err(|error| {
                Error::Unavailable(format!("cannot start a worker thread: {error}"))
            })?);
        }
        workers.job_sender = Some(queue.clone());
        Ok(queue)
    }
}

fn worker_loop(jobs: &Receiver<PoolJob>, heavy_jobs: &HeavyJobs, config: &PoolConfig) {
    let mut worker = WorkerConnection::default();
    for job in jobs {
        let mut next = Some(job);
        while let Some(job) = next.take() {
            match job {
                PoolJob::Single(cost, work) => {
                    work(&mut worker, config);
                    if cost == ReadCost::Heavy {
                        next = heavy_jobs.finish();
                    }
                }
                PoolJob::Grouped(first) => {
                    next = group_commit::write_group(&mut worker, config, first, jobs);
                }
            }
        }
    }
}

impl Drop for ConnectionPool {
    /// Waits for the threads, so that connections are closed before the process ends and SQLite
    /// leaves a single file.
    fn drop(&mut self) {
        let workers = self.workers.get_mut().unwrap_or_else(PoisonError::into_inner);
        workers.job_sender = None;
        for thread in workers.threads.drain(..) {
            // A worker may drop the last reference at the end of its job; it cannot join itself.
            if thread.thread().id() != thread::current().id() {
                drop(thread.join());
            }
        }
    }
}

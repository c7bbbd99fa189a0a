//! Group commit: writes that wait while another one is executed join its transaction, so that all
//! of them wait for a single disk sync.
//!
//! Results are returned only after the commit. If a write fails, the transaction is rolled back and
//! the others run again without it. There are no savepoints, because they would slow down every
//! successful write.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use diesel::connection::TransactionManager;
use tokio::sync::oneshot;

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::job::{PendingWrite, PoolJob, QueryOutcome};
use crate::db::statement_stats;
use crate::db::worker_connection::{PoolConfig, WorkerConnection};

/// Maximum number of writes per transaction.
const MAX_GROUP_SIZE: usize = 64;
/// Time after which a transaction accepts no more writes.
const MAX_GROUP_TIME: Duration = Duration::from_millis(20);
/// Maximum number of attempts to run a transaction that conflicts with another one.
pub(super) const MAX_COMMIT_ATTEMPTS: u32 = 4;

/// The [`PendingWrite`] of a closure.
pub(super) struct QueuedWrite<T, E, F> {
    /// Performs the write.
    pub work: F,
    /// Result of the last run of `work`.
    pub outcome: Option<Result<QueryOutcome<T>, E>>,
    /// Channel to the caller that awaits the result.
    pub reply_sender: oneshot::Sender<Result<QueryOutcome<T>, E>>,
    /// Set when a worker takes the write, or when the caller stops waiting for it.
    pub is_claimed: Arc<AtomicBool>,
}

impl<T, E, F> PendingWrite for QueuedWrite<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: FnMut(&mut Connection) -> Result<T, E> + Send,
{
    fn claim(&self) -> bool {
        !self.reply_sender.is_closed() && !self.is_claimed.swap(true, Ordering::AcqRel)
    }

    fn run(&mut self, connection: &mut Connection) -> bool {
        statement_stats::take_statement_count();
        self.outcome = None;
        let outcome = (self.work)(connection).map(|value| QueryOutcome {
            value,
            statement_count: statement_stats::take_statement_count(),
        });
        let is_ok = outcome.is_ok();
        self.outcome = Some(outcome);
        is_ok
    }

    fn reply(self: Box<Self>, commit_result: Result<(), Error>) {
        let outcome = match (self.outcome, commit_result) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (_, Err(error)) => Err(error.into()),
            (None, Ok(())) => {
                Err(Error::Internal("a write was committed before it had run".to_owned()).into())
            }
        };
        drop(self.reply_sender.send(outcome));
    }
}

/// Runs `first` and the writes queued behind it in one transaction, and replies to all of them.
///
/// Returns a job of another sort if it took one from the queue.
pub(super) fn write_group(
    worker: &mut WorkerConnection,
    config: &PoolConfig,
    first: Box<dyn PendingWrite>,
    waiting: &Receiver<PoolJob>,
) -> Option<PoolJob> {
    let mut pending_writes: Vec<Box<dyn PendingWrite>> = Vec::new();
    pending_writes.extend(Some(first).filter(|pending_write| pending_write.claim()));
    let (mut may_grow, mut attempt) = (true, 1);
    let mut leftover_job = None;
    while !pending_writes.is_empty() {
        let begun = Cell::new(false);
        let (mut failed_index, mut panicked) = (None, false);
        let outcome: Result<(), Error> = worker.run(
            config,
            || !begun.get(),
            |connection| {
                crate::db::search::discard_write_buffer();
                connection.begin_write()?;
                begun.set(true);
                let started = Instant::now();
                let mut done = 0_usize;
                loop {
                    if let Some(pending_write) = pending_writes.get_mut(done) {
                        let result =
                            catch_unwind(AssertUnwindSafe(|| pending_write.run(connection)));
                        if matches!(result, Ok(true)) {
                            done = done.saturating_add(1);
                            continue;
                        }
                        (failed_index, panicked) = (Some(done), result.is_err());
                        // Return the error of the write, not that of a rollback on a broken
                        // connection.
                        drop(Connection::rollback_transaction(connection));
                        return Err(Error::Internal("a write panicked".to_owned()));
                    }
                    if !may_grow
                        || pending_writes.len() >= MAX_GROUP_SIZE
                        || started.elapsed() >= MAX_GROUP_TIME
                    {
                        break;
                    }
                    match waiting.try_recv() {
                        Ok(PoolJob::Grouped(pending_write)) => pending_writes.extend(
                            Some(pending_write).filter(|pending_write| pending_write.claim()),
                        ),
                        Ok(job @ PoolJob::Single(..)) => {
                            leftover_job = Some(job);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                commit(connection)
            },
        );
        if panicked {
            *worker = WorkerConnection::default();
        }
        if let Some(pending_write) = failed_index
            .filter(|index| *index < pending_writes.len())
            .map(|index| pending_writes.remove(index))
        {
            pending_write.reply(outcome);
            may_grow = false;
            continue;
        }
        if matches!(outcome, Err(Error::Conflict(_))) && attempt < MAX_COMMIT_ATTEMPTS {
            (attempt, may_grow) = (attempt + 1, false);
            continue;
        }
        for pending_write in pending_writes.drain(..) {
            pending_write.reply(outcome.clone());
        }
    }
    leftover_job
}

/// Flushes the write buffer of the full-text index and commits the open transaction. Rolls it back
/// on failure, so that none is left open.
pub(super) fn commit(connection: &mut Connection) -> Result<(), Error> {
    if let Err(error) = crate::db::search::flush_write_buffer(connection) {
        drop(Connection::rollback_transaction(connection));
        return Err(error);
    }
    let Err(error) = Connection::commit_transaction(connection) else { return Ok(()) };
    // A failed commit leaves the transaction open on SQLite; the worker must not continue with it.
    drop(Connection::rollback_transaction(connection));
    Err(match Error::from(error) {
        // After this error SQLite may still recover the transaction from its WAL when it next
        // starts.
        Error::Unavailable(cause) if cause.contains("disk I/O error") => {
            Error::CommitUnknown(cause)
        }
        Error::Unavailable(cause) if !connection.is_usable() => Error::CommitUnknown(cause),
        known => known,
    })
}

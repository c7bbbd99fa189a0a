//! Jobs of the worker threads, and their results.

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::worker_connection::{PoolConfig, WorkerConnection};

/// Result of a query or transaction, with the number of statements that it took.
pub struct QueryOutcome<T> {
    /// The result.
    pub value: T,
    /// Number of executed statements.
    pub statement_count: u32,
}

type BoxedJob = Box<dyn FnOnce(&mut WorkerConnection, &PoolConfig) + Send>;

/// What a worker does.
pub(super) enum PoolJob {
    /// By itself.
    Single(BoxedJob),
    /// In a transaction with others.
    Grouped(Box<dyn PendingWrite>),
}

/// A write that waits for its turn.
pub(super) trait PendingWrite: Send {
    /// Takes it up; `false` where whoever asked for it has gone.
    fn claim(&self) -> bool;
    /// Writes; says whether that is to be kept. May run again, in another transaction.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Answers: why it failed, or else what became of its transaction.
    fn reply(self: Box<Self>, fate: Result<(), Error>);
}

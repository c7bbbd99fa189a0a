//! Jobs of the worker threads, and their results.

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::worker_connection::{PoolConfig, WorkerConnection};

/// Result of a query or transaction, and the number of statements it executed.
pub struct QueryOutcome<T> {
    /// The result.
    pub value: T,
    /// Number of executed statements.
    pub statement_count: u32,
}

/// Expected cost of a read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadCost {
    /// A few statements by index: an item, a page of a list, a key.
    Light,
    /// A search, a count or an aggregation, whose cost depends on the request.
    Heavy,
}

type BoxedJob = Box<dyn FnOnce(&mut WorkerConnection, &PoolConfig) + Send>;

/// A job for a worker thread.
pub(super) enum PoolJob {
    /// Runs alone.
    Single(ReadCost, BoxedJob),
    /// Runs in a transaction that other writes may share.
    Grouped(Box<dyn PendingWrite>),
}

/// A queued write.
pub(super) trait PendingWrite: Send {
    /// Claims the write for execution. Returns `false` if it was claimed before or the caller no
    /// longer waits.
    fn claim(&self) -> bool;
    /// Performs the write; returns whether it succeeded. May run again, in another transaction.
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Sends the result to the caller: the error of the write or, if it succeeded, the result of
    /// the commit.
    fn reply(self: Box<Self>, commit_result: Result<(), Error>);
}

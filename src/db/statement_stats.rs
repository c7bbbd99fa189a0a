//! Statement statistics per thread: the number of executed statements, the last failure, and the
//! number of cached prepared statements.
//!
//! Tests use the counts to check that a request executes a fixed number of queries. After a failure
//! the connection is checked before it is reused.

use std::cell::Cell;

/// Kind of a statement failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StatementFailure {
    /// Any failure that does not concern the connection.
    Other,
    /// The session is read-only. A connection opened later may be writable.
    ReadOnly,
}

thread_local! {
    static STATEMENTS: Cell<u32> = const { Cell::new(0) };
    static FAILED: Cell<Option<StatementFailure>> = const { Cell::new(None) };
    static PREPARED: Cell<u32> = const { Cell::new(0) };
}

/// Counts one executed statement on this thread.
pub(super) fn record_statement() {
    STATEMENTS.with(|n| n.set(n.get().saturating_add(1)));
}

/// Returns the number of statements counted on this thread since the last call.
pub(super) fn take_statement_count() -> u32 {
    STATEMENTS.with(Cell::take)
}

/// Runs `work` without counting its statements: for periodic work that belongs to no particular
/// request.
pub(super) fn without_counting<T>(work: impl FnOnce() -> T) -> T {
    let before = take_statement_count();
    let result = work();
    STATEMENTS.with(|n| n.set(before));
    result
}

/// Records a failed statement on this thread.
pub(super) fn record_failure(failure: StatementFailure) {
    FAILED.with(|failed| failed.set(Some(failure)));
}

/// Returns the kind of the last failure on this thread since the last call.
pub(super) fn take_failure() -> Option<StatementFailure> {
    FAILED.with(Cell::take)
}

/// Records that the connection of this thread caches one more prepared statement.
pub(super) fn record_prepared() {
    PREPARED.with(|n| n.set(n.get().saturating_add(1)));
}

/// Returns the number of prepared statements that the connection of this thread caches.
pub(super) fn prepared_count() -> u32 {
    PREPARED.with(Cell::get)
}

/// Resets the number of prepared statements when this thread opens a new connection.
pub(super) fn reset_prepared() {
    PREPARED.with(|n| n.set(0));
}

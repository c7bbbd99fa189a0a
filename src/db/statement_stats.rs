//! What the statements of a thread did: how many there were, by which the tests hold the fixed
//! number of queries, whether one failed, after which the connection must show that it still works,
//! and how many the connection keeps prepared.

use std::cell::Cell;

/// How a statement failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StatementFailure {
    /// In a way that says nothing of the connection.
    Other,
    /// The connection can only read: one that is opened later may write.
    ReadOnly,
}

thread_local! {
    static STATEMENTS: Cell<u32> = const { Cell::new(0) };
    static FAILED: Cell<Option<StatementFailure>> = const { Cell::new(None) };
    static PREPARED: Cell<u32> = const { Cell::new(0) };
}

/// Counts one statement of this thread.
pub(super) fn record_statement() {
    STATEMENTS.with(|n| n.set(n.get().saturating_add(1)));
}

/// Statements counted on this thread since the last call.
pub(super) fn take_statement_count() -> u32 {
    STATEMENTS.with(Cell::take)
}

/// Runs what is done now and then, and for no request in particular, without counting its
/// statements.
pub(super) fn without_counting<T>(work: impl FnOnce() -> T) -> T {
    let before = take_statement_count();
    let result = work();
    STATEMENTS.with(|n| n.set(before));
    result
}

/// Notes that a statement of this thread failed.
pub(super) fn record_failure(failure: StatementFailure) {
    FAILED.with(|failed| failed.set(Some(failure)));
}

/// How the last statement of this thread that failed since the last call did so.
pub(super) fn take_failure() -> Option<StatementFailure> {
    FAILED.with(Cell::take)
}

/// Notes that the connection of this thread keeps one more statement prepared.
pub(super) fn record_prepared() {
    PREPARED.with(|n| n.set(n.get().saturating_add(1)));
}

/// How many statements the connection of this thread keeps prepared.
pub(super) fn prepared_count() -> u32 {
    PREPARED.with(Cell::get)
}

/// Notes that this thread has a new connection.
pub(super) fn reset_prepared() {
    PREPARED.with(|n| n.set(0));
}

//! How many statements a unit of work ran: what the tests hold the fixed number of queries with.

use std::cell::Cell;

thread_local! {
    static STATEMENTS: Cell<u32> = const { Cell::new(0) };
}

/// Counts one statement of this thread.
pub(super) fn count() {
    STATEMENTS.with(|n| n.set(n.get().saturating_add(1)));
}

/// Statements counted on this thread since the last call.
pub(super) fn take() -> u32 {
    STATEMENTS.with(Cell::take)
}

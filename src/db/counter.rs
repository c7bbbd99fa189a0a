//! What the statements of a unit of work did: how many there were, by which the tests hold the fixed number of queries, and
//! whether one failed, after which the connection must show that it still works.

use std::cell::Cell;

thread_local! {
    static STATEMENTS: Cell<u32> = const { Cell::new(0) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Counts one statement of this thread.
pub(super) fn count() {
    STATEMENTS.with(|n| n.set(n.get().saturating_add(1)));
}

/// Statements counted on this thread since the last call.
pub(super) fn take() -> u32 {
    STATEMENTS.with(Cell::take)
}

/// Notes that a statement of this thread failed.
pub(super) fn note_failure() {
    FAILED.with(|failed| failed.set(true));
}

/// Whether a statement of this thread has failed since the last call.
pub(super) fn take_failure() -> bool {
    FAILED.with(Cell::take)
}

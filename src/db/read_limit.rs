//! The limits of a read: a deadline, and the end of work whose caller no longer waits, because the
//! client closed the connection.
//!
//! Both databases check them before each statement, SQLite also every few thousand steps of a
//! statement, see [`interrupt_sqlite`]; PostgreSQL has `statement_timeout`. Work in memory has no
//! limit, and neither has what is loaded for other requests as well, see [`without_limit`].

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::DatabaseErrorKind;

/// Message of SQLite for an interrupted statement.
pub(super) const INTERRUPTED: &str = "interrupted";

/// The limits of the read that runs on this thread.
struct ReadLimit {
    deadline: Instant,
    is_abandoned: Arc<AtomicBool>,
}

thread_local! {
    static LIMIT: RefCell<Option<ReadLimit>> = const { RefCell::new(None) };
}

/// Sets a flag when it is dropped: when the caller of a read no longer waits.
pub(super) struct AbandonOnDrop(pub Arc<AtomicBool>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Removes the limits when it is dropped, also by a panic.
struct ClearOnDrop;

impl Drop for ClearOnDrop {
    fn drop(&mut self) {
        LIMIT.with_borrow_mut(|limit| *limit = None);
    }
}

/// Runs a read that must end within this time, or soon after it was abandoned.
pub(super) fn with_limit<T>(
    time: Duration,
    is_abandoned: Arc<AtomicBool>,
    work: impl FnOnce() -> T,
) -> T {
    let limit = ReadLimit { deadline: Instant::now() + time, is_abandoned };
    LIMIT.with_borrow_mut(|current| *current = Some(limit));
    let _clear = ClearOnDrop;
    work()
}

/// Runs a part of a read whose result is cached for other requests: it is not lost because the first
/// client that needs it closes its connection.
pub fn without_limit<T>(work: impl FnOnce() -> T) -> T {
    let limit = LIMIT.take();
    let result = work();
    LIMIT.set(limit);
    result
}

/// Returns an error like that of an interrupted statement if the read on this thread has exceeded
/// its limits. Called before each statement, and between long work in memory.
pub fn enforce() -> QueryResult<()> {
    if is_exceeded() {
        let message = Box::new(INTERRUPTED.to_owned());
        return Err(diesel::result::Error::DatabaseError(DatabaseErrorKind::Unknown, message));
    }
    Ok(())
}

/// Whether the read on this thread has exceeded its limits.
fn is_exceeded() -> bool {
    LIMIT.with_borrow(|limit| {
        limit.as_ref().is_some_and(|limit| {
            limit.is_abandoned.load(Ordering::Relaxed) || Instant::now() >= limit.deadline
        })
    })
}

/// Makes every SQLite connection that is opened after the first call interrupt statements of reads
/// that have exceeded their limits. The statement fails with "interrupted".
///
/// Diesel gives no access to the handle of a connection (2.4 will), so the handler is installed by a
/// function that SQLite calls for each new connection.
#[expect(unsafe_code, reason = "calls two functions of SQLite")]
pub(super) fn interrupt_sqlite() {
    use std::ffi::{c_char, c_int, c_void};
    use std::sync::Once;

    use libsqlite3_sys::{
        SQLITE_OK, sqlite3, sqlite3_api_routines, sqlite3_auto_extension, sqlite3_progress_handler,
    };

    /// Number of steps of the virtual machine between checks.
    const STEPS: c_int = 2_000;

    extern "C" fn is_over(_: *mut c_void) -> c_int {
        c_int::from(is_exceeded())
    }

    unsafe extern "C" fn install(
        database: *mut sqlite3,
        _: *mut *mut c_char,
        _: *const sqlite3_api_routines,
    ) -> c_int {
        // SAFETY: SQLite passes the handle of the connection that it is opening. The handler takes
        // no argument and does not use the connection.
        unsafe { sqlite3_progress_handler(database, STEPS, Some(is_over), std::ptr::null_mut()) };
        SQLITE_OK
    }

    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: `install` has the type that SQLite calls, and lives as long as the process.
        let status = unsafe { sqlite3_auto_extension(Some(install)) };
        if status != SQLITE_OK {
            log::error!("reads of SQLite have no deadline: status {status}");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_apply_within_the_work_only() {
        assert!(!is_exceeded());
        let flag = || Arc::new(AtomicBool::new(false));
        with_limit(Duration::ZERO, flag(), || {
            assert!(is_exceeded());
            without_limit(|| assert!(!is_exceeded()));
            assert!(is_exceeded());
        });
        with_limit(Duration::from_mins(1), flag(), || assert!(!is_exceeded()));
        let abandoned = flag();
        with_limit(Duration::from_mins(1), Arc::clone(&abandoned), || {
            assert!(!is_exceeded());
            drop(AbandonOnDrop(Arc::clone(&abandoned)));
            assert!(is_exceeded());
        });
        assert!(!is_exceeded());
    }
}

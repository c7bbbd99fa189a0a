//! Database errors, classified by the possible reactions of the caller.

use std::fmt;

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

use crate::db::read_limit::INTERRUPTED;

/// A failure of the database, as opposed to invalid input.
#[derive(Clone, Debug)]
pub enum Error {
    /// Locked, overloaded or unreachable. The same request may succeed later.
    Unavailable(String),
    /// A read did not end in time, or its caller no longer waits.
    TimeLimit(String),
    /// Readable but not writable: read-only, or no space is left. Nothing was stored.
    Unwritable(String),
    /// The connection failed during a commit. It is unknown whether the transaction was committed.
    CommitUnknown(String),
    /// The transaction conflicted with another one. It was rolled back and may be run again.
    Conflict(String),
    /// A unique or foreign key constraint was violated. Holds the name of the constraint or, if it
    /// is unknown, the message of the database.
    Constraint(String),
    /// An internal error of this program or of the database. The cause belongs in the log.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => write!(f, "database unavailable: {cause}"),
            Self::TimeLimit(cause) => write!(f, "time limit exceeded: {cause}"),
            Self::Unwritable(cause) => write!(f, "database not writable: {cause}"),
            Self::CommitUnknown(cause) => write!(f, "connection lost during commit: {cause}"),
            Self::Conflict(cause) => write!(f, "transaction conflict: {cause}"),
            Self::Constraint(cause) => write!(f, "constraint violated: {cause}"),
            Self::Internal(cause) => write!(f, "internal database error: {cause}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<ConnectionError> for Error {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        let text = error.to_string();
        match error {
            DieselError::DatabaseError(kind, info) => match kind {
                DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::ForeignKeyViolation => {
                    let name = info.constraint_name().map_or_else(|| text.clone(), str::to_owned);
                    Self::Constraint(name)
                }
                DatabaseErrorKind::SerializationFailure => Self::Conflict(text),
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                    Self::Unavailable(text)
                }
                _ if text.contains("deadlock detected") => Self::Conflict(text),
                // SQLite connections share the read-only state for as long as one of them is open.
                _ if text.contains("readonly database") => Self::Unwritable(format!(
                    "{text}; make the file and its directory writable for this process, then restart it"
                )),
                _ if text == INTERRUPTED || text.contains("due to statement timeout") => {
                    Self::TimeLimit(text)
                }
                _ if is_read_only(&text) || is_disk_full(&text) => Self::Unwritable(text),
                _ if is_transient(&text) => Self::Unavailable(text),
                _ => Self::Internal(text),
            },
            // SQLite rolls back automatically when the disk is full, so the failed rollback is not
            // the cause.
            DieselError::RollbackErrorOnCommit { commit_error, .. } => {
                match Self::from(*commit_error) {
                    Self::Unwritable(cause) => Self::Unwritable(cause),
                    _ => Self::Unavailable(text),
                }
            }
            DieselError::BrokenTransactionManager => Self::Unavailable(text),
            _ => Self::Internal(text),
        }
    }
}

/// Returns whether a message reports a read-only session: of a file without write permission, or of
/// a server that became a replica.
pub(super) fn is_read_only(text: &str) -> bool {
    text.contains("readonly database") || text.contains("in a read-only transaction")
}

/// Returns whether a message reports that no storage space is left.
fn is_disk_full(text: &str) -> bool {
    ["disk is full", "No space left on device", "Disk quota exceeded"]
        .iter()
        .any(|message| text.contains(message))
}

/// Returns whether a message reports a transient state. Diesel has no error kinds for these.
fn is_transient(text: &str) -> bool {
    const TRANSIENT_MESSAGES: [&str; 8] = [
        "database is locked",
        "database table is locked",
        "disk I/O error",
        "canceling statement due to",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "too many clients",
    ];
    TRANSIENT_MESSAGES.iter().any(|message| text.contains(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_unwritable_from_unavailable() {
        let classify = |text: &str| {
            Error::from(DieselError::DatabaseError(
                DatabaseErrorKind::Unknown,
                Box::new(text.to_owned()),
            ))
        };
        for text in [
            "database or disk is full",
            "attempt to write a readonly database",
            "could not extend file \"base/5/1259\": No space left on device",
            "cannot execute INSERT in a read-only transaction",
        ] {
            assert!(matches!(classify(text), Error::Unwritable(_)), "{text}: {:?}", classify(text));
        }
        assert!(matches!(classify("database is locked"), Error::Unavailable(_)));
        assert!(matches!(classify("no such table: items"), Error::Internal(_)));
    }
}

//! What can go wrong with the database, reduced to what the caller can do about it.

use std::fmt;

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

/// A failure of the database, not of the input.
#[derive(Clone, Debug)]
pub enum Error {
    /// Locked, overloaded or away: the same request may succeed in a moment.
    Unavailable(String),
    /// It can be read but takes no changes: read-only, or no space is left. Nothing was stored.
    Unwritable(String),
    /// The connection broke while a transaction was being committed: whether it was kept is not
    /// known.
    CommitUnknown(String),
    /// Two transactions met; the transaction was rolled back and may be run again.
    Conflict(String),
    /// A unique or foreign key constraint was violated; holds the constraint's description.
    Constraint(String),
    /// A fault of ours or of the database: the cause belongs in the log.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => write!(f, "database unavailable: {cause}"),
            Self::Unwritable(cause) => write!(f, "database takes no changes: {cause}"),
            Self::CommitUnknown(cause) => write!(f, "database lost while committing: {cause}"),
            Self::Conflict(cause) => write!(f, "transactions conflict: {cause}"),
            Self::Constraint(cause) => write!(f, "constraint violated: {cause}"),
            Self::Internal(cause) => write!(f, "database fault: {cause}"),
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
                // SQLite's connections share that they can only read, as long as one of them is
                // open.
                _ if text.contains("readonly database") => Self::Unwritable(format!(
                    "{text}; make the file and its directory writable for this process, then restart it"
                )),
                _ if is_read_only(&text) || is_disk_full(&text) => Self::Unwritable(text),
                _ if is_transient(&text) => Self::Unavailable(text),
                _ => Self::Internal(text),
            },
            // SQLite rolls back by itself when its disk is full: that there is nothing more to roll
            // back is no news.
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

/// Whether this says that a session can only read: of a file without permission, or of a server
/// that became a replica.
pub(super) fn is_read_only(text: &str) -> bool {
    text.contains("readonly database") || text.contains("in a read-only transaction")
}

/// Whether this says that there is no space to store more.
fn is_disk_full(text: &str) -> bool {
    ["disk is full", "No space left on device", "Disk quota exceeded"]
        .iter()
        .any(|message| text.contains(message))
}

/// Messages of states that pass by themselves; diesel has no kinds for them.
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

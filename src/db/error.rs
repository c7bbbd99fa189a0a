//! What can go wrong with the database, reduced to what the caller can do about it.

use std::fmt;

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

/// A failure of the database, not of the input.
#[derive(Debug)]
pub enum Error {
    /// Locked, overloaded or away: the same request may succeed in a moment.
    Unavailable(String),
    /// The connection broke while a transaction was being committed: whether it was kept is not known.
    Uncertain(String),
    /// Two transactions met; the transaction was rolled back and may be run again.
    Conflict(String),
    /// A unique or foreign key constraint was violated; holds the constraint's description.
    Constraint(String),
    /// A fault of ours or of the database: the cause belongs in the log.
    Fault(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => write!(f, "database unavailable: {cause}"),
            Self::Uncertain(cause) => write!(f, "database lost while committing: {cause}"),
            Self::Conflict(cause) => write!(f, "transactions conflict: {cause}"),
            Self::Constraint(cause) => write!(f, "constraint violated: {cause}"),
            Self::Fault(cause) => write!(f, "database fault: {cause}"),
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
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => Self::Unavailable(text),
                _ if text.contains("deadlock detected") => Self::Conflict(text),
                _ if is_passing(&text) => Self::Unavailable(text),
                _ => Self::Fault(text),
            },
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => Self::Unavailable(text),
            _ => Self::Fault(text),
        }
    }
}

/// Messages of states that pass by themselves; diesel has no kinds for them.
fn is_passing(text: &str) -> bool {
    const PASSING: [&str; 9] = [
        "database is locked",
        "database table is locked",
        "disk is full",
        "disk I/O error",
        "canceling statement due to",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "too many clients",
    ];
    PASSING.iter().any(|passing| text.contains(passing))
}

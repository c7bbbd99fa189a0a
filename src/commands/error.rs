//! Why a command failed.

use crate::http::problem::Problem;

/// What ends a command: one line, or several, and exit code 2 where the caller can mend it.
#[derive(Debug)]
pub struct CommandError {
    /// What to print.
    pub messages: Vec<String>,
    /// 2 for what the caller can mend, 1 for the rest.
    pub exit_code: u8,
}

impl CommandError {
    pub(super) fn usage(line: impl std::fmt::Display) -> Self {
        Self { messages: vec![line.to_string()], exit_code: 2 }
    }
}

impl From<crate::server::StartError> for CommandError {
    fn from(error: crate::server::StartError) -> Self {
        Self::usage(error)
    }
}

impl From<crate::db::Error> for CommandError {
    fn from(error: crate::db::Error) -> Self {
        Self { messages: vec![error.to_string()], exit_code: 1 }
    }
}

impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        Self { messages: vec![problem.to_string()], exit_code: 1 }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self { messages: vec![error.to_string()], exit_code: 1 }
    }
}

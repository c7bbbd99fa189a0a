//! Errors of commands.

use crate::http::problem::Problem;

/// The failure of a command: messages and an exit code.
#[derive(Debug)]
pub struct CommandError {
    /// The lines to print.
    pub messages: Vec<String>,
    /// 2 for errors of the caller (arguments, settings, input), 1 for others.
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

//! Output for the operator.

use std::io::Write;

/// A line for the operator, on standard error; causes that come in several lines are joined.
pub fn print_status(line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    drop(writeln!(std::io::stderr(), "{}", words.join(" ")));
}

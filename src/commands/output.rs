//! Output for the operator.

use std::io::Write;

/// Prints a message on standard error. Line breaks in it are replaced by spaces.
pub fn print_status(line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    drop(writeln!(std::io::stderr(), "{}", words.join(" ")));
}

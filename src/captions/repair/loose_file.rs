//! The parts of a file with errors, and what was done to them.

use crate::captions::track::{Cue, Repair, Track};

/// Maximum number of repairs that are listed for a file.
pub const MAX_REPAIRS: usize = 500;

/// The repairs done so far; only the first [`MAX_REPAIRS`] are listed.
#[derive(Debug, Default)]
pub(super) struct Repairs(Vec<Repair>);

impl Repairs {
    pub(super) fn add(&mut self, line: usize, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MAX_REPAIRS {
            self.0.push(Repair { line, code, detail: detail.into() });
        }
    }

    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The first repairs by line.
    pub(super) fn into_sorted(mut self) -> Vec<Repair> {
        self.0.sort_by_key(|repair| repair.line);
        self.0.truncate(MAX_REPAIRS);
        self.0
    }
}

/// The cues of a file with the numbers of their timing lines, in its order, and the rest of it.
#[derive(Debug, Default)]
pub(super) struct LooseFile {
    pub rest: Track,
    pub cues: Vec<(usize, Cue)>,
}

/// Whether strict parsers reject a character.
pub(super) fn is_control_character(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Replaces the control characters of a part of a file by spaces.
pub(super) fn clean(text: &str) -> String {
    text.replace(is_control_character, " ")
}

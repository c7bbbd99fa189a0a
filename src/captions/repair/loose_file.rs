//! The parts of a file with errors, and what was done to them.

use crate::captions::blocks::{enforce_cue_limit, enforce_payload_limit};
use crate::captions::timing::MAX_TIMESTAMP_MS;
use crate::captions::track::{Cue, ParseError, ParseErrors, Repair, Track};

/// Maximum number of repairs that are listed for a file.
pub const MAX_REPAIRS: usize = 500;

/// The repairs done so far; only the first [`MAX_REPAIRS`] are listed.
#[derive(Debug, Default)]
pub(in crate::captions) struct Repairs(Vec<Repair>);

impl Repairs {
    pub(in crate::captions) fn add(
        &mut self,
        line: usize,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        if self.0.len() < MAX_REPAIRS {
            self.0.push(Repair { line, code, detail: detail.into() });
        }
    }

    pub(in crate::captions) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The first repairs by line.
    pub(in crate::captions) fn into_sorted(mut self) -> Vec<Repair> {
        self.0.sort_by_key(|repair| repair.line);
        self.0.truncate(MAX_REPAIRS);
        self.0
    }
}

/// The cues of a file with the numbers of their timing lines, in its order, and the rest of it.
#[derive(Debug, Default)]
pub(in crate::captions) struct LooseFile {
    pub rest: Track,
    pub cues: Vec<(usize, Cue)>,
}

/// Whether strict parsers reject a character.
pub(in crate::captions) fn is_control_character(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Replaces the control characters of a part of a file by spaces.
pub(in crate::captions) fn clean(text: &str) -> String {
    text.replace(is_control_character, " ")
}

/// Drops cues that are never displayed, clips and sorts the others, and enforces the limits.
pub(in crate::captions) fn finish(
    file: LooseFile,
    repairs: &mut Repairs,
) -> Result<Track, Vec<ParseError>> {
    let mut errors = ParseErrors::default();
    let mut track = file.rest;
    let mut notes = Vec::new();
    let mut last_start_ms = 0;
    for (line, mut cue) in file.cues {
        notes.append(&mut cue.notes_before);
        if cue.start_ms >= MAX_TIMESTAMP_MS {
            let detail = "The cue starts after 999:59:59.999; it was dropped.";
            repairs.add(line, "out_of_range", detail);
            continue;
        }
        if cue.end_ms > MAX_TIMESTAMP_MS {
            let detail = "The end of the cue is after 999:59:59.999; it was set to that.";
            repairs.add(line, "out_of_range", detail);
            cue.end_ms = MAX_TIMESTAMP_MS;
        }
        if cue.end_ms <= cue.start_ms {
            let detail = "The cue does not end after its start, so that it is never displayed; it was dropped.";
            repairs.add(line, "end_before_start", detail);
            continue;
        }
        if cue.start_ms < last_start_ms {
            let detail = "The cue starts before the previous one; it was moved before it.";
            repairs.add(line, "out_of_order", detail);
        }
        last_start_ms = cue.start_ms;
        enforce_payload_limit(line, &cue.payload, &mut errors);
        enforce_cue_limit(&track.cues, line, &mut errors);
        cue.notes_before = std::mem::take(&mut notes);
        track.cues.push(cue);
    }
    track.cues.sort_by_key(|cue| cue.start_ms);
    // Notes before the first cue are part of the preamble.
    if let Some(first) = track.cues.first_mut() {
        track.preamble.append(&mut first.notes_before);
    }
    notes.append(&mut track.notes_after);
    track.notes_after = notes;
    errors.into_result(track)
}

//! What a file of captions holds, and what can be wrong with it.
//!
//! The names are those of the standard (WebVTT, 3 "Data model" and 4 "Syntax"). A track keeps all
//! that a WebVTT file says and where it stood, so that a file that was read and written again has
//! lost nothing.

/// The most cues a file may have: a day and a night of talk has fewer.
pub const MAX_CUES: usize = 20_000;

/// The most characters of one line of text.
pub const MAX_LINE: usize = 2_000;

/// The most characters of the payload of one cue.
pub const MAX_PAYLOAD: usize = 5_000;

/// The most problems that are told at once; whoever has more has another format.
pub const MAX_PROBLEMS: usize = 20;

/// The two formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WebVTT, `text/vtt`.
    WebVtt,
    /// SubRip, `application/x-subrip`.
    Srt,
}

/// What a file holds, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// The text after `WEBVTT` on the first line.
    pub header: String,
    /// The lines between the first line and the first blank one, such as `X-TIMESTAMP-MAP=…` (HLS).
    pub metadata: Vec<String>,
    /// The STYLE, REGION and NOTE blocks before the first cue, each verbatim, its lines joined by
    /// `\n`.
    pub preamble: Vec<String>,
    /// The cues; each starts no earlier than the one before it.
    pub cues: Vec<Cue>,
    /// The NOTE blocks after the last cue.
    pub notes_after: Vec<String>,
}

/// A text and the time in which it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cue {
    /// The NOTE blocks between the cue before and this one; those before the first cue are in the
    /// preamble.
    pub notes_before: Vec<String>,
    /// The line before the timings, by which scripts and styles find the cue.
    pub identifier: Option<String>,
    /// When it appears, in milliseconds from the start of the video.
    pub start_ms: i64,
    /// When it goes, later than its start.
    pub end_ms: i64,
    /// The cue settings (`line:0 align:start`), parted by one space; a setting that is not known is
    /// kept.
    pub settings: String,
    /// The cue text with its markup (WebVTT, 4.2.2), its lines joined by `\n`; no line is blank or
    /// has `-->`.
    pub payload: String,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// Which kind of problem, for programs.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub detail: String,
}

impl Problem {
    /// A problem at a line.
    pub fn new(line: usize, code: &'static str, detail: impl Into<String>) -> Self {
        Self { line, code, detail: detail.into() }
    }
}

/// The problems found so far, of which only the first [`MAX_PROBLEMS`] are kept.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, line: usize, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Problem::new(line, code, detail));
        }
    }

    /// The track when nothing was wrong with it, else the problems from top to bottom.
    pub(super) fn or(mut self, track: Track) -> Result<Track, Vec<Problem>> {
        if self.0.is_empty() {
            return Ok(track);
        }
        self.0.sort_by_key(|problem| problem.line);
        Err(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_told_in_order_and_not_all() {
        let mut problems = Problems::default();
        for line in (1..=50).rev() {
            problems.add(line, "invalid_time", "Wrong.");
        }
        let told = problems.or(Track::default()).unwrap_err();
        assert_eq!(told.len(), MAX_PROBLEMS);
        assert!(told.is_sorted_by_key(|problem| problem.line));
        assert_eq!(Problems::default().or(Track::default()), Ok(Track::default()));
    }
}

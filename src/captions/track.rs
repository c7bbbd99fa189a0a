//! Data model of a caption file, and parse errors.
//!
//! The names are those of the standard (WebVTT, 3 "Data model" and 4 "Syntax"). A track preserves
//! all content of a WebVTT file and its order, so that parsing and rendering a file loses nothing.

/// Maximum number of cues of a file.
pub const MAX_CUES: usize = 20_000;

/// Maximum length of a line of cue text, in characters.
pub const MAX_LINE_LEN: usize = 2_000;

/// Maximum length of the payload of a cue, in characters.
pub const MAX_PAYLOAD_LEN: usize = 5_000;

/// Maximum number of errors reported for a file.
pub const MAX_PARSE_ERRORS: usize = 20;

/// Format of a caption file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptionFormat {
    /// WebVTT, `text/vtt`.
    WebVtt,
    /// SubRip, `application/x-subrip`.
    Srt,
    /// Advanced `SubStation` Alpha (ASS) and its predecessor SSA.
    Ass,
    /// Timed Text Markup Language (W3C) with its profiles, such as DFXP and IMSC.
    Ttml,
    /// `SubViewer`, as `YouTube` exports it.
    Sbv,
}

impl CaptionFormat {
    /// The name of the format.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::WebVtt => "WebVTT",
            Self::Srt => "SRT",
            Self::Ass => "ASS",
            Self::Ttml => "TTML",
            Self::Sbv => "SBV",
        }
    }
}

/// The content of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// The text after `WEBVTT` on the first line.
    pub header: String,
    /// The lines between the first line and the first blank line, such as `X-TIMESTAMP-MAP=…`
    /// (HLS).
    pub metadata: Vec<String>,
    /// The STYLE, REGION and NOTE blocks before the first cue, verbatim; lines are joined by `\n`.
    pub preamble: Vec<String>,
    /// The cues, sorted by start.
    pub cues: Vec<Cue>,
    /// The NOTE blocks after the last cue.
    pub notes_after: Vec<String>,
}

impl Track {
    /// Removes the NOTE blocks: comments of authors, which players do not show.
    pub fn remove_notes(&mut self) {
        self.preamble.retain(|block| !is_note(block));
        self.notes_after.clear();
        for cue in &mut self.cues {
            cue.notes_before.clear();
        }
    }
}

/// Whether the first line of a block makes it a comment (WebVTT, 4.1 "WebVTT comment block").
pub fn is_note(line: &str) -> bool {
    line.strip_prefix("NOTE")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n']))
}

/// A text and the time during which it is displayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cue {
    /// The NOTE blocks between the previous cue and this one; those before the first cue are in the
    /// preamble.
    pub notes_before: Vec<String>,
    /// The line before the timing line, by which scripts and styles refer to the cue.
    pub identifier: Option<String>,
    /// Start time in milliseconds from the start of the video.
    pub start_ms: i64,
    /// End time in milliseconds; after the start.
    pub end_ms: i64,
    /// The cue settings (`line:0 align:start`), separated by single spaces; unknown settings are
    /// preserved.
    pub settings: String,
    /// The cue text with its markup (WebVTT, 4.2.2), its lines joined by `\n`; no line is blank or
    /// contains `-->`.
    pub payload: String,
}

/// An error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line number, counted from 1.
    pub line: usize,
    /// Machine-readable error code.
    pub code: &'static str,
    /// Description of the error and of its correction.
    pub detail: String,
}

impl ParseError {
    /// Creates an error at a line.
    pub fn new(line: usize, code: &'static str, detail: impl Into<String>) -> Self {
        Self { line, code, detail: detail.into() }
    }
}

/// A deviation from the format that was repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Line number, counted from 1.
    pub line: usize,
    /// Machine-readable code; that of the error, if the file is not repaired.
    pub code: &'static str,
    /// What was wrong and what was done.
    pub detail: String,
}

/// The errors found so far; only the first [`MAX_PARSE_ERRORS`] are collected.
#[derive(Debug, Default)]
pub(super) struct ParseErrors(Vec<ParseError>);

impl ParseErrors {
    pub(super) fn add(&mut self, line: usize, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MAX_PARSE_ERRORS {
            self.0.push(ParseError::new(line, code, detail));
        }
    }

    /// The track if there are no errors, otherwise the errors sorted by line.
    pub(super) fn into_result(mut self, track: Track) -> Result<Track, Vec<ParseError>> {
        if self.0.is_empty() {
            return Ok(track);
        }
        self.0.sort_by_key(|error| error.line);
        Err(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_errors_are_sorted_and_capped() {
        let mut errors = ParseErrors::default();
        for line in (1..=50).rev() {
            errors.add(line, "invalid_time", "Wrong.");
        }
        let errors = errors.into_result(Track::default()).unwrap_err();
        assert_eq!(errors.len(), MAX_PARSE_ERRORS);
        assert!(errors.is_sorted_by_key(|error| error.line));
        assert_eq!(ParseErrors::default().into_result(Track::default()), Ok(Track::default()));
    }
}

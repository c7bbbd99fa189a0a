//! Parsing and rendering of captions, subtitles, descriptions and chapters: WebVTT and SRT in, both
//! and plain text out.
//!
//! Pure functions without I/O. Tracks are stored as WebVTT (W3C, "WebVTT: The Web Video Text Tracks
//! Format"), which browsers play; SRT is converted to it when parsed and from it when rendered.
//!
//! - `track`: the data model of a file, its limits, and parse errors.
//! - `parse`: bytes in either format to a track, with the line number of every error.
//! - `encoding`: bytes to text.
//! - `formats`: other formats, which are converted.
//! - `repair`: the parsers for files with errors.
//! - `webvtt`, `srt`: parser and renderer of each format.
//! - `timing`, `blocks`: lines, blocks and timing lines, common to both formats.
//! - `webvtt_cue_text`, `srt_cue_text`: the text of a cue: plain text, voices, mapping of the text
//!   without its markup, and conversion between the formats.
//! - `char_refs`: character references.
//! - `displayed_lines`: the lines of a cue.
//! - `repeated_lines`: the lines that roll-up captions display again.
//! - `spoken`: the spoken lines of each cue and their speakers.
//! - `speakers`: conventions of marking a speaker in the text.
//! - `transcript`: the text of a track in paragraphs.

mod blocks;
mod char_refs;
mod displayed_lines;
mod encoding;
mod formats;
pub mod parse;
pub mod repair;
mod repeated_lines;
mod speakers;
pub mod spoken;
pub mod srt;
mod srt_cue_text;
#[cfg(test)]
mod test_fixtures;
pub mod timing;
pub mod track;
pub mod transcript;
pub mod webvtt;
pub mod webvtt_cue_text;

pub use parse::{ParseOptions, ParsedFile, parse, parse_webvtt};
pub use repeated_lines::without_repeated_lines;
pub use spoken::{SpokenCue, spoken_cues};
pub use timing::{format_srt_timestamp, format_webvtt_timestamp};
pub use track::{CaptionFormat, Cue, MAX_CUES, ParseError, Repair, Track};
pub use transcript::{Paragraph, paragraphs};

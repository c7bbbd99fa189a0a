//! Captions, subtitles, descriptions and chapters as files: WebVTT and SRT in, both and plain text
//! out.
//!
//! Pure functions without input or output. Everything is kept as WebVTT (W3C, "WebVTT: The Web
//! Video Text Tracks Format"), which browsers play; SRT is turned into it on the way in and made of
//! it on the way out.
//!
//! - [`track`]: what a file holds, what can be wrong with it, and how much of it there may be.
//! - [`mod@read`]: bytes to a track, of either format, with every problem named by its line.
//! - [`webvtt`], [`srt`]: the two formats, read and written.
//! - [`timing`] and `lines`: what the two share: lines, blocks, and the lines that say when.
//! - [`vtt_text`] and `srt_text`: the text of a cue: plain, with its voices, transliterated, and as
//!   SRT has it.
//! - [`transcript`]: all that is said, in paragraphs.

mod lines;
pub mod read;
pub mod srt;
mod srt_text;
pub mod timing;
pub mod track;
pub mod transcript;
pub mod vtt_text;
pub mod webvtt;

#[cfg(test)]
mod samples;

pub use read::read;
pub use timing::{timestamp_srt, timestamp_webvtt};
pub use track::{Cue, Format, MAX_CUES, Problem, Track};
pub use transcript::{Paragraph, paragraphs};

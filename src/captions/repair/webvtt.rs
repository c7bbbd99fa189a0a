//! WebVTT as browsers parse it (WebVTT, 6.1 "WebVTT file parsing" to 6.3 "cue timings and settings
//! parsing").

use super::cue_text::close_tag;
use super::loose_file::{LooseFile, Repairs, clean, is_control_character};
use crate::captions::blocks::{Line, join_lines};
use crate::captions::timing::{self, ARROW, is_setting};
use crate::captions::track::{CaptionFormat, Cue, is_note};
use crate::captions::webvtt::{is_identifier, is_style_or_region, parse_header};

/// Whether a file starts with the signature.
pub(super) fn has_signature(text: &str) -> bool {
    parse_header(text).is_some()
}

/// Parses the lines of a file with the signature.
pub(super) fn parse(lines: &[Line<'_>], repairs: &mut Repairs) -> LooseFile {
    let mut parser = Parser {
        lines,
        at: 1,
        file: LooseFile::default(),
        next_identifier: None,
        notes: Vec::new(),
        repairs,
    };
    let header = lines.first().and_then(|(_, line)| parse_header(line));
    parser.file.rest.header = clean(header.unwrap_or_default());
    parser.parse_metadata();
    while parser.at < lines.len() {
        parser.parse_block();
    }
    parser.file.rest.notes_after = parser.notes;
    parser.file
}

struct Parser<'a, 'r> {
    lines: &'a [Line<'a>],
    /// Index of the next line.
    at: usize,
    file: LooseFile,
    /// The identifier of a cue that follows the header without a blank line. WebVTT gives it none,
    /// but Chromium takes the last of an odd number of lines.
    next_identifier: Option<Line<'a>>,
    /// The notes since the last cue.
    notes: Vec<String>,
    repairs: &'r mut Repairs,
}

impl<'a> Parser<'a, '_> {
    fn next_line(&mut self) -> Option<Line<'a>> {
        let line = self.lines.get(self.at).copied();
        self.at += 1;
        line
    }

    /// Goes back to a line with an arrow that belongs to the next block.
    fn end_block_before(&mut self, (number, _): Line<'a>) {
        self.at -= 1;
        let detail = "The cue that starts here was separated from the lines before.";
        self.repairs.add(number, "missing_blank_line", detail);
    }

    /// Parses the lines between the first line and the first blank one.
    fn parse_metadata(&mut self) {
        let mut last = None;
        while let Some(line) = self.next_line() {
            if line.1.is_empty() {
                return;
            }
            if line.1.contains(ARROW) {
                self.next_identifier = last.filter(|_| self.file.rest.metadata.len() % 2 == 1);
                return self.end_block_before(line);
            }
            last = Some(line);
            self.file.rest.metadata.push(clean(line.1));
        }
    }

    /// Parses a block ("collect a WebVTT block"): a cue, a note, a style or a region.
    fn parse_block(&mut self) {
        let mut block: Vec<Line<'a>> = Vec::new();
        let mut timing: Option<(Line<'a>, Option<Cue>)> = None;
        let mut count = 0_usize;
        while let Some(line) = self.next_line() {
            count += 1;
            if line.1.is_empty() {
                break;
            }
            if !line.1.contains(ARROW) {
                block.push(line);
            } else if count == 1 || count == 2 && timing.is_none() {
                let identifier = self.next_identifier.take().or(block.first().copied());
                let cue = self.parse_timing(line, identifier);
                if cue.is_some() {
                    block.clear();
                }
                timing = Some((line, cue));
            } else {
                self.end_block_before(line);
                break;
            }
        }
        match (timing, block.first()) {
            (Some(((number, _), Some(cue))), _) => {
                let payload = clean(&join_lines(&block));
                let payload = close_tag(&payload, number, self.repairs).into_owned();
                let notes_before = std::mem::take(&mut self.notes);
                self.file.cues.push((number, Cue { notes_before, payload, ..cue }));
            }
            (Some(((number, _), None)), _) => {
                let detail = "The timestamps are not those of WebVTT; the cue was dropped.";
                self.repairs.add(number, "invalid_time", detail);
            }
            (None, Some((_, first))) if is_note(first) => {
                self.notes_or_preamble().push(clean(&join_lines(&block)));
            }
            (None, Some((_, first))) if is_style_or_region(first) && self.file.cues.is_empty() => {
                self.file.rest.preamble.push(clean(&join_lines(&block)));
            }
            (None, Some((number, first))) if is_style_or_region(first) => {
                let detail = "Players read STYLE and REGION blocks only before the first cue; the block was dropped.";
                self.repairs.add(*number, "misplaced_block", detail);
            }
            (None, Some((number, _))) => {
                let detail = "The text has no timestamps above it; it was dropped.";
                self.repairs.add(*number, "missing_timing", detail);
            }
            (None, None) => {}
        }
    }

    fn notes_or_preamble(&mut self) -> &mut Vec<String> {
        if self.file.cues.is_empty() { &mut self.file.rest.preamble } else { &mut self.notes }
    }

    /// Parses a timing line ("collect WebVTT cue timings and settings").
    fn parse_timing(
        &mut self,
        (number, line): Line<'a>,
        identifier: Option<Line<'a>>,
    ) -> Option<Cue> {
        let (start_ms, rest) = parse_timestamp(line.trim_ascii_start())?;
        let rest = rest.trim_ascii_start().strip_prefix(ARROW)?;
        let (end_ms, rest) = parse_timestamp(rest.trim_ascii_start())?;
        if timing::parse(line, CaptionFormat::WebVtt)
            .is_err_and(|error| error.code == "invalid_time")
        {
            let detail =
                "The timestamps do not have the form of WebVTT; they were read as browsers do.";
            self.repairs.add(number, "invalid_time", detail);
        }
        let (settings, ignored): (Vec<&str>, Vec<&str>) = rest
            .split_ascii_whitespace()
            .partition(|word| is_setting(word) && !word.contains(is_control_character));
        for word in ignored {
            let word: String = clean(word).chars().take(40).collect();
            let detail = format!("`{word}` is not a cue setting; it was dropped.");
            self.repairs.add(number, "invalid_setting", detail);
        }
        let identifier = identifier.and_then(|(number, line)| {
            let line = clean(line);
            if is_identifier(&line) {
                return Some(line);
            }
            let detail =
                "The line above the timestamps would start a block of its own; it was dropped.";
            self.repairs.add(number, "invalid_identifier", detail);
            None
        });
        Some(Cue { identifier, start_ms, end_ms, settings: settings.join(" "), ..Cue::default() })
    }
}

/// The timestamp at the start of a text in milliseconds, and the text after it ("collect a WebVTT
/// timestamp"). Hours may have any number of digits.
fn parse_timestamp(text: &str) -> Option<(i64, &str)> {
    let (first, rest) = split_digits(text)?;
    let (second, rest) = split_two_digits(rest.strip_prefix(':')?)?;
    let has_hours = first.len() != 2 || first.parse::<i64>().ok()? > 59 || rest.starts_with(':');
    let (hours, minutes, seconds, rest) = if has_hours {
        let (seconds, rest) = split_two_digits(rest.strip_prefix(':')?)?;
        // A number of hours that does not fit is after the end of any video.
        (first.parse().unwrap_or(i64::from(u32::MAX)), second, seconds, rest)
    } else {
        (0, first.parse().ok()?, second, rest)
    };
    let (fraction, rest) = split_digits(rest.strip_prefix('.')?)?;
    if fraction.len() != 3 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = (hours.min(i64::from(u32::MAX)) * 60 + minutes) * 60 + seconds;
    Some((seconds * 1_000 + fraction.parse::<i64>().ok()?, rest))
}

/// The digits at the start of a text, at least one, and the text after them.
fn split_digits(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(length).filter(|(digits, _)| !digits.is_empty())
}

fn split_two_digits(text: &str) -> Option<(i64, &str)> {
    let (digits, rest) = split_digits(text).filter(|(digits, _)| digits.len() == 2)?;
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_timestamps_as_browsers_do() {
        for (text, expected) in [
            ("00:01.500 ", Some((1_500, " "))),
            ("0:00:01.000-->", Some((1_000, "-->"))),
            ("123:00:01.000", Some((442_801_000, ""))),
            ("60:00.000", None),
            ("60:00:00.000", Some((216_000_000, ""))),
            ("00:60.000", None),
            ("00:60:00.000", None),
            ("0:01.000", None),
            ("00:1.000", None),
            ("00:01.00", None),
            ("00:01.0000", None),
            ("00:01,000", None),
            ("-00:01.000", None),
            ("99999999999999999999:00:00.000", Some((15_461_882_262_000_000, ""))),
            ("", None),
        ] {
            assert_eq!(parse_timestamp(text), expected, "{text}");
        }
    }
}

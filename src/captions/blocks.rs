//! Lines of a file, and blocks of lines separated by blank lines.

use crate::captions::timing;
use crate::captions::timing::ARROW;
use crate::captions::track::CaptionFormat;
use crate::captions::track::Cue;
use crate::captions::track::MAX_CUES;
use crate::captions::track::MAX_LINE_LEN;
use crate::captions::track::MAX_PAYLOAD_LEN;
use crate::captions::track::ParseErrors;

/// A line and its number, counted from 1.
pub(super) type Line<'a> = (usize, &'a str);

/// Consecutive lines that are not blank; never empty.
pub(super) type Block<'a> = Vec<Line<'a>>;

/// The parts of a block that has a timing line.
#[derive(Debug)]
pub(super) struct CueBlock<'a> {
    /// The line before the timing line, if present.
    pub identifier: Option<&'a str>,
    pub timing: Line<'a>,
    pub text: Vec<Line<'a>>,
}

/// Splits a text into lines, terminated by LF, CR LF or CR (WebVTT, 4.1 "WebVTT line terminator").
pub(super) fn split_lines(text: &str) -> Vec<Line<'_>> {
    let ended_by_lf = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    ended_by_lf
        .flat_map(|line| line.split('\r'))
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .collect()
}

/// Splits lines into blocks separated by the lines that are blank by `is_blank`.
pub(super) fn split_blocks<'a>(lines: &[Line<'a>], is_blank: fn(&str) -> bool) -> Vec<Block<'a>> {
    let parts = lines.split(|(_, line)| is_blank(line));
    parts.filter(|block| !block.is_empty()).map(<[Line<'a>]>::to_vec).collect()
}

/// Reports control characters: players do not render them, and they indicate a damaged file.
pub(super) fn reject_control_characters(lines: &[Line<'_>], errors: &mut ParseErrors) {
    for (line_number, line) in lines {
        if let Some(c) = line.chars().find(|&c| c.is_control() && c != '\t') {
            errors.add(
                *line_number,
                "control_character",
                format!(
                    "The line contains the control character U+{:04X}; remove it.",
                    u32::from(c)
                ),
            );
        }
    }
}

/// Splits a block at its timing line, which is the first or second line.
///
/// A block without a timing line is reported, and the result is `None`.
pub(super) fn parse_cue_block<'a>(
    block: &Block<'a>,
    errors: &mut ParseErrors,
) -> Option<CueBlock<'a>> {
    let is_timing = |line: &Line<'a>| line.1.contains(ARROW);
    match block.as_slice() {
        [timing, text @ ..] if is_timing(timing) => {
            Some(CueBlock { identifier: None, timing: *timing, text: text.to_vec() })
        }
        [(_, identifier), timing, text @ ..] if is_timing(timing) => {
            Some(CueBlock { identifier: Some(identifier), timing: *timing, text: text.to_vec() })
        }
        [(line_number, _), ..] => {
            let detail = "This text has no timestamps above it; add them, or remove the blank line between it and its cue.";
            errors.add(*line_number, "missing_timing", detail);
            None
        }
        [] => None,
    }
}

/// Parses the timing line of a block; the payload and identifier of the cue are empty. An error is
/// reported, and the result is `None`.
pub(super) fn parse_cue_timing(
    block: &CueBlock<'_>,
    format: CaptionFormat,
    errors: &mut ParseErrors,
) -> Option<Cue> {
    let (line_number, line) = block.timing;
    match timing::parse(line, format) {
        Ok(timing) => Some(Cue {
            start_ms: timing.start_ms,
            end_ms: timing.end_ms,
            settings: timing.settings,
            ..Cue::default()
        }),
        Err(error) => {
            errors.add(line_number, error.code, error.detail);
            None
        }
    }
}

/// Reports lines that contain an arrow: a parser would read them as the timing line of the next cue
/// (WebVTT, 4.1: text cannot contain `-->`).
pub(super) fn reject_arrows(lines: &[Line<'_>], errors: &mut ParseErrors) {
    for (line_number, line) in lines.iter().filter(|(_, line)| line.contains(ARROW)) {
        if line.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            errors.add(
                *line_number,
                "missing_blank_line",
                "A cue starts here; insert a blank line before it.",
            );
        } else {
            errors.add(
                *line_number,
                "arrow_in_text",
                "Text cannot contain `-->`; write `→` or, in WebVTT, `--&gt;`.",
            );
        }
    }
}

/// Reports a payload that is too long, in one line or in total; returns whether it is within the
/// limits.
pub(super) fn enforce_payload_limit(
    line_number: usize,
    payload: &str,
    errors: &mut ParseErrors,
) -> bool {
    let has_long_line = payload.split('\n').any(|line| line.chars().count() > MAX_LINE_LEN);
    let is_long = payload.chars().count() > MAX_PAYLOAD_LEN;
    if has_long_line {
        let detail = format!(
            "A line of the cue has more than {MAX_LINE_LEN} characters; break the line, or split the cue."
        );
        errors.add(line_number, "line_too_long", detail);
    }
    if is_long {
        let detail = format!("The cue has more than {MAX_PAYLOAD_LEN} characters; split it.");
        errors.add(line_number, "cue_too_long", detail);
    }
    !has_long_line && !is_long
}

/// The lines of a block joined by `\n`.
pub(super) fn join_lines(lines: &[Line<'_>]) -> String {
    lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
}

/// Reports the first cue above the limit, before it is added to `cues`.
pub(super) fn enforce_cue_limit(cues: &[Cue], line_number: usize, errors: &mut ParseErrors) {
    if cues.len() == MAX_CUES {
        errors.add(
            line_number,
            "too_many_cues",
            format!("The file has more than {MAX_CUES} cues; split it, or join short cues."),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::track::Track;
    use proptest::prelude::*;

    fn error_codes(errors: ParseErrors) -> Vec<(usize, &'static str)> {
        errors
            .into_result(Track::default())
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|error| (error.line, error.code))
            .collect()
    }

    #[test]
    fn splits_lines_at_every_terminator() {
        assert_eq!(
            split_lines("a\r\nb\rc\nd\r\r\n\ne"),
            [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, ""), (6, ""), (7, "e")]
        );
        assert_eq!(split_lines(""), [(1, "")]);
    }

    #[test]
    fn splits_blocks_at_blank_lines() {
        assert_eq!(
            split_blocks(&split_lines("\n\na\nb\n\n\n \nc\n"), str::is_empty),
            [vec![(3, "a"), (4, "b")], vec![(7, " "), (8, "c")]]
        );
        assert!(split_blocks(&split_lines("\n\n"), str::is_empty).is_empty());
    }

    #[test]
    fn cue_timing_is_on_first_or_second_line() {
        let mut errors = ParseErrors::default();
        let block = parse_cue_block(&split_lines("1\na --> b\nx"), &mut errors).unwrap();
        assert_eq!(
            (block.identifier, block.timing, block.text),
            (Some("1"), (2, "a --> b"), vec![(3, "x")])
        );
        assert_eq!(parse_cue_block(&split_lines("a --> b"), &mut errors).unwrap().identifier, None);
        assert!(parse_cue_block(&split_lines("1\nx\na --> b"), &mut errors).is_none());
        assert_eq!(error_codes(errors), [(1, "missing_timing")]);
    }

    #[test]
    fn reports_invalid_text() {
        let mut errors = ParseErrors::default();
        reject_arrows(&split_lines("x\nA --> B\n00:00:01.000 --> 00:00:02.000"), &mut errors);
        reject_control_characters(&split_lines("\ta\n\u{1b}[0m\n\u{85}"), &mut errors);
        enforce_payload_limit(7, &"ž".repeat(2_001), &mut errors);
        enforce_payload_limit(8, &format!("{0}\n{0}\n{0}", "ж".repeat(2_000)), &mut errors);
        enforce_payload_limit(9, &"ж".repeat(2_000), &mut errors);
        let expected = [
            (2, "arrow_in_text"),
            (2, "control_character"),
            (3, "missing_blank_line"),
            (3, "control_character"),
            (7, "line_too_long"),
            (8, "cue_too_long"),
        ];
        assert_eq!(error_codes(errors), expected);
    }

    proptest! {
        #[test]
        fn line_terminator_does_not_matter(text in "[ab\n]{0,20}[ab]") {
            for terminator in ["\r", "\r\n"] {
                let other = text.replace('\n', terminator);
                prop_assert_eq!(split_lines(&text), split_lines(&other));
            }
        }
    }
}

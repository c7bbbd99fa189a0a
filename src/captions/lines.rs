//! The lines of a file, and the blocks they make: what is parted by blank lines.

use super::timing::{self, ARROW};
use super::track::{Cue, Format, MAX_CUES, MAX_LINE, MAX_PAYLOAD, Problems};

/// A line and its number, counted from 1.
pub(super) type Line<'a> = (usize, &'a str);

/// Lines that follow each other without a blank one; there is at least one.
pub(super) type Block<'a> = Vec<Line<'a>>;

/// What a block with a timing line consists of.
#[derive(Debug)]
pub(super) struct CueBlock<'a> {
    /// The line before the timings, if there is one.
    pub identifier: Option<&'a str>,
    pub timing: Line<'a>,
    pub text: Vec<Line<'a>>,
}

/// The lines of a text. A line ends with LF, CR LF or CR (WebVTT, 4.1 "WebVTT line terminator").
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let ended_by_lf = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    ended_by_lf
        .flat_map(|line| line.split('\r'))
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .collect()
}

/// The blocks of a file; `is_blank` says which lines part them.
pub(super) fn blocks<'a>(lines: &[Line<'a>], is_blank: fn(&str) -> bool) -> Vec<Block<'a>> {
    let parts = lines.split(|(_, line)| is_blank(line));
    parts.filter(|block| !block.is_empty()).map(<[Line<'a>]>::to_vec).collect()
}

/// Names the control characters, which no player shows and which tell of a damaged file.
pub(super) fn check_characters(lines: &[Line<'_>], problems: &mut Problems) {
    for (number, line) in lines {
        if let Some(c) = line.chars().find(|&c| c.is_control() && c != '\t') {
            problems.add(
                *number,
                "control_character",
                format!("The line has the control character U+{:04X}; remove it.", u32::from(c)),
            );
        }
    }
}

/// Parts a block at its timing line, which is the first line or the second.
///
/// `None` is the answer for a block that has no such line, and the problem is then told.
pub(super) fn cue_block<'a>(block: &Block<'a>, problems: &mut Problems) -> Option<CueBlock<'a>> {
    let is_timing = |line: &Line<'a>| line.1.contains(ARROW);
    match block.as_slice() {
        [timing, text @ ..] if is_timing(timing) => {
            Some(CueBlock { identifier: None, timing: *timing, text: text.to_vec() })
        }
        [(_, identifier), timing, text @ ..] if is_timing(timing) => {
            Some(CueBlock { identifier: Some(identifier), timing: *timing, text: text.to_vec() })
        }
        [(number, _), ..] => {
            let detail = "This text has no timestamps above it; add them, or remove the blank line that parts it from its cue.";
            problems.add(*number, "missing_timing", detail);
            None
        }
        [] => None,
    }
}

/// Reads the timing line of a block; the cue has neither text nor identifier yet.
pub(super) fn timed_cue(
    block: &CueBlock<'_>,
    format: Format,
    problems: &mut Problems,
) -> Option<Cue> {
    let (number, line) = block.timing;
    match timing::read(line, format) {
        Ok(timing) => Some(Cue {
            start_ms: timing.start_ms,
            end_ms: timing.end_ms,
            settings: timing.settings,
            ..Cue::default()
        }),
        Err(fault) => {
            problems.add(number, fault.code, fault.detail);
            None
        }
    }
}

/// Names the lines with an arrow, which would be taken for the next cue (WebVTT, 4.1: no text has
/// `-->`).
pub(super) fn check_arrows(lines: &[Line<'_>], problems: &mut Problems) {
    for (number, line) in lines.iter().filter(|(_, line)| line.contains(ARROW)) {
        if line.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            problems.add(
                *number,
                "missing_blank_line",
                "A cue begins here; leave a blank line before it.",
            );
        } else {
            problems.add(
                *number,
                "arrow_in_text",
                "Text cannot have `-->`; write `→` or, in WebVTT, `--&gt;`.",
            );
        }
    }
}

/// Names a payload that is too long, in one line or in all; the answer is whether it is short
/// enough.
pub(super) fn check_length(number: usize, payload: &str, problems: &mut Problems) -> bool {
    let has_long_line = payload.split('\n').any(|line| line.chars().count() > MAX_LINE);
    let is_long = payload.chars().count() > MAX_PAYLOAD;
    if has_long_line {
        let detail = format!(
            "A line of the cue has more than {MAX_LINE} characters; break it, or make several cues of it."
        );
        problems.add(number, "line_too_long", detail);
    }
    if is_long {
        let detail =
            format!("The cue has more than {MAX_PAYLOAD} characters; make several cues of it.");
        problems.add(number, "cue_too_long", detail);
    }
    !has_long_line && !is_long
}

/// The lines of a block as one text, joined by `\n`.
pub(super) fn joined(lines: &[Line<'_>]) -> String {
    lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
}

/// Names the first cue that is one too many, when it is about to follow those that are there.
pub(super) fn check_count(cues: &[Cue], number: usize, problems: &mut Problems) {
    if cues.len() == MAX_CUES {
        problems.add(
            number,
            "too_many_cues",
            format!("The file has more than {MAX_CUES} cues; part it, or join short cues."),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::track::Track;
    use proptest::prelude::*;

    fn codes(problems: Problems) -> Vec<(usize, &'static str)> {
        problems
            .or(Track::default())
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|problem| (problem.line, problem.code))
            .collect()
    }

    #[test]
    fn every_line_terminator_ends_a_line() {
        assert_eq!(
            lines("a\r\nb\rc\nd\r\r\n\ne"),
            [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, ""), (6, ""), (7, "e")]
        );
        assert_eq!(lines(""), [(1, "")]);
    }

    #[test]
    fn blank_lines_part_blocks() {
        assert_eq!(
            blocks(&lines("\n\na\nb\n\n\n \nc\n"), str::is_empty),
            [vec![(3, "a"), (4, "b")], vec![(7, " "), (8, "c")]]
        );
        assert!(blocks(&lines("\n\n"), str::is_empty).is_empty());
    }

    #[test]
    fn a_cue_has_its_timing_first_or_second() {
        let mut problems = Problems::default();
        let block = cue_block(&lines("1\na --> b\nx"), &mut problems).unwrap();
        assert_eq!(
            (block.identifier, block.timing, block.text),
            (Some("1"), (2, "a --> b"), vec![(3, "x")])
        );
        assert_eq!(cue_block(&lines("a --> b"), &mut problems).unwrap().identifier, None);
        assert!(cue_block(&lines("1\nx\na --> b"), &mut problems).is_none());
        assert_eq!(codes(problems), [(1, "missing_timing")]);
    }

    #[test]
    fn text_is_checked() {
        let mut problems = Problems::default();
        check_arrows(&lines("x\nA --> B\n00:00:01.000 --> 00:00:02.000"), &mut problems);
        check_characters(&lines("\ta\n\u{1b}[0m\n\u{85}"), &mut problems);
        check_length(7, &"ž".repeat(2_001), &mut problems);
        check_length(8, &format!("{0}\n{0}\n{0}", "ж".repeat(2_000)), &mut problems);
        check_length(9, &"ж".repeat(2_000), &mut problems);
        let expected = [
            (2, "arrow_in_text"),
            (2, "control_character"),
            (3, "missing_blank_line"),
            (3, "control_character"),
            (7, "line_too_long"),
            (8, "cue_too_long"),
        ];
        assert_eq!(codes(problems), expected);
    }

    proptest! {
        #[test]
        fn lines_are_the_same_whatever_ends_them(text in "[ab\n]{0,20}[ab]") {
            for terminator in ["\r", "\r\n"] {
                let other = text.replace('\n', terminator);
                prop_assert_eq!(lines(&text), lines(&other));
            }
        }
    }
}

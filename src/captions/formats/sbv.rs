//! SBV (`SubViewer`): blocks of a line with two times, such as `0:00:01.000,0:00:03.500`, and text.

use crate::captions::blocks::{split_blocks, split_lines};
use crate::captions::formats::markup::Markup;
use crate::captions::repair::loose_file::{LooseFile, Repairs};
use crate::captions::timing::parse_digits;
use crate::captions::track::Cue;

/// Parses a file. `[br]` in text is a line break.
pub(super) fn parse(text: &str, repairs: &mut Repairs) -> LooseFile {
    let mut file = LooseFile::default();
    for block in split_blocks(&split_lines(text), |line| line.trim().is_empty()) {
        let Some(((number, timing), lines)) = block.split_first() else { continue };
        let Some((start_ms, end_ms)) = parse_timing(timing.trim()) else {
            let detail = "The text has no times above it; it was dropped.";
            repairs.add(*number, "missing_timing", detail);
            continue;
        };
        let mut markup = Markup::default();
        for (_, line) in lines {
            markup.push(&line.replace("[br]", "\n"), [false; 3]);
            markup.push("\n", [false; 3]);
        }
        let payload = markup.finish(None);
        file.cues.push((*number, Cue { start_ms, end_ms, payload, ..Cue::default() }));
    }
    file
}

/// Start and end in milliseconds.
pub(super) fn parse_timing(line: &str) -> Option<(i64, i64)> {
    let (start, end) = line.split_once(',')?;
    Some((parse_time(start)?, parse_time(end)?))
}

/// A time such as `0:00:01.000` in milliseconds.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.trim().split_once('.')?;
    let fields: Vec<i64> =
        clock.split(':').map(|field| parse_digits(field, 1, 9)).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = fields.as_slice() else { return None };
    let ms = parse_digits(fraction, 3, 3)?;
    let is_clock = (0..60).contains(minutes) && (0..60).contains(seconds);
    is_clock.then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_blocks() {
        let file = "0:00:01.000,0:00:02.500\n>> ANA: Da & ne\nmožda[br]ili\n\nLost\n\n1:00:00.000,1:00:01.000\n";
        let mut repairs = Repairs::default();
        let cues = parse(file, &mut repairs).cues;
        let cues: Vec<_> = cues
            .iter()
            .map(|(line, cue)| (*line, cue.start_ms, cue.end_ms, cue.payload.as_str()))
            .collect();
        assert_eq!(
            cues,
            [
                (1, 1_000, 2_500, "&gt;&gt; ANA: Da &amp; ne\nmožda\nili"),
                (7, 3_600_000, 3_601_000, "")
            ]
        );
        assert_eq!(repairs.into_sorted()[0].line, 5);
        for line in [
            "0:00:01.000",
            "0:00:01.000,x",
            "0:60:01.000,0:61:00.000",
            "0:00:01.0,0:00:02.0",
            "a,b",
        ] {
            assert_eq!(parse_timing(line), None, "{line}");
        }
    }
}

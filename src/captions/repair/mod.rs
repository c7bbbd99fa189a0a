//! Parses files with errors as browsers and players do, and lists what was done.
//!
//! WebVTT is parsed as the standard tells browsers to (6.1 "WebVTT file parsing"), so that the
//! result has the cues that a browser has, with their text: what it ignores is dropped. Cues that
//! are never displayed, because they do not end after their start, are dropped too. Of a file of
//! which a browser displays nothing, and of SRT, as much is taken as players of SRT files do.
//! Control characters become spaces.

mod cue_text;
pub(super) mod loose_file;
mod srt;
mod webvtt;

use crate::captions::blocks::split_lines;
pub(super) use crate::captions::repair::loose_file::MAX_REPAIRS;
use crate::captions::repair::loose_file::{Repairs, finish, is_control_character};
use crate::captions::track::{CaptionFormat, ParseError, Repair, Track};

/// A file that was repaired.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RepairedFile {
    pub format: CaptionFormat,
    pub track: Track,
    /// What was done, sorted by line.
    pub repairs: Vec<Repair>,
}

/// Parses a file without its byte order mark, whatever its errors. A file without cues gives an
/// empty track; fails if it exceeds a limit.
pub(super) fn parse(text: &str) -> Result<RepairedFile, Vec<ParseError>> {
    let mut repairs = Repairs::default();
    report_control_characters(text, &mut repairs);
    // Form feeds are spaces (WebVTT, 3 "Terminology": ASCII whitespace).
    let text = text.replace('\0', "\u{FFFD}").replace('\u{C}', " ");
    let lines = split_lines(&text);
    let mut format = CaptionFormat::Srt;
    let mut parsed = None;
    if webvtt::has_signature(&text) {
        format = CaptionFormat::WebVtt;
        let mut repairs = Repairs::default();
        let file = webvtt::parse(&lines, &mut repairs);
        parsed = Some((file, repairs))
            .filter(|(file, _)| file.cues.iter().any(|(_, cue)| cue.end_ms > cue.start_ms));
    }
    let (file, found) = parsed.unwrap_or_else(|| {
        let mut repairs = Repairs::default();
        (srt::parse(&lines, format, &mut repairs), repairs)
    });
    repairs.extend(found);
    let track = finish(file, &mut repairs)?;
    Ok(RepairedFile { format, track, repairs: repairs.into_sorted() })
}

/// Reports the lines with control characters, which strict parsers reject.
fn report_control_characters(text: &str, repairs: &mut Repairs) {
    if !text.contains(is_control_character) {
        return;
    }
    for (number, line) in split_lines(text) {
        if let Some(c) = line.chars().find(|c| is_control_character(*c)) {
            let detail = format!("The control character U+{:04X} was replaced.", u32::from(c));
            repairs.add(number, "control_character", detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::any_track;
    use crate::captions::timing::MAX_TIMESTAMP_MS;
    use proptest::prelude::*;

    fn cues(text: &str) -> Vec<(i64, i64, String)> {
        let file = parse(text).unwrap();
        file.track.cues.into_iter().map(|cue| (cue.start_ms, cue.end_ms, cue.payload)).collect()
    }

    fn repaired(text: &str) -> Vec<(usize, &'static str)> {
        let file = parse(text).unwrap();
        assert!(file.repairs.iter().all(|repair| repair.detail.ends_with('.')));
        file.repairs.into_iter().map(|repair| (repair.line, repair.code)).collect()
    }

    #[test]
    fn repairs_webvtt_as_browsers_do() {
        let file = "WEBVTT\n\n\
            00:05.000 --> 00:06.000 align: line:0 x\nLater\n\n\
            no times\n\n\
            00:01.000 --> 00:02.000\nEarlier \u{c}5 < 6\n2\n00:02.000 --> 00:03.000\n<b>Bold</b\n\n\
            STYLE\n::cue {}\n\n\
            99:59:59.999 --> 99:59:59.999\nNot timed\n\n\
            00:60.000 --> 00:62.000\nLate\n\n\
            0:00:04.000 --> 1000:00:00.000\nLong\n\n\
            1000:00:00.000 --> 1000:00:01.000\nNever\n";
        assert_eq!(
            cues(file),
            [
                (1_000, 2_000, "Earlier  5 &lt; 6\n2".to_owned()),
                (2_000, 3_000, "<b>Bold</b>".to_owned()),
                (4_000, MAX_TIMESTAMP_MS, "Long".to_owned()),
                (5_000, 6_000, "Later".to_owned()),
            ]
        );
        assert_eq!(
            repaired(file),
            [
                (3, "invalid_setting"),
                (3, "invalid_setting"),
                (6, "missing_timing"),
                (8, "unclosed_tag"),
                (8, "out_of_order"),
                (9, "control_character"),
                (11, "missing_blank_line"),
                (11, "unclosed_tag"),
                (14, "misplaced_block"),
                (17, "end_before_start"),
                (20, "invalid_time"),
                (23, "invalid_time"),
                (23, "out_of_range"),
                (26, "out_of_range"),
            ]
        );
        let track = parse(file).unwrap().track;
        assert_eq!(track.cues.last().unwrap().settings, "line:0");
    }

    #[test]
    fn repairs_srt_as_players_do() {
        let file = "Intro\n\n\
            1\n00:00:01,5 --> 00:00:02,000\nFirst\n\nsecond line\n\
            2\n00:00:02.000\u{A0}-->\u{A0}00:00:03.000\n5 < 6\n\n\
            3\n-00:00:01,000 --> 00:00:00,500\nNegative\n\n\
            00:60:01,000 --> 00:60:02,000 no setting\nHour\n\n\
            00:00:05,000 --> 00:00:04,000\nBackwards\n\n\
            4\n00:xx:05,000 --> 00:00:06,000\nBroken\n\n5\n";
        assert_eq!(
            cues(file),
            [
                (0, 500, "Negative".to_owned()),
                (1_500, 2_000, "First\nsecond line".to_owned()),
                (2_000, 3_000, "5 &lt; 6".to_owned()),
                (3_601_000, 3_602_000, "Hour".to_owned()),
            ]
        );
        assert_eq!(
            repaired(file),
            [
                (1, "missing_timing"),
                (4, "invalid_time"),
                (7, "missing_timing"),
                (9, "missing_blank_line"),
                (9, "invalid_time"),
                (13, "invalid_time"),
                (13, "out_of_order"),
                (16, "invalid_time"),
                (16, "invalid_setting"),
                (19, "end_before_start"),
                (23, "invalid_time"),
            ]
        );
    }

    #[test]
    fn falls_back_to_players_if_browsers_display_nothing() {
        let file = "WEBVTT\n\n1\n00:00:01,000 --> 00:00:02,000\n<v Ana>Da &amp; ne\n";
        assert_eq!(cues(file), [(1_000, 2_000, "<v Ana>Da &amp; ne".to_owned())]);
        assert_eq!(repaired(file), [(4, "invalid_time")]);
        // Where a browser has cues, only those.
        let mixed = format!("{file}\n00:03.000 --> 00:04.000\nTri\n");
        assert_eq!(cues(&mixed), [(3_000, 4_000, "Tri".to_owned())]);
        assert_eq!(
            cues("00:01.000 --> 00:02.000\nNo signature"),
            [(1_000, 2_000, "No signature".to_owned())]
        );
        assert_eq!(parse("WEBVTT\n\nNothing\n").unwrap().track.cues, []);
    }

    #[test]
    fn control_characters_are_spaces_in_text_only() {
        let file = "WEBVTT\n\na\u{7}\n00:01.000\u{C}-->\u{C}00:02.000 line:\u{7}\nb\u{B}c\0\n\n\u{B}00:03.000 --> 00:04.000\nDropped\n";
        let track = parse(file).unwrap().track;
        assert_eq!(cues(file), [(1_000, 2_000, "b c\u{FFFD}".to_owned())]);
        assert_eq!(
            (track.cues[0].identifier.as_deref(), track.cues[0].settings.as_str()),
            (Some("a "), "")
        );
        assert_eq!(
            repaired(file).iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            [3, 4, 4, 5, 7, 7]
        );
    }

    #[test]
    fn pathological_input_is_linear() {
        for part in
            ["< ", "<", "a\n", "a-->", "00:01.000 --> 00:02.000\n", "&", "<v a", "1\n", "NOTE\n"]
        {
            for head in ["WEBVTT\n\n00:01.000 --> 00:02.000\n", "00:00:01,000 --> 00:00:02,000\n"] {
                let _ = parse(&format!("{head}{}", part.repeat(30_000)));
            }
        }
    }

    #[test]
    fn notes_stay_in_order() {
        let file = "WEBVTT\n\nNOTE a\n\n00:05.000 --> 00:06.000\nB\n\nNOTE b\n\n00:07.000 --> 00:07.000\nC\n\nNOTE c\n\n\
            00:01.000 --> 00:02.000\nA\n\nNOTE d\n";
        let track = parse(file).unwrap().track;
        assert_eq!(track.preamble, ["NOTE a", "NOTE b", "NOTE c"]);
        assert_eq!(track.notes_after, ["NOTE d"]);
    }

    proptest! {
        #[test]
        fn result_is_valid(text in "(WEBVTT ?\n|1\n)?([0-9:.,>a-zČ<&;{}\\\\ \t\n\r\u{0}\u{7}\u{c}-]|-->|00:01.000 --> 00:02.000|NOTE|STYLE|\n00:00:03,000 --> |</?(b|v A|c)|\n\n){0,60}") {
            if let Ok(file) = parse(&text) {
                let rendered = crate::captions::webvtt::render(&file.track, &[]);
                prop_assert_eq!(crate::captions::webvtt::parse(&rendered), Ok(file.track));
                let lines = split_lines(&text).len();
                prop_assert!(file.repairs.iter().all(|repair| (1..=lines).contains(&repair.line)));
            }
        }

        #[test]
        fn every_repair_is_listed(text in "(WEBVTT\n|1\n)?\n{0,2}([0-9:.,>a-z<&;\u{A0} \t\n-]|-->|00:01.000 --> 00:02.000( line:0)?|0:00:01.000 --> 00:00:02.000|NOTE|STYLE|\n00:00:03,000 --> 00:00:04,000\n|</?(b|v A|c)|\n\n|\n7\n){0,30}") {
            let strict = if webvtt::has_signature(&text) {
                crate::captions::webvtt::parse(&text)
            } else {
                crate::captions::srt::parse(&text)
            };
            // A file without cues is rejected.
            if let (Err(_), Ok(file)) = (strict, parse(&text))
                && !file.track.cues.is_empty()
            {
                prop_assert!(!file.repairs.is_empty(), "{:?}", file.track);
            }
        }

        #[test]
        fn valid_file_is_unchanged(track in any_track()) {
            prop_assume!(!track.cues.is_empty());
            let file = parse(&crate::captions::webvtt::render(&track, &[])).unwrap();
            prop_assert_eq!((file.track, file.repairs), (track, Vec::new()));
        }
    }
}

//! SRT (SubRip), read as it is found and written as players like it.
//!
//! There is no standard. A cue is a counter, a timing line and text, and a blank line. Files in the
//! wild lack counters, have dots for commas, coordinates after the timestamps and cues out of
//! order; that is all taken. Where a viewer would miss something, it is a problem, as in WebVTT.

use super::lines::{
    CueBlock, blocks, check_arrows, check_characters, check_count, check_length, cue_block, joined,
    lines, timed_cue,
};
use super::srt_text::{from_webvtt, to_webvtt};
use super::timing::{ARROW, timestamp_srt};
use super::track::{Cue, Format, Problem, Problems, Track};
use super::webvtt::is_identifier;

/// Reads the text of an SRT file, without its byte order mark, into cues of WebVTT in the order of
/// their start.
///
/// A counter is dropped; a line that stands in its place becomes the identifier. Coordinates and
/// settings after the timestamps are dropped. What becomes of markup: see `srt_text`.
pub fn read(text: &str) -> Result<Track, Vec<Problem>> {
    let lines = lines(text);
    let mut problems = Problems::default();
    check_characters(&lines, &mut problems);
    let mut cues = Vec::new();
    for block in blocks(&lines, |line| line.trim().is_empty()) {
        let Some(block) = cue_block(&block, &mut problems) else { continue };
        if let Some(cue) = cue(&block, &mut problems) {
            check_count(&cues, block.timing.0, &mut problems);
            cues.push(cue);
        }
    }
    cues.sort_by_key(|cue| cue.start_ms);
    problems.or(Track { cues, ..Track::default() })
}

fn cue(block: &CueBlock<'_>, problems: &mut Problems) -> Option<Cue> {
    let number = block.timing.0;
    let text = joined(&block.text);
    check_arrows(&block.text, problems);
    let cue = timed_cue(block, Format::Srt, problems);
    if !check_length(number, &text, problems) {
        return None;
    }
    let (settings, payload) = to_webvtt(&text);
    check_length(number, &payload, problems);
    Some(Cue { identifier: identifier(block), settings, payload, ..cue? })
}

fn identifier(block: &CueBlock<'_>) -> Option<String> {
    let line = block.identifier?.trim();
    let is_counter = line.trim_start_matches('\u{FEFF}').bytes().all(|byte| byte.is_ascii_digit());
    (!is_counter && is_identifier(line)).then(|| line.to_owned())
}

/// Writes a track as an SRT file, its cues counted from 1.
///
/// Only cues with text are written; identifiers, notes, styles and regions have no place in SRT.
#[must_use]
pub fn write(track: &Track) -> String {
    let texts = track.cues.iter().map(|cue| (cue, from_webvtt(&cue.settings, &cue.payload)));
    let written: Vec<String> = texts
        .filter(|(_, text)| !text.is_empty())
        .zip(1_usize..)
        .map(|((cue, text), counter)| {
            format!(
                "{counter}\n{} {ARROW} {}\n{text}\n",
                timestamp_srt(cue.start_ms),
                timestamp_srt(cue.end_ms)
            )
        })
        .collect();
    written.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::samples::{MACEDONIAN_SRT, SERBIAN, TURKISH_SRT, srt_file, track};
    use crate::captions::webvtt;
    use proptest::prelude::*;

    fn codes(text: &str) -> Vec<(usize, &'static str)> {
        read(text)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|problem| (problem.line, problem.code))
            .collect()
    }

    #[test]
    fn a_tidy_file_comes_back() {
        let track = read(MACEDONIAN_SRT).unwrap();
        assert_eq!(track.cues[1].settings, "line:0");
        assert_eq!(track.cues[1].payload, "<i>Добредојдовте</i> во Скопје,\nградот на „ѓ“ и „ќ“.");
        assert_eq!(write(&track), MACEDONIAN_SRT);
    }

    #[test]
    fn files_in_the_wild_are_read() {
        let track = read(TURKISH_SRT).unwrap();
        let cues = track
            .cues
            .iter()
            .map(|cue| (cue.start_ms, cue.identifier.as_deref(), cue.payload.as_str()));
        let expected = [
            (500, Some("giriş"), "İyi günler &amp; hoş geldiniz."),
            (3_000, None, "Kadınların <b>hakları</b>"),
            (3_000, None, "insan haklarıdır."),
            (9_000, None, ""),
        ];
        assert!(cues.eq(expected), "{track:?}");
        assert!(track.cues.iter().all(|cue| cue.settings.is_empty()));
    }

    #[test]
    fn webvtt_is_written_as_srt() {
        let expected = "\
            1\n00:00:01,000 --> 00:00:04,500\nАна: Добро вече & добро дошли.\n\n\
            2\n00:00:05,000 --> 00:00:09,000\nМарко: Живот је <i>леп</i>\nи кратак.\n\n\
            3\n00:00:08,000 --> 01:00:00,250\n{\\an8}[музика]\n";
        assert_eq!(write(&webvtt::read(SERBIAN).unwrap()), expected);
        assert_eq!(write(&Track::default()), "");
    }

    #[test]
    fn problems_have_their_line() {
        let cue = "00:00:01,000 --> 00:00:02,000";
        for (text, expected) in [
            (format!("1\n{cue}\nA\n2\n{cue}\nB"), vec![(5, "missing_blank_line")]),
            (format!("1\n{cue}\nA\n\nB"), vec![(5, "missing_timing")]),
            (format!("1\n{cue}\nA --> B"), vec![(3, "arrow_in_text")]),
            (format!("1\n{cue} A"), vec![(2, "invalid_setting")]),
            (format!("1\n{cue}\n{}", "<".repeat(2_001)), vec![(2, "line_too_long")]),
            (
                format!("1\n{cue}\n{}", "&".repeat(2_000)),
                vec![(2, "line_too_long"), (2, "cue_too_long")],
            ),
            (format!("{cue}\nA\u{1a}"), vec![(2, "control_character")]),
            ("1\n00:00:02,000 --> 00:00:01,000\nA".to_owned(), vec![(2, "end_before_start")]),
            ("1\n100:00:02,000 --> 100:00:03,000\nA".to_owned(), vec![(2, "out_of_range")]),
        ] {
            assert_eq!(codes(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_file_is_the_same_as_webvtt(file in srt_file()) {
            let track = read(&file).unwrap();
            prop_assert_eq!(webvtt::read(&webvtt::write(&track, &[])), Ok(track));
        }

        #[test]
        fn every_track_is_written_so_that_it_can_be_read(track in track()) {
            let times = |track: &Track| track.cues.iter().map(|cue| (cue.start_ms, cue.end_ms)).collect::<Vec<_>>();
            let spoken: Vec<Cue> = track.cues.into_iter().filter(|cue| !from_webvtt(&cue.settings, &cue.payload).is_empty()).collect();
            let track = Track { cues: spoken, ..Track::default() };
            let back = read(&write(&track)).unwrap();
            prop_assert_eq!(times(&back), times(&track));
        }
    }
}

//! SRT (SubRip): a lenient parser, and a renderer for what players support.
//!
//! There is no standard. A cue is a counter, a timing line, text, and a blank line. Common
//! deviations are accepted: missing counters, dots for commas, coordinates after the timestamps,
//! and cues out of order. As in WebVTT, content that a viewer would miss is an error.

use super::timing::{ARROW, format_srt_timestamp};
use super::track::{CaptionFormat, Cue, ParseError, ParseErrors, Track};
use super::webvtt::is_identifier;
use crate::captions::blocks::CueBlock;
use crate::captions::blocks::enforce_cue_limit;
use crate::captions::blocks::enforce_payload_limit;
use crate::captions::blocks::join_lines;
use crate::captions::blocks::parse_cue_block;
use crate::captions::blocks::parse_cue_timing;
use crate::captions::blocks::reject_arrows;
use crate::captions::blocks::reject_control_characters;
use crate::captions::blocks::split_blocks;
use crate::captions::blocks::split_lines;
use crate::captions::repeated_lines::without_repeated_lines;
use crate::captions::srt_cue_text::color_styles;
use crate::captions::srt_cue_text::from_webvtt;
use crate::captions::srt_cue_text::to_webvtt;

/// Parses an SRT file without its byte order mark into WebVTT cues, sorted by start.
///
/// A counter is discarded; any other line in its place becomes the identifier. Coordinates and
/// settings after the timestamps are discarded. For the conversion of markup see `srt_cue_text`.
pub fn parse(text: &str) -> Result<Track, Vec<ParseError>> {
    let lines = split_lines(text);
    let mut errors = ParseErrors::default();
    reject_control_characters(&lines, &mut errors);
    let mut cues = Vec::new();
    for block in split_blocks(&lines, |line| line.trim().is_empty()) {
        let Some(block) = parse_cue_block(&block, &mut errors) else { continue };
        if let Some(cue) = parse_cue(&block, &mut errors) {
            enforce_cue_limit(&cues, block.timing.0, &mut errors);
            cues.push(cue);
        }
    }
    cues.sort_by_key(|cue| cue.start_ms);
    let preamble = color_styles(cues.iter().map(|cue: &Cue| cue.payload.as_str()));
    errors.into_result(Track { preamble: preamble.into_iter().collect(), cues, ..Track::default() })
}

fn parse_cue(block: &CueBlock<'_>, errors: &mut ParseErrors) -> Option<Cue> {
    let line_number = block.timing.0;
    let text = join_lines(&block.text);
    reject_arrows(&block.text, errors);
    let cue = parse_cue_timing(block, CaptionFormat::Srt, errors);
    if !enforce_payload_limit(line_number, &text, errors) {
        return None;
    }
    let (settings, payload) = to_webvtt(&text);
    enforce_payload_limit(line_number, &payload, errors);
    Some(Cue { identifier: block.identifier.and_then(parse_identifier), settings, payload, ..cue? })
}

/// The identifier in a line above the timestamps, unless it is a counter.
pub(super) fn parse_identifier(line: &str) -> Option<String> {
    let line = line.trim();
    let is_counter = line.trim_start_matches('\u{FEFF}').bytes().all(|byte| byte.is_ascii_digit());
    (!is_counter && is_identifier(line)).then(|| line.to_owned())
}

/// Renders a track as an SRT file, with cues counted from 1.
///
/// Cues without text are omitted, as are the lines that roll-up captions display again: SRT files
/// are converted and read more often than they are played. SRT cannot represent identifiers, notes, styles and regions.
#[must_use]
pub fn render(track: &Track) -> String {
    let distinct = without_repeated_lines(&track.cues);
    let texts = distinct.iter().map(|cue| (cue, from_webvtt(&cue.settings, &cue.payload)));
    let cues: Vec<String> = texts
        .filter(|(_, text)| !text.is_empty())
        .zip(1_usize..)
        .map(|((cue, text), counter)| {
            format!(
                "{counter}\n{} {ARROW} {}\n{text}\n",
                format_srt_timestamp(cue.start_ms),
                format_srt_timestamp(cue.end_ms)
            )
        })
        .collect();
    cues.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::MACEDONIAN_SRT;
    use crate::captions::test_fixtures::SERBIAN_WEBVTT;
    use crate::captions::test_fixtures::TURKISH_SRT;
    use crate::captions::test_fixtures::any_srt_file;
    use crate::captions::test_fixtures::any_track;
    use crate::captions::webvtt;
    use proptest::prelude::*;

    fn error_codes(text: &str) -> Vec<(usize, &'static str)> {
        parse(text)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|error| (error.line, error.code))
            .collect()
    }

    #[test]
    fn well_formed_file_round_trips() {
        let track = parse(MACEDONIAN_SRT).unwrap();
        assert_eq!(track.cues[1].settings, "line:0");
        assert_eq!(track.cues[1].payload, "<i>Добредојдовте</i> во Скопје,\nградот на „ѓ“ и „ќ“.");
        assert_eq!(render(&track), MACEDONIAN_SRT);
    }

    #[test]
    fn parses_malformed_files() {
        let track = parse(TURKISH_SRT).unwrap();
        let cues = track
            .cues
            .iter()
            .map(|cue| (cue.start_ms, cue.identifier.as_deref(), cue.payload.as_str()));
        let expected = [
            (500, Some("giriş"), "İyi günler &amp; hoş geldiniz."),
            (3_000, None, "<c.color-ffff00>Kadınların <b>hakları</b></c>"),
            (3_000, None, "insan haklarıdır."),
            (9_000, None, ""),
        ];
        assert!(cues.eq(expected), "{track:?}");
        assert!(track.cues.iter().all(|cue| cue.settings.is_empty()));
    }

    #[test]
    fn renders_webvtt_as_srt() {
        let expected = "\
            1\n00:00:01,000 --> 00:00:04,500\nАна: Добро вече & добро дошли.\n\n\
            2\n00:00:05,000 --> 00:00:09,000\nМарко: Живот је <i>леп</i>\nи кратак.\n\n\
            3\n00:00:08,000 --> 01:00:00,250\n{\\an8}[музика]\n";
        assert_eq!(render(&webvtt::parse(SERBIAN_WEBVTT).unwrap()), expected);
        assert_eq!(render(&Track::default()), "");
    }

    #[test]
    fn reports_error_lines() {
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
            ("1\n1000:00:02,000 --> 1000:00:03,000\nA".to_owned(), vec![(2, "out_of_range")]),
        ] {
            assert_eq!(error_codes(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn webvtt_round_trip_preserves_track(file in any_srt_file()) {
            let track = parse(&file).unwrap();
            prop_assert_eq!(webvtt::parse(&webvtt::render(&track, &[])), Ok(track));
        }

        #[test]
        fn rendered_srt_parses(track in any_track()) {
            let times = |track: &Track| track.cues.iter().map(|cue| (cue.start_ms, cue.end_ms)).collect::<Vec<_>>();
            let spoken: Vec<Cue> = track.cues.into_iter().filter(|cue| !from_webvtt(&cue.settings, &cue.payload).is_empty()).collect();
            let track = Track { cues: spoken, ..Track::default() };
            let back = parse(&render(&track)).unwrap();
            prop_assert_eq!(times(&back), times(&track));
        }
    }
}

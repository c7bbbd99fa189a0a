//! WebVTT: a strict parser, and a renderer (W3C, 4 "Syntax" and 6.1 "WebVTT file parsing").
//!
//! Players skip invalid content, so that a viewer misses text. Here every deviation is an error,
//! since the sender can still correct the file, or have it repaired (see `repair`).

use super::timing::{ARROW, format_webvtt_timestamp};
use super::track::{CaptionFormat, Cue, ParseError, ParseErrors, Track, is_note};
use crate::captions::blocks::Block;
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
use crate::captions::webvtt_cue_text::has_unclosed_tag;

/// The signature at the start of the first line.
pub(super) const SIGNATURE: &str = "WEBVTT";

/// Parses a WebVTT file without its byte order mark.
pub fn parse(text: &str) -> Result<Track, Vec<ParseError>> {
    let lines = split_lines(text);
    let mut parser = Parser::default();
    reject_control_characters(&lines, &mut parser.errors);
    let blocks = split_blocks(&lines, str::is_empty);
    let mut blocks = blocks.iter();
    if let Some(header) = parse_header(text) {
        header.clone_into(&mut parser.track.header);
        parser.parse_metadata(blocks.next());
    } else {
        let detail = "The first line of a WebVTT file must be `WEBVTT`; add it, or send the file with the media type of its format.";
        parser.errors.add(1, "missing_header", detail);
    }
    for block in blocks {
        parser.parse_block(block);
    }
    parser.finish()
}

/// The text after the signature; `None` if the file does not start with it.
pub(super) fn parse_header(text: &str) -> Option<&str> {
    let first = text.split(['\n', '\r']).next()?;
    let rest = first.strip_prefix(SIGNATURE)?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

/// Whether a line can be a cue identifier and is not parsed as anything else (WebVTT, 4.1 "cue
/// identifier").
pub(super) fn is_identifier(line: &str) -> bool {
    !line.is_empty()
        && !line.contains(['\n', '\r'])
        && !line.contains(ARROW)
        && !is_note(line)
        && !is_style_or_region(line)
}

pub(super) fn is_style_or_region(line: &str) -> bool {
    matches!(line.trim_ascii_end(), "STYLE" | "REGION")
}

/// Parser state: the track parsed so far.
#[derive(Default)]
struct Parser {
    track: Track,
    /// The notes since the last cue.
    notes: Vec<String>,
    last_start_ms: i64,
    errors: ParseErrors,
}

impl Parser {
    /// Parses the lines between the first line and the first blank one.
    fn parse_metadata(&mut self, block: Option<&Block<'_>>) {
        if let Some([_, metadata @ ..]) = block.map(Vec::as_slice) {
            reject_arrows(metadata, &mut self.errors);
            self.track.metadata = metadata.iter().map(|(_, line)| (*line).to_owned()).collect();
        }
    }

    fn parse_block(&mut self, block: &Block<'_>) {
        let Some(&(line_number, first)) = block.first() else { return };
        if is_note(first) || is_style_or_region(first) && self.track.cues.is_empty() {
            reject_arrows(block, &mut self.errors);
            let target =
                if self.track.cues.is_empty() { &mut self.track.preamble } else { &mut self.notes };
            target.push(join_lines(block));
        } else if is_style_or_region(first) {
            let detail =
                "Players read STYLE and REGION blocks only before the first cue; move it there.";
            self.errors.add(line_number, "misplaced_block", detail);
        } else if let Some(block) = parse_cue_block(block, &mut self.errors) {
            self.parse_cue(&block);
        }
    }

    fn parse_cue(&mut self, block: &CueBlock<'_>) {
        let line_number = block.timing.0;
        let payload = join_lines(&block.text);
        reject_arrows(&block.text, &mut self.errors);
        if enforce_payload_limit(line_number, &payload, &mut self.errors)
            && has_unclosed_tag(&payload)
        {
            self.errors.add(
                line_number,
                "unclosed_tag",
                "The text has a `<` without a `>`, so players would hide the text after it; write `&lt;`.",
            );
        }
        if let Some(cue) = parse_cue_timing(block, CaptionFormat::WebVtt, &mut self.errors) {
            enforce_cue_limit(&self.track.cues, line_number, &mut self.errors);
            self.check_order(line_number, cue.start_ms);
            let (notes_before, identifier) =
                (std::mem::take(&mut self.notes), block.identifier.map(str::to_owned));
            self.track.cues.push(Cue { notes_before, identifier, payload, ..cue });
        }
    }

    /// Reports a cue that starts before the previous one (WebVTT, 4.1 "cue timings").
    fn check_order(&mut self, line_number: usize, start_ms: i64) {
        if start_ms < self.last_start_ms {
            let last = format_webvtt_timestamp(self.last_start_ms);
            let detail =
                format!("The cue starts before the previous one ({last}); sort the cues by start.");
            self.errors.add(line_number, "out_of_order", detail);
        }
        self.last_start_ms = start_ms;
    }

    fn finish(mut self) -> Result<Track, Vec<ParseError>> {
        self.track.notes_after = self.notes;
        self.errors.into_result(self.track)
    }
}

/// Renders a track as a WebVTT file.
///
/// The fields of `extra_header`, such as `("Language", "sr-Latn")`, are added below the first line
/// and replace fields of the same name. The output is well-formed for any payload: blank lines are
/// omitted and `-->` is escaped.
#[must_use]
pub fn render(track: &Track, extra_header: &[(String, String)]) -> String {
    let mut parts = vec![render_header(track, extra_header)];
    parts.extend(track.preamble.iter().cloned());
    for cue in &track.cues {
        parts.extend(cue.notes_before.iter().cloned());
        parts.push(render_cue(cue));
    }
    parts.extend(track.notes_after.iter().cloned());
    parts.join("\n\n") + "\n"
}

fn render_header(track: &Track, extra: &[(String, String)]) -> String {
    let is_replaced = |line: &str| {
        let name = line.split(':').next().unwrap_or(line).trim();
        line.contains(':') && extra.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let mut lines = vec![format!("{SIGNATURE} {}", track.header).trim_end().to_owned()];
    lines.extend(track.metadata.iter().filter(|line| !is_replaced(line)).cloned());
    lines.extend(extra.iter().map(|(name, value)| {
        format!("{name}: {value}").replace(['\n', '\r'], " ").replace(ARROW, "→")
    }));
    lines.join("\n")
}

fn render_cue(cue: &Cue) -> String {
    let timing = format!(
        "{} {ARROW} {} {}",
        format_webvtt_timestamp(cue.start_ms),
        format_webvtt_timestamp(cue.end_ms),
        cue.settings
    );
    let payload = cue.payload.replace(ARROW, "--&gt;");
    let mut lines: Vec<&str> =
        cue.identifier.as_deref().filter(|line| is_identifier(line)).into_iter().collect();
    lines.push(timing.trim_end());
    lines.extend(payload.split(['\n', '\r']).filter(|line| !line.is_empty()));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::ALBANIAN_WEBVTT;
    use crate::captions::test_fixtures::SERBIAN_WEBVTT;
    use crate::captions::test_fixtures::any_track;
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
    fn parses_every_block_type() {
        let track = parse(SERBIAN_WEBVTT).unwrap();
        assert_eq!(track.header, "- Сигурна кућа");
        assert_eq!(track.metadata, ["Kind: captions", "Language: sr-Cyrl"]);
        assert_eq!(track.preamble.len(), 3);
        assert_eq!(
            track.preamble[1],
            "REGION\nid:dole\nwidth:40%\nlines:3\nregionanchor:0%,100%\nviewportanchor:10%,90%\nscroll:up"
        );
        let [first, second, third] = track.cues.as_slice() else { panic!("three cues") };
        assert_eq!(first.identifier.as_deref(), Some("увод-1"));
        assert_eq!((first.start_ms, first.end_ms), (1_000, 4_500));
        assert_eq!(first.settings, "region:dole align:left");
        assert_eq!(second.notes_before, ["NOTE Проверити\nимена."]);
        assert_eq!(second.payload, "<v.gost Марко>Живот је <i>леп</i>\nи кратак.</v>");
        assert!(third.start_ms < second.end_ms, "cues may overlap");
        assert_eq!(track.notes_after, ["NOTE крај"]);
        assert_eq!(render(&track, &[]), SERBIAN_WEBVTT);
    }

    #[test]
    fn renders_hours_when_omitted() {
        let track = parse(ALBANIAN_WEBVTT).unwrap();
        assert_eq!(track.cues[0].settings, "position:10%,line-left align:left size:35%");
        assert!(
            render(&track, &[]).starts_with("WEBVTT\n\n00:00:00.500 --> 00:00:02.000 position:10%")
        );
    }

    #[test]
    fn replaces_header_fields() {
        let track = parse("WEBVTT\nlanguage: sr\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\nA\n").unwrap();
        let extra = [("Kind", "captions"), ("Language", "sr-Latn\n-->")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let rendered = render(&track, &extra);
        let expected = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\nKind: captions\nLanguage: sr-Latn →\n\n00:00:01.000";
        assert!(rendered.starts_with(expected), "{rendered}");
        assert_eq!(render(&parse(&rendered).unwrap(), &extra), rendered);
    }

    #[test]
    fn renders_invalid_cues_well_formed() {
        let payload = "a\n\nb --> c\r\n\r\nd\n".to_owned();
        let cue = Cue { identifier: Some("NOTE".to_owned()), end_ms: 1, payload, ..Cue::default() };
        let read = parse(&render(&Track { cues: vec![cue], ..Track::default() }, &[])).unwrap();
        assert_eq!(
            (read.cues[0].identifier.as_deref(), read.cues[0].payload.as_str()),
            (None, "a\nb --&gt; c\nd")
        );
    }

    #[test]
    fn reports_error_lines() {
        let cue = "00:01.000 --> 00:02.000";
        for (text, expected) in [
            (format!("{cue}\nA"), vec![(1, "missing_header")]),
            (format!("\nWEBVTT\n\n{cue}\nA"), vec![(1, "missing_header"), (2, "missing_timing")]),
            (format!("WEBVTTX\n\n{cue}\nA"), vec![(1, "missing_header"), (1, "missing_timing")]),
            (format!("WEBVTT\n{cue}\nA"), vec![(2, "missing_blank_line")]),
            (format!("WEBVTT\n\n{cue}\nA\n2\n{cue}\nB"), vec![(6, "missing_blank_line")]),
            (format!("WEBVTT\n\n{cue}\nA --> B"), vec![(4, "arrow_in_text")]),
            (format!("WEBVTT\n\nNOTE\n{cue}\nA"), vec![(4, "missing_blank_line")]),
            (format!("WEBVTT\n\n{cue}\n\nA"), vec![(5, "missing_timing")]),
            (format!("WEBVTT\n\n{cue}\nA\n\nSTYLE\n::cue {{}}"), vec![(6, "misplaced_block")]),
            (format!("WEBVTT\n\n{cue}\n1 < 2"), vec![(3, "unclosed_tag")]),
            (format!("WEBVTT\n\n{cue}\nA\u{7}"), vec![(4, "control_character")]),
            (
                format!("WEBVTT\n\n{cue}\n{}", "<".repeat(5_001)),
                vec![(3, "line_too_long"), (3, "cue_too_long")],
            ),
            (
                format!("WEBVTT\n\n{cue}\nA\n\n00:00.999 --> 00:02.000\nB"),
                vec![(6, "out_of_order")],
            ),
            ("WEBVTT\n\n00:01,000 --> 00:02,000\nA".to_owned(), vec![(3, "wrong_separator")]),
            (
                "WEBVTT\n\nx\n00:02.000 --> 00:02.000\nA\n\n00:00:1.000 --> b".to_owned(),
                vec![(4, "end_before_start"), (7, "invalid_time")],
            ),
        ] {
            assert_eq!(error_codes(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn track_round_trips(track in any_track()) {
            let rendered = render(&track, &[]);
            let track = Ok(track);
            prop_assert_eq!(&parse(&rendered), &track);
            prop_assert_eq!(&parse(&rendered.replace('\n', "\r\n")), &track);
        }
    }
}

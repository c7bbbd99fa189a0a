//! WebVTT, read strictly and written (W3C, 4 "Syntax" and 6.1 "WebVTT file parsing").
//!
//! A player skips what it does not understand, and a viewer then misses a sentence. Here, where
//! somebody can still correct the file, every such place is a problem.

use super::lines::{
    Block, CueBlock, blocks, check_arrows, check_characters, check_count, check_length, cue_block,
    joined, lines, timed_cue,
};
use super::timing::{ARROW, timestamp_webvtt};
use super::track::{Cue, Format, Problem, Problems, Track};
use super::vtt_text::is_unclosed;

/// What the first line begins with.
pub(super) const SIGNATURE: &str = "WEBVTT";

/// Reads the text of a WebVTT file, without its byte order mark.
pub fn read(text: &str) -> Result<Track, Vec<Problem>> {
    let lines = lines(text);
    let mut reader = Reader::default();
    check_characters(&lines, &mut reader.problems);
    let blocks = blocks(&lines, str::is_empty);
    let mut blocks = blocks.iter();
    if let Some(header) = header(text) {
        header.clone_into(&mut reader.track.header);
        reader.metadata(blocks.next());
    } else {
        let detail = "A WebVTT file begins with a line `WEBVTT`, without anything before it; add it, or send the file as what it is.";
        reader.problems.add(1, "missing_header", detail);
    }
    for block in blocks {
        reader.block(block);
    }
    reader.finish()
}

/// The text after the signature; `None` when the file does not begin as WebVTT.
fn header(text: &str) -> Option<&str> {
    let first = text.split(['\n', '\r']).next()?;
    let rest = first.strip_prefix(SIGNATURE)?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

/// Whether a line can identify a cue, and is not read as anything else (WebVTT, 4.1 "cue
/// identifier").
pub(super) fn is_identifier(line: &str) -> bool {
    !line.is_empty()
        && !line.contains(['\n', '\r'])
        && !line.contains(ARROW)
        && !is_note(line)
        && !is_definition(line)
}

fn is_note(line: &str) -> bool {
    line.strip_prefix("NOTE").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn is_definition(line: &str) -> bool {
    matches!(line.trim_ascii_end(), "STYLE" | "REGION")
}

/// The track as far as it is read.
#[derive(Default)]
struct Reader {
    track: Track,
    /// The notes since the last cue.
    notes: Vec<String>,
    last_start_ms: i64,
    problems: Problems,
}

impl Reader {
    /// Reads the lines between the first line and the first blank one.
    fn metadata(&mut self, block: Option<&Block<'_>>) {
        if let Some([_, metadata @ ..]) = block.map(Vec::as_slice) {
            check_arrows(metadata, &mut self.problems);
            self.track.metadata = metadata.iter().map(|(_, line)| (*line).to_owned()).collect();
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        let Some(&(number, first)) = block.first() else { return };
        if is_note(first) || is_definition(first) && self.track.cues.is_empty() {
            check_arrows(block, &mut self.problems);
            let kept =
                if self.track.cues.is_empty() { &mut self.track.preamble } else { &mut self.notes };
            kept.push(joined(block));
        } else if is_definition(first) {
            let detail =
                "Players read STYLE and REGION blocks only before the first cue; move it there.";
            self.problems.add(number, "misplaced_block", detail);
        } else if let Some(block) = cue_block(block, &mut self.problems) {
            self.cue(&block);
        }
    }

    fn cue(&mut self, block: &CueBlock<'_>) {
        let number = block.timing.0;
        let payload = joined(&block.text);
        check_arrows(&block.text, &mut self.problems);
        if check_length(number, &payload, &mut self.problems) && is_unclosed(&payload) {
            self.problems.add(
                number,
                "unclosed_tag",
                "The text has a `<` without its `>`, which hides what follows; write `&lt;`.",
            );
        }
        if let Some(cue) = timed_cue(block, Format::WebVtt, &mut self.problems) {
            check_count(&self.track.cues, number, &mut self.problems);
            self.check_order(number, cue.start_ms);
            let (notes_before, identifier) =
                (std::mem::take(&mut self.notes), block.identifier.map(str::to_owned));
            self.track.cues.push(Cue { notes_before, identifier, payload, ..cue });
        }
    }

    /// Holds the cues to their order: each starts no earlier than the one before it (WebVTT, 4.1
    /// "cue timings").
    fn check_order(&mut self, number: usize, start_ms: i64) {
        if start_ms < self.last_start_ms {
            let last = timestamp_webvtt(self.last_start_ms);
            let detail = format!(
                "The cue starts before the one above it ({last}); sort the cues by their start."
            );
            self.problems.add(number, "out_of_order", detail);
        }
        self.last_start_ms = start_ms;
    }

    fn finish(mut self) -> Result<Track, Vec<Problem>> {
        self.track.notes_after = self.notes;
        self.problems.or(self.track)
    }
}

/// Writes a track as a WebVTT file.
///
/// The fields of `extra_header`, such as `("Language", "sr-Latn")`, stand below the first line, in
/// place of those of the same name that the track has. Whatever the text of a cue is, the file
/// stays well formed: blank lines are left out and `-->` is escaped.
#[must_use]
pub fn write(track: &Track, extra_header: &[(String, String)]) -> String {
    let mut parts = vec![written_header(track, extra_header)];
    parts.extend(track.preamble.iter().cloned());
    for cue in &track.cues {
        parts.extend(cue.notes_before.iter().cloned());
        parts.push(written_cue(cue));
    }
    parts.extend(track.notes_after.iter().cloned());
    parts.join("\n\n") + "\n"
}

fn written_header(track: &Track, extra: &[(String, String)]) -> String {
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

fn written_cue(cue: &Cue) -> String {
    let timing = format!(
        "{} {ARROW} {} {}",
        timestamp_webvtt(cue.start_ms),
        timestamp_webvtt(cue.end_ms),
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
    use crate::captions::samples::{ALBANIAN, SERBIAN, track};
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
    fn everything_is_kept_in_its_place() {
        let track = read(SERBIAN).unwrap();
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
        assert_eq!(write(&track, &[]), SERBIAN);
    }

    #[test]
    fn a_file_without_hours_gets_them() {
        let track = read(ALBANIAN).unwrap();
        assert_eq!(track.cues[0].settings, "position:10%,line-left align:left size:35%");
        assert!(
            write(&track, &[]).starts_with("WEBVTT\n\n00:00:00.500 --> 00:00:02.000 position:10%")
        );
    }

    #[test]
    fn header_fields_are_replaced() {
        let track = read("WEBVTT\nlanguage: sr\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\nA\n").unwrap();
        let extra = [("Kind", "captions"), ("Language", "sr-Latn\n-->")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let written = write(&track, &extra);
        let expected = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\nKind: captions\nLanguage: sr-Latn →\n\n00:00:01.000";
        assert!(written.starts_with(expected), "{written}");
        assert_eq!(write(&read(&written).unwrap(), &extra), written);
    }

    #[test]
    fn whatever_a_cue_has_the_file_is_well_formed() {
        let payload = "a\n\nb --> c\r\n\r\nd\n".to_owned();
        let cue = Cue { identifier: Some("NOTE".to_owned()), end_ms: 1, payload, ..Cue::default() };
        let read = read(&write(&Track { cues: vec![cue], ..Track::default() }, &[])).unwrap();
        assert_eq!(
            (read.cues[0].identifier.as_deref(), read.cues[0].payload.as_str()),
            (None, "a\nb --&gt; c\nd")
        );
    }

    #[test]
    fn problems_have_their_line() {
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
            assert_eq!(codes(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(track in track()) {
            let written = write(&track, &[]);
            let track = Ok(track);
            prop_assert_eq!(&read(&written), &track);
            prop_assert_eq!(&read(&written.replace('\n', "\r\n")), &track);
        }
    }
}

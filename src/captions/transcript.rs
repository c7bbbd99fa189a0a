//! Transcript of a track: cues joined to paragraphs.
//!
//! A cue ends where a line on the screen is full rather than at the end of a sentence, so cues are
//! joined. A new paragraph starts
//!
//! 1. where the speaker changes, including from a named to an unnamed one, or from one unnamed
//!    speaker to another (see `speakers`);
//! 2. after a pause of at least [`PARAGRAPH_PAUSE_MS`];
//! 3. after the end of a sentence, once the paragraph has [`SOFT_PARAGRAPH_LEN`] characters;
//! 4. once it has [`MAX_PARAGRAPH_LEN`] characters, since speech recognition may produce no full
//!    stops.
//!
//! Lines that roll-up captions display again are omitted (see `repeated_lines`).

use super::track::{Cue, Track};
use crate::captions::spoken::{SpokenCue, SpokenLine, spoken_cues};

/// Minimum pause between paragraphs, in milliseconds.
pub const PARAGRAPH_PAUSE_MS: i64 = 2_000;

/// Length in characters from which a paragraph ends with the next sentence.
pub const SOFT_PARAGRAPH_LEN: usize = 400;

/// Length in characters from which a paragraph ends with the next line.
pub const MAX_PARAGRAPH_LEN: usize = 1_200;

/// A paragraph of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// Start of its first cue, in milliseconds from the start of the video.
    pub start_ms: i64,
    /// End of its last cue, in milliseconds.
    pub end_ms: i64,
    /// The speaker, if the captions name one.
    pub speaker: Option<String>,
    /// Plain text in one line.
    pub text: String,
}

/// Renders a track as plain text: paragraphs separated by blank lines, each prefixed with its
/// speaker if known (`Ana: …`).
#[must_use]
pub fn render_text(track: &Track) -> String {
    let blocks: Vec<String> = paragraphs(&track.cues)
        .into_iter()
        .map(|paragraph| match paragraph.speaker {
            Some(speaker) => format!("{speaker}: {}\n", paragraph.text),
            None => format!("{}\n", paragraph.text),
        })
        .collect();
    blocks.join("\n")
}

/// Joins cues, sorted by start, to paragraphs.
#[must_use]
pub fn paragraphs(cues: &[Cue]) -> Vec<Paragraph> {
    let mut joined: Vec<Paragraph> = Vec::new();
    for cue in spoken_cues(cues) {
        for line in &cue.lines {
            push_line(&mut joined, &cue, line);
        }
    }
    joined.retain(|paragraph| !paragraph.text.is_empty());
    joined
}

fn push_line(paragraphs: &mut Vec<Paragraph>, cue: &SpokenCue, line: &SpokenLine) {
    // A name may stand on a line of its own.
    let text = line.speech();
    match paragraphs.last_mut().filter(|last| continues_paragraph(last, cue, line)) {
        Some(last) => {
            if !last.text.is_empty() && !text.is_empty() {
                last.text.push(' ');
            }
            last.text.push_str(text);
            last.end_ms = last.end_ms.max(cue.end_ms);
        }
        None => {
            paragraphs.push(Paragraph {
                start_ms: cue.start_ms,
                end_ms: cue.end_ms,
                speaker: line.speaker.as_deref().map(str::to_owned),
                text: text.to_owned(),
            });
        }
    }
}

/// Whether a line of a cue continues a paragraph.
fn continues_paragraph(paragraph: &Paragraph, cue: &SpokenCue, line: &SpokenLine) -> bool {
    let length = paragraph.text.chars().count();
    let is_full = length >= MAX_PARAGRAPH_LEN
        || length >= SOFT_PARAGRAPH_LEN && ends_sentence(&paragraph.text);
    paragraph.speaker.as_deref() == line.speaker.as_deref()
        && !line.is_change
        && cue.start_ms - paragraph.end_ms < PARAGRAPH_PAUSE_MS
        && !is_full
}

/// Whether a text ends with sentence-final punctuation, optionally followed by closing quotes and
/// brackets.
fn ends_sentence(text: &str) -> bool {
    let closing = ['"', '\'', '“', '”', '’', '»', '«', ')', ']'];
    text.trim_end_matches(closing).ends_with(['.', '!', '?', '…'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::ALBANIAN_WEBVTT;
    use crate::captions::test_fixtures::SERBIAN_WEBVTT;
    use crate::captions::test_fixtures::any_track;
    use crate::captions::webvtt;
    use proptest::prelude::*;

    fn cue(start_ms: i64, end_ms: i64, payload: &str) -> Cue {
        Cue { start_ms, end_ms, payload: payload.to_owned(), ..Cue::default() }
    }

    fn texts(cues: &[Cue]) -> Vec<String> {
        paragraphs(cues).into_iter().map(|paragraph| paragraph.text).collect()
    }

    #[test]
    fn speaker_change_starts_paragraph() {
        let expected =
            "Ана: Добро вече & добро дошли.\n\nМарко: Живот је леп и кратак.\n\n[музика]\n";
        assert_eq!(render_text(&webvtt::parse(SERBIAN_WEBVTT).unwrap()), expected);
        let expected = "Mirëdita, jam Teuta. Unë punoj këtu.\n\nPas një pauze.\n";
        assert_eq!(render_text(&webvtt::parse(ALBANIAN_WEBVTT).unwrap()), expected);
        assert_eq!(render_text(&Track::default()), "");
        let both = paragraphs(&[
            cue(0, 5, "<v Ana>Ko?</v>\n<v Marko>Ja.</v>"),
            cue(5, 9, "<v Marko>Opet ja."),
        ]);
        let marko = Paragraph {
            start_ms: 0,
            end_ms: 9,
            speaker: Some("Marko".to_owned()),
            text: "Ja. Opet ja.".to_owned(),
        };
        assert_eq!(both.get(1..), Some([marko].as_slice()));
    }

    #[test]
    fn pause_starts_paragraph() {
        assert_eq!(
            texts(&[cue(0, 1_000, "A"), cue(2_999, 4_000, "B"), cue(6_000, 7_000, "C")]),
            ["A B", "C"]
        );
        assert_eq!(
            texts(&[cue(0, 9_000, "A"), cue(1_000, 2_000, "B"), cue(10_999, 12_000, "C")]),
            ["A B C"],
            "cues may overlap"
        );
    }

    #[test]
    fn long_paragraph_ends_at_sentence() {
        let (open, ended) = ("а".repeat(400), format!("{} „крај.“", "а".repeat(400)));
        assert_eq!(
            texts(&[cue(0, 1, &open), cue(1, 2, "Б"), cue(2, 3, "В")]),
            [format!("{open} Б В")]
        );
        assert_eq!(
            texts(&[cue(0, 1, &ended), cue(1, 2, "Б"), cue(2, 3, "В")]),
            [ended, "Б В".to_owned()]
        );
        let endless = "а".repeat(1_200);
        assert_eq!(texts(&[cue(0, 1, &endless), cue(1, 2, "Б")]), [endless, "Б".to_owned()]);
    }

    #[test]
    fn roll_up_lines_are_deduplicated() {
        let rolling = [
            cue(0, 2_000, "dobro veče"),
            cue(2_000, 2_010, "dobro veče"),
            cue(2_010, 4_000, "dobro veče\ni<00:00:03.000><c> dobro došli</c>"),
            cue(4_000, 6_000, "i dobro došli\nu Kinoteku"),
            cue(6_000, 8_000, "u Kinoteku"),
        ];
        let expected = Paragraph {
            start_ms: 0,
            end_ms: 8_000,
            speaker: None,
            text: "dobro veče i dobro došli u Kinoteku".to_owned(),
        };
        assert_eq!(paragraphs(&rolling), [expected]);
        assert_eq!(
            texts(&[cue(0, 1_000, "<v A>Ne."), cue(1_000, 2_000, "<v B>Ne.")]),
            ["Ne.", "Ne."]
        );
    }

    #[test]
    fn spoken_repetitions_are_kept() {
        assert_eq!(texts(&[cue(0, 1_000, "Ne."), cue(1_000, 2_000, "Ne.")]), ["Ne. Ne."]);
        assert_eq!(
            texts(&[cue(0, 1_000, "- Da?\n- Da."), cue(1_000, 2_000, "- Da.\n- Ne.")]),
            ["Da?", "Da.", "Da.", "Ne."]
        );
    }

    #[test]
    fn speakers_marked_in_text_start_paragraphs() {
        let transcript = |cues: &[&str]| {
            let cues =
                cues.iter().zip(0_i64..).map(|(text, at)| cue(at * 1_000, at * 1_000 + 900, text));
            render_text(&Track { cues: cues.collect(), ..Track::default() })
        };
        assert_eq!(
            transcript(&["Ana Marković: Dobar dan svima.", "Besa Krasniqi: Mirëdita."]),
            "Ana Marković: Dobar dan svima.\n\nBesa Krasniqi: Mirëdita.\n"
        );
        assert_eq!(
            transcript(&[
                "JELENA:\nDobar dan,",
                "svima vama.",
                "[aplauz]",
                "Hvala.",
                "&gt;&gt; Molim!",
                "Doviđenja."
            ]),
            "JELENA: Dobar dan, svima vama.\n\n[aplauz]\n\nJELENA: Hvala.\n\nMolim! Doviđenja.\n"
        );
        // The names that a track has as SRT are found again.
        let voices = webvtt::parse(SERBIAN_WEBVTT).unwrap();
        let back = crate::captions::srt::parse(&crate::captions::srt::render(&voices)).unwrap();
        assert_eq!(render_text(&back), render_text(&voices));
        // After a pause, nobody knows who speaks.
        let cues = [cue(0, 900, "ANA: Da."), cue(2_900, 3_000, "Ne."), cue(3_000, 3_100, "ANA:")];
        let speakers: Vec<_> =
            paragraphs(&cues).into_iter().map(|one| (one.speaker, one.text)).collect();
        assert_eq!(
            speakers,
            [(Some("ANA".to_owned()), "Da.".to_owned()), (None, "Ne.".to_owned())]
        );
    }

    proptest! {
        #[test]
        fn paragraphs_are_sorted_and_not_empty(track in any_track()) {
            let paragraphs = paragraphs(&track.cues);
            prop_assert!(paragraphs.is_sorted_by_key(|paragraph| paragraph.start_ms));
            for paragraph in &paragraphs {
                prop_assert!(paragraph.start_ms < paragraph.end_ms);
                prop_assert!(!paragraph.text.is_empty() && !paragraph.text.contains("  "));
            }
            prop_assert!(!render_text(&track).contains("\n\n\n"));
        }
    }
}

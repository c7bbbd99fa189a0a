//! All that is said in a video, as text to read: cues joined to paragraphs.
//!
//! A cue ends where the line on the screen is full, not where a thought is. So cues are joined, and
//! a new paragraph begins
//!
//! 1. where the speaker changes, also from one that is named to one that is not;
//! 2. after a pause of at least [`PAUSE_MS`];
//! 3. after the end of a sentence, once the paragraph has [`LONG`] characters;
//! 4. once it has [`TOO_LONG`] characters: speech recognition writes no full stops.
//!
//! Roll-up captions show each line again above the next one. The lines with which a cue repeats the
//! end of the cue before are left out, if it follows without a gap; who says "No." twice has a gap
//! between.

use super::track::{Cue, Track};
use super::vtt_text::utterances;

/// The pause after which a paragraph begins, in milliseconds.
pub const PAUSE_MS: i64 = 2_000;

/// The characters after which a paragraph ends with its sentence.
pub const LONG: usize = 400;

/// The characters after which a paragraph ends with its line.
pub const TOO_LONG: usize = 1_200;

/// The most lines that roll-up captions show at a time (CEA-608 has 15 rows).
const ROWS: usize = 15;

/// Something that is said without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// When its first cue appears, in milliseconds from the start of the video.
    pub start_ms: i64,
    /// When its last cue goes.
    pub end_ms: i64,
    /// Who says it, where the captions name a voice.
    pub speaker: Option<String>,
    /// The text, plain and in one line.
    pub text: String,
}

/// A line of a cue, and who says it.
type Line = (Option<String>, String);

/// Writes a track as plain text: its paragraphs, with a blank line between, each after its speaker
/// (`Ana: …`).
#[must_use]
pub fn text(track: &Track) -> String {
    let written: Vec<String> = paragraphs(&track.cues)
        .into_iter()
        .map(|paragraph| match paragraph.speaker {
            Some(speaker) => format!("{speaker}: {}\n", paragraph.text),
            None => format!("{}\n", paragraph.text),
        })
        .collect();
    written.join("\n")
}

/// Joins cues, which are in the order of their start, to paragraphs.
#[must_use]
pub fn paragraphs(cues: &[Cue]) -> Vec<Paragraph> {
    let mut found = Vec::new();
    let (mut shown, mut shown_until) = (Vec::new(), 0);
    for cue in cues {
        let said = lines_of(cue);
        if said.is_empty() {
            continue;
        }
        let repeated = if cue.start_ms <= shown_until { repetition(&shown, &said) } else { 0 };
        if repeated > 0 {
            prolong(&mut found, cue);
        }
        for line in said.iter().skip(repeated) {
            add(&mut found, cue, line);
        }
        (shown, shown_until) = (said, cue.end_ms);
    }
    found
}

fn lines_of(cue: &Cue) -> Vec<Line> {
    let spoken = utterances(&cue.payload).into_iter();
    spoken
        .flat_map(|spoken| spoken.lines.into_iter().map(move |line| (spoken.speaker.clone(), line)))
        .collect()
}

/// How many lines at the beginning of a cue repeat the end of the cue before it.
fn repetition(shown: &[Line], said: &[Line]) -> usize {
    let repeats = |count: &usize| said.get(..*count).is_some_and(|first| shown.ends_with(first));
    (1..=ROWS.min(said.len())).rev().find(repeats).unwrap_or(0)
}

/// Keeps the last paragraph on the screen for as long as the cue is.
fn prolong(found: &mut [Paragraph], cue: &Cue) {
    if let Some(last) = found.last_mut() {
        last.end_ms = last.end_ms.max(cue.end_ms);
    }
}

fn add(found: &mut Vec<Paragraph>, cue: &Cue, (speaker, line): &Line) {
    match found.last_mut().filter(|last| goes_on(last, cue, speaker.as_deref())) {
        Some(last) => {
            last.text.push(' ');
            last.text.push_str(line);
            last.end_ms = last.end_ms.max(cue.end_ms);
        }
        None => {
            found.push(Paragraph {
                start_ms: cue.start_ms,
                end_ms: cue.end_ms,
                speaker: speaker.clone(),
                text: line.clone(),
            });
        }
    }
}

/// Whether what a speaker says in a cue belongs to a paragraph.
fn goes_on(paragraph: &Paragraph, cue: &Cue, speaker: Option<&str>) -> bool {
    let length = paragraph.text.chars().count();
    let is_full = length >= TOO_LONG || length >= LONG && ends_sentence(&paragraph.text);
    paragraph.speaker.as_deref() == speaker
        && cue.start_ms - paragraph.end_ms < PAUSE_MS
        && !is_full
}

/// Whether a text ends with the mark of a sentence, behind which quotes and brackets may close.
fn ends_sentence(text: &str) -> bool {
    let closing = ['"', '\'', '“', '”', '’', '»', '«', ')', ']'];
    text.trim_end_matches(closing).ends_with(['.', '!', '?', '…'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::samples::{ALBANIAN, SERBIAN, track};
    use crate::captions::webvtt;
    use proptest::prelude::*;

    fn cue(start_ms: i64, end_ms: i64, payload: &str) -> Cue {
        Cue { start_ms, end_ms, payload: payload.to_owned(), ..Cue::default() }
    }

    fn texts(cues: &[Cue]) -> Vec<String> {
        paragraphs(cues).into_iter().map(|paragraph| paragraph.text).collect()
    }

    #[test]
    fn voices_have_paragraphs() {
        let expected =
            "Ана: Добро вече & добро дошли.\n\nМарко: Живот је леп и кратак.\n\n[музика]\n";
        assert_eq!(text(&webvtt::read(SERBIAN).unwrap()), expected);
        let expected = "Mirëdita, jam Teuta. Unë punoj këtu.\n\nPas një pauze.\n";
        assert_eq!(text(&webvtt::read(ALBANIAN).unwrap()), expected);
        assert_eq!(text(&Track::default()), "");
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
    fn a_pause_ends_a_paragraph() {
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
    fn long_paragraphs_end_with_a_sentence() {
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
    fn rolling_lines_are_said_once() {
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
        assert_eq!(texts(&[cue(0, 1_000, "Ne."), cue(1_080, 2_000, "Ne.")]), ["Ne. Ne."]);
        assert_eq!(
            texts(&[cue(0, 1_000, "<v A>Ne."), cue(1_000, 2_000, "<v B>Ne.")]),
            ["Ne.", "Ne."]
        );
    }

    proptest! {
        #[test]
        fn paragraphs_are_in_order_and_say_something(track in track()) {
            let paragraphs = paragraphs(&track.cues);
            prop_assert!(paragraphs.is_sorted_by_key(|paragraph| paragraph.start_ms));
            for paragraph in &paragraphs {
                prop_assert!(paragraph.start_ms < paragraph.end_ms);
                prop_assert!(!paragraph.text.is_empty() && !paragraph.text.contains("  "));
            }
            prop_assert!(!text(&track).contains("\n\n\n"));
        }
    }
}

//! Conventions by which captions mark speakers in their text.
//!
//! WebVTT has voices (`<v Ana>`), but most files have one of these at the beginning of a line:
//!
//! - a name and a colon: `Ana Marković: Good evening.` (Zoom, Teams, SRT), `JELENA:`,
//!   `DR PETROVIĆ (on the phone):`;
//! - `>>` where the speaker changes, `>>>` where the subject does too (North America), and a name
//!   or none after it;
//! - a dash where another person answers: `- Yes?` above `- Yes.`
//!
//! What precedes a colon is not always a name ("Note: …"), so names are recognized by the whole
//! track: a name in capitals in a track that has lower case, or one that begins two or more lines,
//! or any if at least half of the cues begin with one.

use std::collections::{HashMap, HashSet};

use crate::captions::displayed_lines::DisplayedLine;
use crate::text::fold::fold;

/// Maximum length of a name in characters.
const MAX_NAME_LEN: usize = 40;

/// Maximum number of words of a name.
const MAX_NAME_WORDS: usize = 5;

/// Words in lower case that names contain.
const NAME_PARTICLES: &[&str] = &[
    "al", "and", "bin", "da", "de", "der", "di", "dr", "e", "el", "i", "prof", "van", "ve", "von",
];

/// Folded words that announce a remark and not a speaker, in the languages of the product.
const REMARKS: &[&str] = &[
    // English
    "attention",
    "caution",
    "important",
    "nb",
    "note",
    "ps",
    "source",
    "translation",
    "warning",
    // Serbian, Bosnian, Macedonian
    "izvor",
    "napomena",
    "paznja",
    "prevod",
    "prijevod",
    "upozorenje",
    "vazno",
    "vnimanie",
    "zabeleska",
    // Albanian
    "burimi",
    "kujdes",
    "perkthimi",
    "shenim",
    "verejtje",
    // Turkish
    "ceviri",
    "dikkat",
    "kaynak",
    "not",
    "onemli",
    "uyari",
];

const SONG_SIGNS: &[char] = &['♪', '♫', '♩', '♬', '¶'];

const DASHES: &[char] = &['-', '‐', '‑', '–', '—'];

/// The marks of a speaker at the beginning of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SpeakerMarks<'a> {
    /// The name before the colon.
    pub name: Option<&'a str>,
    /// Whether `>>` or a dash shows that the speaker changes.
    pub is_change: bool,
    /// The text after the marks.
    pub rest: &'a str,
}

/// The names by which a track marks its speakers.
#[derive(Debug, Default)]
pub(super) struct SpeakerNames(HashSet<String>);

impl SpeakerNames {
    /// Finds the names in the lines of the cues of a track; none if it has voices.
    pub(super) fn find(cues: &[Vec<DisplayedLine>]) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let (mut begun_by_name, mut has_lower_case) = (0_usize, false);
        for lines in cues {
            for (line, index) in lines.iter().zip(0_usize..) {
                if line.voice.is_some() {
                    return Self::default();
                }
                let marks = parse_marks(&line.text);
                if let Some(name) = marks.name {
                    *counts.entry(name).or_default() += 1;
                    begun_by_name += usize::from(index == 0);
                }
                has_lower_case = has_lower_case || marks.rest.chars().any(char::is_lowercase);
            }
        }
        let cue_count = cues.iter().filter(|lines| !lines.is_empty()).count();
        let are_all_names = begun_by_name > 1 && begun_by_name * 2 >= cue_count;
        let is_name = |(name, count): &(&str, usize)| {
            are_all_names || *count > 1 || has_lower_case && is_in_capitals(name)
        };
        Self(counts.into_iter().filter(is_name).map(|(name, _)| name.to_owned()).collect())
    }

    /// Whether the track marks speakers by names.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The marks of a line; what precedes a colon is text unless it is one of the names.
    pub(super) fn marks_of<'a>(&self, line: &'a str) -> SpeakerMarks<'a> {
        let marks = parse_marks(line);
        if marks.name.is_none_or(|name| self.0.contains(name)) {
            return marks;
        }
        let (is_change, rest) = parse_change(line);
        SpeakerMarks { name: None, is_change, rest }
    }
}

/// Whether a line is the first word of a speaker after a dash.
pub(super) fn starts_with_dash(line: &str) -> bool {
    line.starts_with(DASHES) && parse_change(line).0
}

/// Whether a line is a sound, such as `[music]`, or sung, and not speech. A song is marked at both
/// ends of a line, or only where it begins and ends.
pub(super) fn is_sound(line: &str) -> bool {
    [('[', ']'), ('(', ')'), ('#', '#'), ('*', '*')]
        .iter()
        .any(|(open, close)| line.starts_with(*open) && line.ends_with(*close))
        || line.starts_with(SONG_SIGNS)
        || line.ends_with(SONG_SIGNS)
}

/// The marks of a line, if what precedes its colon has the form of a name.
fn parse_marks(line: &str) -> SpeakerMarks<'_> {
    let (is_change, text) = parse_change(line);
    match text.split_once(':') {
        Some((name, rest))
            if is_name(name) && !is_remark(name) && (rest.is_empty() || rest.starts_with(' ')) =>
        {
            SpeakerMarks { name: Some(name), is_change, rest: rest.trim_start() }
        }
        _ => SpeakerMarks { name: None, is_change, rest: text },
    }
}

/// Whether a line begins with `>>` or a dash before speech, and the text after it.
fn parse_change(line: &str) -> (bool, &str) {
    if let Some(text) = line.strip_prefix(">>") {
        return (true, text.trim_start_matches('>').trim_start());
    }
    // A dash before a word in lower case is in the middle of a sentence, and one before a digit may
    // be a minus sign.
    let begins_speech = |text: &str| {
        text.starts_with(|c: char| c.is_uppercase() || "\"'„“”«»‘’¿¡(['…♪.".contains(c))
    };
    match line.strip_prefix(DASHES) {
        Some(rest) if begins_speech(rest.trim_start()) => (true, rest.trim_start()),
        Some(rest)
            if rest.starts_with(' ')
                && rest.trim_start().starts_with(|c: char| c.is_ascii_digit()) =>
        {
            (true, rest.trim_start())
        }
        _ => (false, line),
    }
}

/// Whether a text has the form of a name: few words, each with a capital, a digit, or in brackets.
fn is_name(text: &str) -> bool {
    let words = || text.split(' ');
    let is_allowed = |c: char| c.is_alphanumeric() || ".-'’&#/()\u{300}\u{301}\u{30C}".contains(c);
    let is_name_word = |word: &str| {
        let first = word.trim_start_matches(['(', '#']).chars().next();
        first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit() || c == '&')
            || NAME_PARTICLES.contains(&word.trim_end_matches('.'))
    };
    let (name, remark) = text.split_once(" (").map_or((text, ""), |(name, remark)| (name, remark));
    text.starts_with(char::is_uppercase)
        && text.chars().count() <= MAX_NAME_LEN
        && words().count() <= MAX_NAME_WORDS
        && text.chars().all(|c| is_allowed(c) || c == ' ')
        && name.split(' ').all(is_name_word)
        && (remark.is_empty() || remark.ends_with(')'))
}

/// Whether what precedes a colon announces a remark: `Napomena: …`, `P.S.: …`.
fn is_remark(text: &str) -> bool {
    REMARKS.contains(&fold(text).replace('.', "").as_str())
}

/// Whether a name has at least two letters and all are capitals; a remark in brackets does not
/// count.
fn is_in_capitals(name: &str) -> bool {
    let name = name.split(" (").next().unwrap_or(name);
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    letters().nth(1).is_some() && letters().all(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cues, each with lines separated by `|`, as `name/text`, `>text` after a change, or text.
    fn marked(cues: &[&str]) -> Vec<String> {
        let line = |text: &str| DisplayedLine { voice: None, text: text.to_owned() };
        let cues: Vec<Vec<DisplayedLine>> =
            cues.iter().map(|cue| cue.split('|').map(line).collect()).collect();
        let names = SpeakerNames::find(&cues);
        let lines = cues.iter().flatten().map(|line| names.marks_of(&line.text));
        lines
            .map(|marks| match (marks.name, marks.is_change) {
                (Some(name), _) => format!("{name}/{}", marks.rest),
                (None, true) => format!(">{}", marks.rest),
                (None, false) => marks.rest.to_owned(),
            })
            .collect()
    }

    #[test]
    fn recognizes_names_by_the_track() {
        for (cues, expected) in [
            // Zoom: every cue has a name.
            (
                ["Ana Marković: Dobar dan.", "Besa Krasniqi: Mirëdita."].as_slice(),
                ["Ana Marković/Dobar dan.", "Besa Krasniqi/Mirëdita."].as_slice(),
            ),
            // Capitals are enough.
            (&["JELENA:|Zdravo.", "Kako si?"], &["JELENA/", "Zdravo.", "Kako si?"]),
            (&["DR. PETROVIĆ (telefon): Da.", "a", "b"], &["DR. PETROVIĆ (telefon)/Da.", "a", "b"]),
            (
                &[">> MARKO: Halo?", ">> Ko je?", ">>> VESTI."],
                &["MARKO/Halo?", ">Ko je?", ">VESTI."],
            ),
            // But not where everything is in capitals.
            (&["PAŽNJA: OPASNOST", "IDEMO"], &["PAŽNJA: OPASNOST", "IDEMO"]),
            // Twice is enough.
            (
                &["Ana: Da?", "a", "b", "c", "Ana: Ne.|Marko: Da."],
                &["Ana/Da?", "a", "b", "c", "Ana/Ne.", "Marko: Da."],
            ),
            (&["Ana: Da?|Marko: Ne.", "Ana: Da."], &["Ana/Da?", "Marko/Ne.", "Ana/Da."]),
            // Once is not.
            (&["Napomena: ovo je snimak.", "a", "b"], &["Napomena: ovo je snimak.", "a", "b"]),
            // What announces a remark is no name, however often.
            (
                &[
                    "Napomena: ovo je snimak.",
                    "NAPOMENA: ostaje.",
                    "Напомена: и ово.",
                    "Not: bu da.",
                    "P.S.: a",
                ],
                &[
                    "Napomena: ovo je snimak.",
                    "NAPOMENA: ostaje.",
                    "Напомена: и ово.",
                    "Not: bu da.",
                    "P.S.: a",
                ],
            ),
            (
                &["Ona je rekla: ne.", "Ona je rekla: da."],
                &["Ona je rekla: ne.", "Ona je rekla: da."],
            ),
            (&["U 12:30 sati", "U 12:45 sati"], &["U 12:30 sati", "U 12:45 sati"]),
            (&["Https://a.rs", "Https://a.rs"], &["Https://a.rs", "Https://a.rs"]),
            (
                &["Kraljica od Sabe: Da.", "Maria de la Cruz: Si."],
                &["Kraljica od Sabe: Da.", "Maria de la Cruz: Si."],
            ),
        ] {
            assert_eq!(marked(cues), expected);
        }
    }

    #[test]
    fn recognizes_changes_of_speaker() {
        for (cue, expected) in [
            ("- Da?|- Da.", [">Da?", ">Da."].as_slice()),
            ("–Idemo?|—Idemo.", &[">Idemo?", ">Idemo."]),
            ("- 5 godina?|-5 stepeni", &[">5 godina?", "-5 stepeni"]),
            ("- „Ne“, kaže.|- ...a zatim", &[">„Ne“, kaže.", ">...a zatim"]),
            ("Ona je|– kako kažu –|otišla.", &["Ona je", "– kako kažu –", "otišla."]),
            ("-|>>", &["-", ">"]),
        ] {
            assert_eq!(marked(&[cue]), expected);
        }
        assert!(
            starts_with_dash("- Da") && !starts_with_dash(">> Da") && !starts_with_dash("- da")
        );
    }

    #[test]
    fn voices_are_the_only_speakers() {
        let voice = DisplayedLine { voice: Some("Ana".into()), text: "MARKO: Da.".to_owned() };
        assert!(SpeakerNames::find(&[vec![voice]]).is_empty());
        assert!(
            is_sound("[muzika]")
                && is_sound("♪ la la ♪")
                && is_sound("♪ la la")
                && is_sound("la ♫")
                && is_sound("# la #")
                && !is_sound("(Ana) Da.")
        );
    }
}

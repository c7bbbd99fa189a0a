//! Lines that roll-up captions display again.
//!
//! Roll-up and speech recognition captions repeat each line above the next one, or a growing line
//! with more words. The spoken text has each of these lines once. But people repeat
//! themselves too ("No." "No."), so lines are compared only in tracks that show the pattern: in
//! most cues that follow each other without a gap, the first lines are the last ones of the cue
//! before, and new text follows them. Two lines of a dialogue ("- Yes." above "- No.") are no
//! evidence. In any track, a cue is a repetition if it is shorter than anybody speaks
//! ([`MAX_TRANSITION_MS`]), or is the previous cue again at the same time.

use std::borrow::Cow;

use crate::captions::displayed_lines::{DisplayedLine, displayed_lines};
use crate::captions::speakers::starts_with_dash;
use crate::captions::track::Cue;
use crate::captions::webvtt_cue_text::remove_leading_text;

/// Maximum number of lines that roll-up captions display at once (CEA-608 has 15 rows).
const ROLL_UP_ROWS: usize = 15;

/// Maximum duration of a cue between two states of roll-up captions; `YouTube` writes 10 ms.
const MAX_TRANSITION_MS: i64 = 50;

/// The part at the beginning of a cue that repeats the end of the cue before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Repetition {
    /// Number of whole lines.
    pub lines: usize,
    /// Number of bytes of the line after them.
    pub bytes: usize,
}

impl Repetition {
    fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn is_all_of(self, lines: &[DisplayedLine]) -> bool {
        self.lines == lines.len()
    }

    /// The number of visible characters.
    fn visible_chars(self, lines: &[DisplayedLine]) -> usize {
        let whole = lines.iter().take(self.lines).map(|line| line.text.as_str());
        let part = lines.get(self.lines).and_then(|line| line.text.get(..self.bytes));
        whole.chain(part).flat_map(str::chars).filter(|c| !c.is_whitespace()).count()
    }
}

/// What each cue repeats of the cue before; `lines` are the lines of the cues, which are sorted by
/// start.
pub(super) fn find_repetitions(cues: &[Cue], lines: &[Vec<DisplayedLine>]) -> Vec<Repetition> {
    let mut repetitions = vec![Repetition::default(); cues.len()];
    // Cues that follow each other without a gap, those that look like roll-up captions, and whether
    // any of them is a transition.
    let (mut pairs, mut evidence, mut has_transition) = (0_usize, 0_usize, false);
    let mut certain = vec![false; cues.len()];
    let mut previous: Option<(&Cue, &[DisplayedLine])> = None;
    let marks = repetitions.iter_mut().zip(&mut certain);
    for ((cue, lines), (repetition, is_certain)) in cues.iter().zip(lines).zip(marks) {
        if lines.is_empty() {
            continue;
        }
        let before = previous.replace((cue, lines));
        let Some((last, last_lines)) = before.filter(|(last, _)| cue.start_ms <= last.end_ms)
        else {
            continue;
        };
        if (cue.start_ms, cue.end_ms) == (last.start_ms, last.end_ms) {
            if lines == last_lines {
                (*repetition, *is_certain) = (Repetition { lines: lines.len(), bytes: 0 }, true);
            }
            continue;
        }
        pairs += 1;
        *repetition = compare(last_lines, lines);
        let is_transition = repetition.is_all_of(lines)
            && cue.end_ms.saturating_sub(cue.start_ms) <= MAX_TRANSITION_MS;
        // A sign of music alone says nothing about the lines around it.
        let has_words = repetition.bytes > 0
            || lines
                .iter()
                .take(repetition.lines)
                .any(|line| line.text.contains(char::is_alphanumeric));
        let is_shift = has_words
            && !repetition.is_all_of(lines)
            && !lines.first().is_some_and(|line| starts_with_dash(&line.text));
        *is_certain = is_transition;
        has_transition |= is_transition;
        evidence += usize::from(is_transition || is_shift);
    }
    let is_roll_up = evidence * 2 > pairs && (evidence > 1 || has_transition);
    if !is_roll_up {
        for (repetition, _) in repetitions.iter_mut().zip(certain).filter(|(_, certain)| !certain) {
            *repetition = Repetition::default();
        }
    }
    repetitions
}

/// What the first lines of a cue repeat of the last lines of the cue before.
fn compare(previous: &[DisplayedLine], current: &[DisplayedLine]) -> Repetition {
    let counts = || (1..=ROLL_UP_ROWS.min(current.len())).rev();
    let is_repeated =
        |count: &usize| current.get(..*count).is_some_and(|first| previous.ends_with(first));
    if let Some(lines) = counts().find(is_repeated) {
        return Repetition { lines, bytes: 0 };
    }
    // A line that has grown by words.
    let Some((last, above)) = previous.split_last() else { return Repetition::default() };
    let grows = |count: &usize| {
        let (line, lines) = current.get(..*count)?.split_last()?;
        let rest = line.text.strip_prefix(last.text.as_str()).filter(|rest| rest.starts_with(' '));
        (rest.is_some() && line.voice == last.voice && above.ends_with(lines))
            .then_some(Repetition { lines: lines.len(), bytes: last.text.len() })
    };
    counts().find_map(|count| grows(&count)).unwrap_or_default()
}

/// The cues without the lines that roll-up captions display again, sorted by start. A cue with
/// nothing else is omitted, and the previous one extended to its end.
#[must_use]
pub fn without_repeated_lines(cues: &[Cue]) -> Cow<'_, [Cue]> {
    let lines: Vec<_> = cues.iter().map(displayed_lines).collect();
    let repetitions = find_repetitions(cues, &lines);
    if repetitions.iter().all(|repetition| repetition.is_empty()) {
        return Cow::Borrowed(cues);
    }
    let mut distinct: Vec<Cue> = Vec::with_capacity(cues.len());
    for ((cue, lines), repetition) in cues.iter().zip(&lines).zip(repetitions) {
        if repetition.is_empty() {
            distinct.push(cue.clone());
        } else if repetition.is_all_of(lines) {
            if let Some(last) = distinct.last_mut() {
                last.end_ms = last.end_ms.max(cue.end_ms);
            }
        } else {
            let payload = remove_leading_text(&cue.payload, repetition.visible_chars(lines));
            distinct.push(Cue { payload, ..cue.clone() });
        }
    }
    Cow::Owned(distinct)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions::test_fixtures::any_track;
    use crate::captions::webvtt_cue_text::to_plain_text;
    use proptest::prelude::*;

    fn cue(start_ms: i64, end_ms: i64, payload: &str) -> Cue {
        Cue { start_ms, end_ms, payload: payload.to_owned(), ..Cue::default() }
    }

    /// Start, end and payload of the cues that remain.
    fn distinct(cues: &[(i64, i64, &str)]) -> Vec<(i64, i64, String)> {
        let cues: Vec<Cue> =
            cues.iter().map(|(start, end, payload)| cue(*start, *end, payload)).collect();
        let cues = without_repeated_lines(&cues);
        cues.iter().map(|cue| (cue.start_ms, cue.end_ms, cue.payload.clone())).collect()
    }

    fn texts(cues: &[(i64, i64, &str)]) -> Vec<String> {
        distinct(cues).into_iter().map(|(.., text)| text).collect()
    }

    #[test]
    fn speech_recognition_captions_have_each_line_once() {
        let cues = [
            (0, 2_310, " \nwe<00:00:00.500><c> will</c><00:00:01.000><c> talk</c>"),
            (2_310, 2_320, "we will talk\n "),
            (2_320, 4_000, "we will talk\nabout<00:00:03.000><c> violence</c>"),
            (4_000, 4_010, "about violence\n "),
            (4_010, 6_000, "about violence\n[Music]"),
        ];
        assert_eq!(
            distinct(&cues),
            [
                (0, 2_320, cues[0].2.to_owned()),
                (2_320, 4_010, "about<00:00:03.000><c> violence</c>".to_owned()),
                (4_010, 6_000, "[Music]".to_owned()),
            ]
        );
    }

    #[test]
    fn roll_up_captions_have_each_line_once() {
        assert_eq!(
            texts(&[(0, 9, "A"), (9, 90, "A\nB"), (90, 900, "B\nC"), (900, 990, "C")]),
            ["A", "B", "C"]
        );
        assert_eq!(
            texts(&[
                (0, 900, "THE"),
                (900, 1_800, "THE RULES"),
                (1_800, 2_700, "THE RULES OF\nFRIENDSHIP"),
                (2_700, 3_600, "FRIENDSHIP IN THE"),
            ]),
            ["THE", "RULES", "OF\nFRIENDSHIP", "IN THE"]
        );
        assert_eq!(
            texts(&[(0, 9, "<v A>a"), (9, 90, "<v A>a\nb"), (90, 900, "<v A>b\nc")]),
            ["<v A>a", "<v A>b", "<v A>c"]
        );
    }

    #[test]
    fn spoken_repetitions_are_kept() {
        for cues in [
            [(0, 1_000, "Nasilje nije ljubav."), (1_000, 2_000, "Nasilje nije ljubav.")].as_slice(),
            &[(0, 1_000, "No."), (1_000, 2_000, "No."), (2_000, 3_000, "No.")],
            &[(0, 1_000, "- Da?\n- Da."), (1_000, 2_000, "- Da.\n- Ne.")],
            &[
                (0, 1_000, "- Da?\n- Da."),
                (1_000, 2_000, "- Da.\n- Ne."),
                (2_000, 3_000, "- Ne.\n- Da."),
            ],
            &[(0, 1_000, "Ne."), (1_000, 2_000, "Ne.\nNikad.")],
            // One pair of four looks like roll-up captions.
            &[
                (0, 9, "Ne"),
                (9, 90, "Ne nikad"),
                (90, 900, "A sad"),
                (900, 990, "Kraj"),
                (990, 999, "Kraj\nje"),
            ],
            &[(0, 1_000, "<v A>Ne."), (1_000, 2_000, "<v B>Ne."), (2_000, 3_000, "<v A>Ne.\nDa")],
            // Signs of music on lines of their own.
            &[(0, 1_000, "♪\nLa\n♪"), (1_000, 2_000, "♪\nLa\n♪"), (2_000, 3_000, "♪\nDi\n♪")],
            // With gaps, the screen is empty between the cues.
            &[(0, 1_000, "A"), (1_001, 2_000, "A\nB"), (2_001, 3_000, "B\nC")],
        ] {
            let all: Vec<String> = cues.iter().map(|(.., text)| (*text).to_owned()).collect();
            assert_eq!(texts(cues), all);
        }
    }

    #[test]
    fn doubles_are_removed_from_any_track() {
        let cues = [(0, 900, "A"), (0, 900, "A"), (0, 900, "B"), (900, 910, "B"), (950, 999, "C")];
        assert_eq!(
            distinct(&cues),
            [(0, 900, "A".to_owned()), (0, 910, "B".to_owned()), (950, 999, "C".to_owned())]
        );
    }

    proptest! {
        #[test]
        fn roll_up_of_any_lines_is_undone(lines in prop::collection::vec("[a-d]{1,3}( [a-d]{1,3}){0,2}", 4..12)) {
            prop_assume!(lines.windows(2).all(|pair| pair[0] != pair[1]));
            let mut cues = vec![cue(0, 1_000, &lines[0])];
            for (pair, at) in lines.windows(2).zip(1_i64..) {
                cues.push(cue(at * 1_000, at * 1_000 + 1_000, &pair.join("\n")));
            }
            let found: Vec<String> = without_repeated_lines(&cues).iter().map(|cue| cue.payload.clone()).collect();
            prop_assert_eq!(found, lines);
        }

        #[test]
        fn no_other_text_is_lost(track in any_track()) {
            let text = |cues: &[Cue]| cues.iter().map(|cue| to_plain_text(&cue.payload)).collect::<Vec<_>>();
            let distinct = without_repeated_lines(&track.cues);
            prop_assert!(distinct.len() == track.cues.len() || text(&track.cues).windows(2).any(|pair| pair[1].starts_with(&pair[0]) || pair[0].ends_with(&pair[1])));
        }
    }
}

//! What is said in a track, as one text, and where in it each cue stands: what is searched for may
//! stand across cues.

use std::ops::Range;

use crate::captions::{Cue, vtt_text};
use crate::text::highlight::{Groups, Marker, marked};
use crate::text::stem::Rules;

/// Words that are searched for together belong together if they are said within so many
/// milliseconds.
pub const MAX_PASSAGE_MS: i64 = 30_000;

/// The cues of a track as one text.
#[derive(Clone, Debug, Default)]
pub struct CueText {
    text: String,
    spans: Vec<CueSpan>,
}

/// A cue, and where it stands in the text.
#[derive(Clone, Debug)]
pub struct CueSpan {
    /// When it appears, in milliseconds.
    pub start_ms: i64,
    /// When it goes.
    pub end_ms: i64,
    range: Range<usize>,
}

/// Cues in which what is searched for is said: the first and the last, by their places.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CueRange {
    /// The first cue.
    pub first: usize,
    /// The last.
    pub last: usize,
}

impl CueRange {
    /// One cue.
    pub fn single(cue: usize) -> Self {
        Self { first: cue, last: cue }
    }
}

/// What is marked in a text.
pub struct CueMatches(Vec<(Range<usize>, Groups)>);

impl CueMatches {
    /// All groups of the query that are found.
    pub fn groups(&self) -> Groups {
        self.0.iter().fold(0, |all, (_, groups)| all | groups)
    }
}

impl CueText {
    /// Joins cues, with a space between.
    pub fn new(cues: &[Cue]) -> Self {
        let mut cue_text = Self::default();
        for cue in cues {
            if !cue_text.text.is_empty() {
                cue_text.text.push(' ');
            }
            let start = cue_text.text.len();
            cue_text.text.push_str(&vtt_text::plain(&cue.payload));
            cue_text.spans.push(CueSpan {
                start_ms: cue.start_ms,
                end_ms: cue.end_ms,
                range: start..cue_text.text.len(),
            });
        }
        cue_text
    }

    /// A cue by its place.
    pub fn span(&self, index: usize) -> Option<&CueSpan> {
        self.spans.get(index)
    }

    /// What is found in it.
    pub fn find_matches(&self, highlighter: &Marker<'_>, stemmer: Option<Rules>) -> CueMatches {
        CueMatches(highlighter.found(&self.text, stemmer))
    }

    /// The snippets of the whole.
    pub fn snippets(
        &self,
        highlighter: &Marker<'_>,
        stemmer: Option<Rules>,
    ) -> Option<Vec<String>> {
        highlighter.snippets(&self.text, stemmer)
    }

    /// The cues of a passage as HTML, what is found marked.
    pub fn to_html(&self, passage: CueRange, marks: &CueMatches) -> String {
        let range = self
            .span(passage.first)
            .zip(self.span(passage.last))
            .map(|(first, last)| first.range.start..last.range.end);
        marked(&self.text, range.unwrap_or(0..0), marks.0.iter().map(|(range, _)| range))
    }

    /// The cues in which anything is found.
    pub fn matching_cues(&self, marks: &CueMatches) -> Vec<CueRange> {
        let mut cues: Vec<usize> = marks
            .0
            .iter()
            .map(|(range, _)| self.spans.partition_point(|cue| cue.range.end <= range.start))
            .collect();
        cues.dedup();
        cues.into_iter().map(CueRange::single).collect()
    }

    /// The shortest passages in which all that is searched for is said, in their order; none holds
    /// another.
    pub fn passages(&self, marks: &CueMatches, groups: Groups) -> Vec<CueRange> {
        // The cues in which something is found, and what.
        let mut found: Vec<(usize, usize, Groups)> = Vec::new();
        for (range, groups) in &marks.0 {
            let place = |at: usize| self.spans.partition_point(|cue| cue.range.end <= at);
            let (first, last) = (place(range.start), place(range.end.saturating_sub(1)));
            match found.last_mut() {
                Some((start, end, known)) if *start == first && *end == last => *known |= groups,
                _ => found.push((first, last, *groups)),
            }
        }
        let mut passages: Vec<CueRange> = Vec::new();
        for (place, (first, ..)) in found.iter().enumerate() {
            let mut met: Groups = 0;
            for (_, last, these) in found.iter().skip(place) {
                let apart = self
                    .span(*first)
                    .zip(self.span(*last))
                    .map_or(0, |(first, last)| last.start_ms.saturating_sub(first.start_ms));
                if apart > MAX_PASSAGE_MS {
                    break;
                }
                met |= these;
                if met & groups == groups {
                    let passage = CueRange { first: *first, last: (*last).max(*first) };
                    // One that begins earlier and ends no earlier says nothing more.
                    while passages.last().is_some_and(|before| before.last >= passage.last) {
                        passages.pop();
                    }
                    passages.push(passage);
                    break;
                }
            }
        }
        passages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::query::Query;

    fn cue_text(lines: &[(i64, &str)]) -> CueText {
        let cue = |(start, text): &(i64, &str)| Cue {
            start_ms: *start,
            end_ms: start + 3_000,
            payload: (*text).to_owned(),
            ..Cue::default()
        };
        CueText::new(&lines.iter().map(cue).collect::<Vec<_>>())
    }

    fn passages_of(said: &CueText, query: &str) -> Vec<(usize, usize, String)> {
        let query = Query::parse(query, &Rules::ALL);
        let marks = said.find_matches(&Marker::new(&query), Some(Rules::English));
        let groups = (1 << query.groups.len()) - 1;
        said.passages(&marks, groups)
            .into_iter()
            .map(|passage| (passage.first, passage.last, said.to_html(passage, &marks)))
            .collect()
    }

    #[test]
    fn finds_shortest_passages() {
        let said = cue_text(&[
            (0, "The police came."),
            (4_000, "No <i>violence</i> &amp; no fear."),
            (8_000, "Police and violence"),
            (60_000, "Police."),
        ]);
        assert_eq!(
            passages_of(&said, "police ").iter().map(|hit| (hit.0, hit.1)).collect::<Vec<_>>(),
            [(0, 0), (2, 2), (3, 3)]
        );
        assert_eq!(
            passages_of(&said, "police violence "),
            [
                (
                    0,
                    1,
                    "The <mark>police</mark> came. No <mark>violence</mark> &amp; no fear."
                        .to_owned()
                ),
                (2, 2, "<mark>Police</mark> and <mark>violence</mark>".to_owned()),
            ]
        );
        assert!(passages_of(&said, "fear came ").len() == 1);
        // Too far apart.
        assert!(passages_of(&said, "\"police police\"").is_empty());
    }

    #[test]
    fn matches_phrases_across_cues() {
        let said = cue_text(&[(0, "Nobody is"), (2_000, "alone"), (4_000, "here.")]);
        assert_eq!(
            passages_of(&said, "\"nobody is alone\""),
            [(0, 1, "<mark>Nobody is alone</mark>".to_owned())]
        );
        assert_eq!(
            passages_of(&said, "\"alone here\" OR nothing"),
            [(1, 2, "<mark>alone here</mark>.".to_owned())]
        );
    }
}

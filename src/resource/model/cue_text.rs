//! The text of a track with the position of each cue, so that searches match across cues.

use std::ops::Range;

use crate::captions::{Cue, spoken_cues};
use crate::text::highlight::{Highlighter, TermGroups, highlight_spans};
use crate::text::stem::StemmerLanguage;

/// Maximum time between the start of the first and the start of the last cue of a passage, in
/// milliseconds.
pub const MAX_PASSAGE_MS: i64 = 30_000;
/// Maximum number of cues with matches that are combined to a passage.
const MAX_PASSAGE_CUES: usize = 500;

/// The joined text of the cues of a track.
#[derive(Clone, Debug, Default)]
pub struct CueText {
    text: String,
    spans: Vec<CueSpan>,
}

/// A cue and its range in the joined text.
#[derive(Clone, Debug)]
pub struct CueSpan {
    /// Start time in milliseconds.
    pub start_ms: i64,
    /// End time in milliseconds.
    pub end_ms: i64,
    range: Range<usize>,
}

/// A range of consecutive cues that matches a search, by index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CueRange {
    /// Index of the first cue.
    pub first: usize,
    /// Index of the last cue.
    pub last: usize,
}

impl CueRange {
    /// Creates a range of one cue.
    pub fn single(cue: usize) -> Self {
        Self { first: cue, last: cue }
    }
}

/// The matches of a query in a [`CueText`]: ranges of text, and the groups of the query they match.
pub struct CueMatches(Vec<(Range<usize>, TermGroups)>);

impl CueMatches {
    /// Returns all groups of the query that match.
    pub fn groups(&self) -> TermGroups {
        self.0.iter().fold(0, |all, (_, groups)| all | groups)
    }
}

impl CueText {
    /// Joins the plain text of cues, separated by spaces, without the lines that roll-up captions
    /// display again.
    pub fn new(cues: &[Cue]) -> Self {
        let mut cue_text = Self::default();
        for cue in spoken_cues(cues) {
            if !cue_text.text.is_empty() {
                cue_text.text.push(' ');
            }
            let start = cue_text.text.len();
            cue_text.text.push_str(&cue.text());
            cue_text.spans.push(CueSpan {
                start_ms: cue.start_ms,
                end_ms: cue.end_ms,
                range: start..cue_text.text.len(),
            });
        }
        cue_text
    }

    /// Returns the cue at an index.
    pub fn span(&self, index: usize) -> Option<&CueSpan> {
        self.spans.get(index)
    }

    /// Finds the matches of a query.
    pub fn find_matches(
        &self,
        highlighter: &Highlighter<'_>,
        stemmer: Option<StemmerLanguage>,
    ) -> CueMatches {
        CueMatches(highlighter.spans_with_groups(&self.text, stemmer))
    }

    /// Returns snippets of the joined text; `None` if nothing matches.
    pub fn snippets(
        &self,
        highlighter: &Highlighter<'_>,
        stemmer: Option<StemmerLanguage>,
    ) -> Option<Vec<String>> {
        highlighter.snippets(&self.text, stemmer)
    }

    /// Renders the cues of a passage as HTML with the matches marked.
    pub fn to_html(&self, passage: CueRange, marks: &CueMatches) -> String {
        let range = self
            .span(passage.first)
            .zip(self.span(passage.last))
            .map_or(0..0, |(first, last)| first.range.start..last.range.end);
        // Matches are in order and do not overlap.
        let before = marks.0.partition_point(|(mark, _)| mark.end <= range.start);
        let within = marks.0.get(before..).unwrap_or_default().iter();
        let within = within.map(|(mark, _)| mark).take_while(|mark| mark.start < range.end);
        highlight_spans(&self.text, range.clone(), within)
    }

    /// Returns the cues in which a match starts.
    pub fn matching_cues(&self, marks: &CueMatches) -> Vec<CueRange> {
        let mut cues: Vec<usize> = marks
            .0
            .iter()
            .map(|(range, _)| self.spans.partition_point(|cue| cue.range.end <= range.start))
            .collect();
        cues.dedup();
        cues.into_iter().map(CueRange::single).collect()
    }

    /// Returns the shortest passages that match all `groups`, in order. No passage contains
    /// another.
    pub fn passages(&self, marks: &CueMatches, groups: TermGroups) -> Vec<CueRange> {
        // First cue, last cue and groups of each match.
        let mut found: Vec<(usize, usize, TermGroups)> = Vec::new();
        for (range, groups) in &marks.0 {
            let cue_index = |at: usize| self.spans.partition_point(|cue| cue.range.end <= at);
            let (first, last) = (cue_index(range.start), cue_index(range.end.saturating_sub(1)));
            match found.last_mut() {
                Some((start, end, match_groups)) if *start == first && *end == last => {
                    *match_groups |= groups;
                }
                _ => found.push((first, last, *groups)),
            }
        }
        let mut passages: Vec<CueRange> = Vec::new();
        for (start, (first, ..)) in found.iter().enumerate() {
            let mut met: TermGroups = 0;
            for (_, last, these) in found.iter().skip(start).take(MAX_PASSAGE_CUES) {
                let duration_ms = self
                    .span(*first)
                    .zip(self.span(*last))
                    .map_or(0, |(first, last)| last.start_ms.saturating_sub(first.start_ms));
                if duration_ms > MAX_PASSAGE_MS {
                    break;
                }
                met |= these;
                if met & groups == groups {
                    let passage = CueRange { first: *first, last: (*last).max(*first) };
                    // A passage that starts earlier and ends no earlier contains this one and is
                    // dropped.
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
    use crate::text::query::SearchQuery;

    fn cue_text(lines: &[(i64, &str)]) -> CueText {
        let cue = |(start, text): &(i64, &str)| Cue {
            start_ms: *start,
            end_ms: start + 3_000,
            payload: (*text).to_owned(),
            ..Cue::default()
        };
        CueText::new(&lines.iter().map(cue).collect::<Vec<_>>())
    }

    fn passages_of(text: &CueText, query: &str) -> Vec<(usize, usize, String)> {
        let query = SearchQuery::parse(query);
        let marks = text.find_matches(&Highlighter::new(&query), Some(StemmerLanguage::English));
        let groups = (1 << query.groups.len()) - 1;
        text.passages(&marks, groups)
            .into_iter()
            .map(|passage| (passage.first, passage.last, text.to_html(passage, &marks)))
            .collect()
    }

    #[test]
    fn finds_shortest_passages() {
        let text = cue_text(&[
            (0, "The police came."),
            (4_000, "No <i>violence</i> &amp; no fear."),
            (8_000, "Police and violence"),
            (60_000, "Police."),
        ]);
        assert_eq!(
            passages_of(&text, "police ").iter().map(|hit| (hit.0, hit.1)).collect::<Vec<_>>(),
            [(0, 0), (2, 2), (3, 3)]
        );
        assert_eq!(
            passages_of(&text, "police violence "),
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
        assert!(passages_of(&text, "fear came ").len() == 1);
        // The two cues are too far apart.
        assert!(passages_of(&text, "\"police police\"").is_empty());
    }

    #[test]
    fn rendering_hits_does_not_depend_on_the_other_matches() {
        // Twenty matches in each of 20,000 cues: a search through all of them for each hit would
        // take minutes.
        let lines: Vec<(i64, String)> =
            (0..20_000).map(|second| (second * 1_000, "a ".repeat(20))).collect();
        let lines: Vec<(i64, &str)> =
            lines.iter().map(|(start, text)| (*start, text.as_str())).collect();
        let text = cue_text(&lines);
        let started = std::time::Instant::now();
        let hits = passages_of(&text, "a ");
        assert_eq!(hits.len(), 20_000);
        assert!(hits.iter().all(|(_, _, html)| html.matches("<mark>a</mark>").count() == 20));
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    }

    #[test]
    fn matches_phrases_across_cues() {
        let text = cue_text(&[(0, "Nobody is"), (2_000, "alone"), (4_000, "here.")]);
        assert_eq!(
            passages_of(&text, "\"nobody is alone\""),
            [(0, 1, "<mark>Nobody is alone</mark>".to_owned())]
        );
        assert_eq!(
            passages_of(&text, "\"alone here\" OR nothing"),
            [(1, 2, "<mark>alone here</mark>.".to_owned())]
        );
    }
}

//! Highlighting of the words of a text that match a query.
//!
//! Marks agree with the index: words are compared by folded tokens and by stems, see [`tokenize`]
//! and [`StemmerLanguage`], so that `zene` marks `жене` and `women` marks `woman`. The result is
//! HTML: `<mark>` is the only markup, everything else is escaped.

mod layout;
mod marks;
mod stem_prefix;

use std::collections::HashMap;
use std::ops::Range;
use std::slice;

use layout::{Layout, normalize_whitespace};
use marks::{Mark, merge_marks, render_html, union_groups};
pub use marks::{TermGroups, highlight_spans};
use stem_prefix::StemPrefix;

use super::chars::is_apostrophe;
use super::fold::{fold_word, is_part_of_letter};
use super::query::{MAX_QUERY_TOKENS, SearchQuery, Term};
use super::stem::{IRREGULAR, StemmerLanguage};
use crate::text::analyzer::stems;
use crate::text::analyzer::tokenize;
use crate::text::analyzer::word_indices;
use crate::text::word_variants::{WordVariant, word_variants};

/// Default maximum number of snippets per text.
pub const MAX_SNIPPETS: usize = 3;

/// Approximate length of a snippet in characters.
pub const SNIPPET_LEN: usize = 160;

/// A token of at most this many bytes is never truncated, see [`tokenize`].
const MAX_UNTRUNCATED_BYTES: usize = 32;

const _: () = assert!(MAX_QUERY_TOKENS <= 64, "every group has its bit");

/// A query compiled for highlighting; build it once per request.
#[derive(Clone, Debug)]
pub struct Highlighter<'q> {
    /// Groups by token.
    tokens: HashMap<&'q str, TermGroups>,
    /// Groups by stem.
    stems: HashMap<&'q str, TermGroups>,
    /// Filters for words that may have one of these stems, since stemming dominates the cost.
    stem_prefixes: Vec<StemPrefix>,
    prefixes: Vec<(&'q str, TermGroups)>,
    phrases: Vec<Phrase<'q>>,
    max_snippets: usize,
    snippet_len: usize,
}

/// Adjacent tokens of a query.
#[derive(Clone, Copy, Debug)]
struct Phrase<'q> {
    tokens: &'q [String],
    /// Whether the last token matches by prefix.
    is_prefix: bool,
    groups: TermGroups,
}

impl<'q> Highlighter<'q> {
    /// Compiles a query; excluded terms are ignored.
    #[must_use]
    pub fn new(query: &'q SearchQuery) -> Self {
        let mut highlighter = Self {
            tokens: HashMap::new(),
            stems: HashMap::new(),
            stem_prefixes: Vec::new(),
            prefixes: Vec::new(),
            phrases: Vec::new(),
            max_snippets: MAX_SNIPPETS,
            snippet_len: SNIPPET_LEN,
        };
        // A parsed query has no more groups than bits; in any other, the last groups share a bit.
        for (index, group) in (0_u32..).zip(&query.groups) {
            for term in group {
                highlighter.add_term(term, 1 << index.min(63));
            }
        }
        highlighter
    }

    /// Sets the maximum number of snippets (at least one is returned) and their approximate length
    /// in characters.
    #[must_use]
    pub fn with_snippets(self, max_snippets: usize, snippet_len: usize) -> Self {
        Self { max_snippets, snippet_len, ..self }
    }

    fn add_term(&mut self, term: &'q Term, group: TermGroups) {
        for (tokens, is_prefix) in term.spellings() {
            match tokens {
                [token] if is_prefix => self.prefixes.push((token, group)),
                [token] => *self.tokens.entry(token).or_default() |= group,
                [] => {}
                _ => self.phrases.push(Phrase { tokens, is_prefix, groups: group }),
            }
        }
        for stem in &term.stems {
            *self.stems.entry(stem).or_default() |= group;
            self.stem_prefixes.extend(StemPrefix::from_stem(stem, group));
        }
    }

    /// The marked byte ranges, sorted and not overlapping.
    #[must_use]
    pub fn spans(&self, text: &str, stemmer: Option<StemmerLanguage>) -> Vec<Range<usize>> {
        self.marks(text, stemmer).into_iter().map(|mark| mark.range).collect()
    }

    /// The marked byte ranges, each with the groups that it matches.
    #[must_use]
    pub fn spans_with_groups(
        &self,
        text: &str,
        stemmer: Option<StemmerLanguage>,
    ) -> Vec<(Range<usize>, TermGroups)> {
        self.marks(text, stemmer).into_iter().map(|mark| (mark.range, mark.groups)).collect()
    }

    /// The groups of the query that match a text: bit `n` is `query.groups[n]`.
    #[must_use]
    pub fn matched_groups(&self, text: &str, stemmer: Option<StemmerLanguage>) -> TermGroups {
        union_groups(&self.marks(text, stemmer))
    }

    /// The whole text with its matches marked; `None` if there are none.
    #[must_use]
    pub fn highlight(&self, text: &str, stemmer: Option<StemmerLanguage>) -> Option<String> {
        let marks = self.marks(text, stemmer);
        (!marks.is_empty()).then(|| render_html(text, 0..text.len(), &marks))
    }

    /// Snippets that show as many different groups as possible, in the order of the text; `None` if
    /// nothing matches.
    ///
    /// Omitted text is replaced by an ellipsis, and whitespace is collapsed. A short text is
    /// returned whole, as one snippet. Marks are never cut.
    #[must_use]
    pub fn snippets(&self, text: &str, stemmer: Option<StemmerLanguage>) -> Option<Vec<String>> {
        let text = normalize_whitespace(text);
        let marks = self.marks(&text, stemmer);
        (!marks.is_empty())
            .then(|| Layout::new(&text, &marks, self.snippet_len).snippets(self.max_snippets))
    }

    fn marks(&self, text: &str, stemmer: Option<StemmerLanguage>) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut token_ranges = Vec::new();
        // Matching words tend to repeat in a text.
        let mut stem_groups_by_word = HashMap::new();
        let words: Vec<(usize, &str)> = word_indices(text).collect();
        let variants = word_variants(text, &words);
        let mut groups_of = |word: &'_ str, folded: &str, tokens: &[String]| {
            let mut groups = self.token_groups(tokens);
            if let Some(stemmer) = stemmer.filter(|_| self.may_match_stem(word, folded, groups)) {
                let known = stem_groups_by_word.get(word).copied();
                let stem_groups = known.unwrap_or_else(|| self.stem_groups(word, stemmer));
                if known.is_none() {
                    stem_groups_by_word.insert(word.to_owned(), stem_groups);
                }
                groups |= stem_groups;
            }
            groups
        };
        for (start, word) in words {
            let folded = fold_word(word);
            let parts = multiple_tokens(&folded);
            let tokens = parts.as_deref().unwrap_or(slice::from_ref(&folded));
            let groups = groups_of(word, &folded, tokens);
            if groups != 0 {
                marks.push(Mark { range: mark_range(start, word), groups });
            }
            if !self.phrases.is_empty() {
                token_ranges
                    .extend(tokens.iter().map(|token| (token.clone(), mark_range(start, word))));
            }
        }
        if self.phrases.is_empty() && variants.is_empty() {
            return marks;
        }
        for WordVariant { range, word } in variants {
            let folded = fold_word(&word);
            let groups = groups_of(&word, &folded, slice::from_ref(&folded));
            if groups != 0 {
                marks.push(Mark { range, groups });
            }
        }
        for phrase in &self.phrases {
            marks.extend(
                phrase_ranges(*phrase, &token_ranges)
                    .map(|range| Mark { range, groups: phrase.groups }),
            );
        }
        merge_marks(marks)
    }

    /// The groups that match one of the tokens of a word.
    fn token_groups(&self, tokens: &[String]) -> TermGroups {
        let mut groups = 0;
        for token in tokens {
            groups |= self.tokens.get(token.as_str()).copied().unwrap_or(0);
            for (prefix, group) in &self.prefixes {
                groups |= if token.starts_with(prefix) { *group } else { 0 };
            }
        }
        groups
    }

    fn stem_groups(&self, word: &str, stemmer: StemmerLanguage) -> TermGroups {
        stems(word, &[stemmer])
            .iter()
            .filter_map(|stem| self.stems.get(stem.as_str()))
            .fold(0, |groups, more| groups | more)
    }

    /// Whether the stems of a word may match groups other than the known ones.
    fn may_match_stem(&self, word: &str, folded: &str, known_groups: TermGroups) -> bool {
        let initial = folded.chars().next();
        // A decomposed letter such as `й` is composed before stemming.
        let is_in_pieces =
            || word.chars().nth(1).is_some_and(|c| !c.is_ascii() && is_part_of_letter(c));
        let may = |stemmed: &StemPrefix| {
            Some(stemmed.initial) == initial && stemmed.min_len <= folded.len().saturating_add(1)
                || stemmed.initial == IRREGULAR
                || is_in_pieces()
        };
        self.stem_prefixes.iter().any(|stemmed| stemmed.groups & !known_groups != 0 && may(stemmed))
    }
}

/// The tokens of a folded word; `None` if it is a single token itself, as nearly every word is.
fn multiple_tokens(folded: &str) -> Option<Vec<String>> {
    let is_one = (1..=MAX_UNTRUNCATED_BYTES).contains(&folded.len())
        && folded.chars().all(char::is_alphanumeric);
    (!is_one).then(|| tokenize(folded))
}

/// The range of a word to mark, without surrounding quotation marks and without combining marks of
/// the character before it.
fn mark_range(start: usize, word: &str) -> Range<usize> {
    let rest =
        word.trim_start_matches(|c| is_apostrophe(c) || (!c.is_ascii() && is_part_of_letter(c)));
    let visible = rest.trim_end_matches(is_apostrophe);
    if visible.is_empty() {
        return start..start.saturating_add(word.len());
    }
    let start = start.saturating_add(word.len().saturating_sub(rest.len()));
    start..start.saturating_add(visible.len())
}

/// The ranges at which the tokens of a phrase are adjacent.
fn phrase_ranges<'a>(
    phrase: Phrase<'a>,
    token_ranges: &'a [(String, Range<usize>)],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let Phrase { tokens, is_prefix, .. } = phrase;
    let last = tokens.len().saturating_sub(1);
    let token_matches = move |index: usize, token: &str, expected: &str| {
        token == expected || (is_prefix && index == last && token.starts_with(expected))
    };
    token_ranges.windows(tokens.len().max(1)).filter_map(move |window| {
        let mut pairs = window.iter().zip(tokens).enumerate();
        let ((_, first), (_, end)) = (window.first()?, window.last()?);
        pairs
            .all(|(index, ((token, _), expected))| token_matches(index, token, expected))
            .then_some(first.start..end.end)
    })
}

#[cfg(test)]
mod tests;

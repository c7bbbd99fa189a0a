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
use super::fold::{fold, is_part_of_letter};
use super::query::{MAX_QUERY_TOKENS, SearchQuery, Term};
use super::stem::StemmerLanguage;
use crate::text::analyzer::stems;
use crate::text::analyzer::tokenize;
use crate::text::analyzer::word_indices;

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
    phrases: Vec<(&'q Term, TermGroups)>,
    max_snippets: usize,
    snippet_len: usize,
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
        match term.tokens.as_slice() {
            [token] if term.is_prefix => self.prefixes.push((token, group)),
            [token] => *self.tokens.entry(token).or_default() |= group,
            [] => {}
            _ => self.phrases.push((term, group)),
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
        for (start, word) in word_indices(text) {
            let folded = fold(word);
            let parts = multiple_tokens(&folded);
            let tokens = parts.as_deref().unwrap_or(slice::from_ref(&folded));
            let mut groups = self.token_groups(tokens);
            if let Some(stemmer) = stemmer.filter(|_| self.may_match_stem(word, &folded, groups)) {
                groups |= *stem_groups_by_word
                    .entry(word)
                    .or_insert_with(|| self.stem_groups(word, stemmer));
            }
            if groups != 0 {
                marks.push(Mark { range: mark_range(start, word), groups });
            }
            if !self.phrases.is_empty() {
                token_ranges
                    .extend(tokens.iter().map(|token| (token.clone(), mark_range(start, word))));
            }
        }
        if self.phrases.is_empty() {
            return marks;
        }
        for (term, groups) in &self.phrases {
            marks.extend(
                phrase_ranges(term, &token_ranges).map(|range| Mark { range, groups: *groups }),
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
    term: &'a Term,
    token_ranges: &'a [(String, Range<usize>)],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let last = term.tokens.len().saturating_sub(1);
    let token_matches = move |index: usize, token: &str, expected: &str| {
        token == expected || (term.is_prefix && index == last && token.starts_with(expected))
    };
    token_ranges.windows(term.tokens.len().max(1)).filter_map(move |window| {
        let mut pairs = window.iter().zip(&term.tokens).enumerate();
        let ((_, first), (_, end)) = (window.first()?, window.last()?);
        pairs
            .all(|(index, ((token, _), expected))| token_matches(index, token, expected))
            .then_some(first.start..end.end)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::analyzer::AnalyzedTexts;

    const EN: Option<StemmerLanguage> = Some(StemmerLanguage::English);
    const SQ: Option<StemmerLanguage> = Some(StemmerLanguage::Albanian);
    const SR: Option<StemmerLanguage> = Some(StemmerLanguage::Serbian);
    const MK: Option<StemmerLanguage> = Some(StemmerLanguage::Macedonian);
    const TR: Option<StemmerLanguage> = Some(StemmerLanguage::Turkish);

    fn highlighted(query: &str, text: &str, stemmer: Option<StemmerLanguage>) -> String {
        Highlighter::new(&SearchQuery::parse(query, &StemmerLanguage::ALL))
            .highlight(text, stemmer)
            .unwrap_or_default()
    }

    fn snippets(query: &str, text: &str) -> Vec<String> {
        Highlighter::new(&SearchQuery::parse(query, &StemmerLanguage::ALL))
            .with_snippets(2, 40)
            .snippets(text, EN)
            .unwrap_or_default()
    }

    #[test]
    fn marks_words_as_written() {
        for (query, stemmer, text, expected) in [
            ("zene ", SR, "Права жене", "Права <mark>жене</mark>"),
            ("жене ", SR, "Prava Z\u{30c}ene.", "Prava <mark>Z\u{30c}ene</mark>."),
            ("nasilja ", SR, "Насиље и nasiljem", "<mark>Насиље</mark> и <mark>nasiljem</mark>"),
            ("women ", EN, "A woman, women’s", "A <mark>woman</mark>, <mark>women’s</mark>"),
            ("women ", None, "A woman, women", "A woman, <mark>women</mark>"),
            ("\"women\"", EN, "A woman, women", "A woman, <mark>women</mark>"),
            ("grua ", SQ, "Dhuna ndaj grave", "Dhuna ndaj <mark>grave</mark>"),
            ("qender ", SQ, "Në qendrën e QENDËR", "Në <mark>qendrën</mark> e <mark>QENDËR</mark>"),
            ("жена ", MK, "Жените во Ѓорче", "<mark>Жените</mark> во Ѓорче"),
            ("gjorce ", MK, "Жените во Ѓорче", "Жените во <mark>Ѓорче</mark>"),
            ("kadın ", TR, "KADINLARIN İstanbul’da", "<mark>KADINLARIN</mark> İstanbul’da"),
            ("istanbul ", TR, "KADINLARIN İstanbul’da", "KADINLARIN <mark>İstanbul’da</mark>"),
            ("esitlik ", TR, "Cinsiyet eşitliği", "Cinsiyet <mark>eşitliği</mark>"),
            ("nas", SR, "Насиље, nas", "<mark>Насиље</mark>, <mark>nas</mark>"),
            ("žene -prava", SR, "prava žene", "prava <mark>žene</mark>"),
            ("cat OR dog ", EN, "dogs & cats", "<mark>dogs</mark> &amp; <mark>cats</mark>"),
            ("reč ", SR, "'reč' „реч“", "&#39;<mark>reč</mark>&#39; „<mark>реч</mark>“"),
            (
                "b ",
                None,
                "<b class=\"b\">b</b>",
                "&lt;<mark>b</mark> class=&quot;<mark>b</mark>&quot;&gt;<mark>b</mark>&lt;/<mark>b</mark>&gt;",
            ),
            ("nothing ", EN, "Here", ""),
            ("-here", EN, "Here", ""),
        ] {
            assert_eq!(highlighted(query, text, stemmer), expected, "{query}");
        }
    }

    #[test]
    fn marks_adjacent_phrases() {
        for (query, stemmer, text, expected) in [
            (
                "\"rodna ravnopravnost\"",
                SR,
                "родна равноправност, родна",
                "<mark>родна равноправност</mark>, родна",
            ),
            ("\"ravnopravnost rodna\"", SR, "rodna ravnopravnost", ""),
            (
                "COVID-19 ",
                EN,
                "covid 19, COVID-19; 19 covid",
                "<mark>covid 19</mark>, <mark>COVID-19</mark>; 19 covid",
            ),
            ("covid-1", EN, "COVID‑19 & SARS", "<mark>COVID‑19</mark> &amp; SARS"),
            ("\"a <b>\"", None, "a <b>, b", "<mark>a &lt;b</mark>&gt;, b"),
            ("\"ž ž\"", None, "ж<\u{30c} ž", "<mark>ж&lt;\u{30c} ž</mark>"),
            ("\"la la\"", None, "la, la la", "<mark>la, la la</mark>"),
            ("\"red fox\" fox", EN, "red fox, foxes", "<mark>red fox</mark>, <mark>foxes</mark>"),
        ] {
            assert_eq!(highlighted(query, text, stemmer), expected, "{query}");
        }
    }

    #[test]
    fn distinguishes_groups() {
        let query =
            SearchQuery::parse("women OR men \"equal rights\" woman law", &StemmerLanguage::ALL);
        let marker = Highlighter::new(&query);
        for (text, expected) in [
            ("Women", 0b101),
            ("men's lawn", 0b1001),
            ("rights, equal", 0),
            ("equal rights to a woman by law", 0b1111),
        ] {
            assert_eq!(marker.matched_groups(text, EN), expected, "{text}");
        }
    }

    #[test]
    fn short_text_is_one_snippet() {
        assert_eq!(
            snippets("law ", "  The\n law\u{a0} &  order "),
            ["The <mark>law</mark> &amp; order"]
        );
        assert!(snippets("law ", "Order").is_empty());
    }

    #[test]
    fn snippets_start_at_words_or_sentences() {
        let text = "This is some text that nobody has looked for. Here is the law of the land, as it was written down in the past days. \
            More of this text stands behind it and after that nothing else comes than the order that was sought for.";
        assert_eq!(
            snippets("law ", text),
            ["…Here is the <mark>law</mark> of the land, as it was…"]
        );
        assert_eq!(snippets("order ", text), ["…than the <mark>order</mark> that was sought for."]);
        assert_eq!(
            snippets("nobody ", text),
            ["This is some text that <mark>nobody</mark> has looked for. Here is…"]
        );
        assert_eq!(
            snippets("order law ", text),
            [
                "…Here is the <mark>law</mark> of the land, as it was…",
                "…than the <mark>order</mark> that was sought for."
            ]
        );
    }

    #[test]
    fn snippets_prefer_distinct_groups() {
        let filler = "and so on and so forth and so on and so forth and so on and so forth ";
        let text = format!("law law law {filler} law law {filler} order {filler} law");
        let shown = snippets("law order ", &text);
        assert_eq!(shown.len(), 2);
        assert!(
            shown[0].starts_with("<mark>law</mark> <mark>law</mark> <mark>law</mark> and"),
            "{shown:?}"
        );
        assert!(shown[1].starts_with('…') && shown[1].contains("<mark>order</mark>"), "{shown:?}");
    }

    #[test]
    fn adjacent_snippets_are_merged() {
        let filler = "and so on and so forth ".repeat(10);
        let text =
            format!("{filler} a law that stood at the beginning of what became an order {filler}");
        let shown = snippets("law order ", &text);
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(
            shown[0].contains(
                "<mark>law</mark> that stood at the beginning of what became an <mark>order</mark>"
            ),
            "{shown:?}"
        );
    }

    /// The text of the HTML, unescaped and without marks.
    fn strip_marks(html: &str) -> String {
        let bare = html.replace("<mark>", "").replace("</mark>", "");
        assert!(!bare.contains(['<', '>', '"', '\'']), "{html}");
        bare.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,60}|.{0,60}",
            "([a-cžаж'’I\u{30c}\u{306}\u{ad}и½&<>\"-]{1,4}[ .\n]{0,2}){0,40}",
            "((women|woman’s|prava|ženama|насиље|grave|kadınlar|жените|COVID-19|life|lives|[A-C]|x{60}y{0,9})[ .,\n'-]{1,3}){0,60}"
        ]
    }

    fn any_query() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,20}|([-\"„“a-cžI ]|OR){0,20}",
            "([-\"„“]?(women|woman|pravo|žene|nasilja|grua|kadın|жена|covid-19|life|[a-c]|[a-c]{2}|x{60}y{0,9}|OR)[\" ]?){0,8}"
        ]
    }

    fn any_rules() -> impl Strategy<Value = Option<StemmerLanguage>> {
        proptest::option::of(proptest::sample::select(&StemmerLanguage::ALL[..]))
    }

    proptest! {
        #[test]
        fn highlight_preserves_text(query in any_query(), text in any_text(), stemmer in any_rules()) {
            let query = SearchQuery::parse(&query, &StemmerLanguage::ALL);
            let marker = Highlighter::new(&query);
            let spans = marker.spans(&text, stemmer);
            prop_assert!(spans.iter().all(|span| text.get(span.clone()).is_some_and(|marked| !marked.is_empty())), "{:?}", spans);
            prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", spans);
            match marker.highlight(&text, stemmer) {
                Some(html) => prop_assert_eq!(strip_marks(&html), text),
                None => prop_assert!(spans.is_empty()),
            }
        }

        #[test]
        fn groups_match_index(query in any_query(), text in any_text(), stemmer in any_rules()) {
            let query = SearchQuery::parse(&query, &StemmerLanguage::ALL);
            let mut tokens = AnalyzedTexts::default();
            tokens.add_text(&text, stemmer);
            let found = |group: &Vec<Term>| group.iter().any(|term| term.matches(&tokens));
            let expected = query.groups.iter().enumerate().filter(|(_, group)| found(group)).fold(0, |found, (at, _)| found | 1 << at);
            let marker = Highlighter::new(&query);
            prop_assert_eq!(marker.matched_groups(&text, stemmer), expected);
            prop_assert_eq!(marker.spans(&text, stemmer).is_empty(), expected == 0);
            prop_assert!(query.is_empty() || !query.matches(&tokens) || expected != 0);
        }

        #[test]
        fn snippets_are_substrings(
            query in any_query(), render_text in any_text(), stemmer in any_rules(), max_snippets in 0_usize..4, snippet_len in 0_usize..60,
        ) {
            let query = SearchQuery::parse(&query, &StemmerLanguage::ALL);
            let marker = Highlighter::new(&query).with_snippets(max_snippets, snippet_len);
            let Some(snippets) = marker.snippets(&render_text, stemmer) else {
                prop_assert!(marker.spans(&render_text, stemmer).is_empty());
                return Ok(());
            };
            prop_assert!((1..=max_snippets.max(1)).contains(&snippets.len()));
            let shown = snippets.iter().fold(0, |groups, snippet| groups | marker.matched_groups(&strip_marks(snippet), stemmer)).count_ones();
            prop_assert!(shown >= marker.matched_groups(&render_text, stemmer).count_ones().min(u32::try_from(max_snippets.max(1)).unwrap()), "{:?}", snippets);
            let text = normalize_whitespace(&render_text).replace('\n', " ");
            let mut rest = text.as_str();
            for snippet in &snippets {
                prop_assert!(snippet.contains("<mark>"));
                let shown = strip_marks(snippet);
                let (is_first, is_last) = (text.starts_with(&shown), text.ends_with(&shown));
                let shown = if is_first { &shown } else { shown.strip_prefix('…').unwrap_or(&shown) };
                let shown = if is_last { shown } else { shown.strip_suffix('…').unwrap_or(shown) };
                let at = rest.find(shown);
                prop_assert!(at.is_some(), "{} is not in {}", shown, rest);
                rest = rest.get(at.unwrap() + shown.len()..).unwrap();
            }
        }
    }

    proptest! {
        #[test]
        fn windows_do_not_split_words(query in any_query(), text in any_text(), max_snippets in 0_usize..4, snippet_len in 0_usize..60) {
            let query = SearchQuery::parse(&query, &StemmerLanguage::ALL);
            let text = normalize_whitespace(&text);
            let marks = Highlighter::new(&query).marks(&text, None);
            let layout = Layout::new(&text, &marks, snippet_len);
            let windows = layout.windows(max_snippets);
            prop_assert!(windows.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?}", windows);
            let places: Vec<Range<usize>> = word_indices(&text).map(|(start, word)| mark_range(start, word)).collect();
            for at in windows.iter().flat_map(|window| [window.start, window.end]).map(|at| layout.byte_offset(at)) {
                prop_assert!(places.iter().chain(marks.iter().map(|mark| &mark.range)).all(|range| at <= range.start || range.end <= at));
                prop_assert!(at == 0 || marks.iter().any(|mark| mark.range.start == at) || !text.split_at(at).1.starts_with(is_part_of_letter));
            }
        }
    }
}

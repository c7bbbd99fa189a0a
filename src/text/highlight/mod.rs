//! The words of a text that a query found, marked in the form in which they are written.
//!
//! A mark stands where the index finds: words are compared folded and by their stems, see
//! [`tokens`] and [`Rules`], so that `zene` marks `жене` and `women` marks `woman`. The answer is
//! HTML: only `<mark>` is markup, everything else is escaped.

mod layout;

use std::collections::HashMap;
use std::ops::Range;
use std::slice;

use layout::{Layout, collapsed};

use super::analysis::{is_apostrophe, stems, tokens, words};
use super::fold::{fold, is_part_of_letter};
use super::query::{MAX_TERMS, Query, Term};
use super::stem::Rules;

/// The most snippets of a text.
pub const MOST_SNIPPETS: usize = 3;

/// About how many characters of the text a snippet has.
pub const SNIPPET_LENGTH: usize = 160;

/// A token of no more bytes is not cut, see [`tokens`].
const SURELY_WHOLE: usize = 32;

/// Groups of a query, as bits: the lowest stands for the first.
pub type Groups = u64;

const _: () = assert!(MAX_TERMS <= 64, "every group has its bit");

/// A compiled query for marking: build once per request.
#[derive(Clone, Debug)]
pub struct Marker<'q> {
    /// The groups that look for a token.
    tokens: HashMap<&'q str, Groups>,
    /// The groups that look for a stem.
    stems: HashMap<&'q str, Groups>,
    /// The words that may have one of those stems. Stemming costs more than all else.
    stemmed: Vec<Stemmed>,
    prefixes: Vec<(&'q str, Groups)>,
    phrases: Vec<(&'q Term, Groups)>,
    most: usize,
    length: usize,
}

/// What is known of the words of some stems: no rule changes the first letter of a word or adds
/// more than one.
#[derive(Clone, Debug)]
struct Stemmed {
    initial: char,
    /// In bytes, folded.
    shortest: usize,
    groups: Groups,
}

/// A stretch of a text that is marked, and what looks for it.
#[derive(Clone, Debug)]
struct Mark {
    range: Range<usize>,
    groups: Groups,
}

impl<'q> Marker<'q> {
    /// Reads the terms that are looked for; those that are excluded mark nothing.
    #[must_use]
    pub fn new(query: &'q Query) -> Self {
        let mut marker = Self {
            tokens: HashMap::new(),
            stems: HashMap::new(),
            stemmed: Vec::new(),
            prefixes: Vec::new(),
            phrases: Vec::new(),
            most: MOST_SNIPPETS,
            length: SNIPPET_LENGTH,
        };
        // A query that was read has no more groups than there are bits; of any other, the last
        // share one.
        for (place, group) in (0_u32..).zip(&query.groups) {
            for term in group {
                marker.add(term, 1 << place.min(63));
            }
        }
        marker
    }

    /// The same with other snippets: at most so many, if not none, of about so many characters.
    #[must_use]
    pub fn showing(self, most: usize, length: usize) -> Self {
        Self { most, length, ..self }
    }

    fn add(&mut self, term: &'q Term, group: Groups) {
        match term.tokens.as_slice() {
            [token] if term.prefix => self.prefixes.push((token, group)),
            [token] => *self.tokens.entry(token).or_default() |= group,
            [] => {}
            _ => self.phrases.push((term, group)),
        }
        for stem in &term.stems {
            *self.stems.entry(stem).or_default() |= group;
            self.stemmed.extend(Stemmed::of(stem, group));
        }
    }

    /// The ranges of bytes to be marked, in order, not overlapping.
    #[must_use]
    pub fn spans(&self, text: &str, rules: Option<Rules>) -> Vec<Range<usize>> {
        self.marks(text, rules).into_iter().map(|mark| mark.range).collect()
    }

    /// The ranges of bytes to be marked, each with the groups that look for it.
    #[must_use]
    pub fn found(&self, text: &str, rules: Option<Rules>) -> Vec<(Range<usize>, Groups)> {
        self.marks(text, rules).into_iter().map(|mark| (mark.range, mark.groups)).collect()
    }

    /// The groups of the query that are found in a text: bit `n` stands for `query.groups[n]`.
    #[must_use]
    pub fn groups(&self, text: &str, rules: Option<Rules>) -> Groups {
        all_groups(&self.marks(text, rules))
    }

    /// The whole text with its words marked; `None` where nothing is to be marked.
    #[must_use]
    pub fn whole(&self, text: &str, rules: Option<Rules>) -> Option<String> {
        let marks = self.marks(text, rules);
        (!marks.is_empty()).then(|| html(text, 0..text.len(), &marks))
    }

    /// A few snippets that show as many different groups as possible, in the order of the text;
    /// `None` where nothing matches.
    ///
    /// An ellipsis stands where text is left out. Space is collapsed. A short text is one snippet,
    /// whole. What is marked is never cut.
    #[must_use]
    pub fn snippets(&self, text: &str, rules: Option<Rules>) -> Option<Vec<String>> {
        let text = collapsed(text);
        let marks = self.marks(&text, rules);
        (!marks.is_empty()).then(|| Layout::new(&text, &marks, self.length).snippets(self.most))
    }

    fn marks(&self, text: &str, rules: Option<Rules>) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut places = Vec::new();
        // The words that a text is about stand in it many times.
        let mut known = HashMap::new();
        for (start, word) in words(text) {
            let folded = fold(word);
            let parts = parts(&folded);
            let tokens = parts.as_deref().unwrap_or(slice::from_ref(&folded));
            let mut groups = self.groups_of(tokens);
            if let Some(rules) = rules.filter(|_| self.may_have_stem(word, &folded, groups)) {
                groups |= *known.entry(word).or_insert_with(|| self.groups_of_stems(word, rules));
            }
            if groups != 0 {
                marks.push(Mark { range: visible(start, word), groups });
            }
            if !self.phrases.is_empty() {
                places.extend(tokens.iter().map(|token| (token.clone(), visible(start, word))));
            }
        }
        if self.phrases.is_empty() {
            return marks;
        }
        for (term, groups) in &self.phrases {
            marks.extend(phrase(term, &places).map(|range| Mark { range, groups: *groups }));
        }
        joined(marks)
    }

    /// The groups that look for one of the tokens of a word, by itself.
    fn groups_of(&self, tokens: &[String]) -> Groups {
        let mut groups = 0;
        for token in tokens {
            groups |= self.tokens.get(token.as_str()).copied().unwrap_or(0);
            for (prefix, group) in &self.prefixes {
                groups |= if token.starts_with(prefix) { *group } else { 0 };
            }
        }
        groups
    }

    fn groups_of_stems(&self, word: &str, rules: Rules) -> Groups {
        stems(word, &[rules])
            .iter()
            .filter_map(|stem| self.stems.get(stem.as_str()))
            .fold(0, |groups, more| groups | more)
    }

    /// Whether a stem of a word may add to the groups that are known to look for it.
    fn may_have_stem(&self, word: &str, folded: &str, known: Groups) -> bool {
        let initial = folded.chars().next();
        // A letter in two pieces, as decomposed `й`, is stemmed as one of them.
        let is_in_pieces =
            || word.chars().nth(1).is_some_and(|c| !c.is_ascii() && is_part_of_letter(c));
        let may = |stemmed: &Stemmed| {
            Some(stemmed.initial) == initial && stemmed.shortest <= folded.len().saturating_add(1)
                || is_in_pieces()
        };
        self.stemmed.iter().any(|stemmed| stemmed.groups & !known != 0 && may(stemmed))
    }
}

impl Stemmed {
    fn of(stem: &str, groups: Groups) -> Option<Self> {
        // Before the stem stands the letter of its rules.
        let mut letters = stem.chars();
        letters.next()?;
        let shortest = letters.as_str().len();
        Some(Self { initial: letters.next()?, shortest, groups })
    }
}

/// The tokens of a folded word; `None` where it is one itself, as nearly every word is.
fn parts(folded: &str) -> Option<Vec<String>> {
    let is_one =
        (1..=SURELY_WHOLE).contains(&folded.len()) && folded.chars().all(char::is_alphanumeric);
    (!is_one).then(|| tokens(folded))
}

/// What is marked of a word: not the quotes around it, nor marks that belong to what stands before
/// it.
fn visible(start: usize, word: &str) -> Range<usize> {
    let rest =
        word.trim_start_matches(|c| is_apostrophe(c) || (!c.is_ascii() && is_part_of_letter(c)));
    let shown = rest.trim_end_matches(is_apostrophe);
    if shown.is_empty() {
        return start..start.saturating_add(word.len());
    }
    let start = start.saturating_add(word.len().saturating_sub(rest.len()));
    start..start.saturating_add(shown.len())
}

/// Where the tokens of a phrase stand together, from the first word to the end of the last.
fn phrase<'a>(
    term: &'a Term,
    places: &'a [(String, Range<usize>)],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let last = term.tokens.len().saturating_sub(1);
    let is_like = move |place: usize, token: &str, wanted: &str| {
        token == wanted || (term.prefix && place == last && token.starts_with(wanted))
    };
    places.windows(term.tokens.len().max(1)).filter_map(move |window| {
        let mut pairs = window.iter().zip(&term.tokens).enumerate();
        let ((_, first), (_, end)) = (window.first()?, window.last()?);
        pairs
            .all(|(place, ((token, _), wanted))| is_like(place, token, wanted))
            .then_some(first.start..end.end)
    })
}

/// The marks in order, those that overlap as one.
fn joined(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_unstable_by_key(|mark| mark.range.start);
    let mut joined: Vec<Mark> = Vec::with_capacity(marks.len());
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.range.start < last.range.end => {
                last.range.end = last.range.end.max(mark.range.end);
                last.groups |= mark.groups;
            }
            _ => joined.push(mark),
        }
    }
    joined
}

fn all_groups<'m>(marks: impl IntoIterator<Item = &'m Mark>) -> Groups {
    marks.into_iter().fold(0, |groups, mark| groups | mark.groups)
}

/// A part of a text as HTML, with these ranges of the whole marked as far as they lie in it.
#[must_use]
pub fn marked<'r>(
    text: &str,
    part: Range<usize>,
    spans: impl IntoIterator<Item = &'r Range<usize>>,
) -> String {
    let within = spans
        .into_iter()
        .map(|span| span.start.max(part.start)..span.end.min(part.end))
        .filter(|span| !span.is_empty());
    let marks: Vec<Mark> = within.map(|range| Mark { range, groups: 0 }).collect();
    html(text, part, &marks)
}

/// A part of a text as HTML. No mark stands across its ends.
fn html(text: &str, part: Range<usize>, marks: &[Mark]) -> String {
    let mut html = String::with_capacity(part.len().saturating_add(64));
    let mut from = part.start;
    for mark in
        marks.iter().filter(|mark| mark.range.start >= part.start && mark.range.end <= part.end)
    {
        escape(text.get(from..mark.range.start).unwrap_or_default(), &mut html);
        html.push_str("<mark>");
        escape(text.get(mark.range.clone()).unwrap_or_default(), &mut html);
        html.push_str("</mark>");
        from = mark.range.end;
    }
    escape(text.get(from..part.end).unwrap_or_default(), &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for piece in text.split_inclusive(['&', '<', '>', '"', '\'']) {
        let (plain, escaped) = match piece.char_indices().next_back() {
            Some((at, '&')) => (piece.get(..at), "&amp;"),
            Some((at, '<')) => (piece.get(..at), "&lt;"),
            Some((at, '>')) => (piece.get(..at), "&gt;"),
            Some((at, '"')) => (piece.get(..at), "&quot;"),
            Some((at, '\'')) => (piece.get(..at), "&#39;"),
            _ => (Some(piece), ""),
        };
        html.push_str(plain.unwrap_or_default());
        html.push_str(escaped);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Tokens;

    const EN: Option<Rules> = Some(Rules::English);
    const SQ: Option<Rules> = Some(Rules::Albanian);
    const SR: Option<Rules> = Some(Rules::Serbian);
    const MK: Option<Rules> = Some(Rules::Macedonian);
    const TR: Option<Rules> = Some(Rules::Turkish);

    fn whole(query: &str, text: &str, rules: Option<Rules>) -> String {
        Marker::new(&Query::parse(query, &Rules::ALL)).whole(text, rules).unwrap_or_default()
    }

    fn snippets(query: &str, text: &str) -> Vec<String> {
        Marker::new(&Query::parse(query, &Rules::ALL))
            .showing(2, 40)
            .snippets(text, EN)
            .unwrap_or_default()
    }

    #[test]
    fn words_are_marked_as_they_are_written() {
        for (query, rules, text, expected) in [
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
            assert_eq!(whole(query, text, rules), expected, "{query}");
        }
    }

    #[test]
    fn phrases_are_marked_where_they_stand_together() {
        for (query, rules, text, expected) in [
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
            assert_eq!(whole(query, text, rules), expected, "{query}");
        }
    }

    #[test]
    fn groups_are_told_apart() {
        let query = Query::parse("women OR men \"equal rights\" woman law", &Rules::ALL);
        let marker = Marker::new(&query);
        for (text, expected) in [
            ("Women", 0b101),
            ("men's lawn", 0b1001),
            ("rights, equal", 0),
            ("equal rights to a woman by law", 0b1111),
        ] {
            assert_eq!(marker.groups(text, EN), expected, "{text}");
        }
    }

    #[test]
    fn short_texts_are_shown_whole() {
        assert_eq!(
            snippets("law ", "  The\n law\u{a0} &  order "),
            ["The <mark>law</mark> &amp; order"]
        );
        assert!(snippets("law ", "Order").is_empty());
    }

    #[test]
    fn snippets_are_cut_at_words_and_begin_with_sentences() {
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
    fn snippets_show_different_groups_before_many_marks() {
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
    fn neighbouring_snippets_are_one() {
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

    /// The text that is shown by HTML, and the texts of its marks.
    fn read(html: &str) -> String {
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

    fn any_rules() -> impl Strategy<Value = Option<Rules>> {
        proptest::option::of(proptest::sample::select(&Rules::ALL[..]))
    }

    proptest! {
        #[test]
        fn the_whole_text_is_shown(query in any_query(), text in any_text(), rules in any_rules()) {
            let query = Query::parse(&query, &Rules::ALL);
            let marker = Marker::new(&query);
            let spans = marker.spans(&text, rules);
            prop_assert!(spans.iter().all(|span| text.get(span.clone()).is_some_and(|marked| !marked.is_empty())), "{:?}", spans);
            prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", spans);
            match marker.whole(&text, rules) {
                Some(html) => prop_assert_eq!(read(&html), text),
                None => prop_assert!(spans.is_empty()),
            }
        }

        #[test]
        fn groups_are_found_as_by_the_index(query in any_query(), text in any_text(), rules in any_rules()) {
            let query = Query::parse(&query, &Rules::ALL);
            let mut tokens = Tokens::default();
            tokens.add(&text, rules);
            let found = |group: &Vec<Term>| group.iter().any(|term| term.matches(&tokens));
            let expected = query.groups.iter().enumerate().filter(|(_, group)| found(group)).fold(0, |found, (at, _)| found | 1 << at);
            let marker = Marker::new(&query);
            prop_assert_eq!(marker.groups(&text, rules), expected);
            prop_assert_eq!(marker.spans(&text, rules).is_empty(), expected == 0);
            prop_assert!(query.is_empty() || !query.matches(&tokens) || expected != 0);
        }

        #[test]
        fn no_rule_changes_the_first_letter_or_adds_two(word in "\\PC{1,12}|[a-zčćžšđëçıİğüöşIа-яѓќљњџј][a-zčćžšđëçğüöşа-яѓќљњџј’]{1,14}") {
            for (_, word) in words(&word) {
                let folded = fold(word);
                for stem in stems(word, &Rules::ALL) {
                    let in_pieces = word.chars().nth(1).is_some_and(is_part_of_letter);
                    let Stemmed { initial, shortest, .. } = Stemmed::of(&stem, 1).unwrap();
                    prop_assert!(in_pieces || folded.starts_with(initial), "{} {}", word, stem);
                    prop_assert!(in_pieces || shortest <= folded.len() + 1, "{} {}", word, stem);
                }
            }
        }

        #[test]
        fn snippets_are_parts_of_the_text(
            query in any_query(), text in any_text(), rules in any_rules(), most in 0_usize..4, length in 0_usize..60,
        ) {
            let query = Query::parse(&query, &Rules::ALL);
            let marker = Marker::new(&query).showing(most, length);
            let Some(snippets) = marker.snippets(&text, rules) else {
                prop_assert!(marker.spans(&text, rules).is_empty());
                return Ok(());
            };
            prop_assert!((1..=most.max(1)).contains(&snippets.len()));
            let shown = snippets.iter().fold(0, |groups, snippet| groups | marker.groups(&read(snippet), rules)).count_ones();
            prop_assert!(shown >= marker.groups(&text, rules).count_ones().min(u32::try_from(most.max(1)).unwrap()), "{:?}", snippets);
            let text = collapsed(&text).replace('\n', " ");
            let mut rest = text.as_str();
            for snippet in &snippets {
                prop_assert!(snippet.contains("<mark>"));
                let shown = read(snippet);
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
        fn windows_cut_no_word(query in any_query(), text in any_text(), most in 0_usize..4, length in 0_usize..60) {
            let query = Query::parse(&query, &Rules::ALL);
            let text = collapsed(&text);
            let marks = Marker::new(&query).marks(&text, None);
            let layout = Layout::new(&text, &marks, length);
            let windows = layout.windows(most);
            prop_assert!(windows.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?}", windows);
            let places: Vec<Range<usize>> = words(&text).map(|(start, word)| visible(start, word)).collect();
            for at in windows.iter().flat_map(|window| [window.start, window.end]).map(|at| layout.byte(at)) {
                prop_assert!(places.iter().chain(marks.iter().map(|mark| &mark.range)).all(|range| at <= range.start || range.end <= at));
                prop_assert!(at == 0 || marks.iter().any(|mark| mark.range.start == at) || !text.split_at(at).1.starts_with(is_part_of_letter));
            }
        }
    }
}

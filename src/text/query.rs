//! Parser for search queries; every input is valid.
//!
//! ```text
//! query  = { space | group | "-" term }
//! group  = term { "OR" term }
//! term   = phrase | word
//! phrase = quote { any but quote } ( quote | end )
//! word   = { any but space or quote }
//! ```
//!
//! Input that does not fit the grammar is treated as text. An `OR` without a term on both sides is
//! an ordinary word. Quotes are `"` and the typographic quotation marks of Serbian, Albanian,
//! Bosnian, Macedonian and Turkish.

use std::collections::BTreeSet;
use std::slice;

use super::stem::StemmerLanguage;
use crate::text::analyzer::{AnalyzedTexts, query_stems, stems, tokenize, word_indices};
use crate::text::word_variants::word_variants;

/// Maximum number of tokens of a query that are evaluated; further ones are ignored.
pub const MAX_QUERY_TOKENS: usize = 32;

/// Minimum length of a spelling other than the typed one that matches by prefix.
const MIN_ALTERNATIVE_PREFIX_LEN: usize = 4;

/// Minimum length of an incomplete word whose `dj` may stand for `đ`.
const MIN_DJ_PREFIX_LEN: usize = 6;

/// A search query: at least one term of every group must match, and no excluded term.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SearchQuery {
    /// Groups in the order of the input; none is empty.
    pub groups: Vec<Vec<Term>>,
    /// Terms that must not match.
    pub excluded: Vec<Term>,
}

/// A word or phrase.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Term {
    /// The word or phrase as typed.
    pub text: String,
    /// Folded tokens; several must be adjacent and in this order. None if only the stems match.
    pub tokens: Vec<String>,
    /// Tokens of other spellings that match as well: `email` for `e-mail`, `medunarodni` for
    /// `medjunarodni`.
    pub alternatives: Vec<Vec<String>>,
    /// Stems that match as well; empty for phrases and quoted words.
    pub stems: BTreeSet<String>,
    /// Whether the last token matches by prefix, because it may still be being typed.
    pub is_prefix: bool,
}

/// A term of the input, between spaces or quotes.
struct RawTerm<'a> {
    /// Byte offset in the input.
    start: usize,
    text: &'a str,
    is_quoted: bool,
    is_excluded: bool,
    /// Whether it ends the input.
    is_last: bool,
}

impl SearchQuery {
    /// Parses a query. Its words are stemmed by the stemmer of each language: texts of every
    /// language are searched.
    ///
    /// The last word matches by prefix if nothing follows it and it is neither quoted nor excluded.
    /// A word of several tokens (`COVID-19`) is a phrase. At most [`MAX_QUERY_TOKENS`] tokens are
    /// evaluated.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::parse_with_stemmers(text, &StemmerLanguage::ALL)
    }

    fn parse_with_stemmers(text: &str, stemmers: &[StemmerLanguage]) -> Self {
        let mut query = Self::default();
        let mut remaining = MAX_QUERY_TOKENS;
        let mut after_or = false;
        let mut raw_terms = split_terms(text).into_iter().peekable();
        while let Some(raw_term) = raw_terms.next() {
            let is_or = raw_term.text == "OR" && !raw_term.is_quoted && !raw_term.is_excluded;
            let joins = |next: &RawTerm<'_>| !next.is_excluded && !tokenize(next.text).is_empty();
            if is_or && !after_or && !query.groups.is_empty() && raw_terms.peek().is_some_and(joins)
            {
                after_or = true;
                continue;
            }
            let Some(term) = raw_term.to_term(stemmers, &mut remaining) else { continue };
            match query.groups.last_mut().filter(|_| after_or) {
                _ if raw_term.is_excluded => query.excluded.push(term),
                Some(group) => group.push(term),
                None => query.groups.push(vec![term]),
            }
            after_or = false;
        }
        query
    }

    /// A query for the forms of a word in one language; `None` if the word has no stem.
    #[must_use]
    pub fn for_forms(word: &str, stemmer: StemmerLanguage) -> Option<Self> {
        let stems = stems(word, &[stemmer]);
        let term = Term { text: word.to_owned(), stems, ..Term::default() };
        (!term.stems.is_empty()).then(|| Self { groups: vec![vec![term]], excluded: Vec::new() })
    }

    /// Whether the query has no groups; it may still have excluded terms.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The tokens in the order of the query; `None` if a group has several terms (`OR`), or if there
    /// are none.
    #[must_use]
    pub fn token_sequence(&self) -> Option<Vec<&str>> {
        let mut sequence = Vec::new();
        for group in &self.groups {
            let [term] = group.as_slice() else { return None };
            sequence.extend(term.tokens.iter().map(String::as_str));
        }
        (!sequence.is_empty()).then_some(sequence)
    }

    /// The terms of all groups.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.groups.iter().flatten()
    }

    /// Whether the query matches the texts.
    #[must_use]
    pub fn matches(&self, text: &AnalyzedTexts) -> bool {
        let is_not_empty = !self.groups.is_empty() || !self.excluded.is_empty();
        is_not_empty
            && self.groups.iter().all(|group| group.iter().any(|term| term.matches(text)))
            && !self.excluded.iter().any(|term| term.matches(text))
    }
}

impl Term {
    /// The tokens of each spelling, with whether the last one matches by prefix: a short one that
    /// was not typed does not.
    pub fn spellings(&self) -> impl Iterator<Item = (&[String], bool)> {
        let is_long = |tokens: &[String]| {
            tokens.last().is_some_and(|token| token.chars().count() >= MIN_ALTERNATIVE_PREFIX_LEN)
        };
        let typed = Some((self.tokens.as_slice(), self.is_prefix));
        typed.into_iter().filter(|(tokens, _)| !tokens.is_empty()).chain(
            self.alternatives
                .iter()
                .map(move |tokens| (tokens.as_slice(), self.is_prefix && is_long(tokens))),
        )
    }

    /// Whether the term matches one of the texts.
    #[must_use]
    pub fn matches(&self, text: &AnalyzedTexts) -> bool {
        let matches_at = |window: &[&String], spelling: &[String], is_prefix: bool| {
            let mut pairs = window.iter().zip(spelling).rev();
            pairs.next().is_none_or(|(token, expected)| {
                *token == expected || (is_prefix && token.starts_with(expected.as_str()))
            }) && pairs.all(|(token, expected)| *token == expected)
        };
        let variants = text.variants.iter().map(slice::from_ref);
        text.texts.iter().map(Vec::as_slice).chain(variants).any(|words| {
            let tokens: Vec<&String> = words.iter().flat_map(|word| &word.tokens).collect();
            self.spellings().any(|(spelling, is_prefix)| {
                tokens
                    .windows(spelling.len().max(1))
                    .any(|window| matches_at(window, spelling, is_prefix))
            })
        }) || text
            .distinct_words()
            .any(|word| word.stems.iter().any(|stem| self.stems.contains(stem)))
    }
}

impl RawTerm<'_> {
    fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }

    fn to_term(&self, stemmers: &[StemmerLanguage], remaining: &mut usize) -> Option<Term> {
        let mut tokens = tokenize(self.text);
        let is_complete = tokens.len() <= *remaining;
        tokens.truncate(*remaining);
        *remaining = remaining.saturating_sub(tokens.len());
        let words: Vec<(usize, &str)> = word_indices(self.text).collect();
        let joined = joined_spelling(self.text, &words).filter(|_| is_complete);
        // The stemmers do not support other scripts. Punctuation around the word is not part of it.
        let word = match (tokens.as_slice(), &joined) {
            (_, Some(joined)) => Some(joined.as_str()),
            ([token], _) if token.is_ascii() => words
                .iter()
                .map(|(_, word)| *word)
                .find(|word| word.contains(char::is_alphanumeric)),
            _ => None,
        };
        let stems = word
            .filter(|_| !self.is_quoted)
            .map(|word| query_stems(word, stemmers))
            .unwrap_or_default();
        let mut alternatives: Vec<Vec<String>> =
            joined.iter().map(|joined| tokenize(joined)).collect();
        let prefix = self.is_last && !self.is_quoted && !self.is_excluded && is_complete;
        // `đ` is folded to `d`. Single words match by stem, or are short words of Albanian.
        let has_dj = |tokens: &Vec<String>| {
            let is_long = tokens.iter().any(|token| token.len() >= MIN_DJ_PREFIX_LEN);
            (self.is_quoted || tokens.len() > 1 || (prefix && is_long))
                && tokens.iter().any(|token| token.contains("dj"))
        };
        let plain: Vec<Vec<String>> = std::iter::once(&tokens)
            .chain(&alternatives)
            .filter(|tokens| has_dj(tokens))
            .map(|tokens| tokens.iter().map(|token| token.replace("dj", "d")).collect())
            .collect();
        alternatives.extend(plain);
        (!tokens.is_empty()).then(|| Term {
            text: self.text.to_owned(),
            tokens,
            alternatives,
            stems,
            is_prefix: prefix,
        })
    }
}

/// A term of several parts as one word: `email` for `e-mail`.
fn joined_spelling(text: &str, words: &[(usize, &str)]) -> Option<String> {
    let ((start, _), (last_start, last)) = (words.first()?, words.last()?);
    let range = *start..last_start.saturating_add(last.len());
    let mut variants = word_variants(text, words).into_iter();
    variants.find(|variant| words.len() > 1 && variant.range == range).map(|variant| variant.word)
}

/// Joins the terms that are the groups of one number: `0800 222 003`.
fn join_numbers<'a>(text: &'a str, terms: Vec<RawTerm<'a>>) -> Vec<RawTerm<'a>> {
    let is_number = |term: &RawTerm<'_>| {
        !term.is_quoted && !term.is_excluded && term.text.contains(|c: char| c.is_ascii_digit())
    };
    if !terms.windows(2).any(|pair| pair.iter().all(is_number)) {
        return terms;
    }
    let words: Vec<(usize, &str)> = word_indices(text).collect();
    let variants = word_variants(text, &words);
    let mut joined: Vec<RawTerm<'a>> = Vec::with_capacity(terms.len());
    for term in terms {
        let part_of = |before: &RawTerm<'_>| {
            variants.iter().any(|variant| {
                variant.range.start >= before.start
                    && variant.range.start < before.end()
                    && variant.range.end > term.start
                    && variant.word.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        match joined.last_mut() {
            Some(before) if is_number(before) && is_number(&term) && part_of(before) => {
                before.text = text.get(before.start..term.end()).unwrap_or(before.text);
                before.is_last = term.is_last;
            }
            _ => joined.push(term),
        }
    }
    joined
}

fn split_terms(whole_text: &str) -> Vec<RawTerm<'_>> {
    let mut terms = Vec::new();
    let mut rest = whole_text.trim_start();
    while !rest.is_empty() {
        let (is_excluded, term) = match rest.strip_prefix('-') {
            Some(term) if !term.starts_with(char::is_whitespace) => (true, term),
            _ => (false, rest),
        };
        let quoted = term.strip_prefix(is_quote);
        let start = whole_text.len().saturating_sub(quoted.unwrap_or(term).len());
        let (text, after) = match quoted {
            Some(phrase) => phrase.split_once(is_quote).unwrap_or((phrase, "")),
            None => split_at_match(term, |c| c.is_whitespace() || is_quote(c)),
        };
        terms.push(RawTerm {
            start,
            text,
            is_quoted: quoted.is_some(),
            is_excluded,
            is_last: after.is_empty(),
        });
        rest = after.trim_start();
    }
    join_numbers(whole_text, terms)
}

fn split_at_match(text: &str, is_match: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(is_match).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `word`, `pre*`, `two+tokens`, `either|or`, and last `!excluded`.
    fn format_query(text: &str) -> String {
        let term = |term: &Term| {
            format!("{}{}", term.tokens.join("+"), if term.is_prefix { "*" } else { "" })
        };
        let query = SearchQuery::parse_with_stemmers(text, &[]);
        let groups =
            query.groups.iter().map(|group| group.iter().map(term).collect::<Vec<_>>().join("|"));
        groups
            .chain(query.excluded.iter().map(|excluded| format!("!{}", term(excluded))))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn parses_queries() {
        for (text, expected) in [
            ("жене", "zene*"),
            ("žene ", "zene"),
            ("Cinsiyet EŞİTLİĞİ", "cinsiyet esitligi*"),
            ("qendër -dhunë", "qender !dhune"),
            ("\"rodna ravnopravnost\"", "rodna+ravnopravnost"),
            ("„родна равноправност“ насиље", "rodna+ravnopravnost nasilje*"),
            ("-\"violence at home\" safe", "safe* !violence+at+home"),
            ("COVID-19", "covid+19*"),
            ("COVID-19 film", "covid+19 film*"),
            ("foo\"bar baz", "foo bar+baz"),
            ("foo\"", "foo"),
            ("- foo", "foo*"),
            ("--foo x", "x* !foo"),
            ("-", ""),
            ("\"\" \" ' -\"", ""),
            ("a AND (b OR c*) NEAR/2 d:e", "a and b|c near+2 d+e*"),
            ("жените -во", "zenite !vo"),
            ("   ", ""),
        ] {
            assert_eq!(format_query(text), expected, "{text}");
        }
    }

    #[test]
    fn or_joins_adjacent_terms() {
        for (text, expected) in [
            ("cat OR dog", "cat|dog*"),
            ("cat OR dog OR \"red fox\" tree", "cat|dog|red+fox tree*"),
            ("cat or dog", "cat or dog*"),
            ("OR cat", "or cat*"),
            ("cat OR", "cat or*"),
            ("cat OR ", "cat or"),
            ("cat OR -dog", "cat or !dog"),
            ("-cat OR dog", "or dog* !cat"),
            ("cat OR OR dog", "cat|or dog*"),
            ("cat OR !", "cat or"),
            ("cat \"OR\" dog", "cat or dog*"),
        ] {
            assert_eq!(format_query(text), expected, "{text}");
        }
    }

    #[test]
    fn quoted_terms_have_no_stems() {
        let stems = |text| {
            SearchQuery::parse_with_stemmers(text, &[StemmerLanguage::English])
                .terms()
                .map(|term| term.stems.len())
                .collect::<Vec<_>>()
        };
        assert_eq!(stems("women \"rights\" covid-19 2024 norms"), [1, 0, 1, 0, 1]);
        let of = |text| {
            SearchQuery::parse_with_stemmers(text, &[StemmerLanguage::English])
                .terms()
                .flat_map(|term| term.stems.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("(women, 'norms'!"), of("women norms"));
    }

    #[test]
    fn query_of_exclusions_is_empty() {
        assert!(SearchQuery::parse_with_stemmers("", &[]).is_empty());
        assert!(SearchQuery::parse_with_stemmers("-a -\"b c\"", &[]).is_empty());
        assert!(!SearchQuery::parse_with_stemmers("-a b", &[]).is_empty());
    }

    #[test]
    fn truncates_long_queries() {
        let query = SearchQuery::parse(&"riječ ".repeat(10_000));
        assert_eq!(query.groups.len(), MAX_QUERY_TOKENS);
        let query = SearchQuery::parse_with_stemmers(&"a-".repeat(10_000), &[]);
        assert_eq!(query.terms().map(|term| term.tokens.len()).sum::<usize>(), MAX_QUERY_TOKENS);
        assert!(query.terms().all(|term| !term.is_prefix));
    }

    proptest! {
        #[test]
        fn parse_never_fails(text in "\\PC{0,60}|([-\"„“a-zž ]|OR){0,60}") {
            let query = SearchQuery::parse_with_stemmers(&text, &[]);
            prop_assert!(query.groups.iter().all(|group| !group.is_empty()));
            prop_assert!(query.terms().chain(&query.excluded).all(|term| !term.tokens.is_empty()));
            prop_assert!(query.terms().filter(|term| term.is_prefix).count() <= 1);
            prop_assert!(query.excluded.iter().all(|term| !term.is_prefix));
        }
    }
}

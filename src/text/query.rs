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

use super::stem::StemmerLanguage;
use crate::text::analyzer::AnalyzedTexts;
use crate::text::analyzer::stems;
use crate::text::analyzer::tokenize;
use crate::text::analyzer::word_indices;

/// Maximum number of tokens of a query that are evaluated; further ones are ignored.
pub const MAX_QUERY_TOKENS: usize = 32;

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
    /// Folded tokens, at least one; several must be adjacent and in this order.
    pub tokens: Vec<String>,
    /// Stems that match as well; empty for phrases and quoted words.
    pub stems: BTreeSet<String>,
    /// Whether the last token matches by prefix, because it may still be being typed.
    pub is_prefix: bool,
}

/// A term of the input, between spaces or quotes.
struct RawTerm<'a> {
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

    /// Whether the query has no groups; it may still have excluded terms.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
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
    /// Whether the term matches one of the texts.
    #[must_use]
    pub fn matches(&self, text: &AnalyzedTexts) -> bool {
        let last = self.tokens.len().saturating_sub(1);
        let token_matches = |position: usize, token: &str, expected: &str| {
            token == expected || (self.is_prefix && position == last && token.starts_with(expected))
        };
        let matches_at = |window: &[&String]| {
            window
                .iter()
                .zip(&self.tokens)
                .enumerate()
                .all(|(position, (token, expected))| token_matches(position, token, expected))
        };
        text.texts.iter().any(|words| {
            let tokens: Vec<&String> = words.iter().flat_map(|word| &word.tokens).collect();
            tokens.windows(self.tokens.len()).any(matches_at)
        }) || text
            .distinct_words()
            .any(|word| word.stems.iter().any(|stem| self.stems.contains(stem)))
    }
}

impl RawTerm<'_> {
    fn to_term(&self, stemmers: &[StemmerLanguage], remaining: &mut usize) -> Option<Term> {
        let mut tokens = tokenize(self.text);
        let is_complete = tokens.len() <= *remaining;
        tokens.truncate(*remaining);
        *remaining = remaining.saturating_sub(tokens.len());
        // The stemmers do not support other scripts.
        let is_single_word =
            matches!(tokens.as_slice(), [token] if token.is_ascii()) && !self.is_quoted;
        // Punctuation around the word is not part of it.
        let word = word_indices(self.text)
            .map(|(_, word)| word)
            .find(|word| is_single_word && word.contains(char::is_alphanumeric));
        let stems = word.map(|word| stems(word, stemmers)).unwrap_or_default();
        let prefix = self.is_last && !self.is_quoted && !self.is_excluded && is_complete;
        (!tokens.is_empty()).then(|| Term {
            text: self.text.to_owned(),
            tokens,
            stems,
            is_prefix: prefix,
        })
    }
}

fn split_terms(text: &str) -> Vec<RawTerm<'_>> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (is_excluded, term) = match rest.strip_prefix('-') {
            Some(term) if !term.starts_with(char::is_whitespace) => (true, term),
            _ => (false, rest),
        };
        let quoted = term.strip_prefix(is_quote);
        let (text, after) = match quoted {
            Some(phrase) => phrase.split_once(is_quote).unwrap_or((phrase, "")),
            None => split_at_match(term, |c| c.is_whitespace() || is_quote(c)),
        };
        terms.push(RawTerm {
            text,
            is_quoted: quoted.is_some(),
            is_excluded,
            is_last: after.is_empty(),
        });
        rest = after.trim_start();
    }
    terms
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
        assert_eq!(stems("women \"rights\" covid-19 2024 norms"), [1, 0, 0, 0, 1]);
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

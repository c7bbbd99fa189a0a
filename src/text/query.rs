//! What a reader types into the search box, read without ever failing.
//!
//! ```text
//! query  = { space | group | "-" term }
//! group  = term { "OR" term }
//! term   = phrase | word
//! phrase = quote { any but quote } ( quote | end )
//! word   = { any but space or quote }
//! ```
//!
//! Whatever does not fit is text: there is no wrong query. An `OR` that has no term on both sides
//! is the word. Quotes are `"` and the typographic ones that Serbian, Albanian, Bosnian, Macedonian
//! and Turkish keyboards and word processors put in.

use std::collections::BTreeSet;

use super::analysis::{Tokens, stems, tokens, words};
use super::stem::Rules;

/// The most tokens of a query that are looked at; the rest is ignored.
pub const MAX_TERMS: usize = 32;

/// A search: one term of every group must be found, and none of those that are excluded.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    /// In the order in which they were typed; none is empty.
    pub groups: Vec<Vec<Term>>,
    /// What must not be found.
    pub excluded: Vec<Term>,
}

/// A word or phrase.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Term {
    /// The folded tokens, at least one; several must stand together, in this order.
    pub tokens: Vec<String>,
    /// Stems by which a single word is found too; none of a phrase, or of what is quoted.
    pub stems: BTreeSet<String>,
    /// The last token is still being typed: words that begin with it match.
    pub prefix: bool,
}

/// What was typed, between spaces and quotes.
struct Piece<'a> {
    text: &'a str,
    quoted: bool,
    exclude: bool,
    /// Nothing follows it.
    last: bool,
}

impl Query {
    /// Reads a query for texts whose languages have these rules.
    ///
    /// The last word is a prefix when nothing follows it, unless it is quoted or excluded. A word
    /// of several tokens (`COVID-19`) is a phrase. At most [`MAX_TERMS`] tokens are kept.
    #[must_use]
    pub fn parse(text: &str, rules: &[Rules]) -> Self {
        let mut query = Self::default();
        let mut room = MAX_TERMS;
        let mut either = false;
        let mut pieces = pieces(text).into_iter().peekable();
        while let Some(piece) = pieces.next() {
            let is_or = piece.text == "OR" && !piece.quoted && !piece.exclude;
            let joins = |next: &Piece<'_>| !next.exclude && !tokens(next.text).is_empty();
            if is_or && !either && !query.groups.is_empty() && pieces.peek().is_some_and(joins) {
                either = true;
                continue;
            }
            let Some(term) = piece.term(rules, &mut room) else { continue };
            match query.groups.last_mut().filter(|_| either) {
                _ if piece.exclude => query.excluded.push(term),
                Some(group) => group.push(term),
                None => query.groups.push(vec![term]),
            }
            either = false;
        }
        query
    }

    /// Whether nothing is looked for: no term, or only exclusions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The terms that are looked for.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.groups.iter().flatten()
    }

    /// Whether a text is found, whole.
    #[must_use]
    pub fn matches(&self, text: &Tokens) -> bool {
        let anything = !self.groups.is_empty() || !self.excluded.is_empty();
        anything
            && self.groups.iter().all(|group| group.iter().any(|term| term.matches(text)))
            && !self.excluded.iter().any(|term| term.matches(text))
    }
}

impl Term {
    /// Whether a text has it.
    #[must_use]
    pub fn matches(&self, text: &Tokens) -> bool {
        let last = self.tokens.len().saturating_sub(1);
        let is_like = |place: usize, token: &str, wanted: &str| {
            token == wanted || (self.prefix && place == last && token.starts_with(wanted))
        };
        let stands_at = |window: &[&String]| {
            window
                .iter()
                .zip(&self.tokens)
                .enumerate()
                .all(|(place, (token, wanted))| is_like(place, token, wanted))
        };
        text.texts.iter().any(|words| {
            let tokens: Vec<&String> = words.iter().flat_map(|word| &word.tokens).collect();
            tokens.windows(self.tokens.len()).any(stands_at)
        }) || text.distinct().any(|word| word.stems.iter().any(|stem| self.stems.contains(stem)))
    }
}

impl Piece<'_> {
    fn term(&self, rules: &[Rules], room: &mut usize) -> Option<Term> {
        let mut tokens = tokens(self.text);
        let whole = tokens.len() <= *room;
        tokens.truncate(*room);
        *room = room.saturating_sub(tokens.len());
        // No rule knows words of other scripts.
        let single = matches!(tokens.as_slice(), [token] if token.is_ascii()) && !self.quoted;
        // Signs beside the word are none of it.
        let word = words(self.text)
            .map(|(_, word)| word)
            .find(|word| single && word.contains(char::is_alphanumeric));
        let stems = word.map(|word| stems(word, rules)).unwrap_or_default();
        let prefix = self.last && !self.quoted && !self.exclude && whole;
        (!tokens.is_empty()).then_some(Term { tokens, stems, prefix })
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (exclude, term) = match rest.strip_prefix('-') {
            Some(term) if !term.starts_with(char::is_whitespace) => (true, term),
            _ => (false, rest),
        };
        let quoted = term.strip_prefix(is_quote);
        let (text, after) = match quoted {
            Some(phrase) => phrase.split_once(is_quote).unwrap_or((phrase, "")),
            None => split_at(term, |c| c.is_whitespace() || is_quote(c)),
        };
        pieces.push(Piece { text, quoted: quoted.is_some(), exclude, last: after.is_empty() });
        rest = after.trim_start();
    }
    pieces
}

fn split_at(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '‟' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `word`, `pre*`, `two+tokens`, `either|or`, and last `!excluded`.
    fn shape(text: &str) -> String {
        let term = |term: &Term| {
            format!("{}{}", term.tokens.join("+"), if term.prefix { "*" } else { "" })
        };
        let query = Query::parse(text, &[]);
        let groups =
            query.groups.iter().map(|group| group.iter().map(term).collect::<Vec<_>>().join("|"));
        groups
            .chain(query.excluded.iter().map(|excluded| format!("!{}", term(excluded))))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn queries_are_read() {
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
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn or_joins_what_stands_on_both_sides() {
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
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn words_have_stems_and_what_is_quoted_has_none() {
        let stems = |text| {
            Query::parse(text, &[Rules::English])
                .terms()
                .map(|term| term.stems.len())
                .collect::<Vec<_>>()
        };
        assert_eq!(stems("women \"rights\" covid-19 2024 norms"), [1, 0, 0, 0, 1]);
        let of = |text| {
            Query::parse(text, &[Rules::English])
                .terms()
                .flat_map(|term| term.stems.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("(women, 'norms'!"), of("women norms"));
    }

    #[test]
    fn exclusions_alone_look_for_nothing() {
        assert!(Query::parse("", &[]).is_empty());
        assert!(Query::parse("-a -\"b c\"", &[]).is_empty());
        assert!(!Query::parse("-a b", &[]).is_empty());
    }

    #[test]
    fn long_queries_are_cut() {
        let query = Query::parse(&"riječ ".repeat(10_000), &Rules::ALL);
        assert_eq!(query.groups.len(), MAX_TERMS);
        let query = Query::parse(&"a-".repeat(10_000), &[]);
        assert_eq!(query.terms().map(|term| term.tokens.len()).sum::<usize>(), MAX_TERMS);
        assert!(query.terms().all(|term| !term.prefix));
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in "\\PC{0,60}|([-\"„“a-zž ]|OR){0,60}") {
            let query = Query::parse(&text, &[]);
            prop_assert!(query.groups.iter().all(|group| !group.is_empty()));
            prop_assert!(query.terms().chain(&query.excluded).all(|term| !term.tokens.is_empty()));
            prop_assert!(query.terms().filter(|term| term.prefix).count() <= 1);
            prop_assert!(query.excluded.iter().all(|term| !term.prefix));
        }
    }
}

//! What a reader types into the search box, read without ever failing.
//!
//! ```text
//! query  = { space | [ "-" ] ( phrase | word ) }
//! phrase = quote { any but quote } ( quote | end )
//! word   = { any but space or quote }
//! ```
//!
//! Whatever does not fit is text: there is no wrong query. Quotes are `"` and the typographic ones that
//! Serbian, Albanian, Bosnian, Macedonian and Turkish keyboards and word processors put in.

use super::analysis::tokens;

/// The most tokens of a query that are looked at; the rest is ignored.
pub const MAX_TERMS: usize = 32;

/// A search: every clause must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The clauses, in the order in which they were typed.
    pub clauses: Vec<Clause>,
}

/// One word or phrase that must, or must not, be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The folded tokens, at least one; several must stand together, in this order.
    pub tokens: Vec<String>,
    /// The last token is still being typed: words that begin with it match.
    pub prefix: bool,
    /// The clause must not be found.
    pub exclude: bool,
}

impl Query {
    /// Reads a query: words, `"phrases"`, and either with a leading `-` to exclude it.
    ///
    /// All must match. The last word is a prefix when nothing follows it, unless it is quoted or excluded.
    /// A word of several tokens (`COVID-19`) is a phrase. At most [`MAX_TERMS`] tokens are kept.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut clauses: Vec<Clause> = Vec::new();
        let mut room = MAX_TERMS;
        let mut rest = text.trim_start();
        while !rest.is_empty() && room > 0 {
            let (exclude, term) = match rest.strip_prefix('-') {
                Some(term) if !term.starts_with(char::is_whitespace) => (true, term),
                _ => (false, rest),
            };
            let quoted = term.strip_prefix(is_quote);
            let (words, after) = match quoted {
                Some(phrase) => phrase.split_once(is_quote).unwrap_or((phrase, "")),
                None => split_at(term, |c| c.is_whitespace() || is_quote(c)),
            };
            let mut tokens = tokens(words);
            let whole = tokens.len() <= room;
            tokens.truncate(room);
            room -= tokens.len();
            if !tokens.is_empty() {
                let prefix = after.is_empty() && quoted.is_none() && !exclude && whole;
                clauses.push(Clause { tokens, prefix, exclude });
            }
            rest = after.trim_start();
        }
        Self { clauses }
    }

    /// Whether nothing is looked for: no clause, or only exclusions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.iter().all(|clause| clause.exclude)
    }
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

    /// `word`, `pre*`, `two+tokens`, `!excluded`.
    fn shape(text: &str) -> String {
        let clause = |clause: &Clause| {
            let sign = if clause.exclude { "!" } else { "" };
            let star = if clause.prefix { "*" } else { "" };
            format!("{sign}{}{star}", clause.tokens.join("+"))
        };
        Query::parse(text).clauses.iter().map(clause).collect::<Vec<_>>().join(" ")
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
            ("-\"violence at home\" safe", "!violence+at+home safe*"),
            ("COVID-19", "covid+19*"),
            ("COVID-19 film", "covid+19 film*"),
            ("foo\"bar baz", "foo bar+baz"),
            ("foo\"", "foo"),
            ("- foo", "foo*"),
            ("--foo x", "!foo x*"),
            ("-", ""),
            ("\"\" \" ' -\"", ""),
            ("a AND (b OR c*) NEAR/2 d:e", "a and b or c near+2 d+e*"),
            ("жените -во", "zenite !vo"),
            ("   ", ""),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn exclusions_alone_look_for_nothing() {
        assert!(Query::parse("").is_empty());
        assert!(Query::parse("-a -\"b c\"").is_empty());
        assert!(!Query::parse("-a b").is_empty());
    }

    #[test]
    fn long_queries_are_cut() {
        let query = Query::parse(&"riječ ".repeat(10_000));
        assert_eq!(query.clauses.len(), MAX_TERMS);
        let query = Query::parse(&"a-".repeat(10_000));
        assert_eq!(query.clauses.iter().map(|clause| clause.tokens.len()).sum::<usize>(), MAX_TERMS);
        assert!(query.clauses.iter().all(|clause| !clause.prefix));
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in "\\PC{0,60}|[-\"„“a-zž ]{0,60}") {
            let query = Query::parse(&text);
            prop_assert!(query.clauses.iter().all(|clause| !clause.tokens.is_empty()));
            let last = query.clauses.len().saturating_sub(1);
            prop_assert!(query.clauses.iter().take(last).all(|clause| !clause.prefix));
        }
    }
}

//! Match expressions: the tokens that an entry of the full-text index must have.
//!
//! A word of a query matches in three ways: as typed, by stem, or by prefix. All words together can
//! also be a whole title, or adjacent, as typed or by stem.

use std::ops::RangeInclusive;

use crate::db::search::term_frequencies::TokenFrequencies;
use crate::db::search::word_order::{query_stem_pair_keys, sequence_key};
use crate::db::search::{
    FIELD_LETTERS, FieldLetters, PAIR_LETTER, STEM_PAIR_LETTER, WHOLE_TITLE_LETTER,
};
use crate::text::query::{SearchQuery, Term};

/// How a query matches: as a whole, or word by word.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum MatchKind {
    /// The query is a whole title, as typed.
    Title,
    /// The query is a whole title by its stems.
    TitleStems,
    /// All words as typed, adjacent and in this order.
    Adjacent,
    /// The stems of all words, adjacent and in this order.
    AdjacentStems,
    /// As typed.
    Exact,
    /// By stem.
    Stem,
    /// By prefix.
    Prefix,
}

/// All match kinds, the best first.
pub(super) const MATCH_KINDS: [MatchKind; 7] = [
    MatchKind::Title,
    MatchKind::TitleStems,
    MatchKind::Adjacent,
    MatchKind::AdjacentStems,
    MatchKind::Exact,
    MatchKind::Stem,
    MatchKind::Prefix,
];

impl SearchQuery {
    /// Returns whether the query or any of its terms can match in this way in a field.
    pub(super) fn has_match_kind(&self, match_kind: MatchKind, field_index: usize) -> bool {
        let is_title = field_index == 0;
        let has_stems = || self.terms().any(|term| !term.stems.is_empty());
        // Pairs of adjacent words are not always those of a phrase.
        let is_sequence_of_words =
            || self.terms().all(|term| term.tokens.len() == 1) && self.token_sequence().is_some();
        match match_kind {
            MatchKind::Title => is_title && self.token_sequence().is_some(),
            MatchKind::TitleStems => is_title && has_stems() && is_sequence_of_words(),
            MatchKind::Adjacent => is_title && self.groups.len() > 1 && is_sequence_of_words(),
            MatchKind::AdjacentStems => {
                is_title && self.groups.len() > 1 && has_stems() && is_sequence_of_words()
            }
            MatchKind::Exact => true,
            MatchKind::Stem => has_stems(),
            MatchKind::Prefix => self.terms().any(|term| term.is_prefix),
        }
    }
}

/// Expression that an index entry must match.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum MatchExpr {
    /// A token.
    Token(String),
    /// A prefix of a token.
    Prefix(String),
    /// A phrase of adjacent tokens; the last may be a prefix.
    Phrase(Vec<String>, bool),
    /// Two adjacent tokens: SQLite finds them by their positions, PostgreSQL by a token for both.
    Pair {
        /// The tokens.
        words: [String; 2],
        /// The token for both.
        key: String,
    },
    /// All of these.
    All(Vec<MatchExpr>),
    /// One of these.
    Any(Vec<MatchExpr>),
    /// The first, and not the second.
    AndNot(Box<MatchExpr>, Box<MatchExpr>),
}

/// Returns the expression for the query in these fields: in the last one by match kinds up to
/// `match_kind`, in the others by all.
pub(super) fn query_expr(
    query: &SearchQuery,
    kinds: &[char],
    fields: RangeInclusive<usize>,
    match_kind: MatchKind,
) -> MatchExpr {
    if match_kind < MatchKind::Exact {
        // Whole titles and adjacent words are of the first field, which no other precedes.
        return MatchExpr::Any(word_order_exprs(query, kinds, *fields.end(), match_kind));
    }
    let group = |group: &Vec<Term>| {
        let mut any = Vec::new();
        for (index, field) in
            FIELD_LETTERS.iter().enumerate().filter(|(index, _)| fields.contains(index))
        {
            let last = if index == *fields.end() { match_kind } else { MatchKind::Prefix };
            for (term, kind) in
                group.iter().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)))
            {
                any.extend(
                    MATCH_KINDS
                        .into_iter()
                        .filter(|match_kind| *match_kind <= last)
                        .flat_map(|match_kind| term_exprs(term, kind, *field, match_kind)),
                );
            }
        }
        MatchExpr::any_of(any)
    };
    MatchExpr::All(query.groups.iter().map(group).collect())
}

/// Returns the expressions for whole titles and adjacent words in a field by match kinds up to
/// `match_kind`.
fn word_order_exprs(
    query: &SearchQuery,
    kinds: &[char],
    field_index: usize,
    match_kind: MatchKind,
) -> Vec<MatchExpr> {
    let Some(words) = query.token_sequence() else { return Vec::new() };
    let by_stems = |is_whole| {
        let to_exprs = move |kind: &char, pairs: &[Vec<String>]| {
            let any_of_pair = |keys: &Vec<String>| {
                let token =
                    |key: &String| MatchExpr::Token(format!("{kind}{STEM_PAIR_LETTER}{key}"));
                MatchExpr::Any(keys.iter().map(token).collect())
            };
            MatchExpr::All(pairs.iter().map(any_of_pair).collect())
        };
        let languages = query_stem_pair_keys(query, is_whole);
        let exprs =
            kinds.iter().flat_map(|kind| languages.iter().map(move |pairs| to_exprs(kind, pairs)));
        exprs.collect::<Vec<_>>()
    };
    let of_kind = |kind: MatchKind| match kind {
        MatchKind::Title => {
            let key = sequence_key(words.iter().copied());
            let token = |kind| MatchExpr::Token(format!("{kind}{WHOLE_TITLE_LETTER}{key}"));
            kinds.iter().map(token).collect()
        }
        MatchKind::TitleStems => by_stems(true),
        MatchKind::Adjacent => kinds.iter().map(|kind| adjacent_expr(&words, *kind)).collect(),
        MatchKind::AdjacentStems => by_stems(false),
        MatchKind::Exact | MatchKind::Stem | MatchKind::Prefix => Vec::new(),
    };
    let kinds_of_match = MATCH_KINDS
        .into_iter()
        .filter(|kind| *kind <= match_kind && query.has_match_kind(*kind, field_index));
    kinds_of_match.flat_map(of_kind).collect()
}

/// Returns the expression for adjacent words in titles.
fn adjacent_expr(words: &[&str], kind: char) -> MatchExpr {
    let letter = FIELD_LETTERS.first().map_or(' ', |title| title.words);
    let word = |word: &str| format!("{kind}{letter}{word}");
    let pairs = words.windows(2).filter_map(|pair| {
        let [first, second] = pair else { return None };
        let key = format!("{kind}{PAIR_LETTER}{}", sequence_key([*first, *second]));
        Some(MatchExpr::Pair { words: [word(first), word(second)], key })
    });
    MatchExpr::All(pairs.collect())
}

/// Returns the expressions for all terms in one field by one match kind.
pub(super) fn single_field_exprs(
    query: &SearchQuery,
    kinds: &[char],
    field_index: usize,
    match_kind: MatchKind,
) -> Vec<MatchExpr> {
    let Some(field) = FIELD_LETTERS.get(field_index).copied() else { return Vec::new() };
    if match_kind < MatchKind::Exact {
        return word_order_exprs(query, kinds, field_index, match_kind);
    }
    let terms = query.terms().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)));
    terms.flat_map(|(term, kind)| term_exprs(term, kind, field, match_kind)).collect()
}

/// Returns the expression for a term by any match kind, in any of these fields.
pub(super) fn any_field_expr(term: &Term, kind: char, fields: &RangeInclusive<usize>) -> MatchExpr {
    let fields = FIELD_LETTERS.get(fields.clone()).unwrap_or_default().iter();
    let exprs = fields.flat_map(|field| {
        MATCH_KINDS.into_iter().flat_map(|match_kind| term_exprs(term, kind, *field, match_kind))
    });
    MatchExpr::any_of(exprs.collect())
}

/// Returns the expressions for a term in one field by one match kind.
fn term_exprs(
    term: &Term,
    kind: char,
    field: FieldLetters,
    match_kind: MatchKind,
) -> Vec<MatchExpr> {
    let token = |token: &String| format!("{kind}{}{token}", field.words);
    let is_prefix = match match_kind {
        MatchKind::Title
        | MatchKind::TitleStems
        | MatchKind::Adjacent
        | MatchKind::AdjacentStems => return Vec::new(),
        MatchKind::Stem => {
            let stems = term.stems.iter();
            return stems
                .map(|stem| MatchExpr::Token(format!("{kind}{}{stem}", field.stems)))
                .collect();
        }
        MatchKind::Exact => false,
        MatchKind::Prefix => true,
    };
    term.spellings()
        .filter(|(_, matches_prefix)| *matches_prefix || !is_prefix)
        .map(|(tokens, _)| match tokens {
            [one] if is_prefix => MatchExpr::Prefix(token(one)),
            [one] => MatchExpr::Token(token(one)),
            several => MatchExpr::Phrase(several.iter().map(token).collect(), is_prefix),
        })
        .collect()
}

impl MatchExpr {
    /// Returns the disjunction of `parts`. A whole word is omitted if it is also searched as a
    /// prefix, which matches it too.
    pub(super) fn any_of(mut parts: Vec<Self>) -> Self {
        let whole_words: Vec<Self> = parts.iter().filter_map(Self::as_whole_word).collect();
        parts.retain(|part| !whole_words.contains(part));
        Self::Any(parts)
    }

    /// Returns the expression for a whole word if this is a prefix.
    fn as_whole_word(&self) -> Option<Self> {
        match self {
            Self::Prefix(token) => Some(Self::Token(token.clone())),
            Self::Phrase(tokens, true) => Some(Self::Phrase(tokens.clone(), false)),
            _ => None,
        }
    }

    /// Returns the estimated minimum and maximum share of entries that match. A token without
    /// statistics is expected in none.
    pub(super) fn share_bounds(&self, frequencies: &TokenFrequencies) -> (f64, f64) {
        let all_bounds = |parts: &[Self]| {
            parts.iter().map(|part| part.share_bounds(frequencies)).collect::<Vec<_>>()
        };
        match self {
            Self::Token(token) | Self::Pair { key: token, .. } => {
                frequencies.share_by_token.get(token).map_or((0.0, 0.0), |share| (*share, *share))
            }
            Self::Prefix(prefix) => {
                let shares = frequencies
                    .share_by_token
                    .iter()
                    .filter(|(token, _)| token.starts_with(prefix.as_str()))
                    .map(|(_, share)| *share);
                shares
                    .fold((0.0, 0.0), |(min, max): (f64, f64), share| (min.max(share), max + share))
            }
            Self::Phrase(tokens, _) => {
                let shares = tokens
                    .iter()
                    .map(|token| frequencies.share_by_token.get(token).copied().unwrap_or(0.0));
                shares
                    .fold((1.0, 1.0), |(min, max): (f64, f64), share| (min * share, max.min(share)))
            }
            Self::All(parts) => all_bounds(parts)
                .into_iter()
                .fold((1.0, 1.0), |all: (f64, f64), part| (all.0 * part.0, all.1.min(part.1))),
            Self::Any(parts) => all_bounds(parts)
                .into_iter()
                .fold((0.0, 0.0), |any: (f64, f64), part| (any.0.max(part.0), any.1 + part.1)),
            Self::AndNot(expr, excluded) => {
                let (expr, excluded) =
                    (expr.share_bounds(frequencies), excluded.share_bounds(frequencies));
                ((expr.0 - excluded.1).max(0.0), expr.1)
            }
        }
    }

    pub(super) fn has_phrase(&self) -> bool {
        match self {
            Self::Token(_) | Self::Prefix(_) | Self::Pair { .. } => false,
            Self::Phrase(..) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_phrase),
            Self::AndNot(found, others) => found.has_phrase() || others.has_phrase(),
        }
    }
}

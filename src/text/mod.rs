//! Text processing for six languages and two scripts: pure functions without I/O.
//!
//! - `language`: BCP 47 tags and the `Accept-Language` header.
//! - `language_fallback`: selection of a stored text for the languages of a request.
//! - `transliterate`: Serbian Cyrillic to Latin script and back.
//! - `fold`: search folding, so that `žene`, `жене` and `ZENE` compare equal.
//! - `slug`, `analyzer`, `query`: built on folding: slugs, the tokens of the full-text index, and
//!   search queries.
//! - `stem`: stemmers of the languages of the catalogue.
//! - `decimal`: exact decimals, their sums, and sort keys.
//! - `collation`: sort keys by the rules of a language.
//! - `fingerprint`: fixed hashes of typed keys.
//! - `logfmt`: values of log lines.
//! - `word_variants`: joined and divided spellings of words and numbers.
//! - `name_suggestion`, `fuzzy_word`: suggestions for misspelled names and words.

pub mod analyzer;
mod chars;
pub mod collation;
pub mod decimal;
pub mod escape;
pub mod fingerprint;
pub mod fold;
mod foreign_words;
pub mod function_words;
pub mod fuzzy_word;
pub mod highlight;
pub mod iati_codelists;
pub mod language;
pub mod language_fallback;
pub mod logfmt;
mod markup_spans;
#[cfg(test)]
mod morphology_tests;
pub mod name_suggestion;
pub mod query;
pub mod slug;
pub mod stem;
pub mod transliterate;
mod word_variants;
pub mod xml;

pub use analyzer::{AnalyzedTexts, tokenize, word_indices};
pub use collation::sort_key;
pub use escape::is_xml_char;
pub use fold::fold;
pub use highlight::{Highlighter, highlight_spans};
pub use language::{AcceptLanguage, Language, LanguageError, parse_accept_language};
pub use language_fallback::{
    LanguageMatch, LanguageRanges, preference_order, rank_available, select_language,
};
pub use name_suggestion::closest_name;
pub use query::{SearchQuery, Term};
pub use slug::{SlugError, slug_with_suffix, slugify, validate_slug};
pub use transliterate::{to_cyrillic, to_latin, transliterate};

/// The first 60 characters of a client's input without control characters, for an error message;
/// ends in `…` if shortened.
pub fn truncate_for_message(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

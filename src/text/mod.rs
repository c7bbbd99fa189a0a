//! Text in six languages and two scripts, as pure functions without input or output.
//!
//! - [`language`]: BCP 47 tags, and what a reader asks for in `Accept-Language`.
//! - [`choice`]: which of the stored texts answers a request.
//! - [`mod@transliterate`]: Serbian Cyrillic to Latin and back.
//! - [`mod@fold`]: the surface form in which `žene`, `жене` and `ZENE` are the same.
//! - [`slug`], [`analysis`], [`query`]: what is built on folding: names in addresses, the words of
//!   the full-text index, and the query that is put to it.
//! - [`stem`]: what the forms of a word share, by rules of its language.
//! - [`decimal`]: exact decimals, and their order as bytes.
//! - [`collation`]: the order of a language as bytes that a database can sort.
//! - [`mod@nearest`]: the name that was probably meant.

pub mod analysis;
pub mod choice;
pub mod collation;
pub mod days;
pub mod decimal;
pub mod fold;
mod foreign;
pub mod highlight;
pub mod language;
pub mod language_names;
pub mod markup;
pub mod nearest;
pub mod query;
mod segment;
pub mod slug;
pub mod spelling;
pub mod stem;
pub mod sum;
pub mod transliterate;
pub mod xml;

pub use analysis::{Tokens, tokens, words};
pub use choice::{Choice, choose, preference_among, preference_order};
pub use collation::sort_key;
pub use fold::fold;
pub use highlight::{Marker, marked};
pub use language::{Language, LanguageError, parse_accept_language};
pub use markup::is_markup;
pub use nearest::nearest;
pub use query::{Query, Term};
pub use slug::{SlugError, numbered, slugify, validate_slug};
pub use transliterate::{to_cyrillic, to_latin, transliterate};

/// The beginning of what a user sent, for a message.
pub fn clip(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

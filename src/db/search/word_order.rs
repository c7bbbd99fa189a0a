//! Tokens for the order of words in titles: one for each whole title; one for each two adjacent
//! words on PostgreSQL, which stores no positions; and one for each two adjacent stems, including
//! the beginning and the end of the title, so that the pairs of a whole title differ from those of
//! a part of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::text::analyzer::AnalyzedWord;
use crate::text::query::SearchQuery;

/// Stand for the beginning and the end of a title in pairs of stems: no letters, unlike stems.
const TITLE_START: &str = "<";
const TITLE_END: &str = ">";

/// Returns the token of a sequence of words, without the letters of kind and field: a hash of 30
/// bits (FNV-1a) in base 32. Words with the same hash only change the order of results.
pub(super) fn sequence_key<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for word in words {
        for byte in word.bytes().chain([b' ']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    let digit = |shift: u32| char::from_digit(u32::try_from((hash >> shift) & 31).unwrap_or(0), 32);
    (0..6).filter_map(|index| digit(34 + 5 * index)).collect()
}

/// Returns the tokens of the adjacent words of a text.
pub(super) fn pair_keys(words: &[&str]) -> BTreeSet<String> {
    words.windows(2).map(|pair| sequence_key(pair.iter().copied())).collect()
}

/// Returns the tokens of the adjacent stems of a title. A word without stems, such as a number, is
/// its own stem; one of several languages or spellings has several.
pub(super) fn stem_pair_keys(words: &[Arc<AnalyzedWord>]) -> BTreeSet<String> {
    let stems = |word: &Arc<AnalyzedWord>| {
        if word.stems.is_empty() { word.tokens.clone() } else { word.stems.clone() }
    };
    let words: Vec<Vec<String>> =
        words.iter().map(stems).filter(|stems| !stems.is_empty()).collect();
    let pairs = pairs_of_title(words);
    pairs.flat_map(|[first, second]| keys_of_pair(&first, &second)).collect()
}

/// Returns, for each language in which all words of a query have stems, the tokens of each pair of
/// adjacent words; one of each pair must be in the title. With `is_whole`, the query begins and
/// ends the title.
pub(super) fn query_stem_pair_keys(query: &SearchQuery, is_whole: bool) -> Vec<Vec<Vec<String>>> {
    let languages: BTreeSet<char> =
        query.terms().flat_map(|term| &term.stems).filter_map(|stem| stem.chars().next()).collect();
    let stems_in = |language: char| {
        let words = query.terms().map(|term| {
            if term.stems.is_empty() {
                return term.tokens.clone();
            }
            let stems = term.stems.iter().filter(|stem| stem.starts_with(language));
            stems.cloned().collect::<Vec<_>>()
        });
        let words: Vec<Vec<String>> = words.collect();
        words.iter().all(|stems| !stems.is_empty()).then_some(words)
    };
    let keys = |words: Vec<Vec<String>>| {
        let pairs: Vec<[Vec<String>; 2]> =
            if is_whole { pairs_of_title(words).collect() } else { pairs(words).collect() };
        pairs.iter().map(|[first, second]| keys_of_pair(first, second)).collect()
    };
    languages.into_iter().filter_map(stems_in).map(keys).collect()
}

/// The adjacent members of a list.
fn pairs(words: Vec<Vec<String>>) -> impl Iterator<Item = [Vec<String>; 2]> {
    let next = words.clone().into_iter().skip(1);
    words.into_iter().zip(next).map(|(first, second)| [first, second])
}

/// The adjacent stems of a title with its beginning and end.
fn pairs_of_title(words: Vec<Vec<String>>) -> impl Iterator<Item = [Vec<String>; 2]> {
    let end = |mark: &str| [vec![mark.to_owned()]];
    let (start, words, end) = (end(TITLE_START), words, end(TITLE_END));
    pairs(start.into_iter().chain(words).chain(end).collect())
}

fn keys_of_pair(first: &[String], second: &[String]) -> Vec<String> {
    let with_second =
        |first| second.iter().map(move |second| sequence_key([first, second.as_str()]));
    first.iter().map(String::as_str).flat_map(with_second).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::analyzer::AnalyzedTexts;
    use crate::text::stem::StemmerLanguage;

    /// Whether a query has all its pairs of stems in a title of a language.
    fn is_adjacent(query: &str, title: &str, stemmer: StemmerLanguage, is_whole: bool) -> bool {
        let mut texts = AnalyzedTexts::default();
        texts.add_text(title, Some(stemmer));
        let keys: BTreeSet<String> =
            texts.texts.iter().flat_map(|words| stem_pair_keys(words)).collect();
        query_stem_pair_keys(&SearchQuery::parse(query), is_whole)
            .iter()
            .any(|pairs| pairs.iter().all(|pair| pair.iter().any(|key| keys.contains(key))))
    }

    #[test]
    fn stems_are_adjacent_in_any_form() {
        use StemmerLanguage::{English, Macedonian, Serbian};
        for (query, title, stemmer, is_part, is_whole) in [
            ("zorbat right", "Zorbats' rights", English, true, true),
            ("zorbat right", "All zorbat rights", English, true, false),
            ("right zorbat", "Zorbat rights", English, false, false),
            ("zorbat right", "Zorbat people and rights", English, false, false),
            ("nasilja nad ženama", "Насиље над женама", Serbian, true, true),
            ("nasilja nad ženama", "Stop: nasilje nad ženom 2024", Serbian, true, false),
            ("forum 2022", "Forumi 2022", Serbian, true, true),
            ("правата на жените", "Права на жена", Macedonian, true, true),
        ] {
            assert_eq!(is_adjacent(query, title, stemmer, false), is_part, "{query}: {title}");
            assert_eq!(is_adjacent(query, title, stemmer, true), is_whole, "{query}: {title}");
        }
        // One word can be a whole title too.
        assert!(is_adjacent("rights", "Right", English, true));
        assert!(!is_adjacent("rights", "Right now", English, true));
    }

    #[test]
    fn keys_depend_on_words_and_order() {
        let keys: BTreeSet<String> = [
            sequence_key(["a"]),
            sequence_key(["a", "b"]),
            sequence_key(["b", "a"]),
            sequence_key(["ab"]),
            sequence_key(["a", "b", "c"]),
        ]
        .into();
        assert_eq!(keys.len(), 5);
        assert!(keys.iter().all(|key| {
            key.len() == 6 && key.chars().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase())
        }));
        // A stored key must not change without a new version of the analysis.
        assert_eq!(sequence_key(["zorbat", "rights"]), "k5hin0");
        assert_eq!(pair_keys(&["a", "b", "a", "b"]).len(), 2);
        assert!(pair_keys(&["a"]).is_empty());
    }
}

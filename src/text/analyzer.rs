//! Text analysis for the full-text index: tokens, stems and spellings.
//!
//! Text is analyzed here rather than in the database, so that FTS5 and PostgreSQL match the same
//! items. Queries are analyzed by the same functions. A word is indexed by its folded form, see
//! [`fold`](crate::text::fold), and by its stems, see [`StemmerLanguage`](crate::text::stem::StemmerLanguage).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::text::chars::{MAX_TOKEN_LEN, is_apostrophe};
use crate::text::fold::is_part_of_letter;
use crate::text::fold::{fold, fold_word};
use crate::text::fuzzy_word::is_fuzzy_candidate;
use crate::text::stem::StemmerLanguage;
use crate::text::word_variants::{WordVariant, word_variants};

/// Splits a text into folded tokens, in order, with repetitions.
///
/// Every character that is neither a letter nor a digit is a separator, except an apostrophe inside
/// a word, which is removed: `women's` is one token, `COVID-19` is two.
#[must_use]
pub fn tokenize(text: &str) -> Vec<String> {
    fold_word(text)
        .split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c))
        .map(|word| {
            word.chars().filter(|&c| !is_apostrophe(c)).take(MAX_TOKEN_LEN).collect::<String>()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words of a text as written, each with its byte offset. An apostrophe, or a quotation mark
/// that looks like one, can follow a word but not start it.
pub fn word_indices(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // A symbol such as `℡` folds to letters.
    let is_letters = |c: char| {
        is_part_of_letter(c) || fold(c.encode_utf8(&mut [0; 4])).contains(char::is_alphanumeric)
    };
    let is_part = move |c: char| {
        is_common_letter(c)
            || c.is_alphanumeric()
            || is_apostrophe(c)
            || (!c.is_ascii() && is_letters(c))
    };
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(|c| is_part(c) && !is_apostrophe(c))?;
        let rest = text.get(start..)?;
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        from = start + length;
        Some((start, rest.get(..length)?))
    })
}

/// Whether a character is a letter of the Unicode blocks of the catalogue's languages: a faster
/// equivalent of the standard library's check for these blocks.
fn is_common_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ')
}

/// The words of one or more analyzed texts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AnalyzedTexts {
    /// The words of each text, in order, with repetitions.
    pub texts: Vec<Vec<Arc<AnalyzedWord>>>,
    /// Variants of words of the texts: `email` for `e-mail`.
    pub variants: Vec<Arc<AnalyzedWord>>,
    /// The variants by stemmer, as written.
    known_variants: HashSet<(Option<StemmerLanguage>, String)>,
}

/// A word of a text, with the terms that match it.
#[derive(Debug, Eq, PartialEq)]
pub struct AnalyzedWord {
    /// Folded form: usually one token; a symbol can fold to several tokens or to none.
    pub tokens: Vec<String>,
    /// Stems for the language of the text, sorted.
    pub stems: Vec<String>,
    /// Spelling to suggest for misspelled words, see [`is_fuzzy_candidate`].
    pub spelling: Option<Spelling>,
}

/// Spelling of a word in a text.
#[derive(Debug, Eq, PartialEq)]
pub struct Spelling {
    /// Script and folded form.
    pub key: (Script, String),
    /// The word as written.
    pub surface: String,
}

/// Script of a word.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Script {
    /// Cyrillic.
    Cyrillic,
    /// Latin, or any other script.
    Latin,
}

impl Script {
    /// Detects the script of a word.
    #[must_use]
    pub fn detect(word: &str) -> Self {
        if word.contains(|c| matches!(c, 'Ѐ'..='ԯ')) { Self::Cyrillic } else { Self::Latin }
    }
}

impl AnalyzedTexts {
    /// Analyzes a text and adds its words and their variants; `stemmer` is that of its language.
    pub fn add_text(&mut self, text: &str, stemmer: Option<StemmerLanguage>) {
        let indices: Vec<(usize, &str)> = word_indices(text).collect();
        let variants = word_variants(text, &indices);
        WORD_CACHE.with_borrow_mut(|cache| {
            let cache = cache.entry(stemmer).or_default();
            let words: Vec<_> =
                indices.iter().map(|(_, word)| cache.get_or_insert(word, stemmer)).collect();
            if words.iter().any(|word| !word.tokens.is_empty()) {
                self.texts.push(words);
            }
            for WordVariant { word, .. } in variants {
                let analyzed = cache.get_or_insert(&word, stemmer);
                if self.known_variants.insert((stemmer, word)) {
                    self.variants.push(analyzed);
                }
            }
        });
    }

    /// The distinct words, in order of first occurrence.
    pub fn distinct_words(&self) -> impl Iterator<Item = &Arc<AnalyzedWord>> {
        let mut seen = HashSet::new();
        let words = self.texts.iter().flatten().chain(&self.variants);
        words.filter(move |word| seen.insert(Arc::as_ptr(word)))
    }

    /// The stems of all words, sorted, without duplicates.
    #[must_use]
    pub fn stems(&self) -> Vec<&str> {
        let mut stems: Vec<&str> =
            self.distinct_words().flat_map(|word| &word.stems).map(String::as_str).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }
}

impl AnalyzedWord {
    fn analyze(word: &str, stemmer: Option<StemmerLanguage>) -> Self {
        let tokens = tokenize(word);
        let spelling = match tokens.as_slice() {
            [token] if is_fuzzy_candidate(token) => Some(Spelling {
                key: (Script::detect(word), token.clone()),
                surface: word.trim_matches(is_apostrophe).to_owned(),
            }),
            _ => None,
        };
        Self { tokens, stems: stems(word, stemmer.as_slice()).into_iter().collect(), spelling }
    }
}

/// Analyzed words by their text.
#[derive(Default)]
struct WordCache(HashMap<Box<str>, Arc<AnalyzedWord>>);

thread_local! {
    /// Analyzed words of this thread, by stemmer: words repeat, and folding and stemming are slow.
    static WORD_CACHE: RefCell<HashMap<Option<StemmerLanguage>, WordCache>> = RefCell::default();
}

/// Maximum number of cached words per stemmer; the cache is cleared when it is full.
const MAX_CACHED_WORDS: usize = 20_000;

impl WordCache {
    fn get_or_insert(&mut self, word: &str, stemmer: Option<StemmerLanguage>) -> Arc<AnalyzedWord> {
        if let Some(cached) = self.0.get(word) {
            return Arc::clone(cached);
        }
        let entry = Arc::new(AnalyzedWord::analyze(word, stemmer));
        if word.len() <= MAX_TOKEN_LEN {
            if self.0.len() >= MAX_CACHED_WORDS {
                self.0.clear();
            }
            self.0.insert(word.into(), Arc::clone(&entry));
        }
        entry
    }
}

/// The stems of a word by each of the stemmers.
#[must_use]
pub fn stems(word: &str, stemmers: &[StemmerLanguage]) -> BTreeSet<String> {
    let mut stems = BTreeSet::new();
    if is_stemmable(word) {
        let word = truncate_token(word);
        for stemmer in stemmers {
            stemmer.collect_stems(&word, &mut stems);
        }
    }
    stems
}

/// The stems of a word of a query by every stemmer, see [`StemmerLanguage::collect_query_stems`].
#[must_use]
pub fn query_stems(word: &str, stemmers: &[StemmerLanguage]) -> BTreeSet<String> {
    let mut stems = BTreeSet::new();
    if is_stemmable(word) {
        let word = truncate_token(word);
        for stemmer in stemmers {
            stemmer.collect_query_stems(&word, &mut stems);
        }
    }
    stems
}

/// Whether a word can have inflected forms: it contains a letter.
fn is_stemmable(word: &str) -> bool {
    word.chars().any(char::is_alphabetic)
}

fn truncate_token(word: &str) -> Cow<'_, str> {
    if word.len() <= MAX_TOKEN_LEN {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.chars().take(MAX_TOKEN_LEN).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::language::Language;
    use proptest::prelude::*;

    #[test]
    fn variants_are_compared_by_their_words() {
        // A comparison of each variant with all others would take minutes.
        let text: String =
            (0..100_000).map(|number| format!("a{number}-b ")).collect::<Vec<_>>().concat();
        let started = std::time::Instant::now();
        let mut texts = AnalyzedTexts::default();
        texts.add_text(&text, None);
        texts.add_text(&text, None);
        assert_eq!(texts.variants.len(), 100_000);
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    }

    #[test]
    fn tokenizes_text() {
        for (text, expected) in [
            ("COVID-19", "covid 19"),
            ("Women's rights, 2024.", "womens rights 2024"),
            ("'navodnici' „reč“ «fjalë»", "navodnici rec fjale"),
            ("Prava žena / Права жена", "prava zena prava zena"),
            ("Жените во Ѓорче Петров", "zenite vo gjorce petrov"),
            ("Barazia gjinore në Shqipëri", "barazia gjinore ne shqiperi"),
            ("Türkiye’nin İLK kadın", "turkiyenin ilk kadin"),
            ("50% od 1.500", "50 od 1 500"),
            ("Ελλάδα 日本", "ελλαδα 日本"),
            ("' - \"", ""),
        ] {
            assert_eq!(tokenize(text).join(" "), expected);
        }
        assert_eq!(tokenize(&"a".repeat(500)), ["a".repeat(64)]);
    }

    #[test]
    fn word_indices_point_at_words() {
        let text = "Z\u{30c}ene — жене, women’s COVID-19!";
        let words: Vec<(usize, &str)> = word_indices(text).collect();
        assert_eq!(
            words.iter().map(|(_, word)| *word).collect::<Vec<_>>(),
            ["Z\u{30c}ene", "жене", "women’s", "COVID", "19"]
        );
        assert!(words.iter().all(|(start, word)| text.get(*start..).unwrap().starts_with(word)));
    }

    #[test]
    fn collects_tokens_of_several_texts() {
        let mut analyzed = AnalyzedTexts::default();
        analyzed.add_text("Women’s rights", Some(StemmerLanguage::English));
        analyzed.add_text("—", Some(StemmerLanguage::English));
        analyzed.add_text("2024", Some(StemmerLanguage::Serbian));
        let tokens: Vec<Vec<&str>> = analyzed
            .texts
            .iter()
            .map(|text| text.iter().flat_map(|word| &word.tokens).map(String::as_str).collect())
            .collect();
        assert_eq!(tokens, [vec!["womens", "rights"], vec!["2024"]]);
        assert_eq!(analyzed.stems(), ["eright", "ewoman"]);
        analyzed.add_text("’Жене, RIGHTS ½ women rights", None);
        analyzed.add_text("rights", Some(StemmerLanguage::English));
        let spellings: Vec<&str> = analyzed
            .distinct_words()
            .filter_map(|word| Some(word.spelling.as_ref()?.surface.as_str()))
            .collect();
        assert_eq!(spellings, ["Women’s", "rights", "Жене", "RIGHTS", "women", "rights"]);
    }

    /// Whether a query word matches a word of a text in a language, by token or by stem.
    fn matches(query: &str, text: &str, language: &Language) -> bool {
        let mut query_stems = BTreeSet::new();
        for rules in StemmerLanguage::ALL {
            rules.collect_stems(query, &mut query_stems);
        }
        let mut text_stems = BTreeSet::new();
        for word in text.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c)) {
            StemmerLanguage::from_language(language).unwrap().collect_stems(word, &mut text_stems);
        }
        tokenize(text).iter().any(|token| tokenize(query).contains(token))
            || !query_stems.is_disjoint(&text_stems)
    }

    #[test]
    fn stems_match_word_pairs() {
        let pairs: Vec<&str> = include_str!("stemming_test_pairs.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert!(pairs.len() >= 150);
        let failures: Vec<&&str> = pairs
            .iter()
            .filter(|line| {
                let (language, pair) = line.split_once(' ').unwrap();
                let language = Language::parse(language).unwrap();
                match (pair.split_once(" = "), pair.split_once(" ! ")) {
                    (Some((query, text)), None) => !matches(query, text, &language),
                    (None, Some((query, text))) => matches(query, text, &language),
                    _ => panic!("{line} is not a pair"),
                }
            })
            .collect();
        assert!(failures.is_empty(), "{failures:?}");
    }

    proptest! {
        #[test]
        fn words_and_text_have_same_tokens(text in "\\PC{0,60}|.{0,60}|[a-zčžА-я'’ \u{30c}\u{ad}½]{0,30}") {
            let of_words: Vec<String> = word_indices(&text).flat_map(|(_, word)| tokenize(word)).collect();
            prop_assert_eq!(of_words, tokenize(&text));
        }
    }
}

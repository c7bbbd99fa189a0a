//! The words of a text as the full-text index stores them.
//!
//! Text is analysed here and not in the database, so that FTS5 and PostgreSQL match the same items.
//! A query goes through the same functions. A word stands in the index as it is written, folded,
//! see [`fold`](super::fold), and by its stems, see [`Rules`](super::stem::Rules).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::fold::{fold, is_part_of_letter};
use super::spelling::is_comparable;
use super::stem::Rules;

/// The longest token, in characters. What is longer is no word; its beginning still finds it.
const MAX_TOKEN: usize = 64;

/// The folded words of a text, in order, with repetitions.
///
/// Everything that is neither letter nor digit ends a word, save an apostrophe inside one, which is
/// dropped: `women's` is one word. `COVID-19` is two.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c))
        .map(|word| word.chars().filter(|&c| !is_apostrophe(c)).take(MAX_TOKEN).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words of a text as they are written, with the byte at which each begins. A quotation mark
/// that looks like an apostrophe may follow a word, but begins none.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // A sign such as `℡` stands for letters.
    let is_letters = |c: char| {
        is_part_of_letter(c) || fold(c.encode_utf8(&mut [0; 4])).contains(char::is_alphanumeric)
    };
    let is_part = move |c: char| {
        is_known_letter(c)
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

/// Whether a character is a letter of the blocks that the catalogue's languages are written in. The
/// standard library says the same of them, several times slower.
fn is_known_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ')
}

/// The words of some texts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tokens {
    /// Those of each text, in order, with repetitions.
    pub texts: Vec<Vec<Arc<Word>>>,
}

/// A word of a text, and under what it is found.
#[derive(Debug, Eq, PartialEq)]
pub struct Word {
    /// How it is folded: one token, save that a sign may stand for several words, or for none.
    pub tokens: Vec<String>,
    /// Its stems by the rules of the text, in order.
    pub stems: Vec<String>,
    /// How it is spelled, where misspelt words may have meant it, see [`is_comparable`].
    pub spelling: Option<Spelling>,
}

/// How a text spells a word.
#[derive(Debug, Eq, PartialEq)]
pub struct Spelling {
    /// In which script, and how the word is folded.
    pub word: (Script, String),
    /// As it is written.
    pub written: String,
}

/// In what a word is written.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Script {
    /// Cyrillic.
    Cyrillic,
    /// Latin, or any other.
    Latin,
}

impl Script {
    /// That of a word.
    #[must_use]
    pub fn of(word: &str) -> Self {
        if word.contains(|c| matches!(c, 'Ѐ'..='ԯ')) { Self::Cyrillic } else { Self::Latin }
    }
}

impl Tokens {
    /// Adds a text whose language has these rules.
    pub fn add(&mut self, text: &str, rules: Option<Rules>) {
        let words = KNOWN.with_borrow_mut(|known| {
            let known = known.entry(rules).or_default();
            words(text).map(|(_, word)| known.word(word, rules)).collect::<Vec<_>>()
        });
        if words.iter().any(|word| !word.tokens.is_empty()) {
            self.texts.push(words);
        }
    }

    /// Its different words, as they first come.
    pub fn distinct(&self) -> impl Iterator<Item = &Arc<Word>> {
        let mut seen = HashSet::new();
        self.texts.iter().flatten().filter(move |word| seen.insert(Arc::as_ptr(word)))
    }

    /// The stems of all words, in order, each once.
    #[must_use]
    pub fn stems(&self) -> Vec<&str> {
        let mut stems: Vec<&str> =
            self.distinct().flat_map(|word| &word.stems).map(String::as_str).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }
}

impl Word {
    fn of(word: &str, rules: Option<Rules>) -> Self {
        let tokens = tokens(word);
        let spelling = match tokens.as_slice() {
            [token] if is_comparable(token) => Some(Spelling {
                word: (Script::of(word), token.clone()),
                written: word.trim_matches(is_apostrophe).to_owned(),
            }),
            _ => None,
        };
        Self { tokens, stems: stems(word, rules.as_slice()).into_iter().collect(), spelling }
    }
}

/// Words that were met before.
#[derive(Default)]
struct Known(HashMap<Box<str>, Arc<Word>>);

thread_local! {
    /// The words that this thread met, by the rules of their texts: words repeat, and to fold them
    /// and find their stems takes long.
    static KNOWN: RefCell<HashMap<Option<Rules>, Known>> = RefCell::default();
}

/// Of how many words by the same rules this is kept.
const MOST_KNOWN: usize = 20_000;

impl Known {
    fn word(&mut self, word: &str, rules: Option<Rules>) -> Arc<Word> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let found = Arc::new(Word::of(word, rules));
        if word.len() <= MAX_TOKEN {
            if self.0.len() >= MOST_KNOWN {
                self.0.clear();
            }
            self.0.insert(word.into(), Arc::clone(&found));
        }
        found
    }
}

/// The stems of a word of a query by each of these rules.
#[must_use]
pub fn stems(word: &str, rules: &[Rules]) -> BTreeSet<String> {
    let mut stems = BTreeSet::new();
    if has_stem(word) {
        let word = shortened(word);
        for rules in rules {
            rules.stems(&word, &mut stems);
        }
    }
    stems
}

/// Whether a word has other forms: it has a letter.
fn has_stem(word: &str) -> bool {
    word.chars().any(char::is_alphabetic)
}

fn shortened(word: &str) -> Cow<'_, str> {
    if word.len() <= MAX_TOKEN {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.chars().take(MAX_TOKEN).collect())
    }
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʹ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_become_tokens() {
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
            assert_eq!(tokens(text).join(" "), expected);
        }
        assert_eq!(tokens(&"a".repeat(500)), ["a".repeat(64)]);
    }

    #[test]
    fn words_stand_where_they_are_written() {
        let text = "Z\u{30c}ene — жене, women’s COVID-19!";
        let words: Vec<(usize, &str)> = words(text).collect();
        assert_eq!(
            words.iter().map(|(_, word)| *word).collect::<Vec<_>>(),
            ["Z\u{30c}ene", "жене", "women’s", "COVID", "19"]
        );
        assert!(words.iter().all(|(start, word)| text.get(*start..).unwrap().starts_with(word)));
    }

    #[test]
    fn tokens_of_several_texts() {
        let mut found = Tokens::default();
        found.add("Women’s rights", Some(Rules::English));
        found.add("—", Some(Rules::English));
        found.add("2024", Some(Rules::Serbian));
        let tokens: Vec<Vec<&str>> = found
            .texts
            .iter()
            .map(|text| text.iter().flat_map(|word| &word.tokens).map(String::as_str).collect())
            .collect();
        assert_eq!(tokens, [vec!["womens", "rights"], vec!["2024"]]);
        assert_eq!(found.stems(), ["eright", "ewoman"]);
        found.add("’Жене, RIGHTS ½ women rights", None);
        found.add("rights", Some(Rules::English));
        let spellings: Vec<&str> = found
            .distinct()
            .filter_map(|word| Some(word.spelling.as_ref()?.written.as_str()))
            .collect();
        assert_eq!(spellings, ["Women’s", "rights", "Жене", "RIGHTS", "women", "rights"]);
    }

    proptest! {
        #[test]
        fn words_hold_the_same_tokens(text in "\\PC{0,60}|.{0,60}|[a-zčžА-я'’ \u{30c}\u{ad}½]{0,30}") {
            let of_words: Vec<String> = words(&text).flat_map(|(_, word)| tokens(word)).collect();
            prop_assert_eq!(of_words, tokens(&text));
        }
    }
}

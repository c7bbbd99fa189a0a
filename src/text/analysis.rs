//! The words of a text as the full-text index stores them.
//!
//! Text is analysed here and not in the database, so that FTS5 and PostgreSQL match the same items. A query goes through the same
//! functions. A word stands in the index as it is written, folded, see [`fold`](super::fold), and by its stems, see
//! [`Rules`](super::stem::Rules).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

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

/// The words of a text as they are written, with the byte at which each begins. A quotation mark that looks like an apostrophe
/// may follow a word, but begins none.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // A sign such as `℡` stands for letters.
    let is_letters = |c: char| is_part_of_letter(c) || fold(c.encode_utf8(&mut [0; 4])).contains(char::is_alphanumeric);
    let is_part = move |c: char| is_known_letter(c) || c.is_alphanumeric() || is_apostrophe(c) || (!c.is_ascii() && is_letters(c));
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(|c| is_part(c) && !is_apostrophe(c))?;
        let rest = text.get(start..)?;
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        from = start + length;
        Some((start, rest.get(..length)?))
    })
}

/// Whether a character is a letter of the blocks that the catalogue's languages are written in. The standard library says the same of
/// them, several times slower.
fn is_known_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ')
}

/// The tokens under which some texts are found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tokens {
    /// The folded words of each text, in order.
    pub texts: Vec<Vec<String>>,
    /// The stems of all of them.
    pub stems: BTreeSet<String>,
    /// Words that misspelt ones may have meant, see [`is_comparable`], folded and in each script as they are first written.
    pub spellings: BTreeMap<(Script, String), String>,
}

/// In what a word is written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
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
        let tokens = tokens(text);
        if tokens.is_empty() {
            return;
        }
        let words: Vec<&str> = words(text).map(|(_, word)| word).collect();
        if words.len() == tokens.len() {
            words.iter().zip(&tokens).for_each(|(word, token)| self.spell(word, token));
        } else {
            // Some sign stands for several words, or none.
            for word in &words {
                if let [token] = self::tokens(word).as_slice() {
                    self.spell(word, token);
                }
            }
        }
        self.texts.push(tokens);
        let Some(rules) = rules else { return };
        for word in words.into_iter().filter(|word| has_stem(word)) {
            for stem in known_stems(rules, word).iter().filter(|stem| !self.stems.contains(*stem)).collect::<Vec<_>>() {
                self.stems.insert(stem.clone());
            }
        }
    }

    /// Keeps how a word is spelled, unless that is known.
    fn spell(&mut self, word: &str, token: &str) {
        if is_comparable(token) {
            let key = (Script::of(word), token.to_owned());
            self.spellings.entry(key).or_insert_with(|| word.trim_matches(is_apostrophe).to_owned());
        }
    }
}

/// The stems of words.
type KnownStems = HashMap<Box<str>, Rc<[String]>>;

thread_local! {
    /// The stems of the words that this thread met: the words of texts repeat, and to find a stem takes long.
    static STEMS: RefCell<HashMap<Rules, KnownStems>> = RefCell::default();
}

/// Of how many words the stems are kept, by the rules of a language.
const MOST_STEMMED: usize = 20_000;

/// The stems of a word of a text.
fn known_stems(rules: Rules, word: &str) -> Rc<[String]> {
    STEMS.with_borrow_mut(|stems| {
        let known = stems.entry(rules).or_default();
        if let Some(stems) = known.get(word) {
            return Rc::clone(stems);
        }
        let mut found = BTreeSet::new();
        rules.stems(&shortened(word), &mut found);
        let found: Rc<[String]> = found.into_iter().collect();
        if known.len() >= MOST_STEMMED {
            known.clear();
        }
        known.insert(word.into(), Rc::clone(&found));
        found
    })
}

/// Tokens of texts that come again and again: each text is analysed once.
#[derive(Debug)]
pub struct Memo(Option<HashMap<(String, Option<Rules>), Tokens>>);

impl Default for Memo {
    fn default() -> Self {
        Self(Some(HashMap::new()))
    }
}

impl Memo {
    /// One that keeps nothing, for texts that come once.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Does what [`Tokens::add`] does.
    pub fn add(&mut self, to: &mut Tokens, text: &str, rules: Option<Rules>) {
        let Some(known) = &mut self.0 else { return to.add(text, rules) };
        let known = known.entry((text.to_owned(), rules)).or_insert_with(|| {
            let mut tokens = Tokens::default();
            tokens.add(text, rules);
            tokens
        });
        to.texts.extend_from_slice(&known.texts);
        to.stems.extend(known.stems.iter().cloned());
        for (word, spelling) in &known.spellings {
            if !to.spellings.contains_key(word) {
                to.spellings.insert(word.clone(), spelling.clone());
            }
        }
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
    if word.len() <= MAX_TOKEN { Cow::Borrowed(word) } else { Cow::Owned(word.chars().take(MAX_TOKEN).collect()) }
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
        assert_eq!(words.iter().map(|(_, word)| *word).collect::<Vec<_>>(), ["Z\u{30c}ene", "жене", "women’s", "COVID", "19"]);
        assert!(words.iter().all(|(start, word)| text.get(*start..).unwrap().starts_with(word)));
    }

    #[test]
    fn tokens_of_several_texts() {
        let mut found = Tokens::default();
        found.add("Women’s rights", Some(Rules::English));
        found.add("—", Some(Rules::English));
        found.add("2024", Some(Rules::Serbian));
        assert_eq!(found.texts, [vec!["womens", "rights"], vec!["2024"]]);
        assert_eq!(found.stems.iter().map(String::as_str).collect::<Vec<_>>(), ["eright", "ewoman"]);
        found.add("Жене, RIGHTS ½ women", None);
        let spellings: Vec<&str> = found.spellings.values().map(String::as_str).collect();
        assert_eq!(spellings, ["Жене", "rights", "women", "Women’s"]);
    }

    proptest! {
        #[test]
        fn words_hold_the_same_tokens(text in "\\PC{0,60}|.{0,60}|[a-zčžА-я'’ \u{30c}\u{ad}½]{0,30}") {
            let of_words: Vec<String> = words(&text).flat_map(|(_, word)| tokens(word)).collect();
            prop_assert_eq!(of_words, tokens(&text));
        }
    }
}

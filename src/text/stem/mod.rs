//! Stemming, so that `nasilja` matches `nasilje` and `gratë` matches `grua`.
//!
//! English and Serbian (used for Bosnian, Croatian and Montenegrin too) are stemmed by Snowball with
//! additions; Turkish, Albanian and Macedonian by rules of our own, which work on folded words. Related forms are
//! mapped to one stem. Where an ending may be part of the word, a word has several stems. Stems are
//! not words and are never displayed. Each is prefixed with the letter of its stemmer, so that stems
//! of different languages do not match by accident.

mod albanian;
mod endings;
mod english;
mod macedonian;
mod serbian;
mod turkish;

use std::collections::BTreeSet;

pub(super) use endings::IRREGULAR;

use super::chars::is_apostrophe;
use super::fold::{fold, fold_word};
use super::language::Language;

/// The stemmer of a language.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum StemmerLanguage {
    /// English.
    English,
    /// Serbian, Bosnian, Croatian and Montenegrin, in both scripts and pronunciations.
    Serbian,
    /// Turkish.
    Turkish,
    /// Albanian.
    Albanian,
    /// Macedonian.
    Macedonian,
}

impl StemmerLanguage {
    /// All stemmers; a query is stemmed by each.
    pub const ALL: [Self; 5] =
        [Self::English, Self::Serbian, Self::Turkish, Self::Albanian, Self::Macedonian];

    /// The stemmer of a language; `None` if its words are matched without stemming.
    #[must_use]
    pub fn from_language(language: &Language) -> Option<Self> {
        match language.primary_language() {
            "en" => Some(Self::English),
            "sr" | "bs" | "hr" | "cnr" | "sh" => Some(Self::Serbian),
            "tr" => Some(Self::Turkish),
            "sq" => Some(Self::Albanian),
            "mk" => Some(Self::Macedonian),
            _ => None,
        }
    }

    fn prefix(self) -> char {
        match self {
            Self::English => 'e',
            Self::Serbian => 's',
            Self::Turkish => 't',
            Self::Albanian => 'a',
            Self::Macedonian => 'm',
        }
    }

    /// Adds the stems of a word to `stems`. Where a stemmer uses diacritics, the folded form is
    /// stemmed too, since either may be typed or stored. The word is cut at an apostrophe: what
    /// follows it is an ending, in English as in Turkish. A word with an elided article or particle
    /// (`O'Brien`) has no stem; what follows that is a variant of the word.
    pub fn collect_stems(self, word: &str, stems: &mut BTreeSet<String>) {
        let word = match word.split_once(is_apostrophe) {
            Some((letter, rest)) if is_elided(letter, rest) => return,
            Some((word, _ending)) => word,
            None => word,
        };
        let folded = fold_word(word);
        self.collect_stems_of(word, &folded, stems);
        // Names with `đ` are written with `dj` too; the Serbian stemmer knows both.
        if self != Self::Serbian && !word.is_ascii() {
            let with_dj = fold(word);
            if with_dj != folded {
                self.collect_stems_of(word, &with_dj, stems);
            }
        }
    }

    fn collect_stems_of(self, word: &str, folded: &str, stems: &mut BTreeSet<String>) {
        let prefix_letter = self.prefix();
        let mut add = |stem: &str| {
            if !stem.is_empty() {
                let mut prefixed = String::with_capacity(stem.len().saturating_add(1));
                prefixed.push(prefix_letter);
                prefixed.push_str(stem);
                stems.insert(prefixed);
            }
        };
        match self {
            Self::English => english::add_stems(word, folded, &mut add),
            Self::Serbian => serbian::add_stems(&word.to_lowercase(), folded, &mut add),
            Self::Turkish => turkish::add_stems(folded, &mut add),
            Self::Albanian => albanian::add_stems(folded, &mut add),
            Self::Macedonian => macedonian::add_stems(folded, &mut add),
        }
    }

    /// Adds the stems of a word of a query: those of [`Self::collect_stems`], and those of the words
    /// that it may stand for if it was typed without the letters of the language.
    pub fn collect_query_stems(self, word: &str, stems: &mut BTreeSet<String>) {
        self.collect_stems(word, stems);
        let is_cyrillic = |c| matches!(c, '\u{400}'..='\u{52F}');
        if self == Self::Macedonian && !word.contains(is_cyrillic) {
            let folded = fold_word(word);
            for spelling in macedonian::informal_spellings(&folded, word.contains(['ć', 'Ć'])) {
                self.collect_stems(&spelling, stems);
            }
        }
    }
}

/// Whether the word before an apostrophe is an elided article or a particle of a name.
fn is_elided(letter: &str, rest: &str) -> bool {
    letter.chars().nth(1).is_none()
        && rest.chars().take_while(|c| c.is_alphabetic()).nth(2).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn maps_languages_to_stemmers() {
        for (tag, stemmer) in [
            ("en-GB", Some(StemmerLanguage::English)),
            ("sr-Cyrl", Some(StemmerLanguage::Serbian)),
            ("bs", Some(StemmerLanguage::Serbian)),
            ("cnr", Some(StemmerLanguage::Serbian)),
            ("tr", Some(StemmerLanguage::Turkish)),
            ("sq", Some(StemmerLanguage::Albanian)),
            ("mk", Some(StemmerLanguage::Macedonian)),
            ("de", None),
        ] {
            assert_eq!(
                StemmerLanguage::from_language(&Language::parse(tag).unwrap()),
                stemmer,
                "{tag}"
            );
        }
    }

    proptest! {
        #[test]
        fn stems_are_prefixed_and_folded(word in "\\PC{0,20}|[a-zčćžšđëçıİğüöşа-яѓќљњџј’]{1,20}") {
            for stemmer in StemmerLanguage::ALL {
                let mut stems = BTreeSet::new();
                stemmer.collect_stems(&word, &mut stems);
                for stem in stems {
                    prop_assert!(stem.len() > 1 && stem.starts_with(stemmer.prefix()), "{}", stem);
                    prop_assert_eq!(&fold(&stem), &stem);
                }
            }
        }
    }
}

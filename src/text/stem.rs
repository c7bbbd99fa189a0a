//! Stemming, so that `nasilja` matches `nasilje` and `gratë` matches `grua`.
//!
//! Snowball has stemmers for English, Serbian (used for Bosnian, Croatian and Montenegrin too) and
//! Turkish. The Turkish one overstems short words (`kadın` gives `kad`) and does not stem words
//! without diacritics, so rules of our own are applied in addition; for Albanian and Macedonian
//! there are only such rules. They work on folded words. Where an ending may be part of the word, a
//! word has several stems. Stems are not words and are never displayed. Each is prefixed with the
//! letter of its stemmer, so that stems of different languages do not match by accident.

use std::collections::BTreeSet;

use frostem::{Algorithm, Stemmer};

use super::chars::is_apostrophe;
use super::fold::fold;
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

    /// Adds the stems of a word to `stems`: those of the word as written and of its folded form.
    /// They differ where a stemmer uses diacritics (`eşitliği` and `esitligi`); either form may be
    /// typed or stored. The word is cut at an apostrophe: what follows it is an ending, in English
    /// as in Turkish.
    pub fn collect_stems(self, word: &str, stems: &mut BTreeSet<String>) {
        let word = word.split(is_apostrophe).next().unwrap_or_default();
        let lowercase =
            if self == Self::Turkish { turkish_lower_case(word) } else { word.to_lowercase() };
        let (lowercase, folded) = (lowercase.as_str(), &*fold(word));
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
            Self::English => add(&stem_english(folded)),
            Self::Serbian => {
                for form in [lowercase, folded] {
                    add(&stem_serbian(form));
                }
            }
            Self::Turkish => {
                let stem = fold(&snowball(Algorithm::Turkish, lowercase));
                if stem.len() >= 3 {
                    add(&stem);
                }
                stem_turkish(folded, &mut add);
            }
            Self::Albanian => stem_albanian(folded, &mut add),
            Self::Macedonian => add(&stem_macedonian(folded)),
        }
    }
}

/// Turkish lower case: `ı` for `I`, `i` for `İ`.
fn turkish_lower_case(word: &str) -> String {
    word.replace('İ', "i").replace('I', "ı").to_lowercase()
}

fn snowball(algorithm: Algorithm, word: &str) -> String {
    Stemmer::new(algorithm).stem(word).into_owned()
}

/// Irregular plurals of English nouns; a prefix is kept (`policewomen`).
const ENGLISH_IRREGULAR_PLURALS: &[(&str, &str)] = &[
    ("women", "woman"),
    ("men", "man"),
    ("children", "child"),
    ("people", "person"),
    ("lives", "life"),
];

fn stem_english(word: &str) -> String {
    for (plural, singular) in ENGLISH_IRREGULAR_PLURALS {
        if let Some(before) = word.strip_suffix(plural)
            && (before.is_empty() || before.len() > 3)
        {
            return snowball(Algorithm::English, &format!("{before}{singular}"));
        }
    }
    snowball(Algorithm::English, word)
}

fn stem_serbian(word: &str) -> String {
    // The instrumental of nouns in -lje and -nje, which Snowball does not handle.
    let word = match word.strip_suffix('m') {
        Some(rest) if ["lje", "nje", "ље", "ње"].iter().any(|ending| rest.ends_with(ending)) => {
            rest
        }
        _ => word,
    };
    fold(&snowball(Algorithm::Serbian, word))
}

/// Endings of Turkish nouns in the singular, without diacritics: possessive, case, and `-ki`.
const TURKISH_ENDINGS: &[&str] = &[
    "ndaki", "ndeki", "daki", "deki", "taki", "teki", "ndan", "nden", "dan", "den", "tan", "ten",
    "nda", "nde", "nin", "nun", "da", "de", "ta", "te", "yi", "yu", "ya", "ye", "si", "su", "in",
    "un", "i", "u", "a", "e",
];

/// Adds the part before the plural suffix, or the word and the word without each possible ending:
/// `şiddete` is `şiddet` and `e`, but `evde` is `ev` and `de`. A stem-final `ğ` becomes the `k` of
/// the base form.
fn stem_turkish(word: &str, add: &mut impl FnMut(&str)) {
    let plural = ["lar", "ler"]
        .iter()
        .filter_map(|plural| word.match_indices(plural).map(|(at, _)| at).find(|at| *at >= 3))
        .min();
    if let Some(singular) = plural.and_then(|at| word.get(..at)) {
        return add(&harden_final_consonant(singular));
    }
    add(word);
    for ending in TURKISH_ENDINGS {
        if let Some(rest) = strip_ending(word, ending) {
            add(&harden_final_consonant(rest));
        }
    }
}

/// Restores a final consonant that was softened before a vowel.
fn harden_final_consonant(stem: &str) -> String {
    stem.strip_suffix('g').map_or_else(|| stem.to_owned(), |rest| format!("{rest}k"))
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The word without an ending, if at least three letters remain, one of them a vowel or `r`.
fn strip_ending<'w>(word: &'w str, ending: &str) -> Option<&'w str> {
    word.strip_suffix(ending).filter(|rest| {
        rest.len() >= 3 && rest.chars().any(|letter| is_vowel(letter) || letter == 'r')
    })
}

/// Endings of Albanian nouns and adjectives: case, number and the definite article. Longest first.
const ALBANIAN_ENDINGS: &[&str] = &[
    "ave", "eve", "ive", "ise", "ine", "at", "et", "it", "ut", "as", "es", "is", "an", "en", "in",
    "un", "ia", "a", "e", "i", "u",
];

/// Irregular Albanian nouns: the stem, and the inflected forms.
const ALBANIAN_IRREGULAR_NOUNS: &[(&str, &[&str])] = &[
    (
        "gra",
        &["grua", "gruaja", "gruaje", "gruan", "gruas", "gra", "grat", "grate", "grave", "gravet"],
    ),
    ("djal", &["djale", "djali", "djalit", "djalin", "djem", "djemt", "djemve"]),
    ("njeri", &["njeri", "njeriu", "njeriut", "njerez", "njerezit", "njerezve"]),
];

/// Removes one ending. Where it may be part of the word (`shtet`, `mbijetues`), the whole word is
/// added too.
fn stem_albanian(word: &str, add: &mut impl FnMut(&str)) {
    if let Some((stem, _)) =
        ALBANIAN_IRREGULAR_NOUNS.iter().find(|(_, forms)| forms.contains(&word))
    {
        return add(stem);
    }
    // `mbijetuesja`: definite form of a feminine noun in -ese.
    let word = word
        .strip_suffix("sja")
        .filter(|rest| rest.len() >= 3)
        .and_then(|_| word.strip_suffix("ja"))
        .unwrap_or(word);
    let ending = ALBANIAN_ENDINGS
        .iter()
        .find_map(|ending| Some((strip_ending(word, ending)?, ending.len())));
    if let Some((rest, length)) = ending {
        add(&drop_fleeting_vowel(rest));
        if length == 1 {
            return;
        }
    }
    add(&drop_fleeting_vowel(word));
}

/// Drops the vowel that `qendër`, `emër` and Macedonian `безбеден` lose in other forms.
fn drop_fleeting_vowel(word: &str) -> String {
    for (ending, short) in [("er", 'r'), ("en", 'n')] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 2
            && rest.chars().next_back().is_some_and(|last| !is_vowel(last))
            && rest.chars().any(is_vowel)
        {
            return format!("{rest}{short}");
        }
    }
    word.to_owned()
}

/// Stems a Macedonian word: removes the definite article (`жените`, `правата`, `човекот`), the
/// vowel of number and gender, and remaining suffixes. Articles are removed twice, so that a word
/// that ends like one (`заштита`) gets the same stem as its definite form (`заштитата`).
fn stem_macedonian(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("osta").filter(|rest| rest.len() >= 2) {
        // `машкоста`: `машкост` and the vowel `a`.
        return format!("{rest}ost");
    }
    let mut word = word;
    for _ in 0..2 {
        word = ["iot", "ot", "ta", "to", "te"]
            .iter()
            .find_map(|article| strip_ending(word, article))
            .unwrap_or(word);
    }
    word = ["ovi", "evi"].iter().find_map(|plural| strip_ending(word, plural)).unwrap_or(word);
    word = ["a", "e", "i", "o", "u"]
        .iter()
        .find_map(|vowel| strip_ending(word, vowel))
        .unwrap_or(word);
    word = ["ij", "i", "ov", "ev"].iter().find_map(|rest| strip_ending(word, rest)).unwrap_or(word);
    drop_fleeting_vowel(word)
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

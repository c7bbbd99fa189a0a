//! Stems: the part of a word that its forms share, so that `nasilja` finds `nasilje` and `gratë`
//! finds `grua`.
//!
//! English, Serbian (with Bosnian, Croatian and Montenegrin) and Turkish have Snowball stemmers.
//! That for Turkish takes too much from short words (`kadın` gives `kad`) and nothing from words
//! without diacritics, so that rules stand beside it; Albanian and Macedonian have none there.
//! These rules are made on folded words. Where an ending may belong to the word, it has several
//! stems. A stem is no word and is never shown. Each begins with the letter of its stemmer, so that
//! words of different languages do not meet by accident.

use std::collections::BTreeSet;

use frostem::{Algorithm, Stemmer};

use super::analysis::is_apostrophe;
use super::fold::fold;
use super::language::Language;

/// The rules by which the words of a language are brought to their stems.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Rules {
    /// English.
    English,
    /// Serbian, Bosnian, Croatian and Montenegrin, in both scripts and both pronunciations.
    Serbian,
    /// Turkish.
    Turkish,
    /// Albanian.
    Albanian,
    /// Macedonian.
    Macedonian,
}

impl Rules {
    /// All of them: a query is read by each.
    pub const ALL: [Self; 5] =
        [Self::English, Self::Serbian, Self::Turkish, Self::Albanian, Self::Macedonian];

    /// Those of a language; `None` where its words are found as they are.
    #[must_use]
    pub fn of(language: &Language) -> Option<Self> {
        match language.primary() {
            "en" => Some(Self::English),
            "sr" | "bs" | "hr" | "cnr" | "sh" => Some(Self::Serbian),
            "tr" => Some(Self::Turkish),
            "sq" => Some(Self::Albanian),
            "mk" => Some(Self::Macedonian),
            _ => None,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::English => 'e',
            Self::Serbian => 's',
            Self::Turkish => 't',
            Self::Albanian => 'a',
            Self::Macedonian => 'm',
        }
    }

    /// Adds the stems of a word as it was written: of that and of its folded form. They differ
    /// where a stemmer looks at diacritics (`eşitliği` and `esitligi`); either may be what is typed
    /// and what is stored. An apostrophe ends the word: what follows it is an ending, in English as
    /// in Turkish.
    pub fn stems(self, word: &str, stems: &mut BTreeSet<String>) {
        let word = word.split(is_apostrophe).next().unwrap_or_default();
        let written =
            if self == Self::Turkish { turkish_lower_case(word) } else { word.to_lowercase() };
        let (written, folded) = (written.as_str(), &*fold(word));
        let letter = self.letter();
        let mut add = |stem: &str| {
            if !stem.is_empty() {
                let mut marked = String::with_capacity(stem.len().saturating_add(1));
                marked.push(letter);
                marked.push_str(stem);
                stems.insert(marked);
            }
        };
        match self {
            Self::English => add(&english(folded)),
            Self::Serbian => {
                for form in [written, folded] {
                    add(&serbian(form));
                }
            }
            Self::Turkish => {
                let stem = fold(&snowball(Algorithm::Turkish, written));
                if stem.len() >= 3 {
                    add(&stem);
                }
                turkish(folded, &mut add);
            }
            Self::Albanian => albanian(folded, &mut add),
            Self::Macedonian => add(&macedonian(folded)),
        }
    }
}

/// Lower case as Turkish has it: `I` is `ı`, `İ` is `i`.
fn turkish_lower_case(word: &str) -> String {
    word.replace('İ', "i").replace('I', "ı").to_lowercase()
}

fn snowball(algorithm: Algorithm, word: &str) -> String {
    Stemmer::new(algorithm).stem(word).into_owned()
}

/// English nouns that change within the word; what comes before them stays (`policewomen`).
const ENGLISH_PLURALS: &[(&str, &str)] = &[
    ("women", "woman"),
    ("men", "man"),
    ("children", "child"),
    ("people", "person"),
    ("lives", "life"),
];

fn english(word: &str) -> String {
    for (plural, singular) in ENGLISH_PLURALS {
        if let Some(before) = word.strip_suffix(plural)
            && (before.is_empty() || before.len() > 3)
        {
            return snowball(Algorithm::English, &format!("{before}{singular}"));
        }
    }
    snowball(Algorithm::English, word)
}

fn serbian(word: &str) -> String {
    // The instrumental of nouns in -lje and -nje, which the algorithm does not know.
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

/// What stands before the plural, and the word without each ending that it may have: `şiddete` is
/// `şiddet` and an e, but `evde` is `ev` and `de`. The word itself may be without one. Where the
/// stem ends in `ğ`, the bare word ends in `k`.
fn turkish(word: &str, add: &mut impl FnMut(&str)) {
    let plural = ["lar", "ler"]
        .iter()
        .filter_map(|plural| word.match_indices(plural).map(|(at, _)| at).find(|at| *at >= 3))
        .min();
    if let Some(singular) = plural.and_then(|at| word.get(..at)) {
        return add(&hard(singular));
    }
    add(word);
    for ending in TURKISH_ENDINGS {
        if let Some(rest) = without(word, ending) {
            add(&hard(rest));
        }
    }
}

/// A stem whose last consonant was softened before a vowel, as it stands by itself.
fn hard(stem: &str) -> String {
    stem.strip_suffix('g').map_or_else(|| stem.to_owned(), |rest| format!("{rest}k"))
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The word without an ending, if at least three letters are left and one of them is a vowel.
fn without<'w>(word: &'w str, ending: &str) -> Option<&'w str> {
    word.strip_suffix(ending).filter(|rest| {
        rest.len() >= 3 && rest.chars().any(|letter| is_vowel(letter) || letter == 'r')
    })
}

/// Endings of Albanian nouns and adjectives: case, number, the article that follows. Longest first.
const ALBANIAN_ENDINGS: &[&str] = &[
    "ave", "eve", "ive", "ise", "ine", "at", "et", "it", "ut", "as", "es", "is", "an", "en", "in",
    "un", "ia", "a", "e", "i", "u",
];

/// Nouns whose forms share no beginning that rules could find.
const ALBANIAN_NOUNS: &[(&str, &[&str])] = &[
    (
        "gra",
        &["grua", "gruaja", "gruaje", "gruan", "gruas", "gra", "grat", "grate", "grave", "gravet"],
    ),
    ("djal", &["djale", "djali", "djalit", "djalin", "djem", "djemt", "djemve"]),
    ("njeri", &["njeri", "njeriu", "njeriut", "njerez", "njerezit", "njerezve"]),
];

/// One ending is taken off. Where it may belong to the word (`shtet`, `mbijetues`), the whole word
/// is a stem too.
fn albanian(word: &str, add: &mut impl FnMut(&str)) {
    if let Some((stem, _)) = ALBANIAN_NOUNS.iter().find(|(_, forms)| forms.contains(&word)) {
        return add(stem);
    }
    // `mbijetuesja`: the article after a feminine of -ese.
    let word = word
        .strip_suffix("sja")
        .filter(|rest| rest.len() >= 3)
        .and_then(|_| word.strip_suffix("ja"))
        .unwrap_or(word);
    let ending =
        ALBANIAN_ENDINGS.iter().find_map(|ending| Some((without(word, ending)?, ending.len())));
    if let Some((rest, length)) = ending {
        add(&without_unstable_vowel(rest));
        if length == 1 {
            return;
        }
    }
    add(&without_unstable_vowel(word));
}

/// `qendër`, `emër` and Macedonian `безбеден` lose the vowel in other forms.
fn without_unstable_vowel(word: &str) -> String {
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

/// Macedonian: the article (`жените`, `правата`, `човекот`), then the vowel of number and gender,
/// then what forms leave behind. Articles go twice, so that a word that ends like one (`заштита`)
/// meets its own form with one (`заштитата`).
fn macedonian(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("osta").filter(|rest| rest.len() >= 2) {
        // `машкоста` is `машкост` and an a.
        return format!("{rest}ost");
    }
    let mut word = word;
    for _ in 0..2 {
        word = ["iot", "ot", "ta", "to", "te"]
            .iter()
            .find_map(|article| without(word, article))
            .unwrap_or(word);
    }
    word = ["ovi", "evi"].iter().find_map(|plural| without(word, plural)).unwrap_or(word);
    word = ["a", "e", "i", "o", "u"].iter().find_map(|vowel| without(word, vowel)).unwrap_or(word);
    word = ["ij", "i", "ov", "ev"].iter().find_map(|rest| without(word, rest)).unwrap_or(word);
    without_unstable_vowel(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::tokens;

    /// Whether a word of a query finds one of a text in this language: as it is, or by a stem.
    fn finds(query: &str, text: &str, language: &Language) -> bool {
        let mut asked = BTreeSet::new();
        for rules in Rules::ALL {
            rules.stems(query, &mut asked);
        }
        let mut stored = BTreeSet::new();
        for word in text.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c)) {
            Rules::of(language).unwrap().stems(word, &mut stored);
        }
        tokens(text).iter().any(|token| tokens(query).contains(token))
            || !asked.is_disjoint(&stored)
    }

    #[test]
    fn words_find_their_forms_and_no_others() {
        let pairs: Vec<&str> = include_str!("pairs.txt")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert!(pairs.len() >= 150);
        let wrong: Vec<&&str> = pairs
            .iter()
            .filter(|line| {
                let (language, pair) = line.split_once(' ').unwrap();
                let language = Language::parse(language).unwrap();
                match (pair.split_once(" = "), pair.split_once(" ! ")) {
                    (Some((query, text)), None) => !finds(query, text, &language),
                    (None, Some((query, text))) => finds(query, text, &language),
                    _ => panic!("{line} is no pair"),
                }
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn languages_have_their_rules() {
        for (tag, rules) in [
            ("en-GB", Some(Rules::English)),
            ("sr-Cyrl", Some(Rules::Serbian)),
            ("bs", Some(Rules::Serbian)),
            ("cnr", Some(Rules::Serbian)),
            ("tr", Some(Rules::Turkish)),
            ("sq", Some(Rules::Albanian)),
            ("mk", Some(Rules::Macedonian)),
            ("de", None),
        ] {
            assert_eq!(Rules::of(&Language::parse(tag).unwrap()), rules, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn any_word_has_stems_of_folded_letters(word in "\\PC{0,20}|[a-zčćžšđëçıİğüöşа-яѓќљњџј’]{1,20}") {
            for rules in Rules::ALL {
                let mut stems = BTreeSet::new();
                rules.stems(&word, &mut stems);
                for stem in stems {
                    prop_assert!(stem.len() > 1 && stem.starts_with(rules.letter()), "{}", stem);
                    prop_assert_eq!(&fold(&stem), &stem);
                }
            }
        }
    }
}

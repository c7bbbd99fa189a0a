//! What the stemmers of several languages have in common.

use frostem::{Algorithm, Stemmer};

/// First character of the stem of a word whose forms begin with different letters or are longer
/// than it. No word starts with it.
pub(in crate::text) const IRREGULAR: char = '1';

pub(super) fn snowball(algorithm: Algorithm, word: &str) -> String {
    Stemmer::new(algorithm).stem(word).into_owned()
}

pub(super) fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The word without an ending, if at least three letters remain, one of them a vowel or `r`.
pub(super) fn strip_ending<'w>(word: &'w str, ending: &str) -> Option<&'w str> {
    word.strip_suffix(ending).filter(|rest| {
        rest.len() >= 3 && rest.chars().any(|letter| is_vowel(letter) || letter == 'r')
    })
}

/// Drops the vowel that words with one of these endings lose in other forms, such as `qendër`,
/// `emër` and Macedonian `бегалец`.
pub(super) fn drop_fleeting_vowel(word: &str, endings: &[(&str, char)]) -> String {
    for (ending, short) in endings {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 2
            && !rest.ends_with(is_vowel)
            && rest.contains(is_vowel)
        {
            return format!("{rest}{short}");
        }
    }
    word.to_owned()
}

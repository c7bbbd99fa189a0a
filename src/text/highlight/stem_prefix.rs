//! Conditions that a word must meet to have a stem, checked before stemming.

use super::marks::TermGroups;

/// Necessary condition for the words of a stem: no stemmer changes the first letter of a word or
/// adds more than one letter.
#[derive(Clone, Debug)]
pub(super) struct StemPrefix {
    pub(super) initial: char,
    /// Length of the stem in bytes, with `đ` as one; a folded word is at most one byte shorter.
    pub(super) min_len: usize,
    pub(super) groups: TermGroups,
}

impl StemPrefix {
    pub(super) fn from_stem(stem: &str, groups: TermGroups) -> Option<Self> {
        // The first letter of a stem is the prefix of its stemmer.
        let mut letters = stem.chars();
        letters.next()?;
        let stem = letters.as_str();
        let min_len = stem.len().saturating_sub(stem.matches("dj").count());
        Some(Self { initial: letters.next()?, min_len, groups })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::analyzer::stems;
    use crate::text::analyzer::word_indices;
    use crate::text::fold::{fold_word, is_part_of_letter};
    use crate::text::stem::{IRREGULAR, StemmerLanguage};

    proptest! {
        #[test]
        fn stems_keep_initial_and_length(word in "\\PC{1,12}|[a-zčćžšđëçıİğüöşIа-яѓќљњџј][a-zčćžšđëçğüöşа-яѓќљњџј’]{1,14}") {
            for (_, word) in word_indices(&word) {
                let folded = fold_word(word);
                for stem in stems(word, &StemmerLanguage::ALL) {
                    let in_pieces = word.chars().nth(1).is_some_and(is_part_of_letter);
                    let StemPrefix { initial, min_len, .. } = StemPrefix::from_stem(&stem, 1).unwrap();
                    let in_pieces = in_pieces || initial == IRREGULAR;
                    prop_assert!(in_pieces || folded.starts_with(initial), "{} {}", word, stem);
                    prop_assert!(in_pieces || min_len <= folded.len() + 1, "{} {}", word, stem);
                }
            }
        }
    }
}

//! Edit distance between folded words, for spelling suggestions.
//!
//! Words are compared folded, so that case, diacritics and script are ignored. Similar words are at
//! most one edit apart if the word has up to five letters, and two otherwise; a transposition is
//! one edit.

/// Minimum length of a compared word in characters: shorter words have too many similar ones.
pub const MIN_WORD_LEN: usize = 3;
/// Minimum length of an incomplete word that is compared with the beginnings of others.
pub const MIN_PREFIX_LEN: usize = 4;
/// Maximum length of a compared word in characters.
pub const MAX_WORD_LEN: usize = 40;

/// Whether a folded word takes part in spelling suggestions: letters only, of a length between
/// [`MIN_WORD_LEN`] and [`MAX_WORD_LEN`].
#[must_use]
pub fn is_fuzzy_candidate(word: &str) -> bool {
    (MIN_WORD_LEN..=MAX_WORD_LEN).contains(&word.chars().count())
        && word.chars().all(char::is_alphabetic)
}

/// A folded word prepared for comparison with many others.
#[derive(Clone, Debug)]
pub struct FuzzyWord<'a> {
    word: &'a str,
    length: usize,
    letter_mask: u32,
    /// Maximum edit distance of a similar word.
    max_edits: usize,
}

impl<'a> FuzzyWord<'a> {
    /// Prepares a folded word.
    #[must_use]
    pub fn new(word: &'a str) -> Self {
        let length = word.chars().count();
        Self {
            word,
            length,
            letter_mask: letter_mask(word),
            max_edits: if length <= 5 { 1 } else { 2 },
        }
    }

    /// The edit distance to another folded word; `None` if it is equal or not similar. `other_mask`
    /// is its [`letter_mask`].
    #[must_use]
    pub fn edit_distance(&self, other: &str, other_mask: u32) -> Option<usize> {
        // A substitution changes at most two bits of the mask. Most words are rejected here.
        let differing =
            usize::try_from((self.letter_mask ^ other_mask).count_ones()).unwrap_or(usize::MAX);
        if differing > self.max_edits.saturating_mul(2)
            || self.length.abs_diff(other.chars().count()) > self.max_edits
        {
            return None;
        }
        let edits = strsim::osa_distance(self.word, other);
        (1..=self.max_edits).contains(&edits).then_some(edits)
    }

    /// The edit distance to the beginning of a longer folded word with the same first letter; `None`
    /// if it is not similar. The word that is typed has at least [`MIN_PREFIX_LEN`] characters.
    #[must_use]
    pub fn prefix_distance(&self, other: &str) -> Option<usize> {
        if self.length < MIN_PREFIX_LEN || self.word.chars().next() != other.chars().next() {
            return None;
        }
        // The typed beginning may have a letter more or less than the right one.
        let ends = self.length.saturating_sub(1)..=self.length.saturating_add(1);
        let beginnings = ends.filter_map(|length| {
            let (end, _) = other.char_indices().nth(length)?;
            other.get(..end)
        });
        let edits = beginnings.map(|beginning| strsim::osa_distance(self.word, beginning)).min()?;
        (edits <= 1).then_some(edits)
    }
}

/// The letters of a word as a bit set; letters whose code points are equal modulo 32 share a bit.
#[must_use]
pub fn letter_mask(word: &str) -> u32 {
    word.chars().fold(0, |mask, c| mask | 1 << (u32::from(c) % 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn computes_edit_distance() {
        for (typed, other, expected) in [
            ("violnce", "violence", Some(1)),
            ("violecne", "violence", Some(1)),
            ("vilonce", "violence", Some(2)),
            ("vilnc", "violence", None),
            ("zena", "zene", Some(1)),
            ("zena", "zenama", None),
            ("polise", "police", Some(1)),
            ("police", "police", None),
            ("шјоле", "школе", Some(1)),
        ] {
            assert_eq!(
                FuzzyWord::new(typed).edit_distance(other, letter_mask(other)),
                expected,
                "{typed} {other}"
            );
        }
        for (word, expected) in [
            ("ab", false),
            ("abc", true),
            ("covid19", false),
            ("зене", true),
            (&"a".repeat(41), false),
        ] {
            assert_eq!(is_fuzzy_candidate(word), expected, "{word}");
        }
    }

    #[test]
    fn compares_beginnings() {
        for (typed, other, expected) in [
            ("voilen", "violence", Some(1)),
            ("violen", "violence", Some(0)),
            ("vilen", "violence", Some(1)),
            ("vioolen", "violence", Some(1)),
            ("vio", "violence", None),
            ("biolen", "violence", None),
            ("vlnc", "violence", None),
        ] {
            assert_eq!(FuzzyWord::new(typed).prefix_distance(other), expected, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn letter_mask_filter_is_exact(typed in "[a-fж]{3,8}", other in "[a-fж]{3,8}") {
            let near = FuzzyWord::new(&typed);
            let edits = strsim::osa_distance(&typed, &other);
            let expected = (edits > 0 && edits <= near.max_edits).then_some(edits);
            prop_assert_eq!(near.edit_distance(&other, letter_mask(&other)), expected);
        }
    }
}

//! Words that are nearly the one that was typed.
//!
//! Folded words are compared, so that case, diacritics and scripts never count. Near is what one
//! edit makes of a word of up to five letters, and two of a longer one; to swap neighbours is one
//! edit.

/// The shortest word that is compared: of shorter ones too many are near.
pub const SHORTEST: usize = 3;
/// The longest.
pub const LONGEST: usize = 40;

/// Whether a folded word can be a misspelt one, or the right one: it has letters only, and enough
/// of them.
#[must_use]
pub fn is_comparable(word: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic)
}

/// A folded word to compare others with.
#[derive(Clone, Debug)]
pub struct Typed<'a> {
    word: &'a str,
    length: usize,
    letters: u32,
    /// How many edits are near.
    most: usize,
}

impl<'a> Typed<'a> {
    /// The word as it was typed, folded.
    #[must_use]
    pub fn new(word: &'a str) -> Self {
        let length = word.chars().count();
        Self { word, length, letters: letters(word), most: if length <= 5 { 1 } else { 2 } }
    }

    /// How many edits another word is away; `None` where it is not near, or the same. `others` are
    /// its [`letters`].
    #[must_use]
    pub fn edits(&self, other: &str, others: u32) -> Option<usize> {
        // An edit changes at most one letter for another. Most words end here.
        let differing = usize::try_from((self.letters ^ others).count_ones()).unwrap_or(usize::MAX);
        if differing > self.most.saturating_mul(2)
            || self.length.abs_diff(other.chars().count()) > self.most
        {
            return None;
        }
        let edits = strsim::osa_distance(self.word, other);
        (1..=self.most).contains(&edits).then_some(edits)
    }
}

/// The letters of a word as bits, some of which share one.
#[must_use]
pub fn letters(word: &str) -> u32 {
    word.chars().fold(0, |letters, c| letters | 1 << (u32::from(c) % 32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn near_is_what_few_edits_make() {
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
            assert_eq!(Typed::new(typed).edits(other, letters(other)), expected, "{typed} {other}");
        }
        for (word, expected) in [
            ("ab", false),
            ("abc", true),
            ("covid19", false),
            ("зене", true),
            (&"a".repeat(41), false),
        ] {
            assert_eq!(is_comparable(word), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn no_near_word_is_passed_over(typed in "[a-fж]{3,8}", other in "[a-fж]{3,8}") {
            let near = Typed::new(&typed);
            let edits = strsim::osa_distance(&typed, &other);
            let expected = (edits > 0 && edits <= near.most).then_some(edits);
            prop_assert_eq!(near.edits(&other, letters(&other)), expected);
        }
    }
}

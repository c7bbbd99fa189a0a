//! Tokens for the order of words: one for each whole title and, on PostgreSQL, which stores no
//! positions, one for each two adjacent words.

use std::collections::BTreeSet;

/// Returns the token of a sequence of words, without the letters of kind and field: a hash of 30
/// bits (FNV-1a) in base 32. Words with the same hash only change the order of results.
pub(super) fn sequence_key<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for word in words {
        for byte in word.bytes().chain([b' ']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    let digit = |shift: u32| char::from_digit(u32::try_from((hash >> shift) & 31).unwrap_or(0), 32);
    (0..6).filter_map(|index| digit(34 + 5 * index)).collect()
}

/// Returns the tokens of the adjacent words of a text.
pub(super) fn pair_keys(words: &[&str]) -> BTreeSet<String> {
    words.windows(2).map(|pair| sequence_key(pair.iter().copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_words_and_order() {
        let keys: BTreeSet<String> = [
            sequence_key(["a"]),
            sequence_key(["a", "b"]),
            sequence_key(["b", "a"]),
            sequence_key(["ab"]),
            sequence_key(["a", "b", "c"]),
        ]
        .into();
        assert_eq!(keys.len(), 5);
        assert!(keys.iter().all(|key| {
            key.len() == 6 && key.chars().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase())
        }));
        // A stored key must not change without a new version of the analysis.
        assert_eq!(sequence_key(["zorbat", "rights"]), "k5hin0");
        assert_eq!(pair_keys(&["a", "b", "a", "b"]).len(), 2);
        assert!(pair_keys(&["a"]).is_empty());
    }
}

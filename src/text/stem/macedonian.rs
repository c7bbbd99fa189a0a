//! Macedonian nouns and adjectives: the definite article, number and gender.

use super::endings::{IRREGULAR, drop_fleeting_vowel, is_vowel, strip_ending};

/// Nouns whose plural has another stem: the stem to use, and the folded forms without the article.
const IRREGULAR_NOUNS: &[(&str, &[&str])] = &[
    ("covek", &["covek", "coveka", "covekot", "lugje", "lugjeto"]),
    ("dete", &["dete", "deteto", "deca", "decata"]),
    ("raka", &["raka", "rakata", "race", "racete"]),
    ("noga", &["noga", "nogata", "noze", "nozete"]),
    ("brat", &["brat", "bratot", "brakja", "brakjata"]),
    ("oko", &["oko", "okoto", "oci", "ocite"]),
];

/// Adds the stems of a folded word.
pub(super) fn add_stems(word: &str, add: &mut impl FnMut(&str)) {
    if let Some((stem, _)) = IRREGULAR_NOUNS.iter().find(|(_, forms)| forms.contains(&word)) {
        return add(&format!("{IRREGULAR}{stem}"));
    }
    // Articles are removed twice, so that a word that ends like one (`заштита`) gets the same stem
    // as its definite form (`заштитата`).
    let mut bare = word;
    for _ in 0..2 {
        bare = ["iot", "ot", "ta", "to", "te"]
            .iter()
            .find_map(|article| strip_ending(bare, article))
            .unwrap_or(bare);
    }
    // The plural of nouns in -ник, -г and -х: `работници`, `белези`, `успеси`.
    if let Some(singular) = bare.strip_suffix('i').filter(|singular| singular.len() >= 4) {
        for (changed, original) in [('c', 'k'), ('z', 'g'), ('s', 'h')] {
            if let Some(rest) = singular.strip_suffix(changed) {
                add(&canonical_stem(&format!("{rest}{original}")));
            }
        }
    }
    let singular = strip_ending(bare, "ista");
    // Neuter nouns in -e: `момчиња`, `имиња`.
    let neuter = bare
        .strip_suffix("inja")
        .filter(|rest| rest.len() >= 2)
        .map_or_else(|| singular.unwrap_or(bare).to_owned(), |rest| format!("{rest}e"));
    let stem = neuter.strip_suffix(is_vowel).filter(|rest| rest.len() >= 3).unwrap_or(&neuter);
    let stem = ["ov", "ev"].iter().find_map(|plural| strip_ending(stem, plural)).unwrap_or(stem);
    add(&canonical_stem(stem));
}

/// One form for the stems of a word: without the vowel of the ending in `-ија`, `-ии`, without the
/// vowel that `бегалец` and `добар` lose, and without a `т` that is not written before that of the
/// article (`младоста`).
fn canonical_stem(stem: &str) -> String {
    if let Some(rest) = stem.strip_suffix("ij").filter(|rest| rest.len() >= 2) {
        return format!("{rest}i");
    }
    if let Some(rest) = stem.strip_suffix("st").filter(|rest| rest.len() >= 2) {
        return format!("{rest}s");
    }
    drop_fleeting_vowel(stem, &[("ec", 'c'), ("ar", 'r'), ("er", 'r'), ("en", 'n')])
}

/// The spellings that a Latin word without diacritics may stand for: `zh`, `ch` and `sh` for ж, ч
/// and ш, `k` and `c` for ќ and `g` for ѓ.
pub(super) fn informal_spellings(word: &str) -> Vec<String> {
    let mut plain = word.to_owned();
    for (digraph, letter) in [("zh", "z"), ("ch", "c"), ("sh", "s")] {
        plain = plain.replace(digraph, letter);
    }
    let is_before_vowel = |at: usize| {
        plain.get(at.saturating_add(1)..).is_some_and(|rest| rest.starts_with(is_vowel))
    };
    let soft_letters: Vec<(usize, &str)> = plain
        .char_indices()
        .filter(|(at, _)| is_before_vowel(*at))
        .filter_map(|(at, letter)| match letter {
            'k' | 'c' => Some((at, "kj")),
            'g' => Some((at, "gj")),
            _ => None,
        })
        .take(MAX_INFORMAL_LETTERS)
        .collect();
    let with_soft = |soft_letters: &[(usize, &str)]| {
        let mut spelling = plain.clone();
        for (at, soft) in soft_letters.iter().rev() {
            spelling.replace_range(*at..at.saturating_add(1), soft);
        }
        spelling
    };
    let mut spellings: Vec<String> =
        soft_letters.iter().map(|letter| with_soft(&[*letter])).collect();
    if soft_letters.len() > 1 {
        spellings.push(with_soft(&soft_letters));
    }
    if plain != word {
        spellings.push(plain);
    }
    spellings
}

/// Maximum number of letters of a word that are tried as ќ or ѓ, one by one and all together.
const MAX_INFORMAL_LETTERS: usize = 3;

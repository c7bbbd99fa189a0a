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
    // Articles are removed twice, so that a word that ends like one (`листа`) has the stem of its
    // definite form (`листата`).
    let mut bare = word;
    for _ in 0..2 {
        bare = without_article(bare).unwrap_or(bare);
    }
    // After a consonant, `та` may also belong to the word: `листа`, `листата`, `места`.
    if let Some(rest) = word.strip_suffix("tata").or_else(|| word.strip_suffix("ta"))
        && rest.len() >= 3
        && !rest.ends_with(is_vowel)
    {
        add(&canonical_stem(&format!("{rest}t")));
    }
    // The plural of nouns in -о: `татковци`.
    if let Some(rest) = bare.strip_suffix("ovci").filter(|rest| rest.len() >= 3) {
        add(&canonical_stem(rest));
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

/// The word without a definite article, which follows the endings of the noun: `жената`, `ноќта`,
/// `селото`, `жените`, `законот`, but not `заштита`.
fn without_article(word: &str) -> Option<&str> {
    let is_noun = |rest: &str, article: &str| match article {
        "ta" => rest.ends_with('a') || !rest.ends_with(is_vowel),
        "to" => rest.ends_with(['o', 'e']),
        "te" => rest.ends_with(['i', 'e']),
        _ => true,
    };
    ["iot", "ot", "ta", "to", "te"]
        .into_iter()
        .find_map(|article| strip_ending(word, article).filter(|rest| is_noun(rest, article)))
}

/// One form for the stems of a word: without the vowel of the ending in `-ија`, `-ии`, without the
/// `ј` of `извештај` that its plural `извештаи` does not have, without the vowel that `бегалец` and
/// `добар` lose, and without a `т` that is not written before that of the article (`младоста`).
fn canonical_stem(stem: &str) -> String {
    if let Some(rest) = stem.strip_suffix("ij").filter(|rest| rest.len() >= 2) {
        return format!("{rest}i");
    }
    if let Some(rest) = stem.strip_suffix('j').filter(|rest| rest.len() >= 4)
        && rest.ends_with(['a', 'e', 'o'])
    {
        return rest.to_owned();
    }
    if let Some(rest) = stem.strip_suffix("st").filter(|rest| rest.len() >= 2) {
        return format!("{rest}s");
    }
    // `полицаец` and `полицајци`, `еднаков` and `еднаква`.
    for (ending, short) in [("aec", "ajc"), ("akv", "ak")] {
        if let Some(rest) = stem.strip_suffix(ending).filter(|rest| rest.len() >= 2) {
            return format!("{rest}{short}");
        }
    }
    drop_fleeting_vowel(stem, &[("ec", 'c'), ("ar", 'r'), ("er", 'r'), ("en", 'n')])
}

/// The spellings that a Latin word without diacritics may stand for: `zh`, `ch` and `sh` for ж, ч
/// and ш, `k` and `c` for ќ and `g` for ѓ.
/// `has_soft_c` states that it was typed with `ć`.
pub(super) fn informal_spellings(word: &str, has_soft_c: bool) -> Vec<String> {
    let mut plain = word.to_owned();
    for (digraph, letter) in [("zh", "z"), ("ch", "c"), ("sh", "s")] {
        plain = plain.replace(digraph, letter);
    }
    // At the end, or before a vowel.
    let can_be_soft = |at: usize| {
        let rest = plain.get(at.saturating_add(1)..).unwrap_or_default();
        at > 0 && rest.is_empty() || rest.starts_with(is_vowel)
    };
    let soft_letters: Vec<(usize, &str)> = plain
        .char_indices()
        .filter(|(at, _)| can_be_soft(*at))
        .filter_map(|(at, letter)| match letter {
            'k' => Some((at, "kj")),
            // As in Serbian. Short words would be other ones: `ce` is not `ќе`.
            'c' if has_soft_c || plain.len() > MAX_LENGTH_WITHOUT_C => Some((at, "kj")),
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
    for soft in ["kj", "gj"] {
        let equal: Vec<(usize, &str)> =
            soft_letters.iter().copied().filter(|(_, letter)| *letter == soft).collect();
        if equal.len() > 1 {
            spellings.push(with_soft(&equal));
        }
    }
    if plain != word {
        spellings.push(plain);
    }
    spellings
}

/// Length up to which `c` does not stand for ќ.
const MAX_LENGTH_WITHOUT_C: usize = 5;
/// Maximum number of letters of a word that are tried as ќ or ѓ, one by one and all equal ones.
const MAX_INFORMAL_LETTERS: usize = 3;

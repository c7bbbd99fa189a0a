//! Albanian nouns and adjectives: case, number and the definite article.

use super::endings::{IRREGULAR, drop_fleeting_vowel, is_vowel, strip_ending};

/// Endings of nouns and adjectives, folded. Longest first.
const ENDINGS: &[&str] = &[
    "ave", "eve", "ive", "ise", "ine", "ite", "at", "et", "it", "ut", "as", "es", "is", "an", "en",
    "in", "un", "ia", "a", "e", "i", "u",
];

/// Endings whose vowel other forms do not have: `qendër`, `emër`.
const FLEETING: &[(&str, char)] = &[("er", 'r'), ("en", 'n')];

/// Irregular words: the stem, and all folded forms.
const IRREGULAR_WORDS: &[(&str, &[&str])] = &[
    (
        "gra",
        &["grua", "gruaja", "gruaje", "gruan", "gruas", "gra", "grat", "grate", "grave", "gravet"],
    ),
    ("djal", &["djale", "djali", "djalit", "djalin", "djem", "djemt", "djemte", "djemve"]),
    ("njeri", &["njeri", "njeriu", "njeriut", "njeriun", "njerez", "njerezit", "njerezve"]),
    ("vlla", &["vella", "vellai", "vellait", "vellain", "vellezer", "vellezerit", "vellezerve"]),
    ("dor", &["dore", "dora", "doren", "dores", "duar", "duart", "duarte", "duarve"]),
    ("der", &["dere", "dera", "deren", "deres", "dyer", "dyert", "dyerte", "dyerve"]),
    ("nat", &["nate", "nata", "naten", "nates", "net", "nete", "netet", "neteve"]),
    ("kal", &["kale", "kali", "kalit", "kalin", "kuaj", "kuajt", "kuajve"]),
    ("mashkull", &["mashkull", "mashkulli", "mashkullit", "meshkuj", "meshkujt", "meshkujve"]),
    ("baba", &["baba", "babai", "babait", "babain", "baballar", "baballaret"]),
    ("muaj", &["muaj", "muaji", "muajit", "muajin", "muajt", "muajve", "muajsh"]),
    ("zog", &["zog", "zogu", "zogut", "zogun", "zogj", "zogjt", "zogjte", "zogjve"]),
    ("vit", &["vit", "viti", "vitit", "vitin", "vite", "vitet", "viteve", "vjet", "vjetet"]),
];

/// Adds the stems of a folded word: without one ending and, where the ending may be part of the
/// word (`shtet`, `mbijetues`), without a shorter one.
pub(super) fn add_stems(word: &str, add: &mut impl FnMut(&str)) {
    if let Some((stem, _)) = IRREGULAR_WORDS.iter().find(|(_, forms)| forms.contains(&word)) {
        return add(&format!("{IRREGULAR}{stem}"));
    }
    // `mbijetuesja`, `avokatja`: definite form of a feminine noun in -e; `mbrojtja`: of one in -je.
    let feminine = word
        .strip_suffix("ja")
        .filter(|rest| rest.len() >= 4 && rest.ends_with(['s', 't', 'r', 'k']));
    if let Some(rest) = feminine {
        add(&format!("{rest}j"));
    }
    let word = feminine.unwrap_or(word);
    if let Some(singular) = changed_plural(word) {
        return add(&drop_fleeting_vowel(&singular, FLEETING));
    }
    // The definite plural of nouns in -ër and -ës: `prindërve`, `mësuesve`.
    let word = word
        .strip_suffix("ve")
        .filter(|rest| rest.ends_with("er") || rest.ends_with("es"))
        .unwrap_or(word);
    let ending =
        ENDINGS.iter().find_map(|ending| Some((strip_ending(word, ending)?, ending.len())));
    let Some((rest, length)) = ending else {
        return add_without_r(&drop_fleeting_vowel(word, FLEETING), add);
    };
    let stem = drop_fleeting_vowel(rest, FLEETING);
    if matches!(word.get(rest.len()..), Some("a" | "at" | "ave" | "it")) {
        add_without_r(&stem, add);
    } else {
        add(&stem);
    }
    if length == 1 {
        return;
    }
    // The ending without its consonant may be the vowel of the base form: `Prishtinë`, `romane`.
    let shorter = strip_ending(word, "e").or_else(|| strip_ending(word, "a"));
    add(&drop_fleeting_vowel(shorter.unwrap_or(word), FLEETING));
}

/// Adds a stem and, if it may be a plural in -ra or -ër (`fshatra`, `mbretër`), that of the
/// singular.
fn add_without_r(stem: &str, add: &mut impl FnMut(&str)) {
    add(stem);
    let singular = stem.strip_suffix('r');
    if let Some(singular) =
        singular.filter(|singular| singular.len() >= 4 && !singular.ends_with(is_vowel))
    {
        add(singular);
    }
}

/// The singular of a plural whose final consonant changes: `miq` of `mik`, `zogjtë` of `zog`,
/// `kushërinj` of `kushëri`, `mbretër` of `mbret`.
fn changed_plural(word: &str) -> Option<String> {
    let definite = ["te", "ve", "t", "sh"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))
        .filter(|plural| !plural.ends_with(is_vowel));
    let plural = definite.unwrap_or(word);
    let in_q = plural.strip_suffix("it").unwrap_or(plural).strip_suffix('q');
    if let Some(stem) = in_q.filter(|stem| stem.len() >= 2) {
        return Some(format!("{stem}k"));
    }
    if let Some(stem) = definite.and_then(|plural| plural.strip_suffix("gj"))
        && stem.len() >= 2
    {
        return Some(format!("{stem}g"));
    }
    // Words in -inj and -enj: the vowel is an ending of the singular, if a stem remains.
    let stem = plural.strip_suffix("nj")?;
    let bare = stem.strip_suffix(is_vowel)?;
    Some(if bare.len() >= 3 { bare } else { stem }.to_owned())
}

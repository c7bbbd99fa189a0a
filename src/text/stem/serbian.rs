//! Serbian, Bosnian, Croatian and Montenegrin: Snowball, with the alternations of sounds that it
//! does not know.
//!
//! A form that may have been changed by such an alternation is stemmed a second time as the form
//! without it: `devojci` as `devojki`, `sestara` as `sestra`, `gradovi` as `gradi`. The rules are
//! those of the grammars: the second palatalisation, the vowel `a` that is dropped before an
//! ending, the insertion `-ov-` of masculine plurals, and `o` in place of a final `l`.

use frostem::Algorithm;

use super::endings::{IRREGULAR, is_vowel, snowball};
use crate::text::fold::fold_word;
use crate::text::transliterate::to_latin;

/// Nouns whose plural has another stem: the stem to use, and the stems of their forms.
const IRREGULAR_STEMS: &[(&str, &[&str])] = &[
    ("covek", &["covek", "covec", "ljud"]),
    ("dec", &["dec", "det", "detet", "detetov"]),
    ("brat", &["brat", "brac"]),
];

/// Words whose forms are too short, or too different, for rules: the base form, and all forms.
const IRREGULAR_WORDS: &[(&str, &[&str])] = &[
    ("pas", &["pas", "psa", "psu", "psom", "psi", "pse", "psima", "pasa"]),
    ("san", &["san", "sna", "snu", "snom", "snovi", "snova", "snovima"]),
    ("srbin", &["srbin", "srbina", "srbinu", "srbinom", "srbi", "srba", "srbe", "srbima"]),
];

/// Neuter nouns with an `n` before the endings of the other cases: `vreme`, `vremena`.
const NEUTERS_IN_N: &[&str] =
    &["breme", "ime", "pleme", "prezime", "rame", "seme", "sjeme", "vreme", "vrijeme"];

/// Adds the stems of a word in lower case and of its folded form.
pub(super) fn add_stems(lowercase: &str, folded: &str, add: &mut impl FnMut(&str)) {
    // Macedonian letters are folded to others than those that Serbian writes for them.
    let is_macedonian = lowercase.contains(['ќ', 'ѓ']);
    let latin = if is_macedonian { folded.into() } else { to_latin(lowercase) };
    for form in [&*latin, folded] {
        add(&stem(form));
        add_alternations(form, add);
        if latin == folded {
            break;
        }
    }
}

fn stem(word: &str) -> String {
    if let Some(base) = irregular_base(&fold_word(word)) {
        return format!("{IRREGULAR}{base}");
    }
    // The instrumental of nouns in -lje and -nje, which Snowball does not handle.
    let word = match word.strip_suffix('m') {
        Some(rest) if rest.ends_with("lje") || rest.ends_with("nje") => rest,
        _ => word,
    };
    // Snowball takes `jednakost` for a form of `jednak`, but not `jednakosti`.
    let word = match word.strip_suffix("ost") {
        Some(rest) if rest.len() >= 3 => &format!("{word}i"),
        _ => word,
    };
    let mut stem = fold_word(&snowball(Algorithm::Serbian, word));
    // Snowball leaves some short words whole (`noga`) and the vowel of some endings (`mladih`,
    // `nožem`, `Banjoj`).
    let folded = fold_word(word);
    let ending = folded.strip_prefix(stem.as_str()).unwrap_or("?");
    let vowels = if matches!(ending, "" | "m" | "h") && stem.ends_with(is_vowel) {
        1
    } else if stem.ends_with("oj") {
        2
    } else {
        0
    };
    let rest_len = stem.len().saturating_sub(vowels);
    if rest_len >= 3 {
        stem.truncate(rest_len);
    }
    // Of `komisija` Snowball leaves `komisi`, of `komisije` `komisij`.
    if stem.ends_with("sij") {
        stem.pop();
    }
    let stem = stem.replace("dj", "d");
    match IRREGULAR_STEMS.iter().find(|(_, stems)| stems.contains(&stem.as_str())) {
        Some((canonical, _)) => format!("{IRREGULAR}{canonical}"),
        None => stem,
    }
}

/// The base form of a folded irregular word.
fn irregular_base(folded: &str) -> Option<&'static str> {
    let is_form = |neuter: &str| {
        let ending = folded.strip_prefix(neuter);
        ending.is_some_and(|ending| matches!(ending, "" | "na" | "nu" | "nom" | "nima"))
    };
    let words = IRREGULAR_WORDS.iter().find(|(_, forms)| forms.contains(&folded));
    let neuter = || NEUTERS_IN_N.iter().find(|neuter| is_form(neuter)).copied();
    words.map(|(base, _)| *base).or_else(neuter)
}

/// Adds the stems of the forms from which a sound change may have made this one.
fn add_alternations(word: &str, add: &mut impl FnMut(&str)) {
    let mut add_form = |parts: &[&str]| add(&stem(&parts.concat()));
    // Second palatalisation before -i and -ima: `devojci`, `snazi`, `uspesi`.
    for (changed, original) in [("c", "k"), ("z", "g"), ("s", "h")] {
        for ending in ["i", "ima"] {
            let Some(rest) = word.strip_suffix(ending).and_then(|rest| rest.strip_suffix(changed))
            else {
                continue;
            };
            if rest.len() >= 2 {
                add_form(&[rest, original, ending]);
            }
            // `zadaci` of `zadatak`, `trenuci` of `trenutak`: the t before c is dropped too.
            if changed == "c" && rest.len() >= 3 && rest.ends_with(['a', 'e', 'u']) {
                add_form(&[rest, "tk", ending]);
            }
        }
    }
    // -ov- of masculine plurals: `gradovi`, `očevima`.
    for ending in ["i", "a", "e", "ima"] {
        let rest = word.strip_suffix(ending);
        if let Some(rest) =
            rest.and_then(|rest| rest.strip_suffix("ov").or_else(|| rest.strip_suffix("ev")))
            && rest.len() >= 2
            && rest.contains(is_vowel)
        {
            add_form(&[rest, "i"]);
        }
    }
    // Nouns that end like a case or a verb: `problem`, `program`, `razlog`, `izveštaj`, `simptom`.
    if ["em", "am", "og", "aj", "ah", "drom", "ptom", "onom"]
        .iter()
        .any(|ending| word.ends_with(ending))
    {
        add_form(&[word, "a"]);
    }
    // Instrumental of feminine nouns in -st and -rt: `jednakošću`, `vlašću`, `smrću`.
    if let Some(rest) = word.strip_suffix("šću").or_else(|| word.strip_suffix("scu"))
        && rest.ends_with(is_vowel)
        && rest.len() >= 3
    {
        add_form(&[rest, "sti"]);
    }
    // Without the diacritic it would be `smrču`, of the spruce.
    if let Some(rest) = word.strip_suffix("rću").filter(|rest| !rest.contains(is_vowel)) {
        add_form(&[rest, "rti"]);
    }
    // The instrumental of nouns in -v and -b: `ljubavlju`, `krvlju`.
    if let Some(rest) = word.strip_suffix("lju")
        && rest.len() >= 3
        && rest.ends_with(['v', 'b', 'p'])
    {
        add_form(&[rest]);
    }
    // The dative plural of nouns with two consonants before the ending: `igrama`, `sestrama`.
    if let Some(rest) = word.strip_suffix("ama").filter(|rest| rest.len() >= 3)
        && rest.chars().rev().take(2).all(|letter| !is_vowel(letter))
    {
        add_form(&[rest, "a"]);
    }
    // Nouns in -ta and -t, whose forms end like infinitives: `zaštiti`, `advokati`.
    for ending in ["i", "ima"] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest
                .strip_suffix('t')
                .is_some_and(|rest| rest.len() >= 3 && rest.ends_with(is_vowel))
        {
            add_form(&[rest, "a"]);
        }
    }
    // Infinitives: `prijaviti`, beside `prijavi`.
    if let Some(rest) = word.strip_suffix("iti").filter(|rest| rest.chars().count() >= 3) {
        add_form(&[rest, "i"]);
    }
    // Final l of a syllable became o: `tužioca` of `tužilac`, `ceo`.
    for ending in ["a", "u", "e", "i", "em", "ima"] {
        if let Some(rest) = word.strip_suffix(ending).and_then(|rest| rest.strip_suffix("oc"))
            && rest.len() >= 3
            && rest.ends_with(is_vowel)
        {
            add_form(&[rest, "lc", ending]);
        }
    }
    if let Some(rest) = word.strip_suffix("eo").filter(|rest| rest.len() <= 2) {
        add_form(&[rest, "ela"]);
    }
    // Final l became o: `posao`, `deo`, `dio`.
    if let Some(rest) = word.strip_suffix("ao").filter(|rest| rest.len() >= 2) {
        add_form(&[rest, "la"]);
    }
    if let Some(rest) = word.strip_suffix("deo").or_else(|| word.strip_suffix("dio")) {
        add_form(&[rest, "dela"]);
    }
    if let Some(without) = without_fleeting_a(word) {
        add_form(&[&without]);
    }
}

/// The form without the `a` that separates two consonants at its end: the genitive singular of a
/// masculine nominative (`Šabac`, `predak`), the nominative of a genitive plural (`sestara`,
/// `zemalja`).
fn without_fleeting_a(word: &str) -> Option<String> {
    let (base, has_ending) = match word.strip_suffix('a') {
        Some(base) => (base, true),
        None => (word, false),
    };
    let last = ["lj", "nj", "љ", "њ"]
        .into_iter()
        .find(|digraph| base.ends_with(digraph))
        .map_or_else(|| base.chars().next_back().map_or(0, char::len_utf8), str::len);
    let (rest, last) = base.split_at_checked(base.len().checked_sub(last)?)?;
    let stem = rest.strip_suffix('a')?;
    let has_syllable = stem.contains(is_vowel) || (has_ending && has_syllabic_r(stem));
    if last.starts_with(is_vowel) || !has_syllable || stem.ends_with(is_vowel) {
        return None;
    }
    if !has_ending && !matches!(last, "c" | "k" | "r" | "n" | "l" | "t" | "nj" | "lj") {
        return None;
    }
    // Voicing assimilates (`Šapca`, `slatka`), and t and d disappear before c (`oca`, `suca`).
    let is_voiceless = matches!(last, "c" | "k" | "t");
    let mut form = stem.to_owned();
    let changed = match (form.chars().next_back()?, last) {
        ('t' | 'd', "c") => Some(""),
        ('b', _) if is_voiceless => Some("p"),
        ('d', _) if is_voiceless => Some("t"),
        ('g', _) if is_voiceless => Some("k"),
        ('z', _) if is_voiceless => Some("s"),
        ('ž', _) if is_voiceless => Some("š"),
        ('t', "n" | "l") if stem.ends_with("st") => Some(""),
        _ => None,
    };
    if let Some(changed) = changed {
        form.pop();
        form.push_str(changed);
    }
    Some(format!("{form}{last}a"))
}

/// Whether a stem without vowels has an `r` between consonants, which is a syllable: `žrtva`,
/// `crkva`.
fn has_syllabic_r(stem: &str) -> bool {
    stem.find('r').is_some_and(|at| at > 0 && at.saturating_add(1) < stem.len())
}

//! English: Snowball, with irregular forms and one stem for British and American spellings.

use std::borrow::Cow;

use frostem::Algorithm;

use super::endings::{is_vowel, snowball};

/// Irregular forms of nouns, each after its base form. A prefix of a plural is kept
/// (`policewomen`).
const IRREGULAR_PLURALS: &[(&str, &str)] = &[
    ("women", "woman"),
    ("men", "man"),
    ("children", "child"),
    ("people", "person"),
    ("lives", "life"),
    ("wives", "wife"),
    ("knives", "knife"),
    ("leaves", "leaf"),
    ("shelves", "shelf"),
    ("selves", "self"),
    ("halves", "half"),
    ("wolves", "wolf"),
    ("thieves", "thief"),
    ("scarves", "scarf"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("mice", "mouse"),
    ("geese", "goose"),
    ("criteria", "criterion"),
    ("phenomena", "phenomenon"),
    ("indices", "index"),
    ("theses", "thesis"),
];

/// Irregular verbs: the base form, and those of its other forms that are not forms of another word.
const IRREGULAR_VERBS: &[(&str, &[&str])] = &[
    ("begin", &["began", "begun"]),
    ("break", &["broke", "broken"]),
    ("bring", &["brought"]),
    ("build", &["built"]),
    ("buy", &["bought"]),
    ("catch", &["caught"]),
    ("choose", &["chose", "chosen"]),
    ("draw", &["drew", "drawn"]),
    ("drive", &["drove", "driven"]),
    ("fight", &["fought"]),
    ("flee", &["fled"]),
    ("forget", &["forgot", "forgotten"]),
    ("forgive", &["forgave", "forgiven"]),
    ("get", &["got"]),
    ("give", &["gave", "given"]),
    ("go", &["went", "gone"]),
    ("grow", &["grew", "grown"]),
    ("hear", &["heard"]),
    ("hide", &["hid", "hidden"]),
    ("hold", &["held"]),
    ("keep", &["kept"]),
    ("know", &["knew", "known"]),
    ("lead", &["led"]),
    ("learn", &["learnt"]),
    ("lose", &["lost"]),
    ("make", &["made"]),
    ("meet", &["met"]),
    ("pay", &["paid"]),
    ("run", &["ran"]),
    ("say", &["said"]),
    ("see", &["seen"]),
    ("seek", &["sought"]),
    ("sell", &["sold"]),
    ("send", &["sent"]),
    ("sing", &["sang", "sung"]),
    ("speak", &["spoke", "spoken"]),
    ("spend", &["spent"]),
    ("stand", &["stood"]),
    ("steal", &["stole", "stolen"]),
    ("swim", &["swam", "swum"]),
    ("take", &["took", "taken"]),
    ("teach", &["taught"]),
    ("tell", &["told"]),
    ("think", &["thought"]),
    ("understand", &["understood"]),
    ("wear", &["wore", "worn"]),
    ("win", &["won"]),
    ("withdraw", &["withdrew", "withdrawn"]),
    ("write", &["wrote", "written"]),
];

/// Spellings that no rule derives: the stem of the British form, and that of the American one.
const SPELLING_VARIANTS: &[(&str, &str)] = &[
    ("practiz", "practic"),
    ("defenc", "defens"),
    ("licenc", "licens"),
    ("offenc", "offens"),
    ("pretenc", "pretens"),
    ("skeptic", "sceptic"),
    ("gray", "grey"),
    ("chequ", "check"),
    ("tyre", "tire"),
    ("mum", "mom"),
    ("mould", "mold"),
    ("plough", "plow"),
    ("pyjama", "pajama"),
    ("jewelleri", "jewelri"),
    ("aluminium", "aluminum"),
    ("manoeuvr", "maneuv"),
    ("skil", "skill"),
    // Snowball removes `-er` from `empower`, but not from `empowerment`.
    ("empower", "empow"),
];

/// Roots from Greek and Latin that are spelled with `ae` or `oe` in British and `e` in American
/// English.
const DIGRAPH_ROOTS: &[&str] = &[
    "paed",
    "gynaec",
    "haem",
    "anaem",
    "anaesth",
    "archaeo",
    "leukaem",
    "caesar",
    "palaeo",
    "mediaev",
    "foet",
    "oestr",
    "oesoph",
    "diarrhoea",
    "orthopaed",
];

/// Adds the stem of a folded word; `written` is the word as written.
pub(super) fn add_stems(written: &str, word: &str, add: &mut impl FnMut(&str)) {
    add(&stem(plural_acronym(written, word).unwrap_or(word)));
}

fn stem(word: &str) -> String {
    for (plural, singular) in IRREGULAR_PLURALS {
        if let Some(before) = word.strip_suffix(plural)
            && (before.is_empty() || before.len() > 3)
        {
            return regular_stem(&format!("{before}{singular}"));
        }
    }
    match IRREGULAR_VERBS.iter().find(|(_, forms)| forms.contains(&word)) {
        Some((base, _)) => regular_stem(base),
        None => regular_stem(word),
    }
}

fn regular_stem(word: &str) -> String {
    let word = american_ending(word);
    let word = american_verb(&word);
    canonical_spelling(snowball(Algorithm::English, &word))
}

/// The acronym of which a word is the plural: `NGO` of `NGOs`. In lower case, only a plural whose
/// `s` Snowball keeps because it is a rule of English that a vowel precedes it (`mps`), or that
/// ends in `os` (`csos`).
fn plural_acronym<'w>(written: &str, word: &'w str) -> Option<&'w str> {
    let singular = word.strip_suffix('s').filter(|singular| singular.len() >= 2)?;
    let is_written =
        written.strip_suffix('s').is_some_and(|capitals| capitals.chars().all(char::is_uppercase));
    let is_spelled = word.len() <= 5
        && written.ends_with('s')
        && !singular.ends_with('s')
        && (!singular.contains(is_vowel)
            || singular.strip_suffix('o').is_some_and(|before| !before.contains(is_vowel)));
    (is_written || is_spelled).then_some(singular)
}

/// The word with the American ending of a noun in `-re` (`centre`), and the plural of a Greek noun
/// in `-sis` as Snowball stems it.
fn american_ending(word: &str) -> Cow<'_, str> {
    let (base, ending) = match word.strip_suffix('s') {
        Some(base) if !base.ends_with('s') => (base, "s"),
        _ => (word, ""),
    };
    if let Some(before) = base.strip_suffix("re")
        && before.len() >= 3
        && before.ends_with(['t', 'b'])
        && before.contains(is_vowel)
    {
        return format!("{before}er{ending}").into();
    }
    // `crisis` and `crises`; not `thesis`, whose plural would be `these`.
    match word.strip_suffix("sis") {
        Some(before) if before.len() >= 3 && word != "thesis" => format!("{before}se").into(),
        _ => word.into(),
    }
}

/// Stems of verbs and nouns in `-ise` that no spelling writes with z.
const STEMS_WITH_S: &[&str] = &[
    "advertis",
    "advis",
    "chastis",
    "compris",
    "compromis",
    "concis",
    "despis",
    "devis",
    "disguis",
    "enterpris",
    "exercis",
    "expertis",
    "franchis",
    "improvis",
    "likewis",
    "merchandis",
    "otherwis",
    "paradis",
    "prais",
    "precis",
    "premis",
    "promis",
    "rais",
    "revis",
    "supervis",
    "surpris",
    "televis",
    "treatis",
];

/// The word with `-ize` in place of `-ise`, so that Snowball removes the ending of both.
fn american_verb(word: &str) -> Cow<'_, str> {
    for ending in ["e", "es", "ed", "ing", "er", "ers", "ation", "ations", "ational"] {
        if let Some(stem) = word.strip_suffix(ending)
            && let Some(before) = stem.strip_suffix("is")
            && before.len() >= 3
            && before.contains(is_vowel)
            && !STEMS_WITH_S.contains(&stem)
        {
            return format!("{before}iz{ending}").into();
        }
    }
    word.into()
}

/// The stem in the American spelling.
fn canonical_spelling(mut stem: String) -> String {
    if let Some((_, american)) = SPELLING_VARIANTS.iter().find(|(british, _)| *british == stem) {
        return (*american).to_owned();
    }
    for root in DIGRAPH_ROOTS {
        if stem.starts_with(root) {
            stem = stem.replacen("ae", "e", 1).replacen("oe", "e", 1);
        }
    }
    // `labour`, `favourite`, `neighbourhood`, but not `tour`, `encourage`.
    if let Some((before, after)) = stem.split_once("our")
        && before.contains(is_vowel)
        && ["", "it", "hood", "er"].contains(&after)
    {
        stem = format!("{before}or{after}");
    }
    for (british, american, min_len) in CANONICAL_ENDINGS {
        if let Some(before) = stem.strip_suffix(british).filter(|before| before.len() >= *min_len) {
            return format!("{before}{american}");
        }
    }
    stem
}

/// Endings of stems in British spelling, the same in American spelling, and the minimum length of
/// what precedes them: `analys`, `programm`, `catalogu`, `counsellor`,
/// `judgement`.
const CANONICAL_ENDINGS: &[(&str, &str, usize)] = &[
    ("ys", "yz", 3),
    ("mm", "m", 3),
    ("ogu", "og", 3),
    ("ellor", "el", 3),
    ("elor", "el", 4),
    ("illor", "il", 3),
    ("ilor", "il", 4),
    ("dgement", "dgment", 2),
];

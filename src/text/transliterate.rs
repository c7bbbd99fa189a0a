//! Serbian in its two scripts: Cyrillic to Latin by table, Latin to Cyrillic with care.
//!
//! To Latin every letter has one answer. Back it is not so: `nj`, `dž` and `lj` are one Cyrillic
//! letter in most words and two in some (`TWO_LETTERS`), and foreign names stay Latin (rules in
//! `foreign.rs`). Markup and addresses are left alone in both directions.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizer;

use super::foreign::{Word, staying, words};
use super::language::Language;
use super::segment::{Piece, pieces};

/// The thirty letters in the order of the azbuka, with the one or two Latin letters for each.
const LETTERS: &[(char, char, Option<char>)] = &[
    ('а', 'a', None),
    ('б', 'b', None),
    ('в', 'v', None),
    ('г', 'g', None),
    ('д', 'd', None),
    ('ђ', 'đ', None),
    ('е', 'e', None),
    ('ж', 'ž', None),
    ('з', 'z', None),
    ('и', 'i', None),
    ('ј', 'j', None),
    ('к', 'k', None),
    ('л', 'l', None),
    ('љ', 'l', Some('j')),
    ('м', 'm', None),
    ('н', 'n', None),
    ('њ', 'n', Some('j')),
    ('о', 'o', None),
    ('п', 'p', None),
    ('р', 'r', None),
    ('с', 's', None),
    ('т', 't', None),
    ('ћ', 'ć', None),
    ('у', 'u', None),
    ('ф', 'f', None),
    ('х', 'h', None),
    ('ц', 'c', None),
    ('ч', 'č', None),
    ('џ', 'd', Some('ž')),
    ('ш', 'š', None),
];

/// Stems in which `n|j` or `d|ž` are two letters, met at the seam of a prefix or in a loanword. A
/// stem with `^` is so only at the start of a word, also after `ne`: `anjon` is an ion, but
/// `kanjon` a canyon with one `њ`; `odžalim` is of `od` and `žal`, but `odžak`, a chimney, has one
/// `џ`. Serbian has no native word with `l|j`. Where the table is silent, a non-joiner (U+200C)
/// between the letters parts them.
const TWO_LETTERS: &str = "\
    in|jekc in|jekt ^in|jici ^in|juri kon|jug kon|junk kon|jekt tan|jug ^an|jon ^van|jezi \
    ^ken|jon nad|živ nad|žnj nad|žanj nad|žet nad|župan ^nad|žal ^nad|ždr ^nad|žandar \
    ^od|žali ^od|žalj ^od|žar ^od|žet ^od|živ ^od|žub ^od|žva ^od|žurb pod|žanr ^pod|žandar \
    ^pod|žar ^pod|žeć ^pod|žeg ^pod|žet ^pod|žig ^pod|žiž ^pod|žil ^pod|žnj ^pod|žup \
    pred|živ ^pred|žet ^pred|ženid ^feld|žandar";

const NON_JOINER: char = '\u{200C}';

/// Writes a Serbian text in the script of another Serbian tag.
///
/// Serbian here is `sr`, `cnr` and `sh`. The text comes back as it is when the scripts are the
/// same, when `to` has none, or when either language is another one.
#[must_use]
pub fn transliterate<'a>(text: &'a str, from: &Language, to: &Language) -> Cow<'a, str> {
    let serbian = |language: &Language| matches!(language.primary(), "sr" | "cnr" | "sh");
    if !serbian(from) || !serbian(to) || from.script() == to.script() {
        return Cow::Borrowed(text);
    }
    match to.script() {
        Some("Latn") => to_latin(text),
        Some("Cyrl") => to_cyrillic(text),
        _ => Cow::Borrowed(text),
    }
}

/// Writes Serbian Cyrillic in Latin script; other letters stay.
///
/// `Љ`, `Њ` and `Џ` become `LJ` beside a capital and `Lj` otherwise.
#[must_use]
pub fn to_latin(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| latin_of(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut latin = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Fixed(fixed) => latin.push_str(fixed),
            Piece::Prose(prose) => push_latin(&mut latin, prose),
        }
    }
    Cow::Owned(latin)
}

/// Writes Serbian Latin in Cyrillic script, save markup, addresses and what must stay Latin.
///
/// The text is taken in composed form (NFC), in which a letter and its caron are one character.
#[must_use]
pub fn to_cyrillic(text: &str) -> Cow<'_, str> {
    let composed = ComposingNormalizer::new_nfc().normalize(text);
    let mut cyrillic = String::with_capacity(text.len() * 2);
    for piece in pieces(&composed) {
        let prose = match piece {
            Piece::Fixed(fixed) => {
                cyrillic.push_str(fixed);
                continue;
            }
            Piece::Prose(prose) => prose,
        };
        let (words, rest) = words(prose);
        for (Word { gap, text }, stays) in words.iter().zip(staying(&words)) {
            cyrillic.push_str(gap);
            if stays {
                cyrillic.push_str(text);
            } else {
                push_cyrillic(&mut cyrillic, text);
            }
        }
        cyrillic.push_str(rest);
    }
    if cyrillic == text { Cow::Borrowed(text) } else { Cow::Owned(cyrillic) }
}

fn push_latin(latin: &mut String, prose: &str) {
    let mut before = None;
    let mut rest = prose.chars().peekable();
    while let Some(letter) = rest.next() {
        match latin_of(letter) {
            None => latin.push(letter),
            Some((first, second)) => {
                push_cased(latin, first, letter.is_uppercase());
                // A digraph is all capitals where its word is: the next letter tells, at the end
                // the one before.
                let beside = rest.peek().copied().filter(|c| c.is_alphabetic()).or(before);
                let upper = letter.is_uppercase() && beside.is_some_and(char::is_uppercase);
                if let Some(second) = second {
                    push_cased(latin, second, upper);
                }
            }
        }
        before = Some(letter);
    }
}

fn push_cyrillic(cyrillic: &mut String, word: &str) {
    let letters: Vec<char> = word.chars().collect();
    let small: Vec<char> = letters.iter().map(|&c| lower(c)).collect();
    let parted = parted(&small);
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        let joined = next
            .filter(|&next| {
                !parted.contains(&(at + 1)) && (next.is_lowercase() || letter.is_uppercase())
            })
            .and_then(|next| cyrillic_of(lower(letter), Some(lower(next))));
        if let Some(one) = joined {
            push_cased(cyrillic, one, letter.is_uppercase());
            at += 2;
            continue;
        }
        at += 1;
        match letter {
            '\u{1C4}'..='\u{1C6}' => push_cased(cyrillic, 'џ', letter != '\u{1C6}'),
            '\u{1C7}'..='\u{1C9}' => push_cased(cyrillic, 'љ', letter != '\u{1C9}'),
            '\u{1CA}'..='\u{1CC}' => push_cased(cyrillic, 'њ', letter != '\u{1CC}'),
            NON_JOINER if next.is_some_and(|next| matches!(lower(next), 'j' | 'ž')) => {}
            _ => match cyrillic_of(lower(letter), None) {
                Some(one) => push_cased(cyrillic, one, letter.is_uppercase()),
                None => cyrillic.push(letter),
            },
        }
    }
}

/// The places in a word before which a digraph is two letters.
fn parted(word: &[char]) -> Vec<usize> {
    // Most words have no digraph that could be parted at all.
    if !word.windows(2).any(|pair| matches!(pair, ['n', 'j'] | ['d', 'ž'])) {
        return Vec::new();
    }
    let mut places = Vec::new();
    for stem in TWO_LETTERS.split_whitespace() {
        let (at_start, stem) = stem.strip_prefix('^').map_or((false, stem), |stem| (true, stem));
        let Some((head, _)) = stem.split_once('|') else {
            continue;
        };
        let letters: Vec<char> = stem.chars().filter(|c| *c != '|').collect();
        let found = word.windows(letters.len()).enumerate().filter(|(_, part)| *part == letters);
        for (at, _) in found {
            let starts = at == 0 || (at == 2 && word.starts_with(&['n', 'e']));
            if starts || !at_start {
                places.push(at + head.chars().count());
            }
        }
    }
    places
}

/// The one or two small Latin letters for a Cyrillic letter of either case.
fn latin_of(letter: char) -> Option<(char, Option<char>)> {
    // Only this block holds Serbian letters; the rest of a text is spared the search.
    let small = matches!(letter, '\u{400}'..='\u{45F}').then(|| lower(letter))?;
    LETTERS
        .iter()
        .find(|(cyrillic, ..)| *cyrillic == small)
        .map(|(_, first, second)| (*first, *second))
}

/// The small Cyrillic letter for one or two small Latin ones.
fn cyrillic_of(first: char, second: Option<char>) -> Option<char> {
    LETTERS.iter().find(|(_, a, b)| (*a, *b) == (first, second)).map(|(cyrillic, ..)| *cyrillic)
}

/// The small letter, where it is one character; every letter here is.
fn lower(letter: char) -> char {
    let mut small = letter.to_lowercase();
    match (small.next(), small.next()) {
        (Some(small), None) => small,
        _ => letter,
    }
}

fn push_cased(text: &mut String, letter: char, upper: bool) {
    if upper {
        text.extend(letter.to_uppercase());
    } else {
        text.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_ways() {
        for (latin, cyrillic) in [
            ("Žene i devojčice", "Жене и девојчице"),
            ("Nasilje nad ženama", "Насиље над женама"),
            ("NASILJE NAD ŽENAMA", "НАСИЉЕ НАД ЖЕНАМА"),
            ("Njegoš, LJUBAV, Ljubav, džep, Džep, DŽEP", "Његош, ЉУБАВ, Љубав, џеп, Џеп, ЏЕП"),
            ("Đurđevdan i ćirilica", "Ђурђевдан и ћирилица"),
            ("djeca, gdje, podjela", "дјеца, гдје, подјела"),
            ("injekcija, Injekcije, INJEKCIJA", "инјекција, Инјекције, ИНЈЕКЦИЈА"),
            ("konjugacija i konjunktura", "конјугација и конјунктура"),
            ("Tanjug, Tanjugov, TANJUG", "Танјуг, Танјугов, ТАНЈУГ"),
            ("nadživeti, nenadživljen, NADŽIVETI", "надживети, ненадживљен, НАДЖИВЕТИ"),
            ("nadžnjevati, podžanr, odžaliti", "наджњевати, поджанр, оджалити"),
            ("odžak, nadžak, budžet, Hadžić", "оџак, наџак, буџет, Хаџић"),
            ("anjon, kanjon, konj, konjušar", "анјон, кањон, коњ, коњушар"),
            ("Banja Luka, 25. novembar 2024.", "Бања Лука, 25. новембар 2024."),
            ("EU, NVO, SOS telefon", "ЕУ, НВО, СОС телефон"),
            ("90ih, 20 km", "90их, 20 км"),
        ] {
            assert_eq!(to_cyrillic(latin), cyrillic);
            assert_eq!(to_latin(cyrillic), latin);
        }
    }

    #[test]
    fn what_is_not_serbian_stays() {
        for (latin, cyrillic) in [
            ("Kancelarija UN Women u Beogradu", "Канцеларија UN Women у Београду"),
            ("Iz UN Women-a", "Из UN Women-а"),
            ("XXI vek, II svetski rat, Petar I", "XXI век, II светски рат, Петар И"),
            ("vidi https://a.rs/zene i www.sajt.rs", "види https://a.rs/zene и www.sajt.rs"),
            ("piši na pomoc@sajt.rs.", "пиши на pomoc@sajt.rs."),
            (
                "<a href=\"/zene\" title=\"žene\">žene</a>&nbsp;da",
                "<a href=\"/zene\" title=\"žene\">жене</a>&nbsp;да",
            ),
            ("kampanja #HearMeToo", "кампања #HearMeToo"),
            ("emisija CO2, pandemija COVID-19", "емисија CO2, пандемија COVID-19"),
            ("ǈubav ǌoj ǅep", "Љубав њој Џеп"),
            ("z\u{30C}ene", "жене"),
            ("pan\u{200C}jelinski", "панјелински"),
            ("већ ћирилица", "већ ћирилица"),
            ("", ""),
        ] {
            assert_eq!(to_cyrillic(latin), cyrillic);
        }
        for (cyrillic, latin) in [
            (
                "види https://сајт.срб/жене и <b title=\"жене\">жене</b>",
                "vidi https://сајт.срб/жене i <b title=\"жене\">žene</b>",
            ),
            ("Ю и Ѓ остају", "Ю i Ѓ ostaju"),
            ("Љ. и ЊЉ. и Љ", "Lj. i NJLJ. i Lj"),
            ("already Latin, žene", "already Latin, žene"),
        ] {
            assert_eq!(to_latin(cyrillic), latin);
        }
    }

    #[test]
    fn nothing_to_do_is_borrowed() {
        assert!(matches!(to_latin("žene"), Cow::Borrowed(_)));
        assert!(matches!(to_cyrillic("жене, 5 %"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_languages_decide() {
        for (text, from, to, expected) in [
            ("žene", "sr-Latn", "sr-Cyrl", "жене"),
            ("жене", "sr-Cyrl-RS", "sr-Latn", "žene"),
            ("жене", "sr-Cyrl", "cnr-Latn", "žene"),
            ("žene", "sr-Latn", "sr-Latn-RS", "žene"),
            ("жени", "mk", "sr-Latn", "жени"),
            ("жене", "sr-Cyrl", "sr", "жене"),
            ("žene", "bs", "sr-Cyrl", "žene"),
        ] {
            let (from, to) = (Language::parse(from).unwrap(), Language::parse(to).unwrap());
            assert_eq!(transliterate(text, &from, &to), expected);
        }
    }

    #[test]
    fn hostile_texts_are_linear() {
        for part in ["Wa ", "WA ", "Wa of ", "Aa ", "nj", "ž", "Њ", "X"] {
            assert!(!to_cyrillic(&part.repeat(100_000)).is_empty());
            assert!(!to_latin(&part.repeat(100_000)).is_empty());
        }
    }

    /// A word in small letters, with a capital first, or in capitals.
    fn cased(word: &str, casing: u8) -> String {
        let mut letters = word.chars();
        match casing {
            0 => word.to_owned(),
            1 => letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect(),
            _ => word.to_uppercase(),
        }
    }

    proptest! {
        #[test]
        fn latin_comes_back(word in "([abcčćdđefghijklmnoprsštuvzž]|nj|lj|dž){3,12}", casing in 0..3_u8) {
            let word = cased(&word, casing);
            prop_assume!(!word.chars().all(|c| "IVXLCDM".contains(c)));
            let cyrillic = to_cyrillic(&word).into_owned();
            prop_assert_eq!(to_latin(&cyrillic), word.as_str());
        }

        #[test]
        fn cyrillic_comes_back(word in "[абвгдђежзијклљмнњопрстћуфхцчџш]{3,12}", casing in 0..3_u8) {
            prop_assume!(!["нј", "лј", "дж"].iter().any(|pair| word.contains(pair)));
            let word = cased(&word, casing);
            prop_assume!(!to_latin(&word).chars().all(|c| "IVXLCDM".contains(c)));
            let latin = to_latin(&word).into_owned();
            // A word that is none (`наџњ`) may be written in Latin like one of two letters
            // (`наджњ…`).
            let stems = || TWO_LETTERS.split_whitespace().map(|stem| stem.trim_start_matches('^').replace('|', ""));
            prop_assume!(!stems().any(|stem| latin.to_lowercase().contains(&stem)));
            prop_assert_eq!(to_cyrillic(&latin), word.as_str());
        }

        #[test]
        fn any_text_survives(text in "\\PC{0,60}|.{0,40}") {
            let latin = to_latin(&text).into_owned();
            prop_assert_eq!(to_latin(&latin), latin.as_str());
            let cyrillic = to_cyrillic(&text).into_owned();
            prop_assert_eq!(to_cyrillic(&cyrillic), cyrillic.as_str());
        }
    }
}

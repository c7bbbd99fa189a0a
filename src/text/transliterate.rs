//! Transliteration between the two scripts of Serbian.
//!
//! Cyrillic to Latin is a mapping of letters. Latin to Cyrillic is ambiguous: `nj`, `dž` and `lj`
//! are one Cyrillic letter in most words and two in some (`DIGRAPH_EXCEPTIONS`), and foreign names
//! remain Latin (see `foreign_words`). Markup and links are not changed in either direction.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizer;

use super::language::Language;
use crate::text::foreign_words::Word;
use crate::text::foreign_words::split_words;
use crate::text::foreign_words::stays_latin;
use crate::text::markup_spans::Span;
use crate::text::markup_spans::split_spans;

/// Declares the letters of both scripts as a match for each direction: each Cyrillic letter with its
/// one or two Latin letters. The letters after `only_to_latin` have no match in the other direction.
macro_rules! letters {
    (
        $($cyrillic:literal $first:literal $($second:literal)?,)*
        only_to_latin: $($foreign:literal $foreign_first:literal $($foreign_second:literal)?,)*
    ) => {
        /// The one or two Latin letters for a Cyrillic letter, in lower case.
        fn lowercase_latin_letters(letter: char) -> Option<(char, Option<char>)> {
            match letter {
                $($cyrillic => Some(($first, letters!(@option $($second)?))),)*
                $($foreign => Some(($foreign_first, letters!(@option $($foreign_second)?))),)*
                _ => None,
            }
        }

        /// The Cyrillic letter for one or two Latin letters, in lower case.
        fn cyrillic_letter(first: char, second: Option<char>) -> Option<char> {
            match (first, second) {
                $(($first, letters!(@option $($second)?)) => Some($cyrillic),)*
                _ => None,
            }
        }
    };
    (@option) => { None };
    (@option $letter:literal) => { Some($letter) };
}

// The thirty letters in the order of the Cyrillic alphabet, and letters of Macedonian, which occur
// in names.
letters! {
    'а' 'a', 'б' 'b', 'в' 'v', 'г' 'g', 'д' 'd', 'ђ' 'đ', 'е' 'e', 'ж' 'ž', 'з' 'z', 'и' 'i',
    'ј' 'j', 'к' 'k', 'л' 'l', 'љ' 'l' 'j', 'м' 'm', 'н' 'n', 'њ' 'n' 'j', 'о' 'o', 'п' 'p',
    'р' 'r', 'с' 's', 'т' 't', 'ћ' 'ć', 'у' 'u', 'ф' 'f', 'х' 'h', 'ц' 'c', 'ч' 'č', 'џ' 'd' 'ž',
    'ш' 'š',
    only_to_latin:
    'ѓ' 'đ', 'ќ' 'ć', 'ѕ' 'd' 'z', 'ѐ' 'e', 'ѝ' 'i',
}

/// Stems in which `n|j` or `d|ž` are two letters, at a prefix boundary or in a loanword. A stem
/// with `^` only applies at the start of a word, or after `ne`: `anjon` (anion), but `kanjon`
/// (canyon) with one `њ`; `odžalim` is `od` and `žal`, but `odžak` (chimney) has one `џ`. Serbian
/// has no native word with `l|j`. In words not listed here, a zero width non-joiner (U+200C)
/// separates the letters.
const DIGRAPH_EXCEPTIONS: &str = "\
    in|jekc in|jekt ^in|jici ^in|juri kon|jug kon|junk kon|jekt tan|jug ^an|jon ^van|jezi \
    ^ken|jon nad|živ nad|žnj nad|žanj nad|žet nad|župan ^nad|žal ^nad|ždr ^nad|žandar \
    ^od|žali ^od|žalj ^od|žar ^od|žet ^od|živ ^od|žub ^od|žva ^od|žurb pod|žanr ^pod|žandar \
    ^pod|žar ^pod|žeć ^pod|žeg ^pod|žet ^pod|žig ^pod|žiž ^pod|žil ^pod|žnj ^pod|žup \
    pred|živ ^pred|žet ^pred|ženid ^feld|žandar";

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';

/// Transliterates a Serbian text to the script of another Serbian language tag.
///
/// The text is returned unchanged if the scripts are the same, if `to` has no script, or if either
/// language is not Serbian.
#[must_use]
pub fn transliterate<'a>(text: &'a str, from: &Language, to: &Language) -> Cow<'a, str> {
    if !is_serbian(from) || !is_serbian(to) || from.script() == to.script() {
        return Cow::Borrowed(text);
    }
    match to.script() {
        Some("Latn") => to_latin(text),
        Some("Cyrl") => to_cyrillic(text),
        _ => Cow::Borrowed(text),
    }
}

/// Whether a language is written in both scripts: `sr`, `cnr` or `sh`.
#[must_use]
pub fn is_serbian(language: &Language) -> bool {
    matches!(language.primary_language(), "sr" | "cnr" | "sh")
}

/// Transliterates Serbian Cyrillic to Latin script. Names with Macedonian letters are Serbian, as
/// in `Đorče Petrov`; words with other Cyrillic letters are kept.
///
/// `Љ`, `Њ` and `Џ` become `LJ`, `NJ` and `DŽ` next to a capital, and `Lj`, `Nj` and `Dž`
/// otherwise. The text is normalized to NFC, in which `й` is one character.
#[must_use]
pub fn to_latin(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| latin_letters(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let composed = ComposingNormalizer::new_nfc().normalize(text);
    let mut latin = String::with_capacity(text.len());
    for span in split_spans(&composed) {
        match span {
            Span::Verbatim(verbatim) => latin.push_str(verbatim),
            Span::Prose(prose) => push_latin(&mut latin, prose),
        }
    }
    Cow::Owned(latin)
}

/// Transliterates Serbian Latin to Cyrillic script, except markup, links and words that remain
/// Latin.
///
/// The text is normalized to NFC, in which a letter and its caron are one character.
#[must_use]
pub fn to_cyrillic(text: &str) -> Cow<'_, str> {
    let composed = ComposingNormalizer::new_nfc().normalize(text);
    let mut cyrillic = String::with_capacity(text.len() * 2);
    for span in split_spans(&composed) {
        let prose = match span {
            Span::Verbatim(verbatim) => {
                cyrillic.push_str(verbatim);
                continue;
            }
            Span::Prose(prose) => prose,
        };
        let (words, rest) = split_words(prose);
        for (Word { gap, text }, stays) in words.iter().zip(stays_latin(&words)) {
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
    for word in prose.split_inclusive(|c: char| !c.is_alphabetic()) {
        if word.chars().any(|c| is_cyrillic(c) && latin_letters(c).is_none()) {
            latin.push_str(word);
        } else {
            push_latin_word(latin, word);
        }
    }
}

/// Appends a word and the character after it.
fn push_latin_word(latin: &mut String, word: &str) {
    let mut previous = None;
    let mut rest = word.chars().peekable();
    while let Some(letter) = rest.next() {
        match latin_letters(letter) {
            None => latin.push(letter),
            Some((first, second)) => {
                push_cased(latin, first, letter.is_uppercase());
                // The case of the second letter follows the next letter, or the previous one at the
                // end of a word.
                let neighbour = rest.peek().copied().filter(|c| c.is_alphabetic()).or(previous);
                let is_upper = letter.is_uppercase() && neighbour.is_some_and(char::is_uppercase);
                if let Some(second) = second {
                    push_cased(latin, second, is_upper);
                }
            }
        }
        previous = Some(letter);
    }
}

fn push_cyrillic(cyrillic: &mut String, word: &str) {
    let letters: Vec<char> = word.chars().collect();
    let lowercase: Vec<char> = letters.iter().map(|&c| to_lowercase_char(c)).collect();
    let breaks = digraph_breaks(&lowercase);
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        let digraph = next
            .filter(|&next| {
                !breaks.contains(&(at + 1)) && (next.is_lowercase() || letter.is_uppercase())
            })
            .and_then(|next| {
                cyrillic_letter(to_lowercase_char(letter), Some(to_lowercase_char(next)))
            });
        if let Some(one) = digraph {
            push_cased(cyrillic, one, letter.is_uppercase());
            at += 2;
            continue;
        }
        at += 1;
        match letter {
            '\u{1C4}'..='\u{1C6}' => push_cased(cyrillic, 'џ', letter != '\u{1C6}'),
            '\u{1C7}'..='\u{1C9}' => push_cased(cyrillic, 'љ', letter != '\u{1C9}'),
            '\u{1CA}'..='\u{1CC}' => push_cased(cyrillic, 'њ', letter != '\u{1CC}'),
            ZERO_WIDTH_NON_JOINER
                if next.is_some_and(|next| matches!(to_lowercase_char(next), 'j' | 'ž')) => {}
            _ => match cyrillic_letter(to_lowercase_char(letter), None) {
                Some(one) => push_cased(cyrillic, one, letter.is_uppercase()),
                None => cyrillic.push(letter),
            },
        }
    }
}

/// The indexes in a word at which a digraph is split into two letters.
fn digraph_breaks(word: &[char]) -> Vec<usize> {
    // Most words contain no digraph that could be split.
    if !word.windows(2).any(|pair| matches!(pair, ['n', 'j'] | ['d', 'ž'])) {
        return Vec::new();
    }
    let mut breaks = Vec::new();
    for stem in DIGRAPH_EXCEPTIONS.split_whitespace() {
        let (only_at_start, stem) =
            stem.strip_prefix('^').map_or((false, stem), |stem| (true, stem));
        let Some((head, _)) = stem.split_once('|') else {
            continue;
        };
        let letters: Vec<char> = stem.chars().filter(|c| *c != '|').collect();
        let matches = word.windows(letters.len()).enumerate().filter(|(_, part)| *part == letters);
        for (at, _) in matches {
            let is_at_start = at == 0 || (at == 2 && word.starts_with(&['n', 'e']));
            if is_at_start || !only_at_start {
                breaks.push(at + head.chars().count());
            }
        }
    }
    breaks
}

/// The one or two lower-case Latin letters for a Cyrillic letter of either case.
fn latin_letters(letter: char) -> Option<(char, Option<char>)> {
    // Other characters skip the conversion.
    lowercase_latin_letters(is_cyrillic(letter).then(|| to_lowercase_char(letter))?)
}

/// Whether a character is a Cyrillic letter.
fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{481}' | '\u{48A}'..='\u{52F}')
}

/// The lower-case form if it is a single character, which it is for all letters here.
fn to_lowercase_char(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    let mut lowercase = letter.to_lowercase();
    match (lowercase.next(), lowercase.next()) {
        (Some(lowercase), None) => lowercase,
        _ => letter,
    }
}

fn push_cased(text: &mut String, letter: char, is_upper: bool) {
    if is_upper {
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
    fn transliterates_both_ways() {
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
    fn keeps_non_serbian_text() {
        for (latin, cyrillic) in [
            ("Kancelarija UN Women u Beogradu", "Канцеларија UN Women у Београду"),
            ("Iz UN Women-a", "Из UN Women-а"),
            ("XXI vek, II svetski rat, Petar I", "XXI век, II светски рат, Петар I"),
            ("vidi https://a.rs/zene i www.sajt.rs", "види https://a.rs/zene и www.sajt.rs"),
            ("piši na pomoc@sajt.rs.", "пиши на pomoc@sajt.rs."),
            (
                "<a href=\"/zene\" title=\"žene\">žene</a>&nbsp;da",
                "<a href=\"/zene\" title=\"žene\">жене</a>&nbsp;да",
            ),
            (
                "na 20 °C, Council of Europe, e-mail i iPhone",
                "на 20 °C, Council of Europe, e-mail и iPhone",
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
            ("Ѓорче Петров, ЃОРЧЕ, Ќосев и ѕвезда", "Đorče Petrov, ĐORČE, Ćosev i dzvezda"),
            ("Ю и Юрий остају", "Ю i Юрий ostaju"),
            ("Ю и Юри\u{438}\u{306}, Г\u{301}орче", "Ю i Юри\u{439}, Đorče"),
            ("Љ. и ЊЉ. и Љ", "Lj. i NJLJ. i Lj"),
            ("already Latin, žene", "already Latin, žene"),
        ] {
            assert_eq!(to_latin(cyrillic), latin);
        }
    }

    #[test]
    fn unchanged_text_is_borrowed() {
        assert!(matches!(to_latin("žene"), Cow::Borrowed(_)));
        assert!(matches!(to_cyrillic("жене, 5 %"), Cow::Borrowed(_)));
    }

    #[test]
    fn transliterates_by_language_tags() {
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
    fn pathological_input_is_linear() {
        for part in ["Wa ", "WA ", "Wa of ", "Aa ", "nj", "ž", "Њ", "X"] {
            assert!(!to_cyrillic(&part.repeat(100_000)).is_empty());
            assert!(!to_latin(&part.repeat(100_000)).is_empty());
        }
    }

    /// A word in lower case, capitalized or in upper case.
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
        fn latin_round_trips(word in "([abcčćdđefghijklmnoprsštuvzž]|nj|lj|dž){3,12}", casing in 0..3_u8) {
            let word = cased(&word, casing);
            prop_assume!(!word.chars().all(|c| "IVXLCDM".contains(c)));
            let cyrillic = to_cyrillic(&word).into_owned();
            prop_assert_eq!(to_latin(&cyrillic), word.as_str());
        }

        #[test]
        fn cyrillic_round_trips(word in "[абвгдђежзијклљмнњопрстћуфхцчџш]{3,12}", casing in 0..3_u8) {
            prop_assume!(!["нј", "лј", "дж"].iter().any(|pair| word.contains(pair)));
            let word = cased(&word, casing);
            prop_assume!(!to_latin(&word).chars().all(|c| "IVXLCDM".contains(c)));
            let latin = to_latin(&word).into_owned();
            // Letters together that Serbian words do not have (`цх`) remain.
            prop_assume!(to_cyrillic(&latin) != latin.as_str());
            // A sequence that is not a word (`наџњ`) may have the same Latin form as one with two
            // letters (`наджњ…`).
            let stems = || DIGRAPH_EXCEPTIONS.split_whitespace().map(|stem| stem.trim_start_matches('^').replace('|', ""));
            prop_assume!(!stems().any(|stem| latin.to_lowercase().contains(&stem)));
            prop_assert_eq!(to_cyrillic(&latin), word.as_str());
        }

        #[test]
        fn transliteration_is_idempotent(text in "\\PC{0,60}|.{0,40}") {
            let latin = to_latin(&text).into_owned();
            prop_assert_eq!(to_latin(&latin), latin.as_str());
            let cyrillic = to_cyrillic(&text).into_owned();
            prop_assert_eq!(to_cyrillic(&cyrillic), cyrillic.as_str());
        }
    }
}

//! Search folding: one surface form for all spellings that a reader considers equal.
//!
//! Search, slugs and suggestions compare folded text, so that text typed without diacritics, in
//! capitals or in the other Serbian script matches. The Serbian rules follow Lucene's
//! `SerbianNormalizationFilter`; Macedonian, Albanian and Turkish letters are added, and Russian,
//! Ukrainian and Bulgarian letters are transcribed as in Serbian. Scripts other than Latin and
//! Cyrillic keep their letters.

use icu_casemap::CaseMapper;
use icu_normalizer::properties::CanonicalCombiningClassMap;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// Combining classes below this one belong to the base letter: nuktas, kana voicing marks, viramas.
const FIRST_MARK_CLASS: u8 = 10;

const ACUTE: char = '\u{301}';
const BREVE: char = '\u{306}';

/// Folds a text: lower case, no diacritics, Cyrillic as basic Latin letters.
///
/// `Žene`, `жене` and `ZENE` give `zene`. Punctuation and spaces are kept. Idempotent.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    fold_fast(text).unwrap_or_else(|| fold_any(text))
}

/// Folds a word of a text or a query. As [`fold`], but `đ` becomes `d`, as which it is typed where
/// the keyboard lacks it; see [`crate::text::query`] for `dj`.
#[must_use]
pub fn fold_word(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let is_stroke = |c| matches!(c, 'đ' | 'Đ' | 'ђ' | 'Ђ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ');
    if word.contains(is_stroke) { fold(&word.replace(is_stroke, "d")) } else { fold(word) }
}

/// Folds a text that consists of precomposed letters and punctuation of the catalogue's languages;
/// `None` otherwise. Same result as [`fold_any`], several times faster.
fn fold_fast(text: &str) -> Option<String> {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
            continue;
        }
        let mut lower = c.to_lowercase();
        let (Some(letter), None) = (lower.next(), lower.next()) else { return None };
        match letter {
            '„' | '“' | '”' | '‘' | '’' | '–' | '—' | '«' | '»' => {
                folded.push(letter);
            }
            'č' | 'ć' | 'ç' => folded.push('c'),
            'š' | 'ş' => folded.push('s'),
            'ž' => folded.push('z'),
            'ë' | 'é' | 'è' | 'ê' | 'ѐ' => folded.push('e'),
            'ğ' => folded.push('g'),
            'ü' | 'ú' | 'û' => folded.push('u'),
            'ö' | 'ó' => folded.push('o'),
            'á' | 'à' | 'â' | 'ä' => folded.push('a'),
            'í' | 'î' | 'ѝ' => folded.push('i'),
            'ѓ' => folded.push_str("gj"),
            'ќ' => folded.push_str("kj"),
            'й' => folded.push('j'),
            _ => folded.push_str(to_ascii_base(letter)?),
        }
    }
    Some(folded)
}

/// Folds any text.
fn fold_any(text: &str) -> String {
    // Case folding precedes decomposition: `İ` becomes i and a combining dot, which is removed with
    // the other marks. Locale-specific lowercasing is not needed, since dotless `ı` is in the table
    // of letters.
    let cased = CaseMapper::new().fold_string(text);
    let decomposed = DecomposingNormalizer::new_nfkd();
    let cased = decomposed.normalize(&cased);
    // Compatibility characters can decompose to capitals (`Ⅳ`, `℡`), so case is folded again.
    let cased = CaseMapper::new().fold_string(&cased);
    let bare = strip_diacritics(&decomposed.normalize(&cased));
    if bare.is_ascii() {
        return bare;
    }
    // Recompose Hangul and voiced kana, whose components are not letters.
    ComposingNormalizer::new_nfc().normalize(&bare).into_owned()
}

/// Removes the combining marks of decomposed text and replaces letters by their base form.
fn strip_diacritics(decomposed: &str) -> String {
    let classes = CanonicalCombiningClassMap::new();
    let is_mark = |c: char| classes.get_u8(c) >= FIRST_MARK_CLASS;
    let mut bare = String::with_capacity(decomposed.len());
    let mut rest = decomposed.chars();
    while let Some(letter) = rest.next() {
        if is_mark(letter) || is_invisible(letter) {
            continue;
        }
        let has =
            |mark: char| rest.clone().take_while(|&c| classes.get_u8(c) != 0).any(|c| c == mark);
        match letter {
            'a'..='z' if !matches!(letter, 'g' | 'k') => bare.push(letter),
            'g' | 'г' if has(ACUTE) => bare.push_str("gj"),
            'k' | 'к' if has(ACUTE) => bare.push_str("kj"),
            'и' if has(BREVE) => bare.push('j'),
            _ => match to_ascii_base(letter) {
                Some(plain) => bare.push_str(plain),
                None => bare.push(letter),
            },
        }
    }
    bare
}

/// Whether a character belongs to the letter before it: folding removes it or composes it with that
/// letter.
pub(super) fn is_part_of_letter(c: char) -> bool {
    is_invisible(c) || CanonicalCombiningClassMap::new().get_u8(c) > 0
}

/// Invisible characters that do not separate words: soft hyphen, joiners, directional marks and
/// variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// The basic Latin form of a lower-case letter that has no canonical decomposition to one.
///
/// Russian, Ukrainian and Bulgarian letters are transcribed as in Serbian: `щ` as `шч`, Bulgarian
/// `ъ` as a. Eth and African d have the same capital form as `Đ` and are typed in place of it. The
/// Latin digraph `dž` loses its caron, so `џ` is `dz`, the same as Macedonian `ѕ`.
fn to_ascii_base(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'ъ' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'ђ' | 'đ' | 'ð' | 'ɖ' => "dj",
        'е' | 'э' | 'ə' => "e",
        'є' => "je",
        'ж' | 'з' => "z",
        'и' | 'ы' | 'і' | 'ı' => "i",
        'ј' | 'ȷ' => "j",
        'к' => "k",
        'л' | 'ł' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' | 'ŋ' => "n",
        'њ' => "nj",
        'о' | 'ø' => "o",
        'п' => "p",
        'р' => "r",
        'с' | 'ш' => "s",
        'щ' => "sc",
        'т' | 'ŧ' => "t",
        'ћ' | 'ц' | 'ч' => "c",
        'у' => "u",
        'ф' => "f",
        'х' | 'ħ' => "h",
        'џ' | 'ѕ' => "dz",
        'ь' => "",
        'ю' => "ju",
        'я' => "ja",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fold_fast_matches_fold_any(text in "[a-zA-ZčćçšşžëéèêğüúûöóáàâäíîÇČĆŠŞŽËĞÜÖİıđĐа-яА-ЯђјљњћџѓќѕѐѝЂЈЉЊЋЏЃЌЅЀЍѐ„“”‘’–—«»æœþ 0-9.\u{301}\u{30C}\u{306}ß℡]{0,30}") {
            if let Some(folded) = fold_fast(&text) {
                prop_assert_eq!(folded, fold_any(&text));
            }
        }
    }

    #[test]
    fn fold_fast_covers_catalogue_languages() {
        for text in [
            "Жените во Ѓорче Петров – „реч“",
            "Şiddetle mücadele, eşitliği",
            "Dhuna ndaj grave në Shqipëri",
            "Đačko nasilje i žene",
            "Џеп, Љуљашка, ќе",
        ] {
            assert!(fold_fast(text).is_some(), "{text}");
        }
    }

    #[test]
    fn folds_spelling_variants() {
        for (folded, spellings) in [
            (
                "zene",
                &["zene", "žene", "жене", "Žene", "ЖЕНЕ", "ZENE", "z\u{30C}ene", "ж\u{301}ене"][..],
            ),
            (
                "cinsiyet esitligi",
                &[
                    "cinsiyet eşitliği",
                    "CİNSİYET ESITLIGI",
                    "CİNSİYET EŞİTLİĞİ",
                    "Cınsıyet Eşıtlığı",
                ],
            ),
            ("qender", &["qendër", "QENDËR", "Qender"]),
            ("dhune ndaj grave", &["dhunë ndaj grave", "DHUNË NDAJ GRAVE"]),
            ("zastita", &["zaštita", "заштита", "Заштита"]),
            ("porodicno nasilje", &["porodično nasilje", "породично насиље", "ПОРОДИЧНО НАСИЉЕ"]),
            ("djurdjevdan", &["đurđevdan", "Ђурђевдан", "Đurđevdan", "DJURDJEVDAN", "Ðurðevdan"]),
            ("djeca", &["djeca", "дјеца", "Djeca"]),
            ("dzep", &["džep", "џеп", "Džep", "ǅep"]),
            ("njegos", &["Njegoš", "Његош", "ǋegoš", "NJEGOŠ"]),
            ("ljubav", &["ljubav", "љубав", "ǈubav"]),
            ("kuca", &["kuća", "кућа", "kuča"]),
            ("zena", &["жена", "žena"]),
            ("gjorgji", &["Ѓорѓи", "Gjorgji", "ǵorǵi"]),
            ("kje", &["ќе", "kje", "ḱe"]),
            ("dzvezda", &["ѕвезда", "dzvezda"]),
            ("jugoistocna makedonija", &["југоисточна Македонија", "Jugoistočna Makedonija"]),
            ("istanbul", &["İstanbul", "ISTANBUL", "istanbul", "Istanbul", "ıstanbul"]),
            ("iskodra", &["İşkodra", "Işkodra"]),
            ("gunesli cocuk", &["GÜNEŞLİ ÇOCUK", "güneşli çocuk"]),
            ("tolstoj", &["Толстой"]),
            ("bulgarija", &["Булгария"]),
            ("scit", &["щит", "šćit"]),
            ("strasse oeuvre lodz", &["Straße œuvre Łódź", "STRASSE ŒUVRE ŁÓDŹ"]),
            ("office iv", &["oﬃce Ⅳ", "OFFICE IV"]),
            ("nasilje", &["na\u{AD}silje", "na\u{200B}silje"]),
        ] {
            for spelling in spellings {
                assert_eq!(fold(spelling), folded, "{spelling}");
            }
        }
    }

    #[test]
    fn keeps_other_scripts_and_punctuation() {
        for (given, folded) in [
            ("Ελλάδα ΣΟΦΟΣ", "ελλαδα σοφοσ"),
            ("العربية", "العربية"),
            ("한국어", "한국어"),
            ("が", "が"),
            ("1.5 % – „да“", "1.5 % – „da“"),
            ("", ""),
        ] {
            assert_eq!(fold(given), folded);
        }
    }

    proptest! {
        #[test]
        fn fold_is_idempotent(text in "\\PC{0,40}|[\\x{0}-\\x{24F}\\x{300}-\\x{52F}\\x{1E00}-\\x{1EFF}]{0,30}|.{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn fold_ignores_case(text in "[a-zčćđšžëçşğıöüа-яђјљњћџѓќѕ ]{0,30}") {
            // Capital I is the upper case of both ı and i, so both fold to i.
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text));
        }
    }
}

//! Folding: one plain surface form for every spelling that a reader means as the same.
//!
//! Search, slugs and suggestions compare folded text, so a keyboard without diacritics, the other
//! Serbian script and capitals all find the same items. Lucene's `SerbianNormalizationFilter` is
//! the model for Serbian; Macedonian, Albanian and Turkish letters are added, and Russian,
//! Ukrainian and Bulgarian ones are written as Serbian writes them. Scripts beside Latin and
//! Cyrillic keep their letters.

use icu_casemap::CaseMapper;
use icu_normalizer::properties::CanonicalCombiningClassMap;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// Combining classes below this one belong to the letter: nuktas, kana voicing marks, viramas.
const FIRST_MARK_CLASS: u8 = 10;

const ACUTE: char = '\u{301}';
const BREVE: char = '\u{306}';

/// Folds a text: lower case, no diacritics, Serbian and Macedonian Cyrillic as bare Latin.
///
/// `Žene`, `жене` and `ZENE` give `zene`. Punctuation and spaces stay. Folding what is folded
/// changes nothing.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    known_letters(text).unwrap_or_else(|| any_letters(text))
}

/// Folds a text that has only letters and signs which the catalogue's languages are written with,
/// each whole; `None` for others. Gives what [`any_letters`] gives, several times faster.
fn known_letters(text: &str) -> Option<String> {
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
                folded.push(letter)
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
            _ => folded.push_str(plain(letter)?),
        }
    }
    Some(folded)
}

/// Folds any text.
fn any_letters(text: &str) -> String {
    // Case is folded first, then letters are taken apart: `İ` becomes i and a dot above, and the
    // dot goes with the marks. Lowercasing by locale is never needed, since dotless `ı` is a letter
    // of the table.
    let cased = CaseMapper::new().fold_string(text);
    let decomposed = DecomposingNormalizer::new_nfkd();
    let cased = decomposed.normalize(&cased);
    // Compatibility forms can hide capitals (`Ⅳ`, `℡`), so case is folded again on what they are
    // made of.
    let cased = CaseMapper::new().fold_string(&cased);
    let bare = bare_letters(&decomposed.normalize(&cased));
    if bare.is_ascii() {
        return bare;
    }
    // Hangul and voiced kana are put together again: their pieces are no letters to a reader.
    ComposingNormalizer::new_nfc().normalize(&bare).into_owned()
}

/// Drops the marks of decomposed text and writes its letters in their bare form.
fn bare_letters(decomposed: &str) -> String {
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
            _ => match plain(letter) {
                Some(plain) => bare.push_str(plain),
                None => bare.push(letter),
            },
        }
    }
    bare
}

/// Whether a character belongs to the letter before it: folding drops it, or puts it together with
/// that letter.
pub(super) fn is_part_of_letter(c: char) -> bool {
    is_invisible(c) || CanonicalCombiningClassMap::new().get_u8(c) > 0
}

/// Characters that show nothing and split no word: soft hyphen, joiners, direction and variation
/// marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// The bare Latin form of a lower-case letter that decomposition leaves whole.
///
/// Russian, Ukrainian and Bulgarian letters are written as Serbian transcribes them: `щ` is `шч`,
/// Bulgarian `ъ` an a. Eth and African d look like `Đ` as capitals and are typed for it. `dž` loses
/// its caron in Latin too, so `џ` is `dz`, and meets Macedonian `ѕ`.
fn plain(letter: char) -> Option<&'static str> {
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
        fn known_letters_fold_as_any(text in "[a-zA-ZčćçšşžëéèêğüúûöóáàâäíîÇČĆŠŞŽËĞÜÖİıđĐа-яА-ЯђјљњћџѓќѕѐѝЂЈЉЊЋЏЃЌЅЀЍѐ„“”‘’–—«»æœþ 0-9.\u{301}\u{30C}\u{306}ß℡]{0,30}") {
            if let Some(folded) = known_letters(&text) {
                prop_assert_eq!(folded, any_letters(&text));
            }
        }
    }

    #[test]
    fn what_the_catalogue_is_written_with_is_known() {
        for text in [
            "Жените во Ѓорче Петров – „реч“",
            "Şiddetle mücadele, eşitliği",
            "Dhuna ndaj grave në Shqipëri",
            "Đačko nasilje i žene",
            "Џеп, Љуљашка, ќе",
        ] {
            assert!(known_letters(text).is_some(), "{text}");
        }
    }

    #[test]
    fn spellings_meet() {
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
    fn other_scripts_and_signs_stay() {
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
        fn folding_twice_changes_nothing(text in "\\PC{0,40}|[\\x{0}-\\x{24F}\\x{300}-\\x{52F}\\x{1E00}-\\x{1EFF}]{0,30}|.{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn capitals_do_not_matter(text in "[a-zčćđšžëçşğıöüа-яђјљњћџѓќѕ ]{0,30}") {
            // Capital I stands for both ı and i, so that lower and upper meet there too.
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text));
        }
    }
}

//! Registry of countries: ISO 3166-1 codes and CLDR names.
//!
//! Codes come from `rust_iso3166` and names from ICU4X's compiled CLDR data. The only entry
//! maintained here is Kosovo: XK is not an ISO 3166-1 code but in its user-assigned range (XA to
//! XZ); it is supported by CLDR and BCP 47 and used by EU and IATI publishers.
//!
//! The registry is built at the first call, in about a millisecond; after that a name is one array
//! access.

use std::sync::LazyLock;

use icu_locale::names::RegionDisplayName;
use icu_locale::subtags::Region;
use icu_locale::{LanguageIdentifier, langid};

/// Languages of country names, as BCP 47 tags.
pub const NAME_LANGUAGES: &[&str] = &LANGUAGES;

const LANGUAGES: [&str; 7] = ["en", "sq", "bs", "sr-Latn", "sr-Cyrl", "mk", "tr"];

/// ICU4X locales, in the order of [`LANGUAGES`].
const LOCALES: [LanguageIdentifier; 7] = [
    langid!("en"),
    langid!("sq"),
    langid!("bs"),
    langid!("sr-Latn"),
    langid!("sr-Cyrl"),
    langid!("mk"),
    langid!("tr"),
];

/// User-assigned codes of ISO 3166-1: alpha-2 and alpha-3.
const USER_ASSIGNED: [(&str, &str); 1] = [("XK", "XKX")];

/// 2020-01-01T00:00:00Z in milliseconds since the Unix epoch: the fixed timestamp in every
/// country's id.
const ID_TIMESTAMP_MS: u64 = 1_577_836_800_000;

/// A country or territory.
#[derive(Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-2 code, or XK.
    pub code: &'static str,
    /// ISO 3166-1 alpha-3 code, or XKX.
    pub alpha3: &'static str,
    /// Whether the code is in the user-assigned range of ISO 3166-1.
    pub user_assigned: bool,
    id: [u8; 16],
    names: [&'static str; LANGUAGES.len()],
}

impl Country {
    /// The id of the country, the same on every server.
    ///
    /// It has the bit layout of a `UUIDv7` (RFC 9562, section 5.7), so that ids of countries need
    /// no special case: a fixed timestamp, zeros, and the two letters of the code in the last two
    /// bytes.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Stands for a row id where items have theirs: the letters of the code as an integer.
    pub fn row_id(&self) -> i64 {
        self.code.bytes().fold(0, |number, letter| (number << 8) | i64::from(letter))
    }

    /// The name of the country in one of [`NAME_LANGUAGES`]; in English for any other language.
    ///
    /// Tags are compared case-insensitively (RFC 5646, section 2.1.1). Fallbacks between languages
    /// (`sr` without a script, `cnr`) are part of language negotiation and not applied here.
    pub fn name(&self, language: &str) -> &'static str {
        LANGUAGES
            .iter()
            .zip(self.names)
            .find_map(|(tag, name)| tag.eq_ignore_ascii_case(language).then_some(name))
            .unwrap_or(self.english())
    }

    fn english(&self) -> &'static str {
        let [english, ..] = self.names;
        english
    }

    fn new(code: &'static str, alpha3: &'static str, user_assigned: bool) -> Self {
        Self {
            code,
            alpha3,
            user_assigned,
            id: country_id(code),
            names: LOCALES.each_ref().map(|locale| display_name(code, locale)),
        }
    }
}

/// All countries, sorted by code.
pub fn all_countries() -> &'static [Country] {
    &COUNTRIES
}

/// Finds a country by its alpha-2 or alpha-3 code, ignoring case.
pub fn find_country(code: &str) -> Option<&'static Country> {
    if code.len() == 3 {
        return all_countries().iter().find(|country| country.alpha3.eq_ignore_ascii_case(code));
    }
    let upper = || code.bytes().map(|byte| byte.to_ascii_uppercase());
    let position =
        all_countries().binary_search_by(|country| country.code.bytes().cmp(upper())).ok()?;
    all_countries().get(position)
}

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let official =
        rust_iso3166::ALL.iter().map(|entry| Country::new(entry.alpha2, entry.alpha3, false));
    let user_assigned =
        USER_ASSIGNED.into_iter().map(|(code, alpha3)| Country::new(code, alpha3, true));
    let mut countries: Vec<Country> = official.chain(user_assigned).collect();
    countries.sort_unstable_by_key(|country| country.code);
    countries
});

/// The name of a country from ICU4X; its code if CLDR had no name, which a test rules out.
///
/// The string is leaked on purpose: it is created once and lives as long as the process.
fn display_name(code: &str, locale: &LanguageIdentifier) -> &'static str {
    let name = Region::try_from_str(code).map_or_else(
        |_| code.to_owned(),
        |region| RegionDisplayName::new_light_with_fallback(locale.into(), region).to_string(),
    );
    name.leak()
}

fn country_id(code: &str) -> [u8; 16] {
    let [_, _, t0, t1, t2, t3, t4, t5] = ID_TIMESTAMP_MS.to_be_bytes();
    let mut letters = code.bytes();
    let (first, second) = (letters.next().unwrap_or_default(), letters.next().unwrap_or_default());
    // The version is in the upper half of byte 6, the variant in the two upper bits of byte 8.
    [t0, t1, t2, t3, t4, t5, 0x70, 0, 0x80, 0, 0, 0, 0, 0, first, second]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn name(code: &str, language: &str) -> &'static str {
        find_country(code).unwrap().name(language)
    }

    #[test]
    fn has_every_iso_code_and_kosovo() {
        assert_eq!(all_countries().iter().filter(|country| !country.user_assigned).count(), 249);
        let user_assigned: Vec<_> =
            all_countries().iter().filter(|country| country.user_assigned).collect();
        assert_eq!(user_assigned.len(), 1);
        assert_eq!((user_assigned[0].code, user_assigned[0].alpha3), ("XK", "XKX"));
        assert!(all_countries().is_sorted_by(|a, b| a.code < b.code));
        assert_eq!(
            all_countries().iter().map(|country| country.alpha3).collect::<HashSet<_>>().len(),
            250
        );
        for country in all_countries() {
            assert!(country.code.len() == 2 && country.alpha3.len() == 3, "{country:?}");
            assert!(
                country
                    .code
                    .bytes()
                    .chain(country.alpha3.bytes())
                    .all(|byte| byte.is_ascii_uppercase())
            );
        }
    }

    #[test]
    fn finds_by_alpha2_or_alpha3_ignoring_case() {
        for country in all_countries() {
            assert_eq!(find_country(country.code).unwrap().code, country.code);
            assert_eq!(find_country(&country.code.to_lowercase()).unwrap().code, country.code);
            assert_eq!(find_country(country.alpha3).unwrap().code, country.code);
        }
        assert_eq!(find_country("xkx").unwrap().code, "XK");
        assert_eq!(find_country("mKd").unwrap().code, "MK");
        for wrong in ["", "X", "XX", "XXX", "YU", "AN", "ALBANIA", "AL ", "АЛ", "é"] {
            assert!(find_country(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn ids_are_valid_unique_and_stable() {
        let ids: HashSet<_> = all_countries().iter().map(Country::id).collect();
        assert_eq!(ids.len(), all_countries().len());
        for country in all_countries() {
            let id = uuid::Uuid::from_bytes(country.id());
            assert_eq!(id.get_version(), Some(uuid::Version::SortRand));
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            assert_eq!(id.get_timestamp().unwrap().to_unix(), (1_577_836_800, 0));
        }
        let id = |code| uuid::Uuid::from_bytes(find_country(code).unwrap().id()).to_string();
        assert_eq!(id("AL"), "016f5e66-e800-7000-8000-00000000414c");
        assert_eq!(id("XK"), "016f5e66-e800-7000-8000-00000000584b");
    }

    #[test]
    fn names_match_cldr() {
        let expected = [
            (
                "AL",
                [
                    "Albania",
                    "Shqipëri",
                    "Albanija",
                    "Albanija",
                    "Албанија",
                    "Албанија",
                    "Arnavutluk",
                ],
            ),
            (
                "BA",
                [
                    "Bosnia & Herzegovina",
                    "Bosnjë-Hercegovinë",
                    "Bosna i Hercegovina",
                    "Bosna i Hercegovina",
                    "Босна и Херцеговина",
                    "Босна и Херцеговина",
                    "Bosna-Hersek",
                ],
            ),
            ("XK", ["Kosovo", "Kosovë", "Kosovo", "Kosovo", "Косово", "Косово", "Kosova"]),
            (
                "ME",
                [
                    "Montenegro",
                    "Mal i Zi",
                    "Crna Gora",
                    "Crna Gora",
                    "Црна Гора",
                    "Црна Гора",
                    "Karadağ",
                ],
            ),
            (
                "MK",
                [
                    "North Macedonia",
                    "Maqedonia e Veriut",
                    "Sjeverna Makedonija",
                    "Severna Makedonija",
                    "Северна Македонија",
                    "Северна Македонија",
                    "Kuzey Makedonya",
                ],
            ),
            ("RS", ["Serbia", "Serbi", "Srbija", "Srbija", "Србија", "Србија", "Sırbistan"]),
            ("TR", ["Türkiye", "Turqi", "Turska", "Turska", "Турска", "Турција", "Türkiye"]),
        ];
        for (code, names) in expected {
            for (language, expected) in NAME_LANGUAGES.iter().zip(names) {
                println!("{code} {language}: {}", name(code, language));
                assert_eq!(name(code, language), expected, "{code} in {language}");
            }
        }
    }

    #[test]
    fn names_use_script_of_language() {
        for country in all_countries() {
            for language in NAME_LANGUAGES {
                let name = country.name(language);
                assert_ne!(name, country.code, "{language} has no name");
                let cyrillic = matches!(*language, "sr-Cyrl" | "mk");
                let fits = |letter: char| ('\u{400}'..='\u{4ff}').contains(&letter) == cyrillic;
                assert!(name.chars().filter(|c| c.is_alphabetic()).all(fits), "{language}: {name}");
            }
        }
    }

    #[test]
    fn other_languages_fall_back_to_english() {
        assert_eq!(name("TR", "de"), "Türkiye");
        assert_eq!(name("MK", ""), "North Macedonia");
        assert_eq!(name("MK", "SR-LATN"), "Severna Makedonija");
    }

    #[test]
    fn languages_match_locales() {
        for (language, locale) in LANGUAGES.iter().zip(&LOCALES) {
            assert_eq!(*language, locale.to_string());
        }
    }
}

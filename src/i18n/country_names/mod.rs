//! Countries and territories: codes, localized names, and the footnote to the designation of
//! Kosovo.

mod registry;

use serde::Serialize;
use utoipa::ToSchema;

use crate::text::fold::fold;

pub use crate::i18n::country_names::registry::Country;
pub use crate::i18n::country_names::registry::NAME_LANGUAGES;
pub use crate::i18n::country_names::registry::all_countries;
pub use crate::i18n::country_names::registry::find_country;

/// The European Union's footnote to the designation of Kosovo.
const EU_FOOTNOTE: &str = "This designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999 and the ICJ Opinion on the Kosovo declaration of independence.";
/// The United Nations' footnote.
const UN_FOOTNOTE: &str = "All references to Kosovo shall be understood to be in the context of United Nations Security Council resolution 1244 (1999).";

/// A country or territory, as referenced by an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountryReference {
    /// ISO 3166-1 alpha-2 code, or XK.
    #[schema(example = "XK", min_length = 2, max_length = 2)]
    pub code: &'static str,
    /// Name in the language of the response (CLDR).
    #[schema(example = "Kosovo")]
    pub name: &'static str,
    /// Footnote that must be displayed wherever the name is displayed.
    #[schema(required)]
    pub footnote: Option<String>,
}

/// Footnote to the designation of Kosovo.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum KosovoFootnote {
    /// The European Union's wording.
    #[default]
    Eu,
    /// The United Nations' wording.
    Un,
    /// A wording of the publisher.
    Custom(String),
    /// No footnote.
    None,
}

/// Country names and footnotes as configured for this server.
#[derive(Clone, Debug)]
pub struct CountryNames {
    footnote: Option<String>,
}

impl CountryNames {
    /// Creates the names with a footnote for Kosovo.
    pub fn new(kosovo_footnote: KosovoFootnote) -> Self {
        let footnote = match kosovo_footnote {
            KosovoFootnote::Eu => Some(EU_FOOTNOTE.to_owned()),
            KosovoFootnote::Un => Some(UN_FOOTNOTE.to_owned()),
            KosovoFootnote::Custom(text) => Some(text),
            KosovoFootnote::None => None,
        };
        Self { footnote }
    }

    /// Distinguishes configurations: part of every `ETag` whose response contains country names.
    pub fn cache_key(&self) -> &str {
        self.footnote.as_deref().unwrap_or_default()
    }

    /// The footnote that must be displayed with a country's name.
    pub fn designation_footnote(&self, code: &str) -> Option<&str> {
        self.footnote.as_deref().filter(|_| code == "XK")
    }

    /// A country by its code, named in one of [`NAME_LANGUAGES`]; `None` for an unknown code.
    pub fn country_reference(&self, code: &str, language: &str) -> Option<CountryReference> {
        let country = find_country(code)?;
        Some(CountryReference {
            code: country.code,
            name: country.name(language),
            footnote: self.designation_footnote(country.code).map(str::to_owned),
        })
    }
}

/// Error message for an unknown country code; suggests the country of that name, or the codes with
/// the same first letter.
pub fn unknown_country_message(text: &str) -> String {
    let folded = fold(text);
    let by_name = all_countries().iter().find(|country| {
        NAME_LANGUAGES.iter().any(|language| fold(country.name(language)) == folded)
    });
    let hint = if let Some(country) = by_name {
        format!("; did you mean `{}`?", country.code)
    } else {
        // The first letter of a wrong two-letter code is usually correct.
        let initial = text.chars().next().map(|initial| initial.to_ascii_uppercase());
        let codes: Vec<&str> = all_countries()
            .iter()
            .map(|country| country.code)
            .filter(|code| code.chars().next() == initial)
            .collect();
        if codes.is_empty() {
            String::new()
        } else {
            format!("; codes with the same first letter are {}", codes.join(", "))
        }
    };
    format!(
        "`{}` is not a country code (ISO 3166-1 alpha-2, or XK){hint}",
        crate::text::truncate_for_message(text)
    )
}

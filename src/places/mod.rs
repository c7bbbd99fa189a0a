//! Countries and territories: codes, names in the audience's languages, and the footnote that one
//! designation needs.

mod registry;

use serde::Serialize;
use utoipa::ToSchema;

use crate::text::fold::fold;

pub use registry::{Country, NAME_LANGUAGES, all, find};

/// The EU's footnote to the designation of Kosovo.
const EU_FOOTNOTE: &str = "This designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999 and the ICJ Opinion on the Kosovo declaration of independence.";
/// The United Nations' footnote.
const UN_FOOTNOTE: &str = "All references to Kosovo shall be understood to be in the context of United Nations Security Council resolution 1244 (1999).";

/// A country as an item shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountryReference {
    /// ISO 3166-1 alpha-2 code, or XK.
    #[schema(example = "XK", min_length = 2, max_length = 2)]
    pub code: &'static str,
    /// Name in the answer's language (CLDR).
    #[schema(example = "Kosovo")]
    pub name: &'static str,
    /// What must be said wherever the name stands.
    #[schema(required)]
    pub footnote: Option<String>,
}

/// What is said wherever the designation of Kosovo stands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Designation {
    /// The EU's wording.
    #[default]
    Eu,
    /// The United Nations' wording.
    Un,
    /// The publisher's own wording.
    Own(String),
    /// Nothing.
    None,
}

/// Names and footnotes as this server shows them.
#[derive(Clone, Debug)]
pub struct Places {
    footnote: Option<String>,
}

impl Places {
    /// With this footnote.
    pub fn new(designation: Designation) -> Self {
        let footnote = match designation {
            Designation::Eu => Some(EU_FOOTNOTE.to_owned()),
            Designation::Un => Some(UN_FOOTNOTE.to_owned()),
            Designation::Own(text) => Some(text),
            Designation::None => None,
        };
        Self { footnote }
    }

    /// What makes one configuration another: part of every `ETag`.
    pub fn identity(&self) -> &str {
        self.footnote.as_deref().unwrap_or_default()
    }

    /// The footnote that a country's name owes.
    pub fn footnote(&self, code: &str) -> Option<&str> {
        self.footnote.as_deref().filter(|_| code == "XK")
    }

    /// A country as items show it, named in one of [`NAME_LANGUAGES`].
    pub fn country(&self, code: &str, language: &str) -> Option<CountryReference> {
        let country = find(code)?;
        Some(CountryReference {
            code: country.code,
            name: country.name(language),
            footnote: self.footnote(country.code).map(str::to_owned),
        })
    }
}

/// The sentence for a code that does not exist; suggests the country whose name or code is near.
pub fn unknown(text: &str) -> String {
    let folded = fold(text);
    let by_name = all().iter().find(|country| {
        NAME_LANGUAGES.iter().any(|language| fold(country.name(language)) == folded)
    });
    let hint = if let Some(country) = by_name {
        format!("; did you mean `{}`?", country.code)
    } else {
        // Of two letters the first is seldom the wrong one.
        let initial = text.chars().next().map(|initial| initial.to_ascii_uppercase());
        let codes: Vec<&str> = all()
            .iter()
            .map(|country| country.code)
            .filter(|code| code.chars().next() == initial)
            .collect();
        if codes.is_empty() {
            String::new()
        } else {
            format!("; those with the same initial are {}", codes.join(", "))
        }
    };
    format!("`{}` is not a country code (ISO 3166-1 alpha-2, or XK){hint}", crate::text::clip(text))
}

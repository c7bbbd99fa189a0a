//! Representation of a country, and filtering and sorting of the country list.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Id;
use crate::i18n::country_names;
use crate::i18n::country_names::CountryNames;
use crate::resource::query::pagination::PageInfo;
use crate::resource::read::page::Links;
use crate::text::analyzer::AnalyzedTexts;
use crate::text::collation::sort_key;
use crate::text::language::Language;
use crate::text::query::SearchQuery;
use crate::text::stem::StemmerLanguage;

/// Field names that `fields` accepts.
pub const FIELDS: &[&str] = &[
    "id",
    "slug",
    "status",
    "code",
    "alpha3",
    "name",
    "names",
    "language",
    "user_assigned",
    "footnote",
];

/// A country or territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Country {
    /// Identifier, identical on every server.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// The code in lower case.
    #[schema(example = "xk")]
    pub slug: String,
    /// Always `published`.
    #[schema(value_type = crate::resource::model::item::Status, example = "published")]
    pub status: &'static str,
    /// ISO 3166-1 alpha-2 code, or XK.
    #[schema(example = "XK", min_length = 2, max_length = 2)]
    pub code: &'static str,
    /// ISO 3166-1 alpha-3 code, or XKX.
    #[schema(example = "XKX", min_length = 3, max_length = 3)]
    pub alpha3: &'static str,
    /// Name in the language of the response (CLDR).
    #[schema(example = "Kosovo")]
    pub name: &'static str,
    /// Names in all supported languages by language tag (CLDR).
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "Kosovo", "sq": "Kosovë", "sr-Cyrl": "Косово"}))]
    pub names: std::collections::BTreeMap<&'static str, &'static str>,
    /// Language of `name` (BCP 47).
    #[schema(example = "en")]
    pub language: &'static str,
    /// Whether the code is in the user-assigned range of ISO 3166-1.
    pub user_assigned: bool,
    /// Footnote that must accompany the name.
    #[schema(required)]
    pub footnote: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, ToSchema)]
pub struct CountryPage {
    /// Items of this page.
    pub data: Vec<Country>,
    /// Position of the page in the list.
    pub page: PageInfo,
    /// Links to this page and its neighbours.
    pub links: Links,
}

impl Country {
    /// Renders the representation, with the name in one of [`country_names::NAME_LANGUAGES`].
    pub fn new(
        country: &'static country_names::Country,
        language: &'static str,
        places: &CountryNames,
    ) -> Self {
        Self {
            id: Id(uuid::Uuid::from_bytes(country.id())),
            slug: country.code.to_ascii_lowercase(),
            status: "published",
            code: country.code,
            alpha3: country.alpha3,
            name: country.name(language),
            names: country_names::NAME_LANGUAGES
                .iter()
                .map(|tag| (*tag, country.name(tag)))
                .collect(),
            language,
            user_assigned: country.user_assigned,
            footnote: places.designation_footnote(country.code).map(str::to_owned),
        }
    }
}

/// Finds a country by code or identifier.
pub fn find(name: &str) -> Option<&'static country_names::Country> {
    country_names::find_country(name).or_else(|| {
        let id = Id::parse(name)?;
        country_names::all_countries()
            .iter()
            .find(|country| uuid::Uuid::from_bytes(country.id()) == id.0)
    })
}

/// Sort order of countries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CountrySort {
    /// By code.
    Code,
    /// By name, in the collation of the language.
    Name,
}

/// The filters and the order of a list of countries.
pub struct CountryQuery {
    /// Query of a search in codes and names.
    pub search: Option<SearchQuery>,
    /// Codes or identifiers; unknown ones are ignored.
    pub ids: Option<Vec<String>>,
    /// Sort order.
    pub sort: CountrySort,
    /// Whether the order is reversed.
    pub descending: bool,
    /// Language of the names by which the list is sorted.
    pub language: &'static str,
}

/// Matching countries in sort order.
pub fn list(query: &CountryQuery) -> Vec<&'static country_names::Country> {
    let mut found: Vec<&'static country_names::Country> = country_names::all_countries()
        .iter()
        .filter(|country| {
            query.ids.as_ref().is_none_or(|names| {
                names.iter().any(|name| find(name).is_some_and(|named| named.code == country.code))
            })
        })
        .filter(|country| query.search.as_ref().is_none_or(|search| matches(search, country)))
        .collect();
    if query.sort == CountrySort::Name {
        let language = Language::parse(query.language).unwrap_or_default();
        found.sort_by_cached_key(|country| sort_key(country.name(language.as_str()), &language));
    }
    if query.descending {
        found.reverse();
    }
    found
}

/// Whether a country's code or its name in any language matches, by the rules of full-text search.
fn matches(query: &SearchQuery, country: &country_names::Country) -> bool {
    let mut tokens = AnalyzedTexts::default();
    for tag in country_names::NAME_LANGUAGES {
        tokens.add_text(
            country.name(tag),
            Language::parse(tag).ok().as_ref().and_then(StemmerLanguage::from_language),
        );
    }
    tokens.add_text(country.code, None);
    query.matches(&tokens)
}

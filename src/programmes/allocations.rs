//! Allocation of a programme to sectors, countries and regions, as required by IATI.

use std::collections::BTreeMap;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::text::iati_codelists::{REGION_VOCABULARIES, is_region};

/// A sector of a programme.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Sector {
    /// Code in the vocabulary.
    #[schema(min_length = 1, max_length = 200, example = "15180")]
    pub code: String,
    /// IATI code of the vocabulary (`SectorVocabulary`); 1 by default, the purpose codes of the
    /// OECD DAC.
    #[schema(required, max_length = 200, example = "1")]
    pub vocabulary: Option<String>,
    /// Percentage of the programme among the sectors of its vocabulary.
    #[schema(
        required,
        pattern = r"^0*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)$",
        max_length = 60,
        example = "100"
    )]
    pub percentage: Option<String>,
    /// Name, in the original language of the programme; IATI requires it in the vocabularies 98 and
    /// 99. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 300)]
    pub name: Option<String>,
}

/// Percentage of a programme allocated to a country.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CountryShare {
    /// The country: one of `countries`.
    #[schema(min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$", example = "XK")]
    pub country: String,
    /// Percentage.
    #[schema(pattern = r"^0*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)$", max_length = 60, example = "40")]
    pub percentage: String,
}

/// A region of a programme, instead of or in addition to countries.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct RecipientRegion {
    /// Code in the vocabulary, such as 298 (Africa).
    #[schema(min_length = 1, max_length = 200, example = "298")]
    pub code: String,
    /// IATI code of the vocabulary (`RegionVocabulary`): 1 (OECD DAC, the default), 2 (United
    /// Nations) or 99 (own).
    #[schema(example = "1")]
    pub vocabulary: String,
    /// Percentage of the programme.
    #[schema(
        required,
        pattern = r"^0*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)$",
        max_length = 60,
        example = "100"
    )]
    pub percentage: Option<String>,
    /// Name, in the original language of the programme.
    #[schema(required, max_length = 300)]
    pub name: Option<String>,
}

/// The allocation of a programme to countries and regions.
#[derive(Debug)]
pub struct RecipientPlaces {
    /// Shares of countries.
    pub country_shares: Vec<CountryShare>,
    /// Regions.
    pub regions: Vec<RecipientRegion>,
}

/// Parses `sectors`. The percentages of several sectors in one vocabulary must add up to 100, or
/// all be omitted.
pub fn parse_sectors(fields: &mut JsonFields<'_, '_>) -> Vec<Sector> {
    let sectors: Vec<Sector> = fields.objects("sectors", |mut inner| {
        let (code, vocabulary) =
            (inner.text("code", limits::SHORT_TEXT), inner.text("vocabulary", limits::SHORT_TEXT));
        let percentage = inner.percentage("percentage");
        let name = inner.text("name", limits::TITLE);
        inner.require("code", code.is_some());
        inner.finish();
        Some(Sector {
            code: code?,
            vocabulary: Some(vocabulary.unwrap_or_else(|| "1".to_owned())),
            percentage,
            name,
        })
    });
    let mut vocabularies: BTreeMap<&str, Vec<&Sector>> = BTreeMap::new();
    for sector in &sectors {
        vocabularies
            .entry(sector.vocabulary.as_deref().unwrap_or_default())
            .or_default()
            .push(sector);
    }
    for (vocabulary, of_it) in vocabularies {
        let shares: Vec<&str> =
            of_it.iter().filter_map(|sector| sector.percentage.as_deref()).collect();
        let is_repeated = of_it.iter().enumerate().any(|(place, one)| {
            of_it.iter().skip(place.saturating_add(1)).any(|other| other.code == one.code)
        });
        if is_repeated {
            fields.error(
                "sectors",
                "repeated",
                format!("A sector of vocabulary {vocabulary} is repeated."),
            );
        }
        if !shares.is_empty() && (shares.len() < of_it.len() || !sums_to_100(&shares)) {
            let detail = format!(
                "The percentages of the sectors of vocabulary {vocabulary} must add up to 100, or all be omitted."
            );
            fields.error("sectors", "invalid_sum", detail);
        }
    }
    sectors
}

/// Parses `country_shares` and `regions`. In each vocabulary of regions, their percentages and those
/// of the countries must add up to 100.
pub fn parse_recipient_places(
    fields: &mut JsonFields<'_, '_>,
    countries: &[String],
) -> RecipientPlaces {
    let places = RecipientPlaces {
        country_shares: parse_country_shares(fields, countries),
        regions: parse_regions(fields),
    };
    let shares: Vec<&str> =
        places.country_shares.iter().map(|share| share.percentage.as_str()).collect();
    if places.regions.is_empty() && !shares.is_empty() && !sums_to_100(&shares) {
        fields.error("country_shares", "invalid_sum", "The percentages must add up to 100.");
    }
    let mut vocabularies: BTreeMap<&str, Vec<&RecipientRegion>> = BTreeMap::new();
    for region in &places.regions {
        vocabularies.entry(&region.vocabulary).or_default().push(region);
    }
    for (vocabulary, of_it) in vocabularies {
        let own: Vec<&str> =
            of_it.iter().filter_map(|region| region.percentage.as_deref()).collect();
        let is_omitted = own.is_empty() && shares.is_empty();
        let all = [shares.as_slice(), own.as_slice()].concat();
        if !is_omitted && (own.len() < of_it.len() || !sums_to_100(&all)) {
            let detail = format!(
                "The percentages of the regions of vocabulary {vocabulary} and of `country_shares` must add up to 100, or all be omitted."
            );
            fields.error("regions", "invalid_sum", detail);
        }
    }
    places
}

fn parse_country_shares(
    fields: &mut JsonFields<'_, '_>,
    countries: &[String],
) -> Vec<CountryShare> {
    let mut seen: Vec<String> = Vec::new();
    fields.objects("country_shares", |mut inner| {
        let (country, percentage) = (inner.country("country"), inner.percentage("percentage"));
        inner.require("country", country.is_some());
        inner.require("percentage", percentage.is_some());
        if let Some(country) = country.as_ref() {
            if !countries.contains(country) {
                inner.error(
                    "country",
                    "not_allowed",
                    format!("`{country}` is not in the `countries` of the programme."),
                );
            } else if seen.contains(country) {
                inner.error("country", "repeated", format!("`{country}` is repeated."));
            }
            seen.push(country.clone());
        }
        inner.finish();
        Some(CountryShare { country: country?, percentage: percentage? })
    })
}

fn parse_regions(fields: &mut JsonFields<'_, '_>) -> Vec<RecipientRegion> {
    let mut seen: Vec<(String, String)> = Vec::new();
    fields.objects("regions", |mut inner| {
        let code = inner.text("code", limits::SHORT_TEXT);
        let vocabulary = inner.one_of("vocabulary", REGION_VOCABULARIES);
        let vocabulary = vocabulary.unwrap_or_else(|| "1".to_owned());
        let percentage = inner.percentage("percentage");
        let name = inner.text("name", limits::TITLE);
        inner.require("code", code.is_some());
        if let Some(code) = code.as_ref() {
            let own = (vocabulary.clone(), code.clone());
            if !is_region(&vocabulary, code) {
                let detail = format!(
                    "`{}` is not a region of vocabulary {vocabulary}.",
                    crate::text::truncate_for_message(code)
                );
                inner.error("code", "unknown_value", detail);
            } else if seen.contains(&own) {
                inner.error("code", "repeated", format!("`{code}` is repeated."));
            }
            seen.push(own);
        }
        inner.finish();
        Some(RecipientRegion { code: code?, vocabulary, percentage, name })
    })
}

/// Whether decimals add up to exactly 100.
pub fn sums_to_100(shares: &[&str]) -> bool {
    let sum: BigDecimal = shares.iter().filter_map(|share| BigDecimal::from_str(share).ok()).sum();
    sum == 100
}

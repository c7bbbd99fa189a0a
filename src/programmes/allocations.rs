//! Allocation of a programme to sectors and countries, as required by IATI.

use std::collections::BTreeMap;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};

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

/// Parses `sectors`. The percentages of several sectors in one vocabulary must add up to 100, or
/// all be omitted.
pub fn parse_sectors(fields: &mut JsonFields<'_, '_>) -> Vec<Sector> {
    let sectors: Vec<Sector> = fields.objects("sectors", |mut inner| {
        let (code, vocabulary) =
            (inner.text("code", limits::SHORT_TEXT), inner.text("vocabulary", limits::SHORT_TEXT));
        let percentage = inner.percentage("percentage");
        inner.require("code", code.is_some());
        inner.finish();
        Some(Sector {
            code: code?,
            vocabulary: Some(vocabulary.unwrap_or_else(|| "1".to_owned())),
            percentage,
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

/// Parses `country_shares`, whose percentages must add up to 100.
pub fn parse_country_shares(
    fields: &mut JsonFields<'_, '_>,
    countries: &[String],
) -> Vec<CountryShare> {
    let mut seen: Vec<String> = Vec::new();
    let shares: Vec<CountryShare> = fields.objects("country_shares", |mut inner| {
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
    });
    let percentages: Vec<&str> = shares.iter().map(|share| share.percentage.as_str()).collect();
    if !percentages.is_empty() && !sums_to_100(&percentages) {
        fields.error("country_shares", "invalid_sum", "The percentages must add up to 100.");
    }
    shares
}

/// Whether decimals add up to exactly 100.
pub fn sums_to_100(shares: &[&str]) -> bool {
    let sum: BigDecimal = shares.iter().filter_map(|share| BigDecimal::from_str(share).ok()).sum();
    sum == 100
}

//! Countries and sectors of an activity, with their percentages.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use serde_json::{Map, Value as Json, json};

use super::mapper::ImportMapper;
use crate::iati::activity::{Activity, Sector};
use crate::programmes::allocations::sums_to_100;
use crate::text::decimal::format::{decimal_sort_key, normalize_decimal};

impl ImportMapper<'_> {
    /// Countries and their percentages. Without countries, those of the locations.
    pub(super) fn map_countries(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut countries = distinct_countries(activity);
        if countries.is_empty() {
            for location in &activity.locations {
                if !countries.iter().any(|(known, _)| *known == location.country) {
                    countries.push((&location.country, None));
                }
            }
        }
        let stated: Vec<&str> =
            countries.iter().filter_map(|(_, percentage)| percentage.as_deref()).collect();
        // A single country may omit its percentage.
        let is_shared = stated.len() == countries.len() && stated.len() > 1 && are_shares(&stated);
        if !is_shared && countries.len() > 1 && activity.regions.is_empty() {
            let name = "recipient-country/@percentage (the sum is not 100)";
            self.count_skipped(name, stated.len());
        }
        let shares = countries.iter().filter(|_| is_shared);
        let shares: Vec<Json> = shares
            .map(|(code, percentage)| json!({"country": code, "percentage": percentage}))
            .collect();
        let countries: Vec<&str> = countries.iter().map(|(code, _)| *code).collect();
        body.insert("countries".to_owned(), json!(countries));
        body.insert("country_shares".to_owned(), json!(shares));
    }

    /// Sectors and their percentages, which are those among the sectors of a vocabulary.
    pub(super) fn map_sectors(&mut self, activity: &Activity, body: &mut Map<String, Json>) {
        let mut sectors: Vec<Sector> = Vec::new();
        for sector in &activity.sectors {
            let known = sectors
                .iter_mut()
                .find(|known| known.vocabulary == sector.vocabulary && known.code == sector.code);
            match known {
                Some(known) => {
                    known.percentage =
                        sum(known.percentage.as_deref(), sector.percentage.as_deref());
                }
                None => sectors.push(sector.clone()),
            }
        }
        let mut listed: Vec<Json> = Vec::new();
        for sector in &sectors {
            let of_it: Vec<&Sector> =
                sectors.iter().filter(|other| other.vocabulary == sector.vocabulary).collect();
            let stated: Vec<&str> =
                of_it.iter().filter_map(|other| other.percentage.as_deref()).collect();
            let is_shared = of_it.len() > 1 && stated.len() == of_it.len() && are_shares(&stated);
            if sector.percentage.is_some() && !is_shared && of_it.len() > 1 {
                self.count_skipped("sector/@percentage (the sum is not 100)", 1);
            }
            let percentage = sector.percentage.as_ref().filter(|_| is_shared);
            let name = self.first_name(&sector.name, "sector/narrative");
            listed.push(json!({"code": sector.code, "vocabulary": sector.vocabulary, "percentage": percentage, "name": name}));
        }
        body.insert("sectors".to_owned(), json!(listed));
    }
}

/// The countries of an activity, each once, with their percentages.
pub(super) fn distinct_countries(activity: &Activity) -> Vec<(&str, Option<String>)> {
    let mut countries: Vec<(&str, Option<String>)> = Vec::new();
    for (code, percentage) in &activity.countries {
        match countries.iter_mut().find(|(known, _)| known == code) {
            Some((_, known)) => *known = sum(known.as_deref(), percentage.as_deref()),
            None => countries.push((code, percentage.clone())),
        }
    }
    countries
}

/// The sum of the percentages of a country or sector that is named twice; `None` if one is unknown.
fn sum(first: Option<&str>, second: Option<&str>) -> Option<String> {
    let sum = BigDecimal::from_str(first?).ok()? + BigDecimal::from_str(second?).ok()?;
    normalize_decimal(&sum.to_plain_string())
}

/// Whether percentages add up to 100, and none is outside 0 to 100.
pub(super) fn are_shares(percentages: &[&str]) -> bool {
    let bound = |bound: &str| decimal_sort_key(bound).unwrap_or_default();
    let (none, all) = (bound("0"), bound("100"));
    let is_within = |percentage: &&str| {
        decimal_sort_key(percentage).is_some_and(|order| order >= none && order <= all)
    };
    percentages.iter().all(is_within) && sums_to_100(percentages)
}

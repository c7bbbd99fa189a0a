//! The results that the organisation's own file has already.

use std::collections::BTreeSet;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;

use super::own_file::{Element, children, text_of};
use crate::iati::activity::{
    Activity, Baseline, DimensionSlice, IatiResult, Indicator, Period, PeriodValue,
};
use crate::iati::codes;

/// What a value is about: countries, the places below them, and dimensions.
#[derive(Debug, Default)]
struct SliceKey {
    countries: BTreeSet<String>,
    /// The names of each place in lower case, in all languages.
    places: Vec<BTreeSet<String>>,
    /// The country of the activity, if it has only one: that of values without a location.
    only_country: Option<String>,
    dimensions: BTreeSet<(String, String)>,
}

impl PartialEq for SliceKey {
    fn eq(&self, other: &Self) -> bool {
        let places = || self.places.iter().zip(&other.places);
        self.dimensions == other.dimensions
            && self.places.len() == other.places.len()
            && places().all(|(one, other)| !one.is_disjoint(other))
            && (self.countries == other.countries
                || self.implied_countries() == other.implied_countries())
    }
}

impl SliceKey {
    fn implied_countries(&self) -> BTreeSet<&String> {
        match &self.only_country {
            Some(only) if self.countries.is_empty() => BTreeSet::from([only]),
            _ => self.countries.iter().collect(),
        }
    }

    /// The slice of a value of the catalogue.
    fn of_value(slice: &DimensionSlice, activity: &Activity) -> Self {
        let mut key = Self::default();
        if let [(country, _)] = &*activity.countries {
            key.only_country = Some(country.clone());
        }
        for reference in &slice.locations {
            let place = activity.places.iter().find(|place| place.reference == *reference);
            match place.filter(|place| !place.name.is_empty()) {
                Some(place) => {
                    key.places.push(place.name.iter().map(|(_, name)| comparable(name)).collect());
                }
                None => drop(key.countries.insert(reference.clone())),
            }
        }
        key.dimensions = slice.dimensions.iter().cloned().collect();
        key
    }

    /// The slice of a value of the file. A location with the name of a country is that country.
    fn of_element(value: Element<'_, '_>, activity: Element<'_, '_>, catalogue: &Activity) -> Self {
        let mut key = Self::default();
        let mut countries = children(activity, "recipient-country");
        if let (Some(country), None) = (countries.next(), countries.next()) {
            key.only_country = country.attribute("code").map(str::to_owned);
        }
        for reference in children(value, "location").filter_map(|one| one.attribute("ref")) {
            let location = children(activity, "location")
                .find(|location| location.attribute("ref") == Some(reference));
            let names: BTreeSet<String> = location
                .iter()
                .flat_map(|location| children(*location, "name"))
                .flat_map(|name| children(name, "narrative"))
                .map(|narrative| comparable(&text_of(narrative)))
                .collect();
            let matching = catalogue.locations.iter().find(|known| {
                known.name.iter().any(|(_, known)| names.contains(&comparable(known)))
            });
            let country = location.and_then(country_of);
            if let Some(country) = country.or(matching.map(|known| known.country.as_str())) {
                key.countries.insert(country.to_owned());
            } else if names.is_empty() {
                key.places.push(BTreeSet::from([comparable(reference)]));
            } else {
                key.places.push(names);
            }
        }
        let attribute =
            |one: Element<'_, '_>, name: &str| one.attribute(name).unwrap_or_default().to_owned();
        key.dimensions = children(value, "dimension")
            .map(|one| (attribute(one, "name"), attribute(one, "value")))
            .collect();
        key
    }
}

/// The country that a location of an activity stands for.
pub(super) fn country_of<'a>(location: Element<'a, '_>) -> Option<&'a str> {
    children(location, "location-id")
        .find(|id| id.attribute("vocabulary") == Some(codes::COUNTRY_VOCABULARY))
        .and_then(|id| id.attribute("code"))
}

/// A value of the file that the catalogue has too.
pub(super) struct SharedValue<'a, 'i> {
    /// The `actual` or `target` element.
    pub(super) element: Element<'a, 'i>,
    /// The value of the catalogue.
    pub(super) value: PeriodValue,
}

/// A value of the file that differs from that of the catalogue for the same period, place and
/// dimensions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DifferingValue {
    /// `actual` or `target`.
    pub name: &'static str,
    /// Title of the indicator.
    pub indicator: String,
    /// First and last day of the period.
    pub period: (NaiveDate, NaiveDate),
    /// Value in the file, which stays.
    pub own: String,
    /// Value of the catalogue, which is not inserted.
    pub catalogue: String,
}

/// How results of the catalogue relate to those of the file, apart from what the file lacks.
#[derive(Default)]
pub(super) struct Divided<'a, 'i> {
    /// Values that both have.
    pub(super) shared: Vec<SharedValue<'a, 'i>>,
    /// Values that differ.
    pub(super) differing: Vec<DifferingValue>,
    /// Indicators of the file that have all values and lack a baseline, with the baseline.
    pub(super) baselines: Vec<(Element<'a, 'i>, Baseline)>,
}

/// The results of an activity of the file.
pub(super) struct OwnResults<'a, 'i> {
    activity: Element<'a, 'i>,
}

impl<'a, 'i> OwnResults<'a, 'i> {
    pub(super) fn new(activity: Element<'a, 'i>) -> Self {
        Self { activity }
    }

    /// Divides the results of the catalogue. The results that the file does not have remain in
    /// `results`.
    pub(super) fn divide(
        &self,
        catalogue: &Activity,
        results: &mut Vec<IatiResult>,
    ) -> Divided<'a, 'i> {
        let mut divided = Divided::default();
        let matching =
            |result: &mut IatiResult,
             divide: &mut dyn FnMut(&[Element<'a, 'i>], &mut Indicator)| {
                for indicator in &mut result.indicators {
                    let own = self.matching_indicators(&result.kind, indicator);
                    if !own.is_empty() {
                        divide(&own, indicator);
                    }
                }
            };
        // A value is a further one, and no other, only if the file's one is that of another statistic.
        for result in results.iter_mut() {
            matching(result, &mut |own, indicator| {
                self.remove_shared(own, catalogue, indicator, &mut divided);
            });
        }
        for result in results.iter_mut() {
            matching(result, &mut |own, indicator| {
                self.remove_differing(own, catalogue, indicator, &mut divided);
                self.divide_baselines(own, catalogue, indicator, &mut divided);
            });
            result.indicators.retain(|one| !one.periods.is_empty());
        }
        results.retain(|result| !result.indicators.is_empty());
        divided
    }

    /// Indicators of the file with the type of result and a title of this one.
    fn matching_indicators(&self, kind: &str, indicator: &Indicator) -> Vec<Element<'a, 'i>> {
        let has_title = |own: &Element<'a, 'i>| {
            children(*own, "title").flat_map(|title| children(title, "narrative")).any(
                |narrative| {
                    let text = text_of(narrative);
                    indicator.title.iter().any(|(_, title)| title.trim() == text)
                },
            )
        };
        children(self.activity, "result")
            .filter(|result| result.attribute("type") == Some(kind))
            .flat_map(|result| children(result, "indicator"))
            .filter(has_title)
            .collect()
    }

    /// Removes the values that the file has, too. Each value of the file is one of the catalogue.
    fn remove_shared(
        &self,
        own: &[Element<'a, 'i>],
        catalogue: &Activity,
        indicator: &mut Indicator,
        divided: &mut Divided<'a, 'i>,
    ) {
        let shared = &mut divided.shared;
        self.retain_values(own, catalogue, indicator, |_, _, own, value| {
            let known = own.iter().find(|own| {
                is_same_value(own.attribute("value"), value.value.as_deref())
                    && !shared.iter().any(|shared| shared.element == **own)
            });
            shared.extend(
                known.map(|element| SharedValue { element: *element, value: value.clone() }),
            );
            known.is_none()
        });
    }

    /// Removes the values for which the file has another one that is no value of the catalogue.
    fn remove_differing(
        &self,
        own: &[Element<'a, 'i>],
        catalogue: &Activity,
        indicator: &mut Indicator,
        divided: &mut Divided<'a, 'i>,
    ) {
        let Divided { shared, differing, .. } = divided;
        let title = indicator.title.first().map(|(_, text)| text.clone()).unwrap_or_default();
        self.retain_values(own, catalogue, indicator, |name, period, own, value| {
            let other = own.iter().find(|own| !shared.iter().any(|shared| shared.element == **own));
            differing.extend(other.map(|own| DifferingValue {
                name,
                indicator: title.clone(),
                period,
                own: own.attribute("value").unwrap_or_default().to_owned(),
                catalogue: value.value.clone().unwrap_or_default(),
            }));
            other.is_none()
        });
    }

    /// Retains the values for which `is_retained` returns true. It gets the name of the element, the
    /// period, and the values of the file for the same period, place and dimensions.
    fn retain_values(
        &self,
        own: &[Element<'a, 'i>],
        catalogue: &Activity,
        indicator: &mut Indicator,
        mut is_retained: impl FnMut(
            &'static str,
            (NaiveDate, NaiveDate),
            &[Element<'a, 'i>],
            &PeriodValue,
        ) -> bool,
    ) {
        for period in &mut indicator.periods {
            let own: Vec<Element<'a, 'i>> = own
                .iter()
                .flat_map(|own| children(*own, "period"))
                .filter(|own| is_same_period(*own, period))
                .collect();
            let days = (period.start, period.end);
            for (name, values) in [("target", &mut period.targets), ("actual", &mut period.actuals)]
            {
                let own: Vec<(Element<'a, 'i>, SliceKey)> = own
                    .iter()
                    .flat_map(|own| children(*own, name))
                    .map(|one| (one, SliceKey::of_element(one, self.activity, catalogue)))
                    .collect();
                values.retain(|value| {
                    let slice = SliceKey::of_value(&value.slice, catalogue);
                    let same_slice: Vec<Element<'a, 'i>> =
                        own.iter().filter(|(_, own)| *own == slice).map(|(own, _)| *own).collect();
                    is_retained(name, days, &same_slice, value)
                });
            }
        }
        indicator.periods.retain(|period| !period.actuals.is_empty() || !period.targets.is_empty());
    }

    /// Removes the baselines of which the file has one for the same place and dimensions, which stays
    /// the only one. If it has all values, those that it lacks are added to its indicator.
    fn divide_baselines(
        &self,
        own: &[Element<'a, 'i>],
        catalogue: &Activity,
        indicator: &mut Indicator,
        divided: &mut Divided<'a, 'i>,
    ) {
        let own_slices: Vec<SliceKey> = own
            .iter()
            .flat_map(|own| children(*own, "baseline"))
            .map(|one| SliceKey::of_element(one, self.activity, catalogue))
            .collect();
        let slice = |baseline: &Baseline| SliceKey::of_value(&baseline.slice, catalogue);
        indicator.baselines.retain(|baseline| !own_slices.contains(&slice(baseline)));
        if let (true, Some(first)) = (indicator.periods.is_empty(), own.first()) {
            let lacking = indicator.baselines.drain(..);
            divided.baselines.extend(lacking.map(|baseline| (*first, baseline)));
        }
    }
}

/// A name without regard to case.
fn comparable(name: &str) -> String {
    name.trim().to_lowercase()
}

fn is_same_period(own: Element<'_, '_>, period: &Period) -> bool {
    let day = |name: &'static str| {
        let text = children(own, name).next()?.attribute("iso-date")?;
        text.trim().get(..10)?.parse::<NaiveDate>().ok()
    };
    (day("period-start"), day("period-end")) == (Some(period.start), Some(period.end))
}

/// Whether two values are the same number, or both are missing.
fn is_same_value(own: Option<&str>, value: Option<&str>) -> bool {
    let number = |text: &str| BigDecimal::from_str(text.trim()).ok();
    match (own.filter(|own| !own.trim().is_empty()), value) {
        (None, None) => true,
        (Some(own), Some(value)) => number(own).zip(number(value)).is_some_and(|(a, b)| a == b),
        _ => false,
    }
}

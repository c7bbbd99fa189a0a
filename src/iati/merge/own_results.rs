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

/// Where a value is about: countries, the place below them, and dimensions.
#[derive(Debug, Default, Eq, PartialEq)]
struct SliceKey {
    countries: BTreeSet<String>,
    place: String,
    dimensions: BTreeSet<(String, String)>,
}

impl SliceKey {
    /// The slice of a value of the catalogue.
    fn of_value(slice: &DimensionSlice, activity: &Activity) -> Self {
        let mut key = Self::default();
        let mut places = Vec::new();
        for reference in &slice.locations {
            let place = activity.places.iter().find(|place| place.reference == *reference);
            match place.and_then(|place| place.name.first()) {
                Some((_, name)) => places.push(name.clone()),
                None => drop(key.countries.insert(reference.clone())),
            }
        }
        key.place = places.join(", ");
        key.dimensions = slice.dimensions.iter().cloned().collect();
        key
    }

    /// The slice of a value of the file.
    fn of_element(value: Element<'_, '_>, activity: Element<'_, '_>) -> Self {
        let mut key = Self::default();
        let mut places = Vec::new();
        for reference in children(value, "location").filter_map(|one| one.attribute("ref")) {
            let location = children(activity, "location")
                .find(|location| location.attribute("ref") == Some(reference));
            if let Some(country) = location.and_then(country_of) {
                key.countries.insert(country.to_owned());
            } else {
                let name = location.and_then(|location| children(location, "name").next());
                let name = name.and_then(|name| children(name, "narrative").next()).map(text_of);
                places.push(name.unwrap_or_else(|| reference.to_owned()));
            }
        }
        key.place = places.join(", ");
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
    /// The `actual` element.
    pub(super) element: Element<'a, 'i>,
    /// The value of the catalogue.
    pub(super) value: PeriodValue,
}

/// The results of an activity of the file.
pub(super) struct OwnResults<'a, 'i> {
    activity: Element<'a, 'i>,
}

impl<'a, 'i> OwnResults<'a, 'i> {
    pub(super) fn new(activity: Element<'a, 'i>) -> Self {
        Self { activity }
    }

    /// Divides the results of the catalogue: the actual values that the file has are returned, and
    /// what it does not have remains in `results`.
    pub(super) fn divide(
        &self,
        catalogue: &Activity,
        results: &mut Vec<IatiResult>,
    ) -> Vec<SharedValue<'a, 'i>> {
        let mut shared = Vec::new();
        for result in results.iter_mut() {
            for indicator in &mut result.indicators {
                let own = self.matching_indicators(&result.kind, indicator);
                if !own.is_empty() {
                    self.divide_indicator(&own, catalogue, indicator, &mut shared);
                }
            }
            result.indicators.retain(|one| {
                one.periods.iter().any(|one| !one.actuals.is_empty() || !one.targets.is_empty())
            });
        }
        results.retain(|result| !result.indicators.is_empty());
        shared
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

    fn divide_indicator(
        &self,
        own: &[Element<'a, 'i>],
        catalogue: &Activity,
        indicator: &mut Indicator,
        shared: &mut Vec<SharedValue<'a, 'i>>,
    ) {
        for period in &mut indicator.periods {
            let own: Vec<Element<'a, 'i>> = own
                .iter()
                .flat_map(|own| children(*own, "period"))
                .filter(|own| is_same_period(*own, period))
                .collect();
            let find = |name: &'static str, value: &PeriodValue| {
                let slice = SliceKey::of_value(&value.slice, catalogue);
                own.iter().flat_map(|own| children(*own, name)).find(|own| {
                    is_same_value(own.attribute("value"), value.value.as_deref())
                        && SliceKey::of_element(*own, self.activity) == slice
                })
            };
            period.targets.retain(|target| find("target", target).is_none());
            period.actuals.retain(|actual| match find("actual", actual) {
                Some(element) => {
                    shared.push(SharedValue { element, value: actual.clone() });
                    false
                }
                None => true,
            });
        }
        indicator.periods.retain(|period| !period.actuals.is_empty() || !period.targets.is_empty());
        indicator.baselines.retain(|baseline| !self.has_baseline(own, catalogue, baseline));
    }

    fn has_baseline(
        &self,
        own: &[Element<'a, 'i>],
        catalogue: &Activity,
        baseline: &Baseline,
    ) -> bool {
        let slice = SliceKey::of_value(&baseline.slice, catalogue);
        let year = baseline.year.to_string();
        own.iter().flat_map(|own| children(*own, "baseline")).any(|own| {
            own.attribute("year") == Some(year.as_str())
                && is_same_value(own.attribute("value"), baseline.value.as_deref())
                && SliceKey::of_element(own, self.activity) == slice
        })
    }
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

//! Generated statistics: indicators by programme, year and country, as totals and disaggregated.

use serde_json::{Map, Value, json};

use crate::commands::generate::rng::SplitMix64;
use crate::commands::generate::size::{COUNTRY_CODES, CatalogueSpec};

/// The values of each repetition of the pattern: groups of one indicator, programme, country and
/// year, each with a total and disaggregated values. Some groups have both, which must not be added
/// up; some have only one of them.
const SLICE_PATTERN: [(u64, Option<usize>, Option<usize>); 19] = [
    (0, None, None),
    (0, Some(0), None),
    (0, Some(1), None),
    (1, Some(0), Some(0)),
    (1, Some(0), Some(1)),
    (1, Some(0), Some(2)),
    (1, Some(1), Some(0)),
    (1, Some(1), Some(1)),
    (1, Some(1), Some(2)),
    (2, None, None),
    (3, None, None),
    (3, Some(0), None),
    (3, Some(1), None),
    (3, Some(0), Some(0)),
    (3, Some(0), Some(1)),
    (3, Some(0), Some(2)),
    (3, Some(1), Some(0)),
    (3, Some(1), Some(1)),
    (3, Some(1), Some(2)),
];
/// Groups per repetition of the pattern.
const GROUPS_PER_PATTERN: u64 = 4;

const SEXES: [&str; 2] = ["female", "male"];
const AGES: [&str; 3] = ["15-24", "25-64", "65+"];

/// Number of indicators: each of [`INDICATOR_TEMPLATES`] in eight fields.
pub const INDICATOR_COUNT: u32 = 40;
/// Template of indicators.
#[derive(Clone, Copy)]
struct IndicatorTemplate {
    label: &'static str,
    unit: &'static str,
    is_percentage: bool,
    /// Whether higher values are better.
    ascending: bool,
}

impl IndicatorTemplate {
    /// Template of indicators that count people.
    const fn people(label: &'static str) -> Self {
        Self { label, unit: "people", is_percentage: false, ascending: true }
    }

    /// Template of indicators that measure shares.
    const fn share(label: &'static str, ascending: bool) -> Self {
        Self { label, unit: "percent", is_percentage: true, ascending }
    }
}

const INDICATOR_TEMPLATES: [IndicatorTemplate; 5] = [
    IndicatorTemplate::people("Survivors who received support"),
    IndicatorTemplate::people("Professionals trained"),
    IndicatorTemplate::people("People reached by campaigns"),
    IndicatorTemplate::share("People who hold equal norms", true),
    IndicatorTemplate::share("People who report violence in the last year", false),
];
const POLICY_FIELDS: [&str; 8] = [
    "health",
    "police",
    "justice",
    "education",
    "media",
    "local government",
    "sports",
    "employment",
];

const FIRST_YEAR: u64 = 2016;
const YEAR_COUNT: u64 = 10;

/// The subject of a group of values.
struct StatisticGroup {
    indicator_index: u64,
    year_index: u64,
    programme_index: u64,
    country: &'static str,
    seed: u64,
}

impl StatisticGroup {
    /// Returns the group with this number: the indicators of one programme and country year by
    /// year, then the next programme, and then the next country of each.
    fn new(number: u64, programmes: u32, seed: u64) -> Self {
        let programmes = u64::from(programmes).max(1);
        let indicators = u64::from(INDICATOR_COUNT);
        let indicator = number % indicators;
        let year = number / indicators % YEAR_COUNT;
        let round = number / indicators / YEAR_COUNT;
        let programme = round % programmes;
        let countries = u64::try_from(COUNTRY_CODES.len()).unwrap_or(1);
        let country =
            usize::try_from(round.wrapping_add(round / programmes) % countries).unwrap_or(0);
        let country = COUNTRY_CODES.get(country).copied().unwrap_or("RS");
        Self {
            indicator_index: indicator,
            year_index: year,
            programme_index: programme,
            country,
            seed: seed ^ (number << 20),
        }
    }

    fn template(&self) -> IndicatorTemplate {
        // Five and eight are coprime, so that each pair occurs once. The groups of a repetition
        // also differ in their indicator.
        let place = usize::try_from(self.indicator_index % 5).unwrap_or(0);
        INDICATOR_TEMPLATES.get(place).copied().unwrap_or(IndicatorTemplate::people("People"))
    }

    fn field(&self) -> &'static str {
        let place = usize::try_from(self.indicator_index % 8).unwrap_or(0);
        POLICY_FIELDS.get(place).copied().unwrap_or("health")
    }

    /// Returns the number of people of a disaggregation, which grows over the years.
    fn people_count(&self, sex: Option<usize>, age: Option<usize>) -> u64 {
        let one = |sex: u64, age: u64| {
            let mut rng = SplitMix64(self.seed ^ sex ^ (age << 8));
            u64::from(rng.in_range(5, 400)).saturating_mul(self.year_index.saturating_add(4)) / 4
        };
        let within = |index: Option<usize>, place: u64| {
            index.is_none_or(|index| u64::try_from(index) == Ok(place))
        };
        let slices = (0..2).flat_map(|sex| (0..3).map(move |age| (sex, age)));
        slices.filter(|(s, a)| within(sex, *s) && within(age, *a)).map(|(s, a)| one(s, a)).sum()
    }

    /// Returns the share of people of a disaggregation, in tenths of a percent.
    fn share_per_mille(&self, sex: Option<usize>, age: Option<usize>) -> u64 {
        let place = |index: Option<usize>| {
            u64::try_from(index.map_or(0, |index| index.saturating_add(1))).unwrap_or(0)
        };
        u64::from(SplitMix64(self.seed ^ place(sex) ^ (place(age) << 8)).in_range(50, 950))
    }
}

/// Generates an indicator.
pub fn generate_indicator(number: u32) -> Value {
    let group = StatisticGroup::new(u64::from(number.saturating_sub(1)), 1, 0);
    let IndicatorTemplate { label, unit, is_percentage, ascending } = group.template();
    json!({
        "resource": "indicator", "slug": format!("indicator-{number}"), "label": format!("{label}: {}", group.field()), "unit": unit,
        "measure": if is_percentage { "percentage" } else { "unit" }, "ascending": ascending, "time_aggregation": if is_percentage { "latest" } else { "sum" },
        "group_aggregation": if is_percentage { "none" } else { "sum" },
    })
}

/// Returns the publication time of the values of a programme for a year: in the following spring.
pub fn published_at(number: u32, spec: CatalogueSpec) -> String {
    let StatisticSlice { group, .. } = StatisticSlice::new(number, spec);
    let mut rng = SplitMix64(group.programme_index ^ (group.year_index << 16));
    let year = FIRST_YEAR.saturating_add(group.year_index).saturating_add(1);
    format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:00Z",
        rng.in_range(2, 5),
        rng.in_range(1, 28),
        rng.in_range(8, 17),
        rng.in_range(0, 59)
    )
}

/// Formats tenths of a percent.
fn format_percent(tenths: u64) -> String {
    let rest = tenths % 10;
    if rest == 0 { (tenths / 10).to_string() } else { format!("{}.{rest}", tenths / 10) }
}

/// The group of a statistic and its disaggregation.
struct StatisticSlice {
    group: StatisticGroup,
    /// Index in [`SEXES`].
    sex: Option<usize>,
    /// Index in [`AGES`].
    age: Option<usize>,
}

impl StatisticSlice {
    /// Returns the slice of the statistic with this number.
    fn new(number: u32, spec: CatalogueSpec) -> Self {
        let place = u64::from(number.saturating_sub(1));
        let length = u64::try_from(SLICE_PATTERN.len()).unwrap_or(1);
        let slot = usize::try_from(place % length).unwrap_or(0);
        let (offset, sex, age) = SLICE_PATTERN.get(slot).copied().unwrap_or((0, None, None));
        let group = StatisticGroup::new(
            (place / length).saturating_mul(GROUPS_PER_PATTERN).saturating_add(offset),
            spec.programmes,
            spec.seed,
        );
        Self { group, sex, age }
    }
}

/// Generates a statistic.
pub fn generate_statistic(number: u32, spec: CatalogueSpec) -> Value {
    let StatisticSlice { group, sex, age } = StatisticSlice::new(number, spec);
    let IndicatorTemplate { label, is_percentage, .. } = group.template();
    let mut rng = SplitMix64(group.seed ^ (1 << 16) ^ (u64::from(number) << 24));
    let value = if is_percentage {
        format_percent(group.share_per_mille(sex, age))
    } else {
        group.people_count(sex, age).to_string()
    };
    let is_whole = sex.is_none() && age.is_none();
    let qualifier =
        if rng.one_in(20) { rng.pick(&["more_than", "about", "less_than"]) } else { "exact" };
    let year = FIRST_YEAR.saturating_add(group.year_index);
    let sex = sex.and_then(|sex| SEXES.get(sex));
    let age = age.and_then(|age| AGES.get(age));
    let mut slices: Vec<Value> = Vec::new();
    slices.extend(sex.map(|sex| json!({"dimension": "sex", "value": sex})));
    slices.extend(age.map(|age| json!({"dimension": "age", "value": age})));
    let slice: Vec<&str> = sex.into_iter().chain(age).copied().collect();
    let slice_suffix =
        if slice.is_empty() { String::new() } else { format!(" ({})", slice.join(", ")) };
    let mut line = json!({
        "resource": "impact_statistic", "slug": format!("statistic-{number}"), "value": value, "qualifier": qualifier,
        "indicator": format!("indicator-{}", group.indicator_index.saturating_add(1)), "programme": format!("programme-{}", group.programme_index.saturating_add(1)),
        "countries": [group.country], "period_start": format!("{year}-01-01"), "period_end": format!("{year}-12-31"),
        "disaggregation": slices,
        "source": {"text": format!("Annual report {year}, table {}", rng.in_range(1, 60)), "url": format!("https://reports.example.org/{year}/{}", group.country)},
        "label": format!("{label}: {}, {} {year}{slice_suffix}", group.field(), group.country),
    });
    if let Some(line) = line.as_object_mut() {
        insert_baseline_and_target(line, &group, is_whole && rng.one_in(2), is_percentage);
        if spec.videos > 0 && rng.one_in(100) {
            // The shortest videos last half a minute.
            let start = rng.in_range(0, 10);
            let video = format!("video-{}", rng.in_range(1, spec.videos));
            line.insert("evidence".to_owned(), json!([{"video": video, "start_seconds": start, "end_seconds": rng.in_range(15, 30)}]));
        }
    }
    line
}

/// Adds a baseline and a target to some totals.
fn insert_baseline_and_target(
    line: &mut Map<String, Value>,
    group: &StatisticGroup,
    is_included: bool,
    is_percentage: bool,
) {
    if !is_included {
        return;
    }
    let at = |year: u64| {
        let then = StatisticGroup { year_index: year, ..*group };
        if is_percentage {
            format_percent(then.share_per_mille(Some(2), None))
        } else {
            then.people_count(None, None).to_string()
        }
    };
    line.insert(
        "baseline".to_owned(),
        json!({"value": at(0), "year": FIRST_YEAR.saturating_sub(1)}),
    );
    let (start, end) = ("2026-01-01", "2027-12-31");
    line.insert(
        "target".to_owned(),
        json!({"value": at(YEAR_COUNT), "period_start": start, "period_end": end}),
    );
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::commands::generate_statistics_catalogue;

    fn generate_statistics(number: u32) -> Vec<Value> {
        generate_statistics_catalogue(100, number, 1)
            .filter(|line| line["resource"] == "impact_statistic")
            .collect()
    }

    #[test]
    fn larger_catalogue_extends_smaller_one() {
        assert_eq!(generate_statistics(500), generate_statistics(2_000)[..500]);
    }

    #[test]
    fn additive_slices_sum_to_whole() {
        // The total and the values by sex of each group.
        let mut groups: BTreeMap<String, (Option<u64>, Vec<u64>)> = BTreeMap::new();
        for line in generate_statistics(1_900).iter().filter(|line| {
            !line["label"].as_str().unwrap().contains(" who hold ")
                && !line["label"].as_str().unwrap().contains(" who report ")
        }) {
            let label = line["label"].as_str().unwrap().split(" (").next().unwrap().to_owned();
            let group = groups.entry(format!("{label} {}", line["programme"])).or_default();
            let value = line["value"].as_str().unwrap().parse().unwrap();
            match line["disaggregation"].as_array().map_or(0, Vec::len) {
                0 => group.0 = Some(value),
                1 => group.1.push(value),
                _ => {}
            }
        }
        let whole = groups.values().filter(|(whole, by_sex)| whole.is_some() && !by_sex.is_empty());
        assert!(whole.clone().count() > 50);
        assert!(whole.clone().all(|(whole, by_sex)| *whole == Some(by_sex.iter().sum())));
    }

    #[test]
    fn spreads_over_indicators_programmes_countries_and_years() {
        let all = generate_statistics(200_000);
        let different = |name: &str| {
            all.iter().map(|line| line[name].to_string()).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(
            (all.len(), different("programme"), different("countries"), different("period_start")),
            (200_000, 50, 7, 10)
        );
        let known: BTreeSet<String> = generate_statistics_catalogue(100, 1, 1)
            .filter(|line| line["resource"] == "indicator")
            .map(|line| line["slug"].to_string())
            .collect();
        assert_eq!((different("indicator"), known.len()), (40, 40));
        assert!(all.iter().all(|line| known.contains(&line["indicator"].to_string())));
    }
}

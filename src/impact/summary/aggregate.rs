//! Sum, minimum, maximum, latest value, baseline, target and progress of deduplicated statistics.
//!
//! Qualifiers are preserved: "more than 250" and 500 sum up to "more than 750"; a sum with both
//! lower and upper bounds is "about".

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::impact::fact_record::FactValues;
use crate::impact::progress::progress_percent;
use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::fact_table::{FactRow, FactTable};
use crate::text::decimal::exact::ExactDecimal;

/// A computed value with its qualifier.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QualifiedValue {
    /// The value.
    pub value: String,
    /// See [`crate::impact::code_lists::QUALIFIERS`].
    pub qualifier: &'static str,
}

/// A value taken from one statistic, and the index of its row.
pub type ValueWithSource = (QualifiedValue, usize);

/// Baseline value, and the years of measurement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaselineTotal {
    /// The value.
    pub value: String,
    /// First and last year.
    pub years: (i64, i64),
}

/// Target value, and the end of its period.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetTotal {
    /// The value.
    pub value: String,
    /// Last day (ISO 8601), if known.
    pub period_end: Option<String>,
}

/// Aggregates of statistics.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Aggregates {
    /// Sum, if the values are additive.
    pub sum: Option<QualifiedValue>,
    /// Minimum.
    pub min: Option<ValueWithSource>,
    /// Maximum.
    pub max: Option<ValueWithSource>,
    /// Value of the latest period.
    pub latest: Option<ValueWithSource>,
    /// Baseline, if every counted scope has one.
    pub baseline: Option<BaselineTotal>,
    /// Target, if every counted scope has one.
    pub target: Option<TargetTotal>,
    /// Progress to the target in per cent.
    pub progress: Option<QualifiedValue>,
}

/// Returns the qualifier of a sum of values with these qualifiers.
pub fn combine_qualifiers(one: &str, other: &str) -> &'static str {
    match (one, other) {
        ("exact", "exact") => "exact",
        ("exact" | "more_than", "exact" | "more_than") => "more_than",
        ("exact" | "less_than", "exact" | "less_than") => "less_than",
        _ => "about",
    }
}

/// Computes the aggregates of counted rows. `is_additive` is whether their values may be summed.
pub fn aggregate(facts: &FactTable, rows: &[usize], is_additive: bool) -> Aggregates {
    let rows: Vec<(usize, &FactRow, &ExactDecimal)> = rows
        .iter()
        .filter_map(|place| {
            facts.rows.get(*place).and_then(|row| Some((*place, row, row.value.as_ref()?)))
        })
        .collect();
    let one = |found: Option<&(usize, &FactRow, &ExactDecimal)>| {
        found.map(|(place, row, _)| {
            (
                QualifiedValue {
                    value: facts.values(row).value.to_owned(),
                    qualifier: row.qualifier,
                },
                *place,
            )
        })
    };
    // Of equal values, "less than" is the minimum and "more than" the maximum.
    let less = |row: &FactRow| row.qualifier != "less_than";
    let more = |row: &FactRow| row.qualifier == "more_than";
    let min = rows.iter().min_by(|a, b| {
        a.2.cmp(b.2)
            .then_with(|| less(a.1).cmp(&less(b.1)))
            .then_with(|| a.1.number.cmp(&b.1.number))
    });
    let max = rows.iter().max_by(|a, b| {
        a.2.cmp(b.2)
            .then_with(|| more(a.1).cmp(&more(b.1)))
            .then_with(|| b.1.number.cmp(&a.1.number))
    });
    let latest = rows.iter().max_by_key(|(_, row, _)| (row.last_day(), row.number));
    let sum = (is_additive && !rows.is_empty()).then(|| {
        let qualifier =
            rows.iter().fold("exact", |all, (_, row, _)| combine_qualifiers(all, row.qualifier));
        let sum = rows.iter().fold(ExactDecimal::ZERO, |sum, (_, _, value)| sum.add(value));
        (sum, qualifier)
    });
    // Fast path: most groups have no baseline or target.
    let scopes = if rows.iter().any(|(_, row, _)| row.has_baseline_or_target) {
        group_by_scope(&rows)
    } else {
        Vec::new()
    };
    let may_add = !scopes.is_empty() && (is_additive || scopes.len() == 1);
    let baseline = if may_add { sum_baselines(facts, &scopes) } else { None };
    let target = if may_add { sum_targets(facts, &scopes) } else { None };
    let actual = match &sum {
        Some((sum, qualifier)) => Some((sum.clone(), *qualifier)),
        None if scopes.len() == 1 => {
            latest.map(|(_, row, value)| ((*value).clone(), row.qualifier))
        }
        None => None,
    };
    let is_descending = rows
        .first()
        .and_then(|(_, row, _)| facts.scope(row))
        .is_some_and(|scope| scope.ascending == Some(false));
    let progress = actual.zip(target.as_ref()).and_then(|((actual, qualifier), (aim, _))| {
        // A decreasing target requires a baseline.
        let from = baseline.as_ref().map(|(from, _)| from.to_string());
        if is_descending && from.is_none() {
            return None;
        }
        let (value, qualifier) =
            progress_percent(&actual.to_string(), qualifier, from.as_deref(), &aim.to_string())?;
        Some(QualifiedValue { value, qualifier })
    });
    Aggregates {
        sum: sum.map(|(sum, qualifier)| QualifiedValue { value: sum.to_string(), qualifier }),
        min: one(min),
        max: one(max),
        latest: one(latest),
        baseline: baseline.map(|(value, years)| BaselineTotal { value: value.to_string(), years }),
        target: target
            .map(|(value, until)| TargetTotal { value: value.to_string(), period_end: until }),
        progress,
    }
}

type ScopeRows<'a> = Vec<&'a FactRow>;

fn group_by_scope<'a>(rows: &[(usize, &'a FactRow, &ExactDecimal)]) -> Vec<ScopeRows<'a>> {
    let mut scopes: BTreeMap<usize, ScopeRows<'a>> = BTreeMap::new();
    for (_, row, _) in rows {
        scopes.entry(row.scope_index).or_default().push(row);
    }
    scopes.into_values().collect()
}

/// Sums the earliest baseline of each scope; `None` if a scope has none.
fn sum_baselines(
    facts: &FactTable,
    scopes: &[ScopeRows<'_>],
) -> Option<(ExactDecimal, (i64, i64))> {
    let mut sum = ExactDecimal::ZERO;
    let mut years: Option<(i64, i64)> = None;
    for scope in scopes {
        let with = scope
            .iter()
            .filter(|row| row.has_baseline_or_target)
            .map(|row| (facts.values(row), row.period_days));
        let with = with.filter_map(|(figures, days)| {
            Some((figures.baseline_year.parse::<i64>().ok()?, days, figures.baseline))
        });
        let (year, _, value) = with.min_by_key(|(year, days, _)| (*year, *days))?;
        sum = sum.add(&ExactDecimal::parse(value)?);
        years = Some(years.map_or((year, year), |(first, last)| (first.min(year), last.max(year))));
    }
    Some((sum, years?))
}

/// Sums the targets of each scope whose periods do not overlap; longer periods take precedence.
/// Returns `None` if a scope has no target.
fn sum_targets(
    facts: &FactTable,
    scopes: &[ScopeRows<'_>],
) -> Option<(ExactDecimal, Option<String>)> {
    let mut sum = ExactDecimal::ZERO;
    let mut until: Option<&str> = None;
    for scope in scopes {
        let with = scope
            .iter()
            .filter(|row| row.has_baseline_or_target)
            .map(|row| (row, facts.values(row)));
        let mut aims: Vec<_> = with
            .filter(|(_, figures)| !figures.target.is_empty())
            .map(|(row, figures)| (target_period(row, &figures), row, figures))
            .collect();
        aims.sort_by_key(|(days, row, _)| {
            (Reverse(days.day_count()), days.first, Reverse(row.number))
        });
        let mut taken: Vec<DayRange> = Vec::new();
        for (days, _, figures) in aims {
            if !taken.iter().any(|other| days.overlaps(*other)) {
                taken.push(days);
                sum = sum.add(&ExactDecimal::parse(figures.target)?);
                let end =
                    if figures.target_end.is_empty() { figures.end } else { figures.target_end };
                until = until.max(Some(end).filter(|end| !end.is_empty()));
            }
        }
        if taken.is_empty() {
            return None;
        }
    }
    (!scopes.is_empty()).then(|| (sum, until.map(str::to_owned)))
}

/// Returns the period of a target: its own, or that of the statistic.
fn target_period(row: &FactRow, figures: &FactValues<'_>) -> DayRange {
    if figures.target_start.is_empty() && figures.target_end.is_empty() {
        return row.period_days;
    }
    DayRange::parse(figures.target_start, figures.target_end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impact::fact_record::FactScope;
    use crate::impact::summary::fact_table::fact_table_for_tests;

    fn aggregates_of(
        given: &[(usize, &'static str, FactValues<'static>)],
        is_additive: bool,
    ) -> Aggregates {
        let scope =
            |number: usize| FactScope { unit: Some(number.to_string()), ..FactScope::default() };
        let given: Vec<_> = given
            .iter()
            .map(|(number, value, figures)| (scope(*number), FactValues { value, ..*figures }))
            .collect();
        let facts = fact_table_for_tests(&given);
        let rows: Vec<usize> = (0..facts.rows.len()).collect();
        aggregate(&facts, &rows, is_additive)
    }

    fn with_qualifier(qualifier: &'static str) -> FactValues<'static> {
        FactValues { qualifier, ..FactValues::default() }
    }

    #[test]
    fn sum_keeps_qualifiers() {
        let sum = |parts: &[(usize, &'static str, FactValues<'static>)]| {
            aggregates_of(parts, true).sum.map(|sum| (sum.value, sum.qualifier))
        };
        let of = |value: &str, qualifier| Some((value.to_owned(), qualifier));
        assert_eq!(
            sum(&[(0, "250", with_qualifier("more_than")), (1, "500", with_qualifier("exact"))]),
            of("750", "more_than")
        );
        assert_eq!(
            sum(&[(0, "250", with_qualifier("less_than")), (1, "500", with_qualifier("exact"))]),
            of("750", "less_than")
        );
        assert_eq!(
            sum(&[
                (0, "250", with_qualifier("less_than")),
                (1, "500", with_qualifier("more_than"))
            ]),
            of("750", "about")
        );
        assert_eq!(
            sum(&[(0, "0.1", with_qualifier("exact")), (1, "0.2", with_qualifier("exact"))]),
            of("0.3", "exact")
        );
        assert_eq!(sum(&[]), None);
        let all = aggregates_of(
            &[
                (0, "5", with_qualifier("exact")),
                (0, "5", with_qualifier("less_than")),
                (0, "7", with_qualifier("exact")),
                (1, "7", with_qualifier("more_than")),
            ],
            false,
        );
        assert_eq!(all.sum, None);
        assert_eq!(
            all.min.map(|(amount, place)| (amount.qualifier, place)),
            Some(("less_than", 1))
        );
        assert_eq!(
            all.max.map(|(amount, place)| (amount.qualifier, place)),
            Some(("more_than", 3))
        );
    }

    #[test]
    fn progress_from_baseline_to_target() {
        let year = |start, end, target| FactValues {
            start,
            end,
            target,
            qualifier: "more_than",
            baseline: "20",
            baseline_year: "2019",
            ..FactValues::default()
        };
        let both = aggregates_of(
            &[
                (0, "30", year("2024-01-01", "2024-12-31", "50")),
                (0, "40", year("2025-01-01", "2025-12-31", "70")),
            ],
            true,
        );
        assert_eq!(
            both.target,
            Some(TargetTotal {
                value: "120".to_owned(),
                period_end: Some("2025-12-31".to_owned())
            })
        );
        assert_eq!(
            both.baseline,
            Some(BaselineTotal { value: "20".to_owned(), years: (2019, 2019) })
        );
        assert_eq!(
            both.progress,
            Some(QualifiedValue { value: "50".to_owned(), qualifier: "more_than" })
        );
        // A target that is repeated for several periods is counted once.
        let whole = |start, end| FactValues {
            target_start: "2024-01-01",
            target_end: "2025-12-31",
            ..year(start, end, "100")
        };
        let once = aggregates_of(
            &[
                (0, "30", whole("2024-01-01", "2024-12-31")),
                (0, "40", whole("2025-01-01", "2025-12-31")),
            ],
            true,
        );
        assert_eq!(once.target.map(|target| target.value).as_deref(), Some("100"));
        // `None` if any scope has no value.
        let some = aggregates_of(
            &[
                (0, "30", year("2024-01-01", "2024-12-31", "50")),
                (1, "40", with_qualifier("exact")),
            ],
            true,
        );
        assert_eq!((some.baseline, some.target, some.progress), (None, None, None));
        // For values that are not additive, the latest value is used.
        let latest = aggregates_of(
            &[
                (0, "30", year("2024-01-01", "2024-12-31", "")),
                (0, "40", year("2025-01-01", "2025-12-31", "70")),
            ],
            false,
        );
        assert_eq!(
            (
                latest.latest.map(|(latest, _)| latest.value).as_deref(),
                latest.progress.map(|progress| progress.value).as_deref()
            ),
            (Some("40"), Some("40"))
        );
    }
}

//! Total, sum, minimum, maximum, latest value and progress of deduplicated statistics.
//!
//! The total is that of the rule of the indicator: over time the sum, or for each scope the latest
//! or greatest value, and over groups the sum. A statistic without an indicator is a scope of its
//! own.
//!
//! Qualifiers are preserved: "more than 250" and 500 sum up to "more than 750"; a sum with both
//! lower and upper bounds is "about".

use std::collections::{BTreeSet, HashMap};

use crate::impact::aggregation_rule::TimeAggregation;
use crate::impact::progress::progress_percent;
use crate::impact::summary::deduplicate::deduplicate_scopes;
use crate::impact::summary::fact::Fact;
use crate::impact::summary::fact_table::{FactTable, ScopeIds};
use crate::impact::summary::targets::{GroupRows, Plan, plan};
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

/// A total, and how the values of several periods became one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Total {
    /// The value.
    pub value: QualifiedValue,
    /// `None` if all values have the same period.
    pub over_time: Option<TimeAggregation>,
}

/// Aggregates of statistics.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Aggregates {
    /// Total by the rule of the values; or the only value.
    pub total: Option<Total>,
    /// The total, if it is the sum of all values.
    pub sum: Option<QualifiedValue>,
    /// Minimum.
    pub min: Option<ValueWithSource>,
    /// Maximum.
    pub max: Option<ValueWithSource>,
    /// Value of the latest period.
    pub latest: Option<ValueWithSource>,
    /// Baseline, see [`Plan`].
    pub baseline: Option<BaselineTotal>,
    /// Target, see [`Plan`].
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

/// A sum with its qualifier, and how the values of several periods became one.
type QualifiedSum = (ExactDecimal, &'static str, Option<TimeAggregation>);

/// Computes the total of a group; `None` if there is no value, or if its rule does not say how
/// several values become one.
fn total(facts: &FactTable, group: GroupRows<'_>) -> Option<QualifiedSum> {
    let values: Vec<Fact<'_>> =
        group.counted.iter().filter_map(|row| facts.value_fact(*row)).collect();
    let first = values.first()?;
    let is_alone = first.scope.indicator == 0 && values.len() > 1;
    let has_one_scope = !is_alone && values.iter().all(|value| value.scope == first.scope);
    if !has_one_scope && !group.rule.sums_groups() {
        return None;
    }
    let has_one_period = values.iter().all(|value| value.period == first.period);
    let over_time = if has_one_period { None } else { Some(group.rule.over_time?) };
    let summed: Vec<Fact<'_>> = match over_time {
        None | Some(TimeAggregation::Sum) => values,
        Some(TimeAggregation::Never) => return None,
        Some(rule @ (TimeAggregation::Latest | TimeAggregation::Max)) => {
            let mut scopes: HashMap<(&ScopeIds, Option<usize>), Vec<Fact<'_>>> = HashMap::new();
            for value in values {
                let alone = (value.scope.indicator == 0).then_some(value.row);
                scopes.entry((value.scope, alone)).or_default().push(value);
            }
            let chosen = scopes.values().filter_map(|values| match rule {
                TimeAggregation::Max => greatest(values),
                _ => latest(values),
            });
            let rows = deduplicate_scopes(chosen, group.not_totals);
            rows.into_iter().filter_map(|row| facts.value_fact(row)).collect()
        }
    };
    let qualifier =
        summed.iter().fold("exact", |all, value| combine_qualifiers(all, value.qualifier));
    let sum = summed.iter().fold(ExactDecimal::ZERO, |sum, value| sum.add(value.value));
    Some((sum, qualifier, over_time))
}

/// Returns the greatest value; of equal ones the oldest.
fn greatest<'a>(values: &[Fact<'a>]) -> Option<Fact<'a>> {
    values
        .iter()
        .copied()
        .max_by(|a, b| a.value_order().cmp(&b.value_order()).then(b.number.cmp(&a.number)))
}

/// Returns the value whose period ends last.
fn latest<'a>(values: &[Fact<'a>]) -> Option<Fact<'a>> {
    values.iter().copied().max_by_key(Fact::latest_order)
}

/// Computes the aggregates of a group. A single value needs no sum, so that it is one.
pub fn aggregate(facts: &FactTable, group: GroupRows<'_>) -> Aggregates {
    let values: Vec<Fact<'_>> =
        group.counted.iter().filter_map(|row| facts.value_fact(*row)).collect();
    let one = |found: Option<Fact<'_>>| {
        let found = found?;
        let value = facts.values(facts.rows.get(found.row)?).value.to_owned();
        Some((QualifiedValue { value, qualifier: found.qualifier }, found.row))
    };
    let min = values
        .iter()
        .copied()
        .min_by(|a, b| a.value_order().cmp(&b.value_order()).then(a.number.cmp(&b.number)));
    let max = greatest(&values);
    let latest = latest(&values);
    let total = total(facts, group);
    let Plan { baseline, target, not_reported } = plan(facts, group);
    let actual = match &total {
        Some((total, qualifier, _)) => {
            let not_reported = not_reported.unwrap_or(ExactDecimal::ZERO);
            Some((total.add(&not_reported), *qualifier))
        }
        None => latest.map(|latest| (latest.value.clone(), latest.qualifier)),
    };
    let total = total.map(|(value, qualifier, over_time)| Total {
        value: QualifiedValue { value: value.to_string(), qualifier },
        over_time,
    });
    let is_sum = |total: &&Total| total.over_time.is_none_or(|rule| rule == TimeAggregation::Sum);
    // Values of which some and others are better when higher make no progress together.
    let directions: BTreeSet<bool> = values
        .iter()
        .filter_map(|value| facts.scope(facts.rows.get(value.row)?)?.ascending)
        .collect();
    let aim = target.as_ref().filter(|_| directions.len() < 2);
    let progress = actual.zip(aim).and_then(|((actual, qualifier), (target, _))| {
        let baseline = baseline.as_ref().map(|(baseline, _)| baseline.to_string());
        let (value, qualifier) = progress_percent(
            (&actual.to_string(), qualifier),
            baseline.as_deref(),
            &target.to_string(),
            directions.first().copied(),
        )?;
        Some(QualifiedValue { value, qualifier })
    });
    Aggregates {
        sum: total.as_ref().filter(is_sum).map(|total| total.value.clone()),
        total,
        min: one(min),
        max: one(max),
        latest: one(latest),
        baseline: baseline.map(|(value, years)| BaselineTotal { value: value.to_string(), years }),
        target: target
            .map(|(value, until)| TargetTotal { value: value.to_string(), period_end: until }),
        progress,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impact::aggregation_rule::AggregationRule;
    use crate::impact::fact_record::{FactScope, FactValues};
    use crate::impact::summary::fact_table::fact_table_for_tests;

    fn aggregates_of(
        given: &[(usize, &'static str, FactValues<'static>)],
        is_additive: bool,
    ) -> Aggregates {
        let rule = if is_additive { AggregationRule::SUM } else { AggregationRule::default() };
        let scope =
            |number: usize| FactScope { unit: Some(number.to_string()), ..FactScope::default() };
        let given: Vec<_> = given
            .iter()
            .map(|(number, value, figures)| (scope(*number), FactValues { value, ..*figures }))
            .collect();
        let facts = fact_table_for_tests(&given);
        let rows: Vec<usize> = (0..facts.rows.len()).collect();
        aggregate(&facts, GroupRows { counted: &rows, without_value: &[], not_totals: &[], rule })
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

//! Targets by period, and baselines by year, of a line of a series.
//!
//! They are deduplicated and summed like the values of a period. The target of some countries is
//! not that of all: where values are summed over groups, a target is only listed if it covers the
//! values of its period, and a baseline if it covers all values of the line.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::impact::aggregation_rule::AggregationRule;
use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::deduplicate::{deduplicate, deduplicate_facts};
use crate::impact::summary::fact::{Fact, Parts};
use crate::impact::summary::fact_table::{FactTable, ScopeIds};
use crate::impact::summary::targets::{PlannedRow, are_covered, distinct_scopes};
use crate::text::decimal::exact::ExactDecimal;

/// A target, and the first and last day of its period (ISO 8601; empty if unknown).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PeriodTarget<'a> {
    /// The days.
    pub period: (&'a str, &'a str),
    /// The value.
    pub value: ExactDecimal,
}

/// Returns the targets of a line by period. Targets that are not summed over groups are listed
/// separately.
pub fn targets_by_period<'a>(
    facts: &'a FactTable,
    rows: &[usize],
    rule: AggregationRule,
) -> Vec<PeriodTarget<'a>> {
    let plans: Vec<PlannedRow<'_>> =
        rows.iter().filter_map(|row| PlannedRow::new(facts, *row)).collect();
    let mut periods: BTreeMap<DayRange, Vec<&PlannedRow<'_>>> = BTreeMap::new();
    for plan in &plans {
        if let Some((_, period)) = &plan.target {
            periods.entry(*period).or_default().push(plan);
        }
    }
    let mut values: HashMap<DayRange, Vec<usize>> = HashMap::new();
    for fact in rows.iter().filter_map(|row| facts.value_fact(*row)) {
        values.entry(fact.period).or_default().push(fact.row);
    }
    let mut targets = Vec::new();
    for (period, plans) in periods {
        let values = values.get(&period).map(Vec::as_slice).unwrap_or_default();
        let counted = deduplicate(facts, values, rule).rows;
        let days = plans.first().map(|plan| plan.target_days()).unwrap_or_default();
        let members = plans.iter().filter_map(|plan| plan.target_fact());
        let combined = combine(members.collect(), &distinct_scopes(facts, &counted), rule);
        targets.extend(combined.into_iter().map(|value| PeriodTarget { period: days, value }));
    }
    targets
}

/// Returns the baselines of a line by year: each adds the newest ones of all scopes until then.
/// Baselines that are not summed over groups are listed separately.
pub fn baselines_by_year(
    facts: &FactTable,
    rows: &[usize],
    rule: AggregationRule,
) -> Vec<(i64, ExactDecimal)> {
    let plans: Vec<PlannedRow<'_>> =
        rows.iter().filter_map(|row| PlannedRow::new(facts, *row)).collect();
    let mut years: BTreeMap<i64, Vec<&PlannedRow<'_>>> = BTreeMap::new();
    for plan in &plans {
        if let Some((_, year)) = &plan.baseline {
            years.entry(*year).or_default().push(plan);
        }
    }
    let value_scopes = distinct_scopes(facts, &deduplicate(facts, rows, rule).rows);
    let mut newest: BTreeMap<usize, &PlannedRow<'_>> = BTreeMap::new();
    let mut baselines = Vec::new();
    for (year, mut plans) in years {
        if !rule.sums_groups() {
            newest.clear();
        }
        // Of several baselines of one year, that of the earliest period, as in summaries.
        plans.sort_by_key(|plan| Reverse((plan.row.period_days, plan.row.number)));
        newest.extend(plans.into_iter().map(|plan| (plan.row.scope_index, plan)));
        let members = newest.values().filter_map(|plan| plan.baseline_fact()).collect();
        let combined = combine(members, &value_scopes, rule);
        baselines.extend(combined.into_iter().map(|value| (year, value)));
    }
    baselines
}

/// Combines facts of one period: their sum, their single value, or the distinct values of those
/// that are not summed.
fn combine(
    members: Vec<Fact<'_>>,
    value_scopes: &[&ScopeIds],
    rule: AggregationRule,
) -> Vec<ExactDecimal> {
    let counted = deduplicate_facts(members.iter().copied(), Parts::of(rule)).rows;
    let counted = members.iter().filter(|fact| counted.binary_search(&fact.row).is_ok());
    if !rule.sums_groups() {
        let distinct: BTreeSet<&ExactDecimal> = counted.map(|fact| fact.value).collect();
        return distinct.into_iter().cloned().collect();
    }
    let scopes: Vec<&ScopeIds> = counted.clone().map(|fact| fact.scope).collect();
    if !value_scopes.is_empty() && !are_covered(value_scopes, &scopes) {
        return Vec::new();
    }
    vec![counted.fold(ExactDecimal::ZERO, |sum, fact| sum.add(fact.value))]
}

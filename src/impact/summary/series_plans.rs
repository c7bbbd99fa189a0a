//! Targets by period, and baselines by year, of a line of a series.
//!
//! They are selected and summed as in a summary, so that both are equal where there is one period.
//! The target of some countries is not that of all: where values are summed over groups, a target is
//! only listed if it covers the values of its period, and a baseline if it covers all values.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::impact::aggregation_rule::{AggregationRule, TimeAggregation};
use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::deduplicate::deduplicate_facts;
use crate::impact::summary::fact::{Fact, Parts};
use crate::impact::summary::fact_table::{FactTable, ScopeIds};
use crate::impact::summary::targets::{
    PlannedRow, are_covered, counted_plans, find_plans, have_one_scope, scopes_of, scopes_to_cover,
    select_targets,
};
use crate::text::decimal::exact::ExactDecimal;

/// Targets and baselines of a line.
#[derive(Debug, Default)]
pub struct LinePlans<'a> {
    /// Targets by period, with its first and last day (ISO 8601; empty if unknown).
    pub targets: Vec<((&'a str, &'a str), ExactDecimal)>,
    /// Baselines by year. Each adds the newest ones of all scopes until then.
    pub baselines: Vec<(i64, ExactDecimal)>,
}

impl<'a> LinePlans<'a> {
    /// Computes the targets and baselines of a line from its statistics; `counted` are those that are
    /// counted in their periods. The plans of others do not count either.
    pub fn new(
        facts: &'a FactTable,
        rows: &[usize],
        counted: &[usize],
        rule: AggregationRule,
    ) -> Self {
        let values: Vec<Fact<'_>> =
            counted.iter().filter_map(|row| facts.value_fact(*row)).collect();
        let has_value = |row: &usize| facts.rows.get(*row).is_none_or(|row| row.value.is_some());
        let without_value: Vec<usize> =
            rows.iter().copied().filter(|row| !has_value(row)).collect();
        let plans = find_plans(facts, counted, &without_value, &values);
        let plans: Vec<&PlannedRow<'a>> = plans.iter().collect();
        let mut periods: BTreeMap<DayRange, Vec<&PlannedRow<'a>>> = BTreeMap::new();
        for plan in &plans {
            if let Some((_, period)) = &plan.target {
                periods.entry(*period).or_default().push(plan);
            }
        }
        let mut targets = Vec::new();
        let mut target_scopes: Vec<&ScopeIds> = Vec::new();
        for (period, plans) in periods {
            let days = plans.first().map(|plan| plan.target_days()).unwrap_or_default();
            let is_in_period =
                |value: &&Fact<'_>| value.period == period || value.period.overlaps(period);
            let values: Vec<Fact<'_>> = values.iter().filter(is_in_period).copied().collect();
            let counted = if is_summed(&values, &plans, rule) {
                let over_time = rule.over_time.unwrap_or(TimeAggregation::Latest);
                counted_plans(&plans, &select_targets(&plans, rule, over_time, &values))
            } else {
                plans
            };
            target_scopes.extend(scopes_of(&counted));
            let members = counted.iter().filter_map(|plan| plan.target_fact()).collect();
            let combined = combine(members, &scopes_of_values(&values), rule);
            targets.extend(combined.into_iter().map(|value| (days, value)));
        }
        let required = scopes_to_cover(&scopes_of_values(&values), target_scopes);
        let baselines = baselines_by_year(&plans, &values, &required, rule);
        Self { targets, baselines }
    }
}

fn baselines_by_year(
    plans: &[&PlannedRow<'_>],
    values: &[Fact<'_>],
    required: &[&ScopeIds],
    rule: AggregationRule,
) -> Vec<(i64, ExactDecimal)> {
    let is_summed = is_summed(values, plans, rule);
    let mut years: BTreeMap<i64, Vec<&PlannedRow<'_>>> = BTreeMap::new();
    for plan in plans {
        if let Some((_, year)) = &plan.baseline {
            years.entry(*year).or_default().push(plan);
        }
    }
    let mut newest: BTreeMap<usize, &PlannedRow<'_>> = BTreeMap::new();
    let mut baselines = Vec::new();
    for (year, mut plans) in years {
        let members: Vec<Fact<'_>> = if is_summed {
            // Of several baselines of one year, that of the earliest period, as in summaries.
            plans.sort_by_key(|plan| Reverse((plan.row.period_days, plan.row.number)));
            newest.extend(plans.into_iter().map(|plan| (plan.row.scope_index, plan)));
            let members: Vec<Fact<'_>> =
                newest.values().filter_map(|plan| plan.baseline_fact()).collect();
            let counted = deduplicate_facts(members.iter().copied(), Parts::AnyPeriod).rows;
            members.into_iter().filter(|fact| counted.binary_search(&fact.row).is_ok()).collect()
        } else {
            plans.iter().filter_map(|plan| plan.baseline_fact()).collect()
        };
        let combined = combine(members, required, rule);
        baselines.extend(combined.into_iter().map(|value| (year, value)));
    }
    baselines
}

/// Whether there is one target or baseline of all: they are summed over groups, or of one scope.
fn is_summed(values: &[Fact<'_>], plans: &[&PlannedRow<'_>], rule: AggregationRule) -> bool {
    rule.sums_groups() || have_one_scope(values, plans)
}

fn scopes_of_values<'a>(values: &[Fact<'a>]) -> Vec<&'a ScopeIds> {
    values.iter().map(|value| value.scope).collect()
}

/// Returns the sum of targets or baselines of all if they cover the required scopes, or the distinct
/// values of those that are not summed.
fn combine(
    members: Vec<Fact<'_>>,
    required: &[&ScopeIds],
    rule: AggregationRule,
) -> Vec<ExactDecimal> {
    if !rule.sums_groups() {
        let distinct: BTreeSet<&ExactDecimal> = members.iter().map(|fact| fact.value).collect();
        return distinct.into_iter().cloned().collect();
    }
    let scopes: Vec<&ScopeIds> = members.iter().map(|fact| fact.scope).collect();
    if !are_covered(required, &scopes) {
        return Vec::new();
    }
    vec![members.iter().fold(ExactDecimal::ZERO, |sum, fact| sum.add(fact.value))]
}

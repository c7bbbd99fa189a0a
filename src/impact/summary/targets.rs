//! Baselines and targets of a group of statistics.
//!
//! Targets are deduplicated like values: an annual target rather than its quarters, a total rather
//! than its slices. Statistics without a value are plans that have not been reported yet: their
//! targets count like those of others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::impact::aggregation_rule::{AggregationRule, TimeAggregation};
use crate::impact::fact_record::FactValues;
use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::deduplicate::{deduplicate_facts, deduplicate_scopes};
use crate::impact::summary::fact::{Fact, Parts};
use crate::impact::summary::fact_table::{FactRow, FactTable, ScopeIds};
use crate::text::decimal::exact::ExactDecimal;

/// Baseline and target of a group.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// Baseline, and the first and last year of its parts.
    pub baseline: Option<(ExactDecimal, (i64, i64))>,
    /// Target, and the last day of its period (ISO 8601), if known.
    pub target: Option<(ExactDecimal, Option<String>)>,
    /// Baselines of what has a target but no value yet: part of the baseline. Without a report,
    /// there is no progress from it.
    pub not_reported: Option<ExactDecimal>,
}

/// The statistics of a group, as row indexes.
#[derive(Clone, Copy)]
pub struct GroupRows<'a> {
    /// Counted statistics.
    pub counted: &'a [usize],
    /// Statistics without a value.
    pub without_value: &'a [usize],
    /// Counted statistics that are not the totals of their parts.
    pub not_totals: &'a [usize],
    /// How the values are aggregated.
    pub rule: AggregationRule,
}

/// A statistic with a baseline or target.
pub struct PlannedRow<'a> {
    index: usize,
    /// The statistic.
    pub row: &'a FactRow,
    /// Its scope.
    pub scope: &'a ScopeIds,
    values: FactValues<'a>,
    /// Target and its period: its own, or that of the statistic.
    pub target: Option<(ExactDecimal, DayRange)>,
    /// Baseline and its year.
    pub baseline: Option<(ExactDecimal, i64)>,
}

impl<'a> PlannedRow<'a> {
    /// Returns the statistic with this row index if it has a baseline or target.
    pub fn new(facts: &'a FactTable, index: usize) -> Option<Self> {
        let row = facts.rows.get(index).filter(|row| row.has_baseline_or_target)?;
        let values = facts.values(row);
        let number = |text: &str| if text.is_empty() { None } else { ExactDecimal::parse(text) };
        let period = if has_target_period(&values) {
            DayRange::parse(values.target_start, values.target_end)
        } else {
            row.period_days
        };
        Some(Self {
            index,
            row,
            scope: facts.scope_ids(row)?,
            values,
            target: number(values.target).map(|value| (value, period)),
            baseline: number(values.baseline).zip(values.baseline_year.parse().ok()),
        })
    }

    /// Returns its target as a fact.
    pub fn target_fact(&self) -> Option<Fact<'_>> {
        let (value, period) = self.target.as_ref()?;
        Some(self.fact(value, *period))
    }

    /// Returns its baseline as a fact of any period.
    pub fn baseline_fact(&self) -> Option<Fact<'_>> {
        Some(self.fact(&self.baseline.as_ref()?.0, DayRange::UNBOUNDED))
    }

    fn fact<'b>(&'b self, value: &'b ExactDecimal, period: DayRange) -> Fact<'b> {
        Fact {
            row: self.index,
            number: self.row.number,
            scope: self.scope,
            period,
            value,
            qualifier: "exact",
        }
    }

    /// First and last day of the period of the target (ISO 8601; empty if unknown).
    pub fn target_days(&self) -> (&'a str, &'a str) {
        let FactValues { target_start, target_end, start, end, .. } = self.values;
        if has_target_period(&self.values) { (target_start, target_end) } else { (start, end) }
    }

    /// Last day of the target, or of the statistic.
    fn target_end(&self) -> Option<&'a str> {
        let FactValues { target_end, end, .. } = self.values;
        [target_end, end].into_iter().find(|day| !day.is_empty())
    }

    /// Key of a target without an indicator that is repeated for each period of a value: it states
    /// its own period.
    fn repetition_key(&self) -> Option<(&'a ScopeIds, [&'a str; 3])> {
        let FactValues { target, target_start, target_end, .. } = self.values;
        (self.scope.indicator == 0 && has_target_period(&self.values))
            .then_some((self.scope, [target, target_start, target_end]))
    }
}

/// Whether a target states a period of its own.
fn has_target_period(values: &FactValues<'_>) -> bool {
    !values.target_start.is_empty() || !values.target_end.is_empty()
}

/// Computes baseline and target of a group.
pub fn plan(facts: &FactTable, rows: GroupRows<'_>) -> Plan {
    let GroupRows { counted, without_value, rule, .. } = rows;
    let values: Vec<Fact<'_>> = counted.iter().filter_map(|row| facts.value_fact(*row)).collect();
    let plans = find_plans(facts, counted, without_value, &values);
    let plans: Vec<&PlannedRow<'_>> = plans.iter().collect();
    if plans.is_empty() {
        return Plan::default();
    }
    let has_one_scope = have_one_scope(&values, &plans);
    if !has_one_scope && !rule.sums_groups() {
        return Plan::default();
    }
    let has_one_period =
        values.first().is_none_or(|first| values.iter().all(|value| value.period == first.period));
    let over_time = match rule.over_time {
        Some(TimeAggregation::Never) | None if has_one_period => TimeAggregation::Latest,
        // What is not stated may still be about the same over time.
        None if has_one_scope => TimeAggregation::Latest,
        Some(TimeAggregation::Never) | None => return Plan::default(),
        Some(over_time) => over_time,
    };
    let targets = select_targets(&plans, rule, over_time, &values);
    sum_plans(&plans, &distinct_scopes(facts, counted), targets)
}

/// Returns the statistics of a group with a baseline or target: the counted ones, and those without
/// a value, unless they are plans for a part of what has been reported.
pub fn find_plans<'a>(
    facts: &'a FactTable,
    counted: &[usize],
    without_value: &[usize],
    values: &[Fact<'_>],
) -> Vec<PlannedRow<'a>> {
    let planned = |index: &usize| PlannedRow::new(facts, *index);
    let mut plans: Vec<PlannedRow<'_>> = counted.iter().filter_map(planned).collect();
    plans.extend(without_value.iter().filter_map(planned).filter(|plan| {
        let period = plan.target.as_ref().map_or(plan.row.period_days, |(_, period)| *period);
        let own = plan.fact(&ExactDecimal::ZERO, period);
        !values.iter().any(|value| value.contains(&own) && !own.contains(value))
    }));
    plans.sort_by_key(|plan| plan.index);
    plans
}

/// Whether values and plans are all of one scope.
pub fn have_one_scope(values: &[Fact<'_>], plans: &[&PlannedRow<'_>]) -> bool {
    let mut scopes =
        values.iter().map(|value| value.scope).chain(plans.iter().map(|plan| plan.scope));
    let first = scopes.next();
    scopes.all(|scope| Some(scope) == first)
}

/// Selects the targets to count, as sorted row indexes.
pub fn select_targets(
    plans: &[&PlannedRow<'_>],
    rule: AggregationRule,
    over_time: TimeAggregation,
    values: &[Fact<'_>],
) -> Vec<usize> {
    match over_time {
        TimeAggregation::Sum => {
            deduplicate_facts(distinct_targets(plans).into_iter(), Parts::Planned).rows
        }
        TimeAggregation::Max => choose_targets(plans, rule, greatest_target),
        TimeAggregation::Latest | TimeAggregation::Never => {
            choose_targets(plans, rule, |targets| target_of_latest(targets, values))
        }
    }
}

/// Returns the targets of plans as facts. Without an indicator, one that states its own period is
/// repeated for each period of a value, and returned once.
fn distinct_targets<'a>(plans: &[&'a PlannedRow<'_>]) -> Vec<Fact<'a>> {
    let mut repeated = HashSet::new();
    plans
        .iter()
        .copied()
        .filter(|plan| plan.repetition_key().is_none_or(|key| repeated.insert(key)))
        .filter_map(PlannedRow::target_fact)
        .collect()
}

/// Chooses the target of each scope, and of these the ones to count, as row indexes. Where values
/// are summed over groups, a statistic without an indicator is a scope of its own.
fn choose_targets(
    plans: &[&PlannedRow<'_>],
    rule: AggregationRule,
    choose: impl for<'b> Fn(&[Fact<'b>]) -> Option<Fact<'b>>,
) -> Vec<usize> {
    let targets = if rule.sums_groups() {
        distinct_targets(plans)
    } else {
        plans.iter().copied().filter_map(PlannedRow::target_fact).collect()
    };
    let not_totals = deduplicate_facts(targets.iter().copied(), Parts::SamePeriod).not_totals;
    let mut scopes: HashMap<(&ScopeIds, Option<usize>), Vec<Fact<'_>>> = HashMap::new();
    for target in targets {
        let is_alone = rule.sums_groups() && target.scope.indicator == 0;
        scopes.entry((target.scope, is_alone.then_some(target.row))).or_default().push(target);
    }
    deduplicate_scopes(scopes.values().filter_map(|targets| choose(targets)), &not_totals)
}

/// Returns the greatest of the targets of a scope.
fn greatest_target<'b>(targets: &[Fact<'b>]) -> Option<Fact<'b>> {
    targets
        .iter()
        .copied()
        .max_by(|a, b| a.value.cmp(b.value).then_with(|| a.latest_order().cmp(&b.latest_order())))
}

/// Returns the target of the period of the latest value of a scope, or else the latest one.
fn target_of_latest<'b>(targets: &[Fact<'b>], values: &[Fact<'_>]) -> Option<Fact<'b>> {
    let scope = targets.first()?.scope;
    let latest =
        values.iter().filter(|value| value.scope == scope).max_by_key(|value| value.latest_order());
    let own =
        latest.and_then(|latest| targets.iter().find(|target| target.row == latest.row)).copied();
    let in_period = || {
        let latest = latest?;
        let overlapping = targets.iter().filter(|target| target.period.overlaps(latest.period));
        overlapping.copied().min_by_key(|target| (target.period.length(), Reverse(target.number)))
    };
    own.or_else(in_period).or_else(|| targets.iter().copied().max_by_key(Fact::latest_order))
}

/// Returns the distinct scopes of rows.
pub fn distinct_scopes<'a>(facts: &'a FactTable, rows: &[usize]) -> Vec<&'a ScopeIds> {
    let scopes: BTreeSet<usize> =
        rows.iter().filter_map(|row| facts.rows.get(*row)).map(|row| row.scope_index).collect();
    scopes.into_iter().filter_map(|scope| facts.scope_ids.get(scope)).collect()
}

/// Sums the targets of these rows, and the baselines. They are unknown if those of a counted value
/// are.
fn sum_plans(plans: &[&PlannedRow<'_>], value_scopes: &[&ScopeIds], targets: Vec<usize>) -> Plan {
    let targets = counted_plans(plans, &targets);
    let target_scopes = scopes_of(&targets);
    let target = are_covered(value_scopes, &target_scopes).then(|| {
        let sum = targets
            .iter()
            .filter_map(|plan| plan.target.as_ref())
            .fold(ExactDecimal::ZERO, |sum, (value, _)| sum.add(value));
        let until = targets.iter().filter_map(|plan| plan.target_end()).max();
        (sum, until.map(str::to_owned))
    });
    // The earliest baseline of each scope.
    let mut earliest: BTreeMap<usize, &PlannedRow<'_>> = BTreeMap::new();
    for plan in plans.iter().copied().filter(|plan| plan.baseline.is_some()) {
        let year = |plan: &PlannedRow<'_>| {
            (plan.baseline.as_ref().map(|(_, year)| *year), plan.row.period_days)
        };
        let known = earliest.entry(plan.row.scope_index).or_insert(plan);
        if year(plan) < year(known) {
            *known = plan;
        }
    }
    let baseline_facts = earliest.into_values().filter_map(PlannedRow::baseline_fact);
    let baselines = counted_plans(plans, &deduplicate_facts(baseline_facts, Parts::AnyPeriod).rows);
    let required = scopes_to_cover(value_scopes, target_scopes);
    if baselines.is_empty() || !are_covered(&required, &scopes_of(&baselines)) {
        return Plan { target, ..Plan::default() };
    }
    let (mut sum, mut not_reported) = (ExactDecimal::ZERO, None::<ExactDecimal>);
    let mut years: Option<(i64, i64)> = None;
    for plan in baselines {
        let Some((value, year)) = &plan.baseline else { continue };
        sum = sum.add(value);
        if !is_reported(value_scopes, plan.scope) {
            not_reported = Some(not_reported.unwrap_or(ExactDecimal::ZERO).add(value));
        }
        years =
            Some(years.map_or((*year, *year), |(first, last)| (first.min(*year), last.max(*year))));
    }
    Plan { baseline: years.map(|years| (sum, years)), target, not_reported }
}

/// Whether there is a value of a scope, or of one that overlaps with it.
fn is_reported(value_scopes: &[&ScopeIds], scope: &ScopeIds) -> bool {
    value_scopes.iter().any(|value| *value == scope || value.overlaps(scope))
}

/// Returns the scopes that baselines must cover: those of the values, and of targets without one.
pub fn scopes_to_cover<'a>(
    value_scopes: &[&'a ScopeIds],
    target_scopes: Vec<&'a ScopeIds>,
) -> Vec<&'a ScopeIds> {
    let without_value = target_scopes.into_iter().filter(|scope| !is_reported(value_scopes, scope));
    without_value.chain(value_scopes.iter().copied()).collect()
}

/// Returns the plans with these row indexes, which are sorted.
pub fn counted_plans<'a, 'b>(
    plans: &[&'b PlannedRow<'a>],
    rows: &[usize],
) -> Vec<&'b PlannedRow<'a>> {
    plans.iter().copied().filter(|plan| rows.binary_search(&plan.index).is_ok()).collect()
}

/// Returns the distinct scopes of plans.
pub fn scopes_of<'a>(plans: &[&PlannedRow<'a>]) -> Vec<&'a ScopeIds> {
    let mut known = BTreeSet::new();
    plans.iter().filter(|plan| known.insert(plan.row.scope_index)).map(|plan| plan.scope).collect()
}

/// Whether some scopes cover each of these, and there are any.
pub fn are_covered(scopes: &[&ScopeIds], by: &[&ScopeIds]) -> bool {
    let equal: HashSet<&ScopeIds> = by.iter().copied().collect();
    !by.is_empty()
        && scopes
            .iter()
            .all(|scope| equal.contains(scope) || by.iter().any(|other| other.contains(scope)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Id;
    use crate::impact::fact_record::FactScope;
    use crate::impact::summary::fact_table::fact_table_for_tests;

    /// Computes the plan of statistics of one indicator: countries, year, value, target, baseline.
    fn plan_of(
        given: &[(&str, &str, &'static str, &'static str, &'static str)],
        is_additive: bool,
    ) -> (Option<String>, Option<String>, String) {
        let indicator = Id::new();
        let days: Vec<(String, String)> = given
            .iter()
            .map(|row| (format!("{}-01-01", row.1), format!("{}-12-31", row.1)))
            .collect();
        let rows: Vec<(FactScope, FactValues<'_>)> = given
            .iter()
            .zip(&days)
            .map(|((countries, _, value, target, baseline), (start, end))| {
                let scope = FactScope {
                    indicator: Some(indicator),
                    countries: countries.split_whitespace().map(str::to_owned).collect(),
                    ..FactScope::default()
                };
                let baseline_year = if baseline.is_empty() { "" } else { "2019" };
                (
                    scope,
                    FactValues {
                        start,
                        end,
                        value,
                        baseline,
                        baseline_year,
                        target,
                        ..FactValues::default()
                    },
                )
            })
            .collect();
        let facts = fact_table_for_tests(&rows);
        let (counted, without_value): (Vec<usize>, Vec<usize>) =
            (0..given.len()).partition(|row| !given[*row].2.is_empty());
        let rule = if is_additive { AggregationRule::SUM } else { AggregationRule::default() };
        let (counted, without_value) = (counted.as_slice(), without_value.as_slice());
        let plan = plan(&facts, GroupRows { counted, without_value, not_totals: &[], rule });
        (
            plan.target.map(|(value, _)| value.to_string()),
            plan.baseline.map(|(value, _)| value.to_string()),
            plan.not_reported.unwrap_or(ExactDecimal::ZERO).to_string(),
        )
    }

    #[test]
    fn plans_without_a_value_count() {
        let plan =
            |given: &[(&str, &str, &'static str, &'static str, &'static str)]| plan_of(given, true);
        let of = |target: Option<&str>, baseline: Option<&str>, not_reported: &str| {
            (target.map(str::to_owned), baseline.map(str::to_owned), not_reported.to_owned())
        };
        assert_eq!(
            plan(&[("AL", "2024", "50", "100", ""), ("RS", "2024", "", "100", "")]),
            of(Some("200"), None, "0")
        );
        assert_eq!(
            plan(&[("AL", "2024", "50", "100", "5"), ("RS", "2024", "", "100", "7")]),
            of(Some("200"), Some("12"), "7")
        );
        assert_eq!(
            plan(&[("AL", "2024", "50", "100", "5"), ("AL", "2025", "", "80", "")]),
            of(Some("180"), Some("5"), "0")
        );
        // A target of the region covers the values of its countries.
        assert_eq!(
            plan(&[
                ("AL", "2024", "50", "", ""),
                ("RS", "2024", "40", "", ""),
                ("", "2024", "", "150", "")
            ]),
            of(Some("150"), None, "0")
        );
        // The targets of some countries are not those of all.
        assert_eq!(
            plan(&[("AL", "2024", "50", "100", ""), ("RS", "2024", "40", "", "")]),
            of(None, None, "0")
        );
    }

    #[test]
    fn target_of_latest_value_if_not_additive() {
        let target = |given: &[(&str, &str, &'static str, &'static str, &'static str)]| {
            plan_of(given, false).0
        };
        let years =
            [("", "2022", "3", "4", "2"), ("", "2023", "4", "5", ""), ("", "2024", "5", "7", "")];
        assert_eq!(
            plan_of(&years, false),
            (Some("7".to_owned()), Some("2".to_owned()), "0".to_owned())
        );
        assert_eq!(
            target(&[("", "2022", "3", "4", ""), ("", "2023", "", "9", "")]).as_deref(),
            Some("4")
        );
        assert_eq!(
            target(&[
                ("", "2022", "3", "", ""),
                ("", "2023", "", "9", ""),
                ("", "2024", "", "12", "")
            ])
            .as_deref(),
            Some("12")
        );
        assert_eq!(target(&[("AL", "2022", "3", "4", ""), ("RS", "2022", "", "9", "")]), None);
    }
}

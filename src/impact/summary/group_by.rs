//! Grouping of statistics.

use std::collections::HashMap;

use crate::db::Id;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::impact::aggregation_rule::{AggregationRule, TimeAggregation};
use crate::impact::code_lists::MEASURE_UNIT;
use crate::impact::fact_record::FactScope;
use crate::impact::summary::aggregate::{Aggregates, aggregate};
use crate::impact::summary::deduplicate::{Deduplicated, deduplicate};
use crate::impact::summary::fact_table::{FactRow, FactTable, fold_case};
use crate::impact::summary::params::GroupBy;
use crate::impact::summary::targets::GroupRows;

/// Maximum number of groups that an error message lists.
const MAX_REPORTED_GROUPS: usize = 20;

/// One value of a group key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyPart {
    /// A country code, a unit or a dimension value.
    Text(String),
    /// A year.
    Year(i32),
    /// An item.
    Item(Id),
    /// No single value for this key; sorted last.
    Undivided,
}

/// Unit and measure, by which statistics are comparable.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Comparability {
    /// Unit: the counted quantity.
    pub unit: Option<String>,
    /// See [`crate::impact::code_lists::MEASURES`].
    pub measure: String,
    /// How values are aggregated.
    pub rule: AggregationRule,
}

/// Reason why values cannot be summed.
#[derive(Clone, Debug)]
pub struct NotSummableReason {
    /// Error code.
    pub code: &'static str,
    /// Message.
    pub detail: String,
}

/// An aggregated group of statistics.
#[derive(Clone, Debug)]
pub struct Group {
    /// Group key.
    pub key: Vec<KeyPart>,
    /// Unit and measure.
    pub comparability: Comparability,
    /// Counted and excluded statistics.
    pub deduplicated: Deduplicated,
    /// Statistics without a value.
    pub without_value: Vec<usize>,
    /// Statistics that are also about countries that the list does not select.
    pub other_countries: Vec<usize>,
    /// Aggregates.
    pub aggregates: Aggregates,
    /// Reason why there is no sum.
    pub not_summable: Option<NotSummableReason>,
}

/// Options of grouping.
pub struct Grouper<'a> {
    /// Group keys.
    pub group_by: &'a [GroupBy],
    /// Whether values that cannot be summed become separate groups instead of an error.
    pub separate_incomparable: bool,
    /// Whether the total is requested.
    pub wants_total: bool,
    /// Whether the sum is requested.
    pub wants_sum: bool,
    /// Whether an item is visible to the client.
    pub is_visible: &'a dyn Fn(Id) -> bool,
    /// Whether the list selects a country, by its code.
    pub selects_country: &'a dyn Fn(&str) -> bool,
    /// Formats a part of a key for a message.
    pub label: &'a dyn Fn(&GroupBy, &KeyPart) -> String,
}

impl Grouper<'_> {
    /// Groups statistics; the order of the groups is unspecified.
    pub fn group_rows(&self, facts: &FactTable, selected: &[usize]) -> Result<Vec<Group>, Problem> {
        // Keys that depend on the scope are computed once per scope.
        let mut keys: Vec<Vec<KeyPart>> = Vec::new();
        let mut known: HashMap<Vec<KeyPart>, usize> = HashMap::new();
        let mut of_scope: Vec<Option<(usize, bool)>> = vec![None; facts.scopes.len()];
        let is_by_country = self.group_by.contains(&GroupBy::Country);
        let mut key_of = |scope: &FactScope| {
            let mut key: Vec<KeyPart> =
                self.group_by.iter().map(|by| key_part(by, scope, self.is_visible)).collect();
            let mut comparable: Vec<KeyPart> =
                self.group_by.iter().zip(&key).map(|(by, part)| by.comparable(part)).collect();
            if self.separate_incomparable {
                let sort = comparability(scope);
                let unit = sort.unit.map_or(KeyPart::Undivided, KeyPart::Text);
                let more =
                    [unit, KeyPart::Text(format!("{} {}", sort.measure, sort.rule.encode()))];
                key.extend(more.clone());
                comparable.extend(more);
            }
            let index = *known.entry(comparable).or_insert_with(|| {
                keys.push(key);
                keys.len().saturating_sub(1)
            });
            let is_selected =
                is_by_country || scope.countries.iter().all(|code| (self.selects_country)(code));
            (index, is_selected)
        };
        let is_by_year = self.group_by.contains(&GroupBy::Year);
        let mut groups: HashMap<(usize, Option<i32>), RowsOfGroup> = HashMap::new();
        for place in selected {
            let Some(row) = facts.rows.get(*place) else { continue };
            let Some((scope, key)) = facts.scope(row).zip(of_scope.get_mut(row.scope_index)) else {
                continue;
            };
            let (key, is_selected) = *key.get_or_insert_with(|| key_of(scope));
            let year = if is_by_year { row.period_days.year() } else { None };
            let group = groups.entry((key, year)).or_default();
            if is_selected { &mut group.rows } else { &mut group.other_countries }.push(*place);
        }
        let mut built = Vec::with_capacity(groups.len());
        let mut refused = Vec::new();
        for ((key, year), rows) in groups {
            let parts = keys.get(key).map(|parts| self.with_year(parts, year)).unwrap_or_default();
            match self.build_group(facts, parts, rows) {
                Ok(group) => built.push(group),
                Err((parts, refusal)) => refused.push((parts, refusal)),
            }
        }
        if refused.is_empty() { Ok(built) } else { Err(self.not_summable_problem(refused)) }
    }

    /// Returns the parts of a key, with the year inserted.
    fn with_year(&self, parts: &[KeyPart], year: Option<i32>) -> Vec<KeyPart> {
        let with_year = self.group_by.iter().zip(parts).map(|(by, part)| match (by, year) {
            (GroupBy::Year, Some(year)) => KeyPart::Year(year),
            _ => part.clone(),
        });
        with_year.collect()
    }

    fn build_group(
        &self,
        facts: &FactTable,
        parts: Vec<KeyPart>,
        RowsOfGroup { rows, other_countries }: RowsOfGroup,
    ) -> Result<Group, (Vec<KeyPart>, NotSummableReason)> {
        let of = |place: &usize| facts.rows.get(*place).and_then(|row: &FactRow| facts.scope(row));
        let Some(first) = rows.first().or(other_countries.first()).and_then(of) else {
            return Err((parts, NotSummableReason { code: "empty", detail: String::new() }));
        };
        let mut sort = comparability(first);
        let marks = |place: &usize| facts.rows.get(*place).and_then(|row| facts.scope_ids(row));
        let kind = rows.first().and_then(marks).map(|marks| marks.unit_and_measure);
        let mismatch = rows
            .iter()
            .find(|place| marks(place).map(|marks| marks.unit_and_measure) != kind)
            .and_then(of);
        let reason = rows.iter().filter_map(of).find_map(not_summable_reason);
        sort.rule = rows
            .iter()
            .filter_map(of)
            .map(rule_of)
            .reduce(AggregationRule::combined)
            .unwrap_or(sort.rule);
        if let Some(other) = mismatch {
            let detail = format!(
                "{} and {} are different units, which cannot be summed",
                describe_scope(first),
                describe_scope(other)
            );
            return Err((parts, NotSummableReason { code: "mixed_units", detail }));
        }
        let (with_value, without_value) = rows
            .into_iter()
            .partition(|place| facts.rows.get(*place).is_some_and(|row| row.value.is_some()));
        let with_value: Vec<usize> = with_value;
        let rule = sort.rule;
        let counted = deduplicate(facts, &with_value, rule);
        let rows = GroupRows {
            counted: &counted.rows,
            without_value: &without_value,
            not_totals: &counted.not_totals,
            rule,
        };
        let computed = aggregate(facts, rows);
        // A single value needs no sum.
        let not_summable = reason.filter(|_| counted.rows.len() > 1 && computed.sum.is_none());
        // The total takes the place of a sum that is not meaningful.
        let is_wanted = if self.wants_total { computed.total.is_none() } else { self.wants_sum };
        if let Some(refusal) =
            not_summable.clone().filter(|_| is_wanted && !self.separate_incomparable)
        {
            return Err((parts, refusal));
        }
        Ok(Group {
            key: parts,
            comparability: sort,
            deduplicated: counted,
            without_value,
            other_countries,
            aggregates: computed,
            not_summable,
        })
    }

    /// Returns the 422 problem that explains which values cannot be summed, and how to change the
    /// request.
    fn not_summable_problem(&self, mut refused: Vec<(Vec<KeyPart>, NotSummableReason)>) -> Problem {
        refused.sort_by(|a, b| a.0.cmp(&b.0));
        let mut problem = Problem::new(
            ProblemKind::NotSummable,
            "Some of these statistics cannot be summed. Filter by one `unit` or `indicator`, group by them, filter by `time_aggregation=sum&group_aggregation=sum`, \
             omit `total` and `sum` from `aggregates`, or send `separate=true` to list them separately.",
        );
        problem.errors = refused
            .iter()
            .take(MAX_REPORTED_GROUPS)
            .map(|(parts, refusal)| {
                let called: Vec<String> = self
                    .group_by
                    .iter()
                    .zip(parts)
                    .map(|(by, part)| (self.label)(by, part))
                    .collect();
                let of = if called.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", called.join(", "))
                };
                let parameter = if self.group_by.is_empty() { "aggregates" } else { "group_by" };
                FieldError::parameter(parameter, refusal.code, format!("{}{of}.", refusal.detail))
            })
            .collect();
        problem
    }
}

/// The statistics of a group, as row indexes.
#[derive(Default)]
struct RowsOfGroup {
    rows: Vec<usize>,
    /// See [`Group::other_countries`].
    other_countries: Vec<usize>,
}

impl GroupBy {
    /// Returns a part of a key in the form in which it is compared: dimensions regardless of case.
    pub fn comparable(&self, part: &KeyPart) -> KeyPart {
        match (self, part) {
            (Self::Dimension(_), KeyPart::Text(text)) => KeyPart::Text(fold_case(text)),
            _ => part.clone(),
        }
    }
}

/// Returns the value of a scope for a group key; [`KeyPart::Undivided`] for the year, which depends
/// on the period.
pub fn key_part(by: &GroupBy, scope: &FactScope, is_visible: &dyn Fn(Id) -> bool) -> KeyPart {
    let item =
        |id: Option<Id>| id.filter(|id| is_visible(*id)).map_or(KeyPart::Undivided, KeyPart::Item);
    let text =
        |text: Option<&String>| text.map_or(KeyPart::Undivided, |text| KeyPart::Text(text.clone()));
    match by {
        GroupBy::Country => {
            text(if let [one] = scope.countries.as_slice() { Some(one) } else { None })
        }
        GroupBy::Year => KeyPart::Undivided,
        GroupBy::Programme => item(scope.programme),
        GroupBy::Partner => item(scope.partner),
        GroupBy::Indicator => item(scope.indicator),
        GroupBy::Unit => text(scope.unit.as_ref()),
        GroupBy::Dimension(name) => {
            let name = fold_case(name);
            let mut slices = scope.slices.iter();
            text(slices.find(|(other, _)| fold_case(other) == name).map(|(_, slice)| slice))
        }
    }
}

fn comparability(scope: &FactScope) -> Comparability {
    Comparability { unit: scope.unit.clone(), measure: scope.measure.clone(), rule: rule_of(scope) }
}

/// Returns how the values of a scope are aggregated. Only counts are summed.
fn rule_of(scope: &FactScope) -> AggregationRule {
    let rule = scope.rule;
    if scope.measure == MEASURE_UNIT {
        return rule;
    }
    AggregationRule {
        over_time: rule.over_time.filter(|over_time| *over_time != TimeAggregation::Sum),
        over_groups: rule.over_groups.filter(|is_sum| !is_sum),
    }
}

/// Returns the reason why the values of a scope cannot be summed, if any.
fn not_summable_reason(scope: &FactScope) -> Option<NotSummableReason> {
    if scope.measure != MEASURE_UNIT {
        let detail = format!("Values of the measure `{}` cannot be summed", scope.measure);
        return Some(NotSummableReason { code: "not_a_count", detail });
    }
    let (over_time, over_groups) = scope.rule.names();
    let quoted = |name: Option<&str>| name.map_or("null".to_owned(), |name| format!("`{name}`"));
    (scope.rule != AggregationRule::SUM).then(|| NotSummableReason {
        code: "not_additive",
        detail: format!(
            "{} is not additive (`time_aggregation` is {}, `group_aggregation` is {})",
            describe_scope(scope),
            quoted(over_time),
            quoted(over_groups)
        ),
    })
}

/// Describes the counted quantity of a scope for a message.
fn describe_scope(scope: &FactScope) -> String {
    let unit = scope.unit.as_deref().unwrap_or("values without a unit");
    if scope.measure == MEASURE_UNIT {
        unit.to_owned()
    } else {
        format!("{unit} ({})", scope.measure)
    }
}

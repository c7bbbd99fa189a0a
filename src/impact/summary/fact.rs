//! Facts that aggregates are computed from, and when one covers another.
//!
//! A fact is a value, a target or a baseline of a statistic. It covers a box: a programme, a
//! partner, countries, a period and slices; an unset dimension of the box covers everything.

use crate::db::RowId;
use crate::impact::aggregation_rule::{AggregationRule, TimeAggregation};
use crate::impact::summary::day_range::DayRange;
use crate::impact::summary::fact_table::{FactTable, ScopeIds};
use crate::text::decimal::exact::ExactDecimal;

/// Which facts can be parts of a whole, whose value is the sum of theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parts {
    /// None: values are not summed over groups.
    None,
    /// Those of the same period: values are only summed over groups.
    SamePeriod,
    /// All: values are summed over groups and over time.
    AnyPeriod,
    /// Those of targets: a target without a period is that of the whole duration, and not compared
    /// with those of its periods.
    Planned,
}

impl Parts {
    /// Returns the parts of values with this rule.
    pub fn of(rule: AggregationRule) -> Self {
        match rule.over_time {
            _ if !rule.sums_groups() => Self::None,
            Some(TimeAggregation::Sum) => Self::AnyPeriod,
            _ => Self::SamePeriod,
        }
    }
}

/// A value, a target or a baseline.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Index of the row of its statistic.
    pub row: usize,
    /// Row id of the statistic.
    pub number: RowId,
    /// Its scope.
    pub scope: &'a ScopeIds,
    /// Its period.
    pub period: DayRange,
    /// The value.
    pub value: &'a ExactDecimal,
    /// See [`crate::impact::code_lists::QUALIFIERS`].
    pub qualifier: &'static str,
}

impl FactTable {
    /// Returns the value of a row as a fact.
    pub fn value_fact(&self, index: usize) -> Option<Fact<'_>> {
        let row = self.rows.get(index)?;
        Some(Fact {
            row: index,
            number: row.number,
            scope: self.scope_ids(row)?,
            period: row.period_days,
            value: row.value.as_ref()?,
            qualifier: row.qualifier,
        })
    }
}

impl ScopeIds {
    /// Whether two scopes are about the same indicator. Statistics without an indicator are only
    /// comparable if they have the same programme, partner, countries, unit and measure.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.indicator == other.indicator
            && (self.indicator != 0
                || (self.programme == other.programme
                    && self.partner == other.partner
                    && self.countries == other.countries
                    && self.unit_and_measure == other.unit_and_measure))
    }

    /// Whether this scope contains another one.
    pub fn contains(&self, other: &Self) -> bool {
        let has = |one: u32, other: u32| one == 0 || one == other;
        self.is_comparable(other)
            && has(self.programme, other.programme)
            && has(self.partner, other.partner)
            && (self.countries.is_empty()
                || (!other.countries.is_empty()
                    && other.countries.iter().all(|code| self.countries.contains(code))))
            && self.slices.iter().all(|slice| other.slices.contains(slice))
    }

    /// Whether two scopes overlap. Without an indicator, statistics of the same breakdown never do.
    pub fn overlaps(&self, other: &Self) -> bool {
        if !self.is_comparable(other) || (self.indicator == 0 && self.breakdown == other.breakdown)
        {
            return false;
        }
        let differ = |one: u32, other: u32| one != 0 && other != 0 && one != other;
        let (one, two) = (&self.countries, &other.countries);
        let are_disjoint =
            !one.is_empty() && !two.is_empty() && !one.iter().any(|code| two.contains(code));
        !differ(self.programme, other.programme)
            && !differ(self.partner, other.partner)
            && !are_disjoint
            && !self.slices.iter().any(|(dimension, value)| {
                other
                    .slices
                    .iter()
                    .any(|(other, other_value)| other == dimension && other_value != value)
            })
    }
}

impl Fact<'_> {
    /// Whether two facts overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.period.overlaps(other.period) && self.scope.overlaps(other.scope)
    }

    /// Whether the box of this fact contains that of another one.
    pub fn contains(&self, other: &Self) -> bool {
        self.period.contains(other.period) && self.scope.contains(other.scope)
    }

    /// Whether another fact is a part of this one: contained in it, and about one of several
    /// countries, programmes, partners or places, or about one period of all.
    pub fn has_part(&self, other: &Self, parts: Parts) -> bool {
        let (whole, part) = (self.scope, other.scope);
        let is_narrower = (whole.programme == 0 && part.programme != 0)
            || (whole.partner == 0 && part.partner != 0)
            || whole.countries.len() != part.countries.len()
            || (!whole.has_location && part.has_location)
            || (!self.period.is_bounded() && other.period.is_bounded());
        let is_in_period = match parts {
            Parts::None => false,
            Parts::SamePeriod => self.period == other.period,
            Parts::Planned if !self.period.is_bounded() => self.period == other.period,
            Parts::AnyPeriod | Parts::Planned => self.period.contains(other.period),
        };
        is_narrower && is_in_period && whole.contains(part)
    }

    /// Whether another fact is about another period of the same scope.
    pub fn is_other_period_of(&self, other: &Self) -> bool {
        self.period != other.period && self.scope == other.scope
    }

    /// Orders facts by the end of their period; of equal ones the longest, then the newest is
    /// greater.
    pub fn latest_order(&self) -> (i32, i64, RowId) {
        (self.period.last_known_day(), self.period.length(), self.number)
    }

    /// Orders facts by value: of equal ones, "less than" is below and "more than" above the others.
    pub fn value_order(&self) -> (&ExactDecimal, u8) {
        let rank = match self.qualifier {
            "less_than" => 0,
            "more_than" => 2,
            _ => 1,
        };
        (self.value, rank)
    }

    /// Returns the number of fields that are set.
    pub fn specificity(&self) -> usize {
        let scope = self.scope;
        let set = [
            scope.programme != 0,
            scope.partner != 0,
            !scope.countries.is_empty(),
            self.period.is_bounded(),
        ];
        set.into_iter().filter(|is_set| *is_set).count().saturating_add(scope.slices.len())
    }
}

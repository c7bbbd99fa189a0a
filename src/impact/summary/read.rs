//! The facts of all statistics of a list: of each its number and one text, all in one answer of the database.

use std::collections::HashMap;

use diesel::sql_types::{Nullable, Text};

use crate::db::sql::{Fragment, Statement};
use crate::db::{Connection, Number};
use crate::http::problem::Problem;
use crate::impact::facts::{self, Figures, Scope};
use crate::impact::model::SPEC;
use crate::resource::names::Memory;
use crate::resource::query::ListRequest;
use crate::text::sum::Exact;

/// Between the statistics of a text.
const NEWLINE: char = '\n';

/// A statistic, as far as it is reckoned with.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Its number.
    pub number: Number,
    /// The place of its scope among all scopes.
    pub scope: usize,
    /// The days of its period, in an order; open where they are not known.
    pub days: (i32, i32),
    /// Its value.
    pub value: Option<Exact>,
    /// Everything else.
    pub figures: Figures<'a>,
}

/// Some statistics, and what they are about.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// What they are about, each once.
    pub scopes: Vec<Scope>,
    /// The statistics.
    pub rows: Vec<Row<'a>>,
}

/// Reads the facts of the statistics of a list as one text.
pub fn read(connection: &mut Connection, wanted: &ListRequest, memory: &Memory) -> Result<String, Problem> {
    let aggregate = Fragment::new("SELECT ").differs("group_concat(", "string_agg(").sql("impact_statistics.number || ");
    let aggregate = aggregate.differs("char(9)", "E'\\t'").sql(" || impact_statistics.facts, ").differs("char(10))", "E'\\n')");
    let from = aggregate.sql(" FROM impact_statistics WHERE ");
    let statement = match wanted.only_in_table(&SPEC) {
        Some(predicates) => predicates.iter().fold(from.sql("impact_statistics.is_public = TRUE"), |all, one| all.sql(" AND ").then(one)),
        None => from
            .sql("impact_statistics.number IN (")
            .then(&wanted.list_to_count(connection, &SPEC, memory, None)?.select_numbers())
            .sql(")"),
    };
    let rows: Vec<Option<String>> = Statement::<Nullable<Text>>::new(statement).rows(connection)?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

impl<'a> Facts<'a> {
    /// Understands what was read; those without a value that can be reckoned with are left out.
    pub fn of(text: &'a str) -> Self {
        let mut read = Self::default();
        let mut known: HashMap<&'a str, usize> = HashMap::new();
        for line in text.split(NEWLINE) {
            let Some((number, rest)) = line.split_once('\t') else { continue };
            let (Ok(number), Some((about, figures))) = (number.parse(), facts::split(rest)) else { continue };
            let scope = if let Some(place) = known.get(about) {
                *place
            } else {
                let Some(scope) = facts::scope(about) else { continue };
                known.insert(about, read.scopes.len());
                read.scopes.push(scope);
                read.scopes.len().saturating_sub(1)
            };
            let days = (day(figures.start).unwrap_or(i32::MIN), day(figures.end).unwrap_or(i32::MAX));
            read.rows.push(Row { number, scope, days, value: Exact::parse(figures.value).filter(|_| !figures.value.is_empty()), figures });
        }
        read
    }

    /// What a statistic is about.
    pub fn scope(&self, row: &Row<'_>) -> Option<&Scope> {
        self.scopes.get(row.scope)
    }
}

/// A day as a number whose order is that of days, and whose differences are nearly theirs.
pub fn day(text: &str) -> Option<i32> {
    let mut parts = text.split('-').map(str::parse::<i32>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    year.checked_mul(372)?.checked_add(month.checked_sub(1)?.checked_mul(31)?)?.checked_add(day.checked_sub(1)?)
}

impl Row<'_> {
    /// The year that the whole period lies in, as far as it is known.
    pub fn year(&self) -> Option<i32> {
        let (start, end) = (self.days.0.checked_div(372)?, self.days.1.checked_div(372)?);
        match (self.days.0 != i32::MIN, self.days.1 != i32::MAX) {
            (true, true) => (start == end).then_some(start),
            (true, false) => Some(start),
            (false, true) => Some(end),
            (false, false) => None,
        }
    }

    /// The last day that is known of it.
    pub fn latest(&self) -> i32 {
        if self.days.1 == i32::MAX { self.days.0 } else { self.days.1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_whole_periods() {
        let of = |start: &str, end: &str| {
            let days = (day(start).unwrap_or(i32::MIN), day(end).unwrap_or(i32::MAX));
            Row { number: 1, scope: 0, days, value: None, figures: Figures::default() }.year()
        };
        assert_eq!(of("2024-01-01", "2024-12-31"), Some(2024));
        assert_eq!(of("2024-12-31", "2025-01-01"), None);
        assert_eq!((of("2024-06-01", ""), of("", "2023-01-01"), of("", "")), (Some(2024), Some(2023), None));
        assert!(day("2024-02-29") < day("2024-03-01") && day("2024-12-31") < day("2025-01-01"));
    }
}

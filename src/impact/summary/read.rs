//! The facts of all statistics of a list: of each one text, all in one answer of the database.
//!
//! Those of all public statistics are kept in memory until one is written; what a filter leaves of them the database says.

use std::collections::HashMap;
use std::sync::Arc;

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
pub struct Row {
    /// Its number.
    pub number: Number,
    /// The place of its scope among all scopes.
    pub scope: usize,
    /// The days of its period, in an order; open where they are not known.
    pub days: (i32, i32),
    /// See [`crate::impact::words::QUALIFIERS`].
    pub qualifier: &'static str,
    /// Its value.
    pub value: Option<Exact>,
    /// Whether it has a baseline or a target.
    pub has_aims: bool,
    /// Where its figures stand in the text.
    at: (usize, usize),
}

/// What a scope is told apart by: what is the same has the same number, and 0 is the whole.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The indicator.
    pub indicator: u32,
    /// The programme.
    pub programme: u32,
    /// The partner.
    pub partner: u32,
    /// The countries.
    pub countries: Vec<u32>,
    /// Dimension and value of each slice.
    pub slices: Vec<(u32, u32)>,
    /// The names of its dimensions together.
    pub breakdown: u32,
    /// Unit and measure.
    pub sort: u32,
}

/// Some statistics, and what they are about.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What they are about, each once.
    pub scopes: Vec<Scope>,
    /// What tells these apart.
    pub marks: Vec<Marks>,
    /// The statistics, in the order of their numbers.
    pub rows: Vec<Row>,
    text: String,
}

/// The statistics of a list: places among the rows of what is known.
pub struct Selected {
    /// What is known.
    pub facts: Arc<Facts>,
    /// Those of the list.
    pub places: Vec<usize>,
}

/// Reads the facts of the statistics of a list.
pub fn read(connection: &mut Connection, wanted: &ListRequest, memory: &Memory) -> Result<Selected, Problem> {
    let is_everything = wanted.is_everything();
    let known = if wanted.is_public() { memory.whole::<Facts>(SPEC.kind) } else { None };
    let known = match known {
        None if is_everything => {
            let facts = Arc::new(Facts::of(text(connection, &Fragment::new("impact_statistics.is_public = TRUE"))?));
            memory.keep_whole(SPEC.kind, Arc::clone(&facts));
            Some(facts)
        }
        known => known,
    };
    if let Some(facts) = known {
        let places = if is_everything {
            (0..facts.rows.len()).collect()
        } else {
            let mut numbers = wanted.list_to_count(connection, &SPEC, memory, None)?.numbers_of_all(connection)?;
            numbers.sort_unstable();
            numbers.iter().filter_map(|number| facts.rows.binary_search_by_key(number, |row| row.number).ok()).collect()
        };
        return Ok(Selected { facts, places });
    }
    let numbers = wanted.list_to_count(connection, &SPEC, memory, None)?.select_numbers();
    let facts = Facts::of(text(connection, &Fragment::new("impact_statistics.number IN (").then(&numbers).sql(")"))?);
    let places = (0..facts.rows.len()).collect();
    Ok(Selected { facts: Arc::new(facts), places })
}

/// The facts of the statistics that fit a condition, as one text.
fn text(connection: &mut Connection, condition: &Fragment) -> Result<String, Problem> {
    let statement = Fragment::new("SELECT ")
        .differs("group_concat(impact_statistics.facts, char(10))", "string_agg(impact_statistics.facts, E'\\n')")
        .sql(" FROM impact_statistics WHERE ")
        .then(condition);
    let rows: Vec<Option<String>> = Statement::<Nullable<Text>>::new(statement).rows(connection)?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

/// Numbers what is different, from 1 on.
#[derive(Default)]
struct Numbers<T>(HashMap<T, u32>);

impl<T: std::hash::Hash + Eq> Numbers<T> {
    fn of(&mut self, what: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1);
        *self.0.entry(what).or_insert(next)
    }
}

/// Numbers of all that scopes are told apart by.
#[derive(Default)]
struct Register {
    items: Numbers<crate::db::Id>,
    words: Numbers<String>,
    breakdowns: Numbers<Vec<u32>>,
    sorts: Numbers<(Option<String>, String)>,
}

impl Register {
    fn marks(&mut self, scope: &Scope) -> Marks {
        let mut item = |id: Option<crate::db::Id>| id.map_or(0, |id| self.items.of(id));
        let (indicator, programme, partner) = (item(scope.indicator), item(scope.programme), item(scope.partner));
        let words = &mut self.words;
        let countries = scope.countries.iter().map(|code| words.of(code.clone())).collect();
        let slices: Vec<(u32, u32)> =
            scope.slices.iter().map(|(dimension, value)| (words.of(dimension.clone()), words.of(value.clone()))).collect();
        let dimensions: Vec<u32> = slices.iter().map(|(dimension, _)| *dimension).collect();
        let breakdown = if dimensions.is_empty() { 0 } else { self.breakdowns.of(dimensions) };
        Marks {
            indicator,
            programme,
            partner,
            countries,
            slices,
            breakdown,
            sort: self.sorts.of((scope.unit.clone(), scope.measure.clone())),
        }
    }
}

impl Facts {
    /// Understands what was read.
    pub fn of(text: String) -> Self {
        let mut read = Self::default();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut register = Register::default();
        let start_of = |part: &str| part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        for line in text.split(NEWLINE) {
            let Some((number, about, figures)) = facts::split(line) else { continue };
            let scope = if let Some(place) = known.get(about) {
                *place
            } else {
                let Some(scope) = facts::scope(about) else { continue };
                known.insert(about, read.scopes.len());
                read.marks.push(register.marks(&scope));
                read.scopes.push(scope);
                read.scopes.len().saturating_sub(1)
            };
            let at = (start_of(figures), start_of(figures).saturating_add(figures.len()));
            read.rows.extend(row(number, scope, figures, at));
        }
        drop(known);
        read.rows.sort_unstable_by_key(|row| row.number);
        read.text = text;
        read
    }

    /// What a statistic is about.
    pub fn scope(&self, row: &Row) -> Option<&Scope> {
        self.scopes.get(row.scope)
    }

    /// What tells that apart.
    pub fn marks(&self, row: &Row) -> Option<&Marks> {
        self.marks.get(row.scope)
    }

    /// Its figures as they are written.
    pub fn figures(&self, row: &Row) -> Figures<'_> {
        self.text.get(row.at.0..row.at.1).and_then(facts::figures).unwrap_or_default()
    }
}

/// Reads what is reckoned with again and again; everything else when it is needed.
fn row(number: Number, scope: usize, figures: &str, at: (usize, usize)) -> Option<Row> {
    let mut fields = figures.splitn(5, '\t');
    let (start, end, qualifier, value, aims) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(Row {
        number,
        scope,
        days: (day(start).unwrap_or(i32::MIN), day(end).unwrap_or(i32::MAX)),
        qualifier: match qualifier {
            "more_than" => "more_than",
            "less_than" => "less_than",
            "about" => "about",
            _ => "exact",
        },
        value: Exact::parse(value).filter(|_| !value.is_empty()),
        has_aims: aims.bytes().any(|byte| byte != b'\t'),
        at,
    })
}

/// A day as a number whose order is that of days, and whose differences are nearly theirs.
pub fn day(text: &str) -> Option<i32> {
    let mut parts = text.split('-').map(str::parse::<i32>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    year.checked_mul(372)?.checked_add(month.checked_sub(1)?.checked_mul(31)?)?.checked_add(day.checked_sub(1)?)
}

impl Row {
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

/// Statistics for tests: what each is about, and its figures, as [`facts`] writes them.
#[cfg(test)]
pub fn written(given: &[(Scope, Figures<'_>)]) -> Facts {
    let mut facts = Facts::default();
    let mut register = Register::default();
    for (number, (scope, figures)) in (1..).zip(given) {
        let Figures { start, end, qualifier, value, baseline, baseline_year, target, target_start, target_end } = figures;
        let text = [start, end, qualifier, value, baseline, baseline_year, target, target_start, target_end].map(|text| *text).join("\t");
        let place = facts.scopes.iter().position(|known| known == scope).unwrap_or_else(|| {
            facts.marks.push(register.marks(scope));
            facts.scopes.push(scope.clone());
            facts.scopes.len() - 1
        });
        let at = (facts.text.len(), facts.text.len() + text.len());
        facts.rows.extend(row(number, place, &text, at));
        facts.text.push_str(&text);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_whole_periods() {
        let of = |start: &str, end: &str| {
            let facts = written(&[(Scope::default(), Figures { start, end, ..Figures::default() })]);
            facts.rows.first().and_then(Row::year)
        };
        assert_eq!(of("2024-01-01", "2024-12-31"), Some(2024));
        assert_eq!(of("2024-12-31", "2025-01-01"), None);
        assert_eq!((of("2024-06-01", ""), of("", "2023-01-01"), of("", "")), (Some(2024), Some(2023), None));
        assert!(day("2024-02-29") < day("2024-03-01") && day("2024-12-31") < day("2025-01-01"));
    }

    #[test]
    fn what_is_the_same_is_known_once() {
        let line = |number: u32, country: &str, value: &str| {
            format!("{number}\t\t\t\t{country}\t\tpeople\tunit\t1\t\u{1e}2024-01-01\t\texact\t{value}\t\t\t9\t\t")
        };
        let facts = Facts::of([line(3, "AL", "1"), line(1, "AL", "2"), "broken".to_owned(), line(2, "RS", "")].join("\n"));
        assert_eq!(
            facts.rows.iter().map(|row| (row.number, row.scope, row.value.is_some(), row.has_aims)).collect::<Vec<_>>(),
            [(1, 0, true, true), (2, 1, false, true), (3, 0, true, true)]
        );
        assert_eq!(
            facts.rows.iter().map(|row| (facts.figures(row).value, facts.figures(row).target)).collect::<Vec<_>>(),
            [("2", "9"), ("", "9"), ("1", "9")]
        );
        assert_eq!((facts.scopes.len(), facts.marks.len()), (2, 2));
    }
}

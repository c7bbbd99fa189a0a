//! The facts of many statistics as they are reckoned with.
//!
//! Those of all public statistics are kept in memory; what was written since is read again before
//! each request.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::sql::{Bind, Fragment, Statement, integer_in_fragment};
use crate::db::{Connection, Error, RowId};
use crate::impact::facts::{self, Figures, Scope};
use crate::resource::spec::Spec;
use crate::resource::whole::{self, Whole};
use crate::text::sum::Exact;

/// Between the statistics of a text.
const NEWLINE: char = '\n';
/// How many statistics are read together: their text is some megabytes.
const AT_ONCE: usize = 20_000;
/// More than these are put in their places together.
const MOST_ONE_BY_ONE: usize = 100;
/// Which of them everybody sees.
const IS_PUBLIC: &str = "is_public = TRUE";

/// A statistic, as far as it is reckoned with.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number.
    pub number: RowId,
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
    /// Where its figures stand in the text, from and to.
    at: (u32, u32),
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
    /// The figures of all rows, as they are written; also of those that are no more.
    figures: String,
    /// How much of that was there when all of it was read.
    read: usize,
    /// The places of scopes, by how they are written.
    known: HashMap<Box<str>, usize>,
    register: Register,
}

/// Numbers what is different, from 1 on.
#[derive(Clone, Debug)]
struct Numbers<T>(HashMap<T, u32>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: std::hash::Hash + Eq> Numbers<T> {
    fn of(&mut self, what: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_add(1);
        *self.0.entry(what).or_insert(next)
    }
}

/// Numbers of all that scopes are told apart by.
#[derive(Clone, Debug, Default)]
struct Register {
    items: Numbers<crate::db::Id>,
    words: Numbers<String>,
    breakdowns: Numbers<Vec<u32>>,
    sorts: Numbers<(Option<String>, String)>,
}

impl Register {
    fn marks(&mut self, scope: &Scope) -> Marks {
        let mut item = |id: Option<crate::db::Id>| id.map_or(0, |id| self.items.of(id));
        let (indicator, programme, partner) =
            (item(scope.indicator), item(scope.programme), item(scope.partner));
        let words = &mut self.words;
        let countries = scope.countries.iter().map(|code| words.of(code.clone())).collect();
        let slices: Vec<(u32, u32)> = scope
            .slices
            .iter()
            .map(|(dimension, value)| (words.of(dimension.clone()), words.of(value.clone())))
            .collect();
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
    /// Reads those of these numbers, some after the other.
    pub fn of(connection: &mut Connection, numbers: &[RowId]) -> Result<Self, Error> {
        let mut facts = Self::default();
        for some in numbers.chunks(AT_ONCE) {
            if let Some((_, text)) =
                text(connection, &integer_in_fragment("number", some.iter().copied()))?
            {
                facts.add(&text);
            }
        }
        facts.settle();
        Ok(facts)
    }

    /// When all are read.
    fn settle(&mut self) {
        self.rows.shrink_to_fit();
        self.figures.shrink_to_fit();
        self.read = self.figures.len();
    }

    /// Understands what was read, a statistic a line.
    fn add(&mut self, text: &str) {
        let (mut last, mut scope) = ("", 0);
        for line in text.split(NEWLINE) {
            let Some((number, about, figures)) = facts::split(line) else { continue };
            // Neighbours are often about the same.
            if last.is_empty() || last != about {
                let Some(place) = self.place_of(about) else { continue };
                (last, scope) = (about, place);
            }
            let from = self.figures.len();
            let (Ok(start), Ok(end)) =
                (u32::try_from(from), u32::try_from(from.saturating_add(figures.len())))
            else {
                continue;
            };
            self.figures.push_str(figures);
            self.rows.extend(row(number, scope, figures, (start, end)));
        }
        if !self.rows.is_sorted_by_key(|row| row.number) {
            self.rows.sort_unstable_by_key(|row| row.number);
        }
    }

    /// The place of the scope that is written so; a new one where it is not known.
    fn place_of(&mut self, about: &str) -> Option<usize> {
        if let Some(place) = self.known.get(about) {
            return Some(*place);
        }
        let scope = facts::scope(about)?;
        let place = self.scopes.len();
        self.known.insert(about.into(), place);
        self.marks.push(self.register.marks(&scope));
        self.scopes.push(scope);
        Some(place)
    }

    /// Takes what these statistics are now, a line each of those that are still there.
    fn replace(&mut self, changed: &BTreeSet<RowId>, text: &str) {
        let mut others = std::mem::take(&mut self.rows);
        self.add(text);
        let new = std::mem::take(&mut self.rows);
        if changed.len() > MOST_ONE_BY_ONE {
            others.retain(|row| !changed.contains(&row.number));
            others.extend(new);
            others.sort_unstable_by_key(|row| row.number);
        } else {
            let mut new: HashMap<RowId, Row> =
                new.into_iter().map(|row| (row.number, row)).collect();
            for number in changed {
                match (others.binary_search_by_key(number, |row| row.number), new.remove(number)) {
                    (Ok(place), Some(row)) => {
                        if let Some(known) = others.get_mut(place) {
                            *known = row;
                        }
                    }
                    (Ok(place), None) => drop(others.remove(place)),
                    (Err(place), Some(row)) => others.insert(place, row),
                    (Err(_), None) => {}
                }
            }
        }
        self.rows = others;
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
        let at = |place| usize::try_from(place).unwrap_or(usize::MAX);
        self.figures.get(at(row.at.0)..at(row.at.1)).and_then(facts::figures).unwrap_or_default()
    }
}

impl Whole for Facts {
    fn read(connection: &mut Connection, _spec: &'static Spec) -> Result<Self, Error> {
        let mut facts = Self::default();
        let mut after = 0;
        loop {
            let next = Fragment::new(IS_PUBLIC)
                .sql(" AND number > ")
                .bind(Bind::Integer(after))
                .sql(" ORDER BY number LIMIT ")
                .bind(Bind::Integer(i64::try_from(AT_ONCE).unwrap_or(i64::MAX)));
            let Some((last, text)) = text(connection, &next)? else { break };
            facts.add(&text);
            after = last;
        }
        facts.settle();
        Ok(facts)
    }

    fn update(
        &mut self,
        connection: &mut Connection,
        spec: &'static Spec,
        since: i64,
    ) -> Result<bool, Error> {
        // Of what is of no use any more there is not more than of the rest.
        if self.figures.len() > self.read.saturating_mul(2).saturating_add(1_000_000) {
            return Ok(false);
        }
        let Some(numbers) = whole::written(connection, spec.kind, since)? else { return Ok(false) };
        let some = Fragment::new(IS_PUBLIC)
            .sql(" AND ")
            .append(&integer_in_fragment("number", numbers.iter().copied()));
        let text = text(connection, &some)?.map(|(_, text)| text).unwrap_or_default();
        self.replace(&numbers, &text);
        Ok(true)
    }
}

/// The facts of the statistics that fit a condition, a line each, and the last of their numbers;
/// nothing where there are none.
fn text(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Option<(RowId, String)>, Error> {
    let statement = Fragment::new("SELECT max(number), ")
        .by_backend("group_concat(facts, char(10))", "string_agg(facts, E'\\n')")
        .sql(" FROM (SELECT number, facts FROM impact_statistics WHERE ")
        .append(condition)
        .sql(") wanted");
    let rows: Vec<(Option<RowId>, Option<String>)> =
        Statement::<(Nullable<BigInt>, Nullable<Text>)>::new(statement).load_rows(connection)?;
    Ok(rows.into_iter().next().and_then(|(last, text)| last.zip(text)))
}

/// Reads what is reckoned with again and again; everything else when it is needed.
fn row(number: RowId, scope: usize, figures: &str, at: (u32, u32)) -> Option<Row> {
    let mut fields = figures.splitn(5, '\t');
    let (start, end, qualifier, value, aims) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
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
    year.checked_mul(372)?
        .checked_add(month.checked_sub(1)?.checked_mul(31)?)?
        .checked_add(day.checked_sub(1)?)
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
    for (number, (scope, figures)) in (1..).zip(given) {
        let Figures {
            start,
            end,
            qualifier,
            value,
            baseline,
            baseline_year,
            target,
            target_start,
            target_end,
        } = figures;
        let text = [
            start,
            end,
            qualifier,
            value,
            baseline,
            baseline_year,
            target,
            target_start,
            target_end,
        ]
        .map(|text| *text)
        .join("\t");
        let place = facts.scopes.iter().position(|known| known == scope).unwrap_or_else(|| {
            facts.marks.push(facts.register.marks(scope));
            facts.scopes.push(scope.clone());
            facts.scopes.len() - 1
        });
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let from = facts.figures.len();
        facts.rows.extend(row(number, place, &text, (at(from), at(from + text.len()))));
        facts.figures.push_str(&text);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_whole_periods() {
        let of = |start: &str, end: &str| {
            let facts =
                written(&[(Scope::default(), Figures { start, end, ..Figures::default() })]);
            facts.rows.first().and_then(Row::year)
        };
        assert_eq!(of("2024-01-01", "2024-12-31"), Some(2024));
        assert_eq!(of("2024-12-31", "2025-01-01"), None);
        assert_eq!(
            (of("2024-06-01", ""), of("", "2023-01-01"), of("", "")),
            (Some(2024), Some(2023), None)
        );
        assert!(day("2024-02-29") < day("2024-03-01") && day("2024-12-31") < day("2025-01-01"));
    }

    #[test]
    fn what_is_the_same_is_known_once() {
        let line = |number: u32, country: &str, value: &str| {
            format!(
                "{number}\t\t\t\t{country}\t\tpeople\tunit\t1\t\u{1e}2024-01-01\t\texact\t{value}\t\t\t9\t\t"
            )
        };
        let mut facts = Facts::default();
        facts.add(
            &[line(3, "AL", "1"), line(1, "AL", "2"), "broken".to_owned(), line(2, "RS", "")]
                .join("\n"),
        );
        assert_eq!(
            facts
                .rows
                .iter()
                .map(|row| (row.number, row.scope, row.value.is_some(), row.has_aims))
                .collect::<Vec<_>>(),
            [(1, 0, true, true), (2, 1, false, true), (3, 0, true, true)]
        );
        assert_eq!(
            facts
                .rows
                .iter()
                .map(|row| (facts.figures(row).value, facts.figures(row).target))
                .collect::<Vec<_>>(),
            [("2", "9"), ("", "9"), ("1", "9")]
        );
        assert_eq!((facts.scopes.len(), facts.marks.len()), (2, 2));
        let told = |facts: &Facts| -> Vec<(RowId, String, Vec<String>)> {
            let told = |row: &Row| {
                Some((
                    row.number,
                    facts.figures(row).value.to_owned(),
                    facts.scope(row)?.countries.clone(),
                ))
            };
            facts.rows.iter().filter_map(told).collect()
        };
        let expected = |rows: &[(RowId, &str, &str)]| -> Vec<(RowId, String, Vec<String>)> {
            rows.iter()
                .map(|(number, value, country)| {
                    (*number, (*value).to_owned(), vec![(*country).to_owned()])
                })
                .collect()
        };
        let text = [line(9, "RS", "5"), line(1, "TR", "4")].join("\n");
        // One by one, and together.
        for changed in [BTreeSet::from([1, 3, 9]), (1..=1).chain(3..200).collect()] {
            let mut facts = facts.clone();
            facts.replace(&changed, &text);
            assert_eq!(told(&facts), expected(&[(1, "4", "TR"), (2, "", "RS"), (9, "5", "RS")]));
        }
    }
}

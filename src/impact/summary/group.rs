//! Statistics by what they have in common.

use std::collections::HashMap;

use super::asked::By;
use super::known::{Facts, Row};
use super::overlap::{Counted, count};
use super::reckon::{Reckoned, reckon};
use crate::db::Id;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::impact::facts::Scope;
use crate::impact::words::UNIT;

/// How many groups a refusal names.
const MOST_REFUSED: usize = 20;

/// One value of a key, as statistics have it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// A country code, a unit, a slice.
    Text(String),
    /// A year.
    Year(i32),
    /// An item.
    Item(Id),
    /// What is not divided; last.
    Undivided,
}

/// What makes statistics comparable.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sort {
    /// What is counted.
    pub unit: Option<String>,
    /// See [`crate::impact::words::MEASURES`].
    pub measure: String,
    /// Whether values may be added up.
    pub is_additive: bool,
}

/// Why values are not added up.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What stands against it.
    pub code: &'static str,
    /// In a sentence.
    pub detail: String,
}

/// Statistics that have something in common, reckoned; places among the rows.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they have in common.
    pub parts: Vec<Part>,
    /// What makes them comparable.
    pub sort: Sort,
    /// Those that count, and those counted with them already.
    pub counted: Counted,
    /// Those without a value.
    pub without_value: Vec<usize>,
    /// What they come to.
    pub reckoned: Reckoned,
    /// Why there is no sum.
    pub refusal: Option<Refusal>,
}

/// How statistics are grouped.
pub struct Grouping<'a> {
    /// By what.
    pub by: &'a [By],
    /// Whether what is not comparable is a group of its own, where else the whole is refused.
    pub is_apart: bool,
    /// Whether a sum is asked for.
    pub is_summed: bool,
    /// Whether the reader may see an item.
    pub may_see: &'a dyn Fn(Id) -> bool,
    /// How a part is called in a sentence.
    pub called: &'a dyn Fn(&By, &Part) -> String,
}

impl Grouping<'_> {
    /// The groups of statistics, in no order.
    pub fn of(&self, facts: &Facts, selected: &[usize]) -> Result<Vec<Group>, Problem> {
        // What follows from the scope is found once for each.
        let mut keys: Vec<Vec<Part>> = Vec::new();
        let mut known: HashMap<Vec<Part>, usize> = HashMap::new();
        let mut of_scope: Vec<Option<usize>> = vec![None; facts.scopes.len()];
        let mut key_of = |scope: &Scope| {
            let mut key: Vec<Part> =
                self.by.iter().map(|by| part_of(by, scope, self.may_see)).collect();
            if self.is_apart {
                let sort = sort(scope);
                let unit = sort.unit.map_or(Part::Undivided, Part::Text);
                key.extend([unit, Part::Text(format!("{} {}", sort.measure, sort.is_additive))]);
            }
            *known.entry(key.clone()).or_insert_with(|| {
                keys.push(key);
                keys.len().saturating_sub(1)
            })
        };
        let is_by_year = self.by.contains(&By::Year);
        let mut places: HashMap<(usize, Option<i32>), Vec<usize>> = HashMap::new();
        for place in selected {
            let Some(row) = facts.rows.get(*place) else { continue };
            let Some((scope, key)) = facts.scope(row).zip(of_scope.get_mut(row.scope)) else {
                continue;
            };
            let key = *key.get_or_insert_with(|| key_of(scope));
            let year = if is_by_year { row.year() } else { None };
            places.entry((key, year)).or_default().push(*place);
        }
        let mut groups = Vec::with_capacity(places.len());
        let mut refused = Vec::new();
        for ((key, year), rows) in places {
            let parts = keys.get(key).map(|parts| self.parts(parts, year)).unwrap_or_default();
            match self.group(facts, parts, rows) {
                Ok(group) => groups.push(group),
                Err((parts, refusal)) => refused.push((parts, refusal)),
            }
        }
        if refused.is_empty() { Ok(groups) } else { Err(self.refuse(refused)) }
    }

    /// The parts of a key, with the year in its place.
    fn parts(&self, parts: &[Part], year: Option<i32>) -> Vec<Part> {
        let with_year = self.by.iter().zip(parts).map(|(by, part)| match (by, year) {
            (By::Year, Some(year)) => Part::Year(year),
            _ => part.clone(),
        });
        with_year.collect()
    }

    fn group(
        &self,
        facts: &Facts,
        parts: Vec<Part>,
        rows: Vec<usize>,
    ) -> Result<Group, (Vec<Part>, Refusal)> {
        let of = |place: &usize| facts.rows.get(*place).and_then(|row: &Row| facts.scope(row));
        let Some(first) = rows.first().and_then(of) else {
            return Err((parts, Refusal { code: "empty", detail: String::new() }));
        };
        let mut sort = sort(first);
        let marks = |place: &usize| facts.rows.get(*place).and_then(|row| facts.marks(row));
        let kind = rows.first().and_then(marks).map(|marks| marks.sort);
        let stranger =
            rows.iter().find(|place| marks(place).map(|marks| marks.sort) != kind).and_then(of);
        let reason = rows.iter().filter_map(of).find_map(why_not);
        sort.is_additive = reason.is_none();
        if let Some(other) = stranger {
            let detail = format!(
                "{} and {} are counted, which cannot be compared",
                what(first),
                what(other)
            );
            return Err((parts, Refusal { code: "mixed_units", detail }));
        }
        if let Some(refusal) = reason.clone().filter(|_| self.is_summed && !self.is_apart) {
            return Err((parts, refusal));
        }
        let (with_value, without_value) = rows
            .into_iter()
            .partition(|place| facts.rows.get(*place).is_some_and(|row| row.value.is_some()));
        let with_value: Vec<usize> = with_value;
        let counted = count(facts, &with_value);
        let reckoned = reckon(facts, &counted.rows, sort.is_additive);
        Ok(Group { parts, sort, counted, without_value, reckoned, refusal: reason })
    }

    /// The problem that says what cannot be added up, and what to do.
    fn refuse(&self, mut refused: Vec<(Vec<Part>, Refusal)>) -> Problem {
        refused.sort_by(|a, b| a.0.cmp(&b.0));
        let mut problem = Problem::new(
            ProblemKind::NotSummable,
            "Some of these statistics cannot be added up. Ask for one `unit` or `indicator`, group by these, filter by `additive=true`, \
             leave `sum` out of `aggregates`, or send `apart=true` to have them listed apart.",
        );
        problem.errors = refused
            .iter()
            .take(MOST_REFUSED)
            .map(|(parts, refusal)| {
                let called: Vec<String> =
                    self.by.iter().zip(parts).map(|(by, part)| (self.called)(by, part)).collect();
                let of = if called.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", called.join(", "))
                };
                let parameter = if self.by.is_empty() { "aggregates" } else { "group_by" };
                FieldError::parameter(parameter, refusal.code, format!("{}{of}.", refusal.detail))
            })
            .collect();
        problem
    }
}

/// What a scope has of what others are grouped by; a year it has none.
pub fn part_of(by: &By, scope: &Scope, may_see: &dyn Fn(Id) -> bool) -> Part {
    let item = |id: Option<Id>| id.filter(|id| may_see(*id)).map_or(Part::Undivided, Part::Item);
    let text =
        |text: Option<&String>| text.map_or(Part::Undivided, |text| Part::Text(text.clone()));
    match by {
        By::Country => text(if let [one] = scope.countries.as_slice() { Some(one) } else { None }),
        By::Year => Part::Undivided,
        By::Programme => item(scope.programme),
        By::Partner => item(scope.partner),
        By::Indicator => item(scope.indicator),
        By::Unit => text(scope.unit.as_ref()),
        By::Dimension(name) => text(
            scope.slices.iter().find(|(dimension, _)| dimension == name).map(|(_, slice)| slice),
        ),
    }
}

fn sort(scope: &Scope) -> Sort {
    Sort {
        unit: scope.unit.clone(),
        measure: scope.measure.clone(),
        is_additive: why_not(scope).is_none(),
    }
}

/// Why values of a scope cannot be added up, if they cannot.
fn why_not(scope: &Scope) -> Option<Refusal> {
    if scope.measure != UNIT {
        let detail = format!("Values of the measure `{}` cannot be added up", scope.measure);
        return Some(Refusal { code: "not_a_count", detail });
    }
    match scope.additive {
        Some(true) => None,
        Some(false) => Some(Refusal {
            code: "not_additive",
            detail: format!("{} may not be added up (`additive` is false)", what(scope)),
        }),
        None => Some(Refusal {
            code: "not_additive",
            detail: format!(
                "Nobody says that {} may be added up (`additive` is null)",
                what(scope)
            ),
        }),
    }
}

/// What a scope counts, in a sentence.
fn what(scope: &Scope) -> String {
    let unit = scope.unit.as_deref().unwrap_or("values without a unit");
    if scope.measure == UNIT { unit.to_owned() } else { format!("{unit} ({})", scope.measure) }
}

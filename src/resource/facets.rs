//! `facets=`: how many items of the whole filtered list have each value of a filter.
//!
//! Counting in the database would read a row for each value of each item. So the values of all
//! items are kept in memory, a number for each, and brought up to date with what was written since;
//! the database says only which items are in the list. What was counted is kept as long as nothing
//! is written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use diesel::sql_types::{BigInt, Nullable, Text as SqlText};
use serde_json::{Map, Value, json};

use super::load::load_named;
use super::query::ListRequest;
use super::revisions::{CATALOGUE, MENDED, Revisions};
use super::shown::Shown;
use super::spec::{FilterSpec, Kind, Spec, Takes};
use super::whole::{MOST_WRITTEN, UNDER_WAY};
use crate::db::sql::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, Id, RowId};
use crate::http::problem::Problem;
use crate::text::language::Language;
use crate::text::language_names;

/// How many values of a facet are shown unless asked otherwise.
pub const DEFAULT_FACET_LIMIT: i64 = 20;
/// How many values of a facet are shown at most.
pub const MAX_FACET_LIMIT: i64 = 1_000;
/// How many items are read together.
const AT_ONCE: i64 = 5_000;

/// The values of all items, kept between reads.
#[derive(Default)]
pub struct Values(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The revision of the catalogue at which they were read.
    revision: i64,
    /// The revision of what is derived.
    mended: i64,
    /// When they were read, if they were.
    at: Option<Instant>,
    /// Field and value of each term, by its number.
    terms: HashMap<u32, (Arc<str>, Arc<str>)>,
    last_term: i64,
    /// Where the terms of an item stand in `flat`, by its number: from and to.
    places: Vec<(u32, u32)>,
    flat: Vec<u32>,
}

impl Kept {
    fn of(&self, item: RowId) -> &[u32] {
        let place = usize::try_from(item).ok().and_then(|item| self.places.get(item));
        let range = place
            .and_then(|(from, to)| Some(usize::try_from(*from).ok()?..usize::try_from(*to).ok()?));
        range.and_then(|range| self.flat.get(range)).unwrap_or_default()
    }

    fn set(&mut self, item: RowId, terms: &[u32]) {
        let Some(place) = usize::try_from(item).ok().filter(|_| item < i64::from(u32::MAX)) else {
            return;
        };
        if self.places.len() <= place {
            self.places.resize(place.saturating_add(1), (0, 0));
        }
        if self.of(item) == terms {
            return;
        }
        let from = u32::try_from(self.flat.len()).unwrap_or(u32::MAX);
        self.flat.extend_from_slice(terms);
        let to = u32::try_from(self.flat.len()).unwrap_or(u32::MAX);
        if let Some(known) = self.places.get_mut(place) {
            *known = (from, to);
        }
    }

    /// Reads what is new since the last time.
    fn refresh(&mut self, connection: &mut Connection, revision: i64) -> Result<(), Error> {
        let statement = Fragment::new("SELECT number, field, value FROM terms WHERE number > ")
            .bind(Bind::Integer(self.last_term));
        let terms: Vec<(i64, String, String)> =
            Statement::<(BigInt, SqlText, SqlText)>::new(statement).load_rows(connection)?;
        let mut fields: HashMap<String, Arc<str>> = HashMap::new();
        for (number, field, value) in terms {
            self.last_term = self.last_term.max(number);
            let field = fields.entry(field).or_insert_with_key(|field| Arc::from(field.as_str()));
            if let Ok(number) = u32::try_from(number) {
                self.terms.insert(number, (Arc::clone(field), Arc::from(value)));
            }
        }
        let kinds: Vec<String> =
            Kind::ALL.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        let changed =
            Fragment::new(format!("items.kind IN ({}) AND items.written > ", kinds.join(", ")))
                .bind(Bind::Integer(self.revision));
        if self.at.is_some() && !are_many(connection, &changed)? {
            for (item, terms) in values(connection, &changed)? {
                self.set(item, &numbers(terms.as_deref()));
            }
        } else {
            let mut after: RowId = 0;
            loop {
                let some = Fragment::new("items.number > ")
                    .bind(Bind::Integer(after))
                    .sql(" AND items.number <= (SELECT max(number) FROM (SELECT number FROM items WHERE number > ")
                    .bind(Bind::Integer(after))
                    .sql(" ORDER BY number LIMIT ")
                    .bind(Bind::Integer(AT_ONCE))
                    .sql(") batch)");
                let rows = values(connection, &some)?;
                let Some(last) = rows.iter().map(|(item, _)| *item).max() else { break };
                after = last;
                for (item, terms) in rows {
                    self.set(item, &numbers(terms.as_deref()));
                }
            }
            self.flat.shrink_to_fit();
            self.places.shrink_to_fit();
        }
        self.at = Some(Instant::now());
        self.revision = revision;
        Ok(())
    }

    /// Whether more than half of what is kept is of no use any more.
    fn is_worn(&self) -> bool {
        let used: usize = self
            .places
            .iter()
            .map(|(from, to)| usize::try_from(to.saturating_sub(*from)).unwrap_or(0))
            .sum();
        self.flat.len() > used.saturating_mul(2).saturating_add(100_000)
    }
}

/// Whether so many items fit a condition that all are better read some after the other.
fn are_many(connection: &mut Connection, condition: &Fragment) -> Result<bool, Error> {
    let most = i64::try_from(MOST_WRITTEN).unwrap_or(i64::MAX);
    let some = Fragment::new("SELECT COUNT(*) FROM (SELECT 1 FROM items WHERE ")
        .append(condition)
        .sql(" LIMIT ");
    let statement = some.bind(Bind::Integer(most.saturating_add(1))).sql(") changed");
    let counts: Vec<i64> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok(counts.first().is_some_and(|count| *count > most))
}

/// The terms of items, each with a space between.
fn values(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Vec<(RowId, Option<String>)>, Error> {
    let statement = Fragment::new("SELECT items.number, (SELECT ")
        .by_backend("group_concat(facets.term, ' ')", "string_agg(facets.term::text, ' ')")
        .sql(" FROM facets WHERE facets.item = items.number) FROM items WHERE ")
        .append(condition);
    Ok(Statement::<(BigInt, Nullable<SqlText>)>::new(statement).load_rows(connection)?)
}

fn numbers(terms: Option<&str>) -> Vec<u32> {
    terms
        .into_iter()
        .flat_map(|terms| terms.split(' '))
        .filter_map(|term| term.parse().ok())
        .collect()
}

/// The values of one facet: field value and how many items have it, the most frequent first.
type Counted = Arc<Vec<(Arc<str>, u32)>>;

/// What was counted since the last write.
pub type Counts = super::totals::Since<Counted>;

/// What a request asks of facets.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The filters whose values are counted.
    pub filters: Vec<&'static FilterSpec>,
    /// How many values of each are shown.
    pub limit: usize,
}

/// Where facets are kept between reads.
#[derive(Default)]
pub struct Facets {
    values: Values,
    counts: Counts,
}

impl Facets {
    /// The facets of a list as JSON, an array of `{value, label, count}` for each.
    pub fn of(
        &self,
        connection: &mut Connection,
        (spec, wanted): (&'static Spec, &ListRequest),
        revisions: &Revisions,
        shown: &mut Shown,
    ) -> Result<Map<String, Value>, Problem> {
        let mut facets = Map::new();
        let mut counted: Vec<(&'static FilterSpec, Counted)> = Vec::new();
        // Those whose filter is not set count the same items.
        let mut whole: Option<Vec<RowId>> = None;
        for filter in &wanted.facets.filters {
            let is_set = wanted.is_set(filter);
            let key = format!("{}\n{}", filter.name, wanted.counted_but(filter));
            let counts = self.counts.of(revisions, &key, || {
                let memory = shown.memory();
                let mut read = |but| -> Result<Vec<RowId>, Problem> {
                    let Some(memory) = &memory else {
                        return Err(Problem::internal("a list was read without a memory"));
                    };
                    wanted.numbers(connection, spec, memory, but)
                };
                let own;
                let items: &[RowId] = if is_set {
                    own = read(Some(*filter))?;
                    &own
                } else {
                    if whole.is_none() {
                        whole = Some(read(None)?);
                    }
                    whole.as_deref().unwrap_or_default()
                };
                self.values
                    .count(connection, revisions, &wanted.field(spec, filter), items)
                    .map_err(Problem::from)
            })?;
            counted.push((filter, counts));
        }
        let limit = wanted.facets.limit;
        let named = counted.iter().filter_map(|(filter, counts)| match filter.takes {
            Takes::Item(kind) => Some((
                kind,
                counts.iter().take(limit).filter_map(|(value, _)| Id::parse(value)).collect(),
            )),
            _ => None,
        });
        load_named(connection, named.collect(), wanted.viewer, shown)?;
        for (filter, counts) in counted {
            let values = counts.iter().take(limit).filter_map(|(value, count)| {
                let (value, label) = label(filter, value, shown)?;
                Some(json!({"value": value, "label": label, "count": count}))
            });
            facets.insert(filter.name.to_owned(), Value::Array(values.collect()));
        }
        Ok(facets)
    }
}

impl Values {
    /// How many of these items have each value of a field.
    fn count(
        &self,
        connection: &mut Connection,
        revisions: &Revisions,
        field: &str,
        items: &[RowId],
    ) -> Result<Counted, Error> {
        let (revision, _) = revisions.of(CATALOGUE);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mended, _) = revisions.of(MENDED);
        let is_newer = kept.revision > revision || kept.mended > mended;
        let is_of_another = is_newer && kept.at.is_none_or(|at| at.elapsed() >= UNDER_WAY);
        if kept.is_worn() || kept.mended < mended || is_of_another {
            *kept = Kept { mended, ..Kept::default() };
        }
        if kept.revision < revision || kept.at.is_none() {
            kept.refresh(connection, revision)?;
        }
        let mut counts =
            vec![0_u32; usize::try_from(kept.last_term).unwrap_or(0).saturating_add(1)];
        for item in items {
            for term in kept.of(*item) {
                if let Some(count) =
                    usize::try_from(*term).ok().and_then(|term| counts.get_mut(term))
                {
                    *count = count.saturating_add(1);
                }
            }
        }
        let mut found: Vec<(Arc<str>, u32)> = kept
            .terms
            .iter()
            .filter(|(_, (of, _))| **of == *field)
            .filter_map(|(term, (_, value))| {
                Some((Arc::clone(value), counts.get(usize::try_from(*term).ok()?).copied()?))
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        found.sort_by(|(a, first), (b, second)| second.cmp(first).then_with(|| a.cmp(b)));
        Ok(Arc::new(found))
    }
}

/// The value of a facet as a filter takes it, and how a person calls it; nothing for what the
/// viewer may not see.
fn label(filter: &FilterSpec, value: &str, shown: &Shown) -> Option<(String, String)> {
    let names = shown.wish.ui_language;
    Some(match filter.takes {
        Takes::Item(_) | Takes::Referrer(..) => {
            let reference = shown.reference(&Id::parse(value)?)?;
            (reference.slug, reference.title)
        }
        Takes::Country => (value.to_owned(), shown.places.country(value, names)?.name.to_owned()),
        Takes::Language => {
            (value.to_owned(), language_names::name(&Language::stored(value), names))
        }
        Takes::Word(_) | Takes::Text | Takes::Flag | Takes::Has(_) | Takes::Year => {
            (value.to_owned(), value.to_owned())
        }
    })
}

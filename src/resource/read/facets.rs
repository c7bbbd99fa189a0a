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

use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, Id, RowId};
use crate::http::problem::Problem;
use crate::resource::cache::snapshot::{MAX_INCREMENTAL_ITEMS, STALE_READ_GRACE};
use crate::resource::model::revisions::{CATALOGUE, DERIVED_DATA, Revisions};
use crate::resource::query::params::ListRequest;
use crate::resource::schema::{FilterSchema, FilterType, ResourceKind, ResourceSchema};
use crate::resource::store::items::load_reference_targets;
use crate::resource::view::context::RenderContext;
use crate::text::language::Language;
use crate::text::language_names;

/// How many values of a facet are shown unless asked otherwise.
pub const DEFAULT_FACET_LIMIT: i64 = 20;
/// How many values of a facet are shown at most.
pub const MAX_FACET_LIMIT: i64 = 1_000;
/// How many items are read together.
const ITEMS_PER_BATCH: i64 = 5_000;

/// The values of all items, kept between reads.
#[derive(Default)]
pub struct FacetValueIndex(Mutex<FacetIndexData>);

#[derive(Default)]
struct FacetIndexData {
    /// The revision of the catalogue at which they were read.
    revision: i64,
    /// The revision of what is derived.
    derived_revision: i64,
    /// When they were read, if they were.
    refreshed_at: Option<Instant>,
    /// Field and value of each term, by its number.
    terms: HashMap<u32, (Arc<str>, Arc<str>)>,
    last_term_id: i64,
    /// Where the terms of an item stand in `flat`, by its number: from and to.
    term_ranges: Vec<(u32, u32)>,
    item_terms: Vec<u32>,
}

impl FacetIndexData {
    fn terms_of(&self, item: RowId) -> &[u32] {
        let place = usize::try_from(item).ok().and_then(|item| self.term_ranges.get(item));
        let range = place
            .and_then(|(from, to)| Some(usize::try_from(*from).ok()?..usize::try_from(*to).ok()?));
        range.and_then(|range| self.item_terms.get(range)).unwrap_or_default()
    }

    fn replace(&mut self, item: RowId, terms: &[u32]) {
        let Some(place) = usize::try_from(item).ok().filter(|_| item < i64::from(u32::MAX)) else {
            return;
        };
        if self.term_ranges.len() <= place {
            self.term_ranges.resize(place.saturating_add(1), (0, 0));
        }
        if self.terms_of(item) == terms {
            return;
        }
        let from = u32::try_from(self.item_terms.len()).unwrap_or(u32::MAX);
        self.item_terms.extend_from_slice(terms);
        let to = u32::try_from(self.item_terms.len()).unwrap_or(u32::MAX);
        if let Some(known) = self.term_ranges.get_mut(place) {
            *known = (from, to);
        }
    }

    /// Reads what is new since the last time.
    fn refresh(&mut self, connection: &mut Connection, revision: i64) -> Result<(), Error> {
        let statement = Fragment::new("SELECT number, field, value FROM terms WHERE number > ")
            .bind(Bind::Integer(self.last_term_id));
        let terms: Vec<(i64, String, String)> =
            Statement::<(BigInt, SqlText, SqlText)>::new(statement).load_rows(connection)?;
        let mut fields: HashMap<String, Arc<str>> = HashMap::new();
        for (number, field, value) in terms {
            self.last_term_id = self.last_term_id.max(number);
            let field = fields.entry(field).or_insert_with_key(|field| Arc::from(field.as_str()));
            if let Ok(number) = u32::try_from(number) {
                self.terms.insert(number, (Arc::clone(field), Arc::from(value)));
            }
        }
        let kinds: Vec<String> =
            ResourceKind::ALL.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        let changed =
            Fragment::new(format!("items.kind IN ({}) AND items.written > ", kinds.join(", ")))
                .bind(Bind::Integer(self.revision));
        if self.refreshed_at.is_some() && !exceeds_incremental_limit(connection, &changed)? {
            for (item, terms) in load_item_terms(connection, &changed)? {
                self.replace(item, &parse_term_ids(terms.as_deref()));
            }
        } else {
            let mut after: RowId = 0;
            loop {
                let some = Fragment::new("items.number > ")
                    .bind(Bind::Integer(after))
                    .sql(" AND items.number <= (SELECT max(number) FROM (SELECT number FROM items WHERE number > ")
                    .bind(Bind::Integer(after))
                    .sql(" ORDER BY number LIMIT ")
                    .bind(Bind::Integer(ITEMS_PER_BATCH))
                    .sql(") batch)");
                let rows = load_item_terms(connection, &some)?;
                let Some(last) = rows.iter().map(|(item, _)| *item).max() else { break };
                after = last;
                for (item, terms) in rows {
                    self.replace(item, &parse_term_ids(terms.as_deref()));
                }
            }
            self.item_terms.shrink_to_fit();
            self.term_ranges.shrink_to_fit();
        }
        self.refreshed_at = Some(Instant::now());
        self.revision = revision;
        Ok(())
    }

    /// Whether more than half of what is kept is of no use any more.
    fn needs_compaction(&self) -> bool {
        let used: usize = self
            .term_ranges
            .iter()
            .map(|(from, to)| usize::try_from(to.saturating_sub(*from)).unwrap_or(0))
            .sum();
        self.item_terms.len() > used.saturating_mul(2).saturating_add(100_000)
    }
}

/// Whether so many items fit a condition that all are better read some after the other.
fn exceeds_incremental_limit(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<bool, Error> {
    let limit = i64::try_from(MAX_INCREMENTAL_ITEMS).unwrap_or(i64::MAX);
    let some = Fragment::new("SELECT COUNT(*) FROM (SELECT 1 FROM items WHERE ")
        .append(condition)
        .sql(" LIMIT ");
    let statement = some.bind(Bind::Integer(limit.saturating_add(1))).sql(") changed");
    let counts: Vec<i64> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok(counts.first().is_some_and(|count| *count > limit))
}

/// The terms of items, each with a space between.
fn load_item_terms(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Vec<(RowId, Option<String>)>, Error> {
    let statement = Fragment::new("SELECT items.number, (SELECT ")
        .by_backend("group_concat(facets.term, ' ')", "string_agg(facets.term::text, ' ')")
        .sql(" FROM facets WHERE facets.item = items.number) FROM items WHERE ")
        .append(condition);
    Ok(Statement::<(BigInt, Nullable<SqlText>)>::new(statement).load_rows(connection)?)
}

fn parse_term_ids(terms: Option<&str>) -> Vec<u32> {
    terms
        .into_iter()
        .flat_map(|terms| terms.split(' '))
        .filter_map(|term| term.parse().ok())
        .collect()
}

/// The values of one facet: field value and how many items have it, the most frequent first.
type FacetCounts = Arc<Vec<(Arc<str>, u32)>>;

/// What was counted since the last write.
pub type FacetCountCache = crate::resource::cache::counts::VersionedCache<FacetCounts>;

/// What a request asks of facets.
#[derive(Clone, Debug, Default)]
pub struct FacetParams {
    /// The filters whose values are counted.
    pub filters: Vec<&'static FilterSchema>,
    /// How many values of each are shown.
    pub limit: usize,
}

/// Where facets are kept between reads.
#[derive(Default)]
pub struct FacetCache {
    values: FacetValueIndex,
    counts: FacetCountCache,
}

impl FacetCache {
    /// The facets of a list as JSON, an array of `{value, label, count}` for each.
    pub fn compute_facets(
        &self,
        connection: &mut Connection,
        (spec, wanted): (&'static ResourceSchema, &ListRequest),
        revisions: &Revisions,
        render_context: &mut RenderContext,
    ) -> Result<Map<String, Value>, Problem> {
        let mut facets = Map::new();
        let mut counted: Vec<(&'static FilterSchema, FacetCounts)> = Vec::new();
        // Those whose filter is not set count the same items.
        let mut whole: Option<Vec<RowId>> = None;
        for filter in &wanted.facet_params.filters {
            let is_set = wanted.is_set(filter);
            let key = format!("{}\n{}", filter.name, wanted.facet_key(filter));
            let counts = self.counts.get_or_try_insert_with(revisions, &key, || {
                let cache = render_context.cache();
                let mut read = |but| -> Result<Vec<RowId>, Problem> {
                    let Some(cache) = &cache else {
                        return Err(Problem::internal("a list was read without a memory"));
                    };
                    wanted.load_row_ids(connection, spec, cache, but)
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
                    .count_values(connection, revisions, &wanted.index_field(spec, filter), items)
                    .map_err(Problem::from)
            })?;
            counted.push((filter, counts));
        }
        let limit = wanted.facet_params.limit;
        let named = counted.iter().filter_map(|(filter, counts)| match filter.filter_type {
            FilterType::Item(kind) => Some((
                kind,
                counts.iter().take(limit).filter_map(|(value, _)| Id::parse(value)).collect(),
            )),
            _ => None,
        });
        load_reference_targets(connection, named.collect(), wanted.visibility, render_context)?;
        for (filter, counts) in counted {
            let values = counts.iter().take(limit).filter_map(|(value, count)| {
                let (value, label) = facet_label(filter, value, render_context)?;
                Some(json!({"value": value, "label": label, "count": count}))
            });
            facets.insert(filter.name.to_owned(), Value::Array(values.collect()));
        }
        Ok(facets)
    }
}

impl FacetValueIndex {
    /// How many of these items have each value of a field.
    fn count_values(
        &self,
        connection: &mut Connection,
        revisions: &Revisions,
        field: &str,
        items: &[RowId],
    ) -> Result<FacetCounts, Error> {
        let (revision, _) = revisions.get(CATALOGUE);
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mended, _) = revisions.get(DERIVED_DATA);
        let is_newer = index.revision > revision || index.derived_revision > mended;
        let is_of_another =
            is_newer && index.refreshed_at.is_none_or(|at| at.elapsed() >= STALE_READ_GRACE);
        if index.needs_compaction() || index.derived_revision < mended || is_of_another {
            *index = FacetIndexData { derived_revision: mended, ..FacetIndexData::default() };
        }
        if index.revision < revision || index.refreshed_at.is_none() {
            index.refresh(connection, revision)?;
        }
        let mut counts =
            vec![0_u32; usize::try_from(index.last_term_id).unwrap_or(0).saturating_add(1)];
        for item in items {
            for term in index.terms_of(*item) {
                if let Some(count) =
                    usize::try_from(*term).ok().and_then(|term| counts.get_mut(term))
                {
                    *count = count.saturating_add(1);
                }
            }
        }
        let mut found: Vec<(Arc<str>, u32)> = index
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
fn facet_label(
    filter: &FilterSchema,
    value: &str,
    render_context: &RenderContext,
) -> Option<(String, String)> {
    let names = render_context.language_preference.ui_language;
    Some(match filter.filter_type {
        FilterType::Item(_) | FilterType::ReferencedBy(..) => {
            let reference = render_context.short_reference(&Id::parse(value)?)?;
            (reference.slug, reference.title)
        }
        FilterType::Country => {
            (value.to_owned(), render_context.country_names.country(value, names)?.name.to_owned())
        }
        FilterType::Language => {
            (value.to_owned(), language_names::name(&Language::stored(value), names))
        }
        FilterType::OneOf(_)
        | FilterType::Text
        | FilterType::Boolean
        | FilterType::AllOf(_)
        | FilterType::Year => (value.to_owned(), value.to_owned()),
    })
}

//! In-memory index of the filter values of all items, and cache of the facet counts computed from
//! it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::sql_types::{BigInt, Nullable, Text as SqlText};

use crate::db::read_limit::without_limit;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, RowId};
use crate::http::visibility::Visibility;
use crate::resource::cache::counts::FilteredListKey;
use crate::resource::cache::history::History;
use crate::resource::cache::snapshot::MAX_INCREMENTAL_ITEMS;
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::model::revisions::{DERIVED_DATA, Revisions};
use crate::resource::schema::ResourceKind;

/// Number of items that are read per batch.
const ITEMS_PER_BATCH: i64 = 5_000;

/// Caches used to compute facets.
#[derive(Default)]
pub struct FacetCache {
    pub(in crate::resource) values: FacetValueIndex,
    pub(in crate::resource) counts: FacetCountCache,
}

/// The filter values of all items, retained between reads and updated incrementally.
#[derive(Default)]
pub struct FacetValueIndex(Mutex<FacetIndexData>);

impl FacetValueIndex {
    /// Counts how many of these items have each value of a field. Values are sorted by descending
    /// count, then by value; values without items are omitted.
    pub(in crate::resource) fn count_values(
        &self,
        connection: &mut Connection,
        revisions: &Revisions,
        field: &str,
        items: &[RowId],
    ) -> Result<FacetCounts, Error> {
        let revision = revisions.catalogue().revision;
        let derived_revision = revisions.version(DERIVED_DATA, Visibility::All).revision;
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An index that is newer than the revisions of a slow read of the same history is used.
        let is_current = index.history.advance(connection, revisions)?
            && index.derived_revision >= derived_revision
            && !index.needs_compaction();
        if !is_current {
            let history = std::mem::take(&mut index.history);
            *index = FacetIndexData { derived_revision, history, ..FacetIndexData::default() };
        }
        if index.revision < revision || !index.is_loaded {
            without_limit(|| index.refresh(connection, revision))?;
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

#[derive(Default)]
struct FacetIndexData {
    /// Catalogue revision at which the index was read.
    revision: i64,
    /// Revision of the derived data, see [`DERIVED_DATA`].
    derived_revision: i64,
    /// The history that the index was read from.
    history: History,
    /// Whether all items have been read.
    is_loaded: bool,
    /// Field and value of each term, by term id.
    terms: HashMap<u32, (Arc<str>, Arc<str>)>,
    last_term_id: i64,
    /// Start and end of the terms of an item in `item_terms`; the index of the vector is the row
    /// id.
    term_ranges: Vec<(u32, u32)>,
    item_terms: Vec<u32>,
}

impl FacetIndexData {
    fn terms_of(&self, item: RowId) -> &[u32] {
        let term_range = usize::try_from(item).ok().and_then(|item| self.term_ranges.get(item));
        let range = term_range
            .and_then(|(from, to)| Some(usize::try_from(*from).ok()?..usize::try_from(*to).ok()?));
        range.and_then(|range| self.item_terms.get(range)).unwrap_or_default()
    }

    fn replace(&mut self, item: RowId, terms: &[u32]) {
        let Some(index) = usize::try_from(item).ok().filter(|_| item < i64::from(u32::MAX)) else {
            return;
        };
        if self.term_ranges.len() <= index {
            self.term_ranges.resize(index.saturating_add(1), (0, 0));
        }
        if self.terms_of(item) == terms {
            return;
        }
        let from = u32::try_from(self.item_terms.len()).unwrap_or(u32::MAX);
        self.item_terms.extend_from_slice(terms);
        let to = u32::try_from(self.item_terms.len()).unwrap_or(u32::MAX);
        if let Some(term_range) = self.term_ranges.get_mut(index) {
            *term_range = (from, to);
        }
    }

    /// Reads the terms and items that were written since the last refresh, or all items if there
    /// are more than [`MAX_INCREMENTAL_ITEMS`].
    fn refresh(&mut self, connection: &mut Connection, revision: i64) -> Result<(), Error> {
        let statement =
            Fragment::new("SELECT number, field, value FROM filter_terms WHERE number > ")
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
            ResourceKind::all().iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        let changed = Fragment::new(format!(
            "items.kind IN ({}) AND items.catalogue_revision > ",
            kinds.join(", ")
        ))
        .bind(Bind::Integer(self.revision));
        if self.is_loaded && !exceeds_incremental_limit(connection, &changed)? {
            for (item, terms) in load_item_terms(connection, &changed)? {
                self.replace(item, &parse_term_ids(terms.as_deref()));
            }
        } else {
            let mut after: RowId = 0;
            loop {
                let batch = Fragment::new("items.number > ")
                    .bind(Bind::Integer(after))
                    .sql(" AND items.number <= (SELECT max(number) FROM (SELECT number FROM items WHERE number > ")
                    .bind(Bind::Integer(after))
                    .sql(" ORDER BY number LIMIT ")
                    .bind(Bind::Integer(ITEMS_PER_BATCH))
                    .sql(") batch)");
                let rows = load_item_terms(connection, &batch)?;
                let Some(last) = rows.iter().map(|(item, _)| *item).max() else { break };
                after = last;
                for (item, terms) in rows {
                    self.replace(item, &parse_term_ids(terms.as_deref()));
                }
            }
            self.item_terms.shrink_to_fit();
            self.term_ranges.shrink_to_fit();
        }
        self.is_loaded = true;
        self.revision = revision;
        Ok(())
    }

    /// Whether more than half of `item_terms` is unused.
    fn needs_compaction(&self) -> bool {
        let used: usize = self
            .term_ranges
            .iter()
            .map(|(from, to)| usize::try_from(to.saturating_sub(*from)).unwrap_or(0))
            .sum();
        self.item_terms.len() > used.saturating_mul(2).saturating_add(100_000)
    }
}

/// Whether more than [`MAX_INCREMENTAL_ITEMS`] items match a condition, so that reading all items
/// in batches is faster.
fn exceeds_incremental_limit(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<bool, Error> {
    let limit = i64::try_from(MAX_INCREMENTAL_ITEMS).unwrap_or(i64::MAX);
    let limited = Fragment::new("SELECT COUNT(*) FROM (SELECT 1 FROM items WHERE ")
        .append(condition)
        .sql(" LIMIT ");
    let statement = limited.bind(Bind::Integer(limit.saturating_add(1))).sql(") changed");
    let counts: Vec<i64> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok(counts.first().is_some_and(|count| *count > limit))
}

/// Loads the term ids of the matching items, separated by spaces.
fn load_item_terms(
    connection: &mut Connection,
    condition: &Fragment,
) -> Result<Vec<(RowId, Option<String>)>, Error> {
    let statement = Fragment::new("SELECT items.number, (SELECT ")
        .by_backend(
            "group_concat(filter_index.term, ' ')",
            "string_agg(filter_index.term::text, ' ')",
        )
        .sql(" FROM filter_index WHERE filter_index.item = items.number) FROM items WHERE ")
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

/// The values of one facet, each with the number of items that have it; the most frequent first.
pub(in crate::resource) type FacetCounts = Arc<Vec<(Arc<str>, u32)>>;

/// Identifies the counts of a facet.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct FacetKey {
    /// Name of the filter whose values are counted.
    pub filter: &'static str,
    /// The list without that filter.
    pub list: FilteredListKey,
}

/// Facet counts at the current catalogue revision.
pub type FacetCountCache = VersionedCache<FacetKey, FacetCounts>;

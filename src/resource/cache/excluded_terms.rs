//! Cache of the items that contain an excluded word, which many searches have in common.

use crate::db::row_id_bitmap::RowIdBitmap;
use crate::db::search::excluded_terms::load_items_with_term;
use crate::db::search::{Audience, FieldScope, IndexSearch};
use crate::db::{Connection, Error};
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::model::revisions::Revisions;
use crate::text::query::Term;

/// Maximum number of cached sets. A set takes 12 kB for 100,000 items.
const MAX_SETS: usize = 500;

/// Items that contain an excluded term, by term, at the current catalogue revision.
pub struct ExcludedTermCache(VersionedCache<ExcludedTermKey, RowIdBitmap>);

/// Identifies the items of a kind that contain a term.
#[derive(Clone, Eq, Hash, PartialEq)]
struct ExcludedTermKey {
    kind: char,
    audience: Audience,
    scope: FieldScope,
    term: Term,
}

impl Default for ExcludedTermCache {
    fn default() -> Self {
        Self(VersionedCache::with_max_entries(MAX_SETS))
    }
}

impl ExcludedTermCache {
    /// Returns the items that contain an excluded term of the query; `None` if it has none.
    pub fn items_with_excluded_terms(
        &self,
        connection: &mut Connection,
        revisions: &Revisions,
        index_search: IndexSearch<'_>,
        scope: FieldScope,
    ) -> Result<Option<RowIdBitmap>, Error> {
        let IndexSearch { query, kinds, audience, .. } = index_search;
        if query.excluded.is_empty() {
            return Ok(None);
        }
        let mut sets = Vec::new();
        for (term, kind) in
            query.excluded.iter().flat_map(|term| kinds.iter().map(move |kind| (term, *kind)))
        {
            let key = ExcludedTermKey { kind, audience, scope, term: term.clone() };
            sets.push(self.0.get_or_try_insert_with(revisions, &key, || {
                load_items_with_term(connection, index_search, scope, kind, term)
            })?);
        }
        Ok(Some(RowIdBitmap::union(&sets)))
    }
}

//! Caches of list counts and of search result pages. Counting costs more than reading a page and is
//! needed for every page of a list, and many searches repeat.
//!
//! An entry is valid until the next write of any item: every read loads the revisions first.

use std::sync::Arc;

use serde::Serialize;

use crate::db::keyset::PositionRow;
use crate::http::visibility::Visibility;
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::model::revisions::Revisions;
use crate::resource::schema::ResourceKind;
use crate::text::fingerprint::Fingerprint;

/// Maximum number of cached search pages, of a few kilobytes each.
const MAX_SEARCH_PAGES: usize = 2_000;

/// Maximum number of rows of a cached page.
const MAX_SEARCH_PAGE_ROWS: usize = 101;

/// Identifies the items of a list, whatever their order and representation.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct FilteredListKey {
    /// The kind of the items.
    pub kind: ResourceKind,
    /// The parameters that select items, in canonical form.
    pub query: String,
    /// Words of `q` that are omitted, since no item has all of them.
    pub omitted_terms: Vec<String>,
    /// Visibility of items and texts.
    pub visibility: Visibility,
}

/// Identifies the hits of a search among several kinds.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct SearchKey {
    /// The kinds.
    pub kinds: Vec<ResourceKind>,
    /// The other parameters that select hits, in canonical form.
    pub query: String,
    /// Words of `q` that are omitted, since no item has all of them.
    pub omitted_terms: Vec<String>,
    /// Visibility of items and texts.
    pub visibility: Visibility,
}

/// Total counts at the current catalogue revision.
#[derive(Default)]
pub struct CountCache {
    /// Number of items of a list.
    pub lists: VersionedCache<FilteredListKey, i64>,
    /// Number of videos of a list whose transcripts match.
    pub transcripts: VersionedCache<FilteredListKey, i64>,
    /// Number of hits of a search.
    pub searches: VersionedCache<SearchKey, i64>,
}

/// Row positions of search result pages, at the current catalogue revision. The key is the
/// fingerprint of the search, the start of the page and its length.
pub struct SearchPageCache(VersionedCache<Fingerprint, Arc<[PositionRow]>>);

impl Default for SearchPageCache {
    fn default() -> Self {
        Self(VersionedCache::with_max_entries(MAX_SEARCH_PAGES))
    }
}

impl SearchPageCache {
    /// Returns the page at these revisions: cached, or from `search`.
    pub fn get_or_try_insert_with<E>(
        &self,
        revisions: &Revisions,
        page: Fingerprint,
        search: impl FnOnce() -> Result<Option<Vec<PositionRow>>, E>,
    ) -> Result<Option<Vec<PositionRow>>, E> {
        if let Some(cached) = self.0.get(revisions, &page) {
            return Ok(Some(cached.to_vec()));
        }
        let found = search()?;
        // `None` is not cached: it means that the cursor does not belong to the list, and the
        // number of such cursors is unlimited.
        if let Some(found) = found.as_ref().filter(|found| found.len() <= MAX_SEARCH_PAGE_ROWS) {
            self.0.insert(revisions, page, Arc::from(found.as_slice()));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_search_pages_until_next_write_within_limit() {
        let found = SearchPageCache::default();
        let at = |revision: u32| Revisions::parse(&format!("catalogue {revision} 1"));
        let row = |number| (0, number, None, None, None);
        let get = |revision, page: &str, result: Option<Vec<PositionRow>>| {
            let mut searched = false;
            let rows = found.get_or_try_insert_with(&at(revision), Fingerprint::of(page), || {
                searched = true;
                Ok::<_, ()>(result)
            });
            (searched, rows.unwrap().map(|rows| rows.iter().map(|row| row.1).collect::<Vec<_>>()))
        };
        assert_eq!(get(1, "a", Some(vec![row(7)])), (true, Some(vec![7])));
        assert_eq!(get(1, "a", None), (false, Some(vec![7])));
        assert_eq!(get(2, "a", Some(vec![row(8)])), (true, Some(vec![8])));
        for (page, result) in [("none", None), ("many", Some(vec![row(1); 102]))] {
            assert!(get(2, page, result.clone()).0 && get(2, page, result).0, "{page}");
        }
        assert_eq!(get(2, "a", None), (false, Some(vec![8])));
    }
}

//! Caches of list counts and of search result pages. Counting costs more than reading a page and is
//! needed for every page of a list, and many searches repeat.
//!
//! An entry is valid until the next write of any item: every read loads the revisions first.

use std::sync::Arc;

use crate::db::keyset::PositionRow;
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::model::revisions::Revisions;

/// Maximum number of cached search pages, of a few kilobytes each.
const MAX_SEARCH_PAGES: usize = 2_000;

/// Maximum length of the cache key in bytes, and maximum number of rows of a cached page.
const SEARCH_PAGE_LIMITS: (usize, usize) = (2_000, 101);

/// Total counts of lists by query, at the current catalogue revision.
pub type CountCache = VersionedCache<i64>;

/// Row positions of search result pages, at the current catalogue revision.
pub struct SearchPageCache(VersionedCache<Arc<[PositionRow]>>);

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
        page: &str,
        search: impl FnOnce() -> Result<Option<Vec<PositionRow>>, E>,
    ) -> Result<Option<Vec<PositionRow>>, E> {
        if let Some(known) = self.0.get(revisions, page) {
            return Ok(Some(known.to_vec()));
        }
        let found = search()?;
        // `None` is not cached: it means that the cursor does not belong to the list, and the
        // number of such cursors is unlimited.
        if let Some(found) = found.as_ref().filter(|found| {
            page.len() <= SEARCH_PAGE_LIMITS.0 && found.len() <= SEARCH_PAGE_LIMITS.1
        }) {
            self.0.insert(revisions, page.to_owned(), Arc::from(found.as_slice()));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_search_pages_until_next_write_within_limits() {
        let found = SearchPageCache::default();
        let at = |revision: u32| Revisions::parse(&format!("catalogue {revision} 1"));
        let row = |number| (0, number, None, None, None);
        let get = |revision, page: &str, result: Option<Vec<PositionRow>>| {
            let mut searched = false;
            let rows = found.get_or_try_insert_with(&at(revision), page, || {
                searched = true;
                Ok::<_, ()>(result)
            });
            (searched, rows.unwrap().map(|rows| rows.iter().map(|row| row.1).collect::<Vec<_>>()))
        };
        assert_eq!(get(1, "a", Some(vec![row(7)])), (true, Some(vec![7])));
        assert_eq!(get(1, "a", None), (false, Some(vec![7])));
        assert_eq!(get(2, "a", Some(vec![row(8)])), (true, Some(vec![8])));
        for (page, result) in [
            ("none", None),
            (&*"long".repeat(600), Some(vec![row(1)])),
            ("many", Some(vec![row(1); 102])),
        ] {
            assert!(get(2, page, result.clone()).0 && get(2, page, result).0, "{page}");
        }
        assert_eq!(get(2, "a", None), (false, Some(vec![8])));
    }
}

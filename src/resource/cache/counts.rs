//! What was counted of filtered lists and found by searches, kept in memory: counting costs more
//! than a page, and each page of a list asks again; and most people search for the same.
//!
//! What is kept holds as long as nothing at all was written: every read asks the database for the
//! revisions first.

use std::sync::Arc;

use crate::db::keyset::PositionRow;
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::model::revisions::Revisions;

/// How many pages of searches are kept; one takes some kilobytes.
const MAX_SEARCH_PAGES: usize = 2_000;

/// How long what is asked for, and how many items of a page, may be to be kept.
const SEARCH_PAGE_LIMITS: (usize, usize) = (2_000, 101);

/// How many items lists have that were asked for since the last write.
pub type CountCache = VersionedCache<i64>;

/// Where the items of pages stand that were searched for since the last write.
pub struct SearchPageCache(VersionedCache<Arc<[PositionRow]>>);

impl Default for SearchPageCache {
    fn default() -> Self {
        Self(VersionedCache::with_max_entries(MAX_SEARCH_PAGES))
    }
}

impl SearchPageCache {
    /// A page at these revisions; searched for where it is not known.
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
        // A place that is none of the list is not kept: there is no end of those.
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
        let ask = |revision, page: &str, answer: Option<Vec<PositionRow>>| {
            let mut is_asked = false;
            let rows = found.get_or_try_insert_with(&at(revision), page, || {
                is_asked = true;
                Ok::<_, ()>(answer)
            });
            (is_asked, rows.unwrap().map(|rows| rows.iter().map(|row| row.1).collect::<Vec<_>>()))
        };
        assert_eq!(ask(1, "a", Some(vec![row(7)])), (true, Some(vec![7])));
        assert_eq!(ask(1, "a", None), (false, Some(vec![7])));
        assert_eq!(ask(2, "a", Some(vec![row(8)])), (true, Some(vec![8])));
        for (page, answer) in [
            ("none", None),
            (&*"long".repeat(600), Some(vec![row(1)])),
            ("many", Some(vec![row(1); 102])),
        ] {
            assert!(ask(2, page, answer.clone()).0 && ask(2, page, answer).0, "{page}");
        }
        assert_eq!(ask(2, "a", None), (false, Some(vec![8])));
    }
}

//! A cache whose entries are valid for one revision of the catalogue.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::resource::model::revisions::{CATALOGUE, Revisions};

/// Default maximum number of entries.
const MAX_ENTRIES: usize = 10_000;

/// Values by query, valid for one catalogue revision. The cache is cleared when the revision
/// changes and when it is full.
pub struct VersionedCache<T> {
    max_entries: usize,
    entries: Mutex<CacheEntries<T>>,
}

impl<T> VersionedCache<T> {
    pub(super) fn with_max_entries(max_entries: usize) -> Self {
        Self {
            max_entries,
            entries: Mutex::new(CacheEntries { revision: 0, values: HashMap::new() }),
        }
    }
}

impl<T> Default for VersionedCache<T> {
    fn default() -> Self {
        Self::with_max_entries(MAX_ENTRIES)
    }
}

impl<T: Clone> VersionedCache<T> {
    /// Returns the cached value of `list` at these revisions, or computes it with `count` and
    /// caches it. `list` must identify everything that the value depends on.
    pub fn get_or_try_insert_with<E>(
        &self,
        revisions: &Revisions,
        list: &str,
        count: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(known) = self.get(revisions, list) {
            return Ok(known);
        }
        let counted = count()?;
        self.insert(revisions, list.to_owned(), counted.clone());
        Ok(counted)
    }

    /// Returns the cached value of `list` at these revisions.
    pub fn get(&self, revisions: &Revisions, list: &str) -> Option<T> {
        let (revision, _) = revisions.get(CATALOGUE);
        Some(self.lock())
            .filter(|entries| entries.revision == revision)
            .and_then(|entries| entries.values.get(list).cloned())
    }

    /// Caches a value at these revisions.
    pub fn insert(&self, revisions: &Revisions, list: String, counted: T) {
        let (revision, _) = revisions.get(CATALOGUE);
        let mut entries = self.lock();
        if entries.revision != revision || entries.values.len() >= self.max_entries {
            *entries = CacheEntries { revision, values: HashMap::new() };
        }
        entries.values.insert(list, counted);
    }

    fn lock(&self) -> MutexGuard<'_, CacheEntries<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CacheEntries<T> {
    revision: i64,
    values: HashMap<String, T>,
}

//! A cache whose entries are valid for one version of the catalogue.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::resource::model::revisions::{Revisions, Version};

/// Default maximum number of entries.
const MAX_ENTRIES: usize = 10_000;

/// Values by key, valid for one version of the catalogue. The cache is cleared when the version
/// changes and when it is full. A key must identify everything that its value depends on.
pub struct VersionedCache<K, T> {
    max_entries: usize,
    entries: Mutex<CacheEntries<K, T>>,
}

impl<K, T> VersionedCache<K, T> {
    pub(super) fn with_max_entries(max_entries: usize) -> Self {
        Self {
            max_entries,
            entries: Mutex::new(CacheEntries {
                version: Version::default(),
                values: HashMap::new(),
            }),
        }
    }
}

impl<K, T> Default for VersionedCache<K, T> {
    fn default() -> Self {
        Self::with_max_entries(MAX_ENTRIES)
    }
}

impl<K: Clone + Eq + Hash, T: Clone> VersionedCache<K, T> {
    /// Returns the cached value of a key at these revisions, or computes and caches it.
    pub fn get_or_try_insert_with<E>(
        &self,
        revisions: &Revisions,
        key: &K,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(value) = self.get(revisions, key) {
            return Ok(value);
        }
        let value = compute()?;
        self.insert(revisions, key.clone(), value.clone());
        Ok(value)
    }

    /// Returns the cached value of a key at these revisions.
    pub fn get(&self, revisions: &Revisions, key: &K) -> Option<T> {
        Some(self.lock())
            .filter(|entries| entries.version == revisions.catalogue())
            .and_then(|entries| entries.values.get(key).cloned())
    }

    /// Caches a value at these revisions.
    pub fn insert(&self, revisions: &Revisions, key: K, value: T) {
        let version = revisions.catalogue();
        let mut entries = self.lock();
        if entries.version != version || entries.values.len() >= self.max_entries {
            *entries = CacheEntries { version, values: HashMap::new() };
        }
        entries.values.insert(key, value);
    }

    fn lock(&self) -> MutexGuard<'_, CacheEntries<K, T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CacheEntries<K, T> {
    version: Version,
    values: HashMap<K, T>,
}

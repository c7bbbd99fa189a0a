//! In-memory snapshots of all items of a kind, updated incrementally with the items written since.
//!
//! Loading all items takes several times as long as aggregating them, and few items are written
//! between two requests.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::sql_types::BigInt;

use crate::db::read_limit::without_limit;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, RowId};
use crate::resource::model::revisions::{CATALOGUE, DERIVED_DATA, Revisions};
use crate::resource::schema::{ResourceKind, ResourceSchema};

/// In-memory data about all items of a kind.
pub trait Snapshot: Any + Clone + Send + Sync {
    /// Loads the data of all items.
    fn load(connection: &mut Connection, spec: &'static ResourceSchema) -> Result<Self, Error>;

    /// Updates the data of the items that were written since this catalogue revision, see
    /// [`changed_since`]. Returns `false` if loading everything is faster.
    fn update(
        &mut self,
        connection: &mut Connection,
        spec: &'static ResourceSchema,
        since: i64,
    ) -> Result<bool, Error>;
}

/// The cached snapshots by kind and type. Concurrent requests for the same snapshot wait while it
/// is loaded and then share it.
#[derive(Default)]
pub struct SnapshotCache(Mutex<HashMap<(ResourceKind, TypeId), Slot>>);

type Slot = Arc<Mutex<Option<CachedSnapshot<dyn Any + Send + Sync>>>>;

/// The revisions that a snapshot depends on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct SnapshotRevisions {
    kind: i64,
    derived_data: i64,
    catalogue: i64,
}

struct CachedSnapshot<T: ?Sized> {
    /// Revisions at which it was loaded.
    revisions: SnapshotRevisions,
    /// Time at which it was loaded.
    loaded_at: Instant,
    snapshot: Arc<T>,
}

/// Maximum age of a snapshot that is newer than the revisions of a request and is still used. A
/// slow request may have read its revisions before another one updated the snapshot. A snapshot
/// that stays newer for longer belongs to a database that has been restored from a backup since.
pub const STALE_READ_GRACE: Duration = Duration::from_secs(10);

impl SnapshotCache {
    /// Returns the snapshot at these revisions, or at newer ones that another request has just
    /// read.
    pub fn get_or_load<T: Snapshot>(
        &self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
        revisions: &Revisions,
    ) -> Result<Arc<T>, Error> {
        let key = (schema.kind, TypeId::of::<T>());
        let slot = Arc::clone(
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default(),
        );
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let current = SnapshotRevisions {
            kind: revisions.get(schema.kind.as_str()).0,
            derived_data: revisions.get(DERIVED_DATA).0,
            catalogue: revisions.get(CATALOGUE).0,
        };
        // An error leaves the slot empty; the next request loads the snapshot again.
        let cached = without_limit(|| match slot.take().and_then(CachedSnapshot::downcast::<T>) {
            Some(cached) if cached.is_current(current) => Ok(cached),
            Some(cached) => match cached.try_update(connection, schema, current)? {
                Some(updated) => Ok(updated),
                None => CachedSnapshot::load(connection, schema, current),
            },
            None => CachedSnapshot::load(connection, schema, current),
        })?;
        let snapshot = Arc::clone(&cached.snapshot);
        *slot = Some(CachedSnapshot {
            revisions: cached.revisions,
            loaded_at: cached.loaded_at,
            snapshot: cached.snapshot,
        });
        Ok(snapshot)
    }
}

impl CachedSnapshot<dyn Any + Send + Sync> {
    fn downcast<T: Snapshot>(self) -> Option<CachedSnapshot<T>> {
        Some(CachedSnapshot {
            revisions: self.revisions,
            loaded_at: self.loaded_at,
            snapshot: self.snapshot.downcast().ok()?,
        })
    }
}

impl<T: Snapshot> CachedSnapshot<T> {
    /// Whether the snapshot can be used unchanged at these revisions.
    fn is_current(&self, current: SnapshotRevisions) -> bool {
        let SnapshotRevisions { kind, derived_data, .. } = self.revisions;
        let is_newer = kind >= current.kind && derived_data >= current.derived_data;
        (kind, derived_data) == (current.kind, current.derived_data)
            || is_newer && self.loaded_at.elapsed() < STALE_READ_GRACE
    }

    fn load(
        connection: &mut Connection,
        schema: &'static ResourceSchema,
        revisions: SnapshotRevisions,
    ) -> Result<Self, Error> {
        Ok(Self {
            revisions,
            loaded_at: Instant::now(),
            snapshot: Arc::new(T::load(connection, schema)?),
        })
    }

    /// Updates the snapshot; returns `None` if it must be loaded again.
    fn try_update(
        mut self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
        revisions: SnapshotRevisions,
    ) -> Result<Option<Self>, Error> {
        if self.revisions.kind > revisions.kind
            || self.revisions.derived_data != revisions.derived_data
        {
            return Ok(None);
        }
        // The snapshot is cloned only if another request still uses it.
        let is_complete = Arc::make_mut(&mut self.snapshot).update(
            connection,
            schema,
            self.revisions.catalogue,
        )?;
        Ok(is_complete.then(|| Self {
            revisions,
            loaded_at: Instant::now(),
            snapshot: self.snapshot,
        }))
    }
}

/// Maximum number of changed items for an incremental update; above it, everything is loaded again.
pub const MAX_INCREMENTAL_ITEMS: usize = 20_000;

/// Returns the items of a kind that were written since this catalogue revision, or `None` if there
/// are more than [`MAX_INCREMENTAL_ITEMS`].
pub fn changed_since(
    connection: &mut Connection,
    kind: ResourceKind,
    since: i64,
) -> Result<Option<BTreeSet<RowId>>, Error> {
    let statement = Fragment::new("SELECT number FROM items WHERE kind = ")
        .bind(Bind::Text(kind.as_str().to_owned()))
        .sql(" AND catalogue_revision > ")
        .bind(Bind::Integer(since))
        .sql(" LIMIT ")
        .bind(Bind::Integer(
            i64::try_from(MAX_INCREMENTAL_ITEMS).unwrap_or(i64::MAX).saturating_add(1),
        ));
    let numbers: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok((numbers.len() <= MAX_INCREMENTAL_ITEMS).then(|| numbers.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct EmptySnapshot;

    impl Snapshot for EmptySnapshot {
        fn load(
            _connection: &mut Connection,
            _spec: &'static ResourceSchema,
        ) -> Result<Self, Error> {
            Ok(Self)
        }

        fn update(
            &mut self,
            _connection: &mut Connection,
            _spec: &'static ResourceSchema,
            _since: i64,
        ) -> Result<bool, Error> {
            Ok(true)
        }
    }

    #[test]
    fn newer_snapshot_is_current_within_grace_period() {
        let revisions = |kind, derived_data| SnapshotRevisions { kind, derived_data, catalogue: 7 };
        let mut cached = CachedSnapshot {
            revisions: revisions(5, 1),
            loaded_at: Instant::now(),
            snapshot: Arc::new(EmptySnapshot),
        };
        assert!(cached.is_current(revisions(5, 1)) && cached.is_current(revisions(4, 1)));
        assert!(
            cached.is_current(revisions(4, 0))
                && !cached.is_current(revisions(6, 1))
                && !cached.is_current(revisions(5, 2))
                && !cached.is_current(revisions(6, 0))
        );
        cached.loaded_at =
            cached.loaded_at.checked_sub(STALE_READ_GRACE + Duration::from_secs(1)).unwrap();
        assert!(cached.is_current(revisions(5, 1)) && !cached.is_current(revisions(4, 1)));
    }
}

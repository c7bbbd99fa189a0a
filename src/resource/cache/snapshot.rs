//! In-memory snapshots of all items of a kind, updated incrementally with the items written since.
//!
//! Loading all items takes several times as long as aggregating them, and few items are written
//! between two requests.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::sql_types::BigInt;

use crate::db::read_limit::without_limit;
use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, Error, RowId};
use crate::http::visibility::Visibility;
use crate::resource::cache::history::History;
use crate::resource::model::revisions::{DERIVED_DATA, Revisions};
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
    /// The history that it was loaded from.
    history: History,
    snapshot: Arc<T>,
}

impl SnapshotCache {
    /// Returns the snapshot at these revisions, or at newer ones of the same history that another
    /// request has just read.
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
        let revision = |name| revisions.version(name, Visibility::All).revision;
        let current = SnapshotRevisions {
            kind: revision(schema.kind.as_str()),
            derived_data: revision(DERIVED_DATA),
            catalogue: revisions.catalogue().revision,
        };
        // An error leaves the slot empty; the next request loads the snapshot again.
        let cached = slot.take().and_then(CachedSnapshot::downcast::<T>);
        let cached = without_limit(|| {
            let mut history = History::default();
            if let Some(mut cached) = cached
                && cached.history.advance(connection, revisions)?
            {
                if cached.is_current(current) {
                    return Ok(cached);
                }
                if let Some(updated) = cached.try_update(connection, schema, current)? {
                    return Ok(updated);
                }
            }
            history.advance(connection, revisions)?;
            let snapshot = Arc::new(T::load(connection, schema)?);
            Ok::<_, Error>(CachedSnapshot { revisions: current, history, snapshot })
        })?;
        let snapshot = Arc::clone(&cached.snapshot);
        *slot = Some(CachedSnapshot {
            revisions: cached.revisions,
            history: cached.history,
            snapshot: cached.snapshot,
        });
        Ok(snapshot)
    }
}

impl CachedSnapshot<dyn Any + Send + Sync> {
    fn downcast<T: Snapshot>(self) -> Option<CachedSnapshot<T>> {
        Some(CachedSnapshot {
            revisions: self.revisions,
            history: self.history,
            snapshot: self.snapshot.downcast().ok()?,
        })
    }
}

impl<T: Snapshot> CachedSnapshot<T> {
    /// Whether the snapshot can be used unchanged at these revisions of its history. A slow request
    /// may have read its revisions before another one updated the snapshot.
    fn is_current(&self, current: SnapshotRevisions) -> bool {
        self.revisions.kind >= current.kind && self.revisions.derived_data >= current.derived_data
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
        Ok(is_complete.then_some(Self { revisions, ..self }))
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

//! What others show of an item, kept in memory: a page whose references repeat does not read them
//! again.
//!
//! What is kept holds as long as the revision of its kind does. Every read asks the database for
//! the revisions first, so that nodes which share a database need not know of each other. A write
//! uses only what is of other kinds than its own: that its transaction does not change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::db::keyset::PositionRow;
use crate::db::{Connection, Error, Id, IdMap};
use crate::http::auth::Visibility;
use crate::resource::cache::counts::SearchPageCache;
use crate::resource::cache::snapshot::{Snapshot, SnapshotCache};
use crate::resource::model::revisions::Revisions;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::text::language::Language;

/// An item that another refers to, as one viewer may see it.
#[derive(Debug)]
pub struct ReferenceTarget {
    /// Identifier.
    pub id: Id,
    /// Slug.
    pub slug: String,
    /// The language it was written in.
    pub original_language: Language,
    /// The languages of its visible titles.
    pub languages: Vec<Language>,
    /// Its title in each of these languages.
    pub titles: Vec<String>,
    /// How it was shown inside others.
    pub rendered: RenderedReferences,
}

/// How an item was shown inside others, by the languages that were asked for. A server's fallback
/// never changes. Slots are filled one after the other and never emptied, so that who reads them
/// waits for nobody.
#[derive(Debug, Default)]
pub struct RenderedReferences([OnceLock<Box<RenderedReference>>; MAX_RENDERED_VARIANTS]);

/// The languages that were asked for, and how it was shown then.
type RenderedReference = (Vec<Language>, Option<CachedJson>);

/// How many combinations of languages are kept of an item.
const MAX_RENDERED_VARIANTS: usize = 8;

impl RenderedReferences {
    /// How it is shown to who asks for these languages; drawn where that is not known.
    pub fn get_or_render(
        &self,
        requested: &[Language],
        draw: impl FnOnce() -> Option<CachedJson>,
    ) -> Option<CachedJson> {
        for slot in &self.0 {
            match slot.get() {
                Some(known) if known.0 == requested => return known.1.clone(),
                Some(_) => {}
                None => {
                    let drawn = draw();
                    // Another thread may fill it first; then this is drawn again the next time.
                    slot.get_or_init(|| Box::new((requested.to_vec(), drawn.clone())));
                    return drawn;
                }
            }
        }
        draw()
    }
}

/// How many items of a kind are kept; more would hold only if most pages showed others.
const MAX_ENTRIES_PER_KIND: usize = 20_000;

/// What is kept between reads: the items that were shown inside others of late (`None` for one that
/// the viewer may not see), what is reckoned with of all items of a kind, and what was searched
/// for.
#[derive(Default)]
pub struct ReferenceCache {
    targets: Mutex<HashMap<(ResourceKind, Visibility), KindCache>>,
    snapshots: SnapshotCache,
    search_pages: SearchPageCache,
}

#[derive(Default)]
struct KindCache {
    revision: i64,
    targets: IdMap<Option<Arc<ReferenceTarget>>>,
    /// Which item a name in a filter means.
    ids_by_name: HashMap<String, Id>,
}

/// What is kept, at the revisions that a read has found; by default nothing.
#[derive(Clone, Default)]
pub struct CacheView {
    reference_cache: Arc<ReferenceCache>,
    revisions: Arc<Revisions>,
    /// The kind that this transaction writes; nothing is known of it.
    excluded_kind: Option<ResourceKind>,
}

impl CacheView {
    /// For a read that found these revisions.
    pub fn new(names: &Arc<ReferenceCache>, revisions: &Arc<Revisions>) -> Self {
        Self {
            reference_cache: Arc::clone(names),
            revisions: Arc::clone(revisions),
            excluded_kind: None,
        }
    }

    /// For a write to items of this kind, in its transaction.
    pub fn excluding_kind(
        names: &Arc<ReferenceCache>,
        revisions: &Arc<Revisions>,
        written: ResourceKind,
    ) -> Self {
        Self { excluded_kind: Some(written), ..Self::new(names, revisions) }
    }

    /// What is known of these items; gives those that must be read.
    pub fn get_targets(
        &self,
        kind: ResourceKind,
        visibility: Visibility,
        ids: Vec<Id>,
        mut found: impl FnMut(Arc<ReferenceTarget>),
    ) -> Vec<Id> {
        let kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kind_cache) = kinds
            .get(&(kind, visibility))
            .filter(|kind_cache| Some(kind_cache.revision) == self.revision(kind))
        else {
            return ids;
        };
        let mut missing = Vec::new();
        for id in ids {
            match kind_cache.targets.get(&id) {
                Some(Some(target)) => found(Arc::clone(target)),
                Some(None) => {}
                None => missing.push(id),
            }
        }
        missing
    }

    /// The item that a filter names, if it was looked up before.
    pub fn get_id_by_name(
        &self,
        kind: ResourceKind,
        visibility: Visibility,
        name: &str,
    ) -> Option<Id> {
        let kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let kind_cache = kinds
            .get(&(kind, visibility))
            .filter(|kind_cache| Some(kind_cache.revision) == self.revision(kind))?;
        kind_cache.ids_by_name.get(name).copied()
    }

    /// Keeps which item a name means.
    pub fn insert_name(&self, kind: ResourceKind, visibility: Visibility, name: &str, id: Id) {
        let mut kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind_cache) = self.kind_cache(&mut kinds, kind, visibility) {
            kind_cache.ids_by_name.insert(name.to_owned(), id);
        }
    }

    /// Keeps what was read of these items.
    pub fn insert_targets(
        &self,
        kind: ResourceKind,
        visibility: Visibility,
        read: impl Iterator<Item = (Id, Option<Arc<ReferenceTarget>>)>,
    ) {
        let mut kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind_cache) = self.kind_cache(&mut kinds, kind, visibility) {
            kind_cache.targets.extend(read);
        }
    }

    /// What is kept of a kind at its present revision; nothing at first, after a change and when it
    /// has grown too large.
    fn kind_cache<'a>(
        &self,
        kinds: &'a mut HashMap<(ResourceKind, Visibility), KindCache>,
        kind: ResourceKind,
        visibility: Visibility,
    ) -> Option<&'a mut KindCache> {
        let revision = self.revision(kind)?;
        let entry = kinds.entry((kind, visibility)).or_default();
        if entry.revision != revision
            || entry.targets.len() > MAX_ENTRIES_PER_KIND
            || entry.ids_by_name.len() > MAX_ENTRIES_PER_KIND
        {
            *entry = KindCache { revision, ..KindCache::default() };
        }
        Some(entry)
    }

    /// What is reckoned with of all items of a kind, as it is now; read where it is not kept. Not
    /// for a transaction that writes.
    pub fn snapshot<T: Snapshot>(
        &self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
    ) -> Result<Arc<T>, Error> {
        self.reference_cache.snapshots.get_or_load(connection, schema, &self.revisions)
    }

    /// Where the items of a page stand that were searched for. Not for a transaction that writes.
    pub fn search_page(
        &self,
        page: &str,
        search: impl FnOnce() -> Result<Option<Vec<PositionRow>>, Error>,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        self.reference_cache.search_pages.get_or_try_insert_with(&self.revisions, page, search)
    }

    fn revision(&self, kind: ResourceKind) -> Option<i64> {
        (self.excluded_kind != Some(kind)).then(|| self.revisions.get(kind.as_str()).0)
    }
}

/// An item as it is shown inside others, kept between reads: JSON.
pub type CachedJson = Arc<RawValue>;

pub(in crate::resource) fn to_cached_json<T: Serialize>(resource: &T) -> Option<CachedJson> {
    serde_json::value::to_raw_value(resource).ok().map(CachedJson::from)
}

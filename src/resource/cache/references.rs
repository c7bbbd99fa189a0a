//! Cache of referenced items, so that references which repeat across pages are not queried again.
//!
//! An entry is valid for one version of its kind. Every read loads the revisions from the database
//! first, so that servers which share a database need no communication. A write uses only entries
//! of other kinds than its own, which its transaction does not change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::db::keyset::PositionRow;
use crate::db::row_id_bitmap::RowIdBitmap;
use crate::db::search::{IndexSearch, SearchMatch, SearchMode, plan_search};
use crate::db::{Connection, Error, Id, IdMap};
use crate::http::auth::Visibility;
use crate::http::language::LanguagePreference;
use crate::resource::cache::attribution::Attribution;
use crate::resource::cache::counts::SearchPageCache;
use crate::resource::cache::snapshot::{Snapshot, SnapshotCache};
use crate::resource::cache::term_matches::TermMatchCache;
use crate::resource::model::revisions::{Revisions, Version};
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;
use crate::text::query::Term;

/// The target of a reference, at one level of visibility.
#[derive(Debug)]
pub struct ReferenceTarget {
    /// Identifier.
    pub id: Id,
    /// Slug.
    pub slug: String,
    /// Whether it is archived.
    pub is_archived: bool,
    /// The original language.
    pub original_language: Language,
    /// The languages of its visible titles.
    pub languages: Vec<Language>,
    /// Its title in each of `languages`.
    pub titles: Vec<String>,
    /// Its attribution in each of `languages`, if it is archived.
    pub attributions: Vec<Attribution>,
    /// Rendered representations of the target.
    pub rendered: RenderedReferences,
}

/// The rendered representations of a referenced item, by requested languages. The fallback
/// languages of a server are constant and therefore not part of the key. Slots are filled in order
/// and never cleared, so that reading takes no lock.
#[derive(Debug, Default)]
pub struct RenderedReferences([OnceLock<Box<RenderedReference>>; MAX_RENDERED_VARIANTS]);

/// The representation rendered for the languages of a request.
#[derive(Debug)]
struct RenderedReference {
    requested: Vec<Language>,
    excluded: Vec<Language>,
    json: Option<CachedJson>,
}

/// Maximum number of language combinations that are cached for an item.
const MAX_RENDERED_VARIANTS: usize = 8;

impl RenderedReferences {
    /// Returns the representation for the languages of a request: cached, or from `render`. If all slots
    /// are taken, it is rendered without being cached.
    pub fn get_or_render(
        &self,
        languages: &LanguagePreference,
        render: impl FnOnce() -> Option<CachedJson>,
    ) -> Option<CachedJson> {
        for slot in &self.0 {
            match slot.get() {
                Some(known)
                    if known.requested == languages.requested
                        && known.excluded == languages.excluded =>
                {
                    return known.json.clone();
                }
                Some(_) => {}
                None => {
                    let rendered = render();
                    // Another thread may fill the slot first; then this representation is rendered
                    // again for the next request.
                    slot.get_or_init(|| {
                        Box::new(RenderedReference {
                            requested: languages.requested.clone(),
                            excluded: languages.excluded.clone(),
                            json: rendered.clone(),
                        })
                    });
                    return rendered;
                }
            }
        }
        render()
    }
}

/// Maximum number of entries per kind; a larger cache would help only if most pages referred to
/// different items.
const MAX_ENTRIES_PER_KIND: usize = 20_000;

/// Data cached between reads: referenced items (`None` for an item that is not visible), snapshots
/// of all items of a kind, and search result pages, and items with a word.
#[derive(Default)]
pub struct ReferenceCache {
    targets: Mutex<HashMap<VisibleKind, KindCache>>,
    snapshots: SnapshotCache,
    search_pages: SearchPageCache,
    term_matches: TermMatchCache,
}

/// The items of a kind that a caller may see.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct VisibleKind {
    /// The kind.
    pub kind: ResourceKind,
    /// Visibility of the items.
    pub visibility: Visibility,
}

#[derive(Default)]
struct KindCache {
    version: Version,
    targets: IdMap<Option<Arc<ReferenceTarget>>>,
    /// The id of the item that a name in a filter resolves to.
    ids_by_name: HashMap<String, Id>,
}

/// A view of the cache at the revisions of one read; the default view is empty.
#[derive(Clone, Default)]
pub struct CacheView {
    reference_cache: Arc<ReferenceCache>,
    revisions: Arc<Revisions>,
    /// The kind that the current transaction writes; its entries are not used.
    excluded_kind: Option<ResourceKind>,
}

impl CacheView {
    /// Creates a view for a read at these revisions.
    pub fn new(names: &Arc<ReferenceCache>, revisions: &Arc<Revisions>) -> Self {
        Self {
            reference_cache: Arc::clone(names),
            revisions: Arc::clone(revisions),
            excluded_kind: None,
        }
    }

    /// Creates a view for a transaction that writes items of this kind.
    pub fn excluding_kind(
        names: &Arc<ReferenceCache>,
        revisions: &Arc<Revisions>,
        written: ResourceKind,
    ) -> Self {
        Self { excluded_kind: Some(written), ..Self::new(names, revisions) }
    }

    /// Passes the cached targets of these ids to `found` and returns the ids that are not cached.
    pub fn get_targets(
        &self,
        items: VisibleKind,
        ids: Vec<Id>,
        mut found: impl FnMut(Arc<ReferenceTarget>),
    ) -> Vec<Id> {
        let kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kind_cache) =
            kinds.get(&items).filter(|kind_cache| Some(kind_cache.version) == self.version(items))
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

    /// Returns the cached id of the item that a filter names.
    pub fn get_id_by_name(&self, items: VisibleKind, name: &str) -> Option<Id> {
        let kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let kind_cache = kinds
            .get(&items)
            .filter(|kind_cache| Some(kind_cache.version) == self.version(items))?;
        kind_cache.ids_by_name.get(name).copied()
    }

    /// Caches the id that a name resolves to.
    pub fn insert_name(&self, items: VisibleKind, name: &str, id: Id) {
        let mut kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind_cache) = self.kind_cache(&mut kinds, items) {
            kind_cache.ids_by_name.insert(name.to_owned(), id);
        }
    }

    /// Caches loaded targets.
    pub fn insert_targets(
        &self,
        items: VisibleKind,
        read: impl Iterator<Item = (Id, Option<Arc<ReferenceTarget>>)>,
    ) {
        let mut kinds = self.reference_cache.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind_cache) = self.kind_cache(&mut kinds, items) {
            kind_cache.targets.extend(read);
        }
    }

    /// Returns the entries of a kind at its current version. They are cleared after a change and
    /// when their number exceeds [`MAX_ENTRIES_PER_KIND`].
    fn kind_cache<'a>(
        &self,
        kinds: &'a mut HashMap<VisibleKind, KindCache>,
        items: VisibleKind,
    ) -> Option<&'a mut KindCache> {
        let version = self.version(items)?;
        let entry = kinds.entry(items).or_default();
        if entry.version != version
            || entry.targets.len() > MAX_ENTRIES_PER_KIND
            || entry.ids_by_name.len() > MAX_ENTRIES_PER_KIND
        {
            *entry = KindCache { version, ..KindCache::default() };
        }
        Some(entry)
    }

    /// Returns the current snapshot of all items of a kind: cached, updated or loaded. Must not be
    /// called in a write transaction.
    pub fn snapshot<T: Snapshot>(
        &self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
    ) -> Result<Arc<T>, Error> {
        self.reference_cache.snapshots.get_or_load(connection, schema, &self.revisions)
    }

    /// Returns the row positions of a search result page: cached, or from `search`. Must not be
    /// called in a write transaction.
    pub fn search_page(
        &self,
        page: Fingerprint,
        search: impl FnOnce() -> Result<Option<Vec<PositionRow>>, Error>,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        self.reference_cache.search_pages.get_or_try_insert_with(&self.revisions, page, search)
    }

    /// Plans a search without the items that contain an excluded term of the query. Must not be called
    /// in a write transaction.
    pub fn plan_search(
        &self,
        connection: &mut Connection,
        index_search: IndexSearch<'_>,
        mode: SearchMode,
    ) -> Result<SearchMatch, Error> {
        let excluded = self.items_with_excluded_terms(connection, index_search)?;
        Ok(plan_search(index_search, excluded, mode))
    }

    /// Returns the items that contain an excluded term of the query; `None` if it has none. Must not
    /// be called in a write transaction.
    pub fn items_with_excluded_terms(
        &self,
        connection: &mut Connection,
        index_search: IndexSearch<'_>,
    ) -> Result<Option<RowIdBitmap>, Error> {
        let excluded = &index_search.query.excluded;
        (!excluded.is_empty())
            .then(|| self.items_with_terms(connection, index_search, excluded))
            .transpose()
    }

    /// Returns the items that contain any of these terms. Must not be called in a write transaction.
    pub fn items_with_terms(
        &self,
        connection: &mut Connection,
        index_search: IndexSearch<'_>,
        terms: &[Term],
    ) -> Result<RowIdBitmap, Error> {
        let cache = &self.reference_cache.term_matches;
        cache.items_with_terms(connection, &self.revisions, index_search, terms)
    }

    fn version(&self, items: VisibleKind) -> Option<Version> {
        let VisibleKind { kind, visibility } = items;
        (self.excluded_kind != Some(kind))
            .then(|| self.revisions.version(kind.as_str(), visibility))
    }
}

/// The cached JSON representation of an item as it is embedded in others.
pub type CachedJson = Arc<RawValue>;

pub(in crate::resource) fn to_cached_json<T: Serialize>(resource: &T) -> Option<CachedJson> {
    serde_json::value::to_raw_value(resource).ok().map(CachedJson::from)
}

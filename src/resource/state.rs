//! The application state that all handlers share.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpRequest;
use serde_json::Value;

use crate::config::Settings;
use crate::db::{Connection, Database, Id, Time};
use crate::db::{QueryOutcome, ReadCost};
use crate::http::api_keys;
use crate::http::language::{LanguageDefaults, accept_language};
use crate::http::problem::Problem;
use crate::http::visibility::Visibility;
use crate::i18n::country_names::CountryNames;
use crate::resource::cache::attribution::AttributionCache;
use crate::resource::cache::content_notes::ContentNoteIndex;
use crate::resource::cache::counts::CountCache;
use crate::resource::cache::facet_values::FacetCache;
use crate::resource::cache::references::ReferenceCache;
use crate::resource::cache::vocabulary::Vocabulary;
use crate::resource::model::item::ItemRow;
use crate::resource::model::status_change::StatusChange;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::view::context::RenderContext;
use crate::text::language::Language;

/// Loads items of one kind and renders them for inclusion in other responses.
pub type LoadForInclude = fn(
    &mut Connection,
    &[Id],
    Visibility,
    &mut RenderContext,
) -> Result<HashMap<Id, Value>, Problem>;

/// Changes the status of an item of one kind.
pub type ChangeStatus =
    fn(&mut Connection, &AppState, &ItemRow, StatusChange) -> Result<ItemRow, Problem>;

/// A kind with the operations that other kinds need of it.
#[derive(Clone, Copy)]
pub struct RegisteredKind {
    /// The declaration of the kind.
    pub schema: &'static ResourceSchema,
    /// Loads complete items for `include`.
    pub load_full: LoadForInclude,
    /// Changes the status of an item.
    pub change_status: ChangeStatus,
}

/// The application state: database, settings, caches and the registry of kinds.
pub struct AppState {
    /// The database.
    pub database: Database,
    /// The settings.
    pub settings: Settings,
    /// Fallback languages of responses, if an item has none of the requested ones.
    pub fallback_languages: Vec<Language>,
    /// Country names and footnotes.
    pub country_names: Arc<CountryNames>,
    /// Cache of referenced items, snapshots and search result pages.
    pub reference_cache: Arc<ReferenceCache>,
    /// Cache of list counts.
    pub count_cache: CountCache,
    /// Filter values of all items, and cache of facet counts.
    pub facet_cache: FacetCache,
    /// Index of the items that have a content note.
    pub content_note_cache: ContentNoteIndex,
    /// Cache of the attributions of programmes.
    pub attribution_cache: AttributionCache,
    /// The vocabulary of the catalogue.
    pub vocabulary: Vocabulary,
    /// The registered kinds. The server registers them, since no kind depends on another.
    pub registry: Vec<RegisteredKind>,
    /// Whether a task removes remains of purged items as soon as that is possible.
    pub is_scrub_pending: AtomicBool,
    /// Keys whose use has been recorded in the current minute, with that minute.
    recently_used_keys: Mutex<HashSet<(Id, i64)>>,
}

impl AppState {
    /// Creates the state with empty caches.
    pub fn new(store: Database, settings: Settings, kinds: Vec<RegisteredKind>) -> Self {
        let places = Arc::new(CountryNames::new(settings.kosovo_footnote()));
        Self {
            database: store,
            fallback_languages: settings.fallback_languages(),
            settings,
            country_names: places,
            reference_cache: Arc::default(),
            count_cache: CountCache::default(),
            facet_cache: FacetCache::default(),
            content_note_cache: ContentNoteIndex::default(),
            attribution_cache: AttributionCache::default(),
            is_scrub_pending: AtomicBool::default(),
            vocabulary: Vocabulary::default(),
            registry: kinds,
            recently_used_keys: Mutex::new(HashSet::new()),
        }
    }

    /// Returns the schemas of all kinds.
    pub fn schemas(&self) -> Vec<&'static ResourceSchema> {
        self.registry.iter().map(|registered| registered.schema).collect()
    }

    /// What selects the language of the response to a request without `lang`.
    pub fn language_defaults<'a>(&'a self, request: &'a HttpRequest) -> LanguageDefaults<'a> {
        LanguageDefaults {
            accept_language: accept_language(request),
            fallback: &self.fallback_languages,
        }
    }

    /// Returns the schema of a kind.
    pub fn schema(&self, kind: ResourceKind) -> Option<&'static ResourceSchema> {
        self.registered(kind).map(|registered| registered.schema)
    }

    /// Returns the loader of a kind for `include`.
    pub fn include_loader(&self, kind: ResourceKind) -> Option<LoadForInclude> {
        self.registered(kind).map(|registered| registered.load_full)
    }

    /// Returns the function that changes the status of items of a kind.
    pub fn status_changer(&self, kind: ResourceKind) -> Option<ChangeStatus> {
        self.registered(kind).map(|registered| registered.change_status)
    }

    fn registered(&self, kind: ResourceKind) -> Option<&RegisteredKind> {
        self.registry.iter().find(|registered| registered.schema.kind == kind)
    }

    /// Runs a read with this visibility: on a replica, if there is one, for public reads, and on
    /// the primary for reads with an API key, so that they see the latest writes.
    pub async fn read<T, F>(
        &self,
        visibility: Visibility,
        work: F,
    ) -> Result<QueryOutcome<T>, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Problem> + Send + 'static,
    {
        self.read_with_cost(ReadCost::Light, visibility, work).await
    }

    /// Like [`Self::read`], for a read of this cost.
    pub async fn read_with_cost<T, F>(
        &self,
        cost: ReadCost,
        visibility: Visibility,
        work: F,
    ) -> Result<QueryOutcome<T>, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Problem> + Send + 'static,
    {
        match visibility {
            Visibility::Published => self.database.read(cost, work).await,
            Visibility::All => self.database.read_primary(cost, work).await,
        }
    }

    /// Runs one batch of a streamed read; see [`Self::read`] for the choice of the server.
    pub async fn read_stream_batch<T, F>(
        &self,
        visibility: Visibility,
        work: F,
    ) -> Result<QueryOutcome<T>, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Problem> + Send + 'static,
    {
        self.database.read_stream_batch(visibility == Visibility::Published, work).await
    }

    /// Records the use of a key at most once a minute, in the background: reads neither wait for
    /// the writer nor fail if recording fails.
    pub fn record_key_use(&self, id: Id) {
        let minute = Time::now().micros() / 60_000_000;
        {
            let mut recent = self.recently_used_keys.lock().unwrap_or_else(PoisonError::into_inner);
            recent.retain(|(_, seen)| *seen == minute);
            if !recent.insert((id, minute)) {
                return;
            }
        }
        let store = self.database.clone();
        actix_web::rt::spawn(async move {
            if let Err(problem) = store
                .write(move |connection| {
                    api_keys::record_use(connection, id).map_err(Problem::from)
                })
                .await
            {
                log::warn!("cannot record the use of API key {id}: {problem}");
            }
        });
    }
}

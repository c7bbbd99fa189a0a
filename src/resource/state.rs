//! What every handler has at hand.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header;
use serde_json::Value;

use crate::config::Settings;
use crate::db::database::QueryOutcome;
use crate::db::{Connection, Database, Id, Time};
use crate::http::api_keys::{self, Role};
use crate::http::auth;
use crate::http::problem::{self, Problem};
use crate::http::visibility::Visibility;
use crate::places::CountryNames;
use crate::resource::cache::attribution::Attribution;
use crate::resource::cache::content_notes::ContentNoteIndex;
use crate::resource::cache::counts::CountCache;
use crate::resource::cache::facet_values::FacetCache;
use crate::resource::cache::references::ReferenceCache;
use crate::resource::cache::versioned::VersionedCache;
use crate::resource::cache::vocabulary::Vocabulary;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::view::context::RenderContext;
use crate::text::language::Language;

/// Reads whole items of one kind, as they are shown inside others.
pub type LoadForInclude = fn(
    &mut Connection,
    &[Id],
    Visibility,
    &mut RenderContext,
) -> Result<HashMap<Id, Value>, Problem>;

/// The catalogue as handlers see it.
pub struct AppState {
    /// The database.
    pub database: Database,
    /// The settings.
    pub settings: Settings,
    /// The languages of answers where nothing that is asked for is there.
    pub fallback_languages: Vec<Language>,
    /// Country names and footnotes.
    pub country_names: Arc<CountryNames>,
    /// What others show of items, kept between reads.
    pub reference_cache: Arc<ReferenceCache>,
    /// Counts of lists, kept between reads.
    pub count_cache: CountCache,
    /// Values of items and what was counted of them, kept between reads.
    pub facet_cache: FacetCache,
    /// Which items have a content note, kept between reads.
    pub content_note_cache: ContentNoteIndex,
    /// What programmes want said, kept between reads.
    pub attribution_cache: VersionedCache<Arc<Attribution>>,
    /// The words of the catalogue, kept between reads.
    pub vocabulary: Vocabulary,
    /// The kinds, with how to read each for `include`; the server fills it in, since no kind knows
    /// another.
    pub registry: Vec<(&'static ResourceSchema, LoadForInclude)>,
    /// Keys that were seen within the last minute.
    recently_used_keys: Mutex<HashSet<(Id, i64)>>,
}

impl AppState {
    /// A context for these settings.
    pub fn new(
        store: Database,
        settings: Settings,
        kinds: Vec<(&'static ResourceSchema, LoadForInclude)>,
    ) -> Self {
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
            attribution_cache: VersionedCache::default(),
            vocabulary: Vocabulary::default(),
            registry: kinds,
            recently_used_keys: Mutex::new(HashSet::new()),
        }
    }

    /// The declaration of a kind.
    pub fn schema(&self, kind: ResourceKind) -> Option<&'static ResourceSchema> {
        self.registry.iter().map(|(spec, _)| *spec).find(|spec| spec.kind == kind)
    }

    /// How to read whole items of a kind.
    pub fn include_loader(&self, kind: ResourceKind) -> Option<LoadForInclude> {
        self.registry.iter().find(|(schema, _)| schema.kind == kind).map(|(_, expand)| *expand)
    }

    /// The caller's key and its role; `None` without a key. An unusable key is a 401, never a
    /// public answer.
    pub async fn authenticate(&self, request: &HttpRequest) -> Result<Option<(Id, Role)>, Problem> {
        let Some(token) = auth::parse_bearer(request.headers().get(header::AUTHORIZATION))? else {
            return Ok(None);
        };
        let (key, role) = self
            .database
            .read_primary(move |connection| auth::authenticate(connection, &token))
            .await?
            .value;
        self.record_key_use(key.id);
        Ok(Some((key.id, role)))
    }

    /// What the caller may see.
    pub async fn visibility(&self, request: &HttpRequest) -> Result<Visibility, Problem> {
        Ok(if self.authenticate(request).await?.is_some() {
            Visibility::All
        } else {
            Visibility::Published
        })
    }

    /// The key of a caller who may write; fails for others.
    pub async fn require_editor(&self, request: &HttpRequest) -> Result<Id, Problem> {
        match self.authenticate(request).await? {
            None => {
                Err(auth::unauthenticated("Writing needs a key: send `Authorization: Bearer …`."))
            }
            Some((_, role)) if role < Role::Editor => Err(Problem::new(
                problem::ProblemKind::Forbidden,
                format!("The key's role is {}; writing needs an editor's key.", role.as_str()),
            )),
            Some((key, _)) => Ok(key),
        }
    }

    /// Reads as this caller may: the public of a replica, where there is one; who has a key of the
    /// primary, so that what was just written is seen.
    pub async fn read<T, F>(
        &self,
        visibility: Visibility,
        work: F,
    ) -> Result<QueryOutcome<T>, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Problem> + Send + 'static,
    {
        match visibility {
            Visibility::Published => self.database.read(work).await,
            Visibility::All => self.database.read_primary(work).await,
        }
    }

    /// The same for one step of a long read.
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

    /// Notes a key's use at most once a minute. The request does not wait for it, since a read must
    /// not wait for who writes, and does not fail with it.
    fn record_key_use(&self, id: Id) {
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
                log::warn!("the use of key {id} could not be noted: {problem}");
            }
        });
    }
}

//! What every handler has at hand.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header;
use serde_json::Value;

use super::facets::Facets;
use super::names::Names;
use super::notes::Noted;
use super::owed::Owed;
use super::shown::Shown;
use super::spec::{Kind, Spec};
use super::totals::{Since, Totals};
use super::vocabulary::Vocabulary;
use crate::config::Settings;
use crate::db::store::QueryOutcome;
use crate::db::{Connection, Database, Id, Time};
use crate::http::keys::{self, Role, Visibility};
use crate::http::problem::{self, Problem};
use crate::places::Places;
use crate::text::language::Language;

/// Reads whole items of one kind, as they are shown inside others.
pub type Expand =
    fn(&mut Connection, &[Id], Visibility, &mut Shown) -> Result<HashMap<Id, Value>, Problem>;

/// The catalogue as handlers see it.
pub struct Context {
    /// The database.
    pub store: Database,
    /// The settings.
    pub settings: Settings,
    /// The languages of answers where nothing that is asked for is there.
    pub fallback: Vec<Language>,
    /// Country names and footnotes.
    pub places: Arc<Places>,
    /// What others show of items, kept between reads.
    pub names: Arc<Names>,
    /// Counts of lists, kept between reads.
    pub totals: Totals,
    /// Values of items and what was counted of them, kept between reads.
    pub facets: Facets,
    /// Which items have a content note, kept between reads.
    pub noted: Noted,
    /// What programmes want said, kept between reads.
    pub owed: Since<Arc<Owed>>,
    /// The words of the catalogue, kept between reads.
    pub vocabulary: Vocabulary,
    /// The kinds, with how to read each for `include`; the server fills it in, since no kind knows
    /// another.
    pub kinds: Vec<(&'static Spec, Expand)>,
    /// Keys that were seen within the last minute.
    recently_used: Mutex<HashSet<(Id, i64)>>,
}

impl Context {
    /// A context for these settings.
    pub fn new(store: Database, settings: Settings, kinds: Vec<(&'static Spec, Expand)>) -> Self {
        let places = Arc::new(Places::new(settings.kosovo_footnote()));
        Self {
            store,
            fallback: settings.fallback_languages(),
            settings,
            places,
            names: Arc::default(),
            totals: Totals::default(),
            facets: Facets::default(),
            noted: Noted::default(),
            owed: Since::default(),
            vocabulary: Vocabulary::default(),
            kinds,
            recently_used: Mutex::new(HashSet::new()),
        }
    }

    /// The declaration of a kind.
    pub fn spec(&self, kind: Kind) -> Option<&'static Spec> {
        self.kinds.iter().map(|(spec, _)| *spec).find(|spec| spec.kind == kind)
    }

    /// How to read whole items of a kind.
    pub fn expander(&self, kind: Kind) -> Option<Expand> {
        self.kinds.iter().find(|(spec, _)| spec.kind == kind).map(|(_, expand)| *expand)
    }

    /// The caller's key and its role; `None` without a key. An unusable key is a 401, never a
    /// public answer.
    pub async fn caller(&self, request: &HttpRequest) -> Result<Option<(Id, Role)>, Problem> {
        let Some(token) = keys::parse_bearer(request.headers().get(header::AUTHORIZATION))? else {
            return Ok(None);
        };
        let (key, role) = self
            .store
            .read_primary(move |connection| keys::authenticate(connection, &token))
            .await?
            .value;
        self.note_use(key.id);
        Ok(Some((key.id, role)))
    }

    /// What the caller may see.
    pub async fn viewer(&self, request: &HttpRequest) -> Result<Visibility, Problem> {
        Ok(if self.caller(request).await?.is_some() {
            Visibility::All
        } else {
            Visibility::Published
        })
    }

    /// The key of a caller who may write; fails for others.
    pub async fn editor(&self, request: &HttpRequest) -> Result<Id, Problem> {
        match self.caller(request).await? {
            None => {
                Err(keys::unauthenticated("Writing needs a key: send `Authorization: Bearer …`."))
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
    pub async fn read<T, F>(&self, viewer: Visibility, work: F) -> Result<QueryOutcome<T>, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Problem> + Send + 'static,
    {
        match viewer {
            Visibility::Published => self.store.read(work).await,
            Visibility::All => self.store.read_primary(work).await,
        }
    }

    /// The same for one step of a long read.
    pub async fn read_step<T, F>(
        &self,
        viewer: Visibility,
        work: F,
    ) -> Result<QueryOutcome<T>, Problem>
    where
        T: Send + 'static,
        F: FnMut(&mut Connection) -> Result<T, Problem> + Send + 'static,
    {
        self.store.read_stream_batch(viewer == Visibility::Published, work).await
    }

    /// Notes a key's use at most once a minute. The request does not wait for it, since a read must
    /// not wait for who writes, and does not fail with it.
    fn note_use(&self, id: Id) {
        let minute = Time::now().micros() / 60_000_000;
        {
            let mut recent = self.recently_used.lock().unwrap_or_else(PoisonError::into_inner);
            recent.retain(|(_, seen)| *seen == minute);
            if !recent.insert((id, minute)) {
                return;
            }
        }
        let store = self.store.clone();
        actix_web::rt::spawn(async move {
            if let Err(problem) = store
                .write(move |connection| keys::record_use(connection, id).map_err(Problem::from))
                .await
            {
                log::warn!("the use of key {id} could not be noted: {problem}");
            }
        });
    }
}

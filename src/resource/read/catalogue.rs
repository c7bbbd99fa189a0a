//! Reads that depend on the whole catalogue: the request and its conditional response.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use serde::Serialize;

use crate::db::{Connection, ReadCost, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::language::LanguagePreference;
use crate::http::middleware::StatementCount;
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::{CATALOGUE, Revisions, Version, VisibleRevisions};
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::text::fingerprint::Fingerprint;

/// A read that depends on the whole catalogue: any change may affect the response.
pub struct CatalogueRequest {
    /// Fingerprint of the key of the representation: part of the `ETag`.
    pub etag_key: Fingerprint,
    /// Visibility of the read.
    pub visibility: Visibility,
    /// Languages of the response.
    pub language_preference: LanguagePreference,
    /// Base URL of this server.
    pub base_url: String,
    /// Expected cost of the read.
    pub cost: ReadCost,
    /// Time of a change that is independent of the catalogue, such as the start of the day.
    pub also_changed_at: Option<Time>,
}

/// What a read depends on besides its request: the application state, the revisions that it sees
/// and its visibility.
#[derive(Clone, Copy)]
pub struct ReadContext<'a> {
    /// The application state.
    pub state: &'a AppState,
    /// The revisions of the catalogue.
    pub revisions: &'a Arc<Revisions>,
    /// Visibility of items and texts.
    pub visibility: Visibility,
}

impl ReadContext<'_> {
    /// Returns the revisions as the reader sees them.
    pub fn visible_revisions(&self) -> VisibleRevisions<'_> {
        self.revisions.visible_to(self.visibility)
    }
}

#[derive(Serialize)]
struct CatalogueTag<'a> {
    version: Version,
    key: Fingerprint,
    base_url: &'a str,
    country_names: &'a str,
}

/// Loads a representation that depends on the whole catalogue, unless the client has the current
/// one.
pub async fn read_catalogue<T: Send + 'static>(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    catalogue_request: CatalogueRequest,
    load: impl Fn(&mut Connection, ReadContext<'_>, &mut RenderContext) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<Freshness<T>, Problem> {
    let condition = ConditionalGet::parse(request);
    let shared_state = state.clone().into_inner();
    let visibility = catalogue_request.visibility;
    let done = state
        .read_with_cost(catalogue_request.cost, visibility, move |connection| {
            // Revisions are loaded first, as for a page of a list.
            let revisions = Arc::new(Revisions::load(connection)?);
            let visible = revisions.visible_to(visibility);
            let tag = EntityTag::from_key(&CatalogueTag {
                version: visible.version(CATALOGUE),
                key: catalogue_request.etag_key,
                base_url: &catalogue_request.base_url,
                country_names: shared_state.country_names.cache_key(),
            });
            let validators = CacheValidators {
                tag,
                last_modified: visible.changed_at(CATALOGUE).max(catalogue_request.also_changed_at),
                fresh_until: revisions.next_scheduled_change(),
            };
            validators.unless_current(&condition, || {
                let cache = CacheView::new(&shared_state.reference_cache, &revisions);
                let mut render_context = RenderContext::new(
                    catalogue_request.language_preference.clone(),
                    Arc::clone(&shared_state.country_names),
                    Some(cache),
                )
                .with_base_url(&catalogue_request.base_url);
                let read_context =
                    ReadContext { state: &shared_state, revisions: &revisions, visibility };
                load(connection, read_context, &mut render_context)
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    Ok(done.value)
}

//! Reads that depend on the whole catalogue: the request and its conditional response.

use std::sync::Arc;

use crate::db::{Connection, Time};
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::{CATALOGUE, Revisions};
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;

/// A read that depends on the whole catalogue: any change may affect the response.
pub struct CatalogueRequest<'a> {
    /// Identifies the representation: part of the `ETag`.
    pub etag_key: &'a str,
    /// Languages of the response.
    pub language_preference: &'a LanguagePreference,
    /// Base URL of this server.
    pub base_url: &'a str,
    /// Time of a change that is independent of the catalogue, such as the start of the day.
    pub also_changed_at: Option<Time>,
    /// Preconditions of the request.
    pub condition: &'a ConditionalGet,
}

/// Loads a representation that depends on the whole catalogue, unless the client has the current
/// one.
pub fn read_catalogue_wide<T>(
    connection: &mut Connection,
    state: &AppState,
    catalogue_request: &CatalogueRequest<'_>,
    read: impl FnOnce(&mut Connection, &Arc<Revisions>, &mut RenderContext) -> Result<T, Problem>,
) -> Result<Freshness<T>, Problem> {
    // Revisions are loaded first, as for a page of a list.
    let revisions = Arc::new(Revisions::load(connection)?);
    let (revision, changed_at) = revisions.get(CATALOGUE);
    let tag = EntityTag::from_state(&format!(
        "{revision}\n{}\n{}\n{}",
        catalogue_request.etag_key,
        catalogue_request.base_url,
        state.country_names.cache_key()
    ));
    let validators =
        CacheValidators { tag, last_modified: changed_at.max(catalogue_request.also_changed_at) };
    validators.unless_current(catalogue_request.condition, || {
        let cache = CacheView::new(&state.reference_cache, &revisions);
        let mut render_context = RenderContext::new(
            catalogue_request.language_preference.clone(),
            Arc::clone(&state.country_names),
            Some(cache),
        )
        .with_base_url(catalogue_request.base_url);
        read(connection, &revisions, &mut render_context)
    })
}

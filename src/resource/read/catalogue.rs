//! Reads that concern the whole catalogue: the head of a request and its conditional answer.

use std::sync::Arc;

use crate::db::{Connection, Time};
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::{CATALOGUE, Revisions};
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;

/// What is asked of the catalogue as a whole: any change of it may show.
pub struct CatalogueRequest<'a> {
    /// What makes it another than others.
    pub etag_key: &'a str,
    /// The languages of the answer.
    pub language_preference: &'a LanguagePreference,
    /// The address of this server.
    pub base_url: &'a str,
    /// When the representation changed although the catalogue did not, such as with the day.
    pub also_changed_at: Option<Time>,
    /// The preconditions of the request.
    pub condition: &'a ConditionalGet,
}

/// Reads what is asked of the catalogue as a whole, unless the client has it.
pub fn read_catalogue_wide<T>(
    connection: &mut Connection,
    state: &AppState,
    catalogue_request: &CatalogueRequest<'_>,
    read: impl FnOnce(&mut Connection, &Arc<Revisions>, &mut RenderContext) -> Result<T, Problem>,
) -> Result<Freshness<T>, Problem> {
    // The revisions are read before the rest, as for a page of a list.
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

//! Conditional responses with computed aggregates.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use crate::db::{Connection, ReadCost};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::problem::Problem;
use crate::impact::summary::params::SummaryParams;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::response::ResponseContext;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;

/// A body of computed aggregates.
pub trait AggregateBody: Send + 'static {
    /// Adds the body to a response.
    fn into_response(self, response: HttpResponseBuilder) -> HttpResponse;
}

/// Responds with computed aggregates, or with 304 if the client's copy is current.
pub async fn respond<T: AggregateBody>(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    visibility: Visibility,
    params: Arc<SummaryParams>,
    build: impl Fn(&mut Connection, &SummaryParams, &mut RenderContext) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let catalogue_request = CatalogueRequest {
        etag_key: params.etag_key(),
        visibility,
        language_preference: params.list.language_preference.clone(),
        base_url: params.list.base_url.clone(),
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let shared_params = Arc::clone(&params);
    let found =
        read_catalogue(state, request, catalogue_request, move |connection, _, render_context| {
            build(connection, &shared_params, render_context)
        })
        .await?;
    let language_preference = &params.list.language_preference;
    let response_context = ResponseContext::new(state, visibility, language_preference);
    let (validators, body) = match found {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mut response = response_context.ok(&validators);
    // Untranslated labels may be in other languages; formatted values are in this one.
    response.insert_header((header::CONTENT_LANGUAGE, language_preference.ui_language));
    Ok(body.into_response(response))
}

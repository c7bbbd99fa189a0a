//! Conditional responses with computed aggregates.

use crate::resource::read::catalogue::CatalogueRequest;
use crate::resource::read::catalogue::read_catalogue_wide;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::middleware::StatementCount;
use crate::http::problem::Problem;
use crate::impact::summary::params::SummaryParams;
use crate::resource::read::response;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;

/// Responds with computed aggregates, or with 304 if the client's copy is current.
pub async fn respond<T: serde::Serialize + Send + 'static>(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    visibility: Visibility,
    params: Arc<SummaryParams>,
    build: impl Fn(&mut Connection, &SummaryParams, &mut RenderContext) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let condition = ConditionalGet::from_request(request);
    let (shared, inner) = (Arc::clone(&params), state.clone().into_inner());
    let done = state
        .read(visibility, move |connection| {
            let list = &shared.list;
            let of = CatalogueRequest {
                etag_key: &shared.etag_key,
                language_preference: &list.language_preference,
                base_url: &list.base_url,
                also_changed_at: None,
                condition: &condition,
            };
            read_catalogue_wide(connection, &inner, &of, |connection, _, render_context| {
                build(connection, &shared, render_context)
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    let language_preference = &params.list.language_preference;
    let (validators, body) = match done.value {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                state,
                visibility,
                language_preference,
                &validators,
            ));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, state, visibility, language_preference);
    response::set_validators(&mut response, &validators);
    // Untranslated labels may be in other languages; formatted values are in this one.
    response.insert_header((header::CONTENT_LANGUAGE, language_preference.ui_language));
    Ok(response.json(body))
}

//! HTTP handlers for `/v1/saved-queries`.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

use super::model::{SavedQuery, SavedQueryPage};
use crate::http::problem::Problem;
use crate::resource::read::{get as resource_get, list};
use crate::resource::state::AppState;
use crate::resource::write::{handlers, restore};
use crate::saved_queries::resource::SavedQueries;

/// List saved queries
///
/// Named queries of lists with permanent URLs: `/f/{slug}` is an embeddable page, `/f/{slug}.rss`,
/// `.atom` and `.json` are feeds. Newest first unless `sort` or `q` is given.
#[utoipa::path(operation_id = "list_saved_queries", tag = "Saved queries", responses((status = 200, description = "A page of saved queries.", body = SavedQueryPage)))]
#[get("/v1/saved-queries")]
pub async fn list_saved_queries(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    list::list::<SavedQueries>(state, request).await
}

/// Get a saved query
///
/// By id or slug; a former slug redirects (308) to the current one.
#[utoipa::path(operation_id = "get_saved_query", tag = "Saved queries", params(("saved_query" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The saved query.", body = SavedQuery)))]
#[get("/v1/saved-queries/{saved_query}")]
pub async fn get_saved_query(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    resource_get::get::<SavedQueries>(state, request, name.into_inner()).await
}

/// Create a saved query
///
/// If `slug` is absent, it is generated from the name in the original language. Requires an API key
/// with the role editor.
#[utoipa::path(operation_id = "create_saved_query", tag = "Saved queries", responses((status = 201, description = "The saved query, as stored.", body = SavedQuery)))]
#[post("/v1/saved-queries")]
pub async fn create_saved_query(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    handlers::create::<SavedQueries>(state, request, payload).await
}

/// Replace or create a saved query
///
/// Replaces the entire saved query, or creates it at that slug if it does not exist, so that
/// synchronization can repeat the request safely. The response of GET with `lang=all` can be sent
/// back unchanged and changes nothing. Requires an API key with the role editor.
#[utoipa::path(operation_id = "replace_saved_query", tag = "Saved queries", params(("saved_query" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The saved query, as stored.", body = SavedQuery), (status = 201, description = "The saved query was created.", body = SavedQuery)))]
#[put("/v1/saved-queries/{saved_query}")]
pub async fn replace_saved_query(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::replace::<SavedQueries>(state, request, payload, name.into_inner()).await
}

/// Update a saved query
///
/// JSON Merge Patch (RFC 7396): null removes a member, objects are merged, arrays are replaced.
/// Requires an API key with the role editor.
#[utoipa::path(operation_id = "patch_saved_query", tag = "Saved queries", params(("saved_query" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The saved query, as stored.", body = SavedQuery)))]
#[patch("/v1/saved-queries/{saved_query}")]
pub async fn patch_saved_query(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::patch::<SavedQueries>(state, request, payload, name.into_inner()).await
}

/// Delete a saved query
///
/// After deletion the saved query returns 410, or 404 to the public if it was never published.
/// Requires an API key with the role editor.
#[utoipa::path(operation_id = "delete_saved_query", tag = "Saved queries", params(("saved_query" = String, Path, description = "Id or slug.")), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/saved-queries/{saved_query}")]
pub async fn delete_saved_query(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    handlers::delete::<SavedQueries>(state, request, name.into_inner()).await
}

/// Restore a saved query
///
/// Restores a deleted saved query in its former state until it is purged; 410 after that. A saved
/// query that is not deleted is returned unchanged. Requires an API key with the role editor.
#[utoipa::path(operation_id = "restore_saved_query", tag = "Saved queries", params(("saved_query" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The restored saved query.", body = SavedQuery)))]
#[post("/v1/saved-queries/{saved_query}/restore")]
pub async fn restore_saved_query(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    restore::restore::<SavedQueries>(state, request, name.into_inner()).await
}

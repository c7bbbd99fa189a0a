//! `/v1`: the entry point of the API, with the addresses of its resources.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::conditional::ConditionalGet;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::resource::extract::AcceptsJson;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::server::openapi_cache::{CachedDocument, cached_response};

/// Path of the entry point.
pub const ENTRY_POINT_PATH: &str = "/v1";

/// The entry point of the API.
#[derive(Serialize, ToSchema)]
pub struct EntryPoint {
    /// Name of the catalogue.
    #[schema(example = "Western Balkans media")]
    name: String,
    /// Version of the API: the first segment of its paths.
    #[schema(value_type = String, example = "v1")]
    api_version: &'static str,
    /// Version of the server.
    #[schema(value_type = String, example = "0.1.0")]
    version: &'static str,
    /// The lists of the API.
    resources: Vec<EntryPointResource>,
    /// Descriptions of the API.
    links: EntryPointLinks,
}

/// A list of the API.
#[derive(Serialize, ToSchema)]
pub struct EntryPointResource {
    /// Last segment of the path.
    #[schema(value_type = String, example = "videos")]
    name: &'static str,
    /// Absolute URL of the list.
    #[schema(format = "uri", example = "http://127.0.0.1:8080/v1/videos")]
    url: String,
}

/// Absolute URLs of what describes the API.
#[derive(Serialize, ToSchema)]
pub struct EntryPointLinks {
    /// This document.
    #[serde(rename = "self")]
    #[schema(format = "uri", example = "http://127.0.0.1:8080/v1")]
    self_url: String,
    /// The OpenAPI document.
    #[schema(format = "uri", example = "http://127.0.0.1:8080/openapi.json")]
    openapi: String,
    /// The documentation, unless it is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false, example = "http://127.0.0.1:8080/docs")]
    documentation: Option<String>,
    /// The datasets for open-data portals (DCAT).
    #[schema(format = "uri", example = "http://127.0.0.1:8080/catalog.jsonld")]
    datasets: String,
}

/// List the resources of the API
///
/// The entry point of the API: the version, the address of every list and of the search, and links
/// to the OpenAPI document and the documentation.
#[utoipa::path(operation_id = "get_entry_point", tag = "Server", responses(
    (status = 200, description = "The entry point.", body = EntryPoint, content_type = "application/json", example = json!({
        "name": "Western Balkans media", "api_version": "v1", "version": "0.1.0",
        "resources": [{"name": "videos", "url": "http://127.0.0.1:8080/v1/videos"}, {"name": "search", "url": "http://127.0.0.1:8080/v1/search"}],
        "links": {"self": "http://127.0.0.1:8080/v1", "openapi": "http://127.0.0.1:8080/openapi.json", "documentation": "http://127.0.0.1:8080/docs", "datasets": "http://127.0.0.1:8080/catalog.jsonld"}})),
    (status = 304, description = "Not modified."),
    (status = 400, description = "The endpoint takes no parameters.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 406, description = "The client accepts no JSON.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/v1")]
pub async fn entry_point(
    request: HttpRequest,
    state: web::Data<AppState>,
    _: AcceptsJson,
    condition: ConditionalGet,
) -> Result<HttpResponse, Problem> {
    QueryParams::parse(request.query_string())?.finish()?;
    let base = state.settings.base_url(&request);
    let to = |path: &str| format!("{base}{path}");
    let kinds = ResourceKind::in_display_order(ResourceKind::all().iter().copied());
    let mut resources: Vec<EntryPointResource> = kinds
        .into_iter()
        .map(|kind| EntryPointResource { name: kind.path_segment(), url: to(kind.path()) })
        .collect();
    for name in ["countries", "search"] {
        resources.push(EntryPointResource { name, url: to(&format!("{ENTRY_POINT_PATH}/{name}")) });
    }
    let document = EntryPoint {
        name: state.settings.publisher_name(&base),
        api_version: ENTRY_POINT_PATH.trim_start_matches('/'),
        version: env!("CARGO_PKG_VERSION"),
        resources,
        links: EntryPointLinks {
            self_url: to(ENTRY_POINT_PATH),
            openapi: to("/openapi.json"),
            documentation: state.settings.docs.then(|| to("/docs")),
            datasets: to("/catalog.jsonld"),
        },
    };
    let text = serde_json::to_string(&document).unwrap_or_default();
    Ok(cached_response(&condition, "application/json", &CachedDocument::new(text)))
}

//! `/.well-known/api-catalog`: discovery of the API (RFC 9727) as a set of links (RFC 9264).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::conditional::ConditionalGet;
use crate::resource::state::AppState;
use crate::server::entry_point::ENTRY_POINT_PATH;
use crate::server::openapi_cache::{CachedDocument, cached_response};

const PATH: &str = "/.well-known/api-catalog";
const MEDIA_TYPE: &str =
    "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";

/// The target of a link.
#[derive(Serialize, ToSchema)]
pub struct LinkTarget {
    /// Absolute URL.
    #[schema(format = "uri", example = "http://127.0.0.1:8080/openapi.json")]
    href: String,
    /// Media type of the target.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "application/json")]
    media_type: Option<&'static str>,
}

impl LinkTarget {
    fn new(href: String, media_type: Option<&'static str>) -> Vec<Self> {
        vec![Self { href, media_type }]
    }
}

/// The links of the catalog or of an API.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LinkContext {
    /// The context of the links.
    #[schema(format = "uri", example = "http://127.0.0.1:8080/v1")]
    anchor: String,
    /// The APIs in the catalog.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    item: Vec<LinkTarget>,
    /// Machine-readable descriptions (RFC 8631).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    service_desc: Vec<LinkTarget>,
    /// Human-readable documentation (RFC 8631).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    service_doc: Vec<LinkTarget>,
    /// Description of the data for open-data portals (DCAT in JSON-LD).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    describedby: Vec<LinkTarget>,
    /// Status of the service (RFC 8631).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    status: Vec<LinkTarget>,
}

/// A set of links (RFC 9264).
#[derive(Serialize, ToSchema)]
pub struct Linkset {
    /// The catalog, followed by its APIs.
    linkset: Vec<LinkContext>,
}

/// Discover the API
///
/// API catalog (RFC 9727): links to the API, its description, its documentation and its status.
#[utoipa::path(operation_id = "api_catalog", tag = "Server", responses(
    (status = 200, description = "The links.", body = Linkset, content_type = "application/linkset+json", example = json!({"linkset": [
        {"anchor": "http://127.0.0.1:8080/.well-known/api-catalog", "item": [{"href": "http://127.0.0.1:8080/v1"}]},
        {"anchor": "http://127.0.0.1:8080/v1",
         "service-desc": [{"href": "http://127.0.0.1:8080/openapi.json", "type": "application/json"}, {"href": "http://127.0.0.1:8080/openapi.yaml", "type": "application/yaml"}],
         "service-doc": [{"href": "http://127.0.0.1:8080/docs", "type": "text/html"}],
         "describedby": [{"href": "http://127.0.0.1:8080/catalog.jsonld", "type": "application/ld+json"}],
         "status": [{"href": "http://127.0.0.1:8080/healthz", "type": "application/json"}]}]})),
    (status = 304, description = "Not modified.")))]
#[get("/.well-known/api-catalog")]
pub async fn api_catalog(
    request: HttpRequest,
    context: web::Data<AppState>,
    condition: ConditionalGet,
) -> HttpResponse {
    let base = context.settings.base_url(&request);
    let to = |path: &str, media_type| LinkTarget::new(format!("{base}{path}"), Some(media_type));
    let mut service_desc = to("/openapi.json", "application/json");
    service_desc.extend(to("/openapi.yaml", "application/yaml"));
    let catalog = LinkContext {
        anchor: format!("{base}{PATH}"),
        item: LinkTarget::new(format!("{base}{ENTRY_POINT_PATH}"), None),
        ..LinkContext::default()
    };
    let api = LinkContext {
        anchor: format!("{base}{ENTRY_POINT_PATH}"),
        service_desc,
        service_doc: if context.settings.docs { to("/docs", "text/html") } else { Vec::new() },
        describedby: to("/catalog.jsonld", "application/ld+json"),
        status: to("/healthz", "application/json"),
        ..LinkContext::default()
    };
    let links = Linkset { linkset: vec![catalog, api] };
    let mut response = cached_response(
        &condition,
        MEDIA_TYPE,
        &CachedDocument::new(serde_json::to_string(&links).unwrap_or_default()),
    );
    // A response to HEAD must have a link with this relation (RFC 9727 section 2).
    if let Ok(link) = header::HeaderValue::from_str(&format!("<{base}{PATH}>; rel=\"api-catalog\""))
    {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

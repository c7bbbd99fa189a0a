//! The OpenAPI document and the documentation pages.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use crate::http::conditional::ConditionalGet;
use crate::http::problem::{Problem, ProblemKind};
use crate::server::openapi_cache::{OpenApiDocuments, cached_response};

const DOCS_HTML: &str = include_str!("assets/docs.html");
const FAVICON_SVG: &str = include_str!("assets/icon.svg");
const DOCS_CSS: &str = include_str!("assets/docs.css");
const DOCS_JS: &str = include_str!("assets/docs.js");
const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Get the OpenAPI document as JSON
///
/// OpenAPI 3.1, generated from the handlers of this server.
#[utoipa::path(operation_id = "openapi_json", tag = "Server", responses((status = 200, description = "The document.", body = std::collections::BTreeMap<String, serde_json::Value>, content_type = "application/json", example = json!({"openapi": "3.1.0"})), (status = 304, description = "Not modified.")))]
#[get("/openapi.json")]
pub async fn openapi_json(
    condition: ConditionalGet,
    documents: web::Data<OpenApiDocuments>,
) -> HttpResponse {
    cached_response(&condition, "application/json", documents.json())
}

/// Get the OpenAPI document as YAML
///
/// The same document as YAML.
#[utoipa::path(operation_id = "openapi_yaml", tag = "Server", responses((status = 200, description = "The document.", body = std::collections::BTreeMap<String, serde_json::Value>, content_type = "application/yaml", example = json!({"openapi": "3.1.0"})), (status = 304, description = "Not modified.")))]
#[get("/openapi.yaml")]
pub async fn openapi_yaml(
    condition: ConditionalGet,
    documents: web::Data<OpenApiDocuments>,
) -> HttpResponse {
    cached_response(&condition, "application/yaml", documents.yaml())
}

/// The icon that browsers request for any page.
pub fn favicon_route(config: &mut web::ServiceConfig) {
    config.route(
        "/favicon.ico",
        web::get()
            .to(|| async { docs_file_response("image/svg+xml", FAVICON_SVG.as_bytes().to_vec()) }),
    );
}

/// The documentation page and its assets, embedded in this binary.
pub fn docs_routes(config: &mut web::ServiceConfig) {
    config.route(
        "/docs",
        web::get().to(|| async {
            docs_file_response("text/html; charset=utf-8", DOCS_HTML.as_bytes().to_vec())
        }),
    );
    config.route("/docs/{file}", web::get().to(docs_asset));
}

async fn docs_asset(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    match file.as_str() {
        "docs.css" => return Ok(docs_file_response("text/css", DOCS_CSS.as_bytes().to_vec())),
        "icon.svg" => {
            return Ok(docs_file_response("image/svg+xml", FAVICON_SVG.as_bytes().to_vec()));
        }
        "docs.js" => return Ok(docs_file_response("text/javascript", DOCS_JS.as_bytes().to_vec())),
        _ => {}
    }
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    match utoipa_swagger_ui::serve(&file, config) {
        Ok(Some(found)) => Ok(docs_file_response(&found.content_type, found.bytes.to_vec())),
        _ => Err(Problem::new(ProblemKind::NotFound, "No such file.")),
    }
}

fn docs_file_response(media_type: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_CSP))
        .content_type(media_type)
        .body(bytes)
}

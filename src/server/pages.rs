//! What the server says of itself: its document, its health, its problems; and what it answers
//! elsewhere.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::connection::SimpleConnection;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::accept;
use crate::http::conditional::{CacheValidators, ConditionalGet};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::state::AppState;
use crate::server::openapi::{CachedDocument, OpenApiDocuments};

/// Get the OpenAPI document as JSON
///
/// OpenAPI 3.1, made from the handlers of this very server.
#[utoipa::path(operation_id = "openapi_json", tag = "Server", responses((status = 200, description = "The document.", body = std::collections::BTreeMap<String, serde_json::Value>, content_type = "application/json", example = json!({"openapi": "3.1.0"})), (status = 304, description = "The client has this already.")))]
#[get("/openapi.json")]
pub async fn openapi_json(
    request: HttpRequest,
    documents: web::Data<OpenApiDocuments>,
) -> HttpResponse {
    cached_response(&request, "application/json", documents.json())
}

/// Get the OpenAPI document as YAML
///
/// The same document in another notation.
#[utoipa::path(operation_id = "openapi_yaml", tag = "Server", responses((status = 200, description = "The document.", body = std::collections::BTreeMap<String, serde_json::Value>, content_type = "application/yaml", example = json!({"openapi": "3.1.0"})), (status = 304, description = "The client has this already.")))]
#[get("/openapi.yaml")]
pub async fn openapi_yaml(
    request: HttpRequest,
    documents: web::Data<OpenApiDocuments>,
) -> HttpResponse {
    cached_response(&request, "application/yaml", documents.yaml())
}

/// What rarely changes: sent again only to who has another state of it.
pub fn cached_response(
    request: &HttpRequest,
    media_type: &'static str,
    document: &CachedDocument,
) -> HttpResponse {
    let validators = CacheValidators { tag: document.etag.clone(), last_modified: None };
    let is_not_modified = ConditionalGet::from_request(request).is_current(&validators);
    let mut response = HttpResponse::build(if is_not_modified {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    response
        .insert_header((header::ETAG, document.etag.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"));
    if is_not_modified {
        response.finish()
    } else {
        response.content_type(media_type).body(document.body.clone())
    }
}

/// An explanation of a kind of problem.
#[expect(clippy::struct_field_names, reason = "the field is called so in the answer")]
#[derive(Serialize, ToSchema)]
pub struct Explanation {
    /// The last part of the problem's URL.
    #[schema(value_type = String, example = "not-found")]
    code: &'static str,
    /// The status it is answered with.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// Its name.
    #[schema(value_type = String, example = "Not found")]
    title: &'static str,
    /// What it means and what to do.
    #[schema(value_type = String, example = "There is nothing at this address that you may see.")]
    explanation: &'static str,
}

/// Explain a kind of problem
///
/// What the `type` of a problem leads to: as a page for people, as JSON for programs.
#[utoipa::path(operation_id = "explain_problem", tag = "Server", params(("code" = String, Path, description = "The last part of the problem's URL.", example = "not-found")),
    responses(
        (status = 200, description = "The explanation.", content((Explanation = "application/json", example = json!({"code": "not-found", "status": 404, "title": "Not found", "explanation": "There is nothing at this address that you may see."})), (String = "text/html", example = json!("<!doctype html>")))),
        (status = 404, description = "There is no such kind of problem.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json", example = json!({"type": "http://127.0.0.1:8080/problems/not-found", "title": "Not found", "status": 404, "detail": "There is no kind of problem `x`.", "instance": "/problems/x", "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"})),
    ))]
#[get("/problems/{code}")]
pub async fn problem_page(
    request: HttpRequest,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let definition = ProblemKind::ALL
        .iter()
        .map(|kind| kind.definition())
        .find(|definition| definition.code == code.as_str());
    let Some(definition) = definition else {
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("There is no kind of problem `{}`.", crate::text::clip(&code)),
        ));
    };
    let explanation = Explanation {
        code: definition.code,
        status: definition.status,
        title: definition.title,
        explanation: definition.explanation,
    };
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .insert_header((header::VARY, "Accept"));
    if !accept.contains("text/html") {
        accept::require_json(&request)?;
        return Ok(response.json(explanation));
    }
    response.insert_header((
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ));
    Ok(response.content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem;color-scheme:light dark}}code{{opacity:.7}}</style>\
         <p><code>{status} · {code}</code></p><h1>{title}</h1><p>{text}</p></html>",
        title = definition.title,
        status = definition.status,
        code = definition.code,
        text = definition.explanation.replace('&', "&amp;").replace('<', "&lt;"),
    )))
}

/// What a health check answers.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// Tell whether the process runs
///
/// Touches nothing else: for a supervisor that restarts what hangs.
#[utoipa::path(operation_id = "healthz", tag = "Server", responses((status = 200, description = "It runs.", body = Health, example = json!({"status": "ok"}))))]
#[get("/healthz")]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(Health { status: "ok" })
}

/// Tell whether the server can answer
///
/// Asks the database: for a load balancer.
#[utoipa::path(operation_id = "readyz", tag = "Server", responses(
    (status = 200, description = "It can.", body = Health, example = json!({"status": "ok"})),
    (status = 503, description = "The database is away.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json", example = json!({"type": "http://127.0.0.1:8080/problems/unavailable", "title": "Temporarily unavailable", "status": 503, "detail": "The database is busy or away; nothing was stored.", "instance": "/readyz", "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"}))))]
#[get("/readyz")]
pub async fn readyz(context: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let state = Arc::clone(&context);
    state
        .database
        .read(|connection| connection.batch_execute("SELECT 1").map_err(Problem::from))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(Health { status: "ok" }))
}

/// Whatever no route takes: 204 for OPTIONS, 405 with `Allow` for another method, 404, a welcome at
/// the root.
pub async fn fallback(
    request: HttpRequest,
    documents: web::Data<OpenApiDocuments>,
) -> Result<HttpResponse, Problem> {
    let mut methods = documents.allowed_methods(request.path());
    if methods.is_empty() {
        if request.path() == "/" && request.method() == Method::GET {
            return Ok(HttpResponse::Found().insert_header((header::LOCATION, "/docs")).finish());
        }
        QueryParams::parse(request.query_string())?;
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!(
                "There is nothing at `{}`; /docs shows what there is.",
                crate::text::clip(request.path())
            ),
        ));
    }
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".to_owned());
    }
    methods.push("OPTIONS".to_owned());
    methods.sort();
    let allow = methods.join(", ");
    if request.method() == Method::OPTIONS {
        let mut response = HttpResponse::NoContent();
        response.insert_header((header::ALLOW, allow.clone()));
        if allow.contains("PATCH") {
            response.insert_header((
                header::HeaderName::from_static("accept-patch"),
                "application/merge-patch+json, application/json",
            ));
        }
        return Ok(response.finish());
    }
    let detail = format!("`{}` is not offered here; the address has {allow}.", request.method());
    Err(Problem::new(ProblemKind::MethodNotAllowed, detail).with_header(header::ALLOW, allow))
}

const DOCS_HTML: &str = include_str!("assets/docs.html");
const FAVICON_SVG: &str = include_str!("assets/icon.svg");
const DOCS_CSS: &str = include_str!("assets/docs.css");
const DOCS_JS: &str = include_str!("assets/docs.js");
const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The icon that browsers ask for beside any page.
pub fn favicon_route(config: &mut web::ServiceConfig) {
    config.route(
        "/favicon.ico",
        web::get()
            .to(|| async { docs_file_response("image/svg+xml", FAVICON_SVG.as_bytes().to_vec()) }),
    );
}

/// The documentation page and its files, all from this binary.
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
        _ => Err(Problem::new(ProblemKind::NotFound, "There is no such file.")),
    }
}

fn docs_file_response(media_type: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_CSP))
        .content_type(media_type)
        .body(bytes)
}

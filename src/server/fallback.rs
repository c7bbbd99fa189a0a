//! Responses to requests that match no route.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::state::AppState;
use crate::server::openapi_cache::OpenApiDocuments;
use crate::text::truncate_for_message;

/// Responds to requests without a route: 204 for OPTIONS, 405 with `Allow` for another method, 404,
/// and a redirect to the documentation, if it is served, at the root.
pub async fn fallback(
    request: HttpRequest,
    documents: web::Data<OpenApiDocuments>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let mut methods = documents.allowed_methods(request.path());
    if methods.is_empty() {
        let docs_url =
            state.settings.docs.then(|| format!("{}/docs", state.settings.base_url(&request)));
        if let Some(docs_url) = &docs_url
            && request.path() == "/"
            && request.method() == Method::GET
        {
            return Ok(HttpResponse::Found()
                .insert_header((header::LOCATION, docs_url.as_str()))
                .finish());
        }
        QueryParams::parse(request.query_string())?;
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!(
                "No such path: `{}`; see {}.",
                truncate_for_message(request.path()),
                docs_url.as_deref().unwrap_or("/openapi.json")
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
    let detail = format!("`{}` is not allowed here; allowed methods: {allow}.", request.method());
    Err(Problem::new(ProblemKind::MethodNotAllowed, detail).with_header(header::ALLOW, allow))
}

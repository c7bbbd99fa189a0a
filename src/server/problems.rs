//! `/problems/{code}`: explanations of problem types.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::accept;
use crate::http::problem::{Problem, ProblemKind};

/// The explanation of a problem type.
#[expect(clippy::struct_field_names, reason = "the name of the field in the response")]
#[derive(Serialize, ToSchema)]
pub struct Explanation {
    /// Last segment of the problem type URL.
    #[schema(value_type = String, example = "not-found")]
    code: &'static str,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// Title.
    #[schema(value_type = String, example = "Not found")]
    title: &'static str,
    /// Meaning and remedy.
    #[schema(value_type = String, example = "There is nothing at this address that you may see.")]
    explanation: &'static str,
}

/// Explain a problem type
///
/// The target of the `type` URL of a problem, as HTML or JSON.
#[utoipa::path(operation_id = "explain_problem", tag = "Server", params(("code" = String, Path, description = "Last segment of the problem type URL.", example = "not-found")),
    responses(
        (status = 200, description = "The explanation.", content((Explanation = "application/json", example = json!({"code": "not-found", "status": 404, "title": "Not found", "explanation": "There is nothing at this address that you may see."})), (String = "text/html", example = json!("<!doctype html>")))),
        (status = 404, description = "Unknown problem type.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json", example = json!({"type": "http://127.0.0.1:8080/problems/not-found", "title": "Not found", "status": 404, "detail": "Unknown problem type `x`.", "instance": "/problems/x", "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"})),
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
            format!("Unknown problem type `{}`.", crate::text::truncate_for_message(&code)),
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

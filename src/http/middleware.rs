//! The outermost layer: request ids, HEAD, problem bodies, security headers, compression, one log
//! line a request.

use std::time::Instant;

use actix_web::body::{self, BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use crate::http::base_url;
use crate::http::compression::CompressionPlan;
use crate::http::problem::{Problem, ProblemBody, ProblemKind};

/// The identifier of a request, in the answer, in problems and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// How many statements a request ran, for `Server-Timing`.
#[derive(Clone, Copy, Debug)]
pub struct StatementCount(u32);

impl StatementCount {
    /// Notes the number.
    pub fn record(request: &HttpRequest, statements: u32) {
        let before = request.extensions().get::<Self>().map_or(0, |before| before.0);
        request.extensions_mut().insert(Self(before.saturating_add(statements)));
    }
}

/// Where problem types are explained, and whether to tell the number of statements.
#[derive(Clone, Debug)]
pub struct MiddlewareConfig {
    /// The configured base of absolute links.
    pub base_url: Option<String>,
    /// Whether answers say how many statements they took.
    pub server_timing: bool,
}

const X_REQUEST_ID: header::HeaderName = header::HeaderName::from_static("x-request-id");

/// What is known of a request before it is routed; the router wants the request for itself.
struct RequestInfo {
    id: RequestId,
    method: Method,
    path_and_query: String,
    path: String,
    base_url: String,
}

/// Wraps a request; see the module.
pub async fn handle<B: MessageBody + 'static>(
    settings: MiddlewareConfig,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody, BoxBody>>, Error> {
    let started = Instant::now();
    let request_info = RequestInfo {
        id: RequestId(request_id(&request)),
        method: request.method().clone(),
        path_and_query: request
            .uri()
            .path_and_query()
            .map_or_else(|| request.path().to_owned(), ToString::to_string),
        path: request.path().to_owned(),
        base_url: base_url(settings.base_url.as_deref(), request.request()),
    };
    request.extensions_mut().insert(request_info.id.clone());
    if request_info.method == Method::HEAD {
        // The codec remembers the method and sends no body; everything else treats HEAD as GET.
        request.head_mut().method = Method::GET;
    }
    let compression = CompressionPlan::from_request(&mut request);
    let log = |status: StatusCode| {
        let elapsed = started.elapsed().as_secs_f64() * 1000.0;
        log::info!(
            target: "kinoteka::request",
            "request_id={} method={} path=\"{}\" status={} duration_ms={elapsed:.2}",
            request_info.id.0, request_info.method, escape_for_log(&request_info.path_and_query), status.as_u16()
        );
    };
    match next.call(request).await {
        Ok(response) => {
            let mut response = match extract_problem(&response) {
                Some(problem) => {
                    let rendered = render_problem(
                        &request_info,
                        &problem,
                        Some(response.response().headers()),
                    );
                    response.into_response(rendered)
                }
                None => response.map_into_boxed_body(),
            };
            let statements = response.request().extensions().get::<StatementCount>().copied();
            add_default_headers(response.headers_mut(), &settings, statements, &request_info);
            log(response.status());
            let is_head = request_info.method == Method::HEAD;
            Ok(response.map_body(|head, body| {
                EitherBody::left(
                    compression.apply(head, if is_head { drop_stream_body(body) } else { body }),
                )
            }))
        }
        Err(error) => {
            let problem = error.as_error::<Problem>();
            let foreign =
                from_framework_error(error.as_response_error().status_code(), &error.to_string());
            let mut response = render_problem(&request_info, problem.unwrap_or(&foreign), None);
            add_default_headers(response.headers_mut(), &settings, None, &request_info);
            log(response.status());
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// What is read while it is sent is not read for nobody.
fn drop_stream_body(body: BoxBody) -> BoxBody {
    if body.size() == BodySize::Stream { BoxBody::new(body::None::new()) } else { body }
}

/// One line stays one line, whatever a client sends.
fn escape_for_log(text: &str) -> String {
    text.chars().flat_map(char::escape_default).take(2_000).collect()
}

/// The client's own identifier if it is sane, else a new one.
fn request_id(request: &ServiceRequest) -> String {
    let sane = |text: &str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let given = request
        .headers()
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|text| sane(text));
    given.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// The problem that a response carries, or one for an error that the framework answered.
fn extract_problem<B: MessageBody>(response: &ServiceResponse<B>) -> Option<Problem> {
    let error = response.response().error()?;
    if let Some(problem) = error.as_error::<Problem>() {
        return Some(Problem {
            kind: problem.kind,
            detail: problem.detail.clone(),
            errors: problem.errors.clone(),
            headers: problem.headers.clone(),
            cause: problem.cause.clone(),
        });
    }
    Some(from_framework_error(response.status(), &error.to_string()))
}

fn from_framework_error(status: StatusCode, text: &str) -> Problem {
    let found = ProblemKind::ALL.iter().find(|kind| kind.definition().status == status.as_u16());
    match found {
        Some(kind) if !status.is_server_error() => Problem::new(*kind, text.to_owned()),
        _ => Problem::internal(text),
    }
}

fn render_problem(
    request_info: &RequestInfo,
    problem: &Problem,
    headers: Option<&header::HeaderMap>,
) -> HttpResponse {
    let definition = problem.kind.definition();
    if let Some(cause) = &problem.cause {
        log::error!(target: "kinoteka::problem", "request_id={} problem={} cause=\"{}\"", request_info.id.0, definition.code, escape_for_log(cause));
    }
    let body = ProblemBody {
        kind: format!("{}/problems/{}", request_info.base_url, definition.code),
        title: definition.title,
        status: definition.status,
        detail: problem.detail.clone(),
        instance: request_info.path.clone(),
        request_id: request_info.id.0.clone(),
        errors: problem.errors.clone(),
    };
    let status =
        StatusCode::from_u16(definition.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in headers
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE)
    {
        response.append_header((name.clone(), value.clone()));
    }
    if headers.is_none() {
        for (name, value) in &problem.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
    }
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
        .content_type("application/problem+json")
        .body(serde_json::to_string(&body).unwrap_or_default())
}

fn add_default_headers(
    headers: &mut header::HeaderMap,
    settings: &MiddlewareConfig,
    statements: Option<StatementCount>,
    request_info: &RequestInfo,
) {
    let mut set = |name: header::HeaderName, value: header::HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    let fixed = header::HeaderValue::from_static;
    if let Ok(id) = header::HeaderValue::from_str(&request_info.id.0) {
        set(X_REQUEST_ID, id);
    }
    set(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    set(header::REFERRER_POLICY, fixed("no-referrer"));
    set(header::CONTENT_SECURITY_POLICY, fixed("default-src 'none'; frame-ancestors 'none'"));
    set(header::HeaderName::from_static("cross-origin-resource-policy"), fixed("cross-origin"));
    // Embed pages may be framed; their policy says by whom, which this older header cannot.
    let policy = headers
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|policy| policy.to_str().ok())
        .unwrap_or_default();
    if policy.contains("frame-ancestors 'none'") {
        headers.insert(header::X_FRAME_OPTIONS, fixed("DENY"));
    }
    if let Some(StatementCount(count)) = statements.filter(|_| settings.server_timing)
        && let Ok(value) = header::HeaderValue::from_str(&format!("db;desc=\"{count} statements\""))
    {
        headers.insert(header::HeaderName::from_static("server-timing"), value);
    }
}

//! Outermost middleware: request ids, HEAD, problem details, security headers, compression, and one
//! access log line per request.

use std::time::Instant;

use actix_web::body::{self, BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use crate::db::Id;
use crate::http::access_log::{AuthenticatedKey, may_be_key, path_for_log};
use crate::http::compression::CompressionPlan;
use crate::http::origin::OriginPolicy;
use crate::http::problem::{Problem, ProblemBody, ProblemKind};
use crate::http::response_limits::{ConnectionParts, StreamBytes};
use crate::http::tracking_params::remove_tracking_params;
use crate::text::logfmt::quote;

/// Identifier of a request, in the response headers, in problem details and in the log.
#[derive(Clone, Debug, Default)]
pub struct RequestId(pub String);

/// Number of SQL statements that a request executed, for `Server-Timing`.
#[derive(Clone, Copy, Debug)]
pub struct StatementCount(u32);

impl StatementCount {
    /// Adds to the number of statements of a request.
    pub fn record(request: &HttpRequest, statements: u32) {
        let before = request.extensions().get::<Self>().map_or(0, |before| before.0);
        request.extensions_mut().insert(Self(before.saturating_add(statements)));
    }
}

/// Settings of the middleware.
#[derive(Clone, Debug)]
pub struct MiddlewareConfig {
    /// How the base URL of absolute links is determined.
    pub origin_policy: OriginPolicy,
    /// Whether responses have a `Server-Timing` header with the number of statements.
    pub server_timing: bool,
}

/// Paths whose responses contain no links; probes reach them under any host.
pub const HOST_INDEPENDENT_PATHS: [&str; 2] = ["/healthz", "/readyz"];

const X_REQUEST_ID: header::HeaderName = header::HeaderName::from_static("x-request-id");

/// Properties of a request that are saved before routing, which consumes the request.
struct RequestInfo {
    id: RequestId,
    method: Method,
    path_and_query: String,
    path: String,
    /// Empty if the host of the request is not allowed.
    base_url: String,
}

/// Handles a request; see the module documentation.
pub async fn handle<B: MessageBody + 'static>(
    settings: MiddlewareConfig,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody, BoxBody>>, Error> {
    let started = Instant::now();
    let peer = request.peer_addr().map(|address| address.ip());
    let base_url = settings.origin_policy.base_url_of(request.head(), peer);
    let request_info = RequestInfo {
        id: RequestId(request_id(&request)),
        method: request.method().clone(),
        path_and_query: request
            .uri()
            .path_and_query()
            .map_or_else(|| request.path().to_owned(), ToString::to_string),
        path: request.path().to_owned(),
        base_url: base_url.as_ref().map(|base| base.0.clone()).unwrap_or_default(),
    };
    request.extensions_mut().insert(request_info.id.clone());
    remove_tracking_params(request.head_mut());
    if request_info.method == Method::HEAD {
        // The codec remembers the method and omits the body; everything else handles HEAD as GET.
        request.head_mut().method = Method::GET;
    }
    let compression = CompressionPlan::from_request(&mut request);
    let connection = ConnectionParts::of_request(&mut request);
    let log = |status: StatusCode, key: Option<Id>| {
        let elapsed = started.elapsed().as_secs_f64() * 1000.0;
        let key = key.map(|id| format!(" key={id}")).unwrap_or_default();
        log::info!(
            target: "kinoteka::request",
            "request_id={} method={} path={} status={} duration_ms={elapsed:.2}{key}",
            request_info.id.0, request_info.method, quote(&path_for_log(&request_info.path_and_query)), status.as_u16()
        );
    };
    let result = match base_url {
        Err(problem) if !HOST_INDEPENDENT_PATHS.contains(&request_info.path.as_str()) => {
            Err(problem.into())
        }
        base_url => {
            if let Ok(base_url) = base_url {
                request.extensions_mut().insert(base_url);
            }
            next.call(request).await
        }
    };
    match result {
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
            let key = response.request().extensions().get::<AuthenticatedKey>().map(|key| key.0);
            add_default_headers(response.headers_mut(), &settings, statements, &request_info);
            log(response.status(), key);
            let is_head = request_info.method == Method::HEAD;
            let stream_bytes = response.response().extensions().get::<StreamBytes>().copied();
            Ok(response.map_body(|head, body| {
                let body = if is_head { drop_stream_body(body) } else { body };
                let body = compression.apply(head, body);
                EitherBody::left(connection.limit_body(body, stream_bytes, &request_info.id.0))
            }))
        }
        Err(error) => {
            let problem = error.as_error::<Problem>();
            let converted =
                from_framework_error(error.as_response_error().status_code(), &error.to_string());
            let mut response = render_problem(&request_info, problem.unwrap_or(&converted), None);
            add_default_headers(response.headers_mut(), &settings, None, &request_info);
            log(response.status(), None);
            let response =
                response.map_body(|_, body| connection.limit_body(body, None, &request_info.id.0));
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Drops a streaming body, which would otherwise be produced and discarded for HEAD.
fn drop_stream_body(body: BoxBody) -> BoxBody {
    if body.size() == BodySize::Stream { BoxBody::new(body::None::new()) } else { body }
}

/// The client's `X-Request-Id` if it is valid, otherwise a new identifier.
fn request_id(request: &ServiceRequest) -> String {
    let is_valid = |text: &str| {
        (1..=64).contains(&text.len())
            && !may_be_key(text)
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let client_id = request
        .headers()
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|text| is_valid(text));
    client_id.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

/// The problem of an error response; errors of the framework are converted.
fn extract_problem<B: MessageBody>(response: &ServiceResponse<B>) -> Option<Problem> {
    let error = response.response().error()?;
    if let Some(problem) = error.as_error::<Problem>() {
        return Some(problem.clone());
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
        log::error!(target: "kinoteka::problem", "request_id={} problem={} cause={}", request_info.id.0, definition.code, quote(cause));
    }
    let body = ProblemBody {
        kind: format!("{}/problems/{}", request_info.base_url, definition.code),
        title: definition.title,
        status: definition.status,
        detail: problem.detail.clone(),
        instance: format!("{}{}", path_of(&request_info.base_url), request_info.path),
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

/// The path of a base URL, empty if it has none.
fn path_of(base_url: &str) -> &str {
    let authority = base_url.split_once("://").map_or("", |(_, rest)| rest);
    authority.find('/').and_then(|at| authority.get(at..)).unwrap_or_default()
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
    let value = header::HeaderValue::from_static;
    if let Ok(id) = header::HeaderValue::from_str(&request_info.id.0) {
        set(X_REQUEST_ID, id);
    }
    set(header::X_CONTENT_TYPE_OPTIONS, value("nosniff"));
    set(header::REFERRER_POLICY, value("no-referrer"));
    set(header::CONTENT_SECURITY_POLICY, value("default-src 'none'; frame-ancestors 'none'"));
    set(header::HeaderName::from_static("cross-origin-resource-policy"), value("cross-origin"));
    // Embeddable pages list the permitted origins in their policy, which this older header cannot
    // express.
    let policy = headers
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|policy| policy.to_str().ok())
        .unwrap_or_default();
    if policy.contains("frame-ancestors 'none'") {
        headers.insert(header::X_FRAME_OPTIONS, value("DENY"));
    }
    if let Some(StatementCount(count)) = statements.filter(|_| settings.server_timing)
        && let Ok(value) = header::HeaderValue::from_str(&format!("db;desc=\"{count} statements\""))
    {
        headers.insert(header::HeaderName::from_static("server-timing"), value);
    }
}

//! Authentication by bearer tokens (RFC 6750), which are API keys.

use actix_web::http::header;

use crate::db::{Connection, Id, Time};
use crate::http::api_keys::{ApiKey, Role, find_key};
use crate::http::middleware::RequestId;
use crate::http::problem::{Problem, ProblemKind};
pub use crate::http::visibility::Visibility;

/// Parses the `Authorization` header: the token, `None` without the header, 401 for another scheme
/// than `Bearer`.
pub fn parse_bearer(header: Option<&header::HeaderValue>) -> Result<Option<String>, Problem> {
    let Some(value) = header else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    match token {
        Some(token) if !token.is_empty() => Ok(Some(token)),
        _ => Err(unauthenticated("The Authorization header must be `Bearer <key>`.")),
    }
}

/// Finds the API key of a token; 401, which is logged, if it is unknown, revoked or expired.
pub fn authenticate(
    connection: &mut Connection,
    token: &str,
    request_id: &RequestId,
) -> Result<(ApiKey, Role), Problem> {
    let refuse = |reason: &str, key: Option<Id>, detail: &str| {
        let key = key.map(|id| format!(" key={id}")).unwrap_or_default();
        log::warn!(target: "kinoteka::auth", "request_id={} refused={reason}{key}", request_id.0);
        Err(unauthenticated(detail))
    };
    let Some(key) = find_key(connection, token)? else {
        return refuse("unknown", None, "Unknown API key.");
    };
    if key.revoked_at.is_some() {
        return refuse("revoked", Some(key.id), "The API key has been revoked.");
    }
    if key.expires_at.is_some_and(|expiry| expiry <= Time::now()) {
        return refuse("expired", Some(key.id), "The API key has expired.");
    }
    let role = Role::parse(&key.role).ok_or_else(|| {
        Problem::internal(format!("API key {} has the unknown role {}", key.id, key.role))
    })?;
    Ok((key, role))
}

/// 401 with the challenge that RFC 9110 section 11.6.1 requires.
pub fn unauthenticated(detail: &str) -> Problem {
    Problem::new(ProblemKind::Unauthenticated, detail)
        .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"kinoteka\"")
}

//! Content negotiation by `Accept` (RFC 9110 section 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::problem::{Problem, ProblemKind};

/// Returns 406 unless the client accepts JSON.
pub fn require_json(request: &HttpRequest) -> Result<(), Problem> {
    require_one_of(request, &["application/json"])
}

/// Returns 406 unless the client accepts one of these media types.
pub fn require_one_of(request: &HttpRequest, available: &[&str]) -> Result<(), Problem> {
    let mut values = request
        .headers()
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .peekable();
    if values.peek().is_none() {
        return Ok(());
    }
    let accepted = values.flat_map(|value| value.split(',')).any(|member| {
        let mut parts = member.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let is_excluded = parts.any(|parameter| {
            parameter
                .strip_prefix("q=")
                .is_some_and(|quality| quality.parse::<f32>().is_ok_and(|quality| quality == 0.0))
        });
        !is_excluded
            && (range.is_empty()
                || available.iter().any(|media_type| range_matches(&range, media_type)))
    });
    if accepted {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::NotAcceptable,
        format!("Available media types: {}.", available.join(", ")),
    ))
}

fn range_matches(range: &str, media_type: &str) -> bool {
    range == "*/*"
        || range == media_type
        || range.strip_suffix("/*").is_some_and(|kind| media_type.split('/').next() == Some(kind))
}

//! Content negotiation by `Accept` (RFC 9110 section 12.5.1).
//!
//! The header is parsed here and not by `actix_web::http::header::Accept`, which drops members with
//! a weight such as `q=.2`: requests with the former default header of Java (`text/html, image/gif,
//! image/jpeg, *; q=.2, */*; q=.2`) would get 406.

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

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn json_is_accepted_by_range_and_weight() {
        for (value, is_accepted) in [
            ("application/json", true),
            ("APPLICATION/JSON; charset=utf-8", true),
            ("application/*", true),
            ("*/*", true),
            ("", true),
            ("text/html, application/json;q=0.1", true),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", true),
            ("application/json;q=2", true),
            ("application/json;q=0", false),
            ("*/*; q=0.0", false),
            ("text/html", false),
            ("text/*", false),
            ("json", false),
            ("*", false),
        ] {
            let request =
                TestRequest::default().insert_header((header::ACCEPT, value)).to_http_request();
            assert_eq!(require_json(&request).is_ok(), is_accepted, "{value}");
        }
        assert!(require_json(&TestRequest::default().to_http_request()).is_ok());
    }
}

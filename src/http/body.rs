//! Request bodies: media type, size limit, JSON parsing; and JSON Merge Patch (RFC 7396).

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev, web};
use serde_json::Value;

use super::json_text::{self, JsonError};
use super::problem::{FieldError, Problem, ProblemKind};

/// The media types that an endpoint accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BodyType {
    /// `application/json`.
    Json,
    /// `application/merge-patch+json` or `application/json`.
    MergePatch,
}

/// Limits on reading a body.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Maximum size in bytes.
    pub max_bytes: usize,
    /// Maximum time for receiving the body.
    pub timeout: Duration,
}

/// The media type of merge patches.
pub const MERGE_PATCH_MEDIA_TYPE: &str = "application/merge-patch+json";

/// A request whose body has not been read. It is an extractor: a handler reads the body after its
/// other checks.
pub struct UnreadBody {
    /// The request.
    pub request: HttpRequest,
    payload: web::Payload,
}

impl FromRequest for UnreadBody {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let payload = web::Payload::from_request(request, payload).into_inner();
        ready(payload.map(|payload| Self { request: request.clone(), payload }))
    }
}

impl UnreadBody {
    /// Reads and parses a JSON body; returns it with the request. Errors: 415 for another media
    /// type, 413 above the size limit, 408 after the timeout, 400 if the body is not JSON in UTF-8,
    /// 422 if an object has a member twice.
    pub async fn read_json(
        self,
        limits: BodyLimits,
        accepts: BodyType,
    ) -> Result<(HttpRequest, Value), Problem> {
        check_content_type(&self.request, accepts)?;
        let bytes = read_bytes(self.payload, limits).await?;
        Ok((self.request, parse_json(&bytes)?))
    }

    /// Reads the body; returns it with the request. Errors: 413 above the size limit, 408 after the
    /// timeout.
    pub async fn read_bytes(
        self,
        limits: BodyLimits,
    ) -> Result<(HttpRequest, web::Bytes), Problem> {
        Ok((self.request, read_bytes(self.payload, limits).await?))
    }
}

fn parse_json(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::new(
            ProblemKind::Malformed,
            format!("The body is not UTF-8: invalid byte at offset {}.", error.valid_up_to()),
        )
    })?;
    json_text::parse_json(text).map_err(|error| match error {
        JsonError::Syntax(error) => {
            Problem::new(ProblemKind::Malformed, format!("The body is not JSON: {error}."))
        }
        JsonError::RepeatedMember(pointer) => Problem::invalid_fields(vec![FieldError::field(
            pointer,
            "repeated_member",
            "The member occurs twice; send it once.",
        )]),
    })
}

/// Rejects requests whose content has a coding (RFC 9110 section 15.5.16).
pub fn check_content_encoding(request: &HttpRequest) -> Result<(), Problem> {
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING);
    let is_identity = |value: &header::HeaderValue| {
        value.to_str().is_ok_and(|coding| coding.trim().eq_ignore_ascii_case("identity"))
    };
    if codings.all(is_identity) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::UnsupportedMediaType,
        "Request bodies with a Content-Encoding are not supported; send the body uncompressed, without this header.",
    )
    .with_header(header::ACCEPT_ENCODING, "identity"))
}

async fn read_bytes(payload: web::Payload, limits: BodyLimits) -> Result<web::Bytes, Problem> {
    match tokio::time::timeout(limits.timeout, payload.to_bytes_limited(limits.max_bytes)).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(error))) => Err(Problem::new(
            ProblemKind::Malformed,
            format!("The request body was incomplete: {error}"),
        )),
        Ok(Err(_over_limit)) => Err(Problem::new(
            ProblemKind::BodyTooLarge,
            format!("The body is larger than {} bytes.", limits.max_bytes),
        )),
        Err(_elapsed) => Err(Problem::new(
            ProblemKind::RequestTimeout,
            format!(
                "The request body was not received within {} seconds; nothing was stored.",
                limits.timeout.as_secs()
            ),
        )),
    }
}

fn check_content_type(request: &HttpRequest, accepts: BodyType) -> Result<(), Problem> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset_is_utf8 = content_type.to_ascii_lowercase().split(';').skip(1).all(|parameter| {
        parameter
            .trim()
            .strip_prefix("charset=")
            .is_none_or(|charset| charset.trim_matches('"') == "utf-8")
    });
    let is_accepted = essence == "application/json"
        || (accepts == BodyType::MergePatch && essence == MERGE_PATCH_MEDIA_TYPE);
    if is_accepted && charset_is_utf8 {
        return Ok(());
    }
    let (expected, name) = match accepts {
        BodyType::Json => ("application/json", header::ACCEPT),
        BodyType::MergePatch => (
            "application/merge-patch+json, application/json",
            header::HeaderName::from_static("accept-patch"),
        ),
    };
    let actual = if content_type.is_empty() {
        "the header is missing".to_owned()
    } else {
        format!("got `{}`", crate::text::truncate_for_message(content_type))
    };
    Err(Problem::new(
        ProblemKind::UnsupportedMediaType,
        format!("The Content-Type must be {expected} in UTF-8; {actual}."),
    )
    .with_header(name, expected))
}

/// Applies a JSON Merge Patch (RFC 7396): null removes a member, objects are merged, any other
/// value replaces.
pub fn apply_merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            apply_merge_patch(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn apply_merge_patch_matches_rfc_7396_appendix_a() {
        let cases = [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ];
        for (mut target, patch, result) in cases {
            apply_merge_patch(&mut target, &patch);
            assert_eq!(target, result, "after {patch}");
        }
    }
}

//! Errors of the API: one table of problem types, one error type, problem details (RFC 9457).

use std::borrow::Cow;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db;

/// Definition of a problem type.
#[derive(Debug)]
pub struct ProblemDefinition {
    /// Last path segment of the problem type's URL.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Title: a short summary that is the same for all occurrences.
    pub title: &'static str,
    /// Meaning and remedy: the text of the documentation page of the problem type.
    pub explanation: &'static str,
}

/// Generates the enum and its table from one list.
macro_rules! define_problem_kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:literal $code:literal, $title:literal, $explanation:literal;)+) => {
        /// Problem types.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum ProblemKind { $($(#[$doc])* $kind,)+ }

        impl ProblemKind {
            /// All problem types.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// Code, status, title and explanation.
            pub fn definition(self) -> &'static ProblemDefinition {
                match self {
                    $(Self::$kind => &ProblemDefinition { code: $code, status: $status, title: $title, explanation: $explanation },)+
                }
            }
        }
    };
}

define_problem_kinds! {
    /// A parameter is unknown or its value is invalid.
    InvalidParameter = 400 "invalid-parameter", "Invalid parameter",
        "A query or path parameter is unknown, or its value is invalid. `errors` lists each one with the reason and, where there is a similar one, suggests a name or value. Invalid parameters are never silently ignored.";
    /// The body or the request line is malformed.
    Malformed = 400 "malformed-request", "Malformed request",
        "The request could not be parsed: the body is not JSON, or the URL contains bytes that are not UTF-8. `detail` says where. Send well-formed JSON in UTF-8.";
    /// An API key is required, or the one that was sent is not valid.
    Unauthenticated = 401 "unauthenticated", "Authentication required",
        "Writing, and reading unpublished items, requires an API key: send `Authorization: Bearer …`. The key that was sent may be unknown, revoked or expired. Keys are created with `kinoteka key create`.";
    /// The role of the API key does not permit the request.
    Forbidden = 403 "forbidden", "Forbidden",
        "The API key is valid, but its role does not permit the request: a viewer may read drafts, an editor may also write, an admin may do everything.";
    /// The resource does not exist, or is not visible to the caller.
    NotFound = 404 "not-found", "Not found",
        "The resource does not exist or is not visible to you. Items that were never published are not visible to the public. Check the identifier or slug, and send an API key if the item is a draft.";
    /// The resource does not support the method.
    MethodNotAllowed = 405 "method-not-allowed", "Method not allowed",
        "The URL exists, but does not support this method. The `Allow` header lists the supported methods.";
    /// None of the media types in `Accept` is available.
    NotAcceptable = 406 "not-acceptable", "Not acceptable",
        "The `Accept` header contains no media type in which this resource is available. `detail` lists those that are; most of the API is `application/json`.";
    /// The request was not received completely in time.
    RequestTimeout = 408 "request-timeout", "Request timeout",
        "The request was not received completely within the time limit. Send it again.";
    /// The request conflicts with stored data.
    Conflict = 409 "conflict", "Conflict",
        "The request is valid but conflicts with stored data: a slug that is already in use, an item that others reference. `detail` and `errors` describe the conflict and how to resolve it.";
    /// The item was deleted.
    Gone = 410 "gone", "Deleted",
        "The item existed and has been deleted. Remove links to it.";
    /// A precondition (`If-Match` or `If-None-Match`) is false.
    PreconditionFailed = 412 "precondition-failed", "Precondition failed",
        "The item has changed since you read it (`If-Match`), or it already exists (`If-None-Match: *`). Get it again, apply your change to the current state, and send the result with the new `ETag`.";
    /// The body exceeds the size limit.
    BodyTooLarge = 413 "body-too-large", "Body too large",
        "The body is larger than this server accepts. `detail` states the limit.";
    /// The URI is too long.
    UriTooLong = 414 "uri-too-long", "URI too long",
        "The URI is longer than this server accepts. Use fewer values, or several requests.";
    /// The media type of the body is not supported.
    UnsupportedMediaType = 415 "unsupported-media-type", "Unsupported media type",
        "The `Content-Type` of the body is not supported by this operation. Most operations accept `application/json`, PATCH also `application/merge-patch+json`; `detail` lists the supported types.";
    /// The host of the request is not one of this server.
    MisdirectedRequest = 421 "misdirected-request", "Misdirected request",
        "The host that the request names is not one of this server. Without `KINOTEKA_BASE_URL`, links in responses start with the host of the request, so only allowed hosts are answered. The operator sets `KINOTEKA_BASE_URL`, or adds the host to `KINOTEKA_ALLOWED_HOSTS`.";
    /// Fields of the body are invalid.
    InvalidFields = 422 "invalid-fields", "Invalid fields",
        "The body is well-formed, but some of its fields are invalid. `errors` lists each one with a JSON pointer and the expected value. Nothing was stored.";
    /// The requested sum would be meaningless.
    NotSummable = 422 "not-summable", "The statistics cannot be added up",
        "A sum was requested of statistics that cannot be added up: percentages, values of several units, or values that are not added up by `time_aggregation` and `group_aggregation`. `errors` lists each group with the reason. Filter by one unit or indicator, omit total and sum, or have these statistics listed separately.";
    /// The catalogue lacks data that a format requires.
    Incomplete = 422 "incomplete-catalogue", "The catalogue is incomplete",
        "The requested format requires data that the catalogue does not contain. `errors` lists what is missing by kind, slug and field, with the remedy. For IATI, `incomplete=omit` leaves out incomplete activities; `kinoteka check --iati` lists everything that is missing.";
    /// A precondition is required but missing.
    PreconditionRequired = 428 "precondition-required", "Precondition required",
        "This server prevents lost updates: get the item, then send its `ETag` in `If-Match` with the change.";
    /// The headers exceed the size limit.
    HeadersTooLarge = 431 "headers-too-large", "Headers too large",
        "The request's headers are larger than this server accepts.";
    /// An unexpected error of the server.
    Internal = 500 "internal", "Internal error",
        "Unexpected server error. The cause is in the server's log under the `request_id` of the response; report it to the operator.";
    /// The request is defined by a standard but not implemented.
    NotImplemented = 501 "not-implemented", "Not implemented",
        "The protocol defines this request, but this server does not implement it. `detail` says what is supported.";
    /// The database is busy, unreachable or not writable.
    Unavailable = 503 "unavailable", "Temporarily unavailable",
        "The server cannot process the request now: its database is busy or unreachable, or is not writable because it is read-only or its disk is full. `detail` says whether anything may have been stored. Retry the request after the time in `Retry-After`.";
}

/// Maximum number of errors in one response, which limits its size.
pub const MAX_ERRORS: usize = 100;

/// An error in one part of the input: a field, parameter, line or row.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the member of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/countries/0")]
    pub pointer: Option<String>,
    /// Name of the query or path parameter, or of the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "country")]
    pub parameter: Option<String>,
    /// Line number in a text file body, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 12)]
    pub line: Option<usize>,
    /// Row number in a table body, from 1, as displayed by a spreadsheet program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 12)]
    pub row: Option<usize>,
    /// Name of the column in a table body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "value")]
    pub column: Option<String>,
    /// Machine-readable error code.
    #[schema(value_type = String, example = "unknown_value")]
    pub code: Cow<'static, str>,
    /// Human-readable message: what is wrong and what is expected.
    #[schema(example = "`RX` is not a country code; did you mean `RS`?")]
    pub detail: String,
}

impl FieldError {
    /// An error of a member of the body.
    pub fn field(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::new(code, detail) }
    }

    /// An error of a parameter.
    pub fn parameter(
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(code, detail) }
    }

    /// An error of a line of a text file body.
    pub fn line(line: usize, code: &'static str, detail: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::new(code, detail) }
    }

    /// An error of a row of a table body, or of one cell.
    pub fn row(
        row: usize,
        column: Option<&str>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { row: Some(row), column: column.map(str::to_owned), ..Self::new(code, detail) }
    }

    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: None,
            parameter: None,
            line: None,
            row: None,
            column: None,
            code: Cow::Borrowed(code),
            detail: detail.into(),
        }
    }
}

/// An error response. `cause` is for the log only.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Problem type.
    pub kind: ProblemKind,
    /// Message about this occurrence.
    pub detail: String,
    /// The errors of the individual parts of the input.
    pub errors: Vec<FieldError>,
    /// Headers of the response.
    pub headers: Vec<(header::HeaderName, String)>,
    /// Internal cause, written to the log only.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem with a message about this occurrence.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    /// Invalid parameters, at most [`MAX_ERRORS`] of them.
    pub fn invalid_parameters(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::InvalidParameter, "The query has invalid parameters.")
            .with_errors(errors)
    }

    /// One invalid parameter.
    pub fn invalid_parameter(
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::invalid_parameters(vec![FieldError::parameter(name, code, detail)])
    }

    /// Invalid fields, at most [`MAX_ERRORS`] of them.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::InvalidFields, "The body has invalid fields.").with_errors(errors)
    }

    /// Data that a format requires and the catalogue lacks, at most [`MAX_ERRORS`] errors.
    pub fn incomplete_catalogue(detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::Incomplete, detail).with_errors(errors)
    }

    fn with_errors(mut self, mut errors: Vec<FieldError>) -> Self {
        if errors.len() > MAX_ERRORS {
            errors.truncate(MAX_ERRORS);
            self.detail = format!("{} Only the first {MAX_ERRORS} errors are listed.", self.detail);
        }
        self.errors = errors;
        self
    }

    /// An internal error; the cause is written to the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..Self::new(ProblemKind::Internal, "The request could not be processed.")
        }
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.definition().code, self.detail)?;
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.definition().status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Only status and headers: the middleware renders the body, since it has the request.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        response.finish()
    }
}

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Unavailable(cause) | db::Error::Conflict(cause) => Self {
                cause: Some(cause),
                ..Self::new(
                    ProblemKind::Unavailable,
                    "The database is busy or unreachable; nothing was stored.",
                )
            }
            .with_header(header::RETRY_AFTER, "1"),
            db::Error::TimeLimit(cause) => {
                let detail = "The request took too long and was cancelled; nothing was stored. A read can request less: fewer search terms, filters or facets, or a shorter page.";
                Self { cause: Some(cause), ..Self::new(ProblemKind::Unavailable, detail) }
                    .with_header(header::RETRY_AFTER, "10")
            }
            db::Error::Unwritable(cause) => {
                let detail = "The database is not writable: it is read-only, or its disk is full. Nothing was stored; reading works.";
                Self { cause: Some(cause), ..Self::new(ProblemKind::Unavailable, detail) }
                    .with_header(header::RETRY_AFTER, "10")
            }
            db::Error::CommitUnknown(cause) => {
                let detail = "The connection was lost during commit; re-read the item to see whether it was saved.";
                Self { cause: Some(cause), ..Self::new(ProblemKind::Unavailable, detail) }
                    .with_header(header::RETRY_AFTER, "1")
            }
            db::Error::Constraint(cause) => Self {
                cause: Some(cause),
                ..Self::new(
                    ProblemKind::Conflict,
                    "A concurrent request stored conflicting data; reload and retry.",
                )
            },
            db::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        db::Error::from(error).into()
    }
}

/// Problem details of an error response (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Problem type: URL of its documentation; relative if the host of the request is not allowed.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "http://127.0.0.1:8080/problems/not-found")]
    pub kind: String,
    /// Title of the problem type.
    #[schema(value_type = String, example = "Not found")]
    pub title: &'static str,
    /// HTTP status of the response.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    pub status: u16,
    /// Message about this occurrence.
    #[schema(example = "There is no video `no-such-video`.")]
    pub detail: String,
    /// Path of the request.
    #[schema(example = "/v1/videos/no-such-video")]
    pub instance: String,
    /// Identifier of the request, as in the `X-Request-Id` header and in the server's log.
    #[schema(example = "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    pub request_id: String,
    /// The errors of the individual parts of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

//! Every error the API answers: one table, one type, RFC 9457 bodies.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db;

/// One kind of problem.
#[derive(Debug)]
pub struct ProblemDefinition {
    /// The last part of the problem's URL.
    pub code: &'static str,
    /// The status it is answered with.
    pub status: u16,
    /// A short name that does not change from case to case.
    pub title: &'static str,
    /// What it means and what to do: the text of the problem's page.
    pub explanation: &'static str,
}

/// Defines the kinds and their table together, so that neither can lack a member.
macro_rules! define_problem_kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:literal $code:literal, $title:literal, $explanation:literal;)+) => {
        /// The kinds of problem.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum ProblemKind { $($(#[$doc])* $kind,)+ }

        impl ProblemKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The row of the table.
            pub fn definition(self) -> &'static ProblemDefinition {
                match self {
                    $(Self::$kind => &ProblemDefinition { code: $code, status: $status, title: $title, explanation: $explanation },)+
                }
            }
        }
    };
}

define_problem_kinds! {
    /// A parameter is unknown or its value is not understood.
    InvalidParameter = 400 "invalid-parameter", "Invalid parameter",
        "A query or path parameter is unknown, or its value could not be understood. `errors` names each one, says what is wrong and, where one is near, suggests the right name or value. Nothing is ever answered as if the parameter had not been there.";
    /// The body or the request line is not well formed.
    Malformed = 400 "malformed-request", "Malformed request",
        "The request could not be read: the body is not JSON, or the address holds bytes that are not UTF-8. `detail` says where. Send well-formed JSON in UTF-8.";
    /// A key is needed, or the one sent is not known.
    Unauthenticated = 401 "unauthenticated", "A valid key is required",
        "Writing, and reading anything unpublished, needs a key: send `Authorization: Bearer …`. The key that was sent may be unknown, revoked or expired. Keys are made with `kinoteka key create`.";
    /// The key's role does not allow it.
    Forbidden = 403 "forbidden", "The key does not allow this",
        "The key is valid, but its role is not enough: a viewer may read drafts, an editor may write, an admin may do everything.";
    /// Nothing is there, or not for the caller to know.
    NotFound = 404 "not-found", "Not found",
        "There is nothing at this address that you may see. An item that was never published is not there for the public. Check the identifier or slug, and send a key if the item is a draft.";
    /// The method is not offered at this address.
    MethodNotAllowed = 405 "method-not-allowed", "Method not allowed",
        "The address exists, but not for this method. The `Allow` header lists the methods it has.";
    /// None of the media types asked for can be given.
    NotAcceptable = 406 "not-acceptable", "Not acceptable",
        "The `Accept` header names no media type that this address can answer with. The API answers `application/json`.";
    /// The client did not finish its request in time.
    RequestTimeout = 408 "request-timeout", "Request timeout",
        "The request did not arrive completely in the time allowed. Send it again.";
    /// What is stored stands against it.
    Conflict = 409 "conflict", "Conflict with what is stored",
        "The request is right in itself, but something stored stands against it: a slug that is taken, an item that others refer to. `detail` and `errors` say what, and what to do first.";
    /// The item was deleted.
    Gone = 410 "gone", "Deleted",
        "The item was here and has been deleted. Remove links to it.";
    /// If-Match or If-None-Match did not hold.
    PreconditionFailed = 412 "precondition-failed", "Precondition failed",
        "The item has changed since you read it (`If-Match`), or it exists already (`If-None-Match: *`). Read it again, apply your change to what you find, and send that with the new `ETag`.";
    /// The body is larger than is allowed.
    BodyTooLarge = 413 "body-too-large", "Body too large",
        "The body is larger than this server accepts. `detail` names the limit.";
    /// The address is too long.
    UriTooLong = 414 "uri-too-long", "Address too long",
        "The address is longer than this server accepts. Use fewer values, or several requests.";
    /// The body's media type is not accepted.
    UnsupportedMediaType = 415 "unsupported-media-type", "Unsupported media type",
        "The body's `Content-Type` is not accepted here. POST and PUT take `application/json`, PATCH takes `application/merge-patch+json` or `application/json`.";
    /// Fields of the body are wrong.
    InvalidFields = 422 "invalid-fields", "Some fields are wrong",
        "The body was understood, but some of its fields cannot be stored. `errors` names every one of them by JSON pointer, with the remedy. Nothing was stored.";
    /// What was asked for would be a sum that means nothing.
    NotSummable = 422 "not-summable", "The statistics cannot be added up",
        "A sum was asked for of statistics that cannot be added up: percentages, values of several units, or values of which nobody says that they may be (`additive`). `errors` names each group and the reason. Ask for one unit or indicator, leave the sum out, or have them listed apart.";
    /// The catalogue does not say what a format asks for.
    Incomplete = 422 "incomplete-catalogue", "The catalogue is incomplete",
        "The format that was asked for needs to be told things that the catalogue does not say, and nothing is made up. `errors` names all of them by kind, slug and field, with the remedy. IATI takes `incomplete=omit` to leave out what is incomplete; `kinoteka check --iati` lists all that is lacking.";
    /// A precondition is required and missing.
    PreconditionRequired = 428 "precondition-required", "A precondition is required",
        "This server protects against lost updates: read the item, then send its `ETag` in `If-Match` with the change.";
    /// The headers are larger than is allowed.
    HeadersTooLarge = 431 "headers-too-large", "Headers too large",
        "The request's headers are larger than this server accepts.";
    /// A fault of the server.
    Internal = 500 "internal", "Internal error",
        "Something failed that should not have. The cause is in the server's log under the `request_id` of the answer; tell the operator.";
    /// What a standard allows and this server does not do.
    NotImplemented = 501 "not-implemented", "Not implemented",
        "The standard behind this address knows what was asked for, but this server does not do it. `detail` says what it does.";
    /// The database is locked, overloaded or away.
    Unavailable = 503 "unavailable", "Temporarily unavailable",
        "The server cannot answer right now: its database is busy or away, or takes no changes since it is read-only or its disk is full. `detail` says whether anything may have been stored. Send the same request again after the time in `Retry-After`.";
}

/// How many errors of one request are named: a few bytes that are wrong many times over are not
/// answered with megabytes.
pub const MAX_ERRORS: usize = 100;

/// Where in the request an error lies.
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
    /// Line of a body that is a text file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 12)]
    pub line: Option<usize>,
    /// Row of a body that is a table, as a spreadsheet shows it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 12)]
    pub row: Option<usize>,
    /// Name of the column of a body that is a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "value")]
    pub column: Option<String>,
    /// A word for programs.
    #[schema(value_type = String, example = "unknown_value")]
    pub code: Cow<'static, str>,
    /// A sentence for people: what is wrong and what would be right.
    #[schema(example = "`RX` is not a country code; did you mean `RS`?")]
    pub detail: String,
}

impl FieldError {
    /// A wrong member of the body.
    pub fn field(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::new(code, detail) }
    }

    /// A wrong parameter.
    pub fn parameter(
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(code, detail) }
    }

    /// A wrong line of a body that is a text file.
    pub fn line(line: usize, code: &'static str, detail: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::new(code, detail) }
    }

    /// A wrong row of a body that is a table, or a cell of it.
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

/// An error on its way to the client. What only the log may know is in `cause`.
#[derive(Debug)]
pub struct Problem {
    /// Which kind.
    pub kind: ProblemKind,
    /// What is wrong in this case.
    pub detail: String,
    /// Each wrong part of the input.
    pub errors: Vec<FieldError>,
    /// Headers of the answer.
    pub headers: Vec<(header::HeaderName, String)>,
    /// For the log alone.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem with a sentence about this case.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    /// Wrong parameters, the first [`MAX_ERRORS`] of them.
    pub fn invalid_parameters(errors: Vec<FieldError>) -> Self {
        Self::new(
            ProblemKind::InvalidParameter,
            "The query has parameters that are not understood.",
        )
        .with_errors(errors)
    }

    /// One wrong parameter.
    pub fn invalid_parameter(
        name: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::invalid_parameters(vec![FieldError::parameter(name, code, detail)])
    }

    /// Wrong fields, the first [`MAX_ERRORS`] of them.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::InvalidFields, "The body has fields that cannot be stored.")
            .with_errors(errors)
    }

    /// What a format asks for and the catalogue does not say, the first [`MAX_ERRORS`] of it.
    pub fn incomplete_catalogue(detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self::new(ProblemKind::Incomplete, detail).with_errors(errors)
    }

    fn with_errors(mut self, mut errors: Vec<FieldError>) -> Self {
        if errors.len() > MAX_ERRORS {
            errors.truncate(MAX_ERRORS);
            self.detail = format!("{} Only the first {MAX_ERRORS} errors are named.", self.detail);
        }
        self.errors = errors;
        self
    }

    /// A fault whose cause goes to the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..Self::new(ProblemKind::Internal, "The request could not be answered.")
        }
    }

    /// Adds a header to the answer.
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

    /// Only the status and headers: the outermost layer writes the body, since it knows the
    /// request.
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
                    "The database is busy or away; nothing was stored.",
                )
            }
            .with_header(header::RETRY_AFTER, "1"),
            db::Error::Unwritable(cause) => {
                let detail = "The database takes no changes now: it is read-only, or its disk is full. Nothing was stored; reading works.";
                Self { cause: Some(cause), ..Self::new(ProblemKind::Unavailable, detail) }
                    .with_header(header::RETRY_AFTER, "10")
            }
            db::Error::CommitUnknown(cause) => {
                let detail = "The database went away while the change was being kept; read the item to see whether it was stored.";
                Self { cause: Some(cause), ..Self::new(ProblemKind::Unavailable, detail) }
                    .with_header(header::RETRY_AFTER, "1")
            }
            db::Error::Constraint(cause) => Self {
                cause: Some(cause),
                ..Self::new(
                    ProblemKind::Conflict,
                    "Another request stored something that conflicts with this one; read again and repeat.",
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

/// A problem as it is answered (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Which kind of problem: a URL that answers an explanation.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "http://127.0.0.1:8080/problems/not-found")]
    pub kind: String,
    /// The kind's name.
    #[schema(value_type = String, example = "Not found")]
    pub title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    pub status: u16,
    /// What is wrong in this case.
    #[schema(example = "There is no video `no-such-video`.")]
    pub detail: String,
    /// The path that was asked for.
    #[schema(example = "/v1/videos/no-such-video")]
    pub instance: String,
    /// The same identifier as in the `X-Request-Id` header and in the server's log.
    #[schema(example = "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    pub request_id: String,
    /// Each wrong part of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

//! Parsing and validation of request bodies and of the queries in them.

use serde_json::json;

use crate::http::auth::Visibility;
use crate::http::json_fields::JsonFields;
use crate::http::language::LanguageDefaults;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::present_params;
use crate::resource::query::params::ListRequest;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::view::resource::{BodyDocs, ParsedFields};
use crate::saved_queries::model::SavedQueryFields;

/// Maximum length of a query in characters.
const MAX_SAVED_QUERY_LEN: usize = 2_000;

/// Parameters of lists that saved queries do not support.
const UNSUPPORTED_PARAMS: &[&str] = &[
    "lang",
    "cursor",
    "offset",
    "status",
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
    "total",
    "layout",
];

/// JSON pointer to the query in a body.
const QUERY_POINTER: &str = "/query";

/// Documentation of the request bodies, where it differs from that of responses.
pub const BODY_DOCS: BodyDocs = BodyDocs {
    example: Some(
        || json!({"status": "published", "name": "Testimonials", "kind": "video", "query": "topic=testimonials&sort=title"}),
    ),
    descriptions: &[
        ("description", "Description, in `language`."),
        ("feeds", "Read-only; ignored, so that a response can be sent back."),
        ("list", "Read-only; ignored, so that a response can be sent back."),
        ("name", "Name, in `language`."),
        ("original_language", "Language of the original texts (BCP 47)."),
        ("page", "Read-only; ignored, so that a response can be sent back."),
        ("published_at", "Set at first publication if absent."),
        (
            "query",
            "Query string of the list, without `?`: filters, `q`, `sort` and `limit`. The language is given on the feed URL.",
        ),
        ("slug", "Readable name in URLs; generated from the name if absent."),
        ("status", "`draft` if absent."),
        ("translations", "The texts by language tag; null removes a language in a PATCH."),
        (
            "SavedQueryInput",
            "Body of POST, PUT and (merged) PATCH requests. Flat texts are those of `original_language`.",
        ),
        ("Translation", "The texts of a saved query in one language."),
        ("Translation.name", "Name."),
    ],
};

/// Parses a request body. The query is validated with the schema of its kind, by
/// [`parse_saved_query`].
pub fn parse(fields: &mut JsonFields<'_, '_>) -> ParsedFields<SavedQueryFields> {
    fields.ignore(&["list", "page", "feeds"]);
    let kind = fields.one_of("kind", &ResourceKind::names(&ResourceKind::with_feeds()));
    fields.require("kind", kind.is_some());
    let text = fields.text("query", MAX_SAVED_QUERY_LEN).unwrap_or_default();
    fields.add_keywords("query", || json!({"example": "topic=testimonials&sort=title"}));
    let saved_query_fields = SavedQueryFields {
        kind: kind.unwrap_or_default(),
        query: text.trim_start_matches('?').to_owned(),
    };
    ParsedFields { fields: saved_query_fields, references: Vec::new() }
}

/// Parses the query of a saved query; errors point to its member of the body. Referenced items are
/// not looked up.
pub fn parse_saved_query(
    fields: &SavedQueryFields,
    schema: &'static ResourceSchema,
) -> Result<ListRequest, Vec<FieldError>> {
    if fields.query.starts_with("http:")
        || fields.query.starts_with("https:")
        || fields.query.starts_with('/')
    {
        let detail = "Send only the query string (without `?`).";
        return Err(vec![FieldError::field(QUERY_POINTER, "not_a_query", detail)]);
    }
    let rejected: Vec<FieldError> = present_params(&fields.query, UNSUPPORTED_PARAMS)
        .into_iter()
        .map(|name| FieldError::field(QUERY_POINTER, "unknown_parameter", rejection_message(name)))
        .collect();
    if !rejected.is_empty() {
        return Err(rejected);
    }
    ListRequest::parse(schema, &fields.query, LanguageDefaults::new(&[]), Visibility::Published)
        .map_err(to_body_errors)
}

fn rejection_message(name: &str) -> String {
    match name {
        "lang" | "layout" | "cursor" => {
            format!("`{name}` is given on the feed URL: `/f/{{slug}}.rss?{name}=…`.")
        }
        "offset" => "A saved query starts at the first item; use `cursor` on the feed URL to page."
            .to_owned(),
        _ => format!(
            "`{name}` is not supported in saved queries. Supported: filters, `q`, `sort`, `limit`."
        ),
    }
}

/// Converts the parameter errors of a query to errors of its member of the body.
pub fn to_body_errors(problem: Problem) -> Vec<FieldError> {
    if problem.errors.is_empty() {
        return vec![FieldError::field(QUERY_POINTER, "invalid_value", problem.detail)];
    }
    let to_body_error = |error: FieldError| FieldError {
        detail: format!("`{}`: {}", error.parameter.as_deref().unwrap_or_default(), error.detail),
        pointer: Some(QUERY_POINTER.to_owned()),
        parameter: None,
        ..error
    };
    problem.errors.into_iter().map(to_body_error).collect()
}

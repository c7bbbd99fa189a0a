//! Reads what is saved: when it is written, and each time it is asked.

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::cursor::{self, CursorError};
use crate::http::json_fields::unknown_value_message;
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::{QueryParams, percent_decode, present_params};
use crate::resource::query::pagination::MAX_LIMIT;
use crate::resource::query::params::ListRequest;
use crate::resource::schema::ResourceSchema;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::hydrate_single;
use crate::saved_queries::model::{LISTABLE_KINDS, SCHEMA, SavedQueryFields};
use crate::saved_queries::resource::SavedQueries;
use crate::text::language::Language;

/// The longest query, in characters.
pub const MAX_SAVED_QUERY_LEN: usize = 2_000;

/// What is asked for at the address, by whoever reads.
const URL_PARAMS: &[&str] = &["lang", "limit", "cursor"];

/// Parameters of lists that have no place in a saved query.
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

/// Where errors of a query lie in a body.
const QUERY_POINTER: &str = "/query";

/// Reads a query that is to be saved; errors point to where it stands in the body. The items that
/// it names are not looked up yet.
pub fn parse_saved_query(
    fields: &SavedQueryFields,
    schema: &'static ResourceSchema,
) -> Result<ListRequest, Vec<FieldError>> {
    if fields.query.starts_with("http:")
        || fields.query.starts_with("https:")
        || fields.query.starts_with('/')
    {
        let detail = "Only what stands after `?` in the address of a list is a query.";
        return Err(vec![FieldError::field(QUERY_POINTER, "not_a_query", detail)]);
    }
    let refused: Vec<FieldError> = present_params(&fields.query, UNSUPPORTED_PARAMS)
        .into_iter()
        .map(|name| {
            let detail = match name {
                "lang" | "layout" | "cursor" => {
                    format!("`{name}` is chosen at the address: `/f/{{slug}}.rss?{name}=…`.")
                }
                "offset" => {
                    "A saved query begins with the first item; `cursor` at the address goes on."
                        .to_owned()
                }
                _ => format!("`{name}` is for lists. Filters, `q`, `sort` and `limit` work here."),
            };
            FieldError::field(QUERY_POINTER, "unknown_parameter", detail)
        })
        .collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    ListRequest::parse(schema, &fields.query, None, &[], Visibility::Published)
        .map_err(to_body_errors)
}

/// The errors of a query, as those of the body that it stands in.
pub fn to_body_errors(problem: Problem) -> Vec<FieldError> {
    if problem.errors.is_empty() {
        return vec![FieldError::field(QUERY_POINTER, "invalid_value", problem.detail)];
    }
    let placed = |error: FieldError| FieldError {
        detail: format!("`{}`: {}", error.parameter.as_deref().unwrap_or_default(), error.detail),
        pointer: Some(QUERY_POINTER.to_owned()),
        parameter: None,
        ..error
    };
    problem.errors.into_iter().map(placed).collect()
}

/// What is asked at the address of a saved query, beside what is saved.
#[derive(Clone, Debug)]
pub struct UrlParams {
    /// Languages.
    pub language_preference: LanguagePreference,
    /// The parameters as they were given.
    query: String,
    /// What `Accept-Language` says.
    accept_language: Option<String>,
}

impl UrlParams {
    /// Reads `lang`, `limit` and `cursor`.
    pub fn parse(
        query: &str,
        accept_language: Option<&str>,
        fallback: &[Language],
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(query)?;
        let language_preference = LanguagePreference::parse(&mut params, accept_language, fallback);
        if language_preference.all_languages {
            params.error(
                "lang",
                "invalid_language",
                "This is in one language: name it, or leave `lang` out.",
            );
        }
        params.integer("limit", 1..=MAX_LIMIT);
        // Of which list it is, is seen when that is known.
        if let Some(text) = params.get("cursor")
            && matches!(cursor::decode("", &text), Err(CursorError::Malformed))
        {
            params.error(
                "cursor",
                "invalid_cursor",
                "The cursor is not one that this server gave; start again without it.",
            );
        }
        params.finish()?;
        Ok(Self {
            language_preference: language_preference,
            query: query.to_owned(),
            accept_language: accept_language.map(str::to_owned),
        })
    }

    /// The parameter that keeps the language, where one was asked for, with its question mark.
    pub fn lang_query(&self) -> String {
        let requested = self
            .language_preference
            .requested
            .first()
            .filter(|_| self.language_preference.is_explicit);
        requested.map_or_else(String::new, |requested| format!("?lang={}", requested.as_str()))
    }

    /// What makes it another than others: part of tags.
    pub fn cache_key(&self) -> String {
        format!("{}\n{}", self.query, self.language_preference.cache_key())
    }

    /// The saved query with what is asked beside it.
    pub fn resolve(
        &self,
        fields: &SavedQueryFields,
        fallback: &[Language],
        visibility: Visibility,
    ) -> Result<(&'static ResourceSchema, ListRequest), Problem> {
        let schema = fields.list_schema().ok_or_else(|| {
            let detail = format!(
                "It asks for items of a kind that this server does not have: {}",
                unknown_value_message(&fields.kind, LISTABLE_KINDS.iter().copied())
            );
            outdated_query_problem(Problem::invalid_parameter("kind", "unknown_value", detail))
        })?;
        let has_limit = !present_params(&self.query, &["limit"]).is_empty();
        let kept = fields.query.split('&').filter(|pair| {
            let name = percent_decode(pair.split('=').next().unwrap_or_default());
            let is_replaced = has_limit && name.as_deref() == Some("limit");
            !pair.is_empty() && !is_replaced
        });
        let combined_query = kept
            .chain(self.query.split('&').filter(|pair| !pair.is_empty()))
            .collect::<Vec<_>>()
            .join("&");
        match ListRequest::parse(
            schema,
            &combined_query,
            self.accept_language.as_deref(),
            fallback,
            visibility,
        ) {
            Ok(request) => Ok((schema, request)),
            Err(problem) => Err(outdated_query_problem(problem)),
        }
    }
}

/// A query that was understood when it was saved and is no longer: not the caller's fault, unless
/// it is what stands at the address.
pub fn outdated_query_problem(problem: Problem) -> Problem {
    let (url_errors, saved_errors): (Vec<FieldError>, Vec<FieldError>) =
        problem.errors.into_iter().partition(|error| {
            error.parameter.as_deref().is_some_and(|parameter| URL_PARAMS.contains(&parameter))
        });
    if problem.kind != ProblemKind::InvalidParameter {
        return Problem { errors: [url_errors, saved_errors].concat(), ..problem };
    }
    if !url_errors.is_empty() {
        return Problem::invalid_parameters(url_errors);
    }
    let mut unavailable = Problem::new(
        ProblemKind::Unavailable,
        "What was saved under this name is no longer understood; whoever keeps the catalogue can mend it.",
    );
    unavailable.errors = saved_errors;
    unavailable
}

/// A saved query as it is asked.
pub struct LoadedSavedQuery {
    /// Slug.
    pub slug: String,
    /// What it asks.
    pub fields: SavedQueryFields,
    /// Its name, its description and their language.
    pub name: String,
    /// As long as it needs to be.
    pub description: Option<String>,
    /// The language of both (BCP 47).
    pub language: String,
}

/// Finds a saved query that the caller may see; the slug where it has another now.
pub fn find_saved_query(
    connection: &mut Connection,
    name: &str,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<Result<LoadedSavedQuery, String>, Problem> {
    let item = match find_visible(connection, &SCHEMA, name, visibility)? {
        Lookup::Former(item) => return Ok(Err(item.slug)),
        Lookup::Current(item) => item,
    };
    let unreadable = format!("the own fields of saved query {} cannot be read", item.id);
    let mut loaded =
        hydrate_single::<SavedQueries>(connection, item, None, visibility, render_context)?
            .ok_or_else(|| Problem::internal(unreadable))?;
    let selected = loaded
        .take_selected_text()
        .ok_or_else(|| Problem::internal(format!("saved query {} has no name", loaded.item.id)))?;
    Ok(Ok(LoadedSavedQuery {
        language: selected.language.as_str().to_owned(),
        name: selected.text.title,
        description: selected.text.description,
        slug: loaded.item.slug,
        fields: loaded.fields,
    }))
}

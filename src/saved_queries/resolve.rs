//! Resolves saved queries to list requests when their feeds and pages are requested.

use serde::Serialize;

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::cursor::{self, CursorError};
use crate::http::language::{LanguageDefaults, LanguageKey, LanguagePreference};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::{QueryParams, percent_decode, present_params};
use crate::http::values::unknown_value_message;
use crate::resource::query::pagination::MAX_LIMIT;
use crate::resource::query::params::ListRequest;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::AppState;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::hydrate_single;
use crate::saved_queries::model::{SCHEMA, SavedQueryFields};
use crate::saved_queries::resource::SavedQueries;

/// Parameters that are given on the URL of a feed or page and are not saved.
const URL_PARAMS: &[&str] = &["lang", "limit", "cursor"];

/// Identifies [`UrlParams`] in the keys of entity tags.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UrlParamsKey<'a> {
    query: &'a str,
    languages: LanguageKey<'a>,
}

/// The parameters on the URL of a feed or page of a saved query.
#[derive(Clone, Debug)]
pub struct UrlParams {
    /// Language preference.
    pub language_preference: LanguagePreference,
    /// Query string of the URL.
    query: String,
    /// Value of `Accept-Language`.
    accept_language: Option<String>,
}

impl UrlParams {
    /// Parses `lang`, `limit` and `cursor`.
    pub fn parse(query: &str, language_defaults: LanguageDefaults<'_>) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(query)?;
        let language_preference = LanguagePreference::parse(&mut params, language_defaults);
        if language_preference.all_languages {
            params.error(
                "lang",
                "invalid_language",
                "`lang=all` is not supported here; give one language or omit `lang`.",
            );
        }
        params.integer("limit", 1..=MAX_LIMIT);
        // Only the syntax is checked here: the query is not known yet.
        if let Some(text) = params.get("cursor")
            && matches!(cursor::decode("", &text), Err(CursorError::Malformed))
        {
            params.error(
                "cursor",
                "invalid_cursor",
                "The cursor is invalid; start again without it.",
            );
        }
        params.finish()?;
        Ok(Self {
            language_preference,
            query: query.to_owned(),
            accept_language: language_defaults.accept_language.map(str::to_owned),
        })
    }

    /// The query string that preserves an explicitly requested language (`?lang=…`), otherwise
    /// empty.
    pub fn lang_query(&self) -> String {
        let requested = self
            .language_preference
            .requested
            .first()
            .filter(|_| self.language_preference.is_explicit);
        requested.map_or_else(String::new, |requested| format!("?lang={}", requested.as_str()))
    }

    /// Identifies the parameters in the keys of entity tags.
    pub fn key(&self) -> UrlParamsKey<'_> {
        UrlParamsKey { query: &self.query, languages: self.language_preference.key() }
    }

    /// Combines the saved query with these parameters to a list request.
    pub fn resolve(
        &self,
        fields: &SavedQueryFields,
        state: &AppState,
        visibility: Visibility,
    ) -> Result<(&'static ResourceSchema, ListRequest), Problem> {
        let schema = fields.list_schema(&state.schemas()).ok_or_else(|| {
            let detail = format!(
                "Unsupported resource kind: {}",
                unknown_value_message(
                    &fields.kind,
                    ResourceKind::names(&ResourceKind::with_feeds()).into_iter(),
                )
            );
            outdated_query_problem(Problem::invalid_parameter("kind", "unknown_value", detail))
        })?;
        let has_limit = !present_params(&self.query, &["limit"]).is_empty();
        let saved_params = fields.query.split('&').filter(|pair| {
            let name = percent_decode(pair.split('=').next().unwrap_or_default());
            let is_replaced = has_limit && name.as_deref() == Some("limit");
            !pair.is_empty() && !is_replaced
        });
        let combined_query = saved_params
            .chain(self.query.split('&').filter(|pair| !pair.is_empty()))
            .collect::<Vec<_>>()
            .join("&");
        let language_defaults = LanguageDefaults {
            accept_language: self.accept_language.as_deref(),
            fallback: &state.fallback_languages,
        };
        match ListRequest::parse(schema, &combined_query, language_defaults, visibility) {
            Ok(request) => Ok((schema, request)),
            Err(problem) => Err(outdated_query_problem(problem)),
        }
    }
}

/// Converts the problem of a saved query that is no longer valid to 503, since it is not the
/// client's error; errors of the URL parameters remain 400.
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
        "The saved query is no longer valid; an editor can update it.",
    );
    unavailable.errors = saved_errors;
    unavailable
}

/// A saved query that is visible to the caller.
pub struct LoadedSavedQuery {
    /// Slug.
    pub slug: String,
    /// Kind and query.
    pub fields: SavedQueryFields,
    /// Name in the response's language.
    pub name: String,
    /// Description in the response's language.
    pub description: Option<String>,
    /// Language of name and description (BCP 47).
    pub language: String,
}

/// Finds a saved query that is visible to the caller; `Err` with the current slug if `name` is a
/// former slug.
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
    let unreadable = format!("the fields of saved query {} cannot be parsed", item.id);
    let mut loaded =
        hydrate_single::<SavedQueries>(connection, item.into(), visibility, render_context)?
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

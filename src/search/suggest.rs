//! `GET /v1/suggest`: title suggestions for autocompletion.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::db::search::{
    Audience, FieldScope, IndexSearch, cached_token_frequencies, find_newest_by_title,
};
use crate::db::{Connection, Id, ReadCost};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::LanguageKey;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::resource::cache::references::{CacheView, ReferenceTarget};
use crate::resource::cache::vocabulary::VocabularyView;
use crate::resource::extract::{AcceptsJson, Viewer};
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::kinds::kind_enumeration;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::params::{SearchParams, parse_search};
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::page::{self, Links, list_response_head};
use crate::resource::read::partial_match::{PartialMatch, find_partial_match};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_reference_targets;
use crate::search::kind_filter::parse_kinds;
use crate::search::title_correction::correct_words;
use crate::text::fingerprint::Fingerprint;
use crate::text::highlight::Highlighter;
use crate::text::language::Language;
use crate::text::query::{SearchQuery, Term};
use crate::text::stem::StemmerLanguage;
use crate::text::tokenize;
use crate::topics::model::SCHEMA;

/// Completes the OpenAPI operation.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/v1/suggest",
    schema: &SCHEMA,
    excluded_params: &EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: true,
};

const EXCLUDED_PARAMS: [&str; 18] = [
    "fields",
    "include",
    "ids",
    "year",
    "sort",
    "facets",
    "facet_limit",
    "parent",
    "missing",
    "highlights",
    "status",
    "published_after",
    "published_before",
    "updated_since",
    "limit",
    "cursor",
    "offset",
    "total",
];

/// Maximum and default number of suggestions.
const MAX_SUGGESTIONS: i64 = 20;
const DEFAULT_SUGGESTIONS: i64 = 10;
/// Maximum number of suggestions of each kind other than videos, if there are enough videos.
const MAX_PER_KIND: usize = 3;
/// Maximum number of completions of the last word that are searched for.
const MAX_COMPLETIONS: usize = 24;

fn openapi_parameters() -> Vec<Value> {
    let names = ResourceKind::names(&ResourceKind::suggested());
    let with_not: Vec<String> =
        names.iter().flat_map(|name| [(*name).to_owned(), format!("!{name}")]).collect();
    vec![
        comma_list_parameter(
            "kind",
            "Only items of these kinds; `!` excludes a kind.",
            json!({"type": "string", "enum": with_not}),
            names.len(),
            "topic",
        ),
        query_parameter(
            "limit",
            "Maximum number of suggestions.",
            json!({"type": "integer", "minimum": 1, "maximum": MAX_SUGGESTIONS, "default": DEFAULT_SUGGESTIONS}),
            json!(5),
        ),
    ]
}

/// A suggested title.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Suggestion {
    /// Kind of the resource.
    #[schema(value_type = SuggestionKind)]
    pub kind: &'static str,
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "testimonials")]
    pub slug: String,
    /// Title or name in the response's language if that matches `q`, otherwise in a language that
    /// does.
    #[schema(example = "Testimonials")]
    pub title: String,
    /// Title as HTML, with matches in `<mark>`.
    #[schema(example = "<mark>Testimonials</mark>")]
    pub marked: String,
    /// Language of the title (BCP 47).
    #[schema(example = "en")]
    pub language: String,
    /// URL of the resource.
    #[schema(format = "uri")]
    pub url: String,
}

kind_enumeration! {
    /// Kind of a suggestion. For the OpenAPI document only.
    SuggestionKind = ResourceKind::suggested()
}

/// A list of suggestions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SuggestionPage {
    /// Titles in the response's language come first, among them those that begin with `q`; within
    /// each group topics, programmes, partners, videos, in this order, newest first. At most three
    /// topics, programmes and partners each, if there are enough videos.
    pub data: Vec<Suggestion>,
    /// Words of `q` that no title has together with the others. The titles have the other words.
    /// Absent if they have all words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1, example = json!(["2023"]))]
    pub omitted_terms: Vec<String>,
    /// URL of this request.
    pub links: Links,
}

/// Suggest titles
///
/// For autocompletion: titles of videos and programmes and names of topics and partners that
/// contain all words of `q`; the last word may be incomplete. Case, diacritics and script are
/// ignored. If no title has all words, misspelt words are corrected; if none has them then either,
/// titles with most words are returned, and `omitted_terms` states the others.
#[utoipa::path(operation_id = "list_suggestions", extensions(("x-operation-kind" = json!(OperationKind::List))), tag = "Search", responses((status = 200, description = "Suggestions, best first.", body = SuggestionPage)))]
#[get("/v1/suggest")]
pub async fn suggest(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    Viewer(visibility): Viewer,
) -> Result<HttpResponse, Problem> {
    let suggest_request = SuggestRequest::from_request(&state, &request)?;
    let language_preference = suggest_request.language_preference.clone();
    let catalogue_request = CatalogueRequest {
        etag_key: suggest_request.etag_key,
        visibility: Visibility::Published,
        language_preference: language_preference.clone(),
        base_url: state.settings.base_url(&request),
        cost: ReadCost::Light,
        also_changed_at: None,
    };
    let found = read_catalogue(
        &state,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let vocabulary = read_context.state.vocabulary.at(read_context.revisions);
            load_suggestions(connection, vocabulary, &suggest_request, render_context)
        },
    )
    .await?;
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    let (validators, Suggestions { data, omitted_terms }) = match found {
        Freshness::Fresh(validators, suggestions) => (validators, suggestions),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let links = page::page_links(
        &state,
        &request,
        &PageInfo { limit: MAX_SUGGESTIONS, next_cursor: None, prev_cursor: None, total: None },
    );
    let mut response = list_response_head(response_context, &validators, &links);
    Ok(response.json(SuggestionPage { data, omitted_terms, links }))
}

/// The parsed parameters.
struct SuggestRequest {
    search: SearchParams,
    kinds: Vec<ResourceKind>,
    language_preference: LanguagePreference,
    limit: usize,
    etag_key: Fingerprint,
}

/// Identifies the request in entity tags.
#[derive(Serialize)]
struct SuggestKey<'a> {
    query: String,
    languages: LanguageKey<'a>,
}

impl SuggestRequest {
    fn from_request(state: &AppState, request: &HttpRequest) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(request.query_string())?;
        let language_preference =
            LanguagePreference::parse(&mut params, state.language_defaults(request));
        let search = parse_search(&mut params);
        if search.is_none() {
            params.error("q", "required", "`q` is required.");
        }
        let kinds = parse_kinds(&mut params, &ResourceKind::suggested());
        let limit = params.integer("limit", 1..=MAX_SUGGESTIONS).unwrap_or(DEFAULT_SUGGESTIONS);
        let etag_key = Fingerprint::of(&SuggestKey {
            query: params.canonical_without(&[]),
            languages: language_preference.key(),
        });
        params.finish()?;
        let Some(search) = search else {
            return Err(Problem::internal("`q` is missing after validation"));
        };
        Ok(Self {
            search,
            kinds,
            language_preference,
            limit: usize::try_from(limit).unwrap_or(0),
            etag_key,
        })
    }
}

/// A suggestion with its rank.
struct RankedSuggestion {
    /// Whether the title is not in the response's language, whether it does not begin with `q`, then
    /// the index of its kind, then its index among the newest.
    rank: (bool, bool, usize, usize),
    suggestion: Suggestion,
}

/// The suggestions for a query.
struct Suggestions {
    data: Vec<Suggestion>,
    omitted_terms: Vec<String>,
}

/// Loads the titles that match the query; if there are none, those that match it without spelling
/// mistakes or without some of its words.
fn load_suggestions(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    suggest_request: &SuggestRequest,
    render_context: &mut RenderContext,
) -> Result<Suggestions, Problem> {
    let cache = render_context.required_cache()?;
    let typed = &suggest_request.search.query;
    let prefixes: Vec<char> =
        suggest_request.kinds.iter().map(|kind| kind.index_prefix()).collect();
    let mut omitted_terms = Vec::new();
    let mut data = load_matching(connection, vocabulary, suggest_request, typed, render_context)?;
    let mut query = typed.clone();
    if data.is_empty()
        && let Some(corrected) = correct_words(connection, vocabulary, typed, &prefixes, &cache)?
    {
        data = load_matching(connection, vocabulary, suggest_request, &corrected, render_context)?;
        query = corrected;
    }
    if data.is_empty() && query.groups.len() > 1 {
        let index_search = IndexSearch {
            query: &query,
            kinds: &prefixes,
            audience: Audience::Public,
            scope: FieldScope::Titles,
            frequencies: &cached_token_frequencies(connection)?,
        };
        if let Some(partial) = find_partial_match(connection, &cache, index_search, None)? {
            let PartialMatch { query, omitted_terms: omitted } = partial;
            data = load_matching(connection, vocabulary, suggest_request, &query, render_context)?;
            if !data.is_empty() {
                omitted_terms = omitted;
            }
        }
    }
    Ok(Suggestions { data, omitted_terms })
}

/// Loads the titles that match all words of a query.
fn load_matching(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    suggest_request: &SuggestRequest,
    query: &SearchQuery,
    render_context: &mut RenderContext,
) -> Result<Vec<Suggestion>, Problem> {
    let cache = render_context.required_cache()?;
    let candidates = find_candidates(connection, vocabulary, suggest_request, query, &cache)?;
    let of_kind = |kind: &ResourceKind| {
        candidates
            .iter()
            .filter(|(prefix, _)| *prefix == kind.index_prefix())
            .map(|(_, id)| *id)
            .collect::<Vec<_>>()
    };
    load_reference_targets(
        connection,
        suggest_request.kinds.iter().map(|kind| (*kind, of_kind(kind))).collect(),
        Visibility::Published,
        render_context,
    )?;
    let highlighter = Highlighter::new(query);
    let preference = &render_context.language_preference;
    let asked = preference.requested.iter().chain(&preference.fallback).next().cloned();
    let query_tokens = tokenize(&suggest_request.search.text);
    let mut ranked: Vec<RankedSuggestion> = Vec::new();
    for (recency, (prefix, id)) in candidates.iter().enumerate() {
        let kind = suggest_request.kinds.iter().position(|kind| kind.index_prefix() == *prefix);
        let Some((kind_index, kind)) =
            kind.and_then(|index| Some((index, *suggest_request.kinds.get(index)?)))
        else {
            continue;
        };
        let Some(target) = render_context.target(id).cloned() else { continue };
        let Some(MatchingTitle { language, title, html }) =
            matching_title(&target, query, &highlighter, render_context)
        else {
            continue;
        };
        let is_prefix_match = starts_with_words(&tokenize(&title), &query_tokens);
        let is_in_response_language =
            asked.as_ref().is_none_or(|asked| is_same_language(asked, &language));
        let url = format!("{}{}/{}", render_context.base_url, kind.path(), target.slug);
        let suggestion = Suggestion {
            kind: kind.as_str(),
            id: *id,
            slug: target.slug.clone(),
            title,
            marked: html,
            language: language.as_str().to_owned(),
            url,
        };
        let rank = (!is_in_response_language, !is_prefix_match, kind_index, recency);
        ranked.push(RankedSuggestion { rank, suggestion });
    }
    ranked.sort_by_key(|ranked| ranked.rank);
    Ok(limit_per_kind(ranked, suggest_request.limit))
}

/// Finds the newest items of each kind with the words in their titles. Videos, which are numerous,
/// are first searched for with completions of the last word, which is faster in the index than a
/// prefix; the prefix is used if the completions find too few.
fn find_candidates(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    suggest_request: &SuggestRequest,
    typed: &SearchQuery,
    cache: &CacheView,
) -> Result<Vec<(char, Id)>, Problem> {
    let frequencies = cached_token_frequencies(connection)?;
    let max_results = i64::try_from(suggest_request.limit).unwrap_or(MAX_SUGGESTIONS);
    let newest = |connection: &mut Connection, query: &SearchQuery, kinds: &[ResourceKind]| {
        let prefixes: Vec<char> = kinds.iter().map(|kind| kind.index_prefix()).collect();
        let index_search = IndexSearch {
            query,
            kinds: &prefixes,
            audience: Audience::Public,
            scope: FieldScope::AllFields,
            frequencies: &frequencies,
        };
        let excluded = cache.items_with_excluded_terms(connection, index_search)?;
        find_newest_by_title(connection, index_search, excluded.as_ref(), max_results)
    };
    let (videos, others): (Vec<ResourceKind>, Vec<ResourceKind>) =
        suggest_request.kinds.iter().partition(|kind| **kind == ResourceKind::VIDEO);
    let mut candidates = newest(connection, typed, &others)?;
    let completed_query = complete_last_word(connection, vocabulary, typed)?;
    let mut video_candidates =
        newest(connection, completed_query.as_ref().unwrap_or(typed), &videos)?;
    if completed_query.is_some() && video_candidates.len() < suggest_request.limit {
        video_candidates = newest(connection, typed, &videos)?;
    }
    candidates.extend(video_candidates);
    Ok(candidates)
}

/// Replaces the incomplete last word of the query by its completions; `None` if no word is
/// incomplete.
fn complete_last_word(
    connection: &mut Connection,
    vocabulary: VocabularyView<'_>,
    typed: &SearchQuery,
) -> Result<Option<SearchQuery>, Problem> {
    let mut query = typed.clone();
    let Some(last) = query.groups.iter_mut().find(|group| group.iter().any(|term| term.is_prefix))
    else {
        return Ok(None);
    };
    let prefix_text = last
        .iter()
        .find(|term| term.is_prefix)
        .and_then(|term| term.tokens.first().filter(|_| term.tokens.len() == 1))
        .cloned();
    let Some(prefix_text) =
        prefix_text.filter(|prefix_text| prefix_text.chars().all(char::is_alphabetic))
    else {
        return Ok(None);
    };
    let words = vocabulary.with_prefix(connection, &prefix_text, MAX_COMPLETIONS)?;
    for term in last.iter_mut() {
        term.is_prefix = false;
    }
    last.extend(words.into_iter().map(|word| Term { tokens: vec![word], ..Term::default() }));
    Ok(Some(query))
}

/// A title that matches the whole query.
struct MatchingTitle {
    language: Language,
    title: String,
    /// The title as HTML, with the matches marked.
    html: String,
}

/// Finds the title that matches the whole query: in the response's language, otherwise in another.
fn matching_title(
    target: &ReferenceTarget,
    typed: &SearchQuery,
    highlighter: &Highlighter<'_>,
    render_context: &RenderContext,
) -> Option<MatchingTitle> {
    let all = typed.groups.iter().fold(0_u64, |all, _| (all << 1) | 1);
    let localized = render_context
        .localized_title(target)
        .filter(|_| !render_context.language_preference.all_languages);
    let others = target
        .languages
        .iter()
        .zip(&target.titles)
        .map(|(language, title)| (language.clone(), title.clone()));
    localized.into_iter().chain(others).find_map(|(language, title)| {
        let rules = StemmerLanguage::from_language(&language);
        let is_found = highlighter.matched_groups(&title, rules) == all;
        let html = highlighter.highlight(&title, rules).filter(|_| is_found)?;
        Some(MatchingTitle { language, title, html })
    })
}

/// Whether two languages are the same, or forms of one (Serbian, Bosnian, Montenegrin, Croatian).
fn is_same_language(one: &Language, other: &Language) -> bool {
    let stemmer = StemmerLanguage::from_language;
    one.primary_language() == other.primary_language()
        || (stemmer(one).is_some() && stemmer(one) == stemmer(other))
}

fn starts_with_words(title: &[String], typed: &[String]) -> bool {
    let Some((last, before)) = typed.split_last() else { return false };
    title.starts_with(before)
        && title.get(before.len()).is_some_and(|word| word.starts_with(last.as_str()))
}

/// Limits the suggestions of each kind other than videos to [`MAX_PER_KIND`], unless there are too
/// few others.
fn limit_per_kind(ranked: Vec<RankedSuggestion>, limit: usize) -> Vec<Suggestion> {
    let mut seen = BTreeMap::<usize, usize>::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for RankedSuggestion { rank: (.., kind, _), suggestion } in ranked {
        let count = seen.entry(kind).or_default();
        *count = count.saturating_add(1);
        let is_within_limit =
            suggestion.kind == ResourceKind::VIDEO.as_str() || *count <= MAX_PER_KIND;
        if is_within_limit { first.push(suggestion) } else { rest.push(suggestion) }
    }
    // Those above the limit fill the remaining places.
    first.into_iter().chain(rest).take(limit).collect()
}

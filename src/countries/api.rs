//! HTTP handlers for `/v1/countries`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use super::model::{self, Country, CountryPage, CountryQuery, CountrySort, FIELDS};
use crate::db::keyset::{PageStart, Position};
use crate::http::conditional::{CacheValidators, EntityTag};
use crate::http::cursor;
use crate::http::json_fields::unknown_value_message;
use crate::http::language::LanguageKey;
use crate::http::language::LanguagePreference;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::extract::{AcceptsJson, ConditionalViewer};
use crate::resource::query::pagination::{PageInfo, PageParams};
use crate::resource::query::params::{MAX_IDS, MAX_SEARCH_LEN};
use crate::resource::query::shape::ResponseShape;
use crate::resource::read::page::{self, JsonItems, ListResponse};
use crate::resource::read::response;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::text::query::SearchQuery;

/// List countries
///
/// All codes of ISO 3166-1 and XK with their names, sorted by name in the language of the response
/// unless `sort` is given.
#[utoipa::path(operation_id = "list_countries", extensions(("x-operation-kind" = json!(OperationKind::List))), tag = "Countries", params(
    ("q" = Option<String>, Query, description = "Name or code, in any language and script.", max_length = 2000, example = "sever"),
    ("ids" = Option<Vec<String>>, Query, style = Form, explode = false, description = "Only these codes; unknown codes are ignored.", min_items = 1, max_items = 100, example = json!(["AL", "XK"])),
    ("sort" = Option<String>, Query, description = "`name` or `code`; prefix with `-` for descending order.", example = "code"),
    ("limit" = Option<u8>, Query, description = "Maximum number of items per page.", example = 20, minimum = 1, maximum = 100),
    ("cursor" = Option<String>, Query, description = "`next_cursor` or `prev_cursor` of another page of the same query."),
    ("offset" = Option<u16>, Query, description = "Number of items to skip; cannot be combined with `cursor`.", example = 0, minimum = 0, maximum = 10_000),
    ("total" = Option<bool>, Query, description = "Whether to count the whole list.", example = true),
    ("fields" = Option<Vec<String>>, Query, style = Form, explode = false, description = "Only these fields, and `id`.", min_items = 1, max_items = 100, example = json!(["code", "name"])),
    ("lang" = Option<String>, Query, description = "Language of the names (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "A page of countries.", body = CountryPage)))]
#[get("/v1/countries")]
pub async fn list_countries(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    viewer: ConditionalViewer,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, state.language_defaults(&request));
    let search = params.text("q", MAX_SEARCH_LEN).map(|text| SearchQuery::parse(&text));
    let ids = params.list("ids", MAX_IDS);
    let shape = ResponseShape { fields: parse_fields(&mut params), ..ResponseShape::default() };
    let sort_param = params.get("sort").unwrap_or_else(|| "name".to_owned());
    let (descending, key) =
        sort_param.strip_prefix('-').map_or((false, sort_param.as_str()), |key| (true, key));
    let sort = match key {
        "name" => CountrySort::Name,
        "code" | "slug" => CountrySort::Code,
        other => {
            params.error(
                "sort",
                "unknown_value",
                unknown_value_message(other, ["name", "code"].into_iter()),
            );
            CountrySort::Name
        }
    };
    let cursor_key = CountryCursorKey {
        query: params.canonical_without(&["cursor", "limit", "offset", "total", "fields"]),
        language: language_preference.ui_language,
    };
    let paging = PageParams::parse(&mut params, &cursor_key);
    let tag = EntityTag::from_key(&CountryTag {
        path: request.path(),
        query: params.canonical_without(&[]),
        languages: language_preference.key(),
        country_names: state.country_names.cache_key(),
        base_url: &state.settings.base_url(&request),
    });
    params.finish()?;
    let validators = CacheValidators { tag, last_modified: None, fresh_until: None };
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    let language = language_preference.ui_language;
    let found = model::list(&CountryQuery { search, ids, sort, descending, language });
    let place = |country: &crate::i18n::country_names::Country| Position {
        keys: Vec::new(),
        row_id: country.row_id(),
    };
    let position = |target: &Position| found.iter().position(|country| place(country) == *target);
    let size = usize::try_from(paging.limit).unwrap_or(0);
    let (from, to) = match &paging.start {
        PageStart::Offset(offset) => {
            let from = usize::try_from(*offset).unwrap_or(0).min(found.len());
            (from, from.saturating_add(size))
        }
        PageStart::After(edge) => {
            let from = position(edge).map_or(found.len(), |at| at.saturating_add(1));
            (from, from.saturating_add(size))
        }
        PageStart::Before(edge) => {
            let to = position(edge).unwrap_or(0);
            (to.saturating_sub(size), to)
        }
    };
    let to = to.min(found.len());
    let page = found.get(from..to).unwrap_or_default();
    let next = page
        .last()
        .filter(|_| to < found.len())
        .map(|country| cursor::encode_after(&paging.query_fingerprint, &place(country)));
    let prev = page
        .first()
        .filter(|_| from > 0)
        .map(|country| cursor::encode_before(&paging.query_fingerprint, &place(country)));
    let info = PageInfo {
        limit: paging.limit,
        next_cursor: next,
        prev_cursor: prev,
        total: paging.with_total.then(|| i64::try_from(found.len()).unwrap_or(0)),
    };
    let mut items = JsonItems::default();
    for country in page {
        items.push(
            &Country::new(country, language_preference.ui_language, &state.country_names),
            &shape,
        )?;
    }
    let mut response = response_context.ok(&validators);
    let links = page::page_links(&state, &request, &info);
    response.insert_header((header::LINK, links.to_link_header()));
    Ok(response.content_type("application/json").body(
        ListResponse {
            items,
            page_info: info,
            facets: None,
            omitted_terms: Vec::new(),
            did_you_mean: Vec::new(),
        }
        .into_json(&links)?,
    ))
}

/// Get a country
///
/// By alpha-2 or alpha-3 code (case-insensitive; XKX is XK), or by id.
#[utoipa::path(operation_id = "get_country", extensions(("x-operation-kind" = json!(OperationKind::GetReferenceData))), tag = "Countries", params(
    ("country" = String, Path, description = "Code or id."),
    ("fields" = Option<Vec<String>>, Query, style = Form, explode = false, description = "Only these fields, and `id`.", min_items = 1, max_items = 100, example = json!(["code", "name"])),
    ("lang" = Option<String>, Query, description = "Language of the name (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "The country.", body = Country)))]
#[get("/v1/countries/{country}")]
pub async fn get_country(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    viewer: ConditionalViewer,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, state.language_defaults(&request));
    let shape = ResponseShape { fields: parse_fields(&mut params), ..ResponseShape::default() };
    let tag = EntityTag::from_key(&CountryTag {
        path: request.path(),
        query: params.canonical_without(&[]),
        languages: language_preference.key(),
        country_names: state.country_names.cache_key(),
        base_url: &state.settings.base_url(&request),
    });
    params.finish()?;
    let Some(country) = model::find(&name) else {
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("There is no country `{}`.", crate::text::truncate_for_message(&name)),
        ));
    };
    let validators = CacheValidators { tag, last_modified: None, fresh_until: None };
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    let mut response = response_context.ok(&validators);
    response.insert_header((header::CONTENT_LANGUAGE, language_preference.ui_language));
    Ok(response.content_type("application/json").body(response::to_json(
        &Country::new(country, language_preference.ui_language, &state.country_names),
        &shape,
        [],
    )?))
}

fn parse_fields(params: &mut QueryParams) -> Option<Vec<String>> {
    let names = params.list("fields", 100)?;
    for name in &names {
        if !FIELDS.contains(&name.as_str()) {
            params.error(
                "fields",
                "unknown_value",
                unknown_value_message(name, FIELDS.iter().copied()),
            );
        }
    }
    Some(names)
}

/// Identifies the query that a cursor belongs to.
#[derive(Serialize)]
struct CountryCursorKey {
    query: String,
    language: &'static str,
}

#[derive(Serialize)]
struct CountryTag<'a> {
    path: &'a str,
    query: String,
    languages: LanguageKey<'a>,
    country_names: &'a str,
    base_url: &'a str,
}

//! `GET /v1/search`: ranked full-text search across all kinds.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::db::keyset::ListQuery;
use crate::db::search::{
    Audience, FieldScope, IndexSearch, SearchMatch, SearchMode, cached_token_frequencies,
    plan_search,
};
use crate::db::sort_key::{SortKey, SortKeyType};
use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::{Connection, Error, Id, ReadCost};
use crate::http::auth::Visibility;
use crate::http::language::LanguageKey;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::http::values::unknown_value_message;
use crate::resource::cache::counts::SearchKey;
use crate::resource::cache::references::CacheView;
use crate::resource::extract::{AcceptsJson, Viewer};
use crate::resource::model::item::{ItemRow, LoadedItem, Status};
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::query::filter_sql::status_predicates;
use crate::resource::query::pagination::PageParams;
use crate::resource::query::params::{SearchParams, parse_range, parse_search, parse_statuses};
use crate::resource::query::shape::{PRESENTATION_PARAMS, ResponseShape};
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::did_you_mean::{MAX_COUNTED_HITS, suggest_queries};
use crate::resource::read::highlights::HighlightData;
use crate::resource::read::list::page_response;
use crate::resource::read::page::{FacetValue, JsonItems, ListResponse};
use crate::resource::read::partial_match::{self, PartialMatch};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::schema::{COMMON_RANGES, RangeSchema, ResourceKind};
use crate::resource::state::{AppState, RegisteredKind};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::ItemLoader;
use crate::search::hit::{HIT_FIELDS, HitImageFields, SearchHitPage, to_hit};
use crate::search::kind_filter;
use crate::text::fingerprint::Fingerprint;
use crate::text::query::SearchQuery;
use crate::topics::model::SCHEMA;

/// Completes the OpenAPI operation with the parameters that the lists of all kinds have in common.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/v1/search",
    schema: &SCHEMA,
    excluded_params: &EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: true,
};

const EXCLUDED_PARAMS: [&str; 9] =
    ["fields", "include", "ids", "year", "sort", "facets", "facet_limit", "parent", "missing"];

fn openapi_parameters() -> Vec<Value> {
    let names = ResourceKind::names(&ResourceKind::searched());
    let with_not: Vec<String> =
        names.iter().flat_map(|name| [(*name).to_owned(), format!("!{name}")]).collect();
    vec![
        comma_list_parameter(
            "kind",
            "Only items of these kinds; `!` excludes a kind.",
            json!({"type": "string", "enum": with_not}),
            names.len(),
            "video",
        ),
        comma_list_parameter(
            "facets",
            "`kind`: the number of hits of each kind, disregarding the filter `kind`. In `facets`: value, label in the response's language and count of each, most frequent first.",
            json!({"type": "string", "enum": ["kind"]}),
            1,
            "kind",
        ),
        comma_list_parameter(
            "fields",
            "Only these fields and `id`.",
            json!({"type": "string", "enum": HIT_FIELDS}),
            100,
            "title",
        ),
        query_parameter(
            "include",
            "`item` adds the full resource to each hit.",
            json!({"type": "string", "enum": ["item"]}),
            json!("item"),
        ),
    ]
}

/// Search all resources
///
/// Ranked search across videos, programmes, partners, indicators, impact statistics and topics:
/// matches in titles rank before matches in summaries, names, descriptions and transcripts,
/// regardless of the kind.
#[utoipa::path(operation_id = "search_all", extensions(("x-operation-kind" = json!(OperationKind::List))), tag = "Search", responses((status = 200, description = "A page of search hits.", body = SearchHitPage)))]
#[get("/v1/search")]
pub async fn search_all(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    Viewer(visibility): Viewer,
) -> Result<HttpResponse, Problem> {
    let search_request = Arc::new(SearchRequest::from_request(&state, &request, visibility)?);
    let catalogue_request = CatalogueRequest {
        etag_key: Fingerprint::of(&search_request.key()),
        visibility,
        language_preference: search_request.language_preference.clone(),
        base_url: search_request.base_url.clone(),
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let shared_request = Arc::clone(&search_request);
    let found = read_catalogue(
        &state,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            load_hit_page(connection, read_context, &shared_request, render_context)
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(&state, visibility, &search_request.language_preference);
    page_response(response_context, &request, found, None)
}

/// The parsed parameters of a search.
#[derive(Clone)]
struct SearchRequest {
    search: SearchParams,
    kinds: Vec<ResourceKind>,
    language_preference: LanguagePreference,
    response_shape: ResponseShape,
    include_item: bool,
    paging: PageParams,
    visibility: Visibility,
    statuses: Option<Vec<Status>>,
    ranges: Vec<(&'static RangeSchema, Bind)>,
    kind_facet: bool,
    highlights: bool,
    base_url: String,
    /// The parameters that select hits except `kind`, in canonical form.
    hit_query: String,
    /// All parameters in canonical form.
    canonical_query: String,
    caller: Visibility,
    /// Words of `q` that are omitted, since no item has all of them.
    omitted_terms: Vec<String>,
}

/// Identifies a search request in entity tags and cursors.
#[derive(Serialize)]
struct SearchRequestKey<'a> {
    query: &'a str,
    languages: Option<LanguageKey<'a>>,
    visibility: Visibility,
}

impl SearchRequest {
    fn from_request(
        state: &AppState,
        request: &HttpRequest,
        caller: Visibility,
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(request.query_string())?;
        let language_preference =
            LanguagePreference::parse(&mut params, state.language_defaults(request));
        let search = parse_search(&mut params);
        if search.is_none() {
            params.error("q", "required", "`q` is required.");
        }
        let kinds = kind_filter::parse_kinds(&mut params, &ResourceKind::searched());
        let fields = params.list("fields", 100);
        for name in fields.iter().flatten().filter(|name| !HIT_FIELDS.contains(&name.as_str())) {
            params.error(
                "fields",
                "unknown_value",
                unknown_value_message(name, HIT_FIELDS.iter().copied()),
            );
        }
        let include_item = parse_single_word(&mut params, "include", "item");
        let kind_facet = parse_single_word(&mut params, "facets", "kind");
        let statuses = parse_statuses(&mut params, caller);
        let ranges = COMMON_RANGES
            .iter()
            .filter_map(|range| Some((range, parse_range(&mut params, range)?)))
            .collect();
        let highlights = params.flag("highlights").unwrap_or(false);
        let cursor_query = params.canonical_without(PRESENTATION_PARAMS);
        let cursor_key = SearchRequestKey {
            query: &cursor_query,
            languages: language_preference.negotiated_key(),
            visibility: caller,
        };
        let paging = PageParams::parse(&mut params, &cursor_key);
        let hit_query = params.canonical_without(&[PRESENTATION_PARAMS, &["kind"]].concat());
        let visibility = if statuses.is_some() { caller } else { Visibility::Published };
        let canonical_query = params.canonical_without(&[]);
        params.finish()?;
        let Some(search) = search else {
            return Err(Problem::internal("`q` is missing after validation"));
        };
        Ok(Self {
            search,
            kinds,
            language_preference,
            response_shape: ResponseShape { fields, ..ResponseShape::default() },
            include_item,
            paging,
            visibility,
            statuses,
            ranges,
            kind_facet,
            highlights,
            base_url: state.settings.base_url(request),
            hit_query,
            canonical_query,
            caller,
            omitted_terms: Vec::new(),
        })
    }

    fn key(&self) -> SearchRequestKey<'_> {
        SearchRequestKey {
            query: &self.canonical_query,
            languages: Some(self.language_preference.key()),
            visibility: self.visibility,
        }
    }

    /// Identifies the hits among these kinds.
    fn count_key(&self, kinds: Vec<ResourceKind>) -> SearchKey {
        SearchKey {
            kinds,
            query: self.hit_query.clone(),
            omitted_terms: self.omitted_terms.clone(),
            visibility: self.caller,
        }
    }

    /// Builds the database query for some hits of the search.
    fn build_query(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
        selection: HitSelection<'_>,
    ) -> Result<ListQuery, Error> {
        let HitSelection { query, kinds, mode } = selection;
        let prefixes: Vec<char> = kinds.iter().map(|kind| kind.index_prefix()).collect();
        let mut list = ListQuery::default();
        let index_search = IndexSearch {
            query,
            kinds: &prefixes,
            audience: self.audience(),
            frequencies: &cached_token_frequencies(connection)?,
            excluded: None,
        };
        let excluded =
            cache.items_with_excluded_terms(connection, index_search, FieldScope::AllFields)?;
        let index_search = IndexSearch { excluded: excluded.as_ref(), ..index_search };
        match plan_search(index_search, FieldScope::AllFields, mode) {
            SearchMatch::Ranked(ranked) if !kinds.is_empty() => list.ranked_matches = Some(ranked),
            // Only excluded words, or no kind.
            other => {
                list.predicates.extend(if let SearchMatch::Predicate(predicate) = other {
                    Some(predicate)
                } else {
                    None
                });
                list.predicates.push(kind_predicate(kinds));
                list.sort_keys.push(SortKey {
                    expression: Fragment::new("items.published_at"),
                    key_type: SortKeyType::Time,
                    descending: true,
                    nullable: self.statuses.is_some(),
                });
            }
        }
        self.add_filters(&mut list);
        Ok(list)
    }

    fn add_filters(&self, list: &mut ListQuery) {
        let is_ranked = list.ranked_matches.is_some();
        list.predicates.extend(status_predicates(self.statuses.as_deref(), is_ranked));
        list.predicates.extend(self.ranges.iter().map(|(range, bound)| range.predicate(bound)));
    }

    /// Whose entries of the full-text index are searched.
    fn audience(&self) -> Audience {
        if self.visibility.includes_unpublished() { Audience::Editors } else { Audience::Public }
    }

    /// Finds the words to omit, see [`partial_match::find_partial_match`]; `None` also if there are
    /// hits, which precede this page.
    fn find_partial_match(
        &self,
        connection: &mut Connection,
        cache: &CacheView,
    ) -> Result<Option<PartialMatch>, Problem> {
        let query = &self.search.query;
        let selection = HitSelection { query, kinds: &self.kinds, mode: SearchMode::Unranked };
        if query.groups.len() < 2
            || self.kinds.is_empty()
            || self.build_query(connection, cache, selection)?.count_up_to(connection, 1)? > 0
        {
            return Ok(None);
        }
        let mut filtered = ListQuery::default();
        filtered.predicates.push(kind_predicate(&self.kinds));
        self.add_filters(&mut filtered);
        let has_filters = self.statuses.is_some() || !self.ranges.is_empty();
        let items = has_filters.then(|| filtered.all_row_ids(connection)).transpose()?;
        let kinds: Vec<char> = self.kinds.iter().map(|kind| kind.index_prefix()).collect();
        let index_search = IndexSearch {
            query,
            kinds: &kinds,
            audience: self.audience(),
            frequencies: &cached_token_frequencies(connection)?,
            excluded: None,
        };
        partial_match::find_partial_match(
            connection,
            cache,
            index_search,
            FieldScope::AllFields,
            items,
        )
    }
}

/// Hits that a query of the database selects.
#[derive(Clone, Copy)]
struct HitSelection<'a> {
    query: &'a SearchQuery,
    kinds: &'a [ResourceKind],
    mode: SearchMode,
}

/// SQL condition for items of these kinds.
fn kind_predicate(kinds: &[ResourceKind]) -> Fragment {
    let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    Fragment::new(if names.is_empty() {
        "1 = 0".to_owned()
    } else {
        format!("items.kind IN ({})", names.join(", "))
    })
}

/// Parses a parameter with a single permitted value. Returns whether it is given.
fn parse_single_word(params: &mut QueryParams, name: &'static str, word: &str) -> bool {
    let values = params.list(name, 20).unwrap_or_default();
    for other in values.iter().filter(|value| *value != word) {
        params.error(name, "unknown_value", unknown_value_message(other, [word].into_iter()));
    }
    !values.is_empty()
}

fn load_hit_page(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    search_request: &SearchRequest,
    render_context: &mut RenderContext,
) -> Result<ListResponse, Problem> {
    let page = load_matching_page(connection, read_context, search_request, render_context)?;
    if !page.items.is_empty() {
        return Ok(page);
    }
    let cache = render_context.required_cache()?;
    let Some(PartialMatch { query, omitted_terms }) =
        search_request.find_partial_match(connection, &cache)?
    else {
        return Ok(page);
    };
    let search = SearchParams { query, ..search_request.search.clone() };
    let partial_request =
        SearchRequest { search, omitted_terms: omitted_terms.clone(), ..search_request.clone() };
    let partial_page =
        load_matching_page(connection, read_context, &partial_request, render_context)?;
    Ok(ListResponse { omitted_terms, did_you_mean: page.did_you_mean, ..partial_page })
}

/// Loads a page of the hits that match all words.
fn load_matching_page(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    search_request: &SearchRequest,
    render_context: &mut RenderContext,
) -> Result<ListResponse, Problem> {
    let ReadContext { state, revisions, .. } = read_context;
    let cache = render_context.required_cache()?;
    let selection = HitSelection {
        query: &search_request.search.query,
        kinds: &search_request.kinds,
        mode: SearchMode::Ranked,
    };
    let mut list = search_request.build_query(connection, &cache, selection)?;
    let count_key = search_request.count_key(search_request.kinds.clone());
    list.cache_key = Some(Fingerprint::of(&count_key));
    // References of items are only needed for highlights.
    let schema_of =
        |item: &ItemRow| ResourceKind::parse(&item.kind).and_then(|kind| state.schema(kind));
    let paging = &search_request.paging;
    let item_loader = ItemLoader {
        visibility: search_request.visibility,
        schema_of: |item: &ItemRow| schema_of(item).filter(|_| search_request.highlights),
    };
    let page = item_loader.load_page::<Option<HitImageFields>>(
        connection,
        paging.page_of(&list),
        render_context,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor is not valid for this query; start again without it.",
        ));
    };
    let mut count = |kind: ResourceKind| {
        state.count_cache.searches.get_or_try_insert_with(
            revisions,
            &search_request.count_key(vec![kind]),
            || {
                let selection = HitSelection {
                    query: &search_request.search.query,
                    kinds: &[kind],
                    mode: SearchMode::Unranked,
                };
                search_request.build_query(connection, &cache, selection)?.count(connection)
            },
        )
    };
    // The index counts the hits of each kind faster than those of all kinds together.
    let total = if paging.with_total {
        let mut total = 0_i64;
        for kind in &search_request.kinds {
            total = total.saturating_add(count(*kind)?);
        }
        Some(total)
    } else {
        None
    };
    let facets = if search_request.kind_facet {
        Some(kind_facets(search_request.language_preference.ui_language, count)?)
    } else {
        None
    };
    let did_you_mean = match search_request.search.to_sparse_search(paging, loaded.len()) {
        Some(sparse_search) => {
            let vocabulary = state.vocabulary.at(revisions);
            suggest_queries(connection, vocabulary, &sparse_search, |connection, query| {
                let selection = HitSelection {
                    query: &query,
                    kinds: &search_request.kinds,
                    mode: SearchMode::Unranked,
                };
                let list = search_request.build_query(connection, &cache, selection)?;
                Ok(list.count_up_to(connection, MAX_COUNTED_HITS)?)
            })?
        }
        None => Vec::new(),
    };
    let mut full_items = if search_request.include_item {
        // As the other texts of the hits, without drafts unless `status` selects them.
        let read_context = ReadContext { visibility: search_request.visibility, ..read_context };
        load_full_items(connection, read_context, &loaded, render_context)?
    } else {
        HashMap::new()
    };
    let highlight_data = if search_request.highlights {
        Some(HighlightData::load(
            connection,
            &search_request.search.query,
            &loaded,
            search_request.visibility,
        )?)
    } else {
        None
    };
    let mut items = JsonItems::default();
    for hit in loaded {
        let Some(schema) = schema_of(&hit.item) else { continue };
        let highlights = highlight_data
            .as_ref()
            .map(|highlight_data| highlight_data.highlights_for(schema, &hit, render_context));
        let item = full_items.remove(&hit.item.id);
        items.push(
            &to_hit(hit, schema.kind, item, render_context),
            &search_request.response_shape,
        )?;
        if let Some(highlights) = highlights {
            items.add_member("highlights", &highlights)?;
        }
    }
    let page_info = paging.page_info(&slice, total);
    let omitted_terms = Vec::new();
    Ok(ListResponse { items, page_info, facets, omitted_terms, did_you_mean })
}

/// Returns the numbers of hits of each kind as a facet.
fn kind_facets(
    ui_language: &str,
    mut count: impl FnMut(ResourceKind) -> Result<i64, Error>,
) -> Result<Map<String, Value>, Error> {
    let mut counts: Vec<(ResourceKind, i64)> = Vec::new();
    for kind in ResourceKind::searched() {
        counts.push((kind, count(kind)?));
    }
    counts.retain(|(_, count)| *count > 0);
    counts.sort_by(|(a, first), (b, second)| {
        second.cmp(first).then_with(|| a.as_str().cmp(b.as_str()))
    });
    let values = counts.into_iter().map(|(kind, count)| FacetValue {
        value: kind.as_str().to_owned(),
        label: kind_filter::kind_label(kind, ui_language).to_owned(),
        count,
    });
    Ok([("kind".to_owned(), json!(values.collect::<Vec<_>>()))].into_iter().collect())
}

/// Loads the full resources of the hits, with a fixed number of statements for each kind.
fn load_full_items(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    loaded: &[LoadedItem<Option<HitImageFields>>],
    render_context: &RenderContext,
) -> Result<HashMap<Id, Value>, Problem> {
    let ReadContext { state, visibility, .. } = read_context;
    let mut full_items = HashMap::new();
    for RegisteredKind { schema, load_full: load, .. } in &state.registry {
        let ids: Vec<Id> = loaded
            .iter()
            .filter(|hit| hit.item.kind == schema.kind.as_str())
            .map(|hit| hit.item.id)
            .collect();
        let mut embedded_context = render_context.for_embedded();
        full_items.extend(load(connection, &ids, visibility, &mut embedded_context)?);
    }
    Ok(full_items)
}

//! `GET /v1/search`: ranked full-text search across all kinds.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::{Map, Value, json};

use crate::db::search::SearchMode;
use crate::db::{Connection, Error, Id, ReadCost};
use crate::http::problem::Problem;
use crate::resource::extract::{AcceptsJson, Viewer};
use crate::resource::model::item::{ItemRow, LoadedItem};
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::did_you_mean::{MAX_COUNTED_HITS, suggest_queries};
use crate::resource::read::highlights::HighlightData;
use crate::resource::read::list::page_response;
use crate::resource::read::page::{FacetValue, JsonItems, ListResponse};
use crate::resource::read::partial_match::load_full_or_partial_page;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::{AppState, RegisteredKind};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::ItemLoader;
use crate::search::hit::{HIT_FIELDS, HitImageFields, SearchHitPage, to_hit};
use crate::search::kind_filter;
use crate::search::search_request::{HitSelection, SearchRequest};
use crate::text::fingerprint::Fingerprint;
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

fn load_hit_page(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    search_request: &SearchRequest,
    render_context: &mut RenderContext,
) -> Result<ListResponse, Problem> {
    let cache = render_context.required_cache()?;
    load_full_or_partial_page(
        connection,
        |connection, partial_match| {
            let partial_request =
                partial_match.map(|partial| search_request.with_partial_match(partial));
            let search_request = partial_request.as_ref().unwrap_or(search_request);
            load_matching_page(connection, read_context, search_request, render_context)
        },
        |connection| search_request.find_partial_match(connection, &cache),
    )
}

/// Loads a page of the hits that match all words; `None` if the cursor does not belong to them.
fn load_matching_page(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    search_request: &SearchRequest,
    render_context: &mut RenderContext,
) -> Result<Option<ListResponse>, Problem> {
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
    let Some((slice, loaded)) = page else { return Ok(None) };
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
    Ok(Some(ListResponse { items, page_info, facets, omitted_terms, did_you_mean }))
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

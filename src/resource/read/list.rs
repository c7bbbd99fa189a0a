//! `GET /v1/{kind}`: a page of a list.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use crate::db::{Connection, Id};
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::middleware::StatementCount;
use crate::http::problem::Problem;
use crate::resource::cache::references::CacheView;
use crate::resource::extract::ConditionalViewer;
use crate::resource::model::revisions::Revisions;
use crate::resource::query::params::{ListKey, ListRequest};
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::completeness;
use crate::resource::read::did_you_mean::{MAX_COUNTED_HITS, suggest_queries};
use crate::resource::read::facets::compute_facets;
use crate::resource::read::highlights::HighlightData;
use crate::resource::read::include::{IncludeContext, load_includes};
use crate::resource::read::page::{self, JsonItems, list_response_head};
use crate::resource::read::partial_match::{find_partial_match_of_list, load_full_or_partial_page};
use crate::resource::read::referenced_by::ReferencingItems;
use crate::resource::read::response::ResponseContext;
use crate::resource::read::response::{RepresentationState, RevisionKey};
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::resource::view::resource::Resource;

/// Responds with a page of a list.
pub async fn list<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    viewer: ConditionalViewer,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let list_request = Arc::new(
        ListRequest::parse(
            S::SCHEMA,
            request.query_string(),
            state.language_defaults(&request),
            visibility,
        )?
        .with_base_url(state.settings.base_url(&request)),
    );
    let shared_request = Arc::clone(&list_request);
    let shared_state = state.clone().into_inner();
    let done = state
        .read_with_cost(list_request.cost(), visibility, move |connection| {
            read_list_page::<S>(connection, &shared_state, &shared_request, &condition)
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let response_context =
        ResponseContext::new(&state, visibility, &list_request.language_preference);
    page_response(response_context, &request, done.value, Some(S::SCHEMA))
}

/// Responds with a page, or with 304 if the client has the current one. A list of one kind links to
/// its feeds and tables.
pub fn page_response(
    response_context: ResponseContext<'_>,
    request: &HttpRequest,
    page: Freshness<page::ListResponse>,
    list_schema: Option<&ResourceSchema>,
) -> Result<HttpResponse, Problem> {
    let (validators, page) = match page {
        Freshness::Fresh(validators, page) => (validators, page),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let links = page::page_links(response_context.state, request, &page.page_info);
    let links = match list_schema {
        Some(schema) => links.with_alternates(schema, request.path()),
        None => links,
    };
    Ok(list_response_head(response_context, &validators, &links)
        .content_type("application/json")
        .body(page.into_json(&links)?))
}

#[derive(Serialize)]
struct ListTag<'a> {
    revisions: &'a RevisionKey,
    list: ListKey<'a>,
    country_names: &'a str,
    base_url: &'a str,
}

fn read_list_page<S: Resource>(
    connection: &mut Connection,
    app_state: &AppState,
    list_request: &ListRequest,
    condition: &ConditionalGet,
) -> Result<Freshness<page::ListResponse>, Problem> {
    // Revisions are loaded before the items: if a write is committed in between, the `ETag` is
    // older than the content, and the next conditional request gets a full response.
    let revisions = Arc::new(Revisions::load(connection)?);
    let state = RepresentationState::of_list(
        S::SCHEMA,
        revisions.visible_to(list_request.visibility),
        &list_request.response_shape,
    );
    let tag = EntityTag::from_key(&ListTag {
        revisions: &state.revisions,
        list: list_request.key(),
        country_names: app_state.country_names.cache_key(),
        base_url: &list_request.base_url,
    });
    let validators = CacheValidators {
        tag,
        last_modified: state.changed_at,
        fresh_until: revisions.next_scheduled_change(),
    };
    validators.unless_current(condition, || {
        load_list_page::<S>(connection, app_state, list_request, &revisions)
    })
}

fn load_list_page<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    list_request: &ListRequest,
    revisions: &Arc<Revisions>,
) -> Result<page::ListResponse, Problem> {
    let cache = CacheView::new(&state.reference_cache, revisions);
    load_full_or_partial_page(
        connection,
        |connection, partial_match| {
            let partial_request = partial_match.map(|partial| {
                list_request.with_omitted_terms(partial.query.clone(), &partial.omitted_terms)
            });
            let list_request = partial_request.as_ref().unwrap_or(list_request);
            load_matching_page::<S>(connection, state, list_request, revisions)
        },
        |connection| find_partial_match_of_list(connection, &cache, list_request),
    )
}

/// Loads a page of the items that match all words; `None` if the cursor does not belong to them.
fn load_matching_page<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    list_request: &ListRequest,
    revisions: &Arc<Revisions>,
) -> Result<Option<page::ListResponse>, Problem> {
    let cache = CacheView::new(&state.reference_cache, revisions);
    let list = list_request.page_query(connection, &cache)?;
    let mut render_context = RenderContext::new(
        list_request.language_preference.clone(),
        Arc::clone(&state.country_names),
        Some(cache.clone()),
    )
    .with_base_url(&list_request.base_url);
    render_context.on_demand_fields.clone_from(&list_request.response_shape.on_demand_fields);
    let page = load_page::<S>(
        connection,
        list_request.page_params.page_of(&list),
        list_request.visibility,
        &mut render_context,
    )?;
    let Some((slice, mut loaded)) = page else { return Ok(None) };
    let count = |connection: &mut Connection| {
        Ok::<_, Problem>(list_request.count_query(connection, &cache, None)?.count(connection)?)
    };
    let total = list_request
        .page_params
        .with_total
        .then(|| {
            state.count_cache.lists.get_or_try_insert_with(
                revisions,
                &list_request.count_key,
                || count(connection),
            )
        })
        .transpose()?;
    let info = list_request.page_params.page_info(&slice, total);
    let read_context = ReadContext { state, revisions, visibility: list_request.visibility };
    let facets = if list_request.facet_params.filters.is_empty() {
        None
    } else {
        Some(compute_facets(connection, read_context, list_request, &mut render_context)?)
    };
    let did_you_mean = match list_request
        .search()
        .and_then(|search| search.to_sparse_search(&list_request.page_params, loaded.len()))
    {
        Some(sparse_search) => {
            let vocabulary = state.vocabulary.at(revisions);
            suggest_queries(connection, vocabulary, &sparse_search, |connection, query| {
                Ok(list_request
                    .with_query(query)
                    .page_query(connection, &cache)?
                    .count_up_to(connection, MAX_COUNTED_HITS)?)
            })?
        }
        None => Vec::new(),
    };
    let include_context = IncludeContext {
        state,
        schema: S::SCHEMA,
        shape: &list_request.response_shape,
        visibility: list_request.visibility,
    };
    let references = loaded.iter().flat_map(|item| &item.references);
    load_includes(connection, include_context, references, &mut render_context)?;
    if list_request.response_shape.completeness {
        completeness::load_completeness::<S>(connection, &mut loaded)?;
    }
    let ids: Vec<Id> = loaded.iter().map(|item| item.item.id).collect();
    let referrers = ReferencingItems::load(connection, include_context, &ids, &render_context)?;
    let mut items = JsonItems::default();
    let highlight_data = match list_request.query().filter(|_| list_request.with_highlights) {
        Some(query) => {
            Some(HighlightData::load(connection, query, &loaded, list_request.visibility)?)
        }
        None => None,
    };
    for item in loaded {
        let highlights = highlight_data
            .as_ref()
            .map(|highlight_data| highlight_data.highlights_for(S::SCHEMA, &item, &render_context));
        let id = item.item.id;
        items.push(&S::render(item, &render_context), &list_request.response_shape)?;
        for (field, referring) in referrers.for_item(id) {
            items.add_member(field, referring)?;
        }
        if let Some(highlights) = highlights {
            items.add_member("highlights", &highlights)?;
        }
    }
    let omitted_terms = Vec::new();
    Ok(Some(page::ListResponse { items, page_info: info, facets, omitted_terms, did_you_mean }))
}

//! `GET /v1/{kind}` and `GET /v1/{kind}/{item}`.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::Serialize;
use serde_json::Value;

use crate::db::sql_fragment::id_in_fragment;
use crate::db::{Connection, Id, Time};
use crate::http::accept;
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::language::LanguagePreference;
use crate::http::middleware::StatementCount;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::Resource;
use crate::resource::cache::references::CacheView;
use crate::resource::model::revisions::{CATALOGUE, Revisions};
use crate::resource::query::params::{ListRequest, ResponseShape, parse_shape};
use crate::resource::read::did_you_mean::{MAX_COUNTED_HITS, suggest_queries};
use crate::resource::read::highlights::HighlightData;
use crate::resource::read::page::{self, JsonItems, Links};
use crate::resource::read::referenced_by::ReferencingItems;
use crate::resource::read::{completeness, response};
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::store::items::{
    ItemRow, Lookup, SingleItem, TranslationRow, find, find_single, hydrate_single, load_page,
    load_where,
};
use crate::resource::view::context::{EmbeddedJson, RenderContext};

/// Answers a list.
pub async fn list<S: Resource>(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let visibility = state.visibility(&request).await?;
    let list_request = Arc::new(ListRequest::from_request::<S>(&state, &request, visibility)?);
    let shared_request = Arc::clone(&list_request);
    let condition = ConditionalGet::from_request(&request);
    let shared_state = state.clone().into_inner();
    let done = state
        .read(visibility, move |connection| {
            read_list_page::<S>(connection, &shared_state, &shared_request, &condition)
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    page_response(
        &state,
        &request,
        (visibility, &list_request.language_preference),
        done.value,
        Some(S::SCHEMA),
    )
}

/// Answers a page that was read, or that the client has it already. A list of one kind says where
/// its feeds are.
pub fn page_response(
    state: &AppState,
    request: &HttpRequest,
    (visibility, wish): (Visibility, &LanguagePreference),
    page: Freshness<page::ListResponse>,
    list_schema: Option<&ResourceSchema>,
) -> Result<HttpResponse, Problem> {
    let (validators, page) = match page {
        Freshness::Fresh(validators, page) => (validators, page),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(state, visibility, wish, &validators));
        }
    };
    let links = page::page_links(state, request, &page.page_info);
    let links = match list_schema {
        Some(schema) => links.with_alternates(schema, request.path()),
        None => links,
    };
    Ok(list_response_head(state, (visibility, wish), &validators, &links)
        .content_type("application/json")
        .body(page.into_json(&links)?))
}

/// The head of an answer that has a list.
pub fn list_response_head(
    state: &AppState,
    (visibility, wish): (Visibility, &LanguagePreference),
    validators: &CacheValidators,
    links: &Links,
) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, state, visibility, wish);
    response::set_validators(&mut response, validators);
    response.insert_header((header::LINK, links.to_link_header()));
    response
}

/// What is asked of the catalogue as a whole: any change of it may show.
pub struct CatalogueRequest<'a> {
    /// What makes it another than others.
    pub etag_key: &'a str,
    /// The languages of the answer.
    pub language_preference: &'a LanguagePreference,
    /// The address of this server.
    pub base_url: &'a str,
    /// When the representation changed although the catalogue did not, such as with the day.
    pub also_changed_at: Option<Time>,
    /// The preconditions of the request.
    pub condition: &'a ConditionalGet,
}

/// Reads what is asked of the catalogue as a whole, unless the client has it.
pub fn read_catalogue_wide<T>(
    connection: &mut Connection,
    state: &AppState,
    catalogue_request: &CatalogueRequest<'_>,
    read: impl FnOnce(&mut Connection, &Arc<Revisions>, &mut RenderContext) -> Result<T, Problem>,
) -> Result<Freshness<T>, Problem> {
    // The revisions are read before the rest, as for a page of a list.
    let revisions = Arc::new(Revisions::load(connection)?);
    let (revision, changed_at) = revisions.get(CATALOGUE);
    let tag = EntityTag::from_state(&format!(
        "{revision}\n{}\n{}\n{}",
        catalogue_request.etag_key,
        catalogue_request.base_url,
        state.country_names.identity()
    ));
    let validators =
        CacheValidators { tag, last_modified: changed_at.max(catalogue_request.also_changed_at) };
    validators.unless_current(catalogue_request.condition, || {
        let cache = CacheView::new(&state.reference_cache, &revisions);
        let mut render_context = RenderContext::new(
            catalogue_request.language_preference.clone(),
            Arc::clone(&state.country_names),
            Some(cache),
        )
        .with_base_url(catalogue_request.base_url);
        read(connection, &revisions, &mut render_context)
    })
}

fn read_list_page<S: Resource>(
    connection: &mut Connection,
    app_state: &AppState,
    list_request: &ListRequest,
    condition: &ConditionalGet,
) -> Result<Freshness<page::ListResponse>, Problem> {
    // The revisions are read before the items: if a write falls between, the tag is older than what
    // is shown and the next conditional request is answered in full.
    let revisions = Arc::new(Revisions::load(connection)?);
    let (state, changed_at) =
        response::representation_state(S::SCHEMA, &revisions, &list_request.response_shape, true);
    let tag = EntityTag::from_state(&format!(
        "{state}\n{}\n{}",
        list_request.etag_key,
        app_state.country_names.identity()
    ));
    let validators = CacheValidators { tag, last_modified: changed_at };
    validators.unless_current(condition, || {
        load_list_page::<S>(connection, app_state, list_request, revisions)
    })
}

fn load_list_page<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    list_request: &ListRequest,
    revisions: Arc<Revisions>,
) -> Result<page::ListResponse, Problem> {
    let cache = CacheView::new(&state.reference_cache, &revisions);
    let list = list_request.page_query(connection, S::SCHEMA, &cache)?;
    let mut render_context = RenderContext::new(
        list_request.language_preference.clone(),
        Arc::clone(&state.country_names),
        Some(cache.clone()),
    )
    .with_base_url(&list_request.base_url);
    render_context.on_demand_fields.clone_from(&list_request.response_shape.on_demand_fields);
    let page = load_page::<S>(
        connection,
        &list,
        (&list_request.page_params.start, list_request.page_params.limit),
        list_request.visibility,
        &mut render_context,
    )?;
    let Some((slice, mut loaded)) = page else {
        return Err(Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor does not fit this list; start again without it.",
        ));
    };
    let count = |connection: &mut Connection| {
        Ok::<_, Problem>(
            list_request.count_query(connection, S::SCHEMA, &cache, None)?.count(connection)?,
        )
    };
    let total = list_request
        .page_params
        .with_total
        .then(|| {
            state
                .count_cache
                .get_or_try_insert_with(&revisions, &list_request.count_key, || count(connection))
        })
        .transpose()?;
    let info = list_request.page_params.page_info(&slice, total);
    let facets = if list_request.facet_params.filters.is_empty() {
        None
    } else {
        Some(state.facet_cache.compute_facets(
            connection,
            (S::SCHEMA, list_request),
            &revisions,
            &mut render_context,
        )?)
    };
    let did_you_mean = match list_request
        .search()
        .and_then(|search| search.to_sparse_search(&list_request.page_params, loaded.len()))
    {
        Some(sparse_search) => {
            suggest_queries(connection, &state.vocabulary, &sparse_search, |connection, query| {
                Ok(list_request
                    .with_query(query)
                    .page_query(connection, S::SCHEMA, &cache)?
                    .count_up_to(connection, MAX_COUNTED_HITS)?)
            })?
        }
        None => Vec::new(),
    };
    load_includes(
        connection,
        state,
        S::SCHEMA,
        &list_request.response_shape,
        list_request.visibility,
        &mut render_context,
        loaded.iter().flat_map(|item| &item.references),
    )?;
    if list_request.response_shape.completeness {
        completeness::load_completeness::<S>(connection, &mut loaded)?;
    }
    let ids: Vec<Id> = loaded.iter().map(|one| one.item.id).collect();
    let referrers = ReferencingItems::load(
        connection,
        state,
        (S::SCHEMA, &list_request.response_shape),
        list_request.visibility,
        &render_context,
        &ids,
    )?;
    let mut items = JsonItems::default();
    let highlight_data = match list_request.query().filter(|_| list_request.with_highlights) {
        Some(query) => Some(HighlightData::load(connection, query, &loaded)?),
        None => None,
    };
    for one in loaded {
        let highlights = highlight_data.as_ref().map(|highlight_data| {
            highlight_data.highlights_for(S::SCHEMA, &one, list_request.visibility, &render_context)
        });
        let id = one.item.id;
        items.push(&S::render(one, &render_context), &list_request.response_shape)?;
        for (field, referring) in referrers.for_item(id) {
            items.add_member(field, referring)?;
        }
        if let Some(highlights) = highlights {
            items.add_member("highlights", &highlights)?;
        }
    }
    Ok(page::ListResponse { items, page_info: info, facets, did_you_mean })
}

/// Reads the whole resources that `include` asks for: a fixed number of queries for each field.
fn load_includes<'a>(
    connection: &mut Connection,
    state: &AppState,
    schema: &'static ResourceSchema,
    shape: &ResponseShape,
    visibility: Visibility,
    render_context: &mut RenderContext,
    references: impl Iterator<Item = &'a crate::resource::store::items::Reference>,
) -> Result<(), Problem> {
    if shape.include.is_empty() {
        return Ok(());
    }
    let mut ids_by_field: HashMap<&'static str, Vec<Id>> = HashMap::new();
    for reference in references {
        if let Some(field) = shape.include.iter().find(|field| **field == reference.field) {
            let ids = ids_by_field.entry(*field).or_default();
            if render_context.has_target(&reference.target_id)
                && !ids.contains(&reference.target_id)
            {
                ids.push(reference.target_id);
            }
        }
    }
    for (field, ids) in ids_by_field {
        let expand =
            schema.reference(field).and_then(|reference| state.include_loader(reference.target));
        if let Some(expand) = expand {
            let mut include_context = RenderContext::new(
                render_context.language_preference.clone(),
                Arc::clone(&render_context.country_names),
                render_context.cache(),
            )
            .with_base_url(&render_context.base_url);
            for (id, resource) in expand(connection, &ids, visibility, &mut include_context)? {
                render_context.insert_full(id, &resource);
            }
        }
    }
    Ok(())
}

/// Reads whole resources of one kind for `include`.
pub fn load_full<S: Resource>(
    connection: &mut Connection,
    ids: &[Id],
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<HashMap<Id, Value>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let loaded =
        load_where::<S>(connection, &id_in_fragment("items.id", ids), visibility, render_context)?;
    loaded
        .into_iter()
        .map(|one| {
            Ok((
                one.item.id,
                serde_json::to_value(S::render(one, render_context)).map_err(Problem::internal)?,
            ))
        })
        .collect()
}

/// Answers one item, by identifier or slug; a former slug redirects.
pub async fn get<S: Resource>(
    app_state: web::Data<AppState>,
    request: HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let visibility = app_state.visibility(&request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let mut language_preference =
        LanguagePreference::from_request(&mut params, &request, &app_state.fallback_languages);
    let shape = parse_shape(S::SCHEMA, &mut params, &mut language_preference);
    let identity = params.canonical_without(&[]);
    params.finish()?;
    let condition = ConditionalGet::from_request(&request);
    let shared_state = app_state.clone().into_inner();
    let (shared_preference, shared_shape) = (language_preference.clone(), shape.clone());
    let preferred = language_preference.preferred();
    let base = app_state.settings.base_url(&request);
    let done = app_state
        .read(visibility, move |connection| {
            let lookup = if is_possible_name(&name) {
                find_single(connection, S::SCHEMA.kind, &name, &preferred, visibility)?
            } else {
                None
            };
            let lookup =
                check_visible(S::SCHEMA, &name, visibility, lookup, |single: &SingleItem| {
                    &single.item
                })?;
            let SingleItem { item, revisions, preloaded_text: likely } = match lookup {
                Lookup::Former(single) => {
                    return Ok::<_, Problem>(ItemLookup::Moved(single.item.slug));
                }
                Lookup::Current(lookup) => lookup,
            };
            let revisions = Arc::new(revisions);
            let (state, shown_at) =
                response::representation_state(S::SCHEMA, &revisions, &shared_shape, false);
            let representation = format!(
                "{state}\n{identity}\n{}\n{visibility:?}\n{}",
                shared_preference.cache_key(),
                shared_state.country_names.identity()
            );
            let validators = CacheValidators {
                tag: EntityTag::for_item(item.id, item.revision, &representation),
                last_modified: shown_at.max(Some(item.updated_at)),
            };
            let read = validators.unless_current(&condition, || {
                let cache = CacheView::new(&shared_state.reference_cache, &revisions);
                let mut render_context = RenderContext::new(
                    shared_preference.clone(),
                    Arc::clone(&shared_state.country_names),
                    Some(cache),
                )
                .with_base_url(&base);
                let (body, language) = render_preloaded_item::<S>(
                    connection,
                    &shared_state,
                    (item, likely),
                    &mut render_context,
                    &shared_shape,
                    visibility,
                )?;
                Ok::<_, Problem>((body, language))
            })?;
            Ok(ItemLookup::Found(read))
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let (validators, (body, language)) = match done.value {
        ItemLookup::Moved(slug) => {
            let path = format!("{}/{slug}", S::SCHEMA.kind.path());
            return Ok(response::permanent_redirect(&app_state, &request, &path));
        }
        ItemLookup::Found(Freshness::Fresh(validators, body)) => (validators, body),
        ItemLookup::Found(Freshness::NotModified(validators)) => {
            return Ok(response::not_modified_response(
                &app_state,
                visibility,
                &language_preference,
                &validators,
            ));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, &app_state, visibility, &language_preference);
    response::set_validators(&mut response, &validators);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language));
    }
    response.content_type("application/json");
    Ok(response.body(body))
}

enum ItemLookup {
    Moved(String),
    Found(Freshness<(String, Option<String>)>),
}

/// Draws one item; gives its JSON and its language.
pub fn render_item<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    item: ItemRow,
    render_context: &mut RenderContext,
    shape: &ResponseShape,
    visibility: Visibility,
) -> Result<(String, Option<String>), Problem> {
    render_preloaded_item::<S>(connection, state, (item, None), render_context, shape, visibility)
}

/// The same of an item whose text may have been read along.
fn render_preloaded_item<S: Resource>(
    connection: &mut Connection,
    state: &AppState,
    (item, likely): (ItemRow, Option<TranslationRow>),
    render_context: &mut RenderContext,
    shape: &ResponseShape,
    visibility: Visibility,
) -> Result<(String, Option<String>), Problem> {
    let id = item.id;
    let Some(mut one) = hydrate_single::<S>(connection, item, likely, visibility, render_context)?
    else {
        return Err(Problem::internal(format!("the own fields of item {id} cannot be read")));
    };
    load_includes(
        connection,
        state,
        S::SCHEMA,
        shape,
        visibility,
        render_context,
        one.references.iter(),
    )?;
    if shape.completeness {
        completeness::load_completeness::<S>(connection, std::slice::from_mut(&mut one))?;
    }
    // What is written to a file has no address.
    if !render_context.base_url.is_empty() {
        render_context.on_demand_fields = S::SCHEMA.on_demand_fields.to_vec();
    }
    let language = one.choice.as_ref().map(|choice| choice.language.as_str().to_owned());
    let referrers = ReferencingItems::load(
        connection,
        state,
        (S::SCHEMA, shape),
        visibility,
        render_context,
        &[id],
    )?;
    let body = response::to_json(&S::render(one, render_context), shape, referrers.for_item(id))?;
    Ok((body, language))
}

/// Finds an item that the caller may see: 404 where it was never public, 410 where it was deleted.
pub fn find_visible(
    connection: &mut Connection,
    schema: &ResourceSchema,
    name: &str,
    visibility: Visibility,
) -> Result<Lookup, Problem> {
    let found = if is_possible_name(name) { find(connection, schema.kind, name)? } else { None };
    check_visible(schema, name, visibility, found, |item| item)
}

/// Whether there can be an item of this name at all.
fn is_possible_name(name: &str) -> bool {
    !name.contains('\0') && name.len() <= 200
}

/// What was found, if the caller may see it.
fn check_visible<T>(
    schema: &ResourceSchema,
    name: &str,
    visibility: Visibility,
    found: Option<Lookup<T>>,
    item: fn(&T) -> &ItemRow,
) -> Result<Lookup<T>, Problem> {
    let missing = || {
        Problem::new(
            ProblemKind::NotFound,
            format!(
                "There is no {} `{}`.",
                schema.kind.noun(),
                crate::http::json_fields::clip(name)
            ),
        )
    };
    let found = found.ok_or_else(missing)?;
    let (Lookup::Current(one) | Lookup::Former(one)) = &found;
    let item = item(one);
    if item.deleted_at.is_some() {
        if visibility.includes_unpublished() || item.was_public {
            return Err(Problem::new(
                ProblemKind::Gone,
                format!("The {} `{}` has been deleted.", schema.kind.noun(), item.slug),
            ));
        }
        return Err(missing());
    }
    if !visibility.includes_unpublished() && !item.is_public {
        return Err(missing());
    }
    Ok(found)
}

/// A list of references as a resource shows them.
pub type EmbeddedReferences = Vec<EmbeddedJson>;

/// Serialises as nothing: a type for resources without own fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct NoFields {}

//! `GET /v1/{kind}` and `GET /v1/{kind}/{item}`.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::Serialize;
use serde_json::Value;

use super::Resource;
use super::answer;
use super::completeness;
use super::context::AppState;
use super::highlights::HighlightData;
use super::list::{self, JsonItems, Links};
use super::load::{
    ItemRow, Lookup, SingleItem, TranslationRow, find, find_single, hydrate_single, load_page,
    load_where,
};
use super::meant::{MAX_COUNTED_HITS, suggest_queries};
use super::names::CacheView;
use super::query::{ListRequest, ResponseShape, parse_shape};
use super::referrers::ReferencingItems;
use super::revisions::{CATALOGUE, Revisions};
use super::shown::{EmbeddedJson, RenderContext};
use super::spec::ResourceSchema;
use crate::db::sql::id_in_fragment;
use crate::db::{Connection, Id, Time};
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Freshness};
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::layer::StatementCount;
use crate::http::negotiate;
use crate::http::params::QueryParams;
use crate::http::problem::{Problem, ProblemKind};

/// Answers a list.
pub async fn list<S: Resource>(
    context: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let caller = context.visibility(&request).await?;
    let wanted = Arc::new(ListRequest::from_request::<S>(&context, &request, caller)?);
    let shared = Arc::clone(&wanted);
    let condition = ConditionalGet::from_request(&request);
    let inner = context.clone().into_inner();
    let done = context
        .read(caller, move |connection| {
            read_list_page::<S>(connection, &inner, &shared, &condition)
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    page_response(
        &context,
        &request,
        (caller, &wanted.language_preference),
        done.value,
        Some(S::SCHEMA),
    )
}

/// Answers a page that was read, or that the client has it already. A list of one kind says where
/// its feeds are.
pub fn page_response(
    context: &AppState,
    request: &HttpRequest,
    (caller, wish): (Visibility, &LanguagePreference),
    page: Freshness<list::ListResponse>,
    of: Option<&ResourceSchema>,
) -> Result<HttpResponse, Problem> {
    let (validators, page) = match page {
        Freshness::Fresh(validators, page) => (validators, page),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified_response(context, caller, wish, &validators));
        }
    };
    let links = list::page_links(context, request, &page.page_info);
    let links = match of {
        Some(spec) => links.with_alternates(spec, request.path()),
        None => links,
    };
    Ok(list_response_head(context, (caller, wish), &validators, &links)
        .content_type("application/json")
        .body(page.into_json(&links)?))
}

/// The head of an answer that has a list.
pub fn list_response_head(
    context: &AppState,
    (caller, wish): (Visibility, &LanguagePreference),
    validators: &CacheValidators,
    links: &Links,
) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::set_cache_headers(&mut response, context, caller, wish);
    answer::set_validators(&mut response, validators);
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
    context: &AppState,
    asked: &CatalogueRequest<'_>,
    read: impl FnOnce(&mut Connection, &Arc<Revisions>, &mut RenderContext) -> Result<T, Problem>,
) -> Result<Freshness<T>, Problem> {
    // The revisions are read before the rest, as for a page of a list.
    let revisions = Arc::new(Revisions::load(connection)?);
    let (revision, changed_at) = revisions.get(CATALOGUE);
    let tag = EntityTag::from_state(&format!(
        "{revision}\n{}\n{}\n{}",
        asked.etag_key,
        asked.base_url,
        context.country_names.identity()
    ));
    let validators = CacheValidators { tag, last_modified: changed_at.max(asked.also_changed_at) };
    validators.unless_current(asked.condition, || {
        let memory = CacheView::new(&context.reference_cache, &revisions);
        let mut shown = RenderContext::new(
            asked.language_preference.clone(),
            Arc::clone(&context.country_names),
            Some(memory),
        )
        .with_base_url(asked.base_url);
        read(connection, &revisions, &mut shown)
    })
}

fn read_list_page<S: Resource>(
    connection: &mut Connection,
    context: &AppState,
    wanted: &ListRequest,
    condition: &ConditionalGet,
) -> Result<Freshness<list::ListResponse>, Problem> {
    // The revisions are read before the items: if a write falls between, the tag is older than what
    // is shown and the next conditional request is answered in full.
    let revisions = Arc::new(Revisions::load(connection)?);
    let (state, changed_at) =
        answer::representation_state(S::SCHEMA, &revisions, &wanted.response_shape, true);
    let tag = EntityTag::from_state(&format!(
        "{state}\n{}\n{}",
        wanted.etag_key,
        context.country_names.identity()
    ));
    let validators = CacheValidators { tag, last_modified: changed_at };
    validators
        .unless_current(condition, || load_list_page::<S>(connection, context, wanted, revisions))
}

fn load_list_page<S: Resource>(
    connection: &mut Connection,
    context: &AppState,
    wanted: &ListRequest,
    revisions: Arc<Revisions>,
) -> Result<list::ListResponse, Problem> {
    let memory = CacheView::new(&context.reference_cache, &revisions);
    let list = wanted.page_query(connection, S::SCHEMA, &memory)?;
    let mut shown = RenderContext::new(
        wanted.language_preference.clone(),
        Arc::clone(&context.country_names),
        Some(memory.clone()),
    )
    .with_base_url(&wanted.base_url);
    shown.on_demand_fields.clone_from(&wanted.response_shape.on_demand_fields);
    let page = load_page::<S>(
        connection,
        &list,
        (&wanted.page_params.start, wanted.page_params.limit),
        wanted.visibility,
        &mut shown,
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
            wanted.count_query(connection, S::SCHEMA, &memory, None)?.count(connection)?,
        )
    };
    let total = wanted
        .page_params
        .with_total
        .then(|| {
            context
                .count_cache
                .get_or_try_insert_with(&revisions, &wanted.count_key, || count(connection))
        })
        .transpose()?;
    let info = wanted.page_params.page_info(&slice, total);
    let facets = if wanted.facet_params.filters.is_empty() {
        None
    } else {
        Some(context.facet_cache.compute_facets(
            connection,
            (S::SCHEMA, wanted),
            &revisions,
            &mut shown,
        )?)
    };
    let did_you_mean = match wanted
        .search()
        .and_then(|search| search.to_sparse_search(&wanted.page_params, loaded.len()))
    {
        Some(little) => {
            suggest_queries(connection, &context.vocabulary, &little, |connection, query| {
                Ok(wanted
                    .with_query(query)
                    .page_query(connection, S::SCHEMA, &memory)?
                    .count_up_to(connection, MAX_COUNTED_HITS)?)
            })?
        }
        None => Vec::new(),
    };
    load_includes(
        connection,
        context,
        S::SCHEMA,
        &wanted.response_shape,
        wanted.visibility,
        &mut shown,
        loaded.iter().flat_map(|item| &item.references),
    )?;
    if wanted.response_shape.completeness {
        completeness::load_completeness::<S>(connection, &mut loaded)?;
    }
    let ids: Vec<Id> = loaded.iter().map(|one| one.item.id).collect();
    let referrers = ReferencingItems::load(
        connection,
        context,
        (S::SCHEMA, &wanted.response_shape),
        wanted.visibility,
        &shown,
        &ids,
    )?;
    let mut items = JsonItems::default();
    let marked = match wanted.query().filter(|_| wanted.with_highlights) {
        Some(query) => Some(HighlightData::load(connection, query, &loaded)?),
        None => None,
    };
    for one in loaded {
        let highlights = marked
            .as_ref()
            .map(|marked| marked.highlights_for(S::SCHEMA, &one, wanted.visibility, &shown));
        let id = one.item.id;
        items.push(&S::render(one, &shown), &wanted.response_shape)?;
        for (field, referring) in referrers.for_item(id) {
            items.add_member(field, referring)?;
        }
        if let Some(highlights) = highlights {
            items.add_member("highlights", &highlights)?;
        }
    }
    Ok(list::ListResponse { items, page_info: info, facets, did_you_mean })
}

/// Reads the whole resources that `include` asks for: a fixed number of queries for each field.
fn load_includes<'a>(
    connection: &mut Connection,
    context: &AppState,
    spec: &'static ResourceSchema,
    shape: &ResponseShape,
    viewer: Visibility,
    shown: &mut RenderContext,
    links: impl Iterator<Item = &'a super::load::Link>,
) -> Result<(), Problem> {
    if shape.include.is_empty() {
        return Ok(());
    }
    let mut wanted: HashMap<&'static str, Vec<Id>> = HashMap::new();
    for link in links {
        if let Some(field) = shape.include.iter().find(|field| **field == link.field) {
            let ids = wanted.entry(*field).or_default();
            if shown.has_target(&link.target_id) && !ids.contains(&link.target_id) {
                ids.push(link.target_id);
            }
        }
    }
    for (field, ids) in wanted {
        let expand = spec.reference(field).and_then(|link| context.include_loader(link.target));
        if let Some(expand) = expand {
            let mut inner = RenderContext::new(
                shown.language_preference.clone(),
                Arc::clone(&shown.country_names),
                shown.cache(),
            )
            .with_base_url(&shown.base_url);
            for (id, whole) in expand(connection, &ids, viewer, &mut inner)? {
                shown.insert_full(id, &whole);
            }
        }
    }
    Ok(())
}

/// Reads whole resources of one kind for `include`.
pub fn load_full<S: Resource>(
    connection: &mut Connection,
    ids: &[Id],
    viewer: Visibility,
    shown: &mut RenderContext,
) -> Result<HashMap<Id, Value>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let loaded = load_where::<S>(connection, &id_in_fragment("items.id", ids), viewer, shown)?;
    loaded
        .into_iter()
        .map(|one| {
            Ok((
                one.item.id,
                serde_json::to_value(S::render(one, shown)).map_err(Problem::internal)?,
            ))
        })
        .collect()
}

/// Answers one item, by identifier or slug; a former slug redirects.
pub async fn get<S: Resource>(
    context: web::Data<AppState>,
    request: HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let viewer = context.visibility(&request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let mut wish =
        LanguagePreference::from_request(&mut params, &request, &context.fallback_languages);
    let shape = parse_shape(S::SCHEMA, &mut params, &mut wish);
    let identity = params.canonical_without(&[]);
    params.finish()?;
    let condition = ConditionalGet::from_request(&request);
    let inner = context.clone().into_inner();
    let (wished, shaped) = (wish.clone(), shape.clone());
    let preferred = wish.preferred();
    let base = context.settings.base_url(&request);
    let done = context
        .read(viewer, move |connection| {
            let found = if is_possible_name(&name) {
                find_single(connection, S::SCHEMA.kind, &name, &preferred, viewer)?
            } else {
                None
            };
            let found =
                check_visible(S::SCHEMA, &name, viewer, found, |single: &SingleItem| &single.item)?;
            let SingleItem { item, revisions, preloaded_text: likely } = match found {
                Lookup::Former(single) => {
                    return Ok::<_, Problem>(ItemLookup::Moved(single.item.slug));
                }
                Lookup::Current(found) => found,
            };
            let revisions = Arc::new(revisions);
            let (state, shown_at) =
                answer::representation_state(S::SCHEMA, &revisions, &shaped, false);
            let representation = format!(
                "{state}\n{identity}\n{}\n{viewer:?}\n{}",
                wished.cache_key(),
                inner.country_names.identity()
            );
            let validators = CacheValidators {
                tag: EntityTag::for_item(item.id, item.revision, &representation),
                last_modified: shown_at.max(Some(item.updated_at)),
            };
            let read = validators.unless_current(&condition, || {
                let memory = CacheView::new(&inner.reference_cache, &revisions);
                let mut shown = RenderContext::new(
                    wished.clone(),
                    Arc::clone(&inner.country_names),
                    Some(memory),
                )
                .with_base_url(&base);
                let (body, language) = render_preloaded_item::<S>(
                    connection,
                    &inner,
                    (item, likely),
                    &mut shown,
                    &shaped,
                    viewer,
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
            return Ok(answer::permanent_redirect(&context, &request, &path));
        }
        ItemLookup::Found(Freshness::Fresh(validators, body)) => (validators, body),
        ItemLookup::Found(Freshness::NotModified(validators)) => {
            return Ok(answer::not_modified_response(&context, viewer, &wish, &validators));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::set_cache_headers(&mut response, &context, viewer, &wish);
    answer::set_validators(&mut response, &validators);
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
    context: &AppState,
    item: ItemRow,
    shown: &mut RenderContext,
    shape: &ResponseShape,
    viewer: Visibility,
) -> Result<(String, Option<String>), Problem> {
    render_preloaded_item::<S>(connection, context, (item, None), shown, shape, viewer)
}

/// The same of an item whose text may have been read along.
fn render_preloaded_item<S: Resource>(
    connection: &mut Connection,
    context: &AppState,
    (item, likely): (ItemRow, Option<TranslationRow>),
    shown: &mut RenderContext,
    shape: &ResponseShape,
    viewer: Visibility,
) -> Result<(String, Option<String>), Problem> {
    let id = item.id;
    let Some(mut one) = hydrate_single::<S>(connection, item, likely, viewer, shown)? else {
        return Err(Problem::internal(format!("the own fields of item {id} cannot be read")));
    };
    load_includes(connection, context, S::SCHEMA, shape, viewer, shown, one.references.iter())?;
    if shape.completeness {
        completeness::load_completeness::<S>(connection, std::slice::from_mut(&mut one))?;
    }
    // What is written to a file has no address.
    if !shown.base_url.is_empty() {
        shown.on_demand_fields = S::SCHEMA.on_demand_fields.to_vec();
    }
    let language = one.choice.as_ref().map(|choice| choice.language.as_str().to_owned());
    let referrers =
        ReferencingItems::load(connection, context, (S::SCHEMA, shape), viewer, shown, &[id])?;
    let body = answer::to_json(&S::render(one, shown), shape, referrers.for_item(id))?;
    Ok((body, language))
}

/// Finds an item that the caller may see: 404 where it was never public, 410 where it was deleted.
pub fn find_visible(
    connection: &mut Connection,
    spec: &ResourceSchema,
    name: &str,
    viewer: Visibility,
) -> Result<Lookup, Problem> {
    let found = if is_possible_name(name) { find(connection, spec.kind, name)? } else { None };
    check_visible(spec, name, viewer, found, |item| item)
}

/// Whether there can be an item of this name at all.
fn is_possible_name(name: &str) -> bool {
    !name.contains('\0') && name.len() <= 200
}

/// What was found, if the caller may see it.
fn check_visible<T>(
    spec: &ResourceSchema,
    name: &str,
    viewer: Visibility,
    found: Option<Lookup<T>>,
    item: fn(&T) -> &ItemRow,
) -> Result<Lookup<T>, Problem> {
    let missing = || {
        Problem::new(
            ProblemKind::NotFound,
            format!("There is no {} `{}`.", spec.kind.noun(), crate::http::fields::clip(name)),
        )
    };
    let found = found.ok_or_else(missing)?;
    let (Lookup::Current(one) | Lookup::Former(one)) = &found;
    let item = item(one);
    if item.deleted_at.is_some() {
        if viewer.includes_unpublished() || item.was_public {
            return Err(Problem::new(
                ProblemKind::Gone,
                format!("The {} `{}` has been deleted.", spec.kind.noun(), item.slug),
            ));
        }
        return Err(missing());
    }
    if !viewer.includes_unpublished() && !item.is_public {
        return Err(missing());
    }
    Ok(found)
}

/// A list of references as a resource shows them.
pub type EmbeddedReferences = Vec<EmbeddedJson>;

/// Serialises as nothing: a type for resources without own fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct NoFields {}

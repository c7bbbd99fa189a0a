//! `GET /v1/{kind}` and `GET /v1/{kind}/{item}`.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::Serialize;
use serde_json::Value;

use super::Subject;
use super::answer;
use super::completeness;
use super::context::Context;
use super::highlights::Marked;
use super::list::{self, Items, Links};
use super::load::{Found, Item, Single, Text, complete_single, find, find_single, load, load_page};
use super::meant::{COUNTED, meant};
use super::names::Memory;
use super::query::{ListRequest, Shape, shape};
use super::referrers::Referrers;
use super::revisions::{CATALOGUE, Revisions};
use super::shown::{Embedded, Shown};
use super::spec::Spec;
use crate::db::sql::id_in_fragment;
use crate::db::{Connection, Id, Time};
use crate::http::conditional::{ConditionalGet, EntityTag, Freshness, Validators};
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::layer::StatementCount;
use crate::http::negotiate;
use crate::http::params::QueryParams;
use crate::http::problem::{Problem, ProblemKind};

/// Answers a list.
pub async fn list<S: Subject>(
    context: web::Data<Context>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let caller = context.viewer(&request).await?;
    let wanted = Arc::new(ListRequest::read::<S>(&context, &request, caller)?);
    let shared = Arc::clone(&wanted);
    let condition = ConditionalGet::from_request(&request);
    let inner = context.clone().into_inner();
    let done = context
        .read(caller, move |connection| read_page::<S>(connection, &inner, &shared, &condition))
        .await?;
    StatementCount::record(&request, done.statement_count);
    answer_page(&context, &request, (caller, &wanted.wish), done.value, Some(S::SPEC))
}

/// Answers a page that was read, or that the client has it already. A list of one kind says where
/// its feeds are.
pub fn answer_page(
    context: &Context,
    request: &HttpRequest,
    (caller, wish): (Visibility, &LanguagePreference),
    page: Freshness<list::Page>,
    of: Option<&Spec>,
) -> Result<HttpResponse, Problem> {
    let (validators, page) = match page {
        Freshness::Fresh(validators, page) => (validators, page),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(context, caller, wish, &validators));
        }
    };
    let links = list::links(context, request, &page.info);
    let links = match of {
        Some(spec) => links.with_feeds(spec, request.path()),
        None => links,
    };
    Ok(answered(context, (caller, wish), &validators, &links)
        .content_type("application/json")
        .body(page.body(&links)?))
}

/// The head of an answer that has a list.
pub fn answered(
    context: &Context,
    (caller, wish): (Visibility, &LanguagePreference),
    validators: &Validators,
    links: &Links,
) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::caching(&mut response, context, caller, wish);
    answer::validate(&mut response, validators);
    response.insert_header((header::LINK, links.header()));
    response
}

/// What is asked of the catalogue as a whole: any change of it may show.
pub struct OfCatalogue<'a> {
    /// What makes it another than others.
    pub identity: &'a str,
    /// The languages of the answer.
    pub wish: &'a LanguagePreference,
    /// The address of this server.
    pub base: &'a str,
    /// When the representation changed although the catalogue did not, such as with the day.
    pub also_changed_at: Option<Time>,
    /// The preconditions of the request.
    pub condition: &'a ConditionalGet,
}

/// Reads what is asked of the catalogue as a whole, unless the client has it.
pub fn read_of_catalogue<T>(
    connection: &mut Connection,
    context: &Context,
    asked: &OfCatalogue<'_>,
    read: impl FnOnce(&mut Connection, &Arc<Revisions>, &mut Shown) -> Result<T, Problem>,
) -> Result<Freshness<T>, Problem> {
    // The revisions are read before the rest, as for a page of a list.
    let revisions = Arc::new(Revisions::read(connection)?);
    let (revision, changed_at) = revisions.of(CATALOGUE);
    let tag = EntityTag::from_state(&format!(
        "{revision}\n{}\n{}\n{}",
        asked.identity,
        asked.base,
        context.places.identity()
    ));
    let validators = Validators { tag, changed_at: changed_at.max(asked.also_changed_at) };
    validators.unless_current(asked.condition, || {
        let memory = Memory::new(&context.names, &revisions);
        let mut shown = Shown::new(asked.wish.clone(), Arc::clone(&context.places), Some(memory))
            .at(asked.base);
        read(connection, &revisions, &mut shown)
    })
}

fn read_page<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    wanted: &ListRequest,
    condition: &ConditionalGet,
) -> Result<Freshness<list::Page>, Problem> {
    // The revisions are read before the items: if a write falls between, the tag is older than what
    // is shown and the next conditional request is answered in full.
    let revisions = Arc::new(Revisions::read(connection)?);
    let (state, changed_at) = answer::shown_state(S::SPEC, &revisions, &wanted.shape, true);
    let tag = EntityTag::from_state(&format!(
        "{state}\n{}\n{}",
        wanted.identity,
        context.places.identity()
    ));
    let validators = Validators { tag, changed_at };
    validators
        .unless_current(condition, || load_list_page::<S>(connection, context, wanted, revisions))
}

fn load_list_page<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    wanted: &ListRequest,
    revisions: Arc<Revisions>,
) -> Result<list::Page, Problem> {
    let memory = Memory::new(&context.names, &revisions);
    let list = wanted.list(connection, S::SPEC, &memory)?;
    let mut shown =
        Shown::new(wanted.wish.clone(), Arc::clone(&context.places), Some(memory.clone()))
            .at(&wanted.base);
    shown.extras.clone_from(&wanted.shape.extras);
    let page = load_page::<S>(
        connection,
        &list,
        (&wanted.paging.start, wanted.paging.limit),
        wanted.viewer,
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
            wanted.list_to_count(connection, S::SPEC, &memory, None)?.count(connection)?,
        )
    };
    let total = wanted
        .paging
        .total
        .then(|| context.totals.of(&revisions, &wanted.counted, || count(connection)))
        .transpose()?;
    let info = wanted.paging.info(&slice, total);
    let facets = if wanted.facets.filters.is_empty() {
        None
    } else {
        Some(context.facets.of(connection, (S::SPEC, wanted), &revisions, &mut shown)?)
    };
    let did_you_mean = match wanted
        .search()
        .and_then(|search| search.little(&wanted.paging, loaded.len()))
    {
        Some(little) => meant(connection, &context.vocabulary, &little, |connection, query| {
            Ok(wanted
                .searching(query)
                .list(connection, S::SPEC, &memory)?
                .count_up_to(connection, COUNTED)?)
        })?,
        None => Vec::new(),
    };
    expand(
        connection,
        context,
        S::SPEC,
        &wanted.shape,
        wanted.viewer,
        &mut shown,
        loaded.iter().flat_map(|item| &item.links),
    )?;
    if wanted.shape.completeness {
        completeness::add::<S>(connection, &mut loaded)?;
    }
    let ids: Vec<Id> = loaded.iter().map(|one| one.item.id).collect();
    let referrers = Referrers::read(
        connection,
        context,
        (S::SPEC, &wanted.shape),
        wanted.viewer,
        &shown,
        &ids,
    )?;
    let mut items = Items::default();
    let marked = match wanted.query().filter(|_| wanted.highlights) {
        Some(query) => Some(Marked::read(connection, query, &loaded)?),
        None => None,
    };
    for one in loaded {
        let highlights =
            marked.as_ref().map(|marked| marked.of(S::SPEC, &one, wanted.viewer, &shown));
        let id = one.item.id;
        items.push(&S::view(one, &shown), &wanted.shape)?;
        for (field, referring) in referrers.of(id) {
            items.add_member(field, referring)?;
        }
        if let Some(highlights) = highlights {
            items.add_member("highlights", &highlights)?;
        }
    }
    Ok(list::Page { items, info, facets, did_you_mean })
}

/// Reads the whole resources that `include` asks for: a fixed number of queries for each field.
fn expand<'a>(
    connection: &mut Connection,
    context: &Context,
    spec: &'static Spec,
    shape: &Shape,
    viewer: Visibility,
    shown: &mut Shown,
    links: impl Iterator<Item = &'a super::load::Link>,
) -> Result<(), Problem> {
    if shape.include.is_empty() {
        return Ok(());
    }
    let mut wanted: HashMap<&'static str, Vec<Id>> = HashMap::new();
    for link in links {
        if let Some(field) = shape.include.iter().find(|field| **field == link.field) {
            let ids = wanted.entry(*field).or_default();
            if shown.knows(&link.target_id) && !ids.contains(&link.target_id) {
                ids.push(link.target_id);
            }
        }
    }
    for (field, ids) in wanted {
        let expand = spec.link(field).and_then(|link| context.expander(link.target));
        if let Some(expand) = expand {
            let mut inner =
                Shown::new(shown.wish.clone(), Arc::clone(&shown.places), shown.memory())
                    .at(&shown.base);
            for (id, whole) in expand(connection, &ids, viewer, &mut inner)? {
                shown.add_whole(id, &whole);
            }
        }
    }
    Ok(())
}

/// Reads whole resources of one kind for `include`.
pub fn wholes<S: Subject>(
    connection: &mut Connection,
    ids: &[Id],
    viewer: Visibility,
    shown: &mut Shown,
) -> Result<HashMap<Id, Value>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let loaded = load::<S>(connection, &id_in_fragment("items.id", ids), viewer, shown)?;
    loaded
        .into_iter()
        .map(|one| {
            Ok((one.item.id, serde_json::to_value(S::view(one, shown)).map_err(Problem::internal)?))
        })
        .collect()
}

/// Answers one item, by identifier or slug; a former slug redirects.
pub async fn get<S: Subject>(
    context: web::Data<Context>,
    request: HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let viewer = context.viewer(&request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let mut wish = LanguagePreference::from_request(&mut params, &request, &context.fallback);
    let shape = shape(S::SPEC, &mut params, &mut wish);
    let identity = params.canonical_without(&[]);
    params.finish()?;
    let condition = ConditionalGet::from_request(&request);
    let inner = context.clone().into_inner();
    let (wished, shaped) = (wish.clone(), shape.clone());
    let preferred = wish.preferred();
    let base = context.settings.base_url(&request);
    let done = context
        .read(viewer, move |connection| {
            let found = if can_be_name(&name) {
                find_single(connection, S::SPEC.kind, &name, &preferred, viewer)?
            } else {
                None
            };
            let found = visible(S::SPEC, &name, viewer, found, |single: &Single| &single.item)?;
            let Single { item, revisions, likely } = match found {
                Found::Moved(single) => return Ok::<_, Problem>(One::Moved(single.item.slug)),
                Found::Here(found) => found,
            };
            let revisions = Arc::new(revisions);
            let (state, shown_at) = answer::shown_state(S::SPEC, &revisions, &shaped, false);
            let representation = format!(
                "{state}\n{identity}\n{}\n{viewer:?}\n{}",
                wished.cache_key(),
                inner.places.identity()
            );
            let validators = Validators {
                tag: EntityTag::for_item(item.id, item.revision, &representation),
                changed_at: shown_at.max(Some(item.updated_at)),
            };
            let read = validators.unless_current(&condition, || {
                let memory = Memory::new(&inner.names, &revisions);
                let mut shown =
                    Shown::new(wished.clone(), Arc::clone(&inner.places), Some(memory)).at(&base);
                let (body, language) = draw_single::<S>(
                    connection,
                    &inner,
                    (item, likely),
                    &mut shown,
                    &shaped,
                    viewer,
                )?;
                Ok::<_, Problem>((body, language))
            })?;
            Ok(One::Here(read))
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let (validators, (body, language)) = match done.value {
        One::Moved(slug) => {
            let path = format!("{}/{slug}", S::SPEC.kind.path());
            return Ok(answer::moved(&context, &request, &path));
        }
        One::Here(Freshness::Fresh(validators, body)) => (validators, body),
        One::Here(Freshness::NotModified(validators)) => {
            return Ok(answer::not_modified(&context, viewer, &wish, &validators));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::caching(&mut response, &context, viewer, &wish);
    answer::validate(&mut response, &validators);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language));
    }
    response.content_type("application/json");
    Ok(response.body(body))
}

enum One {
    Moved(String),
    Here(Freshness<(String, Option<String>)>),
}

/// Draws one item; gives its JSON and its language.
pub fn draw<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    item: Item,
    shown: &mut Shown,
    shape: &Shape,
    viewer: Visibility,
) -> Result<(String, Option<String>), Problem> {
    draw_single::<S>(connection, context, (item, None), shown, shape, viewer)
}

/// The same of an item whose text may have been read along.
fn draw_single<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    (item, likely): (Item, Option<Text>),
    shown: &mut Shown,
    shape: &Shape,
    viewer: Visibility,
) -> Result<(String, Option<String>), Problem> {
    let id = item.id;
    let Some(mut one) = complete_single::<S>(connection, item, likely, viewer, shown)? else {
        return Err(Problem::internal(format!("the own fields of item {id} cannot be read")));
    };
    expand(connection, context, S::SPEC, shape, viewer, shown, one.links.iter())?;
    if shape.completeness {
        completeness::add::<S>(connection, std::slice::from_mut(&mut one))?;
    }
    // What is written to a file has no address.
    if !shown.base.is_empty() {
        shown.extras = S::SPEC.extras.to_vec();
    }
    let language = one.choice.as_ref().map(|choice| choice.language.as_str().to_owned());
    let referrers = Referrers::read(connection, context, (S::SPEC, shape), viewer, shown, &[id])?;
    let body = answer::body(&S::view(one, shown), shape, referrers.of(id))?;
    Ok((body, language))
}

/// Finds an item that the caller may see: 404 where it was never public, 410 where it was deleted.
pub fn find_visible(
    connection: &mut Connection,
    spec: &Spec,
    name: &str,
    viewer: Visibility,
) -> Result<Found, Problem> {
    let found = if can_be_name(name) { find(connection, spec.kind, name)? } else { None };
    visible(spec, name, viewer, found, |item| item)
}

/// Whether there can be an item of this name at all.
fn can_be_name(name: &str) -> bool {
    !name.contains('\0') && name.len() <= 200
}

/// What was found, if the caller may see it.
fn visible<T>(
    spec: &Spec,
    name: &str,
    viewer: Visibility,
    found: Option<Found<T>>,
    item: fn(&T) -> &Item,
) -> Result<Found<T>, Problem> {
    let missing = || {
        Problem::new(
            ProblemKind::NotFound,
            format!("There is no {} `{}`.", spec.kind.noun(), crate::http::fields::clip(name)),
        )
    };
    let found = found.ok_or_else(missing)?;
    let (Found::Here(one) | Found::Moved(one)) = &found;
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
pub type References = Vec<Embedded>;

/// Serialises as nothing: a type for resources without own fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Nothing {}

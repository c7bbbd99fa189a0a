//! `POST`, `PUT`, `PATCH` and `DELETE`: one transaction each, all errors of a body at once.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Map, Value};

use super::announce;
use super::answer;
use super::context::Context;
use super::load::{self, Found, Item, Link, Text, complete, find};
use super::names::Memory;
use super::once::{Claim, Once, Reply};
use super::query::{Shape, shape};
use super::read::{draw, find_visible};
use super::revisions::{Revisions, bump};
use super::shown::Shown;
use super::spec::Spec;
use super::texts::{Defaults, NewTexts};
use super::{Draft, NewLink, Status, Subject, index, texts, tracks};
use crate::db::schema::{items, slugs};
use crate::db::sql::{Bind, Fragment, Statement};
use crate::db::{Connection, Id, RowId, Time};
use crate::http::body;
use crate::http::conditional::{EntityTag, Precondition, Validators};
use crate::http::fields::{JsonFields, clip};
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::negotiate;
use crate::http::params::QueryParams;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::text::language::Language;
use crate::text::slug;

/// Fields that only the server sets: accepted and ignored, so that what was read can be sent back.
pub const READ_ONLY: &[&str] = &[
    "id",
    "revision",
    "created_at",
    "updated_at",
    "languages",
    "language",
    "transliterated",
    "completeness",
];

/// How a write answers.
pub struct Answering {
    wish: LanguagePreference,
    shape: Shape,
}

/// What a write did.
pub struct Outcome {
    id: Id,
    status: StatusCode,
}

impl Outcome {
    /// The item was there already.
    pub fn here(id: Id) -> Self {
        Self { id, status: StatusCode::OK }
    }
}

/// Reads how a write answers from its query.
pub fn answering<S: Subject>(
    context: &Context,
    request: &HttpRequest,
) -> Result<Answering, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let mut wish = LanguagePreference::from_request(&mut params, request, &context.fallback);
    let shape = shape(S::SPEC, &mut params, &mut wish);
    params.finish()?;
    Ok(Answering { wish, shape })
}

/// `POST /v1/{kind}`: stores a new item.
pub async fn create<S: Subject>(
    context: web::Data<Context>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let caller = context.editor(&request).await?;
    let answering = answering::<S>(&context, &request)?;
    let body =
        body::read_json(&request, payload, context.settings.body_limits(), body::BodyType::Json)
            .await?;
    let once = Once::read(&request, caller, &body)?;
    run::<S>(context, &request, answering, once, move |connection, context| {
        let id = put::<S>(connection, context, None, None, &body, false)?;
        Ok(Outcome { id, status: StatusCode::CREATED })
    })
    .await
}

/// `PUT /v1/{kind}/{item}`: replaces an item, or stores a new one under that slug.
pub async fn replace<S: Subject>(
    context: web::Data<Context>,
    request: HttpRequest,
    payload: web::Payload,
    name: String,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    context.editor(&request).await?;
    let precondition = Precondition::from_request(&request, context.settings.require_if_match)?;
    let answering = answering::<S>(&context, &request)?;
    let body =
        body::read_json(&request, payload, context.settings.body_limits(), body::BodyType::Json)
            .await?;
    run::<S>(context, &request, answering, None, move |connection, context| {
        match find(connection, S::SPEC.kind, &name)? {
            Some(Found::Moved(item)) if item.deleted_at.is_none() => Err(Redirect::to(item.slug)),
            Some(found) => {
                let item = found.item();
                gone(S::SPEC, &item)?;
                precondition.check(item.id, item.revision)?;
                let id = put::<S>(connection, context, Some(item), None, &body, false)?;
                Ok(Outcome { id, status: StatusCode::OK })
            }
            None => {
                precondition.check_absent()?;
                if Id::parse(&name).is_some() {
                    let detail = format!(
                        "There is no {} `{}`; a new one is stored under a slug, not under an id.",
                        S::SPEC.kind.noun(),
                        clip(&name)
                    );
                    return Err(Problem::new(ProblemKind::NotFound, detail).into());
                }
                slug::validate_slug(&name).map_err(|error| {
                    Problem::invalid_parameter("slug", "invalid_slug", error.to_string())
                })?;
                let id = put::<S>(connection, context, None, Some(&name), &body, false)?;
                Ok(Outcome { id, status: StatusCode::CREATED })
            }
        }
    })
    .await
}

/// `PATCH /v1/{kind}/{item}`: merges a patch into an item (RFC 7396).
pub async fn patch<S: Subject>(
    context: web::Data<Context>,
    request: HttpRequest,
    payload: web::Payload,
    name: String,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    context.editor(&request).await?;
    let precondition = Precondition::from_request(&request, context.settings.require_if_match)?;
    let answering = answering::<S>(&context, &request)?;
    let body = body::read_json(
        &request,
        payload,
        context.settings.body_limits(),
        body::BodyType::MergePatch,
    )
    .await?;
    run::<S>(context, &request, answering, None, move |connection, context| {
        let item = match find_visible(connection, S::SPEC, &name, Visibility::All)? {
            Found::Moved(item) => return Err(Redirect::to(item.slug)),
            Found::Here(item) => item,
        };
        precondition.check(item.id, item.revision)?;
        let merged = merged::<S>(connection, context, &item, &body)?;
        let flat = flat_fields(S::SPEC, &body);
        let id = put::<S>(connection, context, Some(item.clone()), None, &merged, true)
            .map_err(|problem| if flat { unflatten(problem, &merged) } else { problem })?;
        Ok(Outcome { id, status: StatusCode::OK })
    })
    .await
}

/// `DELETE /v1/{kind}/{item}`: from then on the item answers 410.
pub async fn delete<S: Subject>(
    context: web::Data<Context>,
    request: HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    context.editor(&request).await?;
    let precondition = Precondition::from_request(&request, context.settings.require_if_match)?;
    QueryParams::parse(request.query_string())?.finish()?;
    let inner = context.clone().into_inner();
    let outcome = context
        .store
        .write(move |connection| {
            let item = match find_visible(connection, S::SPEC, &name, Visibility::All)? {
                Found::Moved(item) => return Ok(Some(item.slug)),
                Found::Here(item) => item,
            };
            precondition.check(item.id, item.revision)?;
            refuse_while_held(connection, S::SPEC, &item)?;
            let now = Time::now();
            diesel::update(items::table.find(item.number))
                .set((
                    items::deleted_at.eq(Some(now)),
                    items::updated_at.eq(now),
                    items::is_public.eq(false),
                    items::revision.eq(items::revision + 1),
                    items::written.eq(Revisions::read(connection)?.next()),
                ))
                .execute(connection)?;
            index::set_public::<S>(connection, item.number, false)?;
            index::write_search::<S>(connection, &item)?;
            bump(connection, S::SPEC.kind, now)?;
            if item.is_public {
                announce::changed(connection, &inner.settings, S::SPEC.kind)?;
            }
            Ok::<_, Problem>(None)
        })
        .await?
        .value;
    match outcome {
        Some(slug) => {
            Ok(answer::moved(&context, &request, &format!("{}/{slug}", S::SPEC.kind.path())))
        }
        None => Ok(HttpResponse::NoContent().finish()),
    }
}

/// A problem, or the slug under which the item is to be found.
pub enum Redirect {
    /// A problem.
    Problem(Problem),
    /// The slug.
    To(String),
}

impl Redirect {
    fn to(slug: String) -> Self {
        Self::To(slug)
    }
}

impl From<Problem> for Redirect {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<crate::db::Error> for Redirect {
    fn from(error: crate::db::Error) -> Self {
        Self::Problem(error.into())
    }
}

/// Runs a write in its transaction and answers with the item as it is then. Under an
/// Idempotency-Key it goes on to its end even when the client has gone, and what it answered is
/// kept.
pub async fn run<S: Subject>(
    context: web::Data<Context>,
    request: &HttpRequest,
    answering: Answering,
    once: Option<Once>,
    work: impl Fn(&mut Connection, &Context) -> Result<Outcome, Redirect> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let base = context.settings.base_url(request);
    let inner = context.clone().into_inner();
    let done = match once {
        None => perform::<S>(inner, base, answering, None, work).await,
        Some(once) => {
            let task = actix_web::rt::spawn(async move {
                match once.claim(&inner).await? {
                    Claim::Answered(reply) => Ok(reply),
                    Claim::Ours => {
                        let done = perform::<S>(
                            Arc::clone(&inner),
                            base,
                            answering,
                            Some(once.clone()),
                            work,
                        )
                        .await;
                        match &done {
                            Ok(_) => {}
                            Err(Redirect::Problem(problem)) => {
                                once.settle(&inner, Some(problem)).await
                            }
                            Err(Redirect::To(_)) => once.settle(&inner, None).await,
                        }
                        done
                    }
                }
            });
            task.await.map_err(Problem::internal)?
        }
    };
    let reply = match done {
        Ok(reply) => reply,
        Err(Redirect::Problem(problem)) => return Err(problem),
        Err(Redirect::To(slug)) => {
            return Ok(answer::moved(
                &context,
                request,
                &format!("{}/{slug}", S::SPEC.kind.path()),
            ));
        }
    };
    let mut response =
        HttpResponse::build(StatusCode::from_u16(reply.status).map_err(Problem::internal)?);
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.content_type("application/json").body(reply.body))
}

async fn perform<S: Subject>(
    context: Arc<Context>,
    base: String,
    answering: Answering,
    once: Option<Once>,
    work: impl Fn(&mut Connection, &Context) -> Result<Outcome, Redirect> + Send + 'static,
) -> Result<Reply, Redirect> {
    let inner = Arc::clone(&context);
    let identity = format!("write\n{}\n{:?}", answering.wish.cache_key(), answering.shape);
    let done = context.store.write(move |connection| {
        let outcome = work(connection, &inner)?;
        let item: Item = items::table
            .filter(items::id.eq(outcome.id))
            .select(Item::as_select())
            .first(connection)
            .map_err(Problem::from)?;
        let revisions = Revisions::read(connection)?;
        let (state, shown_at) = answer::shown_state(S::SPEC, &revisions, &answering.shape, false);
        let tag = EntityTag::for_item(item.id, item.revision, &format!("{state}\n{identity}"));
        let validators = Validators { tag, changed_at: shown_at.max(Some(item.updated_at)) };
        let mut headers = validators.headers();
        if outcome.status == StatusCode::CREATED {
            headers.push((
                header::LOCATION.to_string(),
                format!("{base}{}/{}", S::SPEC.kind.path(), item.slug),
            ));
        }
        let memory = Memory::of_others(&inner.names, &Arc::new(revisions), S::SPEC.kind);
        let mut shown =
            Shown::new(answering.wish.clone(), Arc::clone(&inner.places), Some(memory)).at(&base);
        let (body, language) =
            draw::<S>(connection, &inner, item, &mut shown, &answering.shape, Visibility::All)?;
        headers.extend(language.map(|language| (header::CONTENT_LANGUAGE.to_string(), language)));
        let reply = Reply { status: outcome.status.as_u16(), headers, body };
        if let Some(once) = &once {
            once.keep(connection, &reply)?;
        }
        Ok::<_, Redirect>(reply)
    });
    done.await.map(|done| done.value)
}

fn gone(spec: &Spec, item: &Item) -> Result<(), Problem> {
    if item.deleted_at.is_some() {
        return Err(Problem::new(
            ProblemKind::Gone,
            format!(
                "The {} `{}` has been deleted; its slug is not given to another.",
                spec.kind.noun(),
                item.slug
            ),
        ));
    }
    Ok(())
}

/// What became of an item that was to be stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The item.
    pub id: Id,
    /// Its slug.
    pub slug: String,
    /// Whether anything of it is other than before.
    pub is_changed: bool,
    /// Whether the public sees that.
    pub is_seen: bool,
}

/// Stores a body as [`store`] does, and bumps the revisions if that changed anything.
fn put<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    existing: Option<Item>,
    slug_of_path: Option<&str>,
    body: &Value,
    is_patch: bool,
) -> Result<Id, Problem> {
    let stored = store::<S>(connection, context, existing, slug_of_path, body, is_patch)?;
    if stored.is_changed {
        bump(connection, S::SPEC.kind, Time::now())?;
    }
    if stored.is_seen {
        announce::changed(connection, &context.settings, S::SPEC.kind)?;
    }
    Ok(stored.id)
}

/// Merges a patch into an item and stores that, as PATCH does. The revisions are still to be
/// bumped.
pub fn amend<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    item: Item,
    patch: &Value,
) -> Result<Stored, Problem> {
    let merged = merged::<S>(connection, context, &item, patch)?;
    store::<S>(connection, context, Some(item), None, &merged, true)
}

/// Stores a body as an item, new or not. Everything that is wrong is reported together. The
/// revisions are still to be bumped.
pub fn store<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    existing: Option<Item>,
    slug_of_path: Option<&str>,
    body: &Value,
    is_patch: bool,
) -> Result<Stored, Problem> {
    let spec = S::SPEC;
    let now = Time::now();
    let id = existing.as_ref().map_or_else(Id::new, |item| item.id);
    let revisions = Arc::new(Revisions::read(connection)?);
    let memory = Memory::of_others(&context.names, &revisions, spec.kind);
    let before = match &existing {
        Some(item) => {
            let mut shown = Shown::new(
                LanguagePreference::all_languages(context.fallback.clone()),
                Arc::clone(&context.places),
                Some(memory.clone()),
            );
            complete::<S>(connection, vec![item.clone()], Visibility::All, &mut shown)?.pop()
        }
        None => None,
    };

    let mut errors = Vec::new();
    let about = About {
        existing: existing.as_ref(),
        has_languages: before.as_ref().is_some_and(|before| before.texts.len() > 1),
        slug_of_path,
        fallback: &context.settings.default_language(),
    };
    let Some(understood) = understand::<S>(body, &about, &mut errors) else {
        return Err(Problem::invalid_fields(errors));
    };
    let Understood { status, published_at, slug, texts: mut new_texts, mut draft } = understood;

    let resolved = resolve(connection, spec, &draft.links, &mut errors)?;
    S::check(
        connection,
        existing.as_ref().map(|item| item.id),
        &mut draft.own,
        &resolved,
        &mut errors,
    )?;
    if !errors.is_empty() {
        return Err(Problem::invalid_fields(errors));
    }
    if is_patch && status == Status::Published {
        publish_first(&mut new_texts, before.as_ref().map(|before| before.item.status.as_str()));
    }

    let stated = slug
        .or_else(|| slug_of_path.map(str::to_owned))
        .or_else(|| existing.as_ref().map(|item| item.slug.clone()));
    let (slug, is_claimed) = match stated {
        Some(slug) => {
            let is_claimed =
                may_claim(connection, spec, existing.as_ref().map(|item| item.number), &slug)?;
            (slug, is_claimed)
        }
        None => (free_slug(connection, spec, &new_texts)?, false),
    };

    let is_public = status == Status::Published
        && new_texts.texts.iter().any(|text| text.status == "published");
    let published_at = published_at.or_else(|| {
        existing
            .as_ref()
            .filter(|_| !has_null(body, "published_at"))
            .and_then(|item| item.published_at)
    });
    let links = in_order(&resolved);
    let mut item = Item {
        number: existing.as_ref().map_or(0, |item| item.number),
        id,
        kind: spec.kind.as_str().to_owned(),
        slug,
        status: status.as_str().to_owned(),
        original_language: new_texts.original.as_str().to_owned(),
        languages: new_texts.languages(|_| true),
        public_languages: new_texts.languages(|text| text.status == "published"),
        refers_to: load::pack_links(&links),
        own: serde_json::to_string(&draft.own).map_err(Problem::internal)?,
        tracks: existing.as_ref().map(|item| item.tracks.clone()).unwrap_or_default(),
        revision: existing.as_ref().map_or(1, |item| item.revision),
        is_public,
        was_public: is_public || existing.as_ref().is_some_and(|item| item.was_public),
        created_at: existing.as_ref().map_or(now, |item| item.created_at),
        updated_at: existing.as_ref().map_or(now, |item| item.updated_at),
        published_at: published_at.or((status == Status::Published).then_some(now)),
        deleted_at: None,
        purged_at: None,
        written: existing.as_ref().map_or_else(|| revisions.next(), |item| item.written),
    };
    if before.as_ref().is_some_and(|before| before.item == item && before.texts == new_texts.texts)
    {
        return Ok(Stored { id, slug: item.slug, is_changed: false, is_seen: false });
    }
    let renamed = before
        .as_ref()
        .is_none_or(|before| before.texts != new_texts.texts || before.item.is_public != is_public);
    (item.updated_at, item.written) = (now, revisions.next());
    save::<S>(connection, &mut item, &draft.own, &new_texts.texts, &links, is_claimed)?;
    if let Some(before) = &before {
        S::changed(connection, &item, &before.own, &draft.own)?;
    }
    let lent = lent(connection, context, spec, &links, &memory)?;
    let spoken = tracks::spoken(connection, &[&item])?.remove(&item.number).unwrap_or_default();
    let slug = item.slug.clone();
    let source = index::Source::new(&item, new_texts.texts, spoken, lent)?;
    index::write_entries(connection, source, existing.as_ref().map(Item::dated))?;
    if renamed && existing.is_some() && index::lends_its_name(spec.kind) {
        index::write_referrers(connection, id)?;
    }
    let is_seen = is_public || existing.is_some_and(|item| item.is_public);
    Ok(Stored { id, slug, is_changed: true, is_seen })
}

/// The titles of what an item refers to.
fn lent(
    connection: &mut Connection,
    context: &Context,
    spec: &'static Spec,
    links: &[Link],
    memory: &Memory,
) -> Result<index::Lent, Problem> {
    let mut titles = |viewer| {
        let mut shown = Shown::new(
            LanguagePreference::all_languages(context.fallback.clone()),
            Arc::clone(&context.places),
            Some(memory.clone()),
        );
        let links = || links.iter().filter(|link| index::is_lent(&link.field));
        load::load_targets(connection, links().map(|link| (spec, link)), viewer, &mut shown)?;
        let targets = links().filter_map(|link| shown.target(&link.target_id));
        let titles = targets
            .flat_map(|target| target.languages.iter().cloned().zip(target.titles.iter().cloned()));
        Ok::<_, Problem>(titles.collect())
    };
    Ok(index::Lent { public: titles(Visibility::Published)?, all: titles(Visibility::All)? })
}

/// What a body is read against.
pub struct About<'a> {
    /// The item as it is, if it is there.
    pub existing: Option<&'a Item>,
    /// Whether it has texts in several languages.
    pub has_languages: bool,
    /// The slug in the address of a new item.
    pub slug_of_path: Option<&'a str>,
    /// The original language of a new item whose body states none.
    pub fallback: &'a Language,
}

/// A body whose every field was read. What only the database can tell is not checked.
#[derive(Clone, Debug)]
pub struct Understood<O> {
    /// Whether the public sees the item.
    pub status: Status,
    /// When it was published, if that is stated.
    pub published_at: Option<Time>,
    /// Its slug, if that is stated.
    pub slug: Option<String>,
    /// Its texts.
    pub texts: NewTexts,
    /// The kind's own fields and the references.
    pub draft: Draft<O>,
}

/// Reads the fields of a body; `None` where it is no object. It can be stored only if nothing was
/// reported to `errors`.
pub fn understand<S: Subject>(
    body: &Value,
    about: &About<'_>,
    errors: &mut Vec<FieldError>,
) -> Option<Understood<S::Own>> {
    let mut fields = JsonFields::new(body, "", errors)?;
    fields.ignore(READ_ONLY);
    let stated_status = fields.enum_value("status", &Status::ALL);
    let status = stated_status
        .or_else(|| {
            about.existing.and_then(|item| {
                Status::ALL.iter().find(|(name, _)| *name == item.status).map(|(_, status)| *status)
            })
        })
        .unwrap_or(Status::Draft);
    let published_at = fields.time("published_at");
    let slug = fields.text("slug", 200);
    let original = about.existing.and_then(|item| Language::parse(&item.original_language).ok());
    let original = original.as_ref().unwrap_or(about.fallback);
    let defaults = Defaults { status, original, original_may_follow: about.existing.is_none() };
    let texts = texts::read(&mut fields, S::SPEC, &defaults);
    if texts.flat && about.has_languages {
        fields.error(
            "translations",
            "would_lose_languages",
            "The item has texts in several languages; send all of them in `translations` (GET with `lang=all` gives them), or use PATCH.",
        );
    }
    if let Some(slug) = &slug {
        if let Err(error) = slug::validate_slug(slug) {
            fields.error("slug", "invalid_slug", error.to_string());
        }
        if about.slug_of_path.is_some_and(|path| path != slug) {
            fields.error("slug", "conflicting", "The slug differs from the one in the address; a new item gets the slug of the address.");
        }
    }
    let draft = S::read(&mut fields);
    fields.finish();
    Some(Understood { status, published_at, slug, texts, draft })
}

fn has_null(body: &Value, field: &str) -> bool {
    body.get(field).is_some_and(Value::is_null)
}

/// Stores the rows of an item; one that has no number yet is new and gets one.
fn save<S: Subject>(
    connection: &mut Connection,
    item: &mut Item,
    own: &S::Own,
    new_texts: &[Text],
    links: &[Link],
    is_claimed: bool,
) -> Result<(), Problem> {
    let is_new = item.number == 0;
    if is_new {
        item.number = load::insert_item(connection, item)?;
    } else {
        item.revision = item.revision.saturating_add(1);
        diesel::update(items::table.find(item.number)).set(&*item).execute(connection)?;
        load::delete_texts(connection, [item.number])?;
    }
    if !is_claimed {
        claim(connection, item)?;
    }
    save_columns::<S>(connection, item, own, links, is_new)?;
    load::insert_texts(connection, item.number, new_texts)?;
    index::write_facets::<S>(connection, item, own, new_texts, links, is_new)?;
    Ok(())
}

/// Keeps the slug of an item for it.
pub fn claim(connection: &mut Connection, item: &Item) -> Result<(), crate::db::Error> {
    diesel::insert_into(slugs::table)
        .values((
            slugs::kind.eq(&item.kind),
            slugs::slug.eq(&item.slug),
            slugs::item.eq(item.number),
        ))
        .execute(connection)?;
    Ok(())
}

/// Stores the row of the table that the kind declares, if it declares one.
pub fn save_columns<S: Subject>(
    connection: &mut Connection,
    item: &Item,
    own: &S::Own,
    links: &[Link],
    is_new: bool,
) -> Result<(), crate::db::Error> {
    let Some(table) = &S::SPEC.table else { return Ok(()) };
    if !is_new {
        delete_columns::<S>(connection, item.number)?;
    }
    let values = std::iter::once(Bind::Integer(item.number)).chain(S::columns(item, own, links));
    let columns = table.columns.join(", ");
    let statement =
        Fragment::new(format!("INSERT INTO {} (number, {columns}) VALUES (", table.name))
            .binds(values)
            .sql(")");
    Statement::<BigInt>::new(statement).execute(connection)?;
    Ok(())
}

/// Removes that row.
pub fn delete_columns<S: Subject>(
    connection: &mut Connection,
    number: RowId,
) -> Result<(), crate::db::Error> {
    if let Some(table) = &S::SPEC.table {
        let statement = Fragment::new(format!("DELETE FROM {} WHERE number = ", table.name))
            .bind(Bind::Integer(number));
        Statement::<BigInt>::new(statement).execute(connection)?;
    }
    Ok(())
}

/// An item that is published by a patch that says nothing of its texts, none of which is public, is
/// published in its original language.
fn publish_first(new_texts: &mut NewTexts, status_before: Option<&str>) {
    if status_before == Some("published")
        || new_texts.texts.iter().any(|text| text.status == "published")
    {
        return;
    }
    let original = new_texts.original.as_str().to_owned();
    if let Some(text) = new_texts.texts.iter_mut().find(|text| text.language == original) {
        Status::Published.as_str().clone_into(&mut text.status);
    }
}

/// Finds the items that a body refers to.
fn resolve(
    connection: &mut Connection,
    spec: &Spec,
    wanted: &[NewLink],
    errors: &mut Vec<FieldError>,
) -> Result<Vec<(NewLink, Id)>, Problem> {
    let mut declared = Vec::with_capacity(wanted.len());
    for link in wanted {
        let Some(spec) = spec.link(link.field) else {
            return Err(Problem::internal(format!(
                "{} declares no reference {}",
                spec.kind.as_str(),
                link.field
            )));
        };
        declared.push((spec.target, link.target.id_or_slug.as_str()));
    }
    let found = load::find_all(connection, &declared)?;
    let mut resolved: Vec<(NewLink, Id)> = Vec::new();
    for (link, (kind, name)) in wanted.iter().zip(declared) {
        let Some((id, slug)) = found.get(&(kind, name.to_owned())) else {
            let detail = format!("There is no {} `{}`.", kind.noun(), clip(name));
            errors.push(FieldError::field(
                link.target.pointer.clone(),
                "unknown_reference",
                detail,
            ));
            continue;
        };
        let repeated = resolved.iter().any(|(other, other_id)| {
            other.field == link.field
                && other_id == id
                && other.role == link.role
                && other.start == link.start
        });
        if repeated {
            errors.push(FieldError::field(
                link.target.pointer.clone(),
                "repeated",
                format!("`{slug}` is named twice here."),
            ));
            continue;
        }
        resolved.push((link.clone(), *id));
    }
    Ok(resolved)
}

/// References in the order in which an item keeps them: field by field, and as they were written.
fn in_order(resolved: &[(NewLink, Id)]) -> Vec<Link> {
    let mut links: Vec<Link> = resolved
        .iter()
        .map(|(link, target)| Link {
            field: link.field.to_owned(),
            target_id: *target,
            role: link.role.clone(),
            start_seconds: link.start,
            end_seconds: link.end,
        })
        .collect();
    links.sort_by(|a, b| a.field.cmp(&b.field));
    links
}

/// A slug made from the title in the original language, numbered where it is taken.
fn free_slug(
    connection: &mut Connection,
    spec: &Spec,
    new_texts: &NewTexts,
) -> Result<String, Problem> {
    let original = new_texts.texts.iter().find(|text| text.language == new_texts.original.as_str());
    let mut base = original.map(|text| slug::slugify(&text.title)).unwrap_or_default();
    if slug::validate_slug(&base).is_err() {
        base = if base.is_empty() {
            spec.kind.as_str().replace('_', "-")
        } else {
            slug::slugify(&format!("{} {base}", spec.kind.noun()))
        };
    }
    let mut candidate = base.clone();
    for number in 2..u32::MAX {
        let taken: Option<RowId> = slugs::table
            .filter(slugs::kind.eq(spec.kind.as_str()))
            .filter(slugs::slug.eq(&candidate))
            .select(slugs::item)
            .first(connection)
            .optional()?;
        if taken.is_none() {
            break;
        }
        candidate = slug::numbered(&base, number);
    }
    Ok(candidate)
}

/// Fails where another item has, or once had, this slug; says whether this item has or had it.
fn may_claim(
    connection: &mut Connection,
    spec: &Spec,
    item: Option<RowId>,
    slug: &str,
) -> Result<bool, Problem> {
    let owner: Option<RowId> = slugs::table
        .filter(slugs::kind.eq(spec.kind.as_str()))
        .filter(slugs::slug.eq(slug))
        .select(slugs::item)
        .first(connection)
        .optional()?;
    if owner.is_some() && owner != item {
        let detail = format!(
            "Another {} has or had the slug `{slug}`; choose another one.",
            spec.kind.noun()
        );
        let mut problem = Problem::new(ProblemKind::Conflict, detail.clone());
        problem.errors.push(FieldError::field("/slug", "taken", detail));
        return Err(problem);
    }
    Ok(owner.is_some())
}

/// 409 while others refer to the item; says which.
fn refuse_while_held(connection: &mut Connection, spec: &Spec, item: &Item) -> Result<(), Problem> {
    let condition = index::refers_to(item.id)
        .sql(" AND items.deleted_at IS NULL ORDER BY items.kind, items.slug LIMIT 1000");
    let mut rows = load::read_items(connection, &condition)?;
    rows.retain(|row| row.links().iter().any(|link| link.target_id == item.id));
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<String> = rows
        .iter()
        .take(5)
        .map(|row| format!("{} `{}`", row.kind.replace('_', " "), row.slug))
        .collect();
    let more = if rows.len() > names.len() {
        format!(" and {} more", rows.len().saturating_sub(names.len()))
    } else {
        String::new()
    };
    let detail = format!(
        "The {} `{}` is referred to by {}{more}. Change or delete these first.",
        spec.kind.noun(),
        item.slug,
        names.join(", ")
    );
    let mut problem = Problem::new(ProblemKind::Conflict, detail);
    problem.errors.push(FieldError::field(
        "",
        "referenced",
        format!("{} reference(s), the first of a {}", rows.len(), first.kind.replace('_', " ")),
    ));
    Err(problem)
}

/// The item as PUT would take it, with a patch merged in. Flat texts of the patch mean those of the
/// original language.
pub fn merged<S: Subject>(
    connection: &mut Connection,
    context: &Context,
    item: &Item,
    patch: &Value,
) -> Result<Value, Problem> {
    let spec = S::SPEC;
    let Value::Object(patch) = patch else {
        return Err(Problem::invalid_fields(vec![FieldError::field(
            "",
            "wrong_type",
            "A merge patch of an item is an object.",
        )]));
    };
    let wish = LanguagePreference::all_languages(context.fallback.clone());
    let mut shown = Shown::new(wish, Arc::clone(&context.places), None);
    let (text, _) = draw::<S>(
        connection,
        context,
        item.clone(),
        &mut shown,
        &Shape::default(),
        Visibility::All,
    )?;
    let mut base: Value = serde_json::from_str(&text).map_err(Problem::internal)?;
    if let Some(fields) = base.as_object_mut() {
        S::before_patch(fields, patch);
    }
    patched(spec, base, patch, &item.original_language)
}

/// An item as PUT would take it, with a patch merged in.
pub fn patched(
    spec: &Spec,
    mut base: Value,
    patch: &Map<String, Value>,
    original_language: &str,
) -> Result<Value, Problem> {
    let mut patch = patch.clone();
    if spec.texts.iter().any(|(name, _)| patch.contains_key(*name)) {
        if patch.contains_key("translations") {
            let detail = "Send either flat texts or `translations`, not both.";
            return Err(Problem::invalid_fields(vec![FieldError::field(
                "/translations",
                "conflicting",
                detail,
            )]));
        }
        let original = patch
            .get("original_language")
            .and_then(Value::as_str)
            .unwrap_or(original_language)
            .to_owned();
        let mut flat = Map::new();
        for (name, _) in spec.texts {
            if let Some(value) = patch.remove(*name) {
                flat.insert((*name).to_owned(), value);
            }
        }
        let mut translations = Map::new();
        translations.insert(original, Value::Object(flat));
        patch.insert("translations".to_owned(), Value::Object(translations));
    }
    body::apply_merge_patch(&mut base, &Value::Object(patch));
    Ok(base)
}

fn flat_fields(spec: &Spec, patch: &Value) -> bool {
    spec.texts.iter().any(|(name, _)| patch.get(*name).is_some())
}

/// Errors of texts that came flat are reported where they were sent.
fn unflatten(mut problem: Problem, merged: &Value) -> Problem {
    let original = merged.get("original_language").and_then(Value::as_str).unwrap_or_default();
    let prefix = format!("/translations/{original}");
    for error in &mut problem.errors {
        if let Some(rest) =
            error.pointer.as_deref().and_then(|pointer| pointer.strip_prefix(&prefix))
        {
            error.pointer = Some(rest.to_owned());
        }
    }
    problem
}

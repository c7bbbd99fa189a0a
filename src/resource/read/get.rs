//! `GET` of one item.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, EntityTag, Freshness};
use crate::http::language::{LanguageKey, LanguagePreference};
use crate::http::middleware::StatementCount;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::resource::cache::references::CacheView;
use crate::resource::extract::ConditionalViewer;
use crate::resource::model::item::LoadedItem;
use crate::resource::query::shape::parse_shape;
use crate::resource::read::include::{IncludeContext, load_includes};
use crate::resource::read::referenced_by::ReferencingItems;
use crate::resource::read::response::ResponseContext;
use crate::resource::read::response::{RepresentationState, RevisionKey};
use crate::resource::read::{completeness, response};
use crate::resource::state::AppState;
use crate::resource::store::lookup::{Lookup, PreloadedTexts, SingleItem, find_single};
use crate::resource::store::visibility::{check_visible, is_possible_name};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::{PreloadedItem, hydrate_single};
use crate::resource::view::resource::Resource;

/// Responds with one item, by identifier or slug; a former slug redirects to the current one.
pub async fn get<S: Resource>(
    app_state: web::Data<AppState>,
    request: HttpRequest,
    viewer: ConditionalViewer,
    name: String,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let mut params = QueryParams::parse(request.query_string())?;
    let mut language_preference =
        LanguagePreference::parse(&mut params, app_state.language_defaults(&request));
    let shape = parse_shape(S::SCHEMA, &[], &mut params, &mut language_preference);
    let canonical_query = params.canonical_without(&[]);
    params.finish()?;
    let shared_state = app_state.clone().into_inner();
    let (shared_preference, shared_shape) = (language_preference.clone(), shape.clone());
    let preferred = language_preference.preferred();
    let base = app_state.settings.base_url(&request);
    let done = app_state
        .read(visibility, move |connection| {
            let lookup = if is_possible_name(&name) {
                let texts = PreloadedTexts { preferred: &preferred, visibility };
                find_single(connection, S::SCHEMA.kind, &name, texts)?
            } else {
                None
            };
            let lookup = check_visible(S::SCHEMA, &name, visibility, lookup)?;
            let SingleItem { item, revisions, preloaded_text } = match lookup {
                Lookup::Former(single) => {
                    return Ok::<_, Problem>(ItemLookup::Moved(single.item.slug));
                }
                Lookup::Current(lookup) => lookup,
            };
            let revisions = Arc::new(revisions);
            let state = RepresentationState::of_item(
                S::SCHEMA,
                revisions.visible_to(visibility),
                &shared_shape,
            );
            let representation = ItemTag {
                revisions: &state.revisions,
                query: &canonical_query,
                languages: shared_preference.key(),
                visibility,
                country_names: shared_state.country_names.cache_key(),
                base_url: &base,
            };
            let validators = CacheValidators {
                tag: EntityTag::for_item(item.version(), &representation),
                last_modified: state.changed_at.max(Some(item.updated_at)),
                fresh_until: revisions.next_scheduled_change(),
            };
            let read = validators.unless_current(&condition, || {
                let cache = CacheView::new(&shared_state.reference_cache, &revisions);
                let mut render_context = RenderContext::new(
                    shared_preference.clone(),
                    Arc::clone(&shared_state.country_names),
                    Some(cache),
                )
                .with_base_url(&base);
                let include_context = IncludeContext {
                    state: &shared_state,
                    schema: S::SCHEMA,
                    shape: &shared_shape,
                    visibility,
                };
                let preloaded = PreloadedItem { item, text: preloaded_text };
                render_item::<S>(connection, include_context, preloaded, &mut render_context)
            })?;
            Ok(ItemLookup::Found(read))
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let response_context = ResponseContext::new(&app_state, visibility, &language_preference);
    let (validators, (body, language)) = match done.value {
        ItemLookup::Moved(slug) => {
            let path = format!("{}/{slug}", S::SCHEMA.kind.path());
            return Ok(response::permanent_redirect(&app_state, &request, &path));
        }
        ItemLookup::Found(Freshness::Fresh(validators, body)) => (validators, body),
        ItemLookup::Found(Freshness::NotModified(validators)) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mut response = response_context.ok(&validators);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language));
    }
    response.content_type("application/json");
    Ok(response.body(body))
}

#[derive(Serialize)]
struct ItemTag<'a> {
    revisions: &'a RevisionKey,
    query: &'a str,
    languages: LanguageKey<'a>,
    visibility: Visibility,
    country_names: &'a str,
    base_url: &'a str,
}

enum ItemLookup {
    Moved(String),
    Found(Freshness<(String, Option<String>)>),
}

/// Loads the texts, fields and references of one item.
pub fn load_item<S: Resource>(
    connection: &mut Connection,
    preloaded: PreloadedItem,
    visibility: Visibility,
    render_context: &mut RenderContext,
) -> Result<LoadedItem<S::Fields>, Problem> {
    let id = preloaded.item.id;
    hydrate_single::<S>(connection, preloaded, visibility, render_context)?
        .ok_or_else(|| Problem::internal(format!("the own fields of item {id} cannot be read")))
}

/// Renders one item; returns its JSON and its language.
pub fn render_item<S: Resource>(
    connection: &mut Connection,
    include_context: IncludeContext<'_>,
    preloaded: PreloadedItem,
    render_context: &mut RenderContext,
) -> Result<(String, Option<String>), Problem> {
    let IncludeContext { shape, visibility, .. } = include_context;
    let id = preloaded.item.id;
    let mut loaded = load_item::<S>(connection, preloaded, visibility, render_context)?;
    load_includes(connection, include_context, loaded.references.iter(), render_context)?;
    if shape.completeness {
        completeness::load_completeness::<S>(connection, std::slice::from_mut(&mut loaded))?;
    }
    // Without a base URL (representations written to files) on-demand fields are omitted.
    if !render_context.base_url.is_empty() {
        render_context.on_demand_fields = S::SCHEMA.on_demand_fields.to_vec();
    }
    let language = loaded.choice.as_ref().map(|choice| choice.language.as_str().to_owned());
    let referrers = ReferencingItems::load(connection, include_context, &[id], render_context)?;
    let body =
        response::to_json(&S::render(loaded, render_context), shape, referrers.for_item(id))?;
    Ok((body, language))
}

//! Loads an item by id or slug, with its extras, for embed pages and metadata.

use actix_web::{HttpRequest, web};
use serde::Serialize;
use serde_json::Value;

use crate::db::{Connection, Id, ReadCost};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::{LanguageKey, LanguagePreference};
use crate::http::problem::Problem;
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::query::shape::ResponseShape;
use crate::resource::read::catalogue::{CatalogueRequest, ReadContext, read_catalogue};
use crate::resource::read::content_notes::content_notes_in_other_language;
use crate::resource::read::include::IncludeContext;
use crate::resource::read::referenced_by::ReferencingItems;
pub use crate::resource::read::response::permanent_redirect;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::hydrate_single;
use crate::resource::view::resource::Resource;
use crate::text::fingerprint::Fingerprint;
use crate::text::language_fallback::preference_order;
use crate::videos::fields::VideoFields;
use crate::videos::media::Chapter;
use crate::videos::resource::Videos;
use crate::videos::tracks::chapters;

/// The include that loads the impact statistics that reference a video as evidence.
const STATISTICS_INCLUDE: &str = "impact_statistics";

/// A request for an item.
pub struct ItemRequest<'a> {
    /// Id or slug.
    pub id_or_slug: String,
    /// Visibility of the viewer.
    pub visibility: Visibility,
    /// Preferred languages.
    pub language_preference: &'a LanguagePreference,
    /// Other state that affects the response: part of the `ETag`.
    pub etag_key: Fingerprint,
    /// Whether to load [`VideoExtras`].
    pub with_extras: bool,
    /// Whether a former slug is accepted; otherwise the result is [`Located::Moved`].
    pub accept_former_slug: bool,
}

/// Related data of a video.
#[derive(Default)]
pub struct VideoExtras {
    /// The full programme.
    pub programme: Option<Value>,
    /// Language and text of the content note, if the selected language has none.
    pub content_note: Option<(String, String)>,
    /// Chapters, preferably in the selected language.
    pub chapters: Vec<Chapter>,
    /// The full impact statistics that it is evidence of.
    pub statistics: Vec<Value>,
}

/// Result of a look-up by id or slug.
pub enum Located<T> {
    /// The item, converted.
    Found(T),
    /// The current slug, if a former one was requested.
    Moved(String),
}

/// Loads a video and converts it, unless the client has the current version.
pub async fn load_video<T: Send + 'static>(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    item_request: ItemRequest<'_>,
    build: impl Fn(LoadedItem<VideoFields>, VideoExtras, &RenderContext) -> T + Send + 'static,
) -> Result<Freshness<Located<T>>, Problem> {
    let with_extras = item_request.with_extras;
    load_item::<Videos, T>(
        context,
        request,
        item_request,
        move |connection, read_context, loaded, render_context| {
            let extras = if with_extras {
                load_extras(connection, read_context, &loaded, render_context)?
            } else {
                VideoExtras::default()
            };
            Ok(build(loaded, extras, render_context))
        },
    )
    .await
}

/// Loads an item of any kind and converts it, unless the client has the current version.
pub async fn load_item<S: Resource, T: Send + 'static>(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    item_request: ItemRequest<'_>,
    build: impl Fn(
        &mut Connection,
        ReadContext<'_>,
        LoadedItem<S::Fields>,
        &RenderContext,
    ) -> Result<T, Problem>
    + Send
    + 'static,
) -> Result<Freshness<Located<T>>, Problem> {
    let ItemRequest {
        id_or_slug: name,
        visibility,
        language_preference,
        etag_key,
        accept_former_slug,
        ..
    } = item_request;
    let catalogue_request = CatalogueRequest {
        etag_key: Fingerprint::of(&ItemKey {
            representation: etag_key,
            name: &name,
            languages: language_preference.key(),
            visibility,
        }),
        visibility,
        language_preference: language_preference.clone(),
        base_url: context.settings.base_url(request),
        cost: ReadCost::Light,
        also_changed_at: None,
    };
    read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let item = match find_visible(connection, S::SCHEMA, &name, visibility)? {
                Lookup::Former(item) if !accept_former_slug => {
                    return Ok(Located::Moved(item.slug));
                }
                Lookup::Former(item) | Lookup::Current(item) => item,
            };
            let unreadable =
                format!("the stored fields of {} {} are invalid", S::SCHEMA.kind.noun(), item.id);
            let loaded = hydrate_single::<S>(connection, item.into(), visibility, render_context)?
                .ok_or_else(|| Problem::internal(unreadable))?;
            Ok(Located::Found(build(connection, read_context, loaded, render_context)?))
        },
    )
    .await
}

#[derive(Serialize)]
struct ItemKey<'a> {
    representation: Fingerprint,
    name: &'a str,
    languages: LanguageKey<'a>,
    visibility: Visibility,
}

fn load_extras(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    loaded: &LoadedItem<VideoFields>,
    render_context: &RenderContext,
) -> Result<VideoExtras, Problem> {
    let programme = load_programme(connection, read_context, loaded, render_context)?;
    let content_note =
        content_notes_in_other_language(connection, read_context, std::slice::from_ref(loaded))?
            .into_values()
            .next();
    let mut languages = preference_order(render_context.language_preference.ranges());
    languages.splice(0..0, loaded.choice.as_ref().map(|choice| choice.language.clone()));
    let (chapters, _) =
        chapters::load_chapters(connection, &loaded.item, &loaded.fields.chapters, &languages)?;
    let shape = ResponseShape { include: vec![STATISTICS_INCLUDE], ..ResponseShape::default() };
    let id = loaded.item.id;
    let include_context = IncludeContext {
        state: read_context.state,
        schema: Videos::SCHEMA,
        shape: &shape,
        visibility: read_context.visibility,
    };
    let referrers = ReferencingItems::load(connection, include_context, &[id], render_context)?;
    let statistics =
        referrers.for_item(id).flat_map(|(_, statistics)| statistics.clone()).collect();
    Ok(VideoExtras { programme, content_note, chapters, statistics })
}

/// The full programme of an item, if visible.
pub fn load_programme<O>(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    loaded: &LoadedItem<O>,
    render_context: &RenderContext,
) -> Result<Option<Value>, Problem> {
    let ReadContext { state, visibility, .. } = read_context;
    let ids: Vec<Id> = loaded
        .references_in("programme")
        .map(|link| link.target_id)
        .filter(|id| render_context.has_target(id))
        .collect();
    let Some(expand) = state.include_loader(ResourceKind::PROGRAMME).filter(|_| !ids.is_empty())
    else {
        return Ok(None);
    };
    let mut programme_context = render_context.for_embedded();
    Ok(expand(connection, &ids, visibility, &mut programme_context)?.into_values().next())
}

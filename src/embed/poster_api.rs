//! HTTP handlers for `/v1/videos/{video}/poster.svg` and `.png`.

use std::sync::Arc;

use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};

use crate::db::{Connection, Time};
use crate::embed::html_shell::is_rtl;
use crate::embed::load_item::{self, Located};
use crate::http::conditional::{CacheValidators, EntityTag};
use crate::http::language::LanguagePreference;
use crate::http::middleware::StatementCount;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::http::visibility::Visibility;
use crate::images::poster::{PNG_WIDTHS, Poster, SIZE};
use crate::images::rasterizer::{PixelSize, PngRenderer};
use crate::resource::cache::references::CacheView;
use crate::resource::extract::ConditionalViewer;
use crate::resource::model::revisions::Revisions;
use crate::resource::read::get;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::videos::resource::Videos;
use crate::videos::schema::SCHEMA;

/// Get the poster of a video
///
/// An image generated from title and programme, in the language and script of the response; the
/// colours depend on the slug. For videos without a thumbnail, and for pages without third-party
/// requests.
#[utoipa::path(operation_id = "get_video_poster", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the title (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "The poster.", content((String = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"))))))]
#[get("/v1/videos/{video}/poster.svg")]
pub async fn video_poster(
    context: web::Data<AppState>,
    request: HttpRequest,
    id_or_slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    respond(&context, &request, id_or_slug.into_inner(), PosterFormat::Svg).await
}

/// Get the poster of a video as PNG
///
/// The same image rasterized for clients without SVG support, such as social networks and search
/// engines. The font covers the Latin, Cyrillic and Greek scripts; words in other scripts and
/// symbols such as emoji are omitted.
#[utoipa::path(operation_id = "get_video_poster_png", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the title (BCP 47).", example = "sr-Cyrl"),
    ("width" = inline(Option<PosterWidth>), Query, description = "Width in pixels; the aspect ratio is 16:9.", example = 640),
), responses((status = 200, description = "The poster.", content((String = "image/png", example = json!("\u{2026}"))))))]
#[get("/v1/videos/{video}/poster.png")]
pub async fn video_poster_png(
    context: web::Data<AppState>,
    renderer: web::Data<PngRenderer>,
    request: HttpRequest,
    id_or_slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    respond(&context, &request, id_or_slug.into_inner(), PosterFormat::Png(&renderer)).await
}

/// Width of a poster as PNG.
pub struct PosterWidth;

impl utoipa::PartialSchema for PosterWidth {
    fn schema() -> RefOr<Schema> {
        let widths: Object = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some(PNG_WIDTHS))
            .default(Some(SIZE.0.into()))
            .build();
        widths.into()
    }
}

impl utoipa::ToSchema for PosterWidth {}

/// Format of a poster.
enum PosterFormat<'a> {
    Svg,
    Png(&'a PngRenderer),
}

/// What a poster depends on. Its entity tag follows from its content, so that changes of other
/// videos do not empty caches of images.
#[derive(Serialize)]
struct PosterTag<'a> {
    extension: &'static str,
    width: u32,
    poster: &'a Poster,
}

/// Loads a poster.
fn load_poster(
    connection: &mut Connection,
    state: &AppState,
    poster_request: &PosterRequest,
) -> Result<Located<LoadedPoster>, Problem> {
    let PosterRequest { id_or_slug, visibility, language_preference } = poster_request;
    let revisions = Arc::new(Revisions::load(connection)?);
    let item = match find_visible(connection, &SCHEMA, id_or_slug, *visibility)? {
        Lookup::Former(item) => return Ok(Located::Moved(item.slug)),
        Lookup::Current(item) => item,
    };
    let mut render_context = RenderContext::new(
        language_preference.clone(),
        Arc::clone(&state.country_names),
        Some(CacheView::new(&state.reference_cache, &revisions)),
    );
    let mut video =
        get::load_item::<Videos>(connection, item.into(), *visibility, &mut render_context)?;
    let programme = video
        .references_in("programme")
        .find_map(|reference| render_context.short_reference(&reference.target_id))
        .map(|programme| programme.title);
    let chosen = video.take_selected_text();
    let (language, title) = chosen.map_or_else(Default::default, |chosen| {
        (chosen.language.as_str().to_owned(), chosen.text.title)
    });
    let is_rtl = is_rtl(&language);
    let programmes_changed_at = revisions.changed_at(ResourceKind::PROGRAMME.as_str(), *visibility);
    let changed_at = programmes_changed_at.max(Some(video.item.updated_at));
    let poster = Poster { slug: video.item.slug, language, is_rtl, title, programme };
    let fresh_until = revisions.next_scheduled_change();
    Ok(Located::Found(LoadedPoster { poster, changed_at, fresh_until }))
}

/// A poster with what its validators depend on.
struct LoadedPoster {
    poster: Poster,
    /// Time of the last change of the video and of any programme.
    changed_at: Option<Time>,
    /// Time of the next scheduled change.
    fresh_until: Option<Time>,
}

/// A request for a poster.
struct PosterRequest {
    id_or_slug: String,
    visibility: Visibility,
    language_preference: LanguagePreference,
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    id_or_slug: String,
    poster_format: PosterFormat<'_>,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = ConditionalViewer::extract(request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, context.language_defaults(request));
    if language_preference.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        );
    }
    let (extension, width) = match poster_format {
        PosterFormat::Svg => ("svg", SIZE.0),
        PosterFormat::Png(_) => ("png", parse_width(&mut params)),
    };
    params.finish()?;
    let poster_request =
        PosterRequest { id_or_slug, visibility, language_preference: language_preference.clone() };
    let state = context.clone().into_inner();
    let done = context
        .read(visibility, move |connection| load_poster(connection, &state, &poster_request))
        .await?;
    StatementCount::record(request, done.statement_count);
    let LoadedPoster { poster, changed_at, fresh_until } = match done.value {
        Located::Moved(slug) => {
            return Ok(load_item::permanent_redirect(
                context,
                request,
                &format!("/v1/videos/{slug}/poster.{extension}"),
            ));
        }
        Located::Found(found) => found,
    };
    let tag = EntityTag::from_key(&PosterTag { extension, width, poster: &poster });
    let validators = CacheValidators { tag, last_modified: changed_at, fresh_until };
    let response_context = ResponseContext::new(context, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    let (media_type, body) = match poster_format {
        PosterFormat::Svg => ("image/svg+xml", Bytes::from(poster.to_svg())),
        PosterFormat::Png(painter) => (
            "image/png",
            painter
                .render(
                    poster.with_supported_glyphs().to_svg(),
                    PixelSize { width, height: width.saturating_mul(9) / 16 },
                    context.settings.database_wait,
                )
                .await?,
        ),
    };
    let mut response = response_context.ok(&validators);
    Ok(response.content_type(media_type).body(body))
}

fn parse_width(params: &mut QueryParams) -> u32 {
    let (min, max) = (PNG_WIDTHS.iter().min().copied().unwrap_or(0), i64::from(SIZE.0));
    let requested = params.integer("width", min..=max).unwrap_or(max);
    if !PNG_WIDTHS.contains(&requested) {
        params.error(
            "width",
            "out_of_range",
            format!(
                "`width` must be one of {}.",
                PNG_WIDTHS.map(|width| width.to_string()).join(", ")
            ),
        );
    }
    u32::try_from(requested).unwrap_or(SIZE.0)
}

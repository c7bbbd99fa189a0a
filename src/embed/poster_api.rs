//! HTTP handlers for `/v1/videos/{video}/poster.svg` and `.png`.

use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};

use crate::embed::html_shell::is_rtl;
use crate::embed::load_item::{self, ItemRequest, Located};
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::images::poster::{PNG_WIDTHS, Poster, SIZE};
use crate::images::rasterizer::PngRenderer;
use crate::resource::extract::Viewer;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::text::fingerprint::Fingerprint;

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

#[derive(Serialize)]
struct PosterKey {
    extension: &'static str,
    width: u32,
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    id_or_slug: String,
    poster_format: PosterFormat<'_>,
) -> Result<HttpResponse, Problem> {
    let Viewer(visibility) = Viewer::extract(request).await?;
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
    let etag_key = Fingerprint::of(&PosterKey { extension, width });
    let item_request = ItemRequest {
        id_or_slug,
        visibility,
        language_preference: &language_preference,
        etag_key,
        with_extras: false,
        accept_former_slug: false,
    };
    let response_context = ResponseContext::new(context, visibility, &language_preference);
    let (validators, found) = match load_item::load_video(
        context,
        request,
        item_request,
        |mut video, _, render_context| {
            let programme = video
                .references_in("programme")
                .find_map(|reference| render_context.short_reference(&reference.target_id))
                .map(|programme| programme.title);
            let chosen = video.take_selected_text();
            let (language, title) = chosen.map_or_else(Default::default, |chosen| {
                (chosen.language.as_str().to_owned(), chosen.text.title)
            });
            let is_rtl = is_rtl(&language);
            Poster { slug: video.item.slug, language, is_rtl, title, programme }
        },
    )
    .await?
    {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let poster = match found {
        Located::Moved(slug) => {
            return Ok(load_item::permanent_redirect(
                context,
                request,
                &format!("/v1/videos/{slug}/poster.{extension}"),
            ));
        }
        Located::Found(poster) => poster,
    };
    let (media_type, body) = match poster_format {
        PosterFormat::Svg => ("image/svg+xml", Bytes::from(poster.to_svg())),
        PosterFormat::Png(painter) => (
            "image/png",
            painter
                .render(
                    poster.with_supported_glyphs().to_svg(),
                    (width, width.saturating_mul(9) / 16),
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

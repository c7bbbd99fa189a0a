//! `/v1/videos/{video}/poster.svg` and `.png`: the picture that stands for a video without one,
//! drawn of its title.

use std::fmt::Write;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, get};
use maud::{Markup, PreEscaped, html};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};

use crate::embed::html_shell::is_rtl;
use crate::embed::load_item::{self, ItemRequest, Located};
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::images::font::{Face, FontWeight, strip_unsupported};
use crate::images::rasterizer::PngRenderer;
use crate::resource::read::response;
use crate::resource::state::AppState;
use crate::text::is_markup;

/// Width and height, in pixels.
pub const SIZE: (u32, u32) = (1280, 720);
/// The widths in which it is painted; the height is nine sixteenths of the width.
pub const PNG_WIDTHS: [i64; 3] = [1280, 640, 320];
/// How many lines of the title there is room for.
const MAX_TITLE_LINES: usize = 4;
/// How wide a line may be, in pixels.
const MAX_LINE_WIDTH: f32 = 1_090.0;
/// The size of the title's letters, in pixels.
const TITLE_FONT_SIZE: f32 = 76.0;
/// The size of the programme's letters, in pixels.
const PROGRAMME_FONT_SIZE: f32 = 36.0;

/// Get the poster of a video
///
/// A picture made of its title and its programme, in the answer's language and script; its colours
/// follow the slug. For videos without a thumbnail, and for pages that ask nobody else for
/// pictures.
#[utoipa::path(operation_id = "get_video_poster", tag = "Videos", params(
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
/// The same picture for those who take no SVG, such as social networks and search engines. It is
/// painted with a font that has the Latin, the Cyrillic and the Greek letters. Words in other
/// scripts are left out, and so are signs such as emoji: of a title that is all in another script,
/// the programme and the colours remain.
#[utoipa::path(operation_id = "get_video_poster_png", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the title (BCP 47).", example = "sr-Cyrl"),
    ("width" = inline(Option<PosterWidth>), Query, description = "The width in pixels; the height is nine sixteenths of it.", example = 640),
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

/// A width in which a poster is painted.
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

/// In what a poster is given.
enum PosterFormat<'a> {
    Svg,
    Png(&'a PngRenderer),
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    id_or_slug: String,
    poster_format: PosterFormat<'_>,
) -> Result<HttpResponse, Problem> {
    let viewer = context.visibility(request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::from_request(&mut params, request, &context.fallback_languages);
    if language_preference.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "A poster is in one language: name it, or leave `lang` out.",
        );
    }
    let (extension, width) = match poster_format {
        PosterFormat::Svg => ("svg", SIZE.0),
        PosterFormat::Png(_) => ("png", parse_width(&mut params)),
    };
    params.finish()?;
    let etag_key = format!("poster\n{extension}\n{width}");
    let item_request = ItemRequest {
        id_or_slug: id_or_slug,
        visibility: viewer,
        language_preference: &language_preference,
        etag_key: etag_key,
        with_extras: false,
        accept_former_slug: false,
    };
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
            Poster { slug: video.item.slug, language, title, programme }
        },
    )
    .await?
    {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                context,
                viewer,
                &language_preference,
                &validators,
            ));
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
        PosterFormat::Png(painter) => {
            let wait = Duration::from_millis(context.settings.database_wait_ms);
            (
                "image/png",
                painter
                    .render(
                        poster.with_supported_glyphs().to_svg(),
                        (width, width.saturating_mul(9) / 16),
                        wait,
                    )
                    .await?,
            )
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, context, viewer, &language_preference);
    response::set_validators(&mut response, &validators);
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
                "A poster is painted {} pixels wide, not {requested}.",
                PNG_WIDTHS.map(|width| width.to_string()).join(", ")
            ),
        );
    }
    u32::try_from(requested).unwrap_or(SIZE.0)
}

/// The address of the PNG of a video's poster, below that of the server: as wide as possible where
/// no width is given.
pub fn png_path(slug: &str, language: &str, width: Option<i64>) -> String {
    let width = width
        .filter(|width| *width != i64::from(SIZE.0))
        .map(|width| format!("&width={width}"))
        .unwrap_or_default();
    format!("/v1/videos/{slug}/poster.png?lang={language}{width}")
}

/// The largest size in which it is painted that fits.
pub fn largest_size_within(width: Option<i64>, height: Option<i64>) -> Option<(i64, i64)> {
    let sizes = PNG_WIDTHS.map(|width| (width, width.saturating_mul(9) / 16));
    sizes.into_iter().find(|size| {
        width.is_none_or(|most| size.0 <= most) && height.is_none_or(|most| size.1 <= most)
    })
}

/// What a poster shows.
#[derive(Debug, Default)]
pub struct Poster {
    /// The slug of the video: the colours follow it.
    pub slug: String,
    /// The language of the title.
    pub language: String,
    /// The title.
    pub title: String,
    /// The programme's.
    pub programme: Option<String>,
}

impl Poster {
    /// The same with what the bundled font has. Nothing of that is written from the right.
    #[must_use]
    pub fn with_supported_glyphs(&self) -> Self {
        Self {
            slug: self.slug.clone(),
            language: String::new(),
            title: strip_unsupported(&self.title),
            programme: self.programme.as_deref().map(strip_unsupported),
        }
    }

    /// The picture.
    pub fn to_svg(&self) -> String {
        let without_invalid_chars =
            |text: &str| text.chars().filter(|c| is_markup(*c)).collect::<String>();
        let (title, programme) = (
            &without_invalid_chars(&self.title),
            self.programme.as_deref().map(without_invalid_chars),
        );
        let hue = self
            .slug
            .bytes()
            .fold(17_u32, |hue, byte| hue.wrapping_mul(31).wrapping_add(u32::from(byte)));
        // Slugs that are nearly the same have colours that are not.
        let hue = hue.wrapping_mul(137) % 360;
        let from_the_right = is_rtl(&self.language);
        let (direction, x) = if from_the_right { ("rtl", 1190) } else { ("ltr", 90) };
        let lines = wrap_title(title);
        let mut text = String::new();
        for (line, y) in lines
            .iter()
            .zip((0_u32..).map(|place| 300_u32.saturating_add(place.saturating_mul(92))))
        {
            let (length, adjusted) =
                text_length(line, &Face::new(FontWeight::Bold, TITLE_FONT_SIZE));
            let line =
                html! { tspan x=(x) y=(y) textLength=[length] lengthAdjust=[adjusted] { (line) } };
            let _ = write!(text, "{}", line.into_string());
        }
        let colour = |degrees: u32, lightness: u32| {
            format!("hsl({} 55% {lightness}%)", hue.saturating_add(degrees) % 360)
        };
        let picture: Markup = html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width=(SIZE.0) height=(SIZE.1) role="img" lang=(self.language) {
                title { (title) }
                defs {
                    linearGradient id="sky" x1="0" y1="0" x2="1" y2="1" {
                        stop offset="0" stop-color=(colour(0, 26)) {}
                        stop offset="1" stop-color=(colour(40, 14)) {}
                    }
                }
                rect width="1280" height="720" fill="url(#sky)" {}
                circle cx=(if from_the_right { 150 } else { 1130 }) cy="110" r="260" fill=(colour(20, 32)) opacity=".5" {}
                g font-family="'Noto Sans', system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" fill="#fff" direction=(direction) {
                    @if let Some(programme) = programme {
                        @let face = Face::new(FontWeight::Regular, PROGRAMME_FONT_SIZE);
                        @let programme = ellipsize(&programme, &face);
                        @let (length, adjusted) = text_length(&programme, &face);
                        text x=(x) y="150" font-size=(PROGRAMME_FONT_SIZE) opacity=".85" textLength=[length] lengthAdjust=[adjusted] { (programme) }
                    }
                    text font-size=(TITLE_FONT_SIZE) font-weight="700" { (PreEscaped(text)) }
                }
            }
        };
        picture.into_string()
    }
}

/// How long a line is made, in pixels, and by what: it was measured with a font that who looks at
/// it may not have, and another may be wider. Nothing of a line with letters that the font lacks.
fn text_length(line: &str, face: &Face) -> (Option<String>, Option<&'static str>) {
    let is_measured = !line.is_empty() && line.chars().all(|c| face.has_glyph(c));
    if is_measured {
        (Some(format!("{:.0}", face.width(line))), Some("spacingAndGlyphs"))
    } else {
        (None, None)
    }
}

/// A title in lines; what there is no room for is left out, and the last line says so.
fn wrap_title(title: &str) -> Vec<String> {
    let face = Face::new(FontWeight::Bold, TITLE_FONT_SIZE);
    let blank = face.width(" ");
    let mut lines: Vec<(String, f32)> = Vec::new();
    'title: for word in title.split_whitespace() {
        for (piece, width) in break_word(word, &face) {
            let is_full = lines.len() == MAX_TITLE_LINES;
            match lines.last_mut() {
                Some((line, line_width))
                    if is_full || *line_width + blank + width <= MAX_LINE_WIDTH =>
                {
                    line.extend([" ", &piece]);
                    *line_width += blank + width;
                    if *line_width > MAX_LINE_WIDTH {
                        // It is shortened, and nothing more is shown.
                        break 'title;
                    }
                }
                _ => lines.push((piece, width)),
            }
        }
    }
    lines.into_iter().map(|(line, _)| ellipsize(&line, &face)).collect()
}

/// A word in pieces that fit a line, with their widths; no more than there is room for.
fn break_word(word: &str, face: &Face) -> Vec<(String, f32)> {
    let mut pieces: Vec<(String, f32)> = Vec::new();
    for c in word.chars() {
        let width = face.width(c.encode_utf8(&mut [0; 4]));
        let is_enough = pieces.len() > MAX_TITLE_LINES;
        match pieces.last_mut() {
            Some((piece, piece_width)) if *piece_width + width <= MAX_LINE_WIDTH => {
                piece.push(c);
                *piece_width += width;
            }
            Some(_) if is_enough => break,
            _ => pieces.push((c.to_string(), width)),
        }
    }
    pieces
}

/// A text that fits a line: its end is left out where there is no room for it.
fn ellipsize(text: &str, face: &Face) -> String {
    let ellipsis_width = face.width("…");
    // The end of what fits with the dots behind it.
    let (mut text_width, mut end) = (0.0, 0);
    for (index, c) in text.char_indices() {
        text_width += face.width(c.encode_utf8(&mut [0; 4]));
        if text_width > MAX_LINE_WIDTH {
            return format!("{}…", text.get(..end).unwrap_or_default().trim_end());
        }
        if text_width + ellipsis_width <= MAX_LINE_WIDTH {
            end = index.saturating_add(c.len_utf8());
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wraps_titles() {
        assert_eq!(
            wrap_title("Football players speak out about violence"),
            ["Football players speak out", "about violence"]
        );
        assert_eq!(wrap_title(""), Vec::<String>::new());
        let long = wrap_title(&"violence ".repeat(40));
        assert_eq!((long.len(), long.last().unwrap().ends_with('…')), (4, true));
        assert!(long.iter().take(3).all(|line| line == "violence violence violence"), "{long:?}");
        let face = Face::new(FontWeight::Bold, TITLE_FONT_SIZE);
        for (title, lines) in [
            ("ж".repeat(60), 4),
            ("W".repeat(40), 3),
            ("i".repeat(40), 1),
            ("ж".repeat(10_000), 4),
            ("映".repeat(20), 2),
        ] {
            let wrapped = wrap_title(&title);
            assert_eq!(wrapped.len(), lines, "{wrapped:?}");
            assert!(wrapped.iter().all(|line| face.width(line) <= MAX_LINE_WIDTH), "{wrapped:?}");
            let all = wrapped.concat();
            assert!(all == title || all.ends_with('…'), "{all}");
        }
    }

    #[test]
    fn text_length_matches_measured_width() {
        let lengths = |title: &str| -> Vec<Option<String>> {
            let svg = Poster {
                slug: "a".to_owned(),
                language: "sq".to_owned(),
                title: title.to_owned(),
                programme: None,
            }
            .to_svg();
            let read = roxmltree::Document::parse(&svg).unwrap();
            let lines = read
                .descendants()
                .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "tspan")));
            lines.map(|line| line.attribute("textLength").map(str::to_owned)).collect()
        };
        let measured = lengths("Me fjalët e tyre, pjesa e dytë: partnerë dhe përfitues");
        assert!(
            measured.len() == 2
                && measured
                    .iter()
                    .flatten()
                    .all(|length| (600..=1_100).contains(&length.parse::<i32>().unwrap())),
            "{measured:?}"
        );
        assert_eq!(lengths("映画"), [None], "what the font lacks is not measured");
    }

    #[test]
    fn picks_largest_fitting_size() {
        for (width, height, expected) in [
            (None, None, Some((1280, 720))),
            (Some(1_279), None, Some((640, 360))),
            (Some(640), Some(360), Some((640, 360))),
            (Some(640), Some(359), Some((320, 180))),
            (Some(319), None, None),
            (None, Some(100), None),
        ] {
            assert_eq!(largest_size_within(width, height), expected);
        }
        assert_eq!(png_path("a", "tr", Some(1280)), "/v1/videos/a/poster.png?lang=tr");
        assert_eq!(png_path("a", "tr", Some(320)), "/v1/videos/a/poster.png?lang=tr&width=320");
    }

    proptest! {
        #[test]
        fn any_title_makes_a_picture(title in "\\PC{0,300}|[\\x00-\\x7F\u{FFFE}]{0,60}", programme in "\\PC{0,80}") {
            let svg = Poster { slug: "a-slug".to_owned(), language: "en".to_owned(), title, programme: Some(programme) }.to_svg();
            let read = roxmltree::Document::parse(&svg);
            prop_assert!(read.is_ok(), "{:?}: {}", read.err(), svg);
        }
    }
}

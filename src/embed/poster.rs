//! `/v1/videos/{video}/poster.svg`: the picture that stands for a video without one, drawn of its title.

use std::fmt::Write;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, PreEscaped, html};

use super::item::{self, Asked, At};
use super::page::is_written_from_the_right;
use crate::http::language::Wish;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::text::is_markup;

/// Width and height, in pixels.
pub const SIZE: (u32, u32) = (1280, 720);
/// How many lines of the title there is room for.
const LINES: usize = 4;
/// About how wide a line is, in letters.
const LETTERS: usize = 24;

/// Get the poster of a video
///
/// A picture made of its title and its programme, in the answer's language and script; its colours follow the slug. For videos without a
/// thumbnail, and for pages that ask nobody else for pictures.
#[utoipa::path(operation_id = "get_video_poster", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the title (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "The poster.", content((String = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"))))))]
#[get("/v1/videos/{video}/poster.svg")]
pub async fn video_poster(context: web::Data<Context>, request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let viewer = context.viewer(&request).await?;
    let mut params = Params::parse(request.query_string())?;
    let wish = Wish::read(&mut params, &request, &context.fallback);
    if wish.all {
        params.error("lang", "invalid_language", "A poster is in one language: name it, or leave `lang` out.");
    }
    params.finish()?;
    let asked = Asked { name: name.into_inner(), viewer, wish: &wish, identity: "poster".to_owned(), with_owed: false, follows: false };
    let (validators, found) = item::read(&context, &request, asked, |mut video, _, shown| {
        let programme = video.in_field("programme").find_map(|link| shown.reference(&link.target_id)).map(|programme| programme.title);
        let chosen = video.take_chosen();
        let (language, title) = chosen.map_or_else(Default::default, |chosen| (chosen.language.as_str().to_owned(), chosen.text.title));
        draw(&video.item.slug, &language, &title, programme.as_deref())
    })
    .await?;
    if let Some(response) = answer::not_modified(&request, &context, viewer, &wish, &validators) {
        return Ok(response);
    }
    match found {
        None => Err(Problem::internal("a poster that was not drawn was needed")),
        Some(At::Moved(slug)) => Ok(item::moved(&context, &request, &format!("/v1/videos/{slug}/poster.svg"))),
        Some(At::Here(svg)) => {
            let mut response = HttpResponse::build(StatusCode::OK);
            answer::caching(&mut response, &context, viewer, &wish);
            answer::validate(&mut response, &validators);
            Ok(response.content_type("image/svg+xml").body(svg))
        }
    }
}

/// The picture.
pub fn draw(slug: &str, language: &str, title: &str, programme: Option<&str>) -> String {
    let kept = |text: &str| text.chars().filter(|c| is_markup(*c)).collect::<String>();
    let (title, programme) = (&kept(title), programme.map(kept));
    let hue = slug.bytes().fold(17_u32, |hue, byte| hue.wrapping_mul(31).wrapping_add(u32::from(byte)));
    // Slugs that are nearly the same have colours that are not.
    let hue = hue.wrapping_mul(137) % 360;
    let from_the_right = is_written_from_the_right(language);
    let (direction, x) = if from_the_right { ("rtl", 1190) } else { ("ltr", 90) };
    let lines = wrapped(title);
    let mut text = String::new();
    for (line, y) in lines.iter().zip((0_u32..).map(|place| 300_u32.saturating_add(place.saturating_mul(92)))) {
        let _ = write!(text, "{}", html! { tspan x=(x) y=(y) { (line) } }.into_string());
    }
    let colour = |degrees: u32, lightness: u32| format!("hsl({} 55% {lightness}%)", hue.saturating_add(degrees) % 360);
    let picture: Markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width=(SIZE.0) height=(SIZE.1) role="img" lang=(language) {
            title { (title) }
            defs {
                linearGradient id="sky" x1="0" y1="0" x2="1" y2="1" {
                    stop offset="0" stop-color=(colour(0, 26)) {}
                    stop offset="1" stop-color=(colour(40, 14)) {}
                }
            }
            rect width="1280" height="720" fill="url(#sky)" {}
            circle cx=(if from_the_right { 150 } else { 1130 }) cy="110" r="260" fill=(colour(20, 32)) opacity=".5" {}
            g font-family="system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif" fill="#fff" direction=(direction) {
                @if let Some(programme) = programme {
                    text x=(x) y="150" font-size="36" opacity=".85" { (shortened(&programme, 56)) }
                }
                text font-size="76" font-weight="700" { (PreEscaped(text)) }
            }
        }
    };
    picture.into_string()
}

/// A title in lines; what there is no room for is left out, and it says so.
fn wrapped(title: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        for piece in pieces(word) {
            let room = |line: &String| line.chars().count().saturating_add(piece.chars().count()) < LETTERS;
            match lines.last_mut().filter(|line| room(line)) {
                Some(line) => line.extend([" ", &piece]),
                None => lines.push(piece),
            }
        }
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            *last = format!("{}…", shortened(last, LETTERS.saturating_sub(1)));
        }
    }
    lines
}

/// A word in pieces that fit a line.
fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(LETTERS).map(|piece| piece.iter().collect()).collect()
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most.saturating_sub(1)).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn titles_are_wrapped() {
        assert_eq!(wrapped("Football players speak out about violence"), ["Football players speak", "out about violence"]);
        assert_eq!(wrapped(""), Vec::<String>::new());
        let long = wrapped(&"violence ".repeat(40));
        assert_eq!((long.len(), long.last().unwrap().ends_with('…')), (4, true));
        assert_eq!(wrapped(&"ж".repeat(60)), ["ж".repeat(24), "ж".repeat(24), "ж".repeat(12)]);
    }

    proptest! {
        #[test]
        fn any_title_makes_a_picture(title in "\\PC{0,300}|[\\x00-\\x7F\u{FFFE}]{0,60}", programme in "\\PC{0,80}") {
            let svg = draw("a-slug", "en", &title, Some(&programme));
            let read = roxmltree::Document::parse(&svg);
            prop_assert!(read.is_ok(), "{:?}: {}", read.err(), svg);
        }
    }
}

//! Posters: SVG images for videos, generated from title and programme.

use serde::Serialize;
use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use crate::images::font::{Face, FontWeight, strip_unsupported};
use crate::text::is_xml_char;

/// Width and height, in pixels.
pub const SIZE: (u32, u32) = (1280, 720);
/// Widths of PNG posters in pixels; the aspect ratio is 16:9.
pub const PNG_WIDTHS: [i64; 3] = [1280, 640, 320];
/// Maximum lines of the title.
const MAX_TITLE_LINES: usize = 4;
/// Maximum width of a line, in pixels.
const MAX_LINE_WIDTH: f32 = 1_090.0;
/// Font size of the title, in pixels.
const TITLE_FONT_SIZE: f32 = 76.0;
/// Font size of the programme, in pixels.
const PROGRAMME_FONT_SIZE: f32 = 36.0;

/// The path of the PNG poster of a video; the largest width by default.
pub fn png_path(slug: &str, language: &str, width: Option<i64>) -> String {
    let width = width
        .filter(|width| *width != i64::from(SIZE.0))
        .map(|width| format!("&width={width}"))
        .unwrap_or_default();
    format!("/v1/videos/{slug}/poster.png?lang={language}{width}")
}

/// The largest PNG size within limits.
pub fn largest_size_within(width: Option<i64>, height: Option<i64>) -> Option<(i64, i64)> {
    let sizes = PNG_WIDTHS.map(|width| (width, width.saturating_mul(9) / 16));
    sizes.into_iter().find(|size| {
        width.is_none_or(|most| size.0 <= most) && height.is_none_or(|most| size.1 <= most)
    })
}

/// Content of a poster.
#[derive(Debug, Default, Serialize)]
pub struct Poster {
    /// The slug of the video; determines the colours.
    pub slug: String,
    /// The language of the title (BCP 47).
    pub language: String,
    /// Whether that is written from right to left.
    pub is_rtl: bool,
    /// The title.
    pub title: String,
    /// The title of the programme.
    pub programme: Option<String>,
}

impl Poster {
    /// Removes text that the bundled font does not support; it has no right-to-left script.
    #[must_use]
    pub fn with_supported_glyphs(&self) -> Self {
        Self {
            slug: self.slug.clone(),
            language: String::new(),
            is_rtl: false,
            title: strip_unsupported(&self.title),
            programme: self.programme.as_deref().map(strip_unsupported),
        }
    }

    /// Renders the poster.
    pub fn to_svg(&self) -> String {
        let without_invalid_chars =
            |text: &str| text.chars().filter(|c| is_xml_char(*c)).collect::<String>();
        let (title, programme) = (
            &without_invalid_chars(&self.title),
            self.programme.as_deref().map(without_invalid_chars),
        );
        let hue = self
            .slug
            .bytes()
            .fold(17_u32, |hue, byte| hue.wrapping_mul(31).wrapping_add(u32::from(byte)));
        // Similar slugs get different colours.
        let hue = hue.wrapping_mul(137) % 360;
        let (direction, x) = if self.is_rtl { ("rtl", 1190) } else { ("ltr", 90) };
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
                circle cx=(if self.is_rtl { 150 } else { 1130 }) cy="110" r="260" fill=(colour(20, 32)) opacity=".5" {}
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

/// `textLength` and `lengthAdjust` of a line, since the font of the reader may be wider; `None` if
/// the bundled font lacks a character.
fn text_length(line: &str, face: &Face) -> (Option<String>, Option<&'static str>) {
    let is_measured = !line.is_empty() && line.chars().all(|c| face.has_glyph(c));
    if is_measured {
        (Some(format!("{:.0}", face.width(line))), Some("spacingAndGlyphs"))
    } else {
        (None, None)
    }
}

/// Wraps a title; a truncated title ends with an ellipsis.
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
                        // The line is truncated, and the rest of the title is omitted.
                        break 'title;
                    }
                }
                _ => lines.push((piece, width)),
            }
        }
    }
    lines.into_iter().map(|(line, _)| ellipsize(&line, &face)).collect()
}

/// Breaks a word into pieces that fit a line, with their widths.
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

/// Truncates a text to the width of a line with an ellipsis.
fn ellipsize(text: &str, face: &Face) -> String {
    let ellipsis_width = face.width("…");
    // End of the prefix that fits with the ellipsis.
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
                is_rtl: false,
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
        assert_eq!(lengths("映画"), [None], "unsupported characters are not measured");
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
        fn any_title_is_valid_svg(title in "\\PC{0,300}|[\\x00-\\x7F\u{FFFE}]{0,60}", programme in "\\PC{0,80}") {
            let svg = Poster { slug: "a-slug".to_owned(), language: "en".to_owned(), is_rtl: false, title, programme: Some(programme) }.to_svg();
            let read = roxmltree::Document::parse(&svg);
            prop_assert!(read.is_ok(), "{:?}: {}", read.err(), svg);
        }
    }
}

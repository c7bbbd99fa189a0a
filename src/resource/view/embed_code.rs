//! What webmasters paste into their pages.

use maud::html;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The width of a frame where nobody asks for another, in pixels.
pub const DEFAULT_WIDTH: i64 = 640;
/// What stands beside the picture of a video needs about so much more height than the picture.
const TEXT_HEIGHT: i64 = 180;

/// The height of a frame of this width: a picture of 16 to 9 and the text below it.
pub fn frame_height(width: i64) -> i64 {
    (width.saturating_mul(9) / 16).saturating_add(TEXT_HEIGHT)
}

/// A frame that shows a page of ours.
pub fn iframe_html(page: &str, (width, height): (i64, i64), title: &str) -> String {
    let frame = html! {
        iframe src=(page) width=(width) height=(height) title=(title) style="border:0;max-width:100%" loading="lazy"
            allow="autoplay; fullscreen; picture-in-picture; encrypted-media" referrerpolicy="strict-origin-when-cross-origin" {}
    };
    frame.into_string()
}

/// A video as a component, with the script that it needs; without the script there is a link.
pub fn video_component_html(
    base: &str,
    slug: &str,
    (page, title, language): (&str, &str, Option<&str>),
) -> String {
    let component = html! {
        script src=(format!("{base}/embed/kinoteka.js")) defer {}
        "\n"
        kinoteka-video server=(base) video=(slug) lang=[language] { a href=(page) { (title) } }
    };
    component.into_string()
}

/// A list of videos as a component, in the same way.
pub fn list_component_html(
    base: &str,
    (query, layout, language): (&str, Option<&str>, Option<&str>),
    (page, title): (&str, &str),
) -> String {
    let component = html! {
        script src=(format!("{base}/embed/kinoteka.js")) defer {}
        "\n"
        kinoteka-videos server=(base) query=[(!query.is_empty()).then_some(query)] layout=[layout] lang=[language] { a href=(page) { (title) } }
    };
    component.into_string()
}

/// Where oEmbed tells of a page of ours.
pub fn oembed_url(base: &str, page: &str) -> String {
    format!("{base}/oembed?url={}", utf8_percent_encode(page, NON_ALPHANUMERIC))
}

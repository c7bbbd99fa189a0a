//! HTML for embedding that webmasters paste into their pages.

use maud::html;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Default width of a frame, in pixels.
pub const DEFAULT_WIDTH: i64 = 640;
/// Height of the text below the picture of a video, in pixels.
const TEXT_HEIGHT: i64 = 180;

/// Size of a frame, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct FrameSize {
    /// Width.
    pub width: i64,
    /// Height.
    pub height: i64,
}

impl FrameSize {
    /// Returns the size of a frame of this width: a picture of 16 to 9 and the text below it.
    pub fn with_width(width: i64) -> Self {
        Self { width, height: (width.saturating_mul(9) / 16).saturating_add(TEXT_HEIGHT) }
    }
}

/// Returns an iframe for a page of this server.
pub fn iframe_html(page: &str, size: FrameSize, title: &str) -> String {
    let FrameSize { width, height } = size;
    let frame = html! {
        iframe src=(page) width=(width) height=(height) title=(title) style="border:0;max-width:100%" loading="lazy"
            allow="autoplay; fullscreen; picture-in-picture; encrypted-media" referrerpolicy="strict-origin-when-cross-origin" {}
    };
    frame.into_string()
}

/// A video as a web component.
pub struct VideoComponent<'a> {
    /// Base URL of this server.
    pub base_url: &'a str,
    /// Slug of the video.
    pub slug: &'a str,
    /// The `lang` attribute.
    pub language: Option<&'a str>,
    /// URL of the page of the video.
    pub page: &'a str,
    /// Title of the video.
    pub title: &'a str,
}

/// Returns a video as a web component, with its script; without the script it shows a link.
pub fn video_component_html(component: &VideoComponent<'_>) -> String {
    let VideoComponent { base_url, slug, language, page, title } = component;
    let component = html! {
        script src=(format!("{base_url}/embed/kinoteka.js")) defer {}
        "\n"
        kinoteka-video server=(base_url) video=(slug) lang=[language] { a href=(page) { (title) } }
    };
    component.into_string()
}

/// A list of videos as a web component.
pub struct ListComponent<'a> {
    /// Base URL of this server.
    pub base_url: &'a str,
    /// Query of the list.
    pub query: &'a str,
    /// The `layout` attribute.
    pub layout: Option<&'a str>,
    /// The `lang` attribute.
    pub language: Option<&'a str>,
    /// URL of the page of the list.
    pub page: &'a str,
    /// Title of the list.
    pub title: &'a str,
}

/// Returns a list of videos as a web component, with its script and a link as fallback.
pub fn list_component_html(component: &ListComponent<'_>) -> String {
    let ListComponent { base_url, query, layout, language, page, title } = component;
    let component = html! {
        script src=(format!("{base_url}/embed/kinoteka.js")) defer {}
        "\n"
        kinoteka-videos server=(base_url) query=[(!query.is_empty()).then_some(query)] layout=[layout] lang=[language] { a href=(page) { (title) } }
    };
    component.into_string()
}

/// Returns the URL of the oEmbed response for a page of this server.
pub fn oembed_url(base: &str, page: &str) -> String {
    format!("{base}/oembed?url={}", utf8_percent_encode(page, NON_ALPHANUMERIC))
}

//! How a page says where oEmbed tells of it.

use maud::{Markup, html};

use crate::resource::view::embed_code;

/// Of a longer address nothing is said: clients read only so much of a head.
const MAX_PAGE_URL_LEN: usize = 1_000;

/// Where oEmbed tells of a page.
pub struct OEmbedDiscovery(Option<String>);

impl OEmbedDiscovery {
    /// For the page at this address of this server.
    pub fn new(base_url: &str, page_url: &str) -> Self {
        Self(
            (page_url.len() <= MAX_PAGE_URL_LEN)
                .then(|| embed_code::oembed_url(base_url, page_url)),
        )
    }

    /// As members of a `Link` header (RFC 8288).
    pub fn link_headers(&self) -> Vec<String> {
        let link = |oembed: &String, format: &str, media_type: &str| {
            format!("<{oembed}&format={format}>; rel=\"alternate\"; type=\"{media_type}\"")
        };
        let both = |oembed| {
            [
                link(oembed, "json", "application/json+oembed"),
                link(oembed, "xml", "text/xml+oembed"),
            ]
        };
        self.0.iter().flat_map(both).collect()
    }

    /// In the head of the page, which has this title.
    pub fn render_head(&self, title: &str) -> Markup {
        html! {
            @if let Some(oembed) = &self.0 {
                link rel="alternate" type="application/json+oembed" href=(format!("{oembed}&format=json")) title=(title);
                link rel="alternate" type="text/xml+oembed" href=(format!("{oembed}&format=xml")) title=(title);
            }
        }
    }
}

//! Renders Atom (RFC 4287) with paging links (RFC 5005).

use super::feed::{Entry, Feed};
use super::media_rss::{MEDIA_RSS_NS, write_thumbnail};
use crate::feeds::content_html;
use crate::text::xml::Xml;

/// Media type of Atom.
pub const MEDIA_TYPE: &str = "application/atom+xml";

/// Renders a feed as Atom.
#[must_use]
pub fn render(feed: &Feed) -> String {
    let mut xml = Xml::new(
        "feed",
        &[
            ("xmlns", "http://www.w3.org/2005/Atom"),
            ("xmlns:media", MEDIA_RSS_NS),
            ("xml:lang", &feed.language),
        ],
    );
    xml.element("id", &[], &feed.id);
    xml.element("title", &[], &feed.title);
    let mut notes = String::new();
    content_html::push_notes(&feed.notes, &mut notes);
    if !notes.is_empty() {
        xml.element("subtitle", &[("type", "html")], &notes);
    }
    xml.element("updated", &[], &feed.changed_at.to_string());
    xml.open("author", &[]);
    xml.element("name", &[], &feed.publisher);
    xml.close();
    xml.element("generator", &[("version", env!("CARGO_PKG_VERSION"))], "Kinoteka");
    xml.empty("link", &[("rel", "self"), ("type", MEDIA_TYPE), ("href", &feed.links.self_url)]);
    xml.empty(
        "link",
        &[("rel", "alternate"), ("type", "application/json"), ("href", &feed.list_url)],
    );
    if let Some(hub) = &feed.hub {
        xml.empty("link", &[("rel", "hub"), ("href", hub)]);
    }
    for (rel, url) in [("next", &feed.links.next), ("previous", &feed.links.prev)] {
        if let Some(url) = url {
            xml.empty("link", &[("rel", rel), ("type", MEDIA_TYPE), ("href", url)]);
        }
    }
    for entry in &feed.entries {
        write_entry(&mut xml, entry);
    }
    xml.finish()
}

fn write_entry(xml: &mut Xml, entry: &Entry) {
    xml.open("entry", &[("xml:lang", &entry.language)]);
    xml.element("id", &[], &format!("urn:uuid:{}", entry.id));
    xml.element("title", &[], &entry.title);
    xml.element("published", &[], &entry.published.to_string());
    xml.element("updated", &[], &entry.updated.to_string());
    for author in &entry.authors {
        xml.open("author", &[]);
        xml.element("name", &[], &author.name);
        xml.close();
    }
    xml.empty(
        "link",
        &[("rel", "alternate"), ("hreflang", &entry.language), ("href", &entry.link)],
    );
    for file in &entry.files {
        let size = file.size_bytes.map(|size| size.to_string());
        let mut attributes = vec![
            ("rel", "enclosure"),
            ("type", file.mime_type.as_str()),
            ("href", file.url.as_str()),
        ];
        attributes.extend(size.as_deref().map(|size| ("length", size)));
        xml.empty("link", &attributes);
    }
    for player in &entry.player_urls {
        xml.empty("link", &[("rel", "related"), ("type", "text/html"), ("href", player)]);
    }
    for captions in &entry.captions {
        xml.empty(
            "link",
            &[
                ("rel", "related"),
                ("type", captions.mime_type),
                ("hreflang", &captions.language),
                ("href", &captions.url),
            ],
        );
    }
    for category in &entry.categories {
        xml.empty(
            "category",
            &[("term", &category.term), ("scheme", &category.scheme), ("label", &category.label)],
        );
    }
    if let Some(rights) = &entry.rights {
        xml.element("rights", &[], rights);
    }
    if let Some(summary) = &entry.summary {
        xml.element("summary", &[], summary);
    }
    xml.element("content", &[("type", "html")], &content_html::entry_html(entry));
    write_thumbnail(xml, entry);
    xml.close();
}

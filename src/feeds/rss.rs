//! Renders RSS 2.0 with Media RSS 1.5.1, in the form that the W3C Feed Validation Service accepts.

use super::feed::{Entry, Feed, MediaFile};
use super::media_rss::{MEDIA_RSS_NS, to_rfc822_date, write_thumbnail};
use crate::feeds::content_html;
use crate::text::xml::Xml;

/// Media type of RSS.
pub const MEDIA_TYPE: &str = "application/rss+xml";

/// The EBU roles of Media RSS that the validator knows. Credits with another role are rendered
/// without a role.
const MEDIA_RSS_ROLES: &[&str] = &[
    "actor",
    "author",
    "choreographer",
    "composer",
    "conductor",
    "director",
    "editor",
    "graphic designer",
    "illustrator",
    "lyricist",
    "musician",
    "performer",
    "photographer",
    "producer",
    "reporter",
    "sign language",
    "subtitles",
    "translation",
    "vocalist",
];

/// Renders a feed as RSS.
#[must_use]
pub fn render(feed: &Feed) -> String {
    let mut xml = Xml::new(
        "rss",
        &[
            ("version", "2.0"),
            ("xmlns:atom", "http://www.w3.org/2005/Atom"),
            ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
            ("xmlns:media", MEDIA_RSS_NS),
            ("xmlns:podcast", "https://podcastindex.org/namespace/1.0"),
        ],
    );
    xml.open("channel", &[]);
    xml.element("title", &[], &feed.title);
    xml.element("link", &[], &feed.list_url);
    let notes: Vec<String> = [feed.title.clone()]
        .into_iter()
        .chain(feed.notes.iter().map(super::feed::RequiredNote::to_text))
        .collect();
    xml.element("description", &[], &notes.join("\n"));
    xml.element("language", &[], &feed.language);
    xml.element("lastBuildDate", &[], &to_rfc822_date(feed.changed_at));
    xml.element("generator", &[], concat!("Kinoteka ", env!("CARGO_PKG_VERSION")));
    xml.element("dc:publisher", &[], &feed.publisher);
    xml.empty(
        "atom:link",
        &[("rel", "self"), ("type", MEDIA_TYPE), ("href", &feed.links.self_url)],
    );
    if let Some(hub) = &feed.hub {
        xml.empty("atom:link", &[("rel", "hub"), ("href", hub)]);
    }
    for (rel, url) in [("next", &feed.links.next), ("previous", &feed.links.prev)] {
        if let Some(url) = url {
            xml.empty("atom:link", &[("rel", rel), ("type", MEDIA_TYPE), ("href", url)]);
        }
    }
    for entry in &feed.entries {
        write_item(&mut xml, feed, entry);
    }
    xml.finish()
}

fn write_item(xml: &mut Xml, feed: &Feed, entry: &Entry) {
    xml.open("item", &[]);
    xml.element("title", &[], &entry.title);
    xml.element("link", &[], &entry.link);
    xml.element("guid", &[("isPermaLink", "false")], &format!("urn:uuid:{}", entry.id));
    xml.element("pubDate", &[], &to_rfc822_date(entry.published));
    let html = content_html::entry_html(entry);
    if let Some(summary) = &entry.summary {
        xml.element("description", &[], &content_html::to_html(summary));
    }
    if !html.is_empty() {
        xml.element("content:encoded", &[], &html);
    }
    for author in &entry.authors {
        xml.element("dc:creator", &[], &author.name);
    }
    if entry.language != feed.language {
        xml.element("dc:language", &[], &entry.language);
    }
    if let Some(rights) = &entry.rights {
        xml.element("dc:rights", &[], rights);
    }
    for category in &entry.categories {
        xml.element("category", &[("domain", &category.scheme)], &category.label);
    }
    if let Some(file) = entry.files.first() {
        let size = file.size_bytes.unwrap_or(0).to_string();
        xml.empty("enclosure", &[("url", &file.url), ("length", &size), ("type", &file.mime_type)]);
    }
    write_media(xml, entry);
    for captions in &entry.captions {
        let attributes = [
            ("url", captions.url.as_str()),
            ("type", captions.mime_type),
            ("language", &captions.language),
            ("rel", "captions"),
        ];
        xml.empty("podcast:transcript", &attributes);
    }
    if let Some(chapters) = &entry.chapters_url {
        xml.empty("podcast:chapters", &[("url", chapters), ("type", "application/json+chapters")]);
    }
    xml.close();
}

/// Writes the Media RSS elements: files, players on other sites, title, thumbnail and credits.
fn write_media(xml: &mut Xml, entry: &Entry) {
    // `media:group` requires at least two members.
    let is_group = entry.files.len().saturating_add(entry.player_urls.len()) > 1;
    if is_group {
        xml.open("media:group", &[]);
    }
    let duration = entry.duration_seconds.map(|seconds| seconds.to_string());
    for (index, file) in entry.files.iter().enumerate() {
        write_file(xml, file, duration.as_deref(), is_group.then_some(index == 0));
    }
    for player in &entry.player_urls {
        let mut attributes = vec![("medium", "video")];
        attributes.extend(duration.as_deref().map(|duration| ("duration", duration)));
        if is_group && entry.files.is_empty() && entry.player_urls.first() == Some(player) {
            attributes.push(("isDefault", "true"));
        }
        xml.open("media:content", &attributes);
        xml.empty("media:player", &[("url", player)]);
        xml.close();
    }
    if is_group {
        xml.close();
    }
    xml.element("media:title", &[("type", "plain")], &entry.title);
    if let Some(summary) = &entry.summary {
        xml.element("media:description", &[("type", "plain")], summary);
    }
    write_thumbnail(xml, entry);
    for author in &entry.authors {
        let role = author
            .role
            .as_ref()
            .map(|role| role.to_lowercase())
            .filter(|role| MEDIA_RSS_ROLES.contains(&role.as_str()));
        match role {
            Some(role) => {
                xml.element("media:credit", &[("scheme", "urn:ebu"), ("role", &role)], &author.name)
            }
            None => xml.element("media:credit", &[], &author.name),
        }
    }
}

fn write_file(xml: &mut Xml, file: &MediaFile, duration: Option<&str>, is_default: Option<bool>) {
    let number =
        |number: Option<i64>| number.filter(|number| *number > 0).map(|number| number.to_string());
    let (size, width, height) = (number(file.size_bytes), number(file.width), number(file.height));
    let mut attributes =
        vec![("url", file.url.as_str()), ("type", file.mime_type.as_str()), ("medium", "video")];
    for (name, value) in [("fileSize", &size), ("width", &width), ("height", &height)] {
        attributes.extend(value.as_deref().map(|value| (name, value)));
    }
    attributes.extend(duration.map(|duration| ("duration", duration)));
    attributes.extend(
        is_default.map(|is_default| ("isDefault", if is_default { "true" } else { "false" })),
    );
    xml.empty("media:content", &attributes);
}

//! Rules of the feed formats, as enforced by their validators; every feed received by a test is
//! checked.

use std::collections::HashSet;

use chrono::DateTime;
use kinoteka::text::Language;
use roxmltree::{Document, Node};
use serde_json::Value;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const MEDIA: &str = "http://search.yahoo.com/mrss/";
const PODCAST: &str = "https://podcastindex.org/namespace/1.0";

/// Child elements with this name.
pub fn all<'a>(
    node: Node<'a, 'a>,
    namespace: Option<&'static str>,
    name: &'static str,
) -> Vec<Node<'a, 'a>> {
    node.children()
        .filter(|child| {
            child.tag_name().name() == name && child.tag_name().namespace() == namespace
        })
        .collect()
}

/// Text of the only child with this name.
pub fn text<'a>(
    node: Node<'a, 'a>,
    namespace: Option<&'static str>,
    name: &'static str,
) -> &'a str {
    let found = all(node, namespace, name);
    assert_eq!(found.len(), 1, "one `{name}` is expected");
    found[0].text().unwrap_or_default()
}

fn at_most_one<'a>(
    node: Node<'a, 'a>,
    namespace: Option<&'static str>,
    name: &'static str,
) -> Option<Node<'a, 'a>> {
    let found = all(node, namespace, name);
    assert!(found.len() <= 1, "at most one `{name}` is expected");
    found.first().copied()
}

fn attribute<'a>(node: Node<'a, 'a>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_else(|| panic!("`{}` lacks `{name}`", node.tag_name().name()))
}

fn is_web_address(url: &str) {
    let uri: actix_web::http::Uri = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    assert!(
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some(),
        "{url} is no absolute web address"
    );
}

fn is_positive(number: &str) {
    assert!(
        number.parse::<u64>().is_ok_and(|number| number > 0),
        "{number} is not a positive number"
    );
}

fn is_media_type(text: &str) {
    assert!(
        text.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty()),
        "{text} is no media type"
    );
}

fn is_language(tag: &str) {
    assert!(Language::parse(tag).is_ok(), "{tag} is not a language tag");
}

/// HTML content of a feed: well formed, with paragraphs only.
fn is_harmless_html(html: &str) {
    let whole = format!("<div>{html}</div>");
    let document = Document::parse(&whole).unwrap_or_else(|error| panic!("{error}: {html}"));
    for node in document.descendants().filter(Node::is_element) {
        assert!(
            ["div", "p", "br"].contains(&node.tag_name().name()) && node.attributes().len() == 0,
            "{html}"
        );
    }
}

/// RSS 2.0 with Media RSS 1.5.1, by the rules of the W3C validator. `url` is the request URL.
pub fn rss<'a>(document: &'a Document<'a>, url: &str) -> Vec<Node<'a, 'a>> {
    let root = document.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("version")), ("rss", Some("2.0")));
    let channel = all(root, None, "channel")[0];
    for name in ["title", "link", "description"] {
        assert!(!text(channel, None, name).is_empty(), "{name}");
    }
    is_web_address(text(channel, None, "link"));
    is_language(text(channel, None, "language"));
    DateTime::parse_from_rfc2822(text(channel, None, "lastBuildDate")).unwrap();
    let links = all(channel, Some(ATOM), "link");
    let of_rel = |rel: &str| {
        links.iter().filter(|link| link.attribute("rel") == Some(rel)).copied().collect::<Vec<_>>()
    };
    assert_eq!(of_rel("self").len(), 1);
    assert_eq!(
        (attribute(of_rel("self")[0], "href"), attribute(of_rel("self")[0], "type")),
        (url, "application/rss+xml")
    );
    let items = all(channel, None, "item");
    let mut guids = HashSet::new();
    for item in &items {
        for child in item.children().filter(Node::is_element) {
            let (namespace, name) = (child.tag_name().namespace(), child.tag_name().name());
            let known: &[&str] = match namespace {
                None => {
                    &["title", "link", "guid", "pubDate", "description", "category", "enclosure"]
                }
                Some(CONTENT) => &["encoded"],
                Some(DC) => &["creator", "language", "rights"],
                Some(MEDIA) => &["group", "content", "title", "description", "thumbnail", "credit"],
                Some(PODCAST) => &["transcript", "chapters"],
                _ => &[],
            };
            assert!(known.contains(&name), "{namespace:?} {name}");
        }
        assert!(!text(*item, None, "title").is_empty());
        is_web_address(text(*item, None, "link"));
        let guid = all(*item, None, "guid")[0];
        assert_eq!(guid.attribute("isPermaLink"), Some("false"));
        assert!(
            guid.text().unwrap().starts_with("urn:uuid:") && guids.insert(guid.text().unwrap()),
            "guids are unique"
        );
        let date = text(*item, None, "pubDate");
        DateTime::parse_from_rfc2822(date).unwrap();
        assert!(date.split(' ').nth(3).is_some_and(|year| year.len() == 4), "{date}");
        let place = |namespace, name| {
            item.children().position(|child| {
                child.tag_name().namespace() == namespace && child.tag_name().name() == name
            })
        };
        if let Some(html) = at_most_one(*item, Some(CONTENT), "encoded") {
            is_harmless_html(html.text().unwrap());
            assert!(
                place(None, "description")
                    .is_none_or(|description| Some(description) < place(Some(CONTENT), "encoded"))
            );
        }
        if let Some(description) = at_most_one(*item, None, "description") {
            is_harmless_html(description.text().unwrap());
        }
        if let Some(enclosure) = at_most_one(*item, None, "enclosure") {
            is_web_address(attribute(enclosure, "url"));
            assert!(attribute(enclosure, "length").parse::<u64>().is_ok());
            is_media_type(attribute(enclosure, "type"));
        }
        media(*item);
        for transcript in all(*item, Some(PODCAST), "transcript") {
            is_web_address(attribute(transcript, "url"));
            is_media_type(attribute(transcript, "type"));
            is_language(attribute(transcript, "language"));
        }
    }
    items
}

fn media(item: Node<'_, '_>) {
    let groups: Vec<Node<'_, '_>> =
        item.children().filter(|child| child.tag_name() == (MEDIA, "group").into()).collect();
    let of = |node: Node<'_, '_>| {
        node.children().filter(|child| child.tag_name() == (MEDIA, "content").into()).count()
    };
    assert!(groups.iter().all(|group| of(*group) >= 2), "a group has at least two members");
    assert!(groups.is_empty() || of(item) == 0);
    for content in item.descendants().filter(|node| node.tag_name() == (MEDIA, "content").into()) {
        let player = content.children().find(|child| child.tag_name() == (MEDIA, "player").into());
        match (content.attribute("url"), player) {
            (Some(url), None) => is_web_address(url),
            (None, Some(player)) => is_web_address(player.attribute("url").unwrap()),
            _ => panic!("a source is either a file or a player"),
        }
        for attribute in content.attributes() {
            match attribute.name() {
                "url" => {}
                "type" => is_media_type(attribute.value()),
                "medium" => assert!(
                    ["image", "audio", "video", "document", "executable"]
                        .contains(&attribute.value())
                ),
                "fileSize" | "width" | "height" | "duration" => is_positive(attribute.value()),
                "isDefault" => assert!(["true", "false"].contains(&attribute.value())),
                other => panic!("media:content has `{other}`"),
            }
        }
    }
    let defaults =
        item.descendants().filter(|node| node.attribute("isDefault") == Some("true")).count();
    assert_eq!(defaults, groups.len(), "one member of a group is the default");
    for thumbnail in
        item.descendants().filter(|node| node.tag_name() == (MEDIA, "thumbnail").into())
    {
        is_web_address(thumbnail.attribute("url").unwrap());
        thumbnail
            .attributes()
            .filter(|attribute| attribute.name() != "url")
            .for_each(|attribute| is_positive(attribute.value()));
    }
}

/// Atom (RFC 4287). `url` is the request URL.
pub fn atom<'a>(document: &'a Document<'a>, url: &str) -> Vec<Node<'a, 'a>> {
    let root = document.root_element();
    assert_eq!(root.tag_name(), (ATOM, "feed").into());
    let must = |node: Node<'a, 'a>, name: &'static str| text(node, Some(ATOM), name);
    assert!(!must(root, "title").is_empty());
    is_web_address(must(root, "id"));
    DateTime::parse_from_rfc3339(must(root, "updated")).unwrap();
    assert!(
        !text(all(root, Some(ATOM), "author")[0], Some(ATOM), "name").is_empty(),
        "the feed has an author"
    );
    let own: Vec<&str> =
        links(root).into_iter().filter(|link| link.0 == "self").map(|link| link.1).collect();
    assert_eq!(own, [url]);
    let entries = all(root, Some(ATOM), "entry");
    let mut ids = HashSet::new();
    for entry in &entries {
        assert!(!must(*entry, "title").is_empty());
        assert!(
            must(*entry, "id").starts_with("urn:uuid:") && ids.insert(must(*entry, "id")),
            "ids are unique"
        );
        for name in ["published", "updated"] {
            DateTime::parse_from_rfc3339(must(*entry, name)).unwrap();
        }
        let content = at_most_one(*entry, Some(ATOM), "content").unwrap();
        assert_eq!(content.attribute("type"), Some("html"));
        is_harmless_html(content.text().unwrap_or_default());
        let alternates: Vec<(&str, Option<&str>, Option<&str>)> = all(*entry, Some(ATOM), "link")
            .iter()
            .filter(|link| link.attribute("rel") == Some("alternate"))
            .map(|link| {
                (attribute(*link, "href"), link.attribute("type"), link.attribute("hreflang"))
            })
            .collect();
        assert_eq!(alternates.len(), 1, "no two alternates of the same type and language");
        is_language(alternates[0].2.unwrap());
        for category in all(*entry, Some(ATOM), "category") {
            assert!(!attribute(category, "term").is_empty());
            is_web_address(attribute(category, "scheme"));
        }
    }
    entries
}

/// `rel` and `href` of the links of an Atom element.
pub fn links<'a>(node: Node<'a, 'a>) -> Vec<(&'a str, &'a str)> {
    let links = all(node, Some(ATOM), "link");
    links
        .into_iter()
        .map(|link| {
            is_web_address(attribute(link, "href"));
            link.attribute("type").into_iter().for_each(is_media_type);
            (attribute(link, "rel"), attribute(link, "href"))
        })
        .collect()
}

/// JSON Feed 1.1. `url` is the request URL.
pub fn json(feed: &Value, url: &str) -> Vec<Value> {
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert!(!feed["title"].as_str().unwrap().is_empty());
    assert_eq!(feed["feed_url"], url);
    is_web_address(feed["home_page_url"].as_str().unwrap());
    is_language(feed["language"].as_str().unwrap());
    if let Some(next) = feed.get("next_url") {
        is_web_address(next.as_str().unwrap());
        assert_ne!(next, &feed["feed_url"]);
    }
    let items = feed["items"].as_array().unwrap().clone();
    let mut ids = HashSet::new();
    for item in &items {
        assert!(ids.insert(item["id"].as_str().unwrap()), "ids are unique");
        is_web_address(item["url"].as_str().unwrap());
        is_harmless_html(item["content_html"].as_str().unwrap());
        for name in ["date_published", "date_modified"] {
            DateTime::parse_from_rfc3339(item[name].as_str().unwrap()).unwrap();
        }
        for name in ["external_url", "image"] {
            item.get(name).into_iter().for_each(|url| is_web_address(url.as_str().unwrap()));
        }
        for attachment in item.get("attachments").and_then(Value::as_array).into_iter().flatten() {
            is_web_address(attachment["url"].as_str().unwrap());
            is_media_type(attachment["mime_type"].as_str().unwrap());
        }
        let extensions = item.as_object().unwrap().keys().filter(|name| name.starts_with('_'));
        assert!(
            extensions
                .into_iter()
                .all(|name| name[1..].starts_with(|c: char| c.is_ascii_alphabetic()))
        );
    }
    items
}

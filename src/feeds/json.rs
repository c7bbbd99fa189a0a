//! JSON Feed 1.1 (jsonfeed.org).

use serde::Serialize;
use utoipa::ToSchema;

use super::feed::{CaptionFile, Entry, Feed, MediaFile, RequiredNote};
use crate::feeds::content_html;

/// A JSON Feed (1.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeed<'a> {
    /// Which version of JSON Feed it is.
    #[schema(value_type = String, example = "https://jsonfeed.org/version/1.1")]
    version: &'static str,
    /// The query in words, in the feed's language.
    #[schema(example = "Videos · Serbia · Prevention")]
    title: &'a str,
    /// What must be said with the title: footnotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// The same list as JSON of the API.
    #[schema(format = "uri")]
    home_page_url: &'a str,
    /// This page of the feed.
    #[schema(format = "uri")]
    feed_url: &'a str,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    next_url: Option<&'a str>,
    /// Who tells of changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    hubs: Vec<JsonFeedHub<'a>>,
    /// The language of the feed (BCP 47).
    #[schema(example = "en")]
    language: &'a str,
    /// Who publishes it.
    authors: Vec<JsonFeedAuthor<'a>>,
    /// The items.
    items: Vec<JsonFeedItem<'a>>,
}

/// Who tells subscribers of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedHub<'a> {
    /// How: always `WebSub`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "WebSub")]
    kind: &'static str,
    /// Where to subscribe.
    #[schema(format = "uri")]
    url: &'a str,
}

/// Who made something.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAuthor<'a> {
    /// Name.
    name: &'a str,
}

/// An item of a JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedItem<'a> {
    /// Identifier: never changes.
    #[schema(example = "urn:uuid:0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    id: String,
    /// The page about it.
    #[schema(format = "uri")]
    url: &'a str,
    /// The page of another site on which it can be played.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    external_url: Option<&'a str>,
    /// Title; of a statistic with the figure and its qualifier.
    title: &'a str,
    /// Description, and what must be said with it: content note, licence, credit line, disclaimer,
    /// footnotes.
    content_html: String,
    /// One or two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<&'a str>,
    /// A still image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    image: Option<&'a str>,
    /// When it was published.
    #[schema(format = "date-time")]
    date_published: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    date_modified: String,
    /// Who made it, or takes part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    authors: Vec<JsonFeedAuthor<'a>>,
    /// Topics, programme and countries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    tags: Vec<&'a str>,
    /// The language of its texts (BCP 47).
    #[schema(example = "en")]
    language: &'a str,
    /// What can be fetched and played; several are the same in other formats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attachments: Vec<JsonFeedAttachment<'a>>,
    /// What JSON Feed has no words for.
    #[serde(rename = "_kinoteka", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kinoteka: Option<JsonFeedExtension<'a>>,
}

/// A file that can be fetched and played.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAttachment<'a> {
    /// Its address.
    #[schema(format = "uri")]
    url: &'a str,
    /// Its media type.
    #[schema(example = "video/mp4")]
    mime_type: &'a str,
    /// That of the item: attachments of one title are the same thing in several formats.
    title: &'a str,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    size_in_bytes: Option<i64>,
    /// Its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    duration_in_seconds: Option<i64>,
}

/// What JSON Feed has no words for.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct JsonFeedExtension<'a> {
    /// Captions and subtitles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    captions: Vec<JsonFeedCaptions<'a>>,
    /// Licence and credit line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rights: Option<&'a str>,
}

/// Captions or subtitles.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct JsonFeedCaptions<'a> {
    /// Their address.
    #[schema(format = "uri")]
    url: &'a str,
    /// Their media type.
    #[schema(value_type = String, example = "text/vtt")]
    mime_type: &'static str,
    /// Their language (BCP 47).
    language: &'a str,
}

/// About how long a feed of twenty is, in bytes.
const INITIAL_CAPACITY: usize = 64 * 1_024;

/// The feed.
pub fn render(feed: &Feed) -> Result<Vec<u8>, serde_json::Error> {
    let notes: Vec<String> = feed.notes.iter().map(RequiredNote::to_text).collect();
    let whole = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: &feed.title,
        description: (!notes.is_empty()).then(|| notes.join("\n")),
        home_page_url: &feed.list_url,
        feed_url: &feed.links.self_url,
        next_url: feed.links.next.as_deref(),
        hubs: feed.hub.iter().map(|hub| JsonFeedHub { kind: "WebSub", url: hub }).collect(),
        language: &feed.language,
        authors: vec![JsonFeedAuthor { name: &feed.publisher }],
        items: feed.entries.iter().map(render_item).collect(),
    };
    let mut body = Vec::with_capacity(INITIAL_CAPACITY);
    serde_json::to_writer(&mut body, &whole)?;
    Ok(body)
}

fn render_item(entry: &Entry) -> JsonFeedItem<'_> {
    let attachment = |file| render_attachment(entry, file);
    let own = JsonFeedExtension {
        captions: entry.captions.iter().map(JsonFeedCaptions::from_caption_file).collect(),
        rights: entry.rights.as_deref(),
    };
    JsonFeedItem {
        id: format!("urn:uuid:{}", entry.id),
        url: &entry.link,
        external_url: entry.player_urls.first().map(String::as_str),
        title: &entry.title,
        content_html: content_html::entry_html(entry),
        summary: entry.summary.as_deref(),
        image: entry.image.as_ref().map(|image| image.url.as_str()),
        date_published: entry.published.to_string(),
        date_modified: entry.updated.to_string(),
        authors: entry.authors.iter().map(|author| JsonFeedAuthor { name: &author.name }).collect(),
        tags: entry.categories.iter().map(|category| category.label.as_str()).collect(),
        language: &entry.language,
        attachments: entry.files.iter().map(attachment).collect(),
        kinoteka: (own != JsonFeedExtension::default()).then_some(own),
    }
}

fn render_attachment<'a>(entry: &'a Entry, file: &'a MediaFile) -> JsonFeedAttachment<'a> {
    JsonFeedAttachment {
        url: &file.url,
        mime_type: &file.mime_type,
        title: &entry.title,
        size_in_bytes: file.size_bytes,
        duration_in_seconds: entry.duration_seconds,
    }
}

impl<'a> JsonFeedCaptions<'a> {
    fn from_caption_file(captions: &'a CaptionFile) -> Self {
        Self { url: &captions.url, mime_type: captions.mime_type, language: &captions.language }
    }
}

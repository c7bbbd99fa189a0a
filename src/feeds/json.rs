//! Renders Renders JSON Feed 1.1 (jsonfeed.org).

use serde::Serialize;
use utoipa::ToSchema;

use super::feed::{CaptionFile, Entry, Feed, MediaFile, RequiredNote};
use crate::feeds::content_html;

/// A JSON Feed (1.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeed<'a> {
    /// URL of the JSON Feed version.
    #[schema(value_type = String, example = "https://jsonfeed.org/version/1.1")]
    version: &'static str,
    /// Description of the query in the feed's language, or the name of the saved query.
    #[schema(example = "Videos · Serbia · Prevention")]
    title: &'a str,
    /// Footnotes to the title, and the description of a saved query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// URL of the same list in the API.
    #[schema(format = "uri")]
    home_page_url: &'a str,
    /// URL of this page of the feed.
    #[schema(format = "uri")]
    feed_url: &'a str,
    /// URL of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    next_url: Option<&'a str>,
    /// Hubs that notify subscribers of changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    hubs: Vec<JsonFeedHub<'a>>,
    /// Language of the feed (BCP 47).
    #[schema(example = "en")]
    language: &'a str,
    /// The publisher.
    authors: Vec<JsonFeedAuthor<'a>>,
    /// The items.
    items: Vec<JsonFeedItem<'a>>,
}

/// A hub that notifies subscribers of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedHub<'a> {
    /// Protocol: always `WebSub`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "WebSub")]
    kind: &'static str,
    /// URL for subscription requests.
    #[schema(format = "uri")]
    url: &'a str,
}

/// An author of a feed or item.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAuthor<'a> {
    /// Name.
    name: &'a str,
}

/// An item of a JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedItem<'a> {
    /// Permanent identifier.
    #[schema(example = "urn:uuid:0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    id: String,
    /// URL of the page about the item.
    #[schema(format = "uri")]
    url: &'a str,
    /// URL of a page on another site with a player.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    external_url: Option<&'a str>,
    /// Title; for impact statistics it begins with the figure and its qualifier.
    title: &'a str,
    /// Description with the required notes: content note, licence, credit line, disclaimer,
    /// footnotes.
    content_html: String,
    /// Summary, plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<&'a str>,
    /// URL of a still image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    image: Option<&'a str>,
    /// Time of publication.
    #[schema(format = "date-time")]
    date_published: String,
    /// Time of the last change.
    #[schema(format = "date-time")]
    date_modified: String,
    /// Credited people, or participating partners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    authors: Vec<JsonFeedAuthor<'a>>,
    /// Topics, programme and countries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    tags: Vec<&'a str>,
    /// Language of the texts (BCP 47).
    #[schema(example = "en")]
    language: &'a str,
    /// Media files and streams; several attachments are the same content in different formats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attachments: Vec<JsonFeedAttachment<'a>>,
    /// Data that JSON Feed does not define.
    #[serde(rename = "_kinoteka", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kinoteka: Option<JsonFeedExtension<'a>>,
}

/// A media file or stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAttachment<'a> {
    /// URL of the file.
    #[schema(format = "uri")]
    url: &'a str,
    /// Media type.
    #[schema(example = "video/mp4")]
    mime_type: &'a str,
    /// Title of the item: attachments with the same title are the same content in different
    /// formats.
    title: &'a str,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    size_in_bytes: Option<i64>,
    /// Duration in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    duration_in_seconds: Option<i64>,
}

/// Extension of JSON Feed items with data that JSON Feed does not define.
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

/// A file of captions or subtitles.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct JsonFeedCaptions<'a> {
    /// URL of the file.
    #[schema(format = "uri")]
    url: &'a str,
    /// Media type.
    #[schema(value_type = String, example = "text/vtt")]
    mime_type: &'static str,
    /// Language (BCP 47).
    language: &'a str,
}

/// Initial capacity in bytes: about the size of a feed with twenty items.
const INITIAL_CAPACITY: usize = 64 * 1_024;

/// Renders a feed as JSON Feed.
pub fn render(feed: &Feed) -> Result<Vec<u8>, serde_json::Error> {
    let notes: Vec<String> = feed.notes.iter().map(RequiredNote::to_text).collect();
    let document = JsonFeed {
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
    serde_json::to_writer(&mut body, &document)?;
    Ok(body)
}

fn render_item(entry: &Entry) -> JsonFeedItem<'_> {
    let attachment = |file| render_attachment(entry, file);
    let extension = JsonFeedExtension {
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
        kinoteka: (extension != JsonFeedExtension::default()).then_some(extension),
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

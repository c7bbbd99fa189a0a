//! JSON Feed 1.1 (jsonfeed.org).

use serde::Serialize;
use utoipa::ToSchema;

use super::feed::{Entry, Feed, Note};
use super::html;

/// A JSON Feed (1.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeed {
    /// Which version of JSON Feed it is.
    #[schema(value_type = String, example = "https://jsonfeed.org/version/1.1")]
    version: &'static str,
    /// The query in words, in the feed's language.
    #[schema(example = "Videos · Serbia · Prevention")]
    title: String,
    /// What must be said with the title: footnotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// The same list as JSON of the API.
    #[schema(format = "uri")]
    home_page_url: String,
    /// This page of the feed.
    #[schema(format = "uri")]
    feed_url: String,
    /// The next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    next_url: Option<String>,
    /// Who tells of changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    hubs: Vec<JsonFeedHub>,
    /// The language of the feed (BCP 47).
    #[schema(example = "en")]
    language: String,
    /// Who publishes it.
    authors: Vec<JsonFeedAuthor>,
    /// The items.
    items: Vec<JsonFeedItem>,
}

/// Who tells subscribers of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedHub {
    /// How: always `WebSub`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "WebSub")]
    kind: &'static str,
    /// Where to subscribe.
    #[schema(format = "uri")]
    url: String,
}

/// Who made something.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAuthor {
    /// Name.
    name: String,
}

/// An item of a JSON Feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedItem {
    /// Identifier: never changes.
    #[schema(example = "urn:uuid:0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60")]
    id: String,
    /// The page about it.
    #[schema(format = "uri")]
    url: String,
    /// The page of another site on which it can be played.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    external_url: Option<String>,
    /// Title; of a statistic with the figure and its qualifier.
    title: String,
    /// Description, and what must be said with it: content note, licence, credit line, disclaimer, footnotes.
    content_html: String,
    /// One or two sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<String>,
    /// A still image.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", nullable = false)]
    image: Option<String>,
    /// When it was published.
    #[schema(format = "date-time")]
    date_published: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    date_modified: String,
    /// Who made it, or takes part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    authors: Vec<JsonFeedAuthor>,
    /// Topics, programme and countries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    tags: Vec<String>,
    /// The language of its texts (BCP 47).
    #[schema(example = "en")]
    language: String,
    /// What can be fetched and played; several are the same in other formats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    attachments: Vec<JsonFeedAttachment>,
    /// What JSON Feed has no words for.
    #[serde(rename = "_kinoteka", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kinoteka: Option<JsonFeedExtension>,
}

/// A file that can be fetched and played.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonFeedAttachment {
    /// Its address.
    #[schema(format = "uri")]
    url: String,
    /// Its media type.
    #[schema(example = "video/mp4")]
    mime_type: String,
    /// That of the item: attachments of one title are the same thing in several formats.
    title: String,
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
pub struct JsonFeedExtension {
    /// Captions and subtitles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    captions: Vec<JsonFeedCaptions>,
    /// Licence and credit line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rights: Option<String>,
}

/// Captions or subtitles.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct JsonFeedCaptions {
    /// Their address.
    #[schema(format = "uri")]
    url: String,
    /// Their media type.
    #[schema(value_type = String, example = "text/vtt")]
    mime_type: &'static str,
    /// Their language (BCP 47).
    language: String,
}

/// The feed.
pub fn write(feed: &Feed) -> Result<String, serde_json::Error> {
    let notes: Vec<String> = feed.notes.iter().map(Note::text).collect();
    let whole = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: feed.title.clone(),
        description: (!notes.is_empty()).then(|| notes.join("\n")),
        home_page_url: feed.list.clone(),
        feed_url: feed.links.this.clone(),
        next_url: feed.links.next.clone(),
        hubs: feed.hub.iter().map(|hub| JsonFeedHub { kind: "WebSub", url: hub.clone() }).collect(),
        language: feed.language.clone(),
        authors: vec![JsonFeedAuthor { name: feed.publisher.clone() }],
        items: feed.entries.iter().map(item).collect(),
    };
    serde_json::to_string(&whole)
}

fn item(entry: &Entry) -> JsonFeedItem {
    let attachment = |file: &super::feed::MediaFile| JsonFeedAttachment {
        url: file.url.clone(),
        mime_type: file.mime_type.clone(),
        title: entry.title.clone(),
        size_in_bytes: file.size_bytes,
        duration_in_seconds: entry.duration,
    };
    let captions = |captions: &super::feed::CaptionFile| JsonFeedCaptions {
        url: captions.url.clone(),
        mime_type: captions.mime_type,
        language: captions.language.clone(),
    };
    let own = JsonFeedExtension { captions: entry.captions.iter().map(captions).collect(), rights: entry.rights.clone() };
    JsonFeedItem {
        id: format!("urn:uuid:{}", entry.id),
        url: entry.link.clone(),
        external_url: entry.players.first().cloned(),
        title: entry.title.clone(),
        content_html: html::content(entry),
        summary: entry.summary.clone(),
        image: entry.image.as_ref().map(|image| image.url.clone()),
        date_published: entry.published.to_string(),
        date_modified: entry.updated.to_string(),
        authors: entry.authors.iter().map(|author| JsonFeedAuthor { name: author.name.clone() }).collect(),
        tags: entry.categories.iter().map(|category| category.label.clone()).collect(),
        language: entry.language.clone(),
        attachments: entry.files.iter().map(attachment).collect(),
        kinoteka: (own != JsonFeedExtension::default()).then_some(own),
    }
}

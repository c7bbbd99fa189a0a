//! The model of a feed, independent of the format.

use crate::db::{Id, Time};
pub use crate::resource::query::describe::RequiredNote;
use crate::resource::read::page::Links;

/// A page of a feed.
#[derive(Debug)]
pub struct Feed {
    /// Permanent identifier: the URL without pagination parameters (RFC 5005).
    pub id: String,
    /// Title: a description of the query, or the name of the saved query.
    pub title: String,
    /// Required notes: footnotes.
    pub notes: Vec<RequiredNote>,
    /// The language of the title (BCP 47); entries may have another.
    pub language: String,
    /// Name of the publisher.
    pub publisher: String,
    /// URLs of this page and its neighbours.
    pub links: Links,
    /// URL of the `WebSub` hub, if one is configured.
    pub hub: Option<String>,
    /// URL of the same list in the API.
    pub list_url: String,
    /// Time of the last change of any entry.
    pub changed_at: Time,
    /// Entries, in the order of the list.
    pub entries: Vec<Entry>,
}

/// An entry of a feed.
#[derive(Debug)]
pub struct Entry {
    /// Permanent identifier.
    pub id: Id,
    /// URL of the page about the item.
    pub link: String,
    /// Title, plain text.
    pub title: String,
    /// Language of the texts (BCP 47).
    pub language: String,
    /// Summary, plain text.
    pub summary: Option<String>,
    /// Description, plain text.
    pub description: Option<String>,
    /// Content note: a warning for viewers.
    pub content_note: Option<RequiredNote>,
    /// Required notes: licence, credit line, disclaimer, footnotes.
    pub notes: Vec<RequiredNote>,
    /// Time of publication.
    pub published: Time,
    /// Time of the last change.
    pub updated: Time,
    /// Topics, programme and countries.
    pub categories: Vec<Category>,
    /// Credited people, or participating partners.
    pub authors: Vec<Author>,
    /// Licence and credit line.
    pub rights: Option<String>,
    /// A still image.
    pub image: Option<Image>,
    /// Length in seconds.
    pub duration_seconds: Option<i64>,
    /// Media files and streams, best first.
    pub files: Vec<MediaFile>,
    /// URLs of pages on other sites with a player.
    pub player_urls: Vec<String>,
    /// Captions and subtitles.
    pub captions: Vec<CaptionFile>,
    /// URL of the chapters, if any.
    pub chapters_url: Option<String>,
}

/// A category of an entry.
#[derive(Debug)]
pub struct Category {
    /// Machine-readable term: slug or code.
    pub term: String,
    /// Human-readable label.
    pub label: String,
    /// URL of the vocabulary of the term.
    pub scheme: String,
}

/// An author of an entry.
#[derive(Debug)]
pub struct Author {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Option<String>,
}

/// A still image.
#[derive(Debug)]
pub struct Image {
    /// URL of the file.
    pub url: String,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
}

/// A media file or stream.
#[derive(Debug)]
pub struct MediaFile {
    /// URL of the file.
    pub url: String,
    /// Media type.
    pub mime_type: String,
    /// Size in bytes.
    pub size_bytes: Option<i64>,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
}

/// A file of captions or subtitles.
#[derive(Debug)]
pub struct CaptionFile {
    /// URL of the file.
    pub url: String,
    /// Media type.
    pub mime_type: &'static str,
    /// Language (BCP 47).
    pub language: String,
}

//! A feed, in no format yet.

use crate::db::{Id, Time};
pub use crate::resource::query::describe::RequiredNote;
use crate::resource::read::page::Links;

/// What a feed says of itself, and its entries.
#[derive(Debug)]
pub struct Feed {
    /// What it is called for good: its address without the place of a page (RFC 5005).
    pub id: String,
    /// The query in words.
    pub title: String,
    /// What must be said with it.
    pub notes: Vec<RequiredNote>,
    /// The language of the title (BCP 47); entries may have another.
    pub language: String,
    /// Who publishes it.
    pub publisher: String,
    /// This page of it and its neighbours.
    pub links: Links,
    /// The hub that tells subscribers of changes (`WebSub`), if there is one.
    pub hub: Option<String>,
    /// The same list as JSON of the API.
    pub list_url: String,
    /// When anything in it last changed.
    pub changed_at: Time,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// An item.
#[derive(Debug)]
pub struct Entry {
    /// Identifier: never changes.
    pub id: Id,
    /// The page about it.
    pub link: String,
    /// Title, plain.
    pub title: String,
    /// The language of its texts (BCP 47).
    pub language: String,
    /// One or two sentences, plain.
    pub summary: Option<String>,
    /// As long as it needs to be, plain.
    pub description: Option<String>,
    /// What a viewer should be warned of.
    pub content_note: Option<RequiredNote>,
    /// What must be said with it: licence, credit line, disclaimer, footnotes.
    pub notes: Vec<RequiredNote>,
    /// When it was published.
    pub published: Time,
    /// When it was last changed.
    pub updated: Time,
    /// What it is about.
    pub categories: Vec<Category>,
    /// Who made it.
    pub authors: Vec<Author>,
    /// Licence and credit line.
    pub rights: Option<String>,
    /// A still image.
    pub image: Option<Image>,
    /// Length in seconds.
    pub duration_seconds: Option<i64>,
    /// What can be fetched and played, best first.
    pub files: Vec<MediaFile>,
    /// Pages of other sites on which it can be played.
    pub player_urls: Vec<String>,
    /// Its captions.
    pub captions: Vec<CaptionFile>,
    /// Where its chapters are, if it has any.
    pub chapters_url: Option<String>,
}

/// What an entry is about.
#[derive(Debug)]
pub struct Category {
    /// A word for programs: slug or code.
    pub term: String,
    /// A name for people.
    pub label: String,
    /// The list that the word is of.
    pub scheme: String,
}

/// Who made something.
#[derive(Debug)]
pub struct Author {
    /// Name.
    pub name: String,
    /// The part they played.
    pub role: Option<String>,
}

/// A still image.
#[derive(Debug)]
pub struct Image {
    /// Its address.
    pub url: String,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
}

/// A file that can be fetched and played.
#[derive(Debug)]
pub struct MediaFile {
    /// Its address.
    pub url: String,
    /// Its media type.
    pub mime_type: String,
    /// Its size.
    pub size_bytes: Option<i64>,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
}

/// Captions or subtitles.
#[derive(Debug)]
pub struct CaptionFile {
    /// Their address.
    pub url: String,
    /// Their media type.
    pub mime_type: &'static str,
    /// Their language (BCP 47).
    pub language: String,
}

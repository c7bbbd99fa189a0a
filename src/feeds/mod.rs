//! Lists as feeds: RSS 2.0 with Media RSS, Atom (RFC 4287) and JSON Feed 1.1.
//!
//! - [`api`]: HTTP handlers of the feeds of lists.
//! - [`feed`]: the model of a feed, independent of the format.
//! - [`entries`]: items of each kind as feed entries.
//! - [`rss`], [`atom`], [`json`]: the formats.
//! - [`saved_query_feed`]: feeds of saved queries.
//! - [`opml`]: the feeds of all saved queries as OPML 2.0.
//! - `content_html`: plain text as HTML.
//! - [`websub`]: notifies a `WebSub` hub of changes.

pub mod api;
pub mod atom;
mod content_html;
pub mod entries;
pub mod feed;
pub mod json;
mod media_rss;
pub mod opml;
pub mod rss;
pub mod saved_query_feed;
pub mod websub;

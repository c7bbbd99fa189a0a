//! Every list as a feed: RSS 2.0 with Media RSS, Atom (RFC 4287) and JSON Feed 1.1.
//!
//! - [`api`]: the addresses; a request to a [`feed::Feed`] to bytes.
//! - [`feed`]: a feed, in no format yet.
//! - [`entries`]: what an item of each kind says in a feed.
//! - [`rss`], [`atom`], [`json`]: the formats.
//! - [`saved`]: feeds of saved queries.
//! - [`opml`]: all of these in one file (OPML 2.0).
//! - `html`: plain text as HTML.
//! - [`hub`]: telling a hub what changed (`WebSub`).

pub mod api;
pub mod atom;
mod content_html;
pub mod entries;
pub mod feed;
pub mod json;
pub mod opml;
pub mod rss;
pub mod saved_query_feed;
pub mod websub;

//! Kinoteka: a headless media catalogue. The map, from the bottom to the top:

pub mod images;
/// Pure functions on text: languages, folding, transliteration, slugs, decimals.
pub mod text;

/// Countries and territories: codes, names, the footnote that one designation needs.
pub mod places;

/// The only place that knows which database it is.
pub mod db;

/// What every endpoint shares, and no resource by name.
pub mod http;

/// What the product itself says to readers, in the languages of the catalogue.
pub mod phrases;

/// Settings.
pub mod config;

/// Captions and chapters as files: WebVTT and SRT, pure.
pub mod captions;

/// What the kinds of item share: declarations, lists, reads, writes, the document.
pub mod resource;

/// Topics.
pub mod topics;

/// Partners.
pub mod partners;

/// Programmes.
pub mod programmes;

/// Videos.
pub mod videos;

/// Impact statistics.
pub mod impact;

/// Saved queries.
pub mod saved_queries;

/// Countries, as a resource.
pub mod countries;

/// Searches that are no list of one kind: what is said.
pub mod search;

/// Embeds: pages for frames, posters, oEmbed.
pub mod embed;

/// Feeds: every list as RSS, Atom and JSON Feed.
pub mod feeds;

/// IATI: programmes and their results as the standard for aid data has them, out and in.
pub mod iati;

/// Tables: every list as CSV and as a sheet, and statistics in from CSV.
pub mod tables;

/// The registry of resource kinds.
pub mod registry;

/// Settings in, running server out.
pub mod server;

pub mod charts;
/// The command line: one file a command.
pub mod commands;

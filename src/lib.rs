//! Kinoteka: a headless media catalogue. The modules, from the lowest layer to the highest:

/// Pure functions on text: language tags, analysis, transliteration, slugs, decimals.
pub mod text;

/// Captions and chapters: WebVTT and SRT.
pub mod captions;

/// Messages, country names, language names and dates in the languages of the catalogue.
pub mod i18n;

/// SQLite and PostgreSQL: the only module that distinguishes them.
pub mod db;

/// HTTP functions shared by all endpoints, independent of resource kinds.
pub mod http;

/// Settings.
pub mod config;

/// Functions shared by all resource kinds: schemas, lists, reads, writes, OpenAPI.
pub mod resource;

/// Topics.
pub mod topics;

/// Partners.
pub mod partners;

/// Programmes.
pub mod programmes;

/// Videos and their text tracks.
pub mod videos;

/// Impact statistics, indicators, and summaries of statistics.
pub mod impact;

/// Countries, as a resource.
pub mod countries;

/// Saved queries.
pub mod saved_queries;

/// Search across kinds: results, suggestions, transcripts.
pub mod search;

/// Images: fonts, rasterizer, posters.
pub mod images;

/// Charts of statistics as SVG and PNG.
pub mod charts;

/// Embeds: pages for frames, web component, oEmbed.
pub mod embed;

/// Feeds: every list as RSS, Atom and JSON Feed.
pub mod feeds;

/// IATI: export and import of programmes and their results.
pub mod iati;

/// Tables: every list as CSV and XLSX, and import of statistics from CSV.
pub mod tables;

/// The registry of resource kinds.
pub mod registry;

/// The HTTP server: routes, background tasks, OpenAPI document.
pub mod server;

/// The command line: one file per command.
pub mod commands;

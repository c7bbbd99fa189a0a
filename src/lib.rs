//! Kinoteka: a headless media catalogue. The modules, from the lowest layer to the highest:

/// Images: fonts, rasterizer, posters.
pub mod images;

/// Pure functions on text: languages, folding, transliteration, slugs, decimals.
pub mod text;

/// Countries and territories: codes, names, and the footnote to the designation of Kosovo.
pub mod places;

/// SQLite and PostgreSQL: the only module that distinguishes them.
pub mod db;

/// HTTP functions shared by all endpoints, independent of resource kinds.
pub mod http;

/// Messages to readers in the languages of the catalogue.
pub mod phrases;

/// Settings.
pub mod config;

/// Captions and chapters: WebVTT and SRT.
pub mod captions;

/// Functions shared by all resource kinds: schemas, lists, reads, writes, OpenAPI.
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

/// Search across kinds: results, suggestions, transcripts.
pub mod search;

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

/// Charts of statistics as SVG and PNG.
pub mod charts;

/// The command line: one file per command.
pub mod commands;

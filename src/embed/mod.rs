//! Pages for embedding in iframes, the web component, oEmbed, and metadata for search engines.
//!
//! Pages work without JavaScript, set no cookie, store nothing, and make no third-party requests
//! until the visitor presses play.
//!
//! - [`video_page`]: `/embed/videos/{video}`. [`video_list_page`]: `/embed/videos`.
//!   [`saved_query_page`]: `/f/{saved_query}`. [`statistic_page`]:
//!   `/embed/impact-statistics/{statistic}`. [`chart_page`]: `/embed/impact-statistics/chart`.
//! - [`embed_builder`]: `/embed`. [`web_component`]: `/embed/kinoteka.js`.
//! - [`oembed`]: `/oembed`. [`oembed_response`]: its parameters and responses. [`url_resolver`]: matches the URL of an oEmbed request.
//!   [`oembed_discovery`]: links from a page to its oEmbed representation.
//! - [`schema_org`]: JSON-LD of a video. [`sitemap`]: `/sitemap-videos.xml`. [`poster_api`]: the
//!   poster of a video.
//! - [`html_shell`]: HTML shell, Content-Security-Policy and error pages. [`load_item`]: loads an
//!   item with its extras. [`player`]: media sources to players. [`evidence`]: statistics that a
//!   video shows.

pub mod chart_page;
pub mod embed_builder;
pub mod evidence;
pub mod html_shell;
pub mod load_item;
pub mod oembed;
pub mod oembed_discovery;
pub mod oembed_response;
pub mod player;
pub mod poster_api;
pub mod saved_query_page;
pub mod schema_org;
pub mod sitemap;
pub mod statistic_page;
pub mod url_resolver;
pub mod video_list_page;
pub mod video_page;
pub mod web_component;

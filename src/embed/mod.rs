//! What partner sites paste: pages for frames, and what tells them how (oEmbed).
//!
//! Pages work without JavaScript, set no cookie, store nothing, and ask no other site for anything
//! before a visitor presses play.
//!
//! - [`item`]: an item as all of them read it.
//! - [`video`]: `/embed/videos/{video}`.
//! - [`list`]: `/embed/videos`.
//! - [`saved`]: `/f/{saved_query}`.
//! - [`figure`]: `/embed/impact-statistics/{statistic}`.
//! - [`page`]: what all pages share: the shell, the policy, errors as pages.
//! - [`player`]: where a video is played, and at which address.
//! - [`poster`]: the picture that stands for a video.
//! - [`painter`]: that picture as PNG.
//! - [`font`]: the letters on it.
//! - [`structured`]: what search engines read of a video (JSON-LD).
//! - [`sitemap`]: `/sitemap-videos.xml`.
//! - [`tool`]: `/embed`, for webmasters.
//! - [`component`]: `/embed/kinoteka.js`: videos and figures as elements of any page.
//! - [`oembed`]: `/oembed`.
//! - [`chart`]: charts of impact statistics.
//! - [`addressed`]: what an address is that it is asked for.
//! - [`discovery`]: how pages say where that tells of them.

pub mod chart_page;
pub mod embed_builder;
pub mod evidence;
pub mod html_shell;
pub mod load_item;
pub mod oembed;
pub mod oembed_discovery;
pub mod player;
pub mod saved_query_page;
pub mod schema_org;
pub mod sitemap;
pub mod statistic_page;
pub mod url_resolver;
pub mod video_list_page;
pub mod video_page;
pub mod web_component;

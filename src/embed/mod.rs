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

pub mod addressed;
pub mod chart;
pub mod component;
pub mod discovery;
pub mod figure;
pub mod font;
pub mod item;
pub mod list;
pub mod oembed;
pub mod page;
pub mod painter;
pub mod player;
pub mod poster;
pub mod results;
pub mod saved;
pub mod sitemap;
pub mod structured;
pub mod tool;
pub mod video;

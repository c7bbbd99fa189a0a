//! Charts of impact statistics as SVG and PNG, rendered on the server.
//!
//! - [`model`]: the data of a chart. [`params`]: the parameters of a request.
//! - [`statistics`]: loads a chart of single statistics. [`summaries`]: loads a chart of aggregated
//!   groups.
//! - [`svg`]: renders a chart as SVG. One file for each chart type: [`bars`], [`progress`],
//!   [`line`], [`tile_map`]; [`layout`] has what these share.
//! - [`theme`]: colours. [`text_layout`]: measuring and wrapping of text. [`canvas`]: SVG elements.
//!   [`scale`]: numbers to lengths.
//! - [`api`]: HTTP handlers for `/v1/impact-statistics/chart.svg` and `.png`.
//!
//! Lengths are approximate (`f64`); labels have the exact decimal value with its qualifier.

pub mod api;
pub mod bars;
pub mod canvas;
pub mod layout;
pub mod line;
pub mod model;
pub mod params;
pub mod progress;
#[cfg(test)]
mod rendering_tests;
pub mod scale;
pub mod statistics;
pub mod summaries;
pub mod svg;
#[cfg(test)]
mod test_fixtures;
pub mod text_layout;
pub mod theme;
pub mod tile_map;

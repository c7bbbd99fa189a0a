//! Summaries: deduplicated aggregates of statistics, with references to the statistics from which
//! they are computed.
//!
//! - [`params`]: query parameters.
//! - [`select`]: the statistics of a list.
//! - [`day_range`]: periods in days.
//! - [`fact_table`]: in-memory table of all statistics.
//! - [`fact`]: values, targets and baselines, and when one covers another.
//! - [`deduplicate`]: selection of statistics that do not overlap.
//! - [`breakdown_sums`]: which of two disaggregations is counted.
//! - [`aggregate`]: sum, minimum, maximum, latest value and progress.
//! - [`targets`]: baseline and target.
//! - [`group_by`]: grouping of statistics.
//! - [`series`]: an indicator's time series.
//! - [`render`], [`response`], [`series_response`]: the response.

pub mod aggregate;
pub mod api;
pub mod breakdown_sums;
pub mod day_range;
pub mod deduplicate;
pub mod fact;
pub mod fact_table;
pub mod group_by;
pub mod params;
pub mod render;
pub mod respond;
pub mod response;
pub mod select;
pub mod series;
pub mod series_plans;
pub mod series_response;
pub mod targets;

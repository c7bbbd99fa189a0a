//! What statistics come to: sums that mean something, and what they were made from.
//!
//! - [`asked`]: what is asked for.
//! - [`read`]: the statistics of a list.
//! - [`known`]: the facts of all statistics, kept in memory.
//! - [`overlap`]: which of them count, and which are counted with others already.
//! - [`reckon`]: sum, least, most, latest, baseline, target and progress of those that count.
//! - [`group`]: statistics by what they have in common.
//! - [`series`]: an indicator over time.
//! - [`told`], [`view`]: the answer, and its words.

pub mod aggregate;
pub mod api;
pub mod deduplicate;
pub mod fact_table;
pub mod group_by;
pub mod params;
pub mod render;
pub mod response;
pub mod select;
pub mod series;

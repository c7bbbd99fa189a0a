//! Impact statistics: results of programmes as exact values with the videos that support them, and
//! their indicators.

pub mod aggregation_rule;
pub mod api;
pub mod code_lists;
pub mod display_value;
pub mod fact_record;
pub mod fields;
pub mod indicators;
pub mod input;
pub mod measure_rules;
pub mod progress;
pub mod resource;
pub mod results;
pub mod schema;
pub mod summary;
pub mod view;

//! Programmes, which videos and statistics belong to.

pub mod allocations;
pub mod api;
pub mod classifications;
pub mod fields;
pub mod input;
pub mod reporting;
pub mod resource;
pub mod schema;
pub mod view;

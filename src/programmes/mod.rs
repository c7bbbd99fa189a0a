//! Programmes, which videos and statistics belong to.

pub mod allocations;
pub mod api;
pub mod fields;
pub mod input;
pub mod resource;
pub mod schema;
pub mod view;

//! Programmes: what videos and statistics belong to.

pub mod allocations;
pub mod api;
pub mod model;
pub mod resource;

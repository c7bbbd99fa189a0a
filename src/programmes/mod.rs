//! Programmes: what videos and statistics belong to.

pub mod api;
pub mod model;
pub mod shares;
pub mod store;

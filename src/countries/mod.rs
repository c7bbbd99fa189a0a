//! Countries: built-in reference data that is identical on every server.

pub mod api;
pub mod model;

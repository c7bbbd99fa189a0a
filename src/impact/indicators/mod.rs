//! Indicators: what impact statistics measure, and how.

pub mod api;
pub mod model;
pub mod resource;

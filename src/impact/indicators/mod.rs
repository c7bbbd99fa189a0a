//! Indicators: the quantities that impact statistics measure.

pub mod api;
pub mod model;
pub mod resource;

//! Countries: reference data, the same on every server; nothing of it is stored.

pub mod api;
pub mod model;

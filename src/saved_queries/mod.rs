//! Saved queries: a query of a list with a name and an address that stays.

pub mod api;
pub mod model;
pub mod resolve;
pub mod resource;

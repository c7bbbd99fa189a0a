//! Saved queries: queries of lists with a name and a permanent URL.

pub mod api;
pub mod input;
pub mod model;
pub mod resolve;
pub mod resource;

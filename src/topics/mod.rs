//! Topics: a controlled vocabulary as a tree.

pub mod api;
pub mod model;
pub mod resource;

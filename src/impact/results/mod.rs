//! Results: the statements of what a programme is to achieve, in a hierarchy of levels.

pub mod api;
pub mod model;
pub mod resource;

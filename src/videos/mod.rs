//! Videos: where they can be played, in which languages, about what, and with whom.

pub mod api;
pub mod media;
pub mod model;
pub mod resource;
pub mod tracks;

//! Videos: where they can be played, in which languages, about what, and with whom.

pub mod api;
pub mod model;
pub mod parts;
pub mod store;
pub mod tracks;

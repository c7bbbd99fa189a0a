//! Videos: sources, languages, topics, captions and participants.

pub mod api;
pub mod fields;
pub mod input;
pub mod media;
pub mod resource;
pub mod schema;
pub mod tracks;
pub mod view;

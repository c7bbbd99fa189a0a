//! The text tracks of videos: captions, subtitles, descriptions and chapters, and the transcript
//! that is made of them.

pub mod api;
pub mod chapters;
pub mod model;

pub use model::Captions;

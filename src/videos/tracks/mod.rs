//! Text tracks of videos: captions, subtitles, descriptions and chapters, and the transcript built
//! from them.

pub mod api;
pub mod chapters;
pub mod model;

pub use model::Captions;

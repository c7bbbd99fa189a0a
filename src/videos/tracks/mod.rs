//! Text tracks of videos: captions, subtitles, descriptions and chapters, and the transcript built
//! from them.

pub mod api;
pub mod chapters;
pub mod format;
pub mod model;
pub mod store;
pub mod upload;

pub use model::Captions;

//! Items as the database stores them and the parts of them that are independent of any request:
//! rows, translations, references, text tracks, completeness, revisions. Used by every other module
//! here.

pub mod completeness;
pub mod cue_text;
pub mod item;
pub mod packed;
pub mod resource;
pub mod revisions;
pub mod text_track;

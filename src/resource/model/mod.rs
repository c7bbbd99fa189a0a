//! Items as stored in the database, and the parts of them that do not depend on a request: rows,
//! translations, references, text tracks, completeness, revisions. Used by all other modules of
//! `resource`.

pub mod completeness;
pub mod cue_text;
pub mod item;
pub mod packed;
pub mod resource;
pub mod revisions;
pub mod status_change;
pub mod text_track;

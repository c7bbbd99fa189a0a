//! TODO

pub mod cue_text;
pub mod revisions;

//! Searches that are no list of one kind.

pub mod everything;
mod kinds;
pub mod suggest;
pub mod transcripts;

//! Searches that are no list of one kind.

pub mod transcripts;

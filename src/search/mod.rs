//! Searches that are no list of one kind.

pub mod all;
mod kind_filter;
pub mod suggest;
pub mod transcripts;

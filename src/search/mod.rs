//! Search across resource kinds, title suggestions and transcript search.

pub mod all;
pub mod hit;
mod kind_filter;
mod search_request;
pub mod suggest;
mod title_correction;
pub mod transcripts;

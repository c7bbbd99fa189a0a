//! TODO

pub mod attribution;
pub mod completeness;
pub mod content_notes;
pub mod did_you_mean;
pub mod facets;
pub mod highlights;
pub mod list;
pub mod page;
pub mod referenced_by;
pub mod response;

//! `GET`: lists and single items, their pages, facets, highlights, suggestions and embedded
//! resources. Used by the handlers of the kinds and by the feeds, tables and embeds.

pub mod attribution;
pub mod catalogue;
pub mod completeness;
pub mod content_notes;
pub mod did_you_mean;
pub mod facets;
pub mod get;
pub mod highlights;
pub mod include;
pub mod list;
pub mod page;
pub mod partial_match;
pub mod referenced_by;
pub mod response;

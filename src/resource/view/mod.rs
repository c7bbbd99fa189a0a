//! Renders model items to representations: the render context, embedded references, URLs, and the
//! trait that every kind implements. Used by the modules that query, read and write.

pub mod context;
pub mod embed_code;
pub mod load;
pub mod partner_role;
pub mod resource;
pub mod urls;

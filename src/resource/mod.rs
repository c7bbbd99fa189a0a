//! What the kinds of item share: how they are declared, listed, read and written. Knows no kind by
//! its fields.

pub mod cache;
pub mod index;
pub mod model;
pub mod openapi;
pub mod query;
pub mod read;
pub mod schema;
pub mod state;
pub mod store;
pub mod view;
pub mod write;

//! The parts that all kinds of resource share: schema, storage, indexes, queries, reads, writes,
//! rendering. Independent of the fields of any kind.

pub mod cache;
pub mod extract;
pub mod handlers;
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

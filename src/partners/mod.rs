//! Partners: who funds, hosts and carries out programmes, and who takes part in videos.

pub mod api;
pub mod fields;
pub mod input;
pub mod resource;
pub mod schema;
pub mod view;

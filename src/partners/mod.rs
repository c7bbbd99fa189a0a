//! Partners: who funds, hosts and carries out programmes, and who takes part in videos.

pub mod api;
pub mod model;
pub mod resource;

//! Impact statistics: exact figures with their qualifier, period and evidence.

pub mod api;
pub mod figure;
pub mod model;
pub mod store;

//! TODO

pub mod describe;
pub mod params;
mod sql;

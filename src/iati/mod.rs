//! IATI 2.03: programmes as activities with their results, out and in.

pub mod activity;
pub mod api;
pub mod catalogue;
pub mod check;
pub mod codes;
pub mod draw;
pub mod languages;
pub mod read;
pub mod take;
pub mod write;

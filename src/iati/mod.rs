//! IATI 2.03: programmes as activities with their results, out and in.

pub mod activity;
pub mod api;
pub mod codes;
pub mod export;
pub mod import_mapping;
pub mod load;
pub mod narratives;
pub mod readiness;
pub mod xml_reader;
pub mod xml_writer;

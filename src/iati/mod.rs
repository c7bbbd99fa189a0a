//! IATI 2.03: export and import of programmes as activities with results.

pub mod activity;
pub mod activity_file;
pub mod api;
pub mod codes;
pub mod export;
pub mod import_mapping;
pub mod load;
pub mod merge;
pub mod narratives;
pub mod readiness;
pub mod xml_reader;
pub mod xml_writer;

//! TODO

pub mod counts;
pub mod range_columns;
pub mod references;
pub mod snapshot;
pub mod vocabulary;

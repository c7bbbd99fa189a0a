//! In-memory caches of catalogue data: embedded references, counts, facet values, vocabulary, range
//! columns. Each entry belongs to a version of the catalogue. Used by the modules that read and by
//! the application state.

pub mod attribution;
pub mod content_notes;
pub mod counts;
pub mod facet_values;
pub mod history;
pub mod range_columns;
pub mod references;
pub mod snapshot;
pub mod term_matches;
pub mod versioned;
pub mod vocabulary;

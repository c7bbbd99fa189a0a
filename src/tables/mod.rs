//! Tables: every list as CSV and as a sheet, whole and streamed, and statistics back in from CSV.
//!
//! A table is drawn from the subjects, as feeds are. The numbers of its rows are read first, in the
//! order of the list; then the rows in parts, each of a state of its own, while the client takes
//! the part before. Nothing of it is held but the numbers and three parts.

pub mod api;
pub mod cell;
pub mod csv;
pub mod format;
pub mod import;
pub mod partners;
pub mod programmes;
pub mod row;
pub mod statistics;
pub mod stream;
pub mod table_resource;
pub mod videos;
pub mod xlsx;

//! Tables: streamed export of lists as CSV and XLSX, and import of statistics from CSV and
//! XLSX.
//!
//! The item numbers are read first, in list order, then the rows in batches while the client
//! receives the previous batch. Each batch is read in a snapshot of its own. Only the item numbers
//! and three batches are in memory.

pub mod api;
pub mod cell;
pub mod csv;
pub mod format;
pub mod import;
pub mod indicators;
pub mod notation;
pub mod partners;
pub mod programmes;
pub mod results;
pub mod row;
pub mod statistics;
pub mod stream;
pub mod summaries;
pub mod table_resource;
pub mod videos;
pub mod xlsx;
mod zip_stream;

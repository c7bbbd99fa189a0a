//! Import of statistics from CSV as written by spreadsheets: validated row by row, stored in one
//! transaction.

pub mod api;
mod apply;
mod columns;
mod csv_reader;
mod encoding;
mod row_mapping;

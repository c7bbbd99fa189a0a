//! Statistics in from CSV: understood as spreadsheets write it, checked row by row, stored all
//! together or not at all.

pub mod api;
mod apply;
mod columns;
mod csv_reader;
mod encoding;
mod row_mapping;

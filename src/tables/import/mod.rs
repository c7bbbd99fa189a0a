//! Import of statistics from CSV and XLSX as written by spreadsheets: validated row by row, stored in one
//! transaction.

pub mod api;
mod apply;
mod cell_values;
mod columns;
mod csv_reader;
mod encoding;
mod row_mapping;
mod sheet_formats;
mod sheet_reader;

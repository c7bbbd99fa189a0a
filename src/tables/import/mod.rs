//! Import of tables from CSV and XLSX as written by spreadsheets: validated row by row, stored in one
//! transaction.

pub mod api;
mod apply;
mod cell_values;
mod columns;
mod csv_reader;
mod encoding;
mod import_spec;
mod import_table;
mod row_mapping;
mod sheet_formats;
mod sheet_reader;
mod specs;

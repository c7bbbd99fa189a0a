//! Statistics in from CSV: understood as spreadsheets write it, checked row by row, stored all
//! together or not at all.

pub mod api;
mod columns;
mod encoding;
mod reader;
mod row;
mod store;

//! Tables: lists as CSV, parsed by an independent CSV reader.

mod export;
mod import;
mod logframe;
mod streaming;
mod summaries;
mod xlsx;

use std::collections::BTreeMap;

use crate::support::{Response, TestServer};

/// A row: cells by column name.
pub type Row = BTreeMap<String, String>;

/// Parses a response as CSV; returns column names and rows.
pub fn csv(response: &Response) -> (Vec<String>, Vec<Row>) {
    assert_eq!(response.required_header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = response.body.strip_prefix("\u{FEFF}".as_bytes()).expect("a byte order mark");
    assert!(text.ends_with(b"\r\n"), "the last line ends with CR LF");
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| {
        columns.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
    };
    let rows =
        reader.records().map(|record| row(record.expect("as many cells as columns"))).collect();
    (columns, rows)
}

/// Returns the rows of a table that must exist.
pub fn rows(server: &TestServer, path: &str) -> Vec<Row> {
    csv(&server.get(path).expect(200)).1
}

/// One column of rows, in order.
pub fn column(rows: &[Row], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

/// The slugs of a table, in order.
pub fn slugs(server: &TestServer, path: &str) -> Vec<String> {
    column(&rows(server, path), "slug")
}

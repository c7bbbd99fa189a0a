//! Tables: lists as CSV, read back by an independent reader.

mod export;
mod import;
mod sheets;
mod streaming;

use std::collections::BTreeMap;

use crate::support::{Answer, TestServer};

/// A row: cells by the names of their columns.
pub type Row = BTreeMap<String, String>;

/// Reads an answer as CSV: the names of the columns, and the rows.
pub fn csv(answer: &Answer) -> (Vec<String>, Vec<Row>) {
    assert_eq!(answer.must("content-type"), "text/csv; charset=utf-8; header=present");
    let text = answer.body.strip_prefix("\u{FEFF}".as_bytes()).expect("a byte order mark");
    assert!(text.ends_with(b"\r\n"), "the last line ends");
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| {
        columns.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
    };
    let rows =
        reader.records().map(|record| row(record.expect("as many cells as columns"))).collect();
    (columns, rows)
}

/// The rows of a table that must be there.
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

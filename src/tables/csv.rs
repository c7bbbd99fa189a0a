//! CSV writer (RFC 4180): UTF-8 with a byte order mark, header row, commas, CRLF line ends; with
//! `decimal=,` semicolons, which the spreadsheets of regions with decimal commas expect.
//!
//! Spreadsheets need the byte order mark to decode Cyrillic and `č` correctly when they open a file
//! directly. Programs must skip it (`utf-8-sig` in Python), or it becomes part of the first
//! column's name.
//!
//! Spreadsheets evaluate text that begins like a formula. Such text is prefixed with an apostrophe,
//! as is text that begins with an apostrophe and a formula; the import removes one apostrophe. With
//! `defuse=false` there are no apostrophes.
//! Numbers are not prefixed. For the same reason text with a semicolon or a tab is quoted, since
//! spreadsheets may split at these as well as at commas, and the rest of the text would start a
//! cell. `csv::Writer` cannot be configured to quote both, and is slower: it encodes 100,000 rows in
//! 168 ms instead of 109 ms (see `docs/development/decisions/code-instead-of-libraries.md`).

use std::fmt::Write;

use super::cell::{Cell, CellSink};
use crate::tables::notation::{DecimalSeparator, TextNotation};

/// Media type.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// Signature of the file.
pub const BOM: &str = "\u{FEFF}";

/// Buffer of encoded rows.
#[derive(Debug)]
pub struct CsvRows {
    text: String,
    row_started: bool,
    notation: TextNotation,
}

impl CsvRows {
    /// A buffer with a capacity for some hundred rows, which avoids reallocations.
    pub fn new(notation: TextNotation) -> Self {
        Self { text: String::with_capacity(128 * 1_024), row_started: false, notation }
    }

    /// Start of a file: byte order mark and header row.
    pub fn header(notation: TextNotation, columns: &[&str]) -> String {
        let mut lines = Self { text: BOM.to_owned(), ..Self::new(notation) };
        for name in columns {
            lines.write_cell(Cell::Text(name));
        }
        lines.end_row();
        lines.text
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        self.text.push_str("\r\n");
        self.row_started = false;
    }

    /// Rows encoded so far.
    pub fn into_text(self) -> String {
        self.text
    }

    fn write_text(&mut self, text: &str) {
        let apostrophe =
            if self.notation.is_defused && looks_like_formula(text) { "'" } else { "" };
        if text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n' | b';' | b'\t'))
            || text.starts_with(' ')
            || text.ends_with(' ')
        {
            self.text.push('"');
            self.text.push_str(apostrophe);
            let mut parts = text.split('"');
            self.text.push_str(parts.next().unwrap_or_default());
            for part in parts {
                self.text.push_str("\"\"");
                self.text.push_str(part);
            }
            self.text.push('"');
        } else {
            self.text.push_str(apostrophe);
            self.text.push_str(text);
        }
    }
}

impl CellSink for CsvRows {
    fn write_cell(&mut self, write_cell: Cell<'_>) {
        let has_comma = self.notation.decimal == DecimalSeparator::Comma;
        if self.row_started {
            self.text.push(if has_comma { ';' } else { ',' });
        }
        self.row_started = true;
        match write_cell {
            Cell::Empty => {}
            Cell::Text(text) => self.write_text(text),
            Cell::Decimal(value) if has_comma => self.text.push_str(&value.replace('.', ",")),
            Cell::Decimal(value) => self.text.push_str(value),
            Cell::Bool(flag) => self.text.push_str(if flag { "true" } else { "false" }),
            Cell::Integer(number) => drop(write!(self.text, "{number}")),
            Cell::Date(day) => drop(write!(self.text, "{day}")),
            Cell::DateTime(time) => drop(write!(self.text, "{time}")),
        }
    }
}

/// Whether a spreadsheet may evaluate the text as a formula (OWASP, CSV injection), possibly after
/// removal of leading apostrophes.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Removes the apostrophe that the writer added.
pub fn unescape_formula(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| looks_like_formula(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: TextNotation = TextNotation { decimal: DecimalSeparator::Point, is_defused: true };

    #[test]
    fn regional_files_have_semicolons_and_commas() {
        let regional = TextNotation { decimal: DecimalSeparator::Comma, is_defused: false };
        let mut lines = CsvRows::new(regional);
        for cell in
            [Cell::Decimal("-1234.5"), Cell::Text("a;b"), Cell::Text("=1"), Cell::Integer(3)]
        {
            lines.write_cell(cell);
        }
        assert_eq!(lines.into_text(), "-1234,5;\"a;b\";=1;3");
    }

    #[test]
    fn cells_are_quoted_and_formulas_escaped() {
        for (cell, expected) in [
            (Cell::Text("plain"), "plain"),
            (Cell::Text("a,b"), "\"a,b\""),
            (Cell::Text("say \"no\""), "\"say \"\"no\"\"\""),
            (Cell::Text("two\r\nlines"), "\"two\r\nlines\""),
            (Cell::Text("a; b"), "\"a; b\""),
            (Cell::Text("=1+1"), "'=1+1"),
            (Cell::Text("-5 things"), "'-5 things"),
            (Cell::Text("@you, me"), "\"'@you, me\""),
            (Cell::Text("'=1"), "''=1"),
            (Cell::Text("'tis"), "'tis"),
            (Cell::Text(""), ""),
            (Cell::Empty, ""),
            (Cell::Decimal("-12.50"), "-12.50"),
            (Cell::Integer(-3), "-3"),
            (Cell::Bool(true), "true"),
        ] {
            let mut lines = CsvRows::new(PLAIN);
            lines.write_cell(cell);
            assert_eq!(lines.into_text(), expected, "{cell:?}");
        }
        assert_eq!(CsvRows::header(PLAIN, &["id", "slug"]), "\u{FEFF}id,slug\r\n");
    }

    proptest! {
        #[test]
        fn other_parsers_read_the_same_text(rows in prop::collection::vec(prop::collection::vec("[a,;\t\"\r\n šž]{0,6}b", 3), 1..4)) {
            let mut written = CsvRows::new(PLAIN);
            for row in &rows {
                for text in row {
                    written.write_cell(Cell::Text(text));
                }
                written.end_row();
            }
            let text = written.into_text();
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let found: Vec<Vec<String>> = reader.records().map(|record| record.unwrap().iter().map(|text| unescape_formula(text).to_owned()).collect()).collect();
            prop_assert_eq!(found, rows);
        }

        #[test]
        fn apostrophes_come_and_go(text in "['=+@a -]{0,6}") {
            let written = if looks_like_formula(&text) { format!("'{text}") } else { text.clone() };
            prop_assert_eq!(unescape_formula(&written), text);
            prop_assert!(!written.starts_with(['=', '+', '-', '@']));
        }
    }
}

//! CSV (RFC 4180): UTF-8 with a byte order mark, a header, commas, lines that end with CR LF.
//!
//! The mark is there for the spreadsheets that open a file by its name: without it they read
//! Cyrillic and `č` as something else, and keep that. Who reads the file in a program skips it
//! (`utf-8-sig` in Python); a part of the first name it is nowhere else.
//!
//! A spreadsheet takes text that begins like a formula for one, whoever wrote it. Such text stands
//! with an apostrophe before it, and so does text that looks as if it had one already: the import
//! takes one apostrophe away and has what was there. Numbers are no text.

use std::fmt::Write;

use super::cell::{Cell, CellSink};

/// The media type.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// What a file begins with.
pub const BOM: &str = "\u{FEFF}";

/// Rows, being written.
#[derive(Debug)]
pub struct CsvRows {
    text: String,
    row_started: bool,
}

impl Default for CsvRows {
    fn default() -> Self {
        // As much as some hundred rows have: growing to that would copy it again and again.
        Self { text: String::with_capacity(128 * 1_024), row_started: false }
    }
}

impl CsvRows {
    /// What a file begins with: the mark and the names of the columns.
    pub fn header(columns: &[&str]) -> String {
        let mut lines = Self { text: BOM.to_owned(), row_started: false };
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

    /// All rows so far.
    pub fn into_text(self) -> String {
        self.text
    }

    fn write_text(&mut self, text: &str) {
        let apostrophe = if looks_like_formula(text) { "'" } else { "" };
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
        if self.row_started {
            self.text.push(',');
        }
        self.row_started = true;
        match write_cell {
            Cell::Empty => {}
            Cell::Text(text) => self.write_text(text),
            Cell::Decimal(value) => self.text.push_str(value),
            Cell::Bool(flag) => self.text.push_str(if flag { "true" } else { "false" }),
            Cell::Integer(number) => drop(write!(self.text, "{number}")),
            Cell::Date(day) => drop(write!(self.text, "{day}")),
            Cell::DateTime(time) => drop(write!(self.text, "{time}")),
        }
    }
}

/// Whether a spreadsheet may take text for a formula (OWASP, CSV injection), or would if it had one
/// apostrophe less.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Text as it was before it was written.
pub fn unescape_formula(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| looks_like_formula(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            let mut lines = CsvRows::default();
            lines.write_cell(cell);
            assert_eq!(lines.into_text(), expected, "{cell:?}");
        }
        assert_eq!(CsvRows::header(&["id", "slug"]), "\u{FEFF}id,slug\r\n");
    }

    proptest! {
        #[test]
        fn apostrophes_come_and_go(text in "['=+@a -]{0,6}") {
            let written = if looks_like_formula(&text) { format!("'{text}") } else { text.clone() };
            prop_assert_eq!(unescape_formula(&written), text);
            prop_assert!(!written.starts_with(['=', '+', '-', '@']));
        }
    }
}

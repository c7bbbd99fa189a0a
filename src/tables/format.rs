//! File format of a table.

use actix_web::web::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::cell::{Cell, CellSink};
use super::csv::{self, CsvRows};
use super::notation::TextNotation;
use crate::http::problem::Problem;
use crate::tables::xlsx::{self, XlsxRows, XlsxWriter};

/// File format of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableFormat {
    /// CSV (RFC 4180).
    Csv,
    /// XLSX (Office Open XML).
    Xlsx,
}

impl TableFormat {
    /// All formats with their file extensions.
    pub const ALL: [(&'static str, Self); 2] = [("csv", Self::Csv), ("xlsx", Self::Xlsx)];

    /// Format of a file extension.
    pub fn from_extension(ending: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
    }

    /// File extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Media type of the response.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => csv::MEDIA_TYPE,
            Self::Xlsx => xlsx::MEDIA_TYPE,
        }
    }

    /// Fails if a list has more rows than the format permits.
    pub fn check_row_limit(self, rows: usize) -> Result<(), Problem> {
        let most = xlsx::MAX_ROWS.saturating_sub(1);
        if self == Self::Csv || rows <= most {
            return Ok(());
        }
        let detail = format!(
            "The list has {rows} rows; a spreadsheet has at most {most}. Use `.csv`, or add filters."
        );
        Err(Problem::invalid_parameter("format", "too_many", detail))
    }
}

/// How the rows of a table are encoded.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TableEncoding {
    /// File format.
    pub format: TableFormat,
    /// How cells are written as text.
    pub notation: TextNotation,
}

/// Buffer of encoded rows.
#[derive(Debug)]
pub enum RowBuffer {
    /// As CSV.
    Csv(CsvRows),
    /// As XLSX.
    Xlsx(XlsxRows),
}

impl RowBuffer {
    /// A buffer for rows that follow `count` rows, including the header.
    pub fn starting_after(encoding: TableEncoding, rows: usize) -> Self {
        match encoding.format {
            TableFormat::Csv => Self::Csv(CsvRows::new(encoding.notation)),
            TableFormat::Xlsx if encoding.notation.is_defused => {
                Self::Xlsx(XlsxRows::starting_after(rows))
            }
            TableFormat::Xlsx => Self::Xlsx(XlsxRows::without_apostrophes(rows)),
        }
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        match self {
            Self::Csv(lines) => lines.end_row(),
            Self::Xlsx(rows) => rows.end_row(),
        }
    }

    /// Rows encoded so far.
    pub fn into_text(self) -> String {
        match self {
            Self::Csv(lines) => lines.into_text(),
            Self::Xlsx(rows) => rows.into_text(),
        }
    }
}

impl CellSink for RowBuffer {
    fn write_cell(&mut self, write_cell: Cell<'_>) {
        match self {
            Self::Csv(lines) => lines.write_cell(write_cell),
            Self::Xlsx(rows) => rows.write_cell(write_cell),
        }
    }
}

/// A file under construction.
pub enum FileWriter {
    /// CSV, which is the encoded rows.
    Csv,
    /// XLSX, which is compressed.
    Xlsx(XlsxWriter),
}

impl FileWriter {
    /// Starts a file with these columns; returns the bytes that can be sent.
    pub fn start(encoding: TableEncoding, columns: &[&str]) -> Result<(Self, Bytes), Problem> {
        Ok(match encoding.format {
            TableFormat::Csv => (Self::Csv, CsvRows::header(encoding.notation, columns).into()),
            TableFormat::Xlsx => {
                (Self::Xlsx(XlsxWriter::start(columns).map_err(Problem::internal)?), Bytes::new())
            }
        })
    }

    /// Adds rows; returns the bytes that can be sent.
    pub fn write_rows(&mut self, rows: String) -> Result<Bytes, Problem> {
        match self {
            Self::Csv => Ok(rows.into()),
            Self::Xlsx(sheet) => {
                sheet.write_rows(&rows).map(Bytes::from).map_err(Problem::internal)
            }
        }
    }

    /// Finishes a file of `count` rows, including the header; returns the remaining bytes.
    pub fn finish(self, rows: usize) -> Result<Bytes, Problem> {
        match self {
            Self::Csv => Ok(Bytes::new()),
            Self::Xlsx(sheet) => sheet.finish(rows).map(Bytes::from).map_err(Problem::internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xlsx_row_limit_is_enforced() {
        assert!(TableFormat::Xlsx.check_row_limit(1_048_575).is_ok());
        let problem = TableFormat::Xlsx.check_row_limit(1_048_576).unwrap_err();
        assert_eq!(
            problem.errors[0].detail,
            "The list has 1048576 rows; a spreadsheet has at most 1048575. Use `.csv`, or add filters."
        );
        assert!(TableFormat::Csv.check_row_limit(5_000_000).is_ok());
    }
}

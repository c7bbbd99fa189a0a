//! What a table is written as.

use actix_web::web::{self, Bytes};
use serde::Serialize;
use utoipa::ToSchema;

use super::cell::{Cell, CellSink};
use super::csv::{self, CsvRows};
use crate::http::problem::Problem;
use crate::tables::xlsx::{self, XlsxRows, XlsxWriter};

/// What a table is written as.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableFormat {
    /// Text with commas (RFC 4180).
    Csv,
    /// A sheet (Office Open XML).
    Xlsx,
}

impl TableFormat {
    /// All formats with the endings of their addresses.
    pub const ALL: [(&'static str, Self); 2] = [("csv", Self::Csv), ("xlsx", Self::Xlsx)];

    /// That of an address that ends so.
    pub fn from_extension(ending: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
    }

    /// What the answer is called.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => csv::MEDIA_TYPE,
            Self::Xlsx => xlsx::MEDIA_TYPE,
        }
    }

    /// Fails where a list has more rows than the format holds.
    pub fn check_row_limit(self, rows: usize) -> Result<(), Problem> {
        let most = xlsx::MAX_ROWS.saturating_sub(1);
        if self == Self::Csv || rows <= most {
            return Ok(());
        }
        let detail = format!(
            "The list has {rows} rows; a sheet holds {most}. Take `.csv`, or fewer with filters."
        );
        Err(Problem::invalid_parameter("format", "too_many", detail))
    }
}

/// Rows, being written.
#[derive(Debug)]
pub enum RowBuffer {
    /// As CSV.
    Csv(CsvRows),
    /// Of a sheet.
    Xlsx(XlsxRows),
}

impl RowBuffer {
    /// The rows after so many others, the header among them.
    pub fn starting_after(format: TableFormat, rows: usize) -> Self {
        match format {
            TableFormat::Csv => Self::Csv(CsvRows::default()),
            TableFormat::Xlsx => Self::Xlsx(XlsxRows::starting_after(rows)),
        }
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        match self {
            Self::Csv(lines) => lines.end_row(),
            Self::Xlsx(rows) => rows.end_row(),
        }
    }

    /// All rows so far.
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

/// A file, being made of rows.
pub enum FileWriter {
    /// CSV, which is its rows.
    Csv,
    /// A sheet, which is packed.
    Xlsx(Box<XlsxWriter>),
}

impl FileWriter {
    /// A file with these columns, and what can be sent of it.
    pub fn start(format: TableFormat, columns: &[&str]) -> Result<(Self, Bytes), Problem> {
        Ok(match format {
            TableFormat::Csv => (Self::Csv, CsvRows::header(columns).into()),
            TableFormat::Xlsx => (
                Self::Xlsx(Box::new(XlsxWriter::start(columns).map_err(Problem::internal)?)),
                Bytes::new(),
            ),
        })
    }

    /// The file with these rows, and what can be sent of it.
    pub async fn write_rows(self, rows: String) -> Result<(Self, Bytes), Problem> {
        let Self::Xlsx(mut sheet) = self else { return Ok((self, rows.into())) };
        let packed = web::block(move || sheet.write_rows(&rows).map(|bytes| (sheet, bytes)))
            .await
            .map_err(Problem::internal)?;
        packed.map(|(sheet, bytes)| (Self::Xlsx(sheet), bytes.into())).map_err(Problem::internal)
    }

    /// What is to be sent at the end of a file of so many rows, its header among them.
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
            "The list has 1048576 rows; a sheet holds 1048575. Take `.csv`, or fewer with filters."
        );
        assert!(TableFormat::Csv.check_row_limit(5_000_000).is_ok());
    }
}

//! The rows of a file, and the order in which they are stored.

use std::borrow::Cow;

use crate::resource::store::hierarchy::parents_first;
use crate::tables::import::columns::ImportColumns;
use crate::tables::import::csv_reader::{CsvError, CsvReader, Record};
use crate::tables::import::row_mapping::CellNotation;

/// A file, parsed without the database.
pub struct ImportTable {
    /// Rows of the file.
    pub rows: TableRows,
    /// Columns.
    pub columns: ImportColumns,
    /// How its cells are written.
    pub notation: CellNotation,
    /// Whether this is a dry run.
    pub dry_run: bool,
}

impl ImportTable {
    /// Returns the rows in the order in which they are stored.
    pub fn records_in_order(&self) -> Box<dyn Iterator<Item = ReadRecord<'_>> + '_> {
        let records = self.rows.records().skip(1);
        match self.columns.spec.parent_column {
            Some(parent) => {
                Box::new(order_rows(&self.columns, parent, records.collect()).into_iter())
            }
            None => Box::new(records),
        }
    }
}

/// Rows of a file, including the header.
pub enum TableRows {
    /// Text of a CSV file.
    Csv {
        /// Text after the optional `sep=` line.
        text: String,
        /// Separator of cells.
        separator: char,
        /// Number of the first line of the text.
        line: usize,
        /// Name of the encoding of the file (WHATWG).
        encoding: &'static str,
    },
    /// Rows of a sheet.
    Sheet(Vec<Record>),
}

impl TableRows {
    /// Returns the rows, as far as they can be read.
    pub fn records(&self) -> Box<dyn Iterator<Item = Result<Cow<'_, Record>, CsvError>> + '_> {
        match self {
            Self::Csv { text, separator, line, .. } => {
                Box::new(CsvReader::new(text, *separator, *line).map(|row| row.map(Cow::Owned)))
            }
            Self::Sheet(rows) => Box::new(rows.iter().map(|row| Ok(Cow::Borrowed(row)))),
        }
    }
}

/// A row, or the error at which reading ends.
type ReadRecord<'a> = Result<Cow<'a, Record>, CsvError>;

/// Moves rows behind the row with the slug that they name in the column of their parent.
fn order_rows<'a>(
    columns: &ImportColumns,
    parent: &str,
    rows: Vec<ReadRecord<'a>>,
) -> Vec<ReadRecord<'a>> {
    let cell = |record: &ReadRecord<'a>, name: &str| -> Option<String> {
        let cell = record.as_ref().ok()?.cells.get(columns.position(name)?)?.trim();
        (!cell.is_empty()).then(|| cell.to_owned())
    };
    parents_first(rows, |row| (cell(row, "slug").unwrap_or_default(), cell(row, parent)))
}

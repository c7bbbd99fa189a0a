//! Reader of XLSX files: the rows of the first sheet. Sizes are checked before the file is parsed,
//! since a small file may unpack to any size.

use std::collections::HashSet;
use std::io::{Cursor, Read, Write};

use bigdecimal::BigDecimal;
use calamine::{DataRef, Reader, Xlsx};

use crate::tables::import::columns::MAX_COLUMNS;
use crate::tables::import::csv_reader::Record;
use crate::tables::import::sheet_formats::percent_cells;

/// Maximum size of the unpacked parts of a file, in bytes.
const MAX_UNPACKED_BYTES: u64 = 128 * 1_024 * 1_024;
/// Maximum size of the text of all cells, in bytes.
const MAX_TEXT_BYTES: usize = 64 * 1_024 * 1_024;
/// Significant digits of a number.
const DIGITS: u64 = 15;
/// Number of the day after 9999-12-31, the last one that spreadsheets know.
const AFTER_LAST_DAY: f64 = 2_958_466.0;
/// Maximum number of cells, with the empty ones before the last of each row.
const MAX_CELLS: usize = 2_000_000;

/// Reads the rows of the first sheet; the error is a message for the client.
pub fn read_sheet(bytes: &[u8]) -> Result<Vec<Record>, String> {
    check_unpacked_size(bytes)?;
    let invalid =
        |error: calamine::XlsxError| format!("The file is not a valid XLSX file: {error}.");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(invalid)?;
    let name = book.sheet_names().into_iter().next().ok_or("The workbook has no sheet.")?;
    let percent_cells = percent_cells(bytes, &name);
    let mut cells = book.worksheet_cells_reader(&name).map_err(invalid)?;
    let mut rows: Vec<Record> = Vec::new();
    // Cells whose value is an empty text, by row number and column index.
    let mut empty_texts: HashSet<(usize, usize)> = HashSet::new();
    let (mut count, mut text_bytes) = (0_usize, 0_usize);
    while let Some(cell) = cells.next_cell().map_err(invalid)? {
        let (row, column) = cell.get_position();
        let (row, column) = (at(row).saturating_add(1), at(column));
        let (text, is_number) = match cell.get_value() {
            DataRef::Int(number) if percent_cells.contains(&(row, column)) => {
                (format!("{}%", number.saturating_mul(100)), false)
            }
            DataRef::Float(number) if percent_cells.contains(&(row, column)) => {
                (format!("{}%", plain_number(*number * 100.0)), false)
            }
            value => cell_text(value),
        };
        if text.trim().is_empty() {
            if !matches!(cell.get_value(), DataRef::Empty) && empty_texts.len() < MAX_CELLS {
                empty_texts.insert((row, column));
            }
            continue;
        }
        text_bytes = text_bytes.saturating_add(text.len());
        if column >= MAX_COLUMNS {
            return Err(format!(
                "Row {row} has a cell in column {}; at most {MAX_COLUMNS} columns are supported.",
                column.saturating_add(1)
            ));
        }
        let filled = rows.last().filter(|last| last.row == row).map_or(0, |last| last.cells.len());
        count = count.saturating_add(column.saturating_add(1).saturating_sub(filled));
        if count > MAX_CELLS || text_bytes > MAX_TEXT_BYTES {
            return Err(format!(
                "The sheet has more than {MAX_CELLS} cells or {} MB of text. Divide it into several files.",
                MAX_TEXT_BYTES / 1_024 / 1_024
            ));
        }
        if rows.last().is_none_or(|last| last.row != row) {
            rows.push(Record { row, cells: Vec::new(), number_columns: Some(Vec::new()) });
        }
        let Some(record) = rows.last_mut() else { continue };
        while record.cells.len() <= column {
            record.cells.push(String::new());
        }
        if let Some(place) = record.cells.get_mut(column) {
            *place = text;
        }
        if is_number {
            record.number_columns.get_or_insert_default().push(column);
        }
    }
    drop(cells);
    let mut formulas = book.worksheet_cells_reader(&name).map_err(invalid)?;
    while let Some(formula) = formulas.next_formula().map_err(invalid)? {
        if formula.get_value().is_empty() {
            continue;
        }
        let (row, column) = formula.get_position();
        let (row, column) = (at(row).saturating_add(1), at(column));
        let has_value = empty_texts.contains(&(row, column))
            || rows
                .binary_search_by_key(&row, |record| record.row)
                .ok()
                .and_then(|index| rows.get(index)?.cells.get(column))
                .is_some_and(|text| !text.is_empty());
        // An empty cell would delete what is stored. Some programs write formulas without values.
        if !has_value {
            return Err(format!(
                "Row {row}, column {}: the formula has no value. Open the file in a spreadsheet and save it, so that formulas are calculated.",
                column.saturating_add(1)
            ));
        }
    }
    Ok(rows)
}

/// An index of calamine.
fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// Counts what is written to it.
struct ByteCounter;

impl Write for ByteCounter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Unpacks a file without storing it, up to the limit.
fn check_unpacked_size(bytes: &[u8]) -> Result<(), String> {
    let invalid =
        |error: &dyn std::fmt::Display| format!("The file is not a valid XLSX file: {error}.");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| invalid(&error))?;
    let mut left = MAX_UNPACKED_BYTES;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| invalid(&error))?;
        let read = std::io::copy(&mut part.take(left.saturating_add(1)), &mut ByteCounter)
            .map_err(|error| invalid(&error))?;
        left = left.checked_sub(read).ok_or_else(|| {
            format!(
                "The file unpacks to more than {} MB. Divide it into several files.",
                MAX_UNPACKED_BYTES / 1_024 / 1_024
            )
        })?;
    }
    Ok(())
}

/// The text of a cell as in a CSV export, and whether it is a number.
fn cell_text(value: &DataRef<'_>) -> (String, bool) {
    let text = match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::Int(number) => return (number.to_string(), true),
        DataRef::Float(number) => return (plain_number(*number), true),
        DataRef::DateTime(time) if time.is_duration() => duration_text(time.as_f64()),
        // The reader would take the nearest day.
        DataRef::DateTime(time) if !(0.0..AFTER_LAST_DAY).contains(&time.as_f64()) => {
            plain_number(time.as_f64())
        }
        DataRef::DateTime(time) => {
            let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
            // A time of day without a date.
            if time.as_f64() < 1.0 {
                return (format!("{hour:02}:{minute:02}:{second:02}"), false);
            }
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second, milli) == (0, 0, 0, 0) {
                date
            } else {
                format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
            }
        }
        DataRef::Error(error) => error.to_string(),
    };
    (text, false)
}

/// A duration as a spreadsheet shows it, such as `36:00:00`: no number, as which it would be days.
fn duration_text(days: f64) -> String {
    let seconds = format!("{:.0}", days.abs() * 86_400.0).parse::<u64>().unwrap_or(u64::MAX);
    let sign = if days < 0.0 { "-" } else { "" };
    format!("{sign}{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Rounds a decimal to the digits of a number in a sheet.
pub fn round_as_sheet(decimal: &str) -> String {
    let rounded = decimal.parse::<BigDecimal>().map(|number| number.with_prec(DIGITS));
    rounded.map_or_else(|_| decimal.to_owned(), |number| number.to_plain_string())
}

/// A number with the fifteen significant digits that spreadsheets show, without an exponent.
fn plain_number(number: f64) -> String {
    format!("{number:.14e}")
        .parse::<BigDecimal>()
        .map_or_else(|_| number.to_string(), |number| number.normalized().to_plain_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_spreadsheets_show() {
        for (number, expected) in [
            (0.1 + 0.2, "0.3"),
            (1500.5, "1500.5"),
            (2021.0, "2021"),
            (-0.001, "-0.001"),
            (0.0, "0"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
        ] {
            assert_eq!(plain_number(number), expected);
        }
        assert_eq!(plain_number(12_345_678_901_234_567.5), round_as_sheet("12345678901234567.5"));
    }

    /// A workbook whose sheet has these rows.
    fn workbook(rows: &str) -> Vec<u8> {
        let namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{namespace}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!(
                    "<worksheet xmlns=\"{namespace}\"><sheetData>{rows}</sheetData></worksheet>"
                ),
            ),
        ] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn times_are_no_numbers_and_days_are_not_invented() {
        use calamine::{ExcelDateTime, ExcelDateTimeType};
        let text = |value: f64, kind| {
            cell_text(&DataRef::DateTime(ExcelDateTime::new(value, kind, false)))
        };
        for (value, kind, expected) in [
            (45_292.0, ExcelDateTimeType::DateTime, "2024-01-01"),
            (45_292.5, ExcelDateTimeType::DateTime, "2024-01-01T12:00:00.000Z"),
            (2_958_465.0, ExcelDateTimeType::DateTime, "9999-12-31"),
            (2_958_466.0, ExcelDateTimeType::DateTime, "2958466"),
            (20_240_101.0, ExcelDateTimeType::DateTime, "20240101"),
            (-5.0, ExcelDateTimeType::DateTime, "-5"),
            (0.75, ExcelDateTimeType::DateTime, "18:00:00"),
            (1.5, ExcelDateTimeType::TimeDelta, "36:00:00"),
            (-0.25, ExcelDateTimeType::TimeDelta, "-6:00:00"),
        ] {
            assert_eq!(text(value, kind), (expected.to_owned(), false), "{value}");
        }
    }

    #[test]
    fn formulas_need_values() {
        let row = |cell: &str| format!("<row r=\"2\"><c r=\"A2\"><v>1</v></c>{cell}</row>");
        let calculated = workbook(&row("<c r=\"B2\"><f>3+4</f><v>7</v></c>"));
        assert_eq!(read_sheet(&calculated).unwrap()[0].cells, ["1", "7"]);
        let empty = workbook(&row("<c r=\"B2\" t=\"str\"><f>IF(A2,\"\",1)</f><v></v></c>"));
        assert_eq!(read_sheet(&empty).unwrap()[0].cells, ["1"]);
        let error = read_sheet(&workbook(&row("<c r=\"B2\"><f>3+4</f></c>"))).unwrap_err();
        assert!(error.starts_with("Row 2, column 2: the formula has no value."), "{error}");
    }

    #[test]
    fn empty_cells_before_others_are_counted() {
        let rows = |count: usize| {
            let row = |row| format!("<row r=\"{row}\"><c r=\"GR{row}\"><v>1</v></c></row>");
            (1..=count).map(row).collect::<Vec<_>>().concat()
        };
        let records = read_sheet(&workbook(&rows(3))).unwrap();
        assert_eq!((records.len(), records[0].cells.len()), (3, 200));
        assert!(
            read_sheet(&workbook(&rows(10_001))).unwrap_err().contains("more than 2000000 cells")
        );
    }

    #[test]
    fn files_that_unpack_to_much_are_rejected() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for name in ["xl/a.xml", "xl/b.xml"] {
            zip.start_file(name, options).unwrap();
            for _ in 0..80 {
                zip.write_all(&vec![b' '; 1_024 * 1_024]).unwrap();
            }
        }
        let bytes = zip.finish().unwrap().into_inner();
        assert!(bytes.len() < 1_000_000);
        assert!(read_sheet(&bytes).unwrap_err().contains("unpacks to more than 128 MB"));
        assert!(read_sheet(b"PK\x03\x04 and so on").unwrap_err().contains("not a valid XLSX"));
    }
}

//! XLSX writer (Office Open XML, ECMA-376), compressed while streaming: only unsent bytes are
//! buffered.
//!
//! Numbers of up to 15 digits are numeric cells, others are text, since spreadsheets would round
//! them. Dates and timestamps (UTC) are date cells. The header row is frozen and has filters.

use std::fmt::Write as _;
use std::io;

use chrono::{Datelike, NaiveDate};

use crate::tables::cell::{Cell, CellSink};
use crate::tables::csv::unescape_formula;
use crate::tables::zip_stream::ZipStream;
use crate::text::escape::write_escaped;

/// Media type.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Maximum number of rows of a sheet, including the header.
pub const MAX_ROWS: usize = 1_048_576;

/// Maximum text length of a cell in UTF-16 code units.
const MAX_CELL_UTF16_LEN: usize = 32_767;

/// Significant digits of a number in spreadsheets.
const MAX_EXACT_DIGITS: usize = 15;

/// Constant parts of the package.
const STATIC_PARTS: [(&str, &str); 5] = [
    (
        "[Content_Types].xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/></Types>",
    ),
    (
        "_rels/.rels",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
         </Relationships>",
    ),
    (
        "xl/workbook.xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"Kinoteka\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>",
    ),
    (
        "xl/styles.xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
         <numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/><numFmt numFmtId=\"165\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm:ss\"/></numFmts>\
         <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
         <cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
         <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>\
         <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
         <xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs>\
         <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>",
    ),
];

/// Start of the worksheet, with a frozen first row.
const SHEET_HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
    <sheetViews><sheetView tabSelected=\"1\" workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
    </sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/>";

// Style indexes.
const HEADER_STYLE: &str = " s=\"1\"";
const DATE_STYLE: &str = " s=\"2\"";
const DATETIME_STYLE: &str = " s=\"3\"";

/// An XLSX file under construction.
pub struct XlsxWriter {
    zip: ZipStream,
    columns: usize,
}

impl XlsxWriter {
    /// Starts a file with these columns.
    pub fn start(columns: &[&str]) -> io::Result<Self> {
        let mut zip = ZipStream::default();
        for (name, text) in STATIC_PARTS {
            zip.start_file(name)?;
            zip.write(text.as_bytes())?;
        }
        zip.start_file("xl/worksheets/sheet1.xml")?;
        let mut text = SHEET_HEADER.to_owned();
        let last = columns.len();
        let _never_fails = write!(
            text,
            "<cols><col min=\"1\" max=\"{last}\" width=\"18\" customWidth=\"1\"/></cols><sheetData>"
        );
        let mut rows = XlsxRows { style: HEADER_STYLE, ..XlsxRows::starting_after(0) };
        for name in columns {
            rows.write_cell(Cell::Text(name));
        }
        rows.end_row();
        text.push_str(&rows.text);
        zip.write(text.as_bytes())?;
        Ok(Self { zip, columns: last })
    }

    /// Compresses rows; returns the bytes that can be sent.
    pub fn write_rows(&mut self, rows: &str) -> io::Result<Vec<u8>> {
        self.zip.write(rows.as_bytes())?;
        Ok(self.zip.take_unsent())
    }

    /// Finishes the file of `count` rows, including the header; returns the remaining bytes.
    pub fn finish(mut self, rows: usize) -> io::Result<Vec<u8>> {
        let mut text = "</sheetData><autoFilter ref=\"A1:".to_owned();
        push_column_letters(self.columns.saturating_sub(1), &mut text);
        let _never_fails = write!(text, "{rows}\"/></worksheet>");
        self.zip.write(text.as_bytes())?;
        self.zip.finish()
    }
}

/// Buffer of encoded rows.
#[derive(Debug)]
pub struct XlsxRows {
    text: String,
    row: usize,
    column: usize,
    style: &'static str,
    /// Whether an apostrophe before a formula is doubled, since imports remove one.
    is_defused: bool,
}

impl XlsxRows {
    /// A buffer for rows whose text is unchanged.
    pub fn without_apostrophes(rows: usize) -> Self {
        Self { is_defused: false, ..Self::starting_after(rows) }
    }

    /// Creates a buffer for rows that follow `count` others.
    pub fn starting_after(rows: usize) -> Self {
        Self {
            is_defused: true,
            text: String::with_capacity(512 * 1_024),
            row: rows.saturating_add(1),
            column: 0,
            style: "",
        }
    }

    /// Ends a row.
    pub fn end_row(&mut self) {
        self.text.push_str(if self.column == 0 { "<row/>" } else { "</row>" });
        self.row = self.row.saturating_add(1);
        self.column = 0;
    }

    /// Rows encoded so far.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Writes a cell whose value is not text.
    fn value_cell(&mut self, attributes: &str, value: std::fmt::Arguments<'_>) {
        self.open_cell(attributes);
        let _never_fails = write!(self.text, "<v>{value}</v></c>");
    }

    fn text_cell(&mut self, text: &str) {
        let style = self.style;
        self.open_cell(style);
        self.text.truncate(self.text.len().saturating_sub(1));
        self.text.push_str(" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
        if self.is_defused && unescape_formula(text) != text {
            self.text.push('\'');
        }
        let cut = truncated_len(text);
        let kept = text.get(..cut).unwrap_or(text);
        if kept.contains("_x") {
            // Text that looks like an `_xHHHH_` escape is escaped itself.
            push_escaped_text(&kept.replace("_x", "_x005F_x"), &mut self.text);
        } else {
            push_escaped_text(kept, &mut self.text);
        }
        self.text.push_str(if cut < text.len() { "…</t></is></c>" } else { "</t></is></c>" });
    }

    fn open_cell(&mut self, attributes: &str) {
        self.text.push_str("<c r=\"");
        push_column_letters(self.column, &mut self.text);
        let _never_fails = write!(self.text, "{}\"{attributes}>", self.row);
    }
}

impl CellSink for XlsxRows {
    fn write_cell(&mut self, write_cell: Cell<'_>) {
        if self.column == 0 {
            let _never_fails = write!(self.text, "<row r=\"{}\">", self.row);
        }
        match write_cell {
            Cell::Empty | Cell::Text("") => {}
            Cell::Text(text) => self.text_cell(text),
            Cell::Decimal(value) if is_exact_in_spreadsheet(value) => {
                self.value_cell("", format_args!("{value}"));
            }
            Cell::Decimal(value) => self.text_cell(value),
            Cell::Integer(number) if is_exact_in_spreadsheet(&number.to_string()) => {
                self.value_cell("", format_args!("{number}"));
            }
            Cell::Integer(number) => self.text_cell(&number.to_string()),
            Cell::Bool(flag) => self.value_cell(" t=\"b\"", format_args!("{}", u8::from(flag))),
            Cell::Date(day) => match serial_date(day) {
                Some(number) => self.value_cell(DATE_STYLE, format_args!("{number}")),
                None => self.text_cell(&day.to_string()),
            },
            Cell::DateTime(time) => match serial_date(time.0.date_naive()) {
                Some(day) => {
                    // Eleven decimal places represent microseconds.
                    let micros = time.micros().rem_euclid(MICROS_PER_DAY);
                    let part = i128::from(micros).saturating_mul(100_000_000_000)
                        / i128::from(MICROS_PER_DAY);
                    self.value_cell(DATETIME_STYLE, format_args!("{day}.{part:011}"));
                }
                None => self.text_cell(&time.to_string()),
            },
        }
        self.column = self.column.saturating_add(1);
    }
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn push_escaped_text(text: &str, to: &mut String) {
    write_escaped(text, to, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#13;"),
        _ => None,
    });
}

/// Letters of a column: `A`, `B`, …, `AA`.
fn push_column_letters(index: usize, to: &mut String) {
    if let Some(before) = (index / 26).checked_sub(1) {
        push_column_letters(before, to);
    }
    to.extend(
        char::from_digit(u32::try_from(index % 26).unwrap_or(0).saturating_add(10), 36)
            .map(|letter| letter.to_ascii_uppercase()),
    );
}

/// Number of bytes of a text that fit in a cell; one character less if truncated, for the ellipsis.
fn truncated_len(text: &str) -> usize {
    if text.len() <= MAX_CELL_UTF16_LEN {
        return text.len();
    }
    let mut units: usize = 0;
    let mut end: usize = 0;
    for (at, c) in text.char_indices() {
        units = units.saturating_add(c.len_utf16());
        if units < MAX_CELL_UTF16_LEN {
            end = at.saturating_add(c.len_utf8());
        } else if units > MAX_CELL_UTF16_LEN {
            return end;
        }
    }
    text.len()
}

/// Whether a spreadsheet represents a decimal exactly.
fn is_exact_in_spreadsheet(decimal: &str) -> bool {
    let digits =
        decimal.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    digits <= MAX_EXACT_DIGITS
}

/// Serial number of a date; `None` before March 1900, since spreadsheets count a nonexistent 29
/// February 1900.
fn serial_date(day: NaiveDate) -> Option<i32> {
    // 25,569 is the serial number of 1 January 1970, day 719,163 of the common era.
    let number = day.num_days_from_ce().checked_sub(719_163)?.checked_add(25_569)?;
    (number > 60).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Time;

    fn render_cells(cells: &[Cell<'_>]) -> String {
        let mut rows = XlsxRows::starting_after(1);
        for cell in cells {
            rows.write_cell(*cell);
        }
        rows.end_row();
        rows.into_text()
    }

    #[test]
    fn cell_types_and_styles() {
        let day = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let moment = Time(day.and_hms_micro_opt(12, 0, 0, 500_000).unwrap().and_utc());
        assert_eq!(
            render_cells(&[
                Cell::Integer(3),
                Cell::Empty,
                Cell::Bool(true),
                Cell::Date(day),
                Cell::DateTime(moment)
            ]),
            "<row r=\"2\"><c r=\"A2\"><v>3</v></c><c r=\"C2\" t=\"b\"><v>1</v></c><c r=\"D2\" s=\"2\"><v>45292</v></c>\
             <c r=\"E2\" s=\"3\"><v>45292.50000578703</v></c></row>"
        );
        let text = |text: &str| {
            format!(
                "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c></row>"
            )
        };
        for (cell, expected) in [
            (Cell::Decimal("123456789012345.6"), text("123456789012345.6")),
            (Cell::Text("a < b & \r_x000D_"), text("a &lt; b &amp; &#13;_x005F_x000D_")),
            (Cell::Text("=1+1"), text("=1+1")),
            (Cell::Text("'=1+1"), text("''=1+1")),
            (Cell::Text("'tis"), text("'tis")),
            (Cell::Date(NaiveDate::from_ymd_opt(1899, 5, 1).unwrap()), text("1899-05-01")),
        ] {
            assert_eq!(render_cells(&[cell]), expected);
        }
        assert_eq!(
            render_cells(&[Cell::Decimal("-0.001")]),
            "<row r=\"2\"><c r=\"A2\"><v>-0.001</v></c></row>"
        );
    }

    #[test]
    fn column_letters() {
        for (index, expected) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            let mut letters = String::new();
            push_column_letters(index, &mut letters);
            assert_eq!(letters, expected);
        }
    }

    #[test]
    fn long_text_is_truncated() {
        let units = |text: &str| text.get(..truncated_len(text)).unwrap().encode_utf16().count();
        for (text, expected) in [
            ("ж".repeat(32_767), 32_767),
            ("ж".repeat(32_768), 32_766),
            ("😀".repeat(16_384), 32_766),
            ("x".repeat(50_000), 32_766),
        ] {
            assert_eq!(units(&text), expected);
        }
    }
}

//! CSV parser (RFC 4180) with the separators of spreadsheets. Syntax errors carry line numbers.
//!
//! The parser is strict: an unclosed quotation mark and text after a closing one are errors. The
//! `csv` crate accepts both, and a whole file after a stray quotation mark would become one cell.

/// A parsed row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Row number as in a spreadsheet, from 1.
    pub row: usize,
    /// Cells.
    pub cells: Vec<String>,
    /// Columns whose cells are numbers, in a sheet that distinguishes them from text and omits empty
    /// cells; `None` in a CSV file.
    pub number_columns: Option<Vec<usize>>,
}

/// A CSV syntax error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CsvError {
    /// Line number, from 1.
    pub line: usize,
    /// Message.
    pub detail: String,
}

/// Supported separators, the most common first.
pub const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Parses an optional first line `sep=;`; returns the separator and the remaining text.
pub fn stated_separator(text: &str) -> (Option<char>, &str) {
    let stated =
        text.get(..4).filter(|beginning| beginning.eq_ignore_ascii_case("sep=")).and_then(|_| {
            let separator = text.chars().nth(4)?;
            let rest = text.get(4_usize.saturating_add(separator.len_utf8())..)?;
            let rest = rest
                .strip_prefix("\r\n")
                .or_else(|| rest.strip_prefix('\n'))
                .or_else(|| rest.is_empty().then_some(rest))?;
            Some((separator, rest))
        });
    stated.map_or((None, text), |(separator, rest)| (Some(separator), rest))
}

/// Iterator over the rows of a file; empty lines are skipped but counted.
pub struct CsvReader<'a> {
    rest: &'a str,
    separator: char,
    row: usize,
    line: usize,
}

impl<'a> CsvReader<'a> {
    /// Rows of a text whose first line has this number.
    pub fn new(text: &'a str, separator: char, line: usize) -> Self {
        Self { rest: text, separator, row: 0, line }
    }

    /// Parses a cell; returns it with its terminator, which is `None` at the end of the file.
    fn next_cell(&mut self) -> Result<(String, Option<char>), CsvError> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let separator = self.separator;
            let end = self.rest.find([separator, '\r', '\n']).unwrap_or(self.rest.len());
            let cell = self.rest.get(..end).unwrap_or_default().to_owned();
            self.rest = self.rest.get(end..).unwrap_or_default();
            return Ok((cell, self.consume_terminator()));
        };
        let began = self.line;
        let mut cell = String::new();
        let mut rest = quoted;
        loop {
            let Some((text, after)) = rest.split_once('"') else {
                let detail = format!(
                    "Unclosed quotation mark opened in line {began}. To include a quotation mark in a cell, double it."
                );
                return Err(CsvError { line: began, detail });
            };
            cell.push_str(text);
            self.line = self.line.saturating_add(text.matches('\n').count());
            let Some(more) = after.strip_prefix('"') else {
                self.rest = after;
                break;
            };
            cell.push('"');
            rest = more;
        }
        let ends = self.rest.is_empty() || self.rest.starts_with([self.separator, '\r', '\n']);
        if !ends {
            let line = self.line;
            let detail = format!(
                "Text after the closing quotation mark of a cell in line {line}. To include a quotation mark in a cell, double it."
            );
            return Err(CsvError { line, detail });
        }
        Ok((cell, self.consume_terminator()))
    }

    /// Consumes the terminator of a cell.
    fn consume_terminator(&mut self) -> Option<char> {
        let end = self.rest.chars().next()?;
        let length = if self.rest.starts_with("\r\n") { 2 } else { end.len_utf8() };
        self.rest = self.rest.get(length..).unwrap_or_default();
        if end == self.separator {
            return Some(end);
        }
        self.line = self.line.saturating_add(1);
        Some('\n')
    }
}

impl Iterator for CsvReader<'_> {
    type Item = Result<Record, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            self.row = self.row.saturating_add(1);
            let mut cells = Vec::new();
            loop {
                match self.next_cell() {
                    Ok((cell, end)) => {
                        cells.push(cell);
                        if end != Some(self.separator) {
                            break;
                        }
                    }
                    Err(broken) => {
                        self.rest = "";
                        return Some(Err(broken));
                    }
                }
            }
            // Spreadsheets write only separators for empty rows.
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(Ok(Record { row: self.row, cells, number_columns: None }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Result<(usize, Vec<String>), usize>> {
        CsvReader::new(text, ',', 1)
            .map(|record| {
                record.map(|record| (record.row, record.cells)).map_err(|broken| broken.line)
            })
            .collect()
    }

    fn row(number: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn parses_rfc_4180() {
        assert_eq!(
            read("a,b\r\n1,\"x, \"\"y\"\"\"\n\n,\n3,\"two\nlines\"\r\n4,\n5"),
            [
                Ok(row(1, &["a", "b"])),
                Ok(row(2, &["1", "x, \"y\""])),
                Ok(row(5, &["3", "two\nlines"])),
                Ok(row(6, &["4", ""])),
                Ok(row(7, &["5"])),
            ]
        );
        assert_eq!(read(""), []);
        assert_eq!(read("a\r\rb"), [Ok(row(1, &["a"])), Ok(row(3, &["b"]))]);
    }

    #[test]
    fn unclosed_quote_reports_first_line() {
        assert_eq!(
            read("a\n\"x\n\ny\"\n\"z\n\n"),
            [Ok(row(1, &["a"])), Ok(row(2, &["x\n\ny"])), Err(5)]
        );
        assert_eq!(read("a\n\"x\"y\n"), [Ok(row(1, &["a"])), Err(2)]);
    }

    #[test]
    fn sep_line_sets_separator() {
        assert_eq!(stated_separator("sep=;\r\na;b"), (Some(';'), "a;b"));
        assert_eq!(stated_separator("SEP=\t\na"), (Some('\t'), "a"));
        assert_eq!(stated_separator("sep=;x"), (None, "sep=;x"));
        assert_eq!(stated_separator("šž"), (None, "šž"));
    }

    proptest! {
        #[test]
        fn what_another_writes_is_read_back(rows in prop::collection::vec(prop::collection::vec("[a-c\", \n\rš]{0,6}", 2), 1..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let found: Vec<Vec<String>> = CsvReader::new(&text, ',', 1).map(|record| record.unwrap().cells).collect();
            let expected: Vec<Vec<String>> = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

//! Mapping of a row to a merge patch of an item. Syntax errors of cells are reported here,
//! other errors when the row is stored.

use serde_json::{Map, Value, json};

use crate::http::json_fields::truncate_for_message;
use crate::http::problem::FieldError;
use crate::tables::cell::{parse_pair, split_values};
use crate::tables::csv::unescape_formula;
use crate::tables::import::cell_values::{CellError, NumberNotation, parse_bool, parse_integer};
use crate::tables::import::columns::ImportColumns;
use crate::tables::import::csv_reader::Record;
use crate::tables::import::import_spec::{CellParser, ObjectColumns};

/// A parsed row.
#[derive(Debug, PartialEq)]
pub struct ImportRow {
    /// Row number as in a spreadsheet.
    pub number: usize,
    /// Identifier, if given.
    pub id: Option<String>,
    /// Slug, if given.
    pub slug: Option<String>,
    /// Language of its texts, if given.
    pub language: Option<String>,
    /// Texts; null for an empty cell.
    pub texts: Map<String, Value>,
    /// Whether the texts are transliterated from another script, in which they are stored.
    pub is_transliterated: bool,
    /// Other fields; null for an empty cell.
    pub fields: Map<String, Value>,
    /// Cells that have several readings.
    pub ambiguous: Vec<AmbiguousCell>,
    /// Paths of fields whose number the sheet has rounded, since it has no more digits.
    pub rounded: Vec<Vec<&'static str>>,
    /// Errors of cells, whose fields are missing.
    pub errors: Vec<FieldError>,
}

/// A cell that has several readings: it can only mean that a value is unchanged.
#[derive(Debug, PartialEq)]
pub struct AmbiguousCell {
    /// Path of its field, such as `["target", "value"]`.
    pub path: Vec<&'static str>,
    /// The possible values.
    pub readings: Vec<Value>,
    /// The error, if the statistic has none of these values.
    pub error: FieldError,
}

/// How the cells of a file are written.
#[derive(Clone, Copy, Debug)]
pub struct CellNotation {
    /// How numbers are written.
    pub numbers: NumberNotation,
    /// Whether text that begins like a formula has an apostrophe before it.
    pub is_defused: bool,
}

/// Cells of a row by column name.
struct RowCells<'a> {
    columns: &'a ImportColumns,
    record: &'a Record,
    notation: CellNotation,
    ambiguous: Vec<AmbiguousCell>,
    rounded: Vec<Vec<&'static str>>,
    errors: Vec<FieldError>,
}

impl RowCells<'_> {
    /// Text of a cell; `None` if the column is missing or the cell empty.
    fn text(&self, name: &str) -> Option<&str> {
        let cell = self.record.cells.get(self.columns.position(name)?)?.trim();
        let plain = |cell| if self.notation.is_defused { unescape_formula(cell) } else { cell };
        (!cell.is_empty()).then(|| plain(cell))
    }

    /// Whether a cell of a sheet is a number.
    fn is_number(&self, name: &str) -> bool {
        let mut numbers = self.record.number_columns.iter().flatten();
        self.columns.position(name).is_some_and(|place| numbers.any(|at| *at == place))
    }

    /// Sets a field from a column, if the file has it; an empty cell sets null.
    fn insert_cell(
        &mut self,
        to: &mut Map<String, Value>,
        (column, path): (&'static str, &[&'static str]),
        read: CellParser,
    ) {
        let Some(field) = path.last().filter(|_| self.columns.position(column).is_some()) else {
            return;
        };
        let is_number = self.is_number(column);
        let notation = if is_number { NumberNotation::Plain } else { self.notation.numbers };
        if is_number {
            self.rounded.push(path.to_vec());
        }
        let value = match self.text(column).map(|text| read(text, notation)) {
            None => Value::Null,
            Some(Ok(value)) => value,
            Some(Err(CellError { code, detail, readings })) => {
                let row = self.record.row;
                let detail = format!("Row {row}, `{column}`: {detail}");
                let error = FieldError::row(row, Some(column), code, detail);
                if readings.is_empty() {
                    self.errors.push(error);
                } else {
                    self.ambiguous.push(AmbiguousCell { path: path.to_vec(), readings, error });
                }
                return;
            }
        };
        to.insert((*field).to_owned(), value);
    }

    /// Sets an object from the columns of its members. It is null if all cells are empty, including
    /// that of its required member; without that column the other members are set alone.
    fn insert_object(&mut self, to: &mut Map<String, Value>, columns: &'static ObjectColumns) {
        let ObjectColumns { name, required, members } = columns;
        let mut object = Map::new();
        let errors = self.errors.len().saturating_add(self.ambiguous.len());
        for (column, member, read) in *members {
            self.insert_cell(&mut object, (column, &[name, member]), *read);
        }
        let has_errors = self.errors.len().saturating_add(self.ambiguous.len()) > errors;
        if !object.is_empty() || has_errors {
            let is_nothing = required.is_some_and(|member| object.contains_key(member))
                && object.values().all(Value::is_null)
                && !has_errors;
            to.insert(
                (*name).to_owned(),
                if is_nothing { Value::Null } else { Value::Object(object) },
            );
        }
    }
}

/// Parses a row, with all errors of its cells; fails if the row has other cells than the header.
pub fn parse(
    columns: &ImportColumns,
    record: &Record,
    notation: CellNotation,
) -> Result<ImportRow, Vec<FieldError>> {
    let spec = columns.spec;
    let (expected, found) = (columns.len(), record.cells.len());
    let is_longer = record.cells.iter().skip(expected).any(|cell| !cell.trim().is_empty());
    let is_shorter = found < expected && record.number_columns.is_none();
    if is_shorter || is_longer {
        let detail = format!(
            "Row {} has {found} cells, the header has {expected}. Enclose a cell that contains the separator in quotation marks.",
            record.row
        );
        return Err(vec![FieldError::row(record.row, None, "ragged", detail)]);
    }
    let mut cells = RowCells {
        columns,
        record,
        notation,
        ambiguous: Vec::new(),
        rounded: Vec::new(),
        errors: Vec::new(),
    };
    let (id, slug) = (cells.text("id").map(str::to_owned), cells.text("slug").map(str::to_owned));
    let language = cells.text("language").map(str::to_owned);
    let mut texts = Map::new();
    for name in spec.texts {
        cells.insert_cell(&mut texts, (name, &[*name]), |text, _| Ok(json!(text)));
    }
    let mut flags = Map::new();
    let transliterated = ("transliterated", ["transliterated"].as_slice());
    cells.insert_cell(&mut flags, transliterated, |text, _| parse_bool(text));
    let mut fields = Map::new();
    for (name, read) in spec.fields {
        cells.insert_cell(&mut fields, (name, &[*name]), *read);
    }
    for columns in spec.objects {
        cells.insert_object(&mut fields, columns);
    }
    let RowCells { ambiguous, rounded, errors, .. } = cells;
    Ok(ImportRow {
        number: record.row,
        id,
        slug,
        language,
        texts,
        is_transliterated: flags.get("transliterated") == Some(&json!(true)),
        fields,
        ambiguous,
        rounded,
        errors,
    })
}

/// Codes separated by `;` or `,`.
#[expect(clippy::unnecessary_wraps, reason = "a parser of cells can fail")]
pub fn parse_country_codes(text: &str) -> Result<Value, CellError> {
    let codes = text.split([';', ',']).map(str::trim);
    Ok(codes.filter(|code| !code.is_empty()).map(Value::from).collect())
}

/// `sex=female; age=15-24`.
pub fn parse_dimensions(text: &str) -> Result<Value, CellError> {
    let slice = |one: &str| match parse_pair(one) {
        (dimension, Some(value)) => Ok(json!({"dimension": dimension, "value": value})),
        (dimension, None) => Err(CellError::new(
            "invalid_value",
            format!(
                "`{}` has no value: write dimension=value, such as sex=female.",
                truncate_for_message(&dimension)
            ),
        )),
    };
    split_values(text).iter().map(|one| slice(one)).collect()
}

/// `title=url|page|language|media type`.
pub fn parse_documents(text: &str) -> Result<Value, CellError> {
    let document = |one: &str| {
        let (title, Some(place)) = parse_pair(one) else {
            return Err(CellError::new(
                "invalid_value",
                format!("`{}` has no URL: write title=https://….", truncate_for_message(one)),
            ));
        };
        let mut parts = place.split('|').map(|part| Some(part).filter(|part| !part.is_empty()));
        let url = parts.next().flatten();
        let page = parts.next().flatten().map(parse_integer).transpose()?;
        let (language, media_type) = (parts.next().flatten(), parts.next().flatten());
        Ok(
            json!({"title": title, "url": url, "page": page, "language": language, "media_type": media_type}),
        )
    };
    split_values(text).iter().map(|one| document(one)).collect()
}

/// `video#12.5-30=en:Quotation.`
pub fn parse_evidence(text: &str) -> Result<Value, CellError> {
    let one = |one: &str| {
        let (video, quote) = parse_pair(one);
        let (video, passage) =
            video.split_once('#').map_or((video.as_str(), ""), |(video, passage)| (video, passage));
        let (start, end) = passage.split_once('-').unwrap_or((passage, ""));
        let seconds = |text: &str| match text {
            "" => Ok(Value::Null),
            text => match text.parse::<f64>() {
                Ok(seconds) if seconds.is_finite() => Ok(json!(seconds)),
                _ => Err(CellError::new(
                    "invalid_value",
                    format!(
                        "`{}` is not a passage in seconds: write video#12.5-30.",
                        truncate_for_message(one)
                    ),
                )),
            },
        };
        let quote = quote.map(|quote| {
            let (language, text) = quote.split_once(':').unwrap_or(("", &quote));
            json!({"language": Some(language).filter(|language| !language.is_empty()), "text": text})
        });
        Ok(
            json!({"video": video.trim(), "start_seconds": seconds(start.trim())?, "end_seconds": seconds(end.trim())?, "quote": quote}),
        )
    };
    split_values(text).iter().map(|text| one(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multi_value_cells_are_parsed() {
        assert_eq!(
            parse_dimensions("sex=female; a\\=b=x\\; \\\\y"),
            Ok(
                json!([{"dimension": "sex", "value": "female"}, {"dimension": "a=b", "value": "x; \\y"}])
            )
        );
        assert!(parse_dimensions("women").is_err());
        assert_eq!(parse_country_codes("AL; BA,XK"), Ok(json!(["AL", "BA", "XK"])));
        assert_eq!(
            parse_evidence("a#12.5-30=en:Yes: more\\=500; b#-3; c"),
            Ok(json!([
                {"video": "a", "start_seconds": 12.5, "end_seconds": 30.0, "quote": {"language": "en", "text": "Yes: more=500"}},
                {"video": "b", "start_seconds": null, "end_seconds": 3.0, "quote": null},
                {"video": "c", "start_seconds": null, "end_seconds": null, "quote": null},
            ]))
        );
        assert_eq!(
            parse_documents("Report\\; final=https://e.example.org/?a\\=1|12||application/pdf"),
            Ok(
                json!([{"title": "Report; final", "url": "https://e.example.org/?a=1", "page": 12, "language": null, "media_type": "application/pdf"}])
            )
        );
    }
}

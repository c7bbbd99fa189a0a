//! Mapping of a row to a merge patch of a statistic. Syntax errors of cells are reported here,
//! other errors when the row is stored.

use serde_json::{Map, Value, json};

use crate::http::json_fields::truncate_for_message;
use crate::http::problem::FieldError;
use crate::tables::cell::{parse_pair, split_values};
use crate::tables::csv::unescape_formula;
use crate::tables::import::columns::{IGNORED_COLUMNS, ImportColumns};
use crate::tables::import::csv_reader::Record;
use crate::text::decimal::format::normalize_decimal;

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
    /// Texts; null for an empty cell. Empty if they are transliterated.
    pub texts: Map<String, Value>,
    /// Other fields; null for an empty cell.
    pub fields: Map<String, Value>,
}

/// Cells of a row by column name.
struct RowCells<'a> {
    columns: &'a ImportColumns,
    record: &'a Record,
    errors: Vec<FieldError>,
}

impl RowCells<'_> {
    /// Text of a cell; `None` if the column is missing or the cell empty.
    fn text(&self, name: &str) -> Option<&str> {
        let place = self.columns.names().iter().position(|column| *column == name)?;
        let cell = self.record.cells.get(place)?.trim();
        (!cell.is_empty()).then(|| unescape_formula(cell))
    }

    fn error(&mut self, name: &str, code: &'static str, detail: &str) {
        self.errors.push(FieldError::row(
            self.record.row,
            Some(name),
            code,
            format!("Row {}, `{name}`: {detail}", self.record.row),
        ));
    }

    /// Sets a field from a column, if the file has it; an empty cell sets null.
    fn insert_cell(
        &mut self,
        to: &mut Map<String, Value>,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<Value, CellError>,
    ) {
        if !self.columns.contains(name) {
            return;
        }
        let value = match self.text(name).map(read) {
            None => Value::Null,
            Some(Ok(value)) => value,
            Some(Err((code, detail))) => return self.error(name, code, &detail),
        };
        to.insert(name.to_owned(), value);
    }

    /// Sets an object from the columns of its members; null if all cells are empty.
    fn insert_object(
        &mut self,
        to: &mut Map<String, Value>,
        name: &str,
        members: &[(&'static str, &'static str, CellParser)],
    ) {
        let mut object = Map::new();
        for (column, member, read) in members {
            let mut cell = Map::new();
            self.insert_cell(&mut cell, column, read);
            object.extend(cell.remove(*column).map(|value| ((*member).to_owned(), value)));
        }
        if !object.is_empty() {
            let is_nothing = object.values().all(Value::is_null);
            to.insert(
                name.to_owned(),
                if is_nothing { Value::Null } else { Value::Object(object) },
            );
        }
    }
}

/// Error code and message.
type CellError = (&'static str, String);

/// Parser of a cell.
type CellParser = fn(&str) -> Result<Value, CellError>;

/// Parses a row, or returns all errors of its cells.
pub fn parse(columns: &ImportColumns, record: &Record) -> Result<ImportRow, Vec<FieldError>> {
    let (expected, found) = (columns.names().len(), record.cells.len());
    let is_longer = record.cells.iter().skip(expected).any(|cell| !cell.trim().is_empty());
    if found < expected || is_longer {
        let detail = format!(
            "Row {} has {found} cells, the header has {expected}. Enclose a cell that contains the separator in quotation marks.",
            record.row
        );
        return Err(vec![FieldError::row(record.row, None, "ragged", detail)]);
    }
    let mut cells = RowCells { columns, record, errors: Vec::new() };
    let (id, slug) = (cells.text("id").map(str::to_owned), cells.text("slug").map(str::to_owned));
    let language = cells.text("language").map(str::to_owned);
    let mut texts = Map::new();
    let is_made =
        cells.text("transliterated").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    if !is_made {
        cells.insert_cell(&mut texts, "label", TEXT);
        cells.insert_cell(&mut texts, "description", TEXT);
    }
    let mut fields = Map::new();
    for name in [
        "status",
        "qualifier",
        "unit",
        "measure",
        "indicator",
        "programme",
        "partner",
        "period_start",
        "period_end",
        "published_at",
    ] {
        cells.insert_cell(&mut fields, name, TEXT);
    }
    cells.insert_cell(&mut fields, "value", parse_decimal);
    cells.insert_cell(&mut fields, "ascending", parse_bool);
    cells.insert_cell(&mut fields, "additive", parse_bool);
    cells.insert_cell(&mut fields, "countries", COUNTRY_CODES);
    cells.insert_cell(&mut fields, "disaggregation", parse_dimensions);
    cells.insert_object(
        &mut fields,
        "baseline",
        &[("baseline_value", "value", parse_decimal), ("baseline_year", "year", parse_integer)],
    );
    cells.insert_object(
        &mut fields,
        "target",
        &[
            ("target_value", "value", parse_decimal),
            ("target_period_start", "period_start", TEXT),
            ("target_period_end", "period_end", TEXT),
        ],
    );
    cells.insert_object(
        &mut fields,
        "source",
        &[("source_text", "text", TEXT), ("source_url", "url", TEXT)],
    );
    cells.insert_cell(&mut fields, "documents", parse_documents);
    cells.insert_cell(&mut fields, "evidence", parse_evidence);
    debug_assert!(IGNORED_COLUMNS.iter().all(|name| !fields.contains_key(*name)));
    if !cells.errors.is_empty() {
        return Err(cells.errors);
    }
    Ok(ImportRow { number: record.row, id, slug, language, texts, fields })
}

/// Text, which is validated when the row is stored.
const TEXT: CellParser = |text| Ok(json!(text));

/// An exact decimal. Formatted numbers such as `1,500` are rejected as ambiguous.
fn parse_decimal(text: &str) -> Result<Value, CellError> {
    if normalize_decimal(text).is_some() {
        return Ok(json!(text));
    }
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | ' ' | '\u{A0}' | '\u{202F}' | '\'' | '%'))
        .collect();
    let remedy = match (text.contains(','), normalize_decimal(&plain)) {
        (true, Some(plain)) => {
            format!(
                "write {plain} if the comma separates thousands, {} if it is a decimal point",
                text.trim_end_matches('%').replace(',', ".")
            )
        }
        (false, Some(plain)) => format!("write {plain}"),
        _ => "write digits, with a point before decimals, and nothing else, such as 1500 or 0.5"
            .to_owned(),
    };
    Err((
        "invalid_decimal",
        format!("`{}` is not a plain decimal: {remedy}.", truncate_for_message(text)),
    ))
}

fn parse_integer(text: &str) -> Result<Value, CellError> {
    text.parse::<i64>().map(Value::from).map_err(|_not_whole| {
        (
            "out_of_range",
            format!("Expected an integer such as 2020, not `{}`.", truncate_for_message(text)),
        )
    })
}

fn parse_bool(text: &str) -> Result<Value, CellError> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(json!(true)),
        "false" => Ok(json!(false)),
        _ => Err((
            "wrong_type",
            format!("Expected `true` or `false`, not `{}`.", truncate_for_message(text)),
        )),
    }
}

/// Codes separated by `;` or `,`.
const COUNTRY_CODES: CellParser = |text| {
    Ok(text
        .split([';', ','])
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .map(Value::from)
        .collect())
};

/// `sex=female; age=15-24`.
fn parse_dimensions(text: &str) -> Result<Value, CellError> {
    let slice = |one: &str| match parse_pair(one) {
        (dimension, Some(value)) => Ok(json!({"dimension": dimension, "value": value})),
        (dimension, None) => Err((
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
fn parse_documents(text: &str) -> Result<Value, CellError> {
    let document = |one: &str| {
        let (title, Some(place)) = parse_pair(one) else {
            return Err((
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
fn parse_evidence(text: &str) -> Result<Value, CellError> {
    let one = |one: &str| {
        let (video, quote) = parse_pair(one);
        let (video, passage) =
            video.split_once('#').map_or((video.as_str(), ""), |(video, passage)| (video, passage));
        let (start, end) = passage.split_once('-').unwrap_or((passage, ""));
        let seconds = |text: &str| match text {
            "" => Ok(Value::Null),
            text => match text.parse::<f64>() {
                Ok(seconds) if seconds.is_finite() => Ok(json!(seconds)),
                _ => Err((
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
    fn invalid_decimals_name_remedy() {
        assert_eq!(parse_decimal("1.500"), Ok(json!("1.500")));
        for (text, remedy) in [
            (
                "1,500",
                "write 1500 if the comma separates thousands, 1.500 if it is a decimal point",
            ),
            ("1 500", "write 1500."),
            ("12%", "write 12."),
            ("1e3", "such as 1500 or 0.5"),
            ("many", "such as 1500 or 0.5"),
        ] {
            let (code, detail) = parse_decimal(text).unwrap_err();
            assert!(code == "invalid_decimal" && detail.contains(remedy), "{text}: {detail}");
        }
    }

    #[test]
    fn multi_value_cells_are_parsed() {
        assert_eq!(
            parse_dimensions("sex=female; a\\=b=x\\; \\\\y"),
            Ok(
                json!([{"dimension": "sex", "value": "female"}, {"dimension": "a=b", "value": "x; \\y"}])
            )
        );
        assert!(parse_dimensions("women").is_err());
        assert_eq!(COUNTRY_CODES("AL; BA,XK"), Ok(json!(["AL", "BA", "XK"])));
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

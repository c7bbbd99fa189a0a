//! Values as people and spreadsheets write them. A cell with one possible reading is understood; one
//! with several is rejected, or taken as unchanged if the statistic has the value of one of them.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use serde_json::{Value, json};

use crate::http::json_fields::truncate_for_message;
use crate::http::values::{parse_date, parse_time};
use crate::text::decimal::format::normalize_decimal;

/// Reason why a cell has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct CellError {
    /// Error code.
    pub code: &'static str,
    /// Message: what is wrong, and what to write.
    pub detail: String,
    /// The possible values of an ambiguous cell; otherwise empty.
    pub readings: Vec<Value>,
}

impl CellError {
    /// Creates the error of a cell that has no reading.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), readings: Vec::new() }
    }
}

/// How the numbers of a file are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NumberNotation {
    /// With this character before decimals (`.` or `,`), as the client states.
    Stated(char),
    /// As software writes them: a point before decimals. Files with commas between cells.
    Plain,
    /// Unknown, as in files from spreadsheets of any region.
    Unknown,
}

/// Parses an exact decimal. Spaces and apostrophes between thousands have one reading, as do numbers
/// such as `1.234,50`; `1.500` and `1,500` have two.
pub fn parse_decimal(text: &str, notation: NumberNotation) -> Result<Value, CellError> {
    let invalid = |remedy: String| {
        let detail = format!("`{}` is not a plain decimal: {remedy}.", truncate_for_message(text));
        CellError::new("invalid_decimal", detail)
    };
    let readings = match notation {
        NumberNotation::Stated(decimal) => decimal_readings(text, &[decimal]),
        NumberNotation::Plain if normalize_decimal(text).is_some() => vec![text.to_owned()],
        NumberNotation::Plain | NumberNotation::Unknown => decimal_readings(text, &['.', ',']),
    };
    if let Some(digits) = text.strip_suffix('%')
        && let [percent] = decimal_readings(digits.trim_end(), &['.', ',']).as_slice()
        && let Ok(number) = percent.parse::<BigDecimal>()
    {
        let share = (number / BigDecimal::from(100)).normalized().to_plain_string();
        return Err(CellError {
            readings: vec![json!(percent), json!(share)],
            ..invalid(format!(
                "it can be {percent} or {share}; write one of them, and format the cell as a number"
            ))
        });
    }
    match readings.as_slice() {
        [one] => Ok(json!(one)),
        [first, second, ..] => Err(CellError {
            readings: readings.iter().map(|reading| json!(reading)).collect(),
            ..invalid(format!(
                "it can be {second} or {first}; write one of them in a file with commas between the cells, or state the decimal separator, `decimal=,` or `decimal=.`"
            ))
        }),
        [] => {
            let digits = text.trim_end_matches([' ', '\u{A0}', '\u{202F}']);
            let plain = decimal_readings(digits, &['.', ',']);
            Err(invalid(match (plain.as_slice(), notation) {
                (_, NumberNotation::Stated(decimal)) if digits == text && !plain.is_empty() => {
                    let group = if decimal == ',' { "points" } else { "commas" };
                    format!(
                        "with `decimal={decimal}`, {group} are between groups of three digits only"
                    )
                }
                ([plain], _) => format!("write {plain}"),
                _ => "write digits, with a point or comma before decimals, and nothing else, such as 1500 or 0.5".to_owned(),
            }))
        }
    }
}

/// Returns the decimals that a text can mean, with one of these characters before decimals.
fn decimal_readings(text: &str, decimal_separators: &[char]) -> Vec<String> {
    let text = text.replace('\u{2212}', "-");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let mut readings = Vec::new();
    for decimal in decimal_separators {
        let (whole, fraction) =
            digits.split_once(*decimal).map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
        let Some(whole) = without_grouping(whole, if *decimal == ',' { '.' } else { ',' }) else {
            continue;
        };
        let reading = fraction.map_or_else(
            || format!("{sign}{whole}"),
            |fraction| format!("{sign}{whole}.{fraction}"),
        );
        if let Some(reading) = normalize_decimal(&reading)
            && !readings.contains(&reading)
        {
            readings.push(reading);
        }
    }
    readings
}

/// Removes the separators between groups of three digits: all the same, one of the usual ones or
/// `other`. Returns `None` if the text is something else.
fn without_grouping(text: &str, other: char) -> Option<String> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(text) {
        return Some(text.to_owned());
    }
    let separators = [' ', '\u{A0}', '\u{202F}', '\'', '’', other];
    let separator = text.chars().find(|c| separators.contains(c))?;
    let mut groups = text.split(separator);
    let first = groups.next()?;
    // A number does not begin with a group of zeros: `0.500` has a decimal point.
    let is_grouped = is_digits(first)
        && first.len() <= 3
        && !first.starts_with('0')
        && groups.all(|group| is_digits(group) && group.len() == 3);
    is_grouped.then(|| text.replace(separator, ""))
}

/// Parses an integer; software may have added `.0`.
pub fn parse_integer(text: &str) -> Result<Value, CellError> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    whole
        .parse::<i64>()
        .ok()
        .filter(|_| is_whole && fraction.len() != 3)
        .map(Value::from)
        .ok_or_else(|| {
            let detail = format!("Expected an integer, not `{}`.", truncate_for_message(text));
            CellError::new("out_of_range", detail)
        })
}

/// Words for true and false that spreadsheets write in the languages of the product, in English and
/// in neighbouring languages.
const TRUE_WORDS: [&str; 14] = [
    "true",
    "1",
    "tačno",
    "točno",
    "тачно",
    "точно",
    "doğru",
    "e vërtetë",
    "istina",
    "истина",
    "wahr",
    "vrai",
    "vero",
    "verdadero",
];
const FALSE_WORDS: [&str; 13] = [
    "false",
    "0",
    "netačno",
    "netočno",
    "нетачно",
    "неточно",
    "yanlış",
    "e gabuar",
    "neistina",
    "ложь",
    "falsch",
    "faux",
    "falso",
];

/// Parses a boolean.
pub fn parse_bool(text: &str) -> Result<Value, CellError> {
    // The lower case of the Turkish `I` is not that of other languages.
    let word = text.replace('I', "ı").to_lowercase();
    let is_in = |words: &[&str]| {
        let lower = text.to_lowercase();
        words.iter().any(|known| *known == lower || *known == word)
    };
    match (is_in(&TRUE_WORDS), is_in(&FALSE_WORDS)) {
        (true, _) => Ok(json!(true)),
        (_, true) => Ok(json!(false)),
        _ => Err(CellError::new(
            "wrong_type",
            format!("Expected `true` or `false`, not `{}`.", truncate_for_message(text)),
        )),
    }
}

/// Parses a date as people write it: `2024-12-31`, `31.12.2024` or `31/12/2024`, also with a time of
/// midnight. `1/2/2024` has two readings.
pub fn parse_day(text: &str) -> Result<Value, CellError> {
    let (day, time) = split_time(text);
    let is_midnight = time.is_none_or(|time| time == NaiveTime::MIN);
    let readings = if is_midnight { day_readings(day) } else { Vec::new() };
    let shown = truncate_for_message(text);
    match readings.as_slice() {
        [one] => Ok(json!(one.to_string())),
        [] => {
            let is_serial = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
            let remedy = if is_serial {
                "it is the number of a day in a spreadsheet; format the column as date"
            } else {
                "write it as 2024-12-31 or 31.12.2024"
            };
            Err(CellError::new("invalid_date", format!("`{shown}` is not a date: {remedy}.")))
        }
        [first, second, ..] => Err(CellError {
            readings: readings.iter().map(|day| json!(day.to_string())).collect(),
            ..CellError::new(
                "invalid_date",
                format!("`{shown}` is {first} or {second}: write one of them."),
            )
        }),
    }
}

/// Parses a moment: RFC 3339, or a date and a time in UTC.
pub fn parse_moment(text: &str) -> Result<Value, CellError> {
    if parse_time(text).is_some() {
        return Ok(json!(text));
    }
    let (day, time) = split_time(text);
    let moments: Vec<Value> = day_readings(day)
        .into_iter()
        .map(|day| day.and_time(time.unwrap_or_default()).and_utc())
        .map(|moment: DateTime<_>| json!(moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        .collect();
    let shown = truncate_for_message(text);
    match moments.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(CellError::new(
            "invalid_time",
            format!(
                "`{shown}` is not a time: write it as 2024-12-31T16:30:00Z or 2024-12-31 16:30."
            ),
        )),
        _ => Err(CellError {
            readings: moments,
            ..CellError::new(
                "invalid_time",
                format!("`{shown}` can be two days: write it as 2024-12-31 16:30."),
            )
        }),
    }
}

/// Splits a date and an optional time of day.
fn split_time(text: &str) -> (&str, Option<NaiveTime>) {
    let parsed = text.rsplit_once([' ', 'T', '\u{A0}', '\u{202F}']).and_then(|(day, time)| {
        let time = time.trim_end_matches('Z');
        let time = NaiveTime::parse_from_str(time, "%H:%M:%S%.f")
            .or_else(|_| NaiveTime::parse_from_str(time, "%H:%M"));
        Some((day.trim_end_matches(','), Some(time.ok()?)))
    });
    parsed.unwrap_or((text, None))
}

/// Returns the days that a text can mean. Days with points are written day, month, year; with
/// strokes the month may be first.
fn day_readings(text: &str) -> Vec<NaiveDate> {
    if let Some(day) = parse_date(text) {
        return vec![day];
    }
    let text = text.trim().trim_end_matches(" г.").trim_end_matches('.');
    let Some(separator) = text.chars().find(|c| matches!(c, '.' | '/' | '-')) else {
        return Vec::new();
    };
    let parts: Vec<&str> = text.split(separator).map(str::trim).collect();
    let [first, second, third] = parts.as_slice() else { return Vec::new() };
    let number = |part: &str, lengths: &[usize]| {
        let is_number =
            lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse::<u32>().ok() } else { None }
    };
    let day = |year: &str, month: &str, day: &str| {
        let year = i32::try_from(number(year, &[4])?).ok().filter(|year| *year >= 1)?;
        NaiveDate::from_ymd_opt(year, number(month, &[1, 2])?, number(day, &[1, 2])?)
    };
    if first.len() == 4 {
        return day(first, second, third).into_iter().collect();
    }
    let by_day = day(third, second, first);
    let by_month = if separator == '.' { None } else { day(third, first, second) };
    let other = by_month.filter(|other| Some(*other) != by_day);
    by_day.into_iter().chain(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_reading_or_are_rejected() {
        use NumberNotation::{Plain, Stated, Unknown};
        for (text, notation, expected) in [
            ("1500", Unknown, Some("1500")),
            ("1.50", Unknown, Some("1.50")),
            ("0.500", Unknown, Some("0.500")),
            ("1234.567", Unknown, Some("1234.567")),
            ("1234,5", Unknown, Some("1234.5")),
            ("0,125", Unknown, Some("0.125")),
            ("1.234,50", Unknown, Some("1234.50")),
            ("1,234.50", Unknown, Some("1234.50")),
            ("-1.234.567", Unknown, Some("-1234567")),
            ("1,234,567", Plain, Some("1234567")),
            ("1 500", Plain, Some("1500")),
            ("1\u{A0}234,5", Unknown, Some("1234.5")),
            ("1'234.50", Unknown, Some("1234.50")),
            ("−5", Unknown, Some("-5")),
            ("1.500", Plain, Some("1.500")),
            ("1.500", Unknown, None),
            ("1,500", Unknown, None),
            ("1,500", Plain, None),
            ("1.500", Stated(','), Some("1500")),
            ("1,500", Stated(','), Some("1.500")),
            ("1.500,25", Stated(','), Some("1500.25")),
            ("1.50", Stated(','), None),
            ("1.500", Stated('.'), Some("1.500")),
            ("1,500", Stated('.'), Some("1500")),
            ("1,5", Stated('.'), None),
            ("1.2.3", Unknown, None),
            ("12%", Unknown, None),
            ("1e3", Unknown, None),
            ("+5", Plain, None),
            (".5", Plain, None),
            ("many", Unknown, None),
            ("", Unknown, None),
        ] {
            let found = parse_decimal(text, notation).ok();
            assert_eq!(found, expected.map(|expected| json!(expected)), "{text} {notation:?}");
        }
        for (text, notation, remedy) in [
            ("1,500", Plain, "it can be 1.500 or 1500"),
            ("12%", Plain, "it can be 12 or 0.12;"),
            ("12,5 %", Stated(','), "it can be 12.5 or 0.125;"),
            ("1.50", Stated(','), "points are between groups of three digits only"),
            ("many", Plain, "such as 1500 or 0.5"),
        ] {
            let error = parse_decimal(text, notation).unwrap_err();
            assert!(error.detail.contains(remedy), "{text}: {}", error.detail);
        }
    }

    #[test]
    fn days_as_people_write_them() {
        for (text, expected) in [
            ("2024-12-31", &["2024-12-31"][..]),
            ("31.12.2024", &["2024-12-31"]),
            ("1. 2. 2024.", &["2024-02-01"]),
            ("31.12.2024 г.", &["2024-12-31"]),
            ("31/12/2024", &["2024-12-31"]),
            ("12/31/2024", &["2024-12-31"]),
            ("3/3/2024", &["2024-03-03"]),
            ("1/2/2024", &["2024-02-01", "2024-01-02"]),
            ("31-12-2024", &["2024-12-31"]),
            ("2024/12/31", &["2024-12-31"]),
            ("2024-12-31 00:00:00", &["2024-12-31"]),
            ("2024-12-31T00:00:00.000Z", &["2024-12-31"]),
            ("2024-12-31 08:00", &[]),
            ("31.12.24", &[]),
            ("31.02.2024", &[]),
            ("45657", &[]),
            ("2024", &[]),
        ] {
            let found = match parse_day(text) {
                Ok(day) => vec![day],
                Err(error) => error.readings,
            };
            assert_eq!(found, expected.iter().map(|day| json!(day)).collect::<Vec<_>>(), "{text}");
        }
        assert_eq!(parse_moment("2026-11-28 16:52:06"), Ok(json!("2026-11-28T16:52:06Z")));
        assert_eq!(parse_moment("28.11.2026 16:52"), Ok(json!("2026-11-28T16:52:00Z")));
        assert_eq!(parse_moment("28.11.2026"), Ok(json!("2026-11-28T00:00:00Z")));
        assert!(parse_moment("noon").is_err());
    }

    #[test]
    fn words_and_integers() {
        for (text, expected) in [
            ("TRUE", true),
            ("VRAI", true),
            ("FALSO", false),
            ("TAČNO", true),
            ("DOĞRU", true),
            ("YANLIŞ", false),
            ("0", false),
        ] {
            assert_eq!(parse_bool(text), Ok(json!(expected)), "{text}");
        }
        assert!(parse_bool("maybe").is_err());
        for (text, expected) in [
            ("2021", Some(2021)),
            ("2021.0", Some(2021)),
            ("2021,00", Some(2021)),
            ("2.021", None),
            ("2021.5", None),
            ("2.000", None),
        ] {
            assert_eq!(parse_integer(text).ok(), expected.map(Value::from), "{text}");
        }
    }
}

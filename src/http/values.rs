//! Parsing of values that occur in bodies, query parameters and settings: dates, timestamps, URLs,
//! language tags; and their JSON Schemas.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::db::Time;
use crate::text::language::Language;
use crate::text::name_suggestion::closest_name;
use crate::text::truncate_for_message;

/// Parses a language tag under which texts can be stored; the error is a message for the client.
pub fn parse_storable_language(tag: &str) -> Result<Language, String> {
    let language = Language::parse(tag).map_err(|error| error.to_string())?;
    language.check_storable().map_err(|error| error.to_string())?;
    Ok(language)
}

/// Parses a date as `YYYY-MM-DD`, from year 1 to 9999.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    // The date parser accepts more: signs, blanks, years of five digits.
    let is_plain = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| matches!(at, 4 | 7) || byte.is_ascii_digit());
    if !is_plain {
        return None;
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (chrono::Datelike::year(&date) >= 1).then_some(date)
}

/// Parses a timestamp (RFC 3339), from year 1 to 9999, truncated to microseconds.
pub fn parse_time(text: &str) -> Option<Time> {
    use chrono::{Datelike, SubsecRound};
    let time = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc).trunc_subsecs(6);
    // A leap second (`23:59:60`) is stored as the second after it.
    (1..=9999).contains(&time.year()).then(|| Time::from_micros(time.timestamp_micros()))?
}

/// Whether the text is an absolute http or https URL without blanks and credentials.
pub fn is_web_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty()
            && !host.contains('@')
            && !host.starts_with(':')
            && !text.chars().any(|c| {
                c.is_whitespace()
                    || c.is_control()
                    || matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}')
            })
    })
}

/// Error message for an unknown value: "`x` is not one of …. Did you mean …?"
pub fn unknown_value_message<'a>(
    value: &str,
    words: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let near = closest_name(value, words.clone());
    let hint = near.map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
    let all: Vec<&str> = words.collect();
    if all.len() > 30 {
        return format!("`{}` is not a known value.{hint}", truncate_for_message(value));
    }
    format!("`{}` is not one of {}.{hint}", truncate_for_message(value), all.join(", "))
}

/// Pattern of a language tag (RFC 5646 section 2.1) with a primary subtag of two or three letters,
/// as every registered language has one.
pub const LANGUAGE_PATTERN: &str = "([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?|[Xx](-[A-Za-z0-9]{1,8})+)";

/// Pattern of a slug; an identifier matches it as well.
pub const SLUG_PATTERN: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// Pattern of an exact decimal as text.
pub const DECIMAL_PATTERN: &str = "^-?[0-9]+(\\.[0-9]+)?$";

/// Pattern of an exact percentage from 0 to 100, as text.
pub const PERCENTAGE_PATTERN: &str = r"^0*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)$";

/// Returns the schema of a language tag (BCP 47) that this server accepts; `all` matches its
/// pattern as well.
pub fn language_schema() -> Value {
    json!({"type": "string", "minLength": 2, "maxLength": 35, "pattern": format!("^{LANGUAGE_PATTERN}$")})
}

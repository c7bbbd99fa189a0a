//! Parsing of the JSON values that [`JsonFields`](super::JsonFields) reads.

use serde_json::Value;

use crate::http::problem::FieldError;
use crate::i18n::country_names;

/// The integer, if the number is one: `312` and also `312.0`, which JSON Schema treats as an
/// integer.
pub(super) fn to_integer(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        // A float represents decimals of up to 15 digits exactly enough; with more digits it does
        // not show whether the number is an integer.
        let digits = number.to_string().bytes().filter(u8::is_ascii_digit).count();
        let float = number
            .as_f64()
            .filter(|float| digits <= 15 && float.fract() == 0.0 && float.abs() <= 1e15)?;
        // Formatting is the exact conversion from a float to an integer without a cast.
        format!("{float:.0}").parse().ok()
    })
}

pub(super) fn parse_country(
    value: &Value,
    pointer: String,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("code").and_then(Value::as_str));
    let found = text.and_then(country_names::find_country);
    if found.is_none() {
        let detail = text.map_or_else(
            || "Expected a country code such as `MK`.".to_owned(),
            country_names::unknown_country_message,
        );
        errors.push(FieldError::field(pointer, "unknown_country", detail));
    }
    found.map(|country| country.code.to_owned())
}

/// The text of a decimal: a JSON string or number; empty for any other value.
pub(super) fn decimal_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Whether the text is a media type, with or without parameters.
pub(super) fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, name)| {
        is_token(kind) && is_token(name.split(';').next().unwrap_or_default())
    })
}

/// Trims text and rejects control characters and text that is too long; the error is code and
/// message.
pub(super) fn validate_text(text: &str, max_len: usize) -> Result<&str, (&'static str, String)> {
    if text.contains('\0') {
        return Err(("invalid_text", "The text contains a NUL character; remove it.".to_owned()));
    }
    if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err((
            "invalid_text",
            format!(
                "The text contains the control character U+{:04X}; remove it.",
                u32::from(control)
            ),
        ));
    }
    let text = text.trim();
    let length = text.chars().count();
    if length > max_len {
        return Err((
            "too_long",
            format!("At most {max_len} characters are accepted; the text has {length}."),
        ));
    }
    Ok(text)
}

/// Escapes a reference token of a JSON pointer (RFC 6901 section 3).
pub(in crate::http) fn escape_pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

//! Parses a JSON body member by member and collects all errors with their JSON pointers, instead of
//! stopping at the first.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::db::Time;
use crate::http::problem::{FieldError, MAX_ERRORS};
pub use crate::http::values::{
    is_web_url, parse_date, parse_storable_language, parse_time, unknown_value_message,
};
use crate::i18n::country_names;
use crate::text::decimal::format::decimal_sort_key;
use crate::text::decimal::format::normalize_decimal;
use crate::text::language::Language;
use crate::text::name_suggestion::closest_name;
pub use crate::text::truncate_for_message;

/// Maximum lengths of texts in characters, by type of field, and of lists.
pub mod limits {
    /// Titles, names, labels.
    pub const TITLE: usize = 300;
    /// Summaries and notes.
    pub const SUMMARY: usize = 2_000;
    /// Descriptions.
    pub const DESCRIPTION: usize = 50_000;
    /// Short texts: roles, licences, units.
    pub const SHORT_TEXT: usize = 200;
    /// URLs.
    pub const URL: usize = 2_000;
    /// Members of a list.
    pub const LIST_ITEMS: usize = 500;
}

/// Parser of the members of one JSON object.
pub struct JsonFields<'v, 'e> {
    object: &'v Map<String, Value>,
    pointer: String,
    known_fields: Vec<&'static str>,
    errors: &'e mut Vec<FieldError>,
}

/// A reference in a body, by identifier or slug.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReferenceInput {
    /// An identifier or a slug.
    pub id_or_slug: String,
    /// JSON pointer to the reference.
    pub pointer: String,
}

impl<'v, 'e> JsonFields<'v, 'e> {
    /// Starts parsing an object. Any other value is reported as an error, and the result is `None`.
    pub fn new(
        value: &'v Value,
        pointer: impl Into<String>,
        errors: &'e mut Vec<FieldError>,
    ) -> Option<Self> {
        let pointer = pointer.into();
        match value {
            Value::Object(object) => {
                Some(Self { object, pointer, known_fields: Vec::new(), errors })
            }
            other => {
                errors.push(FieldError::field(
                    pointer,
                    "wrong_type",
                    format!("Expected an object, got {}.", type_name(other)),
                ));
                None
            }
        }
    }

    /// JSON pointer to a member.
    pub fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, escape_pointer_token(name))
    }

    /// Reports an error at a member.
    pub fn error(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        let pointer = self.pointer_to(name);
        self.errors.push(FieldError::field(pointer, code, detail));
    }

    /// The errors so far, to report an error at another pointer.
    pub fn errors_mut(&mut self) -> &mut Vec<FieldError> {
        self.errors
    }

    /// Accepts and ignores members that only the server sets.
    pub fn ignore(&mut self, names: &[&'static str]) {
        self.known_fields.extend_from_slice(names);
    }

    /// Whether a member is present, even as null.
    pub fn contains(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// Reports unknown members: those that no method was called for. To be called last.
    pub fn finish(self) {
        for name in self.object.keys() {
            if self.errors.len() > MAX_ERRORS {
                break;
            }
            if !self.known_fields.contains(&name.as_str()) {
                let near = closest_name(name, self.known_fields.iter().copied());
                let hint =
                    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                self.errors.push(FieldError::field(
                    format!("{}/{}", self.pointer, escape_pointer_token(name)),
                    "unknown_field",
                    format!("Unknown field `{}`{hint}", truncate_for_message(name)),
                ));
            }
        }
    }

    /// The value of a member; `None` if it is null or absent.
    pub fn value(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known_fields.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn wrong_type(&mut self, name: &str, expected: &str, found: &Value) {
        self.error(name, "wrong_type", format!("Expected {expected}, got {}.", type_name(found)));
    }

    /// Text without control characters, of at most `max_len` characters; `None` if it is blank.
    pub fn text(&mut self, name: &'static str, max_len: usize) -> Option<String> {
        let value = self.value(name)?;
        let Value::String(text) = value else {
            self.wrong_type(name, "text", value);
            return None;
        };
        match validate_text(text, max_len) {
            Ok("") => None,
            Ok(clean) => Some(clean.to_owned()),
            Err((code, detail)) => {
                self.error(name, code, detail);
                None
            }
        }
    }

    /// One of a fixed set of values.
    pub fn enum_value<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let value = self.value(name)?;
        let Value::String(text) = value else {
            self.wrong_type(name, "text", value);
            return None;
        };
        if let Some((_, found)) = words.iter().find(|(word, _)| word == text) {
            return Some(*found);
        }
        let detail = unknown_value_message(text, words.iter().map(|(word, _)| *word));
        self.error(name, "unknown_value", detail);
        None
    }

    /// One of a fixed set of values, as text.
    pub fn one_of(&mut self, name: &'static str, words: &[&'static str]) -> Option<String> {
        let pairs: Vec<(&'static str, &'static str)> =
            words.iter().map(|word| (*word, *word)).collect();
        self.enum_value(name, &pairs).map(str::to_owned)
    }

    /// Reports a missing member, unless an error of its value has been reported.
    pub fn require(&mut self, name: &str, present: bool) {
        let pointer = self.pointer_to(name);
        let is_reported = |error: &FieldError| {
            let below = error.pointer.as_deref().and_then(|at| at.strip_prefix(pointer.as_str()));
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        };
        if !present && !self.errors.iter().any(is_reported) {
            self.error(name, "required", format!("`{name}` is required."));
        }
    }

    /// A boolean.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(flag) => Some(*flag),
            other => {
                self.wrong_type(name, "a boolean", other);
                None
            }
        }
    }

    /// An integer within a range.
    pub fn integer(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = self.value(name)?;
        let Value::Number(number) = value else {
            self.wrong_type(name, "an integer", value);
            return None;
        };
        match to_integer(number) {
            Some(integer) if range.contains(&integer) => Some(integer),
            _ => {
                self.error(
                    name,
                    "out_of_range",
                    format!("Expected an integer from {} to {}.", range.start(), range.end()),
                );
                None
            }
        }
    }

    /// An exact decimal from 0 to 100: text, or a JSON number.
    pub fn percentage(&mut self, name: &'static str) -> Option<String> {
        let text = match self.value(name)? {
            Value::String(text) if text.starts_with('-') => "-1".to_owned(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let percentage = normalize_decimal(&text);
        let Some(order) = percentage.as_deref().and_then(decimal_sort_key) else {
            self.error(
                name,
                "invalid_decimal",
                "Expected a decimal number such as \"40\" or \"12.5\".",
            );
            return None;
        };
        let bound = |bound: &str| decimal_sort_key(bound).unwrap_or_default();
        if order < bound("0") || order > bound("100") {
            self.error(name, "out_of_range", "Expected a number from 0 to 100.");
            return None;
        }
        percentage
    }

    /// Seconds within a video, converted to milliseconds.
    pub fn seconds_as_millis(&mut self, name: &'static str) -> Option<i64> {
        let value = self.value(name)?;
        let seconds = value
            .as_number()
            .and_then(serde_json::Number::as_f64)
            .filter(|seconds| (0.0..=864_000.0).contains(seconds));
        if seconds.is_none() {
            self.error(name, "out_of_range", "Expected a number of seconds from 0 to 864000.");
        }
        // Formatting is the exact conversion from a float to an integer without a cast.
        format!("{:.0}", seconds? * 1000.0).parse().ok()
    }

    /// A country code: ISO 3166-1 alpha-2 or alpha-3, XK or XKX, or an object with `code`.
    pub fn country(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name)?;
        let pointer = self.pointer_to(name);
        parse_country(value, pointer, self.errors)
    }

    /// A list of countries without duplicates.
    pub fn countries(&mut self, name: &'static str) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        for code in self.list(name, parse_country) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// A date as `YYYY-MM-DD`, from year 1 to 9999.
    pub fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let value = self.value(name)?;
        let date = value.as_str().and_then(parse_date);
        if date.is_none() {
            self.error(name, "invalid_date", "Expected a date such as `2026-05-07`.");
        }
        date
    }

    /// A timestamp (RFC 3339).
    pub fn time(&mut self, name: &'static str) -> Option<Time> {
        let value = self.value(name)?;
        let time = value.as_str().and_then(parse_time);
        if time.is_none() {
            self.error(
                name,
                "invalid_time",
                "Expected a timestamp such as `2026-05-07T08:00:00Z`.",
            );
        }
        time
    }

    /// An absolute http or https URL.
    pub fn url(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name, limits::URL)?;
        if is_web_url(&text) {
            return Some(text);
        }
        self.error(
            name,
            "invalid_url",
            "Expected an absolute URL that starts with https:// or http://.",
        );
        None
    }

    /// A language tag under which texts can be stored.
    pub fn language(&mut self, name: &'static str) -> Option<Language> {
        let text = self.text(name, 64)?;
        match parse_storable_language(&text) {
            Ok(language) => Some(language),
            Err(detail) => {
                self.error(name, "invalid_language", detail);
                None
            }
        }
    }

    /// A list; `parse` converts each member, given its JSON pointer.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        mut parse: impl FnMut(&'v Value, String, &mut Vec<FieldError>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(name) else { return Vec::new() };
        let Value::Array(members) = value else {
            self.wrong_type(name, "a list", value);
            return Vec::new();
        };
        if members.len() > limits::LIST_ITEMS {
            self.error(
                name,
                "too_many",
                format!("At most {} entries are accepted.", limits::LIST_ITEMS),
            );
            return Vec::new();
        }
        let pointer = self.pointer_to(name);
        members
            .iter()
            .enumerate()
            .filter_map(|(index, member)| parse(member, format!("{pointer}/{index}"), self.errors))
            .collect()
    }

    /// A list of language tags without duplicates.
    pub fn languages(&mut self, name: &'static str) -> Vec<Language> {
        let mut languages: Vec<Language> = Vec::new();
        for language in self.list(name, |value, pointer, errors| {
            let Some(text) = value.as_str() else {
                errors.push(FieldError::field(pointer, "wrong_type", "Expected a language tag."));
                return None;
            };
            match Language::parse(text) {
                Ok(language) => Some(language),
                Err(error) => {
                    errors.push(FieldError::field(pointer, "invalid_language", error.to_string()));
                    None
                }
            }
        }) {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        languages
    }

    /// An object, converted by `parse`.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(JsonFields<'v, '_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let pointer = self.pointer_to(name);
        JsonFields::new(value, pointer, self.errors).and_then(parse)
    }

    /// A reference: a slug, an identifier, or an object with one of them.
    pub fn reference(&mut self, name: &'static str) -> Option<ReferenceInput> {
        let value = self.value(name)?;
        let pointer = self.pointer_to(name);
        parse_reference(value, pointer, self.errors)
    }
}

/// The integer, if the number is one: `312` and also `312.0`, which JSON Schema treats as an
/// integer.
fn to_integer(number: &serde_json::Number) -> Option<i64> {
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

fn parse_country(value: &Value, pointer: String, errors: &mut Vec<FieldError>) -> Option<String> {
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

/// Parses a reference: a slug, an identifier, or an object with `id` or `slug`.
pub fn parse_reference(
    value: &Value,
    pointer: String,
    errors: &mut Vec<FieldError>,
) -> Option<ReferenceInput> {
    let name = match value {
        Value::String(text) => Some(text),
        Value::Object(object) => match object.get("id").or_else(|| object.get("slug")) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    };
    match name {
        Some(name) if !name.is_empty() && name.len() <= 200 && !name.contains('\0') => {
            Some(ReferenceInput { id_or_slug: name.clone(), pointer })
        }
        _ => {
            errors.push(FieldError::field(
                pointer,
                "invalid_reference",
                "Expected a slug, an id, or an object with one of them.",
            ));
            None
        }
    }
}

/// Trims text and rejects control characters and text that is too long; the error is code and
/// message.
fn validate_text(text: &str, max_len: usize) -> Result<&str, (&'static str, String)> {
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
fn escape_pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

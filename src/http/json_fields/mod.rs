//! Parses a JSON body member by member and collects all errors with their JSON pointers, instead of
//! stopping at the first.
//!
//! The same parser describes the body: [`JsonFields::describe`] runs it on an empty object, and each
//! method records the JSON Schema of the member that it would parse. For this, a parser reads its
//! members unconditionally.

mod describe;
/// Maximum lengths of texts in characters, by type of field, and of lists.
pub mod limits;
mod parse;
mod references;
/// JSON Schemas of the values in request bodies.
pub mod schema;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use serde_json::{Map, Value};

pub(in crate::http) use self::parse::escape_pointer_token;
use self::parse::{
    decimal_text, is_media_type, parse_country, to_integer, type_name, validate_text,
};
pub use self::references::ReferenceInput;
use self::schema::ObjectSchema;
use crate::db::Time;
use crate::http::problem::{FieldError, MAX_ERRORS};
use crate::http::values::language_schema;
pub use crate::http::values::{
    is_web_url, parse_date, parse_storable_language, parse_time, unknown_value_message,
};
use crate::text::decimal::format::decimal_sort_key;
use crate::text::decimal::format::normalize_decimal;
use crate::text::language::Language;
use crate::text::name_suggestion::closest_name;
pub use crate::text::truncate_for_message;

/// Parser of the members of one JSON object.
pub struct JsonFields<'v, 'e> {
    object: &'v Map<String, Value>,
    pointer: String,
    known_fields: Vec<&'static str>,
    errors: &'e mut Vec<FieldError>,
    /// The schema that is recorded, in describing mode.
    schema: Option<&'e mut ObjectSchema>,
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
                Some(Self { object, pointer, known_fields: Vec::new(), errors, schema: None })
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
        for name in names {
            self.record(name, || Value::Object(Map::new()));
        }
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

    /// The value of a member, without reading it; `None` if it is null or absent.
    pub fn peek(&self, name: &str) -> Option<&'v Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// Reads a member, or records its schema; `None` if it is null or absent.
    fn value(&mut self, name: &'static str, schema: impl FnOnce() -> Value) -> Option<&'v Value> {
        self.known_fields.push(name);
        self.record(name, schema);
        self.peek(name)
    }

    fn wrong_type(&mut self, name: &str, expected: &str, found: &Value) {
        self.error(name, "wrong_type", format!("Expected {expected}, got {}.", type_name(found)));
    }

    /// Text without control characters, of at most `max_len` characters; `None` if it is blank.
    pub fn text(&mut self, name: &'static str, max_len: usize) -> Option<String> {
        self.clean_text(name, max_len, || schema::text(max_len))
    }

    /// The same for text that must not be blank, but can be absent.
    pub fn nonblank_text(&mut self, name: &'static str, max_len: usize) -> Option<String> {
        let text = self.text(name, max_len);
        self.add_keywords(name, schema::not_blank);
        text
    }

    fn clean_text(
        &mut self,
        name: &'static str,
        max_len: usize,
        schema: impl FnOnce() -> Value,
    ) -> Option<String> {
        let value = self.value(name, schema)?;
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
        let value = self.value(name, || schema::one_of(words.iter().map(|(word, _)| *word)))?;
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
        if let Some(recorded) = &mut self.schema {
            recorded.require(name);
        }
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
        match self.value(name, schema::flag)? {
            Value::Bool(flag) => Some(*flag),
            other => {
                self.wrong_type(name, "a boolean", other);
                None
            }
        }
    }

    /// An integer within a range.
    pub fn integer(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(name, || schema::integer(&range))?;
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

    /// An exact decimal in canonical form: text, or a JSON number.
    pub fn decimal(&mut self, name: &'static str) -> Option<String> {
        let value = self.value(name, || schema::shared("DecimalInput"))?;
        let decimal = normalize_decimal(decimal_text(value).trim());
        if decimal.is_none() {
            self.error(
                name,
                "invalid_decimal",
                "Expected a decimal number such as \"1500\" or \"0.5\", without separators or exponent.",
            );
        }
        decimal
    }

    /// An exact decimal from 0 to 100: text, or a JSON number.
    pub fn percentage(&mut self, name: &'static str) -> Option<String> {
        let text = match self.value(name, schema::percentage)? {
            Value::String(text) if text.starts_with('-') => "-1".to_owned(),
            value => decimal_text(value),
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
        let value = self.value(name, schema::seconds)?;
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
        let value = self.value(name, || schema::shared("CountryInput"))?;
        let pointer = self.pointer_to(name);
        parse_country(value, pointer, self.errors)
    }

    /// A list of countries without duplicates.
    pub fn countries(&mut self, name: &'static str) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        self.record(name, || schema::shared("CountriesInput"));
        for code in self.list(name, parse_country) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// A date as `YYYY-MM-DD`, from year 1 to 9999.
    pub fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let value = self.value(name, schema::date)?;
        let date = value.as_str().and_then(parse_date);
        if date.is_none() {
            self.error(name, "invalid_date", "Expected a date such as `2026-05-07`.");
        }
        date
    }

    /// A timestamp (RFC 3339).
    pub fn time(&mut self, name: &'static str) -> Option<Time> {
        let value = self.value(name, schema::time)?;
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
        let text = self.clean_text(name, limits::URL, schema::url)?;
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
        let text = self.clean_text(name, 64, language_schema)?;
        match parse_storable_language(&text) {
            Ok(language) => Some(language),
            Err(detail) => {
                self.error(name, "invalid_language", detail);
                None
            }
        }
    }

    /// A media type (RFC 6838).
    pub fn media_type(&mut self, name: &'static str) -> Option<String> {
        let text = self.clean_text(name, limits::SHORT_TEXT, schema::media_type);
        if text.as_deref().is_some_and(|text| !is_media_type(text)) {
            self.error(name, "invalid_media_type", "Expected a media type such as `video/mp4`.");
        }
        text
    }

    /// A list; `parse` converts each member, given its JSON pointer.
    fn list<T>(
        &mut self,
        name: &'static str,
        mut parse: impl FnMut(&'v Value, String, &mut Vec<FieldError>) -> Option<T>,
    ) -> Vec<T> {
        self.known_fields.push(name);
        let Some(value) = self.peek(name) else { return Vec::new() };
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
        self.record(name, || schema::list(&language_schema()));
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
        mut parse: impl FnMut(JsonFields<'v, '_>) -> Option<T>,
    ) -> Option<T> {
        self.known_fields.push(name);
        self.record_nested(name, |fields| drop(parse(fields)), Value::clone);
        let value = self.peek(name)?;
        let pointer = self.pointer_to(name);
        JsonFields::new(value, pointer, self.errors).and_then(parse)
    }

    /// A list of objects, each converted by `parse`.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        mut parse: impl FnMut(JsonFields<'v, '_>) -> Option<T>,
    ) -> Vec<T> {
        self.record_nested(name, |fields| drop(parse(fields)), schema::list);
        self.list(name, |value, pointer, errors| {
            JsonFields::new(value, pointer, errors).and_then(&mut parse)
        })
    }

    /// An object with one object for each language, converted by `parse`; a null member is skipped.
    /// `None` if it is null or absent.
    pub fn objects_by_language<T>(
        &mut self,
        name: &'static str,
        mut parse: impl FnMut(&Language, JsonFields<'v, '_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.known_fields.push(name);
        let describe = |fields: JsonFields<'v, '_>| {
            parse(&Language::default(), fields);
        };
        self.record_nested(name, describe, schema::by_language);
        let value = self.peek(name)?;
        let pointer = self.pointer_to(name);
        let Value::Object(members) = value else {
            let detail = "An object with one member for each language is expected here.";
            self.error(name, "wrong_type", detail);
            return Some(Vec::new());
        };
        if members.len() > limits::LIST_ITEMS {
            let detail = format!("At most {} languages are accepted here.", limits::LIST_ITEMS);
            self.error(name, "too_many", detail);
            return Some(Vec::new());
        }
        let mut parsed: Vec<(Language, T)> = Vec::new();
        for (tag, value) in members {
            let pointer = format!("{pointer}/{}", escape_pointer_token(tag));
            let language = match parse_storable_language(tag) {
                Ok(language) => language,
                Err(detail) => {
                    self.errors.push(FieldError::field(pointer, "invalid_language", detail));
                    continue;
                }
            };
            if value.is_null() {
                continue;
            }
            if parsed.iter().any(|(other, _)| *other == language) {
                let detail = format!("`{}` is listed twice.", language.as_str());
                self.errors.push(FieldError::field(pointer, "repeated", detail));
                continue;
            }
            let member = JsonFields::new(value, pointer, self.errors)
                .and_then(|fields| parse(&language, fields));
            parsed.extend(member.map(|member| (language, member)));
        }
        Some(parsed.into_iter().map(|(_, member)| member).collect())
    }
}

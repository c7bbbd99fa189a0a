//! Query parameters: strict decoding, unknown parameters rejected with a suggestion, all errors
//! reported at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::db::Time;
use crate::http::problem::{FieldError, MAX_ERRORS, Problem};
use crate::http::values::{parse_date, parse_time};
use crate::text::name_suggestion::closest_name;
use crate::text::truncate_for_message;

/// Maximum length of a query string in bytes. A cursor does not count, so that the URL of the next
/// page is never too long.
pub const MAX_QUERY_LEN: usize = 16_384;

/// Parser of the query parameters of a request.
#[derive(Debug)]
pub struct QueryParams {
    values: BTreeMap<String, String>,
    /// The errors so far.
    pub errors: Vec<FieldError>,
    known_params: Vec<&'static str>,
}

impl QueryParams {
    /// Decodes a query string: UTF-8, `+` as a space, no repeated parameter, no NUL.
    pub fn parse(query: &str) -> Result<Self, Problem> {
        let cursor = query
            .split('&')
            .find(|pair| pair.starts_with("cursor="))
            .map_or(0, |pair| pair.len().saturating_add(1));
        if query.len().saturating_sub(cursor) > MAX_QUERY_LEN {
            return Err(Problem::new(
                crate::http::problem::ProblemKind::UriTooLong,
                format!("The query is longer than {MAX_QUERY_LEN} bytes."),
            ));
        }
        let mut params =
            Self { values: BTreeMap::new(), errors: Vec::new(), known_params: Vec::new() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (percent_decode(name), percent_decode(value)) else {
                let detail =
                    format!("`{}` is not valid percent-encoded UTF-8.", truncate_for_message(pair));
                params.errors.push(FieldError::parameter(
                    truncate_for_message(name),
                    "invalid_encoding",
                    detail,
                ));
                continue;
            };
            if value.contains('\0') || name.contains('\0') {
                params.errors.push(FieldError::parameter(
                    truncate_for_message(&name),
                    "invalid_text",
                    "The value contains a NUL character.",
                ));
                continue;
            }
            match params.values.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(existing) => {
                    let detail = "Parameter repeated; separate several values with commas.";
                    params.errors.push(FieldError::parameter(
                        truncate_for_message(existing.key()),
                        "repeated",
                        detail,
                    ));
                }
            }
        }
        Ok(params)
    }

    /// The value of a parameter, which becomes a known one.
    pub fn get(&mut self, name: &'static str) -> Option<String> {
        self.known_params.push(name);
        self.values.get(name).cloned()
    }

    /// Text of at most `max_len` characters.
    pub fn text(&mut self, name: &'static str, max_len: usize) -> Option<String> {
        let text = self.get(name)?;
        let length = text.chars().count();
        if length > max_len {
            self.error(
                name,
                "too_long",
                format!("At most {max_len} characters are accepted; the value has {length}."),
            );
            return None;
        }
        Some(text)
    }

    /// Reports an error. A parameter with another error is not reported as `required` as well.
    pub fn error(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        if code == "required"
            && self.errors.iter().any(|error| error.parameter.as_deref() == Some(name))
        {
            return;
        }
        self.errors.push(FieldError::parameter(name, code, detail));
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.get(name)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let detail =
                    format!("Expected `true` or `false`, got `{}`.", truncate_for_message(other));
                self.error(name, "invalid_value", detail);
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
        let text = self.get(name)?;
        match text.parse::<i64>() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let detail = format!(
                    "Expected an integer from {} to {}, got `{}`.",
                    range.start(),
                    range.end(),
                    truncate_for_message(&text)
                );
                self.error(name, "out_of_range", detail);
                None
            }
        }
    }

    /// A comma-separated list; blanks around members are ignored, empty members are errors.
    pub fn list(&mut self, name: &'static str, max_items: usize) -> Option<Vec<String>> {
        let text = self.get(name)?;
        let members: Vec<String> = text.split(',').map(|member| member.trim().to_owned()).collect();
        if members.iter().any(String::is_empty) {
            self.error(
                name,
                "empty_value",
                "Empty value: give one value, or several separated by commas.",
            );
            return None;
        }
        if members.len() > max_items {
            self.error(
                name,
                "too_many",
                format!("At most {max_items} values are accepted; {} were given.", members.len()),
            );
            return None;
        }
        Some(members)
    }

    /// A timestamp, or a date, which means its start in UTC.
    pub fn time(&mut self, name: &'static str) -> Option<Time> {
        let text = self.get(name)?;
        // An unescaped `+` has become a space: `2026-05-07T08:00:00 02:00`.
        let time = parse_time(&text).or_else(|| parse_time(&text.replace(' ', "+")));
        let time = time.or_else(|| Some(Time(parse_date(&text)?.and_hms_opt(0, 0, 0)?.and_utc())));
        if time.is_none() {
            let detail = format!(
                "Expected a timestamp such as `2026-05-07T08:00:00Z` or a date such as `2026-05-07`, got `{}`.",
                truncate_for_message(&text)
            );
            self.error(name, "invalid_time", detail);
        }
        time
    }

    /// A date.
    pub fn date(&mut self, name: &'static str) -> Option<chrono::NaiveDate> {
        let text = self.get(name)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.error(
                name,
                "invalid_date",
                format!(
                    "Expected a date such as `2026-05-07`, got `{}`.",
                    truncate_for_message(&text)
                ),
            );
        }
        date
    }

    /// Reports unknown parameters, then fails if there are errors.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<&String> =
            self.values.keys().filter(|name| !self.known_params.contains(&name.as_str())).collect();
        for name in unknown {
            if self.errors.len() > MAX_ERRORS {
                break;
            }
            let near = closest_name(name, self.known_params.iter().copied());
            let hint = near.map_or_else(
                || format!("; supported: {}", self.known_params.join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            let detail = format!("Unknown parameter `{}`{hint}", truncate_for_message(name));
            self.errors.push(FieldError::parameter(
                truncate_for_message(name),
                "unknown_parameter",
                detail,
            ));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid_parameters(self.errors)) }
    }

    /// All parameters except the excluded ones, sorted by name: a canonical form for cache keys and
    /// fingerprints.
    pub fn canonical_without(&self, excluded: &[&str]) -> String {
        let mut canonical = String::new();
        for (name, value) in
            self.values.iter().filter(|(name, _)| !excluded.contains(&name.as_str()))
        {
            canonical.push_str(name);
            canonical.push('=');
            // Line breaks separate parameters, so those in values are escaped.
            for character in value.chars() {
                match character {
                    '\n' => canonical.push_str("\\n"),
                    '\\' => canonical.push_str("\\\\"),
                    other => canonical.push(other),
                }
            }
            canonical.push('\n');
        }
        canonical
    }
}

/// The subset of these parameters that a query contains.
pub fn present_params(query: &str, names: &[&'static str]) -> Vec<&'static str> {
    let present: Vec<Option<String>> = query
        .split('&')
        .map(|pair| percent_decode(pair.split('=').next().unwrap_or_default()))
        .collect();
    names
        .iter()
        .copied()
        .filter(|name| present.iter().any(|given| given.as_deref() == Some(*name)))
        .collect()
}

/// Rejects parameters that an endpoint does not support; `detail` is the message for a name.
pub fn reject_params(
    query: &str,
    names: &[&'static str],
    detail: impl Fn(&str) -> String,
) -> Result<(), Problem> {
    let errors: Vec<FieldError> = present_params(query, names)
        .into_iter()
        .map(|name| FieldError::parameter(name, "unknown_parameter", detail(name)))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_parameters(errors)) }
}

/// The query without these parameters.
pub fn remove_params(query: &str, names: &[&str]) -> String {
    let pairs = query.split('&').filter(|pair| {
        let name = percent_decode(pair.split('=').next().unwrap_or_default());
        !pair.is_empty() && !name.is_some_and(|name| names.contains(&name.as_str()))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Percent-decodes text with `+` as a space; `None` if an escape is invalid or the result is not
/// UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        if *byte == b'%' {
            let digits = bytes.get(index.saturating_add(1)..index.saturating_add(3))?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
        }
    }
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

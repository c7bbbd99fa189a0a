//! Parses JSON text strictly: a byte order mark before it is removed, and an object that has a
//! member twice is rejected (RFC 7493 section 2.3). Parsers disagree on which of the two counts.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::json_fields::escape_pointer_token;

/// Why a text was rejected.
#[derive(Debug)]
pub enum JsonError {
    /// The text is not JSON.
    Syntax(serde_json::Error),
    /// An object has a member twice. This is its JSON pointer.
    RepeatedMember(String),
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => write!(formatter, "not JSON: {error}"),
            Self::RepeatedMember(pointer) => {
                write!(formatter, "{pointer}: the member occurs twice; send it once")
            }
        }
    }
}

/// Parses a JSON text.
pub fn parse_json(text: &str) -> Result<Value, JsonError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let value = serde_json::from_str(text).map_err(JsonError::Syntax)?;
    let mut checker = MemberChecker::default();
    checker
        .deserialize(&mut serde_json::Deserializer::from_str(text))
        .map_err(JsonError::Syntax)?;
    match checker.repeated {
        Some(pointer) => Err(JsonError::RepeatedMember(pointer)),
        None => Ok(value),
    }
}

/// The name under which `serde_json` passes texts that it does not parse.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Finds the first member that occurs twice.
#[derive(Default)]
struct MemberChecker {
    /// Pointer to the value that is being read.
    pointer: String,
    repeated: Option<String>,
}

impl MemberChecker {
    /// Reads a value below the current one.
    fn below<E>(
        &mut self,
        token: &str,
        read: impl FnOnce(&mut Self) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let len = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escape_pointer_token(token));
        let outcome = read(self);
        self.pointer.truncate(len);
        outcome
    }
}

/// The result of reading an element of a list: whether there was one.
impl<'de> DeserializeSeed<'de> for &mut MemberChecker {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<bool, D::Error> {
        value.deserialize_any(self).map(|()| true)
    }
}

impl<'de> Visitor<'de> for &mut MemberChecker {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if name == RAW_VALUE {
                // The other pass would parse the text in it again.
                return Err(serde::de::Error::custom("a reserved member name"));
            }
            self.below(&name, |checker| members.next_value_seed(&mut *checker))?;
            if !names.insert(name.clone()) && self.repeated.is_none() {
                self.below::<A::Error>(&name, |checker| {
                    checker.repeated = Some(checker.pointer.clone());
                    Ok(true)
                })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        while self.below(&index.to_string(), |checker| {
            elements.next_element_seed(&mut *checker).map(|element| element.is_some())
        })? {
            index = index.saturating_add(1);
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_members_are_found_at_every_depth() {
        for (text, pointer) in [
            (r#"{"a": 1, "a": 2}"#, "/a"),
            (r#"{"a": 1, "b": {"c": [0, {"d/e": 1, "d\/e": null}]}}"#, "/b/c/1/d~1e"),
            (r#"[{"a": {"x": 1.50}, "a": []}]"#, "/0/a"),
            (r#"{"name": "x", "name": "y"}"#, "/name"),
        ] {
            match parse_json(text) {
                Err(JsonError::RepeatedMember(found)) => assert_eq!(found, pointer, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn values_are_unchanged() {
        for text in [
            r#"{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 2}], "c": 0.10000000000000000000001}"#,
            r#"[1e400, -0, 123456789012345678901234567890, true, null, "\u0000"]"#,
            "7",
        ] {
            assert_eq!(
                parse_json(text).unwrap().to_string(),
                serde_json::from_str::<Value>(text).unwrap().to_string()
            );
        }
        assert_eq!(parse_json("\u{FEFF}{}").unwrap(), serde_json::json!({}));
        let raw = r#"{"$serde_json::private::RawValue": "{\"a\": 1, \"a\": 2}"}"#;
        assert!(matches!(parse_json(raw), Err(JsonError::Syntax(_))));
        assert!(matches!(parse_json("{} {}"), Err(JsonError::Syntax(_))));
        assert!(matches!(parse_json("\u{FEFF}\u{FEFF}{}"), Err(JsonError::Syntax(_))));
        assert!(parse_json(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
    }
}

//! JSON Schemas of request bodies, recorded member by member while a parser runs in describing
//! mode.
//!
//! The schema of a member does not allow null; the OpenAPI document adds it for members that are
//! not required.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::limits;
use crate::http::values::{DECIMAL_PATTERN, PERCENTAGE_PATTERN, language_schema};
use crate::text::decimal::format::MAX_DECIMAL_LEN;

/// The recorded schema of a JSON object.
#[derive(Debug, Default)]
pub(super) struct ObjectSchema {
    properties: Map<String, Value>,
    required: BTreeSet<String>,
}

impl ObjectSchema {
    /// Records the schema of a member.
    pub(super) fn set(&mut self, name: &str, schema: Value) {
        self.properties.insert(name.to_owned(), schema);
    }

    /// Adds keywords to the schema of a recorded member.
    pub(super) fn add_keywords(&mut self, name: &str, keywords: Value) {
        let member = self.properties.get_mut(name).and_then(Value::as_object_mut);
        if let (Some(member), Value::Object(keywords)) = (member, keywords) {
            member.extend(keywords);
        }
    }

    /// Records that a member is required. Required text must not be blank, since blank text is
    /// parsed as absent.
    pub(super) fn require(&mut self, name: &str) {
        self.required.insert(name.to_owned());
        let is_plain_text = self.properties.get(name).is_some_and(|member| {
            member.get("maxLength").is_some() && member.get("pattern").is_none()
        });
        if is_plain_text {
            self.add_keywords(name, not_blank());
        }
    }

    /// Returns the schema as JSON.
    pub(super) fn into_json(self) -> Value {
        let schema = json!({
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if self.required.is_empty() {
            return schema;
        }
        with_keyword(schema, "required", json!(self.required))
    }
}

/// Returns a schema with a further keyword.
pub fn with_keyword(mut schema: Value, keyword: &str, value: Value) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert(keyword.to_owned(), value);
    }
    schema
}

/// Returns the keywords of text that must not be blank.
pub(super) fn not_blank() -> Value {
    json!({"minLength": 1, "pattern": "\\S"})
}

pub(super) fn text(max_len: usize) -> Value {
    json!({"type": "string", "maxLength": max_len})
}

pub(super) fn one_of(words: impl Iterator<Item = &'static str>) -> Value {
    json!({"type": "string", "enum": words.collect::<Vec<_>>()})
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

pub(super) fn integer(range: &RangeInclusive<i64>) -> Value {
    let schema = json!({"type": "integer", "format": "int64", "minimum": range.start()});
    match range.end() {
        &i64::MAX => schema,
        maximum => with_keyword(schema, "maximum", json!(maximum)),
    }
}

pub(super) fn percentage() -> Value {
    let text =
        json!({"type": "string", "pattern": PERCENTAGE_PATTERN, "maxLength": MAX_DECIMAL_LEN});
    json!({"anyOf": [text, {"type": "number", "minimum": 0, "maximum": 100}]})
}

/// Returns the schema of an exact decimal: text, or a JSON number.
pub fn decimal() -> Value {
    let text = json!({"type": "string", "pattern": DECIMAL_PATTERN, "maxLength": MAX_DECIMAL_LEN});
    json!({"anyOf": [text, {"type": "number"}]})
}

pub(super) fn seconds() -> Value {
    json!({"type": "number", "format": "double", "minimum": 0, "maximum": 864_000})
}

pub(super) fn date() -> Value {
    json!({"type": "string", "format": "date", "minLength": 10, "maxLength": 10})
}

pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time", "minLength": 20})
}

pub(super) fn url() -> Value {
    json!({"type": "string", "format": "uri", "maxLength": limits::URL, "pattern": "^https?://"})
}

pub(super) fn media_type() -> Value {
    let pattern = "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;.*)?$";
    json!({"type": "string", "maxLength": limits::SHORT_TEXT, "pattern": pattern})
}

/// Returns the two forms of a reference: an identifier or slug, or an object with one of them.
pub fn reference() -> Value {
    let name = || json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000]+$", "description": "A slug or an id."});
    let either = json!([{"required": ["id"]}, {"required": ["slug"]}]);
    let object =
        json!({"type": "object", "properties": {"id": name(), "slug": name()}, "anyOf": either});
    json!({"anyOf": [name(), object]})
}

/// Returns the two forms of a country: its code, or an object with the code.
pub fn country() -> Value {
    let code = || json!({"type": "string", "description": "ISO 3166-1 alpha-2 or alpha-3, XK or XKX.", "pattern": "^[A-Za-z]{2,3}$"});
    json!({"anyOf": [code(), {"type": "object", "required": ["code"], "properties": {"code": code()}}]})
}

/// Returns the schema of a list.
pub fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items, "maxItems": limits::LIST_ITEMS})
}

/// Returns the schema of an object with one member for each language, or null to remove it.
pub(super) fn by_language(member: &Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": language_schema(),
        "additionalProperties": {"anyOf": [member, {"type": "null"}]},
    })
}

/// Returns a reference to a schema that the document defines once.
pub(super) fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

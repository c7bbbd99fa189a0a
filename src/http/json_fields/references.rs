//! References in request bodies.

use serde_json::Value;

use crate::http::json_fields::{JsonFields, schema};
use crate::http::problem::FieldError;

/// A reference in a body, by identifier or slug.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReferenceInput {
    /// An identifier or a slug.
    pub id_or_slug: String,
    /// JSON pointer to the reference.
    pub pointer: String,
}

impl JsonFields<'_, '_> {
    /// A reference: a slug, an identifier, or an object with one of them.
    pub fn reference(&mut self, name: &'static str) -> Option<ReferenceInput> {
        let value = self.value(name, || schema::shared("ReferenceInput"))?;
        let pointer = self.pointer_to(name);
        parse_reference(value, pointer, self.errors)
    }

    /// A list of references.
    pub fn references(&mut self, name: &'static str) -> Vec<ReferenceInput> {
        self.record(name, || schema::shared("ReferencesInput"));
        self.list(name, parse_reference)
    }
}

/// Parses a reference: a slug, an identifier, or an object with `id` or `slug`.
fn parse_reference(
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

//! Schemas shared by parameters and bodies: patterns, languages, cursors, comma-separated lists.

use serde_json::{Value, json};

pub use crate::http::values::{DECIMAL_PATTERN, LANGUAGE_PATTERN, SLUG_PATTERN, language_schema};

/// Returns the schema of an identifier or slug in a comma-separated list.
pub fn id_or_slug_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^,]*[^,\\s][^,]*$"})
}

/// Returns the schema of a pagination cursor.
pub fn cursor_schema() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 4000, "pattern": "^[A-Za-z0-9_-]+$"})
}

/// Returns an optional query parameter.
pub fn query_parameter(name: &str, description: &str, schema: Value, example: Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema, "example": example})
}

/// Returns an optional query parameter that takes several comma-separated values.
pub fn comma_list_parameter(
    name: &str,
    description: &str,
    items: Value,
    max_items: usize,
    example: &str,
) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description,
        "schema": {"type": "array", "items": items, "minItems": 1, "maxItems": max_items}, "style": "form", "explode": false,
        "example": example.split(',').collect::<Vec<_>>(),
    })
}

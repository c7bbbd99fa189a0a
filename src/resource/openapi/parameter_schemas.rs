//! Schemas shared by parameters and bodies: patterns, languages, cursors, comma-separated lists.

use serde_json::{Value, json};

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

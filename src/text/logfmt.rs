//! Values of log lines in logfmt.

/// Quotes a value: a JSON string, which parsers of logfmt read as one value.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

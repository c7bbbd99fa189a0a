//! Cell values, independent of the file format.

use chrono::NaiveDate;

use crate::db::Time;

/// Value of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Empty: unknown.
    Empty,
    /// Text.
    Text(&'a str),
    /// An exact decimal.
    Decimal(&'a str),
    /// An integer.
    Integer(i64),
    /// A date.
    Date(NaiveDate),
    /// A timestamp.
    DateTime(Time),
    /// A boolean.
    Bool(bool),
}

/// Sink for the cells of a row, in column order.
pub trait CellSink {
    /// Writes a cell.
    fn write_cell(&mut self, cell: Cell<'_>);
}

/// Separator of several values in a cell.
pub const VALUE_SEPARATOR: &str = "; ";

/// Several values in a cell, `a; b`. Separators inside a value are escaped with a backslash.
#[derive(Debug, Default)]
pub struct MultiValue(String);

impl MultiValue {
    /// Adds a value.
    pub fn add(&mut self, value: &str) {
        if !self.0.is_empty() {
            self.0.push_str(VALUE_SEPARATOR);
        }
        escape(value, &mut self.0);
    }

    /// Adds a name and a value: `sex=female`; only the name if there is no value.
    pub fn add_pair(&mut self, name: &str, value: Option<&str>) {
        self.add(name);
        if let Some(value) = value {
            self.0.push('=');
            escape(value, &mut self.0);
        }
    }

    /// The cell; `None` if there is no value.
    pub fn to_cell(&self) -> Cell<'_> {
        if self.0.is_empty() { Cell::Empty } else { Cell::Text(&self.0) }
    }
}

fn escape(value: &str, to: &mut String) {
    for c in value.chars() {
        if matches!(c, ';' | '=' | '\\') {
            to.push('\\');
        }
        to.push(c);
    }
}

/// Splits a cell into values, which are still escaped.
pub fn split_values(cell: &str) -> Vec<&str> {
    let values = split_unescaped(cell, ';').into_iter().map(str::trim);
    values.filter(|value| !value.is_empty()).collect()
}

/// Splits a value into name and value, and unescapes both.
pub fn parse_pair(value: &str) -> (String, Option<String>) {
    let mut parts = split_unescaped(value, '=').into_iter();
    let name = unescape(parts.next().unwrap_or_default());
    let rest: Vec<String> = parts.map(unescape).collect();
    (name, (!rest.is_empty()).then(|| rest.join("=")))
}

/// Splits at unescaped separators.
fn split_unescaped(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut is_escaped) = (0, false);
    for (at, c) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == separator {
            parts.push(text.get(from..at).unwrap_or_default());
            from = at.saturating_add(c.len_utf8());
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        // A trailing backslash is literal.
        plain.push(if c == '\\' { letters.next().unwrap_or(c) } else { c });
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn several_values_are_read_back(pairs in prop::collection::vec(("[a;=\\\\ š]{0,4}x", prop::option::of("y[a;=\\\\ š]{0,4}z")), 1..4)) {
            let mut several = MultiValue::default();
            for (name, value) in &pairs {
                several.add_pair(name, value.as_deref());
            }
            let Cell::Text(cell) = several.to_cell() else { panic!("there are values") };
            let found: Vec<(String, Option<String>)> = split_values(cell).into_iter().map(parse_pair).collect();
            let expected: Vec<(String, Option<String>)> = pairs.into_iter().map(|(name, value)| (name.trim().to_owned(), value)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

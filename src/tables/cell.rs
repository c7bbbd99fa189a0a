//! What stands in a cell, whatever the table is written as.

use chrono::NaiveDate;

use crate::db::Time;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: unknown.
    Empty,
    /// Text.
    Text(&'a str),
    /// An exact decimal.
    Decimal(&'a str),
    /// A whole number.
    Integer(i64),
    /// A day.
    Date(NaiveDate),
    /// A moment.
    DateTime(Time),
    /// Yes or no.
    Bool(bool),
}

/// Where the cells of a row go, one after the other.
pub trait CellSink {
    /// Writes a cell.
    fn write_cell(&mut self, cell: Cell<'_>);
}

/// What separates several values in a cell.
pub const VALUE_SEPARATOR: &str = "; ";

/// Several values in a cell, `a; b`. What separates them stands with a backslash before it where it
/// is part of a value.
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

    /// Adds a value with what it is said of: `sex=female`; the name alone where there is none.
    pub fn add_pair(&mut self, name: &str, value: Option<&str>) {
        self.add(name);
        if let Some(value) = value {
            self.0.push('=');
            escape(value, &mut self.0);
        }
    }

    /// The cell; nothing where there is no value.
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

/// The values of a cell that has several, as they stand there: backslashes are still in them.
pub fn split_values(cell: &str) -> Vec<&str> {
    let values = split_unescaped(cell, ';').into_iter().map(str::trim);
    values.filter(|value| !value.is_empty()).collect()
}

/// A value and what is said of it, without the backslashes.
pub fn parse_pair(value: &str) -> (String, Option<String>) {
    let mut parts = split_unescaped(value, '=').into_iter();
    let name = unescape(parts.next().unwrap_or_default());
    let rest: Vec<String> = parts.map(unescape).collect();
    (name, (!rest.is_empty()).then(|| rest.join("=")))
}

/// The parts of a text between separators that have no backslash before them.
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
        // What stands at the end alone, stands for itself.
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

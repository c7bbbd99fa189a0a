//! What stands in a cell, whatever the table is written as.

use std::fmt::Write;

use chrono::NaiveDate;

use crate::db::Time;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: unknown.
    Nothing,
    /// Text.
    Text(&'a str),
    /// An exact decimal.
    Decimal(&'a str),
    /// A whole number.
    Whole(i64),
    /// A day.
    Day(NaiveDate),
    /// A moment.
    Moment(Time),
    /// Yes or no.
    Flag(bool),
}

/// Where the cells of a row go, one after the other.
pub trait Cells {
    /// Writes a cell.
    fn cell(&mut self, cell: Cell<'_>);
}

/// What separates several values in a cell.
pub const SEPARATOR: &str = "; ";

/// Several values in a cell, `a; b`. What separates them stands with a backslash before it where it is part of a value.
#[derive(Debug, Default)]
pub struct Several(String);

impl Several {
    /// Adds a value.
    pub fn add(&mut self, value: &str) {
        self.begin();
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

    /// Adds a value that needs no backslash, with what is written after it.
    pub fn add_plain(&mut self, value: &str, rest: std::fmt::Arguments<'_>) {
        self.begin();
        self.0.push_str(value);
        let _never_fails = self.0.write_fmt(rest);
    }

    fn begin(&mut self) {
        if !self.0.is_empty() {
            self.0.push_str(SEPARATOR);
        }
    }

    /// The cell; nothing where there is no value.
    pub fn cell(&self) -> Cell<'_> {
        if self.0.is_empty() { Cell::Nothing } else { Cell::Text(&self.0) }
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

//! Sort keys of lists, and their conditions in a keyset page.

use chrono::NaiveDate;

use crate::db::sql_fragment::{Bind, Fragment};
use crate::db::types::Time;

/// Maximum number of sort keys of a list.
pub const MAX_SORT_KEYS: usize = 3;

/// Type of a sort key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SortKeyType {
    /// An integer.
    Integer,
    /// Text in byte order.
    Text,
    /// A timestamp.
    Time,
    /// A date.
    Date,
}

/// A sort key of a list.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// SQL expression of the key.
    pub expression: Fragment,
    /// Type of the expression.
    pub key_type: SortKeyType,
    /// Whether the largest value comes first.
    pub descending: bool,
    /// Whether the expression can be null.
    pub nullable: bool,
}

impl SortKeyType {
    /// Parses the value of a key from a cursor.
    pub(super) fn parse(self, text: &str) -> Option<Bind> {
        match self {
            Self::Integer => text.parse().ok().map(Bind::Integer),
            Self::Text => Some(Bind::Text(text.to_owned())),
            Self::Time => text.parse().ok().and_then(Time::from_micros).map(Bind::Time),
            Self::Date => text.parse::<NaiveDate>().ok().map(Bind::Date),
        }
    }
}

impl SortKey {
    /// Appends the key as text, as a cursor stores it.
    pub(super) fn append_as_text(&self, statement: Fragment) -> Fragment {
        match self.key_type {
            SortKeyType::Text => statement.append(&self.expression),
            SortKeyType::Integer | SortKeyType::Date => {
                statement.sql("CAST(").append(&self.expression).sql(" AS TEXT)")
            }
            SortKeyType::Time => statement
                .by_backend("CAST(", "CAST(CAST(EXTRACT(EPOCH FROM ")
                .append(&self.expression)
                .by_backend(" AS TEXT)", ") * 1000000 AS BIGINT) AS TEXT)"),
        }
    }

    pub(super) fn equals(&self, value: Option<&Bind>) -> Fragment {
        let expression = Fragment::default().append(&self.expression);
        match value {
            Some(value) => expression.sql(" = ").bind(value.clone()),
            None => expression.sql(" IS NULL"),
        }
    }

    /// Returns the condition that this key alone sorts after `value`. Null sorts after every value,
    /// and nothing sorts after null.
    pub(super) fn after_value(&self, value: Option<&Bind>, backward: bool) -> Fragment {
        let expression = Fragment::default().append(&self.expression);
        match (value, backward) {
            (None, false) => Fragment::new("1 = 0"),
            (None, true) => expression.sql(" IS NOT NULL"),
            (Some(value), _) => {
                let operator = if self.descending == backward { " > " } else { " < " };
                let beyond = expression.sql(operator).bind(value.clone());
                if self.nullable && !backward {
                    beyond.sql(" OR ").append(&self.expression).sql(" IS NULL")
                } else {
                    beyond
                }
            }
        }
    }
}

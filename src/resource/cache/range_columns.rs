//! In-memory copies of the sort-table columns that range filters use, for all items of a kind
//! including drafts. Testing thousands of items against a bound takes longer in the database than
//! counting them.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment};
use crate::db::{Connection, Error, RowId};
use crate::resource::cache::snapshot::{self, Snapshot};
use crate::resource::schema::{RangeSchema, RangeType, ResourceSchema};

/// The range columns of all items of a kind, by column name.
#[derive(Clone, Debug, Default)]
pub struct RangeColumns(HashMap<&'static str, RangeColumn>);

/// The non-null values of a column, by row id.
#[derive(Clone, Debug)]
enum RangeColumn {
    /// Integers, and dates as days since 1970-01-01.
    Integers(HashMap<RowId, i64>),
    /// Decimals in a text encoding that sorts in numeric order.
    SortableTexts(HashMap<RowId, Box<str>>),
}

impl RangeColumns {
    /// Whether the column of a range is available here: a column of the sort table that does not
    /// hold a time.
    pub fn supports(schema: &ResourceSchema, range: &RangeSchema) -> bool {
        schema.sort_table.is_some_and(|table| {
            range.column.strip_prefix(table.name).is_some_and(|rest| rest.starts_with('.'))
        }) && range.value_type != RangeType::Time
    }

    /// Whether an item satisfies a bound; an item without a value does not.
    pub fn is_within(&self, range: &RangeSchema, bound: &Bind, item: RowId) -> bool {
        let is_in_bound = |order: std::cmp::Ordering| {
            if range.is_lower_bound { order.is_ge() } else { order.is_lt() }
        };
        match (self.0.get(range.column), bound) {
            (Some(RangeColumn::Integers(values)), bound) => {
                let bound = match bound {
                    Bind::Integer(bound) => Some(*bound),
                    Bind::Date(day) => Some(
                        day.signed_duration_since(chrono::DateTime::UNIX_EPOCH.date_naive())
                            .num_days(),
                    ),
                    _ => None,
                };
                bound
                    .zip(values.get(&item))
                    .is_some_and(|(bound, value)| is_in_bound(value.cmp(&bound)))
            }
            (Some(RangeColumn::SortableTexts(values)), Bind::Text(bound)) => {
                values.get(&item).is_some_and(|value| is_in_bound((**value).cmp(bound.as_str())))
            }
            _ => false,
        }
    }

    /// Loads the values of some items, or of all items if `some` is `None`.
    fn load(
        &mut self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
        row_ids: Option<&BTreeSet<RowId>>,
    ) -> Result<(), Error> {
        let Some(table) = schema.sort_table else { return Ok(()) };
        let mut columns: Vec<(&'static str, RangeType)> = schema
            .all_ranges()
            .filter(|range| Self::supports(schema, range))
            .map(|range| (range.column, range.value_type))
            .collect();
        columns.dedup();
        let rows_of = |value: Fragment| {
            let from =
                Fragment::new("SELECT number, ").append(&value).sql(" FROM ").sql(table.name);
            match row_ids {
                Some(row_ids) => from
                    .sql(" WHERE ")
                    .append(&integer_in_fragment("number", row_ids.iter().copied())),
                None => from,
            }
        };
        for (column, holds) in columns {
            let value = Fragment::new(column);
            if holds == RangeType::Decimal {
                let rows: Vec<(RowId, Option<String>)> =
                    Statement::<(BigInt, Nullable<Text>)>::new(rows_of(value))
                        .load_rows(connection)?;
                let cached = self
                    .0
                    .entry(column)
                    .or_insert_with(|| RangeColumn::SortableTexts(HashMap::new()));
                if let RangeColumn::SortableTexts(values) = cached {
                    replace_values(
                        values,
                        row_ids,
                        rows.into_iter()
                            .map(|(number, text)| (number, text.map(String::into_boxed_str))),
                    );
                }
            } else {
                let days = (") - 2440587.5 AS INTEGER)", " - DATE '1970-01-01' AS BIGINT)");
                let value = if holds == RangeType::Date {
                    Fragment::default()
                        .by_backend("CAST(julianday(", "CAST(")
                        .append(&value)
                        .by_backend(days.0, days.1)
                } else {
                    value
                };
                let rows: Vec<(RowId, Option<i64>)> =
                    Statement::<(BigInt, Nullable<BigInt>)>::new(rows_of(value))
                        .load_rows(connection)?;
                let cached =
                    self.0.entry(column).or_insert_with(|| RangeColumn::Integers(HashMap::new()));
                if let RangeColumn::Integers(values) = cached {
                    replace_values(values, row_ids, rows.into_iter());
                }
            }
        }
        Ok(())
    }
}

/// Replaces the values of the items in `some`: those without a value in `rows` are removed.
fn replace_values<T>(
    values: &mut HashMap<RowId, T>,
    row_ids: Option<&BTreeSet<RowId>>,
    rows: impl Iterator<Item = (RowId, Option<T>)>,
) {
    for number in row_ids.into_iter().flatten() {
        values.remove(number);
    }
    values.extend(rows.filter_map(|(number, value)| Some((number, value?))));
}

impl Snapshot for RangeColumns {
    fn load(connection: &mut Connection, schema: &'static ResourceSchema) -> Result<Self, Error> {
        let mut columns = Self::default();
        columns.load(connection, schema, None)?;
        Ok(columns)
    }

    fn update(
        &mut self,
        connection: &mut Connection,
        schema: &'static ResourceSchema,
        since: i64,
    ) -> Result<bool, Error> {
        let Some(written) = snapshot::changed_since(connection, schema.kind, since)? else {
            return Ok(false);
        };
        self.load(connection, schema, Some(&written))?;
        Ok(true)
    }
}

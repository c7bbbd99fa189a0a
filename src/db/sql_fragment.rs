//! Dynamic SQL: fragments and bind values, rendered for the database that executes the statement.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{BigInt, Binary, Bool, Date, Text};
use diesel::{QueryResult, RunQueryDsl};

use crate::db::connection::{Connection, MultiBackend};
use crate::db::read_limit;
use crate::db::types::{Id, RowId, Time, sql};

/// A bind value.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// An identifier.
    Id(Id),
    /// A timestamp.
    Time(Time),
    /// A date.
    Date(NaiveDate),
    /// A boolean.
    Bool(bool),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// `NULL`, of any type.
    Null,
}

impl Bind {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match self {
            Self::Text(value) => out.push_bind_param::<Text, _>(value),
            Self::Integer(value) => out.push_bind_param::<BigInt, _>(value),
            Self::Id(value) => out.push_bind_param::<sql::Uuid, _>(value),
            Self::Time(value) => out.push_bind_param::<sql::Instant, _>(value),
            Self::Date(value) => out.push_bind_param::<Date, _>(value),
            Self::Bool(value) => out.push_bind_param::<Bool, _>(value),
            Self::Bytes(value) => out.push_bind_param::<Binary, _>(value.as_ref()),
            Self::Null => {
                out.push_sql("NULL");
                Ok(())
            }
        }
    }
}

#[derive(Clone, Debug)]
enum FragmentPart {
    Sql(Cow<'static, str>),
    Bind(Bind),
    SqlByBackend { sqlite: Cow<'static, str>, postgres: Cow<'static, str> },
    BindByBackend { sqlite: Option<Bind>, postgres: Option<Bind> },
}

/// Part of a statement. Its SQL comes from this program only; all client input is bound.
#[derive(Clone, Debug, Default)]
pub struct Fragment(Vec<FragmentPart>);

impl Fragment {
    /// Creates a fragment from SQL.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![FragmentPart::Sql(sql.into())])
    }

    /// Appends SQL.
    #[must_use]
    pub fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(FragmentPart::Sql(sql.into()));
        self
    }

    /// Appends a bind value.
    #[must_use]
    pub fn bind(mut self, value: Bind) -> Self {
        self.0.push(FragmentPart::Bind(value));
        self
    }

    /// Appends bind values, separated by commas.
    #[must_use]
    pub fn binds(mut self, values: impl IntoIterator<Item = Bind>) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.0.push(FragmentPart::Sql(", ".into()));
            }
            self.0.push(FragmentPart::Bind(value));
        }
        self
    }

    /// Appends SQL that differs between the databases.
    #[must_use]
    pub fn by_backend(
        mut self,
        sqlite: impl Into<Cow<'static, str>>,
        postgres: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0
            .push(FragmentPart::SqlByBackend { sqlite: sqlite.into(), postgres: postgres.into() });
        self
    }

    /// Appends a text bind value that differs between the databases.
    #[must_use]
    pub fn bind_by_backend(mut self, sqlite: String, postgres: String) -> Self {
        self.0.push(FragmentPart::BindByBackend {
            sqlite: Some(Bind::Text(sqlite)),
            postgres: Some(Bind::Text(postgres)),
        });
        self
    }

    /// Appends a bind value on PostgreSQL only.
    #[must_use]
    pub fn bind_on_postgres(mut self, value: Bind) -> Self {
        self.0.push(FragmentPart::BindByBackend { sqlite: None, postgres: Some(value) });
        self
    }

    /// Creates a number that is a literal on PostgreSQL and a bind value on SQLite.
    ///
    /// PostgreSQL reuses the plan of a statement with a literal limit, but plans one with a bound
    /// limit each time. Use few distinct numbers, since each creates a prepared statement.
    pub fn literal_on_postgres(number: i64) -> Self {
        Self(vec![
            FragmentPart::BindByBackend { sqlite: Some(Bind::Integer(number)), postgres: None },
            FragmentPart::SqlByBackend { sqlite: "".into(), postgres: number.to_string().into() },
        ])
    }

    /// Appends another fragment.
    #[must_use]
    pub fn append(mut self, other: &Fragment) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }
}

impl QueryFragment<MultiBackend> for Fragment {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let is_sqlite = matches!(out.backend(), MultiBackend::Sqlite(_));
        for part in &self.0 {
            match part {
                FragmentPart::Sql(text) => out.push_sql(text),
                FragmentPart::SqlByBackend { sqlite, postgres } => {
                    out.push_sql(if is_sqlite { sqlite } else { postgres });
                }
                FragmentPart::Bind(value) => value.push(&mut out)?,
                FragmentPart::BindByBackend { sqlite, postgres } => {
                    if let Some(value) = if is_sqlite { sqlite } else { postgres } {
                        value.push(&mut out)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A complete statement whose rows have the SQL types `T`. Prepared once per SQL text.
#[derive(Clone, Debug)]
pub struct Statement<T> {
    fragment: Fragment,
    row_type: PhantomData<T>,
}

impl<T> Statement<T> {
    /// Creates a statement from a fragment.
    pub fn new(fragment: Fragment) -> Self {
        Self { fragment, row_type: PhantomData }
    }

    /// Creates `SELECT columns FROM table WHERE condition`. The columns must be in the order of
    /// `T`; if `T` is the SQL type of a table, that is the order of the schema.
    pub fn select(columns: &'static str, table: &'static str, condition: &Fragment) -> Self {
        Self::new(
            Fragment::new("SELECT ")
                .sql(columns)
                .sql(" FROM ")
                .sql(table)
                .sql(" WHERE ")
                .append(condition),
        )
    }

    /// Executes the statement and returns its rows.
    pub fn load_rows<'q, R>(self, connection: &mut Connection) -> QueryResult<Vec<R>>
    where
        Self: LoadQuery<'q, Connection, R>,
    {
        read_limit::enforce()?;
        self.load(connection)
    }
}

impl<T> QueryFragment<MultiBackend> for Statement<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.fragment.walk_ast(out)
    }
}

impl<T> QueryId for Statement<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Statement<T> {
    type SqlType = T;
}

impl<T> RunQueryDsl<Connection> for Statement<T> {}

/// The condition that a column is one of these identifiers, see [`id_in`].
///
/// All identifiers are bound as one value. The SQL text, and with it the cached prepared statement,
/// is therefore independent of their number.
#[derive(Clone, Debug)]
pub struct IdIn<C> {
    column: C,
    ids_json: String,
}

/// Returns the condition that `column` is one of `ids`.
pub fn id_in<'a, C>(column: C, ids: impl IntoIterator<Item = &'a Id>) -> IdIn<C> {
    IdIn { column, ids_json: ids_to_json(ids) }
}

/// Encodes identifiers as a JSON array of hexadecimal strings.
fn ids_to_json<'a>(ids: impl IntoIterator<Item = &'a Id>) -> String {
    let mut list = String::from("[");
    for id in ids {
        if list.len() > 1 {
            list.push(',');
        }
        list.push('"');
        list.push_str(&id.0.simple().to_string());
        list.push('"');
    }
    list.push(']');
    list
}

/// Returns the condition that `column` is one of `ids` as a fragment, see [`IdIn`]. A single
/// identifier is compared directly.
pub fn id_in_fragment<'a>(column: &'static str, ids: impl IntoIterator<Item = &'a Id>) -> Fragment {
    let ids: Vec<&Id> = ids.into_iter().collect();
    if let [id] = ids.as_slice() {
        return Fragment::new(column).sql(" = ").bind(Bind::Id(**id));
    }
    Fragment::new(column)
        .by_backend(ID_IN_START.0, ID_IN_START.1)
        .bind(Bind::Text(ids_to_json(ids)))
        .by_backend(ID_IN_END.0, ID_IN_END.1)
}

/// Returns the condition that `column` is one of `numbers`, bound as one value like [`IdIn`]. A
/// single number is compared directly.
pub fn integer_in_fragment(
    column: &'static str,
    numbers: impl IntoIterator<Item = RowId>,
) -> Fragment {
    let numbers: Vec<RowId> = numbers.into_iter().collect();
    if let [number] = numbers.as_slice() {
        return Fragment::new(column).sql(" = ").bind(Bind::Integer(*number));
    }
    Fragment::new(column)
        .by_backend(
            " IN (SELECT value FROM json_each(",
            " = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text(CAST(",
        )
        .bind(Bind::Text(integers_to_json(&numbers)))
        .by_backend("))", " AS json))))")
}

/// Returns a parenthesized subquery with `numbers` in the column `value`, bound as one value like
/// [`IdIn`].
pub fn integer_table(numbers: impl IntoIterator<Item = RowId>) -> Fragment {
    let numbers: Vec<RowId> = numbers.into_iter().collect();
    Fragment::default()
        .by_backend(
            "(SELECT value FROM json_each(",
            "(SELECT value::bigint FROM json_array_elements_text(CAST(",
        )
        .bind(Bind::Text(integers_to_json(&numbers)))
        .by_backend("))", " AS json)))")
}

/// Encodes numbers as a JSON array.
fn integers_to_json(numbers: &[RowId]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// Returns a parenthesized subquery with `pairs` in the columns `first` and `second`, bound as one
/// value like [`IdIn`].
pub fn text_pair_table<A: AsRef<str>, B: AsRef<str>>(
    pairs: impl IntoIterator<Item = (A, B)>,
) -> Fragment {
    let list: Vec<serde_json::Value> = pairs
        .into_iter()
        .map(|(first, second)| serde_json::json!([first.as_ref(), second.as_ref()]))
        .collect();
    Fragment::new("(SELECT value ->> 0 AS first, value ->> 1 AS second FROM ")
        .by_backend("json_each(", "json_array_elements(CAST(")
        .bind(Bind::Text(serde_json::Value::Array(list).to_string()))
        .by_backend("))", " AS json)))")
}

const ID_IN_START: (&str, &str) = (
    " IN (SELECT unhex(value) FROM json_each(",
    " = ANY (ARRAY(SELECT value::uuid FROM json_array_elements_text(CAST(",
);
const ID_IN_END: (&str, &str) = ("))", " AS json))))");

impl<C: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for IdIn<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let is_sqlite = matches!(out.backend(), MultiBackend::Sqlite(_));
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(if is_sqlite { ID_IN_START.0 } else { ID_IN_START.1 });
        out.push_bind_param::<Text, _>(&self.ids_json)?;
        out.push_sql(if is_sqlite { ID_IN_END.0 } else { ID_IN_END.1 });
        Ok(())
    }
}

/// The SQL text depends only on the column and on the database of the connection.
impl<C: QueryId> QueryId for IdIn<C> {
    type QueryId = IdIn<C::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = C::HAS_STATIC_QUERY_ID;
}

impl<C: Expression> Expression for IdIn<C> {
    type SqlType = Bool;
}

impl<C> ValidGrouping<()> for IdIn<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C, S> AppearsOnTable<S> for IdIn<C>
where
    C: AppearsOnTable<S>,
    Self: Expression,
{
}

impl<C, S> SelectableExpression<S> for IdIn<C>
where
    C: SelectableExpression<S>,
    Self: AppearsOnTable<S>,
{
}

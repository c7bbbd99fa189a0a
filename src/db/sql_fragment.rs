//! Statements put together at run time: pieces of SQL and values to bind, rendered for whichever
//! database runs them.

use std::borrow::Cow;
use std::marker::PhantomData;

use chrono::NaiveDate;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{BigInt, Bool, Date, Text};
use diesel::{QueryResult, RunQueryDsl};

use crate::db::connection::{Connection, MultiBackend};
use crate::db::types::{Id, RowId, Time, sql};

/// A value to bind.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An identifier.
    Id(Id),
    /// A moment.
    Time(Time),
    /// A day.
    Date(NaiveDate),
    /// A truth value.
    Bool(bool),
    /// The unknown, of any type.
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

/// Part of a statement. Text comes from this program only; whatever a user sent is bound.
#[derive(Clone, Debug, Default)]
pub struct Fragment(Vec<FragmentPart>);

impl Fragment {
    /// The fragment that is just this SQL.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![FragmentPart::Sql(sql.into())])
    }

    /// Appends SQL.
    #[must_use]
    pub fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(FragmentPart::Sql(sql.into()));
        self
    }

    /// Appends a value.
    #[must_use]
    pub fn bind(mut self, value: Bind) -> Self {
        self.0.push(FragmentPart::Bind(value));
        self
    }

    /// Appends values with commas between them.
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

    /// Appends SQL that the databases write differently.
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

    /// Appends a text whose value differs between the databases.
    #[must_use]
    pub fn bind_by_backend(mut self, sqlite: String, postgres: String) -> Self {
        self.0.push(FragmentPart::BindByBackend {
            sqlite: Some(Bind::Text(sqlite)),
            postgres: Some(Bind::Text(postgres)),
        });
        self
    }

    /// Appends a value that only PostgreSQL needs.
    #[must_use]
    pub fn bind_on_postgres(mut self, value: Bind) -> Self {
        self.0.push(FragmentPart::BindByBackend { sqlite: None, postgres: Some(value) });
        self
    }

    /// A number that PostgreSQL is told in the text of the statement: of a limit that it knows it
    /// makes a plan to keep, where it would plan anew each time. There must be few such numbers,
    /// since each makes a statement.
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
                    out.push_sql(if is_sqlite { sqlite } else { postgres })
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

/// A whole statement whose rows have the SQL types `T`; prepared once for each text it has.
#[derive(Clone, Debug)]
pub struct Statement<T> {
    fragment: Fragment,
    row_type: PhantomData<T>,
}

impl<T> Statement<T> {
    /// The statement of this text.
    pub fn new(fragment: Fragment) -> Self {
        Self { fragment, row_type: PhantomData }
    }

    /// `SELECT columns FROM table WHERE condition`. The columns are named in the order of `T`,
    /// which for `T` of a table is that in which the schema declares them.
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

    /// Its rows.
    pub fn load_rows<'q, R>(self, connection: &mut Connection) -> QueryResult<Vec<R>>
    where
        Self: LoadQuery<'q, Connection, R>,
    {
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

/// `column` is one of these identifiers.
///
/// One value is bound however many identifiers there are, so that the statement's text, and with it
/// its place in the cache of prepared statements, stays the same.
#[derive(Clone, Debug)]
pub struct IdIn<C> {
    column: C,
    ids_json: String,
}

/// See [`Among`].
pub fn id_in<'a, C>(column: C, ids: impl IntoIterator<Item = &'a Id>) -> IdIn<C> {
    IdIn { column, ids_json: ids_to_json(ids) }
}

/// Identifiers as a JSON array of hexadecimal strings.
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

/// [`Among`] for a statement put together from pieces; a single identifier is compared as it is.
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

/// `column` is one of these numbers; bound as one value, see [`Among`].
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

/// These numbers as a table in brackets with the column `value`; bound as one value, see [`Among`].
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

/// Numbers as a JSON array.
fn integers_to_json(numbers: &[RowId]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// Pairs of texts as a table in brackets with the columns `first` and `second`; bound as one value,
/// see [`Among`].
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

/// The text depends on nothing but the column (and the database, which each connection knows).
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

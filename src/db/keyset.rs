//! Keyset paging: the page of a sorted, filtered list after (or before) a given place, at equal
//! cost everywhere.
//!
//! The place is the sort keys and the number of the item at the edge of the page before, so that an
//! item that was inserted, changed or deleted meanwhile neither repeats nor hides another. Unknown
//! values come last in both directions of a sort; ties are broken by the number, which grows as the
//! identifier does.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::search::{ITEM_ROW_ID_SQL, RankedMatches};
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_table};
use crate::db::types::{RowId, Time};
use crate::text::fingerprint::Fingerprint;

/// How many keys a list can be sorted by.
pub const MAX_SORT_KEYS: usize = 3;

/// What a page query calls the keys.
const SORT_KEY_COLUMNS: [&str; MAX_SORT_KEYS] = [" AS first", " AS second", " AS third"];

/// What a sort key holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SortKeyType {
    /// A whole number.
    Integer,
    /// Text in byte order.
    Text,
    /// A moment.
    Time,
    /// A day.
    Date,
}

/// One key of a sort.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// The expression.
    pub expression: Fragment,
    /// What it gives.
    pub key_type: SortKeyType,
    /// Largest first.
    pub descending: bool,
    /// Whether it may be unknown.
    pub nullable: bool,
}

/// The place of an item in a sorted list: its keys as text, and itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Position {
    /// The value of each key; `None` is unknown.
    pub keys: Vec<Option<String>>,
    /// The item.
    pub row_id: RowId,
}

/// From where a page is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PageStart {
    /// From the beginning, leaving so many items out.
    Offset(i64),
    /// After a place.
    After(Position),
    /// Before a place: the page that ends there.
    Before(Position),
}

/// What a list walks along.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DrivingTable {
    /// The items.
    #[default]
    Items,
    /// The rows of the filter index that have one value: newest first without sorting, and no item
    /// is read that is not on the page.
    FilterIndex,
}

impl DrivingTable {
    fn to_from_clause(self) -> &'static str {
        match self {
            Self::Items => " FROM items",
            Self::FilterIndex => " FROM filter_index walked",
        }
    }

    /// The number of the item.
    pub fn row_id_column(self) -> &'static str {
        match self {
            Self::Items => "items.number",
            Self::FilterIndex => "walked.item",
        }
    }

    /// What a row of the filter index, `filter_index`, has in common with the one that is walked, so that
    /// it is found in the same order.
    pub fn filter_index_join(self) -> &'static str {
        match self {
            Self::Items => "",
            Self::FilterIndex => {
                " AND filter_index.is_public = walked.is_public AND filter_index.published_at = walked.published_at"
            }
        }
    }

    /// When the item was published.
    pub fn published_at_column(self) -> &'static str {
        match self {
            Self::Items => "items.published_at",
            Self::FilterIndex => "walked.published_at",
        }
    }
}

/// A list: which items, in which order.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// What it walks along; the rest must speak of the same.
    pub driving_table: DrivingTable,
    /// Joined to `items`.
    pub joins: Vec<Fragment>,
    /// All must hold.
    pub predicates: Vec<Fragment>,
    /// The order; the number is added.
    pub sort_keys: Vec<SortKey>,
    /// The items that are searched for, best first: instead of the keys. Without predicates no item
    /// is looked at.
    pub ranked_matches: Option<RankedMatches>,
    /// What makes it another than all others, where the places of its pages are worth keeping: to
    /// search takes longer than to read what was found.
    pub cache_key: Option<Fingerprint>,
}

/// The keys of the place of an item that was searched for: its rank, and the key of its entry.
const RANKED_KEY_COUNT: usize = 2;

/// How many numbers of what is searched for are read at once.
const RANKED_BATCH_SIZE: i64 = 10_000;

/// The place of a row of a page query: where it stands on the page, the number and the keys as
/// text.
pub type PositionSql = (BigInt, BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>);
/// What [`PlaceSql`] is read as.
pub type PositionRow = (i64, RowId, Option<String>, Option<String>, Option<String>);

/// What is read of the items of a page, with the page itself.
pub struct Projection {
    /// The columns.
    pub columns: Fragment,
    /// What `items`, of which there is one for each row of the page, is joined to.
    pub joins: Fragment,
}

/// What a page query found.
pub struct PagePositions {
    /// The items in the list's order.
    pub positions: Vec<Position>,
    /// Whether the list goes on behind the last one, in the direction of travel.
    pub has_more: bool,
}

impl ListQuery {
    fn to_from_and_where(&self) -> Fragment {
        match &self.ranked_matches {
            Some(ranked) => self.index_entries(&ranked.condition),
            None => self.with_predicates(Fragment::new(self.driving_table.to_from_clause())),
        }
    }

    /// The entries of the full-text index for which this holds, and whose items are in the list.
    /// They come first: their order is that of the list.
    pub(super) fn index_entries(&self, matches: &Fragment) -> Fragment {
        let entries = Fragment::new(" FROM search_index");
        if self.joins.is_empty() && self.predicates.is_empty() {
            return entries.sql(" WHERE (").append(matches).sql(")");
        }
        let entries = entries
            .by_backend(" CROSS JOIN items", " JOIN items")
            .sql(" ON items.number = ")
            .sql(ITEM_ROW_ID_SQL);
        self.with_predicates(entries.sql(" AND (").append(matches).sql(")"))
    }

    fn with_predicates(&self, from_clause: Fragment) -> Fragment {
        let mut body = from_clause;
        for join in &self.joins {
            body = body.append(join);
        }
        for (index, predicate) in self.predicates.iter().enumerate() {
            body =
                body.sql(if index == 0 { " WHERE (" } else { " AND (" }).append(predicate).sql(")");
        }
        body
    }

    /// How many items the list has.
    pub fn count(&self, connection: &mut Connection) -> Result<i64, Error> {
        let statement = Statement::<BigInt>::new(
            Fragment::new("SELECT COUNT(*)").append(&self.to_from_and_where()),
        );
        let rows: Vec<i64> = statement.load_rows(connection)?;
        Ok(rows.first().copied().unwrap_or(0))
    }

    /// How many items the list has, but no more than so many.
    pub fn count_up_to(&self, connection: &mut Connection, limit: i64) -> Result<i64, Error> {
        // With a limit alone PostgreSQL would read the table until it has found so many.
        let (order, body) = match self.ranked_matches.as_ref().map(|ranked| &ranked.scan_condition)
        {
            Some(Some(scan_condition)) => {
                (" ORDER BY search_index.rowid DESC", self.index_entries(scan_condition))
            }
            Some(None) => (" ORDER BY search_index.rowid + 0", self.to_from_and_where()),
            None => ("", self.to_from_and_where()),
        };
        let limited = Fragment::new("SELECT COUNT(*) FROM (SELECT 1 AS one")
            .append(&body)
            .by_backend("", order)
            .sql(" LIMIT ");
        let statement = limited.append(&Fragment::literal_on_postgres(limit)).sql(") few");
        let statement = Statement::<BigInt>::new(statement);
        let rows: Vec<i64> = statement.load_rows(connection)?;
        Ok(rows.first().copied().unwrap_or(0))
    }

    /// Selects the numbers of all items the list has.
    pub fn select_row_ids(&self) -> Fragment {
        Fragment::new("SELECT ").sql(self.row_id_expression()).append(&self.to_from_and_where())
    }

    fn row_id_expression(&self) -> &'static str {
        if self.ranked_matches.is_some() {
            ITEM_ROW_ID_SQL
        } else {
            self.driving_table.row_id_column()
        }
    }

    /// The numbers of all items the list has, in no order.
    pub fn all_row_ids(&self, connection: &mut Connection) -> Result<Vec<RowId>, Error> {
        if connection.is_sqlite() {
            return Ok(Statement::<BigInt>::new(self.select_row_ids()).load_rows(connection)?);
        }
        let number = self.row_id_expression();
        // One text is sent and read sooner than thousands of rows.
        let statement = Fragment::new("SELECT string_agg(CAST(")
            .sql(number)
            .sql(" AS TEXT), ' ')")
            .append(&self.to_from_and_where());
        let rows: Vec<Option<String>> =
            Statement::<Nullable<Text>>::new(statement).load_rows(connection)?;
        Ok(rows
            .iter()
            .flatten()
            .flat_map(|all| all.split(' '))
            .filter_map(|number| number.parse().ok())
            .collect())
    }

    /// The numbers of all items the list has, in its order: what follows them reads each of a state
    /// of its own, and none twice.
    pub fn ordered_row_ids(&self, connection: &mut Connection) -> Result<Vec<RowId>, Error> {
        if let Some(ranked) = &self.ranked_matches {
            return self.ranked_row_ids(ranked, connection);
        }
        let numbers = self.order_by(
            Fragment::new("SELECT ")
                .sql(self.driving_table.row_id_column())
                .sql(" AS number")
                .append(&self.to_from_and_where()),
            false,
        );
        if connection.is_sqlite() {
            return Ok(Statement::<BigInt>::new(numbers).load_rows(connection)?);
        }
        // One text is sent and read sooner than thousands of rows.
        let statement =
            Fragment::new("SELECT string_agg(CAST(ordered.number AS TEXT), ' ') FROM (")
                .append(&numbers)
                .sql(") ordered");
        let rows: Vec<Option<String>> =
            Statement::<Nullable<Text>>::new(statement).load_rows(connection)?;
        Ok(rows
            .iter()
            .flatten()
            .flat_map(|all| all.split(' '))
            .filter_map(|number| number.parse().ok())
            .collect())
    }

    /// The same of what is searched for, some thousands after the other: each rank is a question of
    /// its own.
    fn ranked_row_ids(
        &self,
        matches: &RankedMatches,
        connection: &mut Connection,
    ) -> Result<Vec<RowId>, Error> {
        let mut row_ids = Vec::new();
        let mut start = PageStart::Offset(0);
        loop {
            let rows = matches
                .fetch_page(self, connection, &start, RANKED_BATCH_SIZE)?
                .unwrap_or_default();
            let batch_size = usize::try_from(RANKED_BATCH_SIZE).unwrap_or(usize::MAX);
            let has_more = rows.len() > batch_size;
            let mut last = None;
            for row in rows.into_iter().take(batch_size) {
                row_ids.push(row.1);
                last = Some(row);
            }
            let Some((_, number, first, second, _)) = last.filter(|_| has_more) else {
                return Ok(row_ids);
            };
            start = PageStart::After(Position { keys: vec![first, second], row_id: number });
        }
    }

    /// Where the items of a page of at most `limit` from `start` stand that were searched for, and
    /// the one behind it, in the direction of travel. `None` where nothing is searched for, and
    /// where the place is none of this list.
    pub fn fetch_ranked_positions(
        &self,
        connection: &mut Connection,
        start: &PageStart,
        limit: i64,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        Ok(self
            .ranked_matches
            .as_ref()
            .map(|ranked| ranked.fetch_page(self, connection, start, limit))
            .transpose()?
            .flatten())
    }

    /// The page of at most `limit` items from `start`, and what it shows of each; what was searched
    /// for is [`Self::found`] before. A place that does not fit the list's keys gives `None`. `T`
    /// is the SQL type of what is shown.
    pub fn fetch_page<'q, T, R>(
        &self,
        connection: &mut Connection,
        (start, limit): (&PageStart, i64),
        ranked_positions: Option<Vec<PositionRow>>,
        projection: &Projection,
    ) -> Result<Option<(PagePositions, Vec<R>)>, Error>
    where
        Statement<(PositionSql, T)>: LoadQuery<'q, Connection, (PositionRow, R)>,
    {
        let page_size = usize::try_from(limit).unwrap_or(0);
        let (mut positions, mut items, has_more);
        if self.ranked_matches.is_some() || connection.is_sqlite() {
            // Another statement costs less here than to read the item behind the page, too.
            let rows = match &self.ranked_matches {
                Some(_) => ranked_positions,
                None => self
                    .page_query(start, limit)
                    .map(|numbers| Statement::<PositionSql>::new(numbers).load_rows(connection))
                    .transpose()?,
            };
            let Some(mut rows) = rows else { return Ok(None) };
            has_more = rows.len() > page_size;
            rows.truncate(page_size);
            let page = integer_table(rows.iter().map(|row| row.1))
                .by_backend(" page CROSS JOIN", " page JOIN")
                .sql(" items ON items.number = page.value");
            let statement =
                Fragment::new("SELECT CAST(0 AS BIGINT), page.value, NULL, NULL, NULL, ")
                    .append(&projection.columns)
                    .sql(" FROM ")
                    .append(&page);
            let ranked_positions: Vec<(PositionRow, R)> =
                Statement::<(PositionSql, T)>::new(statement.append(&projection.joins))
                    .load_rows(connection)?;
            // A join promises no order; and what has gone meanwhile is not shown.
            let mut ranked_positions: HashMap<RowId, R> =
                ranked_positions.into_iter().map(|(row, item)| (row.1, item)).collect();
            (positions, items) = rows
                .into_iter()
                .filter_map(|row| ranked_positions.remove(&row.1).map(|item| (row, item)))
                .unzip::<_, _, Vec<PositionRow>, Vec<R>>();
        } else {
            let Some(numbers) = self.page_query(start, limit) else { return Ok(None) };
            let statement = Fragment::new(
                "SELECT page.place, page.number, page.first, page.second, page.third, ",
            )
            .append(&projection.columns)
            .sql(" FROM (SELECT *, ROW_NUMBER() OVER () AS place FROM (")
            .append(&numbers)
            .sql(") numbers) page JOIN items ON items.number = page.number")
            .append(&projection.joins);
            let mut rows: Vec<(PositionRow, R)> =
                Statement::<(PositionSql, T)>::new(statement).load_rows(connection)?;
            // A join promises no order.
            rows.sort_by_key(|(row, _)| row.0);
            has_more = rows.len() > page_size;
            rows.truncate(page_size);
            (positions, items) = rows.into_iter().unzip::<_, _, Vec<PositionRow>, Vec<R>>();
        }
        if matches!(start, PageStart::Before(_)) {
            positions.reverse();
            items.reverse();
        }
        let to_position = |(_, number, first, second, third): PositionRow| {
            let mut keys = vec![first, second, third];
            keys.truncate(if self.ranked_matches.is_some() {
                RANKED_KEY_COUNT
            } else {
                self.sort_keys.len()
            });
            Position { keys, row_id: number }
        };
        Ok(Some((
            PagePositions { positions: positions.into_iter().map(to_position).collect(), has_more },
            items,
        )))
    }

    /// The numbers and keys of a page and of the item behind it, in the direction of travel.
    fn page_query(&self, start: &PageStart, limit: i64) -> Option<Fragment> {
        let backward = matches!(start, PageStart::Before(_));
        let mut statement = Fragment::new("SELECT ")
            .by_backend("0 AS place, ", "")
            .sql(self.driving_table.row_id_column())
            .sql(" AS number");
        for (index, name) in SORT_KEY_COLUMNS.into_iter().enumerate() {
            statement = match self.sort_keys.get(index) {
                Some(key) => key.append_as_text(statement.sql(", ")),
                None => statement.sql(", NULL"),
            };
            statement = statement.sql(name);
        }
        statement = statement.append(&self.to_from_and_where());
        if let PageStart::After(position) | PageStart::Before(position) = start {
            let after_position = self.after_position(position, backward)?;
            statement = statement
                .sql(if self.predicates.is_empty() { " WHERE (" } else { " AND (" })
                .append(&after_position)
                .sql(")");
        }
        statement = self.order_by(statement, backward);
        statement = statement
            .sql(" LIMIT ")
            .append(&Fragment::literal_on_postgres(limit.saturating_add(1)));
        if let PageStart::Offset(offset) = start
            && *offset > 0
        {
            statement = statement.sql(" OFFSET ").bind(Bind::Integer(*offset));
        }
        Some(statement)
    }

    /// A statement with the order of the list, or the other way round.
    fn order_by(&self, mut statement: Fragment, backward: bool) -> Fragment {
        statement = statement.sql(" ORDER BY ");
        for key in &self.sort_keys {
            let nulls = match (key.nullable, backward) {
                (false, _) => "",
                (true, false) => " NULLS LAST",
                (true, true) => " NULLS FIRST",
            };
            statement = statement
                .append(&key.expression)
                .sql(if key.descending == backward { " ASC" } else { " DESC" })
                .sql(nulls)
                .sql(", ");
        }
        statement.sql(self.driving_table.row_id_column()).sql(if backward {
            " DESC"
        } else {
            " ASC"
        })
    }

    /// The newest (or oldest) entries of a rank. PostgreSQL walks along their keys where there are
    /// many, and else sorts what it finds: it would walk to find what is rare, too.
    pub(super) fn tier_query(
        &self,
        rank: i64,
        matches: &Fragment,
        by_key_scan: bool,
        backward: bool,
        limit: i64,
    ) -> Fragment {
        Fragment::new("SELECT * FROM (SELECT ")
            .sql("CAST(0 AS BIGINT) AS place, ")
            .sql(ITEM_ROW_ID_SQL)
            .sql(format!(" AS number, '{rank}' AS first, CAST(search_index.rowid AS TEXT) AS second, NULL AS third"))
            .append(&self.index_entries(matches))
            .sql(" ORDER BY search_index.rowid")
            .by_backend("", if by_key_scan { "" } else { " + 0" })
            .sql(if backward { " ASC LIMIT " } else { " DESC LIMIT " })
            .append(&Fragment::literal_on_postgres(limit))
            .sql(")")
            .by_backend("", " tier")
    }

    /// Holds for the items behind `place`, spelled out key by key: `a > x OR (a = x AND (b > y OR
    /// …))`.
    fn after_position(&self, place: &Position, backward: bool) -> Option<Fragment> {
        if place.keys.len() != self.sort_keys.len() {
            return None;
        }
        let mut condition = Fragment::new(self.driving_table.row_id_column())
            .sql(if backward { " < " } else { " > " })
            .bind(Bind::Integer(place.row_id));
        for (key, value) in self.sort_keys.iter().zip(&place.keys).rev() {
            let value = match value {
                Some(text) => Some(key.key_type.parse(text)?),
                None if key.nullable => None,
                None => return None,
            };
            condition = key
                .after_value(value.as_ref(), backward)
                .sql(" OR (")
                .append(&key.equals(value.as_ref()))
                .sql(" AND (")
                .append(&condition)
                .sql("))");
        }
        // A bound on the first key alone is implied; it lets an index start at the place instead of
        // filtering up to it.
        if let (Some(key), Some(Some(text))) = (self.sort_keys.first(), place.keys.first())
            && !key.nullable
        {
            let operator = if key.descending == backward { " >= " } else { " <= " };
            let bound = Fragment::default()
                .append(&key.expression)
                .sql(operator)
                .bind(key.key_type.parse(text)?);
            condition = bound.sql(" AND (").append(&condition).sql(")");
        }
        Some(condition)
    }
}

/// The rank and the key of an item that was searched for, from its place.
pub(super) fn rank_and_key(position: &Position) -> Option<(i64, i64)> {
    let [Some(rank), Some(key)] = position.keys.as_slice() else { return None };
    Some((rank.parse().ok()?, key.parse().ok()?))
}

impl SortKeyType {
    /// Reads a key's value from a cursor.
    fn parse(self, text: &str) -> Option<Bind> {
        match self {
            Self::Integer => text.parse().ok().map(Bind::Integer),
            Self::Text => Some(Bind::Text(text.to_owned())),
            Self::Time => text.parse().ok().and_then(Time::from_micros).map(Bind::Time),
            Self::Date => text.parse::<NaiveDate>().ok().map(Bind::Date),
        }
    }
}

impl SortKey {
    /// The key as a cursor keeps it.
    fn append_as_text(&self, statement: Fragment) -> Fragment {
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

    fn equals(&self, value: Option<&Bind>) -> Fragment {
        let expression = Fragment::default().append(&self.expression);
        match value {
            Some(value) => expression.sql(" = ").bind(value.clone()),
            None => expression.sql(" IS NULL"),
        }
    }

    /// Holds where this key alone is behind `value`; the unknown is behind everything, and nothing
    /// is behind it.
    fn after_value(&self, value: Option<&Bind>, backward: bool) -> Fragment {
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

//! Keyset paging: loads the page of a sorted, filtered list after (or before) a position, at the
//! same cost anywhere in the list.
//!
//! A position consists of the sort keys and the row id of the item at the edge of the previous
//! page. An item that is inserted, changed or deleted in the meantime therefore neither repeats nor
//! hides another one. Null keys come last in both directions of a sort. Ties are broken by the row
//! id, which increases with the identifier.

use std::collections::HashMap;

use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::db::connection::Connection;
use crate::db::driving_table::DrivingTable;
use crate::db::error::Error;
use crate::db::search::{ITEM_ROW_ID_SQL, RankedMatches};
use crate::db::sort_key::{MAX_SORT_KEYS, SortKey};
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_table};
use crate::db::types::RowId;
use crate::text::fingerprint::Fingerprint;

/// Column aliases of the sort keys in a page query.
const SORT_KEY_COLUMNS: [&str; MAX_SORT_KEYS] = [" AS first", " AS second", " AS third"];

/// Position of an item in a sorted list: its sort keys as text, and its row id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Position {
    /// Value of each key; `None` is null.
    pub keys: Vec<Option<String>>,
    /// Row id of the item.
    pub row_id: RowId,
}

/// Start of a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PageStart {
    /// From the beginning of the list, skipping this number of items.
    Offset(i64),
    /// After a position.
    After(Position),
    /// Before a position: the page that ends there.
    Before(Position),
}

/// The entries of one tier of full-text matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct TierQuery<'a> {
    /// Rank of the tier.
    pub rank: i64,
    /// Condition for its entries.
    pub matches: &'a Fragment,
    /// Whether PostgreSQL scans the entries in key order, which is fast if many match. Otherwise it
    /// sorts the matches, because it would also use a key scan to find rare ones.
    pub by_key_scan: bool,
    /// Whether the oldest entries come first.
    pub backward: bool,
    /// Maximum number of entries.
    pub limit: i64,
}

/// A page of a list: at most `limit` items from `start`.
#[derive(Clone, Copy, Debug)]
pub struct ListPage<'a> {
    /// The list.
    pub list: &'a ListQuery,
    /// Start of the page.
    pub start: &'a PageStart,
    /// Maximum number of items.
    pub limit: i64,
}

/// A list query: filters and order.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// The table to read. Predicates and sort keys must refer to its columns.
    pub driving_table: DrivingTable,
    /// Joins to `items`.
    pub joins: Vec<Fragment>,
    /// Conditions, all of which must hold.
    pub predicates: Vec<Fragment>,
    /// Sort keys, in order of precedence. The row id is added as the last one.
    pub sort_keys: Vec<SortKey>,
    /// Full-text matches, best first; they replace the sort keys. Without predicates `items` is not
    /// read.
    pub ranked_matches: Option<RankedMatches>,
    /// Unique key of this query, if the positions of its pages are worth caching: a full-text
    /// search takes longer than loading the items it finds.
    pub cache_key: Option<Fingerprint>,
}

/// Number of keys in the position of a full-text match: its rank, and the key of its index entry.
const RANKED_KEY_COUNT: usize = 2;

/// Number of row ids of full-text matches that are loaded at once.
const RANKED_BATCH_SIZE: i64 = 10_000;

/// SQL type of a row of a page query: position on the page, row id, and the keys as text.
pub type PositionSql = (BigInt, BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>);
/// Rust type of a row of type [`PositionSql`].
pub type PositionRow = (i64, RowId, Option<String>, Option<String>, Option<String>);

/// Columns to load for the items of a page, together with the page itself.
pub struct Projection {
    /// Selected columns.
    pub columns: Fragment,
    /// Joins to `items`, which has one row for each row of the page.
    pub joins: Fragment,
}

/// Result of a page query.
#[derive(Default)]
pub struct PagePositions {
    /// Positions of the items, in list order.
    pub positions: Vec<Position>,
    /// Whether the list continues after the last item, in the paging direction.
    pub has_more: bool,
}

impl ListQuery {
    fn to_from_and_where(&self) -> Fragment {
        match &self.ranked_matches {
            Some(ranked) => self.index_entries(&ranked.condition),
            None => self.with_predicates(Fragment::new(self.driving_table.to_from_clause())),
        }
    }

    /// Returns the FROM and WHERE clauses for the entries of the full-text index that satisfy
    /// `matches` and whose items are in the list. `search_index` comes first in the join, because
    /// its order is that of the list.
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

    /// Returns the number of items in the list.
    pub fn count(&self, connection: &mut Connection) -> Result<i64, Error> {
        let statement = Statement::<BigInt>::new(
            Fragment::new("SELECT COUNT(*)").append(&self.to_from_and_where()),
        );
        let rows: Vec<i64> = statement.load_rows(connection)?;
        Ok(rows.first().copied().unwrap_or(0))
    }

    /// Returns the number of items in the list, but at most `limit`.
    pub fn count_up_to(&self, connection: &mut Connection, limit: i64) -> Result<i64, Error> {
        // With only a limit PostgreSQL would scan the table until it has found that many rows.
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

    /// Returns a query for the row ids of all items in the list.
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

    /// Loads the row ids of all items in the list, in no particular order.
    pub fn all_row_ids(&self, connection: &mut Connection) -> Result<Vec<RowId>, Error> {
        if connection.is_sqlite() {
            return Ok(Statement::<BigInt>::new(self.select_row_ids()).load_rows(connection)?);
        }
        let number = self.row_id_expression();
        // One text is sent and parsed faster than thousands of rows.
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

    /// Loads the row ids of all items in the list, in list order. A stream that then loads the
    /// items in batches may read each batch from a different snapshot, but reads no item twice.
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
        // One text is sent and parsed faster than thousands of rows.
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

    /// Loads the row ids of full-text matches in rank order, in batches of [`RANKED_BATCH_SIZE`],
    /// because each tier is a separate query.
    fn ranked_row_ids(
        &self,
        matches: &RankedMatches,
        connection: &mut Connection,
    ) -> Result<Vec<RowId>, Error> {
        let mut row_ids = Vec::new();
        let mut start = PageStart::Offset(0);
        loop {
            let page = ListPage { list: self, start: &start, limit: RANKED_BATCH_SIZE };
            let rows = matches.fetch_page(page, connection)?.unwrap_or_default();
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

    /// Returns the query for the row ids and keys of a page and of one more item in the paging
    /// direction. Returns `None` if the position does not fit the sort keys.
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

    /// Appends the order of the list to a statement, reversed if `backward` is set.
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

    /// Returns the query for the newest (if `backward`, the oldest) entries of a tier.
    pub(super) fn tier_query(&self, tier: TierQuery<'_>) -> Fragment {
        let TierQuery { rank, matches, by_key_scan, backward, limit } = tier;
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

    /// Returns the condition for items after `position`, spelled out key by key: `a > x OR (a = x AND
    /// (b > y OR …))`. Returns `None` if the position does not fit the sort keys.
    fn after_position(&self, position: &Position, backward: bool) -> Option<Fragment> {
        if position.keys.len() != self.sort_keys.len() {
            return None;
        }
        let mut condition = Fragment::new(self.driving_table.row_id_column())
            .sql(if backward { " < " } else { " > " })
            .bind(Bind::Integer(position.row_id));
        for (key, value) in self.sort_keys.iter().zip(&position.keys).rev() {
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
        // A bound on the first key alone is implied. It lets an index scan start at the position
        // instead of filtering up to it.
        if let (Some(key), Some(Some(text))) = (self.sort_keys.first(), position.keys.first())
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

impl ListPage<'_> {
    /// Loads the positions of a page of full-text matches, and of one more match in the paging
    /// direction.
    ///
    /// Returns `None` if the list has no full-text matches, or if the position does not belong to
    /// this list.
    pub fn fetch_ranked_positions(
        self,
        connection: &mut Connection,
    ) -> Result<Option<Vec<PositionRow>>, Error> {
        Ok(self
            .list
            .ranked_matches
            .as_ref()
            .map(|ranked| ranked.fetch_page(self, connection))
            .transpose()?
            .flatten())
    }

    /// Loads the page with the columns of `projection`.
    ///
    /// For full-text matches `ranked_positions` is the result of [`Self::fetch_ranked_positions`].
    /// Returns `None` if the position does not fit the sort keys. `T` is the SQL type of the
    /// projection.
    pub fn fetch_page<'q, T, R>(
        self,
        connection: &mut Connection,
        ranked_positions: Option<Vec<PositionRow>>,
        projection: &Projection,
    ) -> Result<Option<(PagePositions, Vec<R>)>, Error>
    where
        Statement<(PositionSql, T)>: LoadQuery<'q, Connection, (PositionRow, R)>,
    {
        let Self { list, start, limit } = self;
        let page_size = usize::try_from(limit).unwrap_or(0);
        let (mut positions, mut items, has_more);
        if list.ranked_matches.is_some() || connection.is_sqlite() {
            // An additional statement costs less here than also loading the item after the page.
            let rows = match &list.ranked_matches {
                Some(_) => ranked_positions,
                None => list
                    .page_query(start, limit)
                    .map(|numbers| Statement::<PositionSql>::new(numbers).load_rows(connection))
                    .transpose()?,
            };
            let Some(mut rows) = rows else { return Ok(None) };
            if rows.is_empty() {
                return Ok(Some((PagePositions::default(), Vec::new())));
            }
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
            // A join guarantees no order. Items deleted in the meantime are omitted.
            let mut ranked_positions: HashMap<RowId, R> =
                ranked_positions.into_iter().map(|(row, item)| (row.1, item)).collect();
            (positions, items) = rows
                .into_iter()
                .filter_map(|row| ranked_positions.remove(&row.1).map(|item| (row, item)))
                .unzip::<_, _, Vec<PositionRow>, Vec<R>>();
        } else {
            let Some(numbers) = list.page_query(start, limit) else { return Ok(None) };
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
            // A join guarantees no order.
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
            keys.truncate(if list.ranked_matches.is_some() {
                RANKED_KEY_COUNT
            } else {
                list.sort_keys.len()
            });
            Position { keys, row_id: number }
        };
        Ok(Some((
            PagePositions { positions: positions.into_iter().map(to_position).collect(), has_more },
            items,
        )))
    }
}

/// Parses the rank and the entry key from the position of a full-text match.
pub(super) fn rank_and_key(position: &Position) -> Option<(i64, i64)> {
    let [Some(rank), Some(key)] = position.keys.as_slice() else { return None };
    Some((rank.parse().ok()?, key.parse().ok()?))
}

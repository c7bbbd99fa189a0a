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

use super::connection::Connection;
use super::error::Error;
use super::search::{ITEM, Ranked};
use super::sql::{Bind, Fragment, Statement, number_table};
use super::types::{Number, Time};

/// How many keys a list can be sorted by.
pub const MAX_KEYS: usize = 3;

/// What a page query calls the keys.
const KEY_NAMES: [&str; MAX_KEYS] = [" AS first", " AS second", " AS third"];

/// What a sort key holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyType {
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
pub struct Key {
    /// The expression.
    pub expression: Fragment,
    /// What it gives.
    pub holds: KeyType,
    /// Largest first.
    pub descending: bool,
    /// Whether it may be unknown.
    pub nullable: bool,
}

/// The place of an item in a sorted list: its keys as text, and itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The value of each key; `None` is unknown.
    pub keys: Vec<Option<String>>,
    /// The item.
    pub number: Number,
}

/// From where a page is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Start {
    /// From the beginning, leaving so many items out.
    Offset(i64),
    /// After a place.
    After(Place),
    /// Before a place: the page that ends there.
    Before(Place),
}

/// What a list walks along.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Along {
    /// The items.
    #[default]
    Items,
    /// The rows of the filter index that have one value: newest first without sorting, and no item
    /// is read that is not on the page.
    Facet,
}

impl Along {
    fn from(self) -> &'static str {
        match self {
            Self::Items => " FROM items",
            Self::Facet => " FROM facets walked",
        }
    }

    /// The number of the item.
    pub fn number(self) -> &'static str {
        match self {
            Self::Items => "items.number",
            Self::Facet => "walked.item",
        }
    }

    /// What a row of the filter index, `facets`, has in common with the one that is walked, so that
    /// it is found in the same order.
    pub fn same_place(self) -> &'static str {
        match self {
            Self::Items => "",
            Self::Facet => {
                " AND facets.is_public = walked.is_public AND facets.published_at = walked.published_at"
            }
        }
    }

    /// When the item was published.
    pub fn published_at(self) -> &'static str {
        match self {
            Self::Items => "items.published_at",
            Self::Facet => "walked.published_at",
        }
    }
}

/// A list: which items, in which order.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What it walks along; the rest must speak of the same.
    pub along: Along,
    /// Joined to `items`.
    pub joins: Vec<Fragment>,
    /// All must hold.
    pub predicates: Vec<Fragment>,
    /// The order; the number is added.
    pub keys: Vec<Key>,
    /// The items that are searched for, best first: instead of the keys. Without predicates no item
    /// is looked at.
    pub ranked: Option<Ranked>,
    /// What makes it another than all others, where the places of its pages are worth keeping: to
    /// search takes longer than to read what was found.
    pub identity: Option<String>,
}

/// The keys of the place of an item that was searched for: its rank, and the key of its entry.
const KEYS_OF_RANKED: usize = 2;

/// How many numbers of what is searched for are read at once.
const RANKED_AT_ONCE: i64 = 10_000;

/// The place of a row of a page query: where it stands on the page, the number and the keys as
/// text.
pub type PlaceSql = (BigInt, BigInt, Nullable<Text>, Nullable<Text>, Nullable<Text>);
/// What [`PlaceSql`] is read as.
pub type PlaceRow = (i64, Number, Option<String>, Option<String>, Option<String>);

/// What is read of the items of a page, with the page itself.
pub struct Shows {
    /// The columns.
    pub columns: Fragment,
    /// What `items`, of which there is one for each row of the page, is joined to.
    pub joins: Fragment,
}

/// What a page query found.
pub struct Slice {
    /// The items in the list's order.
    pub places: Vec<Place>,
    /// Whether the list goes on behind the last one, in the direction of travel.
    pub more: bool,
}

impl List {
    fn body(&self) -> Fragment {
        match &self.ranked {
            Some(ranked) => self.entries(&ranked.all),
            None => self.filtered(Fragment::new(self.along.from())),
        }
    }

    /// The entries of the full-text index for which this holds, and whose items are in the list.
    /// They come first: their order is that of the list.
    pub(super) fn entries(&self, matches: &Fragment) -> Fragment {
        let entries = Fragment::new(" FROM search_index");
        if self.joins.is_empty() && self.predicates.is_empty() {
            return entries.sql(" WHERE (").then(matches).sql(")");
        }
        let entries = entries
            .differs(" CROSS JOIN items", " JOIN items")
            .sql(" ON items.number = ")
            .sql(ITEM);
        self.filtered(entries.sql(" AND (").then(matches).sql(")"))
    }

    fn filtered(&self, from: Fragment) -> Fragment {
        let mut body = from;
        for join in &self.joins {
            body = body.then(join);
        }
        for (index, predicate) in self.predicates.iter().enumerate() {
            body =
                body.sql(if index == 0 { " WHERE (" } else { " AND (" }).then(predicate).sql(")");
        }
        body
    }

    /// How many items the list has.
    pub fn count(&self, connection: &mut Connection) -> Result<i64, Error> {
        let statement =
            Statement::<BigInt>::new(Fragment::new("SELECT COUNT(*)").then(&self.body()));
        let rows: Vec<i64> = statement.rows(connection)?;
        Ok(rows.first().copied().unwrap_or(0))
    }

    /// How many items the list has, but no more than so many.
    pub fn count_up_to(&self, connection: &mut Connection, most: i64) -> Result<i64, Error> {
        // With a limit alone PostgreSQL would read the table until it has found so many.
        let (order, body) = match self.ranked.as_ref().map(|ranked| &ranked.along) {
            Some(Some(along)) => (" ORDER BY search_index.rowid DESC", self.entries(along)),
            Some(None) => (" ORDER BY search_index.rowid + 0", self.body()),
            None => ("", self.body()),
        };
        let some = Fragment::new("SELECT COUNT(*) FROM (SELECT 1 AS one")
            .then(&body)
            .differs("", order)
            .sql(" LIMIT ");
        let statement = some.then(&Fragment::written_out(most)).sql(") few");
        let statement = Statement::<BigInt>::new(statement);
        let rows: Vec<i64> = statement.rows(connection)?;
        Ok(rows.first().copied().unwrap_or(0))
    }

    /// Selects the numbers of all items the list has.
    pub fn select_numbers(&self) -> Fragment {
        Fragment::new("SELECT ").sql(self.number()).then(&self.body())
    }

    fn number(&self) -> &'static str {
        if self.ranked.is_some() { ITEM } else { self.along.number() }
    }

    /// The numbers of all items the list has, in no order.
    pub fn numbers_of_all(&self, connection: &mut Connection) -> Result<Vec<Number>, Error> {
        if connection.is_sqlite() {
            return Ok(Statement::<BigInt>::new(self.select_numbers()).rows(connection)?);
        }
        let number = self.number();
        // One text is sent and read sooner than thousands of rows.
        let statement = Fragment::new("SELECT string_agg(CAST(")
            .sql(number)
            .sql(" AS TEXT), ' ')")
            .then(&self.body());
        let rows: Vec<Option<String>> =
            Statement::<Nullable<Text>>::new(statement).rows(connection)?;
        Ok(rows
            .iter()
            .flatten()
            .flat_map(|all| all.split(' '))
            .filter_map(|number| number.parse().ok())
            .collect())
    }

    /// The numbers of all items the list has, in its order: what follows them reads each of a state
    /// of its own, and none twice.
    pub fn numbers_in_order(&self, connection: &mut Connection) -> Result<Vec<Number>, Error> {
        if let Some(ranked) = &self.ranked {
            return self.numbers_of_ranked(ranked, connection);
        }
        let numbers = self.in_order(
            Fragment::new("SELECT ").sql(self.along.number()).sql(" AS number").then(&self.body()),
            false,
        );
        if connection.is_sqlite() {
            return Ok(Statement::<BigInt>::new(numbers).rows(connection)?);
        }
        // One text is sent and read sooner than thousands of rows.
        let statement =
            Fragment::new("SELECT string_agg(CAST(ordered.number AS TEXT), ' ') FROM (")
                .then(&numbers)
                .sql(") ordered");
        let rows: Vec<Option<String>> =
            Statement::<Nullable<Text>>::new(statement).rows(connection)?;
        Ok(rows
            .iter()
            .flatten()
            .flat_map(|all| all.split(' '))
            .filter_map(|number| number.parse().ok())
            .collect())
    }

    /// The same of what is searched for, some thousands after the other: each rank is a question of
    /// its own.
    fn numbers_of_ranked(
        &self,
        ranked: &Ranked,
        connection: &mut Connection,
    ) -> Result<Vec<Number>, Error> {
        let mut numbers = Vec::new();
        let mut start = Start::Offset(0);
        loop {
            let rows = ranked.page(self, connection, &start, RANKED_AT_ONCE)?.unwrap_or_default();
            let wanted = usize::try_from(RANKED_AT_ONCE).unwrap_or(usize::MAX);
            let more = rows.len() > wanted;
            let mut last = None;
            for row in rows.into_iter().take(wanted) {
                numbers.push(row.1);
                last = Some(row);
            }
            let Some((_, number, first, second, _)) = last.filter(|_| more) else {
                return Ok(numbers);
            };
            start = Start::After(Place { keys: vec![first, second], number });
        }
    }

    /// Where the items of a page of at most `limit` from `start` stand that were searched for, and
    /// the one behind it, in the direction of travel. `None` where nothing is searched for, and
    /// where the place is none of this list.
    pub fn found(
        &self,
        connection: &mut Connection,
        start: &Start,
        limit: i64,
    ) -> Result<Option<Vec<PlaceRow>>, Error> {
        Ok(self
            .ranked
            .as_ref()
            .map(|ranked| ranked.page(self, connection, start, limit))
            .transpose()?
            .flatten())
    }

    /// The page of at most `limit` items from `start`, and what it shows of each; what was searched
    /// for is [`Self::found`] before. A place that does not fit the list's keys gives `None`. `T`
    /// is the SQL type of what is shown.
    pub fn slice<'q, T, R>(
        &self,
        connection: &mut Connection,
        (start, limit): (&Start, i64),
        found: Option<Vec<PlaceRow>>,
        shows: &Shows,
    ) -> Result<Option<(Slice, Vec<R>)>, Error>
    where
        Statement<(PlaceSql, T)>: LoadQuery<'q, Connection, (PlaceRow, R)>,
    {
        let wanted = usize::try_from(limit).unwrap_or(0);
        let (mut places, mut items, more);
        if self.ranked.is_some() || connection.is_sqlite() {
            // Another statement costs less here than to read the item behind the page, too.
            let rows = match &self.ranked {
                Some(_) => found,
                None => self
                    .numbers(start, limit)
                    .map(|numbers| Statement::<PlaceSql>::new(numbers).rows(connection))
                    .transpose()?,
            };
            let Some(mut rows) = rows else { return Ok(None) };
            more = rows.len() > wanted;
            rows.truncate(wanted);
            let page = number_table(rows.iter().map(|row| row.1))
                .differs(" page CROSS JOIN", " page JOIN")
                .sql(" items ON items.number = page.value");
            let statement =
                Fragment::new("SELECT CAST(0 AS BIGINT), page.value, NULL, NULL, NULL, ")
                    .then(&shows.columns)
                    .sql(" FROM ")
                    .then(&page);
            let found: Vec<(PlaceRow, R)> =
                Statement::<(PlaceSql, T)>::new(statement.then(&shows.joins)).rows(connection)?;
            // A join promises no order; and what has gone meanwhile is not shown.
            let mut found: HashMap<Number, R> =
                found.into_iter().map(|(row, item)| (row.1, item)).collect();
            (places, items) = rows
                .into_iter()
                .filter_map(|row| found.remove(&row.1).map(|item| (row, item)))
                .unzip::<_, _, Vec<PlaceRow>, Vec<R>>();
        } else {
            let Some(numbers) = self.numbers(start, limit) else { return Ok(None) };
            let statement = Fragment::new(
                "SELECT page.place, page.number, page.first, page.second, page.third, ",
            )
            .then(&shows.columns)
            .sql(" FROM (SELECT *, ROW_NUMBER() OVER () AS place FROM (")
            .then(&numbers)
            .sql(") numbers) page JOIN items ON items.number = page.number")
            .then(&shows.joins);
            let mut rows: Vec<(PlaceRow, R)> =
                Statement::<(PlaceSql, T)>::new(statement).rows(connection)?;
            // A join promises no order.
            rows.sort_by_key(|(row, _)| row.0);
            more = rows.len() > wanted;
            rows.truncate(wanted);
            (places, items) = rows.into_iter().unzip::<_, _, Vec<PlaceRow>, Vec<R>>();
        }
        if matches!(start, Start::Before(_)) {
            places.reverse();
            items.reverse();
        }
        let place = |(_, number, first, second, third): PlaceRow| {
            let mut keys = vec![first, second, third];
            keys.truncate(if self.ranked.is_some() { KEYS_OF_RANKED } else { self.keys.len() });
            Place { keys, number }
        };
        Ok(Some((Slice { places: places.into_iter().map(place).collect(), more }, items)))
    }

    /// The numbers and keys of a page and of the item behind it, in the direction of travel.
    fn numbers(&self, start: &Start, limit: i64) -> Option<Fragment> {
        let backward = matches!(start, Start::Before(_));
        let mut statement = Fragment::new("SELECT ")
            .differs("0 AS place, ", "")
            .sql(self.along.number())
            .sql(" AS number");
        for (index, name) in KEY_NAMES.into_iter().enumerate() {
            statement = match self.keys.get(index) {
                Some(key) => key.as_text(statement.sql(", ")),
                None => statement.sql(", NULL"),
            };
            statement = statement.sql(name);
        }
        statement = statement.then(&self.body());
        if let Start::After(place) | Start::Before(place) = start {
            let beyond = self.beyond(place, backward)?;
            statement = statement
                .sql(if self.predicates.is_empty() { " WHERE (" } else { " AND (" })
                .then(&beyond)
                .sql(")");
        }
        statement = self.in_order(statement, backward);
        statement = statement.sql(" LIMIT ").then(&Fragment::written_out(limit.saturating_add(1)));
        if let Start::Offset(offset) = start
            && *offset > 0
        {
            statement = statement.sql(" OFFSET ").bind(Bind::Integer(*offset));
        }
        Some(statement)
    }

    /// A statement with the order of the list, or the other way round.
    fn in_order(&self, mut statement: Fragment, backward: bool) -> Fragment {
        statement = statement.sql(" ORDER BY ");
        for key in &self.keys {
            let nulls = match (key.nullable, backward) {
                (false, _) => "",
                (true, false) => " NULLS LAST",
                (true, true) => " NULLS FIRST",
            };
            statement = statement
                .then(&key.expression)
                .sql(if key.descending == backward { " ASC" } else { " DESC" })
                .sql(nulls)
                .sql(", ");
        }
        statement.sql(self.along.number()).sql(if backward { " DESC" } else { " ASC" })
    }

    /// The newest (or oldest) entries of a rank. PostgreSQL walks along their keys where there are
    /// many, and else sorts what it finds: it would walk to find what is rare, too.
    pub(super) fn of_tier(
        &self,
        rank: i64,
        matches: &Fragment,
        are_many: bool,
        backward: bool,
        most: i64,
    ) -> Fragment {
        Fragment::new("SELECT * FROM (SELECT ")
            .sql("CAST(0 AS BIGINT) AS place, ")
            .sql(ITEM)
            .sql(format!(" AS number, '{rank}' AS first, CAST(search_index.rowid AS TEXT) AS second, NULL AS third"))
            .then(&self.entries(matches))
            .sql(" ORDER BY search_index.rowid")
            .differs("", if are_many { "" } else { " + 0" })
            .sql(if backward { " ASC LIMIT " } else { " DESC LIMIT " })
            .then(&Fragment::written_out(most))
            .sql(")")
            .differs("", " tier")
    }

    /// Holds for the items behind `place`, spelled out key by key: `a > x OR (a = x AND (b > y OR
    /// …))`.
    fn beyond(&self, place: &Place, backward: bool) -> Option<Fragment> {
        if place.keys.len() != self.keys.len() {
            return None;
        }
        let mut condition = Fragment::new(self.along.number())
            .sql(if backward { " < " } else { " > " })
            .bind(Bind::Integer(place.number));
        for (key, value) in self.keys.iter().zip(&place.keys).rev() {
            let value = match value {
                Some(text) => Some(key.holds.read(text)?),
                None if key.nullable => None,
                None => return None,
            };
            condition = key
                .beyond(value.as_ref(), backward)
                .sql(" OR (")
                .then(&key.equals(value.as_ref()))
                .sql(" AND (")
                .then(&condition)
                .sql("))");
        }
        // A bound on the first key alone is implied; it lets an index start at the place instead of
        // filtering up to it.
        if let (Some(key), Some(Some(text))) = (self.keys.first(), place.keys.first())
            && !key.nullable
        {
            let operator = if key.descending == backward { " >= " } else { " <= " };
            let bound =
                Fragment::default().then(&key.expression).sql(operator).bind(key.holds.read(text)?);
            condition = bound.sql(" AND (").then(&condition).sql(")");
        }
        Some(condition)
    }
}

/// The rank and the key of an item that was searched for, from its place.
pub(super) fn rank_and_key(place: &Place) -> Option<(i64, i64)> {
    let [Some(rank), Some(key)] = place.keys.as_slice() else { return None };
    Some((rank.parse().ok()?, key.parse().ok()?))
}

impl KeyType {
    /// Reads a key's value from a cursor.
    fn read(self, text: &str) -> Option<Bind> {
        match self {
            Self::Integer => text.parse().ok().map(Bind::Integer),
            Self::Text => Some(Bind::Text(text.to_owned())),
            Self::Time => text.parse().ok().and_then(Time::from_micros).map(Bind::Time),
            Self::Date => text.parse::<NaiveDate>().ok().map(Bind::Date),
        }
    }
}

impl Key {
    /// The key as a cursor keeps it.
    fn as_text(&self, statement: Fragment) -> Fragment {
        match self.holds {
            KeyType::Text => statement.then(&self.expression),
            KeyType::Integer | KeyType::Date => {
                statement.sql("CAST(").then(&self.expression).sql(" AS TEXT)")
            }
            KeyType::Time => statement
                .differs("CAST(", "CAST(CAST(EXTRACT(EPOCH FROM ")
                .then(&self.expression)
                .differs(" AS TEXT)", ") * 1000000 AS BIGINT) AS TEXT)"),
        }
    }

    fn equals(&self, value: Option<&Bind>) -> Fragment {
        let expression = Fragment::default().then(&self.expression);
        match value {
            Some(value) => expression.sql(" = ").bind(value.clone()),
            None => expression.sql(" IS NULL"),
        }
    }

    /// Holds where this key alone is behind `value`; the unknown is behind everything, and nothing
    /// is behind it.
    fn beyond(&self, value: Option<&Bind>, backward: bool) -> Fragment {
        let expression = Fragment::default().then(&self.expression);
        match (value, backward) {
            (None, false) => Fragment::new("1 = 0"),
            (None, true) => expression.sql(" IS NOT NULL"),
            (Some(value), _) => {
                let operator = if self.descending == backward { " > " } else { " < " };
                let beyond = expression.sql(operator).bind(value.clone());
                if self.nullable && !backward {
                    beyond.sql(" OR ").then(&self.expression).sql(" IS NULL")
                } else {
                    beyond
                }
            }
        }
    }
}

//! What has words in its title, the newest first: for suggestions.

use diesel::sql_types::{BigInt, Text};

use super::Audience;
use super::frequent::Frequencies;
use super::matching::titled;
use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::page::List;
use crate::db::sql::{Fragment, Statement};
use crate::db::types::{Id, sql};
use crate::text::query::Query;

/// The newest of each of these kinds, by their letters, that have the words of a query in their
/// titles: letter and identifier.
pub fn newest_titled(
    connection: &mut Connection,
    query: &Query,
    kinds: &[char],
    audience: Audience,
    most: i64,
    frequencies: &Frequencies,
) -> Result<Vec<(char, Id)>, Error> {
    let mut found = Fragment::default();
    for (place, kind) in (0..).zip(kinds) {
        let Some((matches, are_many)) = titled(query, *kind, audience, frequencies) else {
            return Ok(Vec::new());
        };
        found = found
            .sql(if place == 0 { "" } else { " UNION ALL " })
            .then(&List::default().of_tier(place, &matches, are_many, false, most));
    }
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let statement =
        Fragment::new("SELECT items.id, found.first, CAST(found.second AS BIGINT) FROM (")
            .then(&found)
            .sql(") found JOIN items ON items.number = found.number");
    let mut rows: Vec<(Id, String, i64)> =
        Statement::<(sql::Uuid, Text, BigInt)>::new(statement).rows(connection)?;
    rows.sort_by_key(|(_, _, key)| std::cmp::Reverse(*key));
    Ok(rows
        .into_iter()
        .filter_map(|(id, place, _)| Some((*kinds.get(place.parse::<usize>().ok()?)?, id)))
        .collect())
}

//! Title search for suggestions, newest items first.

use diesel::sql_types::{BigInt, Text};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::keyset::{ListQuery, TierQuery};
use crate::db::row_id_bitmap::RowIdBitmap;
use crate::db::search::search_plan::{IndexSearch, title_condition};
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::types::{Id, sql};

/// Returns the newest items whose titles match the query, as kind letter and identifier: at most
/// `limit` of each kind, without those in `excluded`.
pub fn find_newest_by_title(
    connection: &mut Connection,
    index_search: IndexSearch<'_>,
    excluded: Option<&RowIdBitmap>,
    limit: i64,
) -> Result<Vec<(char, Id)>, Error> {
    let kinds = index_search.kinds;
    let mut union = Fragment::default();
    for (rank, kind) in (0..).zip(kinds) {
        let Some((matches, by_key_scan)) = title_condition(index_search, excluded, *kind) else {
            return Ok(Vec::new());
        };
        let tier = TierQuery { rank, matches: &matches, by_key_scan, backward: false, limit };
        union = union
            .sql(if rank == 0 { "" } else { " UNION ALL " })
            .append(&ListQuery::default().tier_query(tier));
    }
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let statement =
        Fragment::new("SELECT items.id, found.first, CAST(found.second AS BIGINT) FROM (")
            .append(&union)
            .sql(") found JOIN items ON items.number = found.number");
    let mut rows: Vec<(Id, String, i64)> =
        Statement::<(sql::Uuid, Text, BigInt)>::new(statement).load_rows(connection)?;
    rows.sort_by_key(|(_, _, key)| std::cmp::Reverse(*key));
    Ok(rows
        .into_iter()
        .filter_map(|(id, rank, _)| Some((*kinds.get(rank.parse::<usize>().ok()?)?, id)))
        .collect())
}

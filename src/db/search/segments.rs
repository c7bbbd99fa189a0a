//! SQLite's full-text index consists of segments, one for what was written together, and merges a
//! few of them now and then. Each is asked for every token of a search: sixteen of them cost ten
//! times what one does. So they are merged into one where that is worth it.
//!
//! PostgreSQL has nothing of the kind; there all this does nothing.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::sql_fragment::{Bind, Fragment, Statement};

/// With more segments than these a server merges them.
pub const MERGE_THRESHOLD: i64 = 4;
/// How many pages a step writes, about. Others wait that long to write: of 100,000 videos half the
/// steps took less than 27 milliseconds, and none more than 153.
const PAGES_PER_STEP: i64 = 300;

/// How many segments there are.
pub fn count(connection: &mut Connection) -> Result<i64, Error> {
    if !connection.is_sqlite() {
        return Ok(0);
    }
    query_integer(connection, "SELECT count(DISTINCT segid) FROM search_index_idx")
}

/// Begins to merge all segments, or goes on with it; says whether there is more to do. Each step is
/// a transaction, or part of one; what is written between them makes segments of its own.
pub fn merge_step(connection: &mut Connection, is_first: bool) -> Result<bool, Error> {
    if !connection.is_sqlite() {
        return Ok(false);
    }
    let before = query_integer(connection, "SELECT total_changes()")?;
    let step = Fragment::new("INSERT INTO search_index (search_index, rank) VALUES ('merge', ")
        .bind(Bind::Integer(if is_first { -PAGES_PER_STEP } else { PAGES_PER_STEP }))
        .sql(")");
    Statement::<BigInt>::new(step).execute(connection)?;
    // The command itself is one change.
    Ok(query_integer(connection, "SELECT total_changes()")? - before > 1)
}

fn query_integer(connection: &mut Connection, sql: &'static str) -> Result<i64, Error> {
    let rows: Vec<i64> = Statement::<BigInt>::new(Fragment::new(sql)).load_rows(connection)?;
    Ok(rows.first().copied().unwrap_or(0))
}

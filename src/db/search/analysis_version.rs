//! The version of the text analysis by which the full-text index was built. Queries are analyzed by
//! the current version, so an index of another one is rebuilt before it is searched.

use std::fmt;

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::sql_fragment::{Bind, Fragment, Statement};

/// Version of the analysis in [`crate::text`]. Increment it with every change of tokens or stems.
pub const ANALYSIS_VERSION: i64 = 4;

/// State of the full-text index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnalysisStatus {
    /// The index was built by this version of the analysis.
    Current,
    /// The index was built by an older version, or its version is not stored.
    Older,
    /// The index was built by a newer version.
    Newer,
}

impl fmt::Display for AnalysisStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "the full-text index is up to date",
            Self::Older => {
                "the full-text index was built by an older version of kinoteka; run `kinoteka migrate`"
            }
            Self::Newer => {
                "the full-text index was built by a newer version of kinoteka; start that version, or run `kinoteka reindex`"
            }
        })
    }
}

/// Compares the stored version of the analysis with the current one.
pub fn analysis_status(connection: &mut Connection) -> Result<AnalysisStatus, Error> {
    let statement =
        Fragment::new("SELECT version FROM derived_versions WHERE name = 'search_index'");
    let rows: Vec<i64> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    let stored = rows.first().copied().unwrap_or(0);
    Ok(match stored.cmp(&ANALYSIS_VERSION) {
        std::cmp::Ordering::Equal => AnalysisStatus::Current,
        std::cmp::Ordering::Less => AnalysisStatus::Older,
        std::cmp::Ordering::Greater => AnalysisStatus::Newer,
    })
}

/// Stores the current version of the analysis.
pub fn store_analysis_version(connection: &mut Connection) -> Result<(), Error> {
    let insert =
        Fragment::new("INSERT INTO derived_versions (name, version) VALUES ('search_index', ")
            .bind(Bind::Integer(ANALYSIS_VERSION))
            .sql(") ON CONFLICT (name) DO UPDATE SET version = excluded.version");
    Statement::<BigInt>::new(insert).execute(connection)?;
    Ok(())
}

/// Stores the current version of the analysis in a database without index entries.
pub(in crate::db) fn initialize_analysis_version(connection: &mut Connection) -> Result<(), Error> {
    let is_empty: Vec<i64> = Statement::<BigInt>::new(Fragment::new(
        "SELECT CAST(count(*) AS BIGINT) FROM (SELECT 1 FROM search_index LIMIT 1) entry",
    ))
    .load_rows(connection)?;
    if is_empty == [0] { store_analysis_version(connection) } else { Ok(()) }
}

/// Waits on PostgreSQL until no other server rebuilds the index, and prevents others from doing so
/// until the connection is closed.
pub fn lock_rebuild(connection: &mut Connection) -> Result<(), Error> {
    if !connection.is_sqlite() {
        connection.batch_execute(
            "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(5366734)",
        )?;
    }
    Ok(())
}

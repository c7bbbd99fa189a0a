//! Token frequencies from PostgreSQL's statistics. Frequent tokens are found fastest by a scan in
//! key order, rare ones by the full-text index. PostgreSQL itself overestimates rare tokens,
//! because it has no statistics about them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::sql_types::{Double, Text};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::sql_fragment::{Fragment, Statement};
use crate::db::statement_stats::without_counting;

/// Time to live of cached frequencies. They are estimates; outdated ones make a search slower,
/// never wrong.
const FREQUENCIES_TTL: Duration = Duration::from_mins(1);

/// Estimated frequencies of tokens.
#[derive(Debug, Default)]
pub struct TokenFrequencies {
    /// Whether the database is SQLite, which provides no frequencies.
    pub is_sqlite: bool,
    /// Estimated number of index entries.
    pub entry_count: f64,
    /// Share of index entries that contain a token. Tokens that are not listed are rarer than all
    /// of these.
    pub share_by_token: HashMap<String, f64>,
}

thread_local! {
    /// Frequencies loaded by the connection of this thread, and the time when they were loaded.
    static CACHED: RefCell<Option<(Instant, Arc<TokenFrequencies>)>> = const { RefCell::new(None) };
}

/// Returns the token frequencies, from the cache of this thread if they are recent. Empty on
/// SQLite, where frequent and rare tokens are found alike.
pub fn cached_token_frequencies(
    connection: &mut Connection,
) -> Result<Arc<TokenFrequencies>, Error> {
    if connection.is_sqlite() {
        return Ok(Arc::new(TokenFrequencies { is_sqlite: true, ..TokenFrequencies::default() }));
    }
    let cached = CACHED.with_borrow(|cached| {
        cached
            .as_ref()
            .filter(|(at, _)| at.elapsed() < FREQUENCIES_TTL)
            .map(|(_, cached)| Arc::clone(cached))
    });
    if let Some(cached) = cached {
        return Ok(cached);
    }
    let loaded = Arc::new(without_counting(|| load_token_frequencies(connection))?);
    CACHED.set(Some((Instant::now(), Arc::clone(&loaded))));
    Ok(loaded)
}

fn load_token_frequencies(connection: &mut Connection) -> Result<TokenFrequencies, Error> {
    let statement = Fragment::new(
        "SELECT coalesce(known.token, ''), coalesce(known.share, 0)::double precision, pg_class.reltuples::double precision \
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace \
         LEFT JOIN pg_stats ON pg_stats.schemaname = pg_namespace.nspname AND pg_stats.tablename = 'search_index' \
         AND pg_stats.attname = 'document' \
         LEFT JOIN LATERAL unnest(pg_stats.most_common_elems::text::text[], pg_stats.most_common_elem_freqs) known (token, share) \
         ON known.token IS NOT NULL WHERE pg_class.oid = 'search_index'::regclass",
    );
    let rows: Vec<(String, f64, f64)> =
        Statement::<(Text, Double, Double)>::new(statement).load_rows(connection)?;
    let entries = rows.first().map_or(0.0, |(.., entries)| entries.max(0.0));
    Ok(TokenFrequencies {
        is_sqlite: false,
        entry_count: entries,
        share_by_token: rows.into_iter().map(|(token, share, _)| (token, share)).collect(),
    })
}

//! Verification of the full-text index against its expected contents, for `kinoteka check` and
//! `kinoteka reindex`.
//!
//! No checksums are stored. PostgreSQL hashes the stored tokens. SQLite's index is contentless, so
//! the whole index is read once, from its first token to its last, and the hashes of each entry's
//! tokens are added up.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use diesel::connection::{DefaultLoadingMode, SimpleConnection};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteValue};
use sha2::{Digest as _, Sha256};

use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::search::{IndexEntries, IndexTokens, ROW_ID_LIMIT, entry_keys};
use crate::db::sql_fragment::{Fragment, Statement, integer_in_fragment};
use crate::db::types::{RowId, Time};

/// Difference between the index and its expected contents for an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IndexMismatch {
    /// An entry is missing or unexpected.
    Entries,
    /// An entry contains other tokens.
    Tokens,
}

/// Contents of the index at the time of a transaction.
pub struct IndexSnapshot {
    /// SQLite: the sum of each entry's token hashes, by key. Entries without tokens are omitted.
    token_sums: HashMap<i64, u64>,
}

impl IndexSnapshot {
    /// Reads the index as the current transaction sees it. On SQLite it is read once, here; on
    /// PostgreSQL the entries are read by [`Self::find_mismatches`].
    pub fn load(connection: &mut Connection) -> Result<Self, Error> {
        let Connection::Sqlite(connection) = connection else {
            return Ok(Self { token_sums: HashMap::new() });
        };
        connection.batch_execute(CREATE_TOKEN_TABLE_SQL)?;
        Ok(Self { token_sums: load_token_sums(connection, "search_index_tokens")? })
    }

    /// Returns the items whose index entries differ from `expected`. `items` contains their row ids
    /// and dates; `expected` yields the entries of each of them.
    pub fn find_mismatches<E: Borrow<IndexEntries>>(
        &self,
        connection: &mut Connection,
        items: &[(RowId, Time)],
        expected: impl Iterator<Item = Result<E, Error>>,
    ) -> Result<HashMap<RowId, IndexMismatch>, Error> {
        let mut stored = self.stored_hashes(connection, items)?;
        let mut mismatches = HashMap::new();
        for entries in expected {
            let entries = entries?;
            let entries = entries.borrow();
            let stored = stored.remove(&entries.row_id).unwrap_or_default();
            if !entries.tokens_by_key.iter().map(|(key, _)| key).eq(stored.keys()) {
                mismatches.insert(entries.row_id, IndexMismatch::Entries);
                continue;
            }
            for ((_, tokens), stored) in entries.tokens_by_key.iter().zip(stored.values()) {
                if !matches_stored(connection, tokens, *stored)? {
                    mismatches.insert(entries.row_id, IndexMismatch::Tokens);
                }
            }
        }
        Ok(mismatches)
    }

    /// Loads the index entries of these items: by key, the sum (SQLite) or hash (PostgreSQL) of the
    /// tokens.
    fn stored_hashes(
        &self,
        connection: &mut Connection,
        items: &[(RowId, Time)],
    ) -> Result<HashMap<RowId, BTreeMap<i64, u64>>, Error> {
        let keys = items.iter().flat_map(|(item, date)| entry_keys(*item, *date));
        let statement = Fragment::new("SELECT search_index.rowid, ")
            .by_backend("0", POSTGRES_HASH_SQL)
            .sql(" FROM search_index WHERE ")
            .append(&integer_in_fragment("search_index.rowid", keys));
        let rows: Vec<(i64, i64)> =
            Statement::<(BigInt, BigInt)>::new(statement).load_rows(connection)?;
        let mut stored: HashMap<RowId, BTreeMap<i64, u64>> = HashMap::new();
        for (key, hash) in rows {
            let digest = if connection.is_sqlite() {
                self.token_sums.get(&key).copied().unwrap_or_default()
            } else {
                hash.cast_unsigned()
            };
            stored.entry((key >> 2).rem_euclid(ROW_ID_LIMIT)).or_default().insert(key, digest);
        }
        Ok(stored)
    }
}

/// Returns whether the tokens match the stored sum or hash.
fn matches_stored(
    connection: &mut Connection,
    tokens: &IndexTokens,
    stored: u64,
) -> Result<bool, Error> {
    let Connection::Sqlite(connection) = connection else {
        return Ok(postgres_hash(tokens) == stored);
    };
    if token_sum(tokens) == stored {
        return Ok(true);
    }
    // FTS5 may split or fold rare letters differently; only FTS5 itself can compute these tokens.
    Ok(!tokens.is_ascii() && token_sum_by_fts5(connection, tokens)? == stored)
}

impl IndexTokens {
    fn is_ascii(&self) -> bool {
        self.words.is_ascii() && self.stems.is_ascii()
    }
}

/// SQL expression that computes [`postgres_hash`]: the first eight bytes of SHA-256.
const POSTGRES_HASH_SQL: &str = "CAST(CAST('x' || left(encode(sha256(convert_to(search_index.words || '|' \
    || array_to_string(tsvector_to_array(search_index.document), ','), 'UTF8')), 'hex'), 16) AS bit(64)) AS bigint)";

fn postgres_hash(index_tokens: &IndexTokens) -> u64 {
    let array = index_tokens.to_postgres_array();
    let tokens = array.trim_start_matches('{').trim_end_matches('}');
    let hash = Sha256::new()
        .chain_update(&index_tokens.words)
        .chain_update("|")
        .chain_update(tokens)
        .finalize();
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// Creates a virtual table of the index tokens, each with its entry and position. It belongs to the
/// connection and takes no space.
const CREATE_TOKEN_TABLE_SQL: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_index_tokens USING fts5vocab(main, search_index, instance)";
/// Creates an index in memory, for this connection only, with the tokenizer of `search_index`.
const CREATE_SCRATCH_INDEX_SQL: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.scratch_index USING fts5(
        words, content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\");
    CREATE VIRTUAL TABLE IF NOT EXISTS temp.scratch_tokens USING fts5vocab(temp, scratch_index, instance);
    INSERT INTO temp.scratch_index (scratch_index) VALUES ('delete-all')";

/// Returns the sum of the token hashes of each entry.
fn load_token_sums(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<HashMap<i64, u64>, Error> {
    let statement = dsl::sql::<(Text, BigInt, BigInt)>(&format!(
        "SELECT term, doc, \"offset\" FROM temp.{table}"
    ));
    let mut sums: HashMap<i64, u64> = HashMap::new();
    for row in statement.load_iter::<(TokenHash, i64, i64), DefaultLoadingMode>(connection)? {
        let (TokenHash(token), key, position) = row?;
        let sum = sums.entry(key).or_default();
        *sum = sum.wrapping_add(mix_position(token, position.cast_unsigned()));
    }
    Ok(sums)
}

fn token_sum(index_tokens: &IndexTokens) -> u64 {
    let tokens = index_tokens
        .words
        .split_ascii_whitespace()
        .chain(index_tokens.stems.split_ascii_whitespace());
    (0..).zip(tokens).fold(0, |sum, (position, token)| {
        sum.wrapping_add(mix_position(hash_token(token), position))
    })
}

fn token_sum_by_fts5(
    connection: &mut SqliteConnection,
    tokens: &IndexTokens,
) -> Result<u64, Error> {
    connection.batch_execute(CREATE_SCRATCH_INDEX_SQL)?;
    diesel::sql_query("INSERT INTO temp.scratch_index (rowid, words) VALUES (1, ?)")
        .bind::<Text, _>(format!("{}{}", tokens.words, tokens.stems))
        .execute(connection)?;
    Ok(load_token_sums(connection, "scratch_tokens")?.remove(&1).unwrap_or_default())
}

/// A token, loaded as its hash.
#[derive(Clone, Copy, Debug, FromSqlRow)]
struct TokenHash(u64);

impl FromSql<Text, Sqlite> for TokenHash {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(hash_token(value.read_text())))
    }
}

fn hash_token(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

/// Mixes the hash of a token with its position, so that the sums of different token sequences
/// differ (the finalizer of `SplitMix64`).
fn mix_position(token: u64, position: u64) -> u64 {
    let mut mixed = token.wrapping_add(position.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

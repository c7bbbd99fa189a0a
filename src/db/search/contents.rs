//! What the index holds, held against what it should: for `kinoteka check` and `kinoteka reindex`.
//!
//! Nothing is stored for it. PostgreSQL keeps what was written and hashes it. SQLite keeps no
//! contents, so that the index itself is read once, from its first token to its last, and a sum
//! made of the hashes of each entry's tokens.

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

use super::super::connection::Connection;
use super::super::error::Error;
use super::super::sql::{Fragment, Statement, number_among};
use super::super::types::{Number, Time};
use super::{Entries, NUMBERS, Written, keys_of};

/// How the index differs from what it should hold of an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Difference {
    /// An entry is missing, or is there and should not be.
    Entries,
    /// An entry holds other tokens.
    Tokens,
}

/// What the index holds.
pub struct Contents {
    /// SQLite: the sum of each entry's tokens, by key; none of an entry without tokens.
    sums: HashMap<i64, u64>,
}

impl Contents {
    /// Reads them: SQLite once, here; of PostgreSQL each entry is read when it is asked for. They
    /// are those of the state of the database that this transaction sees.
    pub fn read(connection: &mut Connection) -> Result<Self, Error> {
        let Connection::Sqlite(connection) = connection else {
            return Ok(Self { sums: HashMap::new() });
        };
        connection.batch_execute(TOKENS)?;
        Ok(Self { sums: sums(connection, "search_index_tokens")? })
    }

    /// The items of which the index holds something else than these entries. Items are given with
    /// their dates, and each has its entries.
    pub fn differences<E: Borrow<Entries>>(
        &self,
        connection: &mut Connection,
        items: &[(Number, Time)],
        wanted: impl Iterator<Item = Result<E, Error>>,
    ) -> Result<HashMap<Number, Difference>, Error> {
        let mut held = self.held(connection, items)?;
        let mut differences = HashMap::new();
        for entries in wanted {
            let entries = entries?;
            let entries = entries.borrow();
            let held = held.remove(&entries.item).unwrap_or_default();
            if !entries.written.iter().map(|(key, _)| key).eq(held.keys()) {
                differences.insert(entries.item, Difference::Entries);
                continue;
            }
            for ((_, written), held) in entries.written.iter().zip(held.values()) {
                if !is_held(connection, written, *held)? {
                    differences.insert(entries.item, Difference::Tokens);
                }
            }
        }
        Ok(differences)
    }

    /// What the index holds of these items: by key, the sum or hash of the tokens.
    fn held(
        &self,
        connection: &mut Connection,
        items: &[(Number, Time)],
    ) -> Result<HashMap<Number, BTreeMap<i64, u64>>, Error> {
        let keys = items.iter().flat_map(|(item, date)| keys_of(*item, *date));
        let statement = Fragment::new("SELECT search_index.rowid, ")
            .differs("0", HASH)
            .sql(" FROM search_index WHERE ")
            .then(&number_among("search_index.rowid", keys));
        let rows: Vec<(i64, i64)> =
            Statement::<(BigInt, BigInt)>::new(statement).rows(connection)?;
        let mut held: HashMap<Number, BTreeMap<i64, u64>> = HashMap::new();
        for (key, hash) in rows {
            let digest = if connection.is_sqlite() {
                self.sums.get(&key).copied().unwrap_or_default()
            } else {
                hash.cast_unsigned()
            };
            held.entry((key >> 2).rem_euclid(NUMBERS)).or_default().insert(key, digest);
        }
        Ok(held)
    }
}

/// Whether this is what the index holds, by its sum or hash.
fn is_held(connection: &mut Connection, written: &Written, held: u64) -> Result<bool, Error> {
    let Connection::Sqlite(connection) = connection else { return Ok(hash(written) == held) };
    if sum(written) == held {
        return Ok(true);
    }
    // FTS5 may part or write a rare letter otherwise; what it makes of these tokens only itself can
    // say.
    Ok(!written.is_ascii() && sum_by_fts5(connection, written)? == held)
}

impl Written {
    fn is_ascii(&self) -> bool {
        self.words.is_ascii() && self.stems.is_ascii()
    }
}

/// What [`hash`] gives, computed by PostgreSQL: the first eight bytes of SHA-256.
const HASH: &str = "CAST(CAST('x' || left(encode(sha256(convert_to(search_index.words || '|' \
    || array_to_string(tsvector_to_array(search_index.document), ','), 'UTF8')), 'hex'), 16) AS bit(64)) AS bigint)";

fn hash(written: &Written) -> u64 {
    let array = written.array();
    let tokens = array.trim_start_matches('{').trim_end_matches('}');
    let hash = Sha256::new()
        .chain_update(&written.words)
        .chain_update("|")
        .chain_update(tokens)
        .finalize();
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// The tokens of the index, each with its entry and place. It belongs to the connection and takes
/// no room.
const TOKENS: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_index_tokens USING fts5vocab(main, search_index, instance)";
/// An index of this connection alone, in memory, that takes texts apart as `search_index` does.
const ASIDE: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.aside USING fts5(
        words, content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\");
    CREATE VIRTUAL TABLE IF NOT EXISTS temp.aside_tokens USING fts5vocab(temp, aside, instance);
    INSERT INTO temp.aside (aside) VALUES ('delete-all')";

/// The sums of the tokens of each entry.
fn sums(connection: &mut SqliteConnection, table: &str) -> Result<HashMap<i64, u64>, Error> {
    let statement = dsl::sql::<(Text, BigInt, BigInt)>(&format!(
        "SELECT term, doc, \"offset\" FROM temp.{table}"
    ));
    let mut sums: HashMap<i64, u64> = HashMap::new();
    for row in statement.load_iter::<(Token, i64, i64), DefaultLoadingMode>(connection)? {
        let (Token(token), key, place) = row?;
        let sum = sums.entry(key).or_default();
        *sum = sum.wrapping_add(at(token, place.cast_unsigned()));
    }
    Ok(sums)
}

fn sum(written: &Written) -> u64 {
    let tokens =
        written.words.split_ascii_whitespace().chain(written.stems.split_ascii_whitespace());
    (0..).zip(tokens).fold(0, |sum, (place, token)| sum.wrapping_add(at(hash_of(token), place)))
}

fn sum_by_fts5(connection: &mut SqliteConnection, written: &Written) -> Result<u64, Error> {
    connection.batch_execute(ASIDE)?;
    diesel::sql_query("INSERT INTO temp.aside (rowid, words) VALUES (1, ?)")
        .bind::<Text, _>(format!("{}{}", written.words, written.stems))
        .execute(connection)?;
    Ok(sums(connection, "aside_tokens")?.remove(&1).unwrap_or_default())
}

/// A token as its hash.
#[derive(Clone, Copy, Debug, FromSqlRow)]
struct Token(u64);

impl FromSql<Text, Sqlite> for Token {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(hash_of(value.read_text())))
    }
}

fn hash_of(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

/// The hash of a token at its place, mixed so that sums of them differ (the finaliser of
/// `SplitMix64`).
fn at(token: u64, place: u64) -> u64 {
    let mut mixed = token.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

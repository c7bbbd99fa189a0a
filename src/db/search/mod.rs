//! Full text: the tokens are made in `text/`, the index lives in the database and changes in the
//! item's transaction.
//!
//! SQLite has FTS5, PostgreSQL a `tsvector` with GIN. Both hold the same tokens and are asked the
//! same, so that both find the same items in the same order. A token begins with the letter of its
//! kind of item and of the field it stands in, so that an index finds by itself what has a word in
//! its title: nothing is scored, and no entry is read, save that PostgreSQL looks for phrases in
//! those that have their words. The key of an entry begins with its item's date, so that the newest
//! are found first.

mod match_expr;
mod ranked_page;
pub mod segments;
mod term_frequencies;
mod title_prefix;
mod verify;
pub mod vocabulary;
mod write_buffer;

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

pub use crate::db::search::match_expr::{
    FieldScope, RankTier, RankedMatches, SMALL_RESULT_LIMIT, SearchMatch, SearchMode, plan_search,
};
pub use crate::db::search::term_frequencies::{TokenFrequencies, cached_token_frequencies};
pub use crate::db::search::title_prefix::find_newest_by_title;
pub use crate::db::search::verify::{IndexMismatch, IndexSnapshot};
pub use crate::db::search::write_buffer::{IndexerThread, index_item};
pub(super) use crate::db::search::write_buffer::{discard_write_buffer, flush_write_buffer};

use super::connection::Connection;
use super::error::Error;
use super::types::{RowId, Time};
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment};
use crate::text::analyzer::AnalyzedTexts;
use crate::text::analyzer::AnalyzedWord;

/// Who an entry is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Audience {
    /// Everybody: published languages of published items.
    Public,
    /// Holders of a key: every language.
    Editors,
}

/// `CountryNames` of the entries of an item, the last two bits of their keys.
const PUBLIC_SLOT: i64 = 0;
const EDITOR_SLOT: i64 = 1;
/// For an entry that serves everybody and editors alike, since it would be the same for both.
const SHARED_SLOT: i64 = 2;

/// How many numbers of items a key has room for.
const ROW_ID_LIMIT: i64 = 1 << 28;
/// The number of the item in the key of an entry.
pub const ITEM_ROW_ID_SQL: &str = "((search_index.rowid >> 2) & 268435455)";
/// Seconds from 1900 to 1970.
const SECONDS_1900_TO_1970: i64 = 2_208_988_800;
/// How many seconds after 1900 a key has room for: until the year 2172.
const KEY_SECONDS_LIMIT: i64 = 1 << 33;

/// The key of an entry: the second of its item's date, the number of the item, the place.
fn entry_key(row_id: RowId, date: Time, slot: i64) -> i64 {
    let second = date
        .micros()
        .div_euclid(1_000_000)
        .saturating_add(SECONDS_1900_TO_1970)
        .clamp(0, KEY_SECONDS_LIMIT - 1);
    (second << 30) | (row_id.rem_euclid(ROW_ID_LIMIT) << 2) | slot
}

/// Holds for an entry that stands under the date of its item, a row of `items`.
fn key_matches_date() -> Fragment {
    Fragment::new("search_index.rowid >> 30 = ").by_backend(
        "max(0, min(8589934591, 2208988800 + (coalesce(items.published_at, items.created_at) \
         - (coalesce(items.published_at, items.created_at) % 1000000 + 1000000) % 1000000) / 1000000))",
        "greatest(0, least(8589934591, 2208988800 \
         + CAST(floor(extract(epoch FROM coalesce(items.published_at, items.created_at))) AS BIGINT)))",
    )
}

impl Audience {
    /// Holds for the entries that serve this audience.
    fn entry_condition(self) -> &'static str {
        match self {
            Self::Public => "search_index.rowid % 2 = 0",
            Self::Editors => "search_index.rowid % 4 > 0",
        }
    }
}

/// What the index holds of one item, by field: what weighs most first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IndexDocument {
    /// Titles, names and labels.
    pub title: AnalyzedTexts,
    /// Summaries.
    pub summary: AnalyzedTexts,
    /// Names of topics, programmes, partners and countries.
    pub names: AnalyzedTexts,
    /// Descriptions and the rest.
    pub description: AnalyzedTexts,
    /// What is said.
    pub transcript: AnalyzedTexts,
}

impl IndexDocument {
    fn fields(&self) -> [&AnalyzedTexts; 5] {
        [&self.title, &self.summary, &self.names, &self.description, &self.transcript]
    }
}

/// The letters of the fields, in the order of [`Document`]: for words, and for stems.
const FIELD_LETTERS: [(char, char); 5] =
    [('a', 'f'), ('b', 'g'), ('c', 'h'), ('d', 'i'), ('e', 'j')];
/// Stands between texts, so that no phrase is found across them. It comes after all tokens: FTS5,
/// which looks for one that is not there, goes through all entries of the one before it.
pub const TEXT_BOUNDARY_TOKEN: &str = "z";
/// PostgreSQL takes at most a megabyte of different tokens.
const MAX_TOKEN_BYTES: usize = 900_000;

/// An item as the index knows it.
#[derive(Clone, Copy, Debug)]
pub struct IndexedItem {
    /// Number of the item.
    pub row_id: RowId,
    /// The letter of its kind.
    pub kind_letter: char,
    /// When it was published, or else stored.
    pub date: Time,
}

/// The entries of an item, as they are to stand in the index.
pub struct IndexEntries {
    /// Number of the item.
    row_id: RowId,
    /// What each holds, by its key.
    tokens_by_key: Vec<(i64, IndexTokens)>,
    /// Their different words.
    words: Vec<Arc<AnalyzedWord>>,
}

impl IndexEntries {
    /// The entries of an item for each audience; `None` leaves it out.
    pub fn new(
        entry: IndexedItem,
        public: Option<&IndexDocument>,
        editors: Option<&IndexDocument>,
    ) -> Result<Self, Error> {
        if entry.row_id >= ROW_ID_LIMIT {
            return Err(Error::Internal(format!(
                "the full-text index has no room for item {}",
                entry.row_id
            )));
        }
        let places = if public.is_some() && public == editors {
            vec![(SHARED_SLOT, public)]
        } else {
            vec![(PUBLIC_SLOT, public), (EDITOR_SLOT, editors)]
        };
        let written = places.into_iter().filter_map(|(place, document)| {
            let written = IndexTokens::from_document(entry.kind_letter, document?);
            Some((entry_key(entry.row_id, entry.date, place), written))
        });
        // Editors see all that the public sees.
        let fields = editors.or(public).into_iter().flat_map(IndexDocument::fields);
        let words = fields.flat_map(AnalyzedTexts::distinct_words).map(Arc::clone).collect();
        Ok(Self { row_id: entry.row_id, tokens_by_key: written.collect(), words })
    }
}

/// Takes the entries of these keys out.
fn delete_entries(connection: &mut Connection, keys: &[i64]) -> Result<(), Error> {
    let entries = Fragment::new("DELETE FROM search_index WHERE rowid IN (")
        .binds(keys.iter().copied().map(Bind::Integer))
        .sql(")");
    execute(connection, entries)
}

/// All keys under which an item of this date can have entries.
fn entry_keys(row_id: RowId, date: Time) -> [i64; 3] {
    [PUBLIC_SLOT, EDITOR_SLOT, SHARED_SLOT].map(|slot| entry_key(row_id, date, slot))
}

/// The keys of entries that belong to no item: it is not there any more, or has another date.
pub fn orphaned_keys(connection: &mut Connection) -> Result<Vec<i64>, Error> {
    let condition = orphan_condition();
    Ok(Statement::<BigInt>::select("search_index.rowid", "search_index", &condition)
        .load_rows(connection)?)
}

/// Takes those of these entries out of the index that belong to no item; gives how many there were.
pub fn delete_orphans(connection: &mut Connection, keys: &[i64]) -> Result<usize, Error> {
    let entries = Fragment::new("DELETE FROM search_index WHERE ")
        .append(&integer_in_fragment("search_index.rowid", keys.iter().copied()))
        .sql(" AND ")
        .append(&orphan_condition());
    Ok(Statement::<BigInt>::new(entries).execute(connection)?)
}

fn orphan_condition() -> Fragment {
    Fragment::new("(search_index.rowid % 4 = 3 OR NOT EXISTS (SELECT 1 FROM items WHERE items.purged_at IS NULL AND items.number = ")
        .sql(ITEM_ROW_ID_SQL)
        .sql(" AND ")
        .append(&key_matches_date())
        .sql("))")
}

/// The tokens of a document as they stand in the index.
struct IndexTokens {
    /// The words in order, each with its letters.
    words: String,
    /// The stems with their letters.
    stems: String,
}

impl IndexTokens {
    fn from_document(kind: char, document: &IndexDocument) -> Self {
        let all_tokens = Self::from_document_filtered(kind, document, |_| true);
        if all_tokens.words.len().saturating_add(all_tokens.stems.len()) <= MAX_TOKEN_BYTES {
            return all_tokens;
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut bytes: usize = 0;
        Self::from_document_filtered(kind, document, |token| {
            if seen.contains(token) {
                return true;
            }
            bytes = bytes.saturating_add(token.len());
            bytes <= MAX_TOKEN_BYTES && seen.insert(token.to_owned())
        })
    }

    /// Writes the tokens for which there is room.
    fn from_document_filtered(
        kind: char,
        document: &IndexDocument,
        mut has_room: impl FnMut(&str) -> bool,
    ) -> Self {
        let mut index_tokens =
            Self { words: String::with_capacity(1_024), stems: String::with_capacity(1_024) };
        let mut add = |to: &mut String, field: char, token: &str, instead: &str| {
            to.push(' ');
            let start = to.len();
            to.extend([kind, field]);
            to.push_str(token);
            if !has_room(to.get(start..).unwrap_or_default()) {
                to.truncate(start);
                to.push_str(instead);
            }
        };
        for (tokens, (field, field_of_stems)) in document.fields().into_iter().zip(FIELD_LETTERS) {
            for text in &tokens.texts {
                index_tokens.words.extend([" ", TEXT_BOUNDARY_TOKEN]);
                for token in text.iter().flat_map(|word| &word.tokens) {
                    add(&mut index_tokens.words, field, token, TEXT_BOUNDARY_TOKEN);
                }
            }
            for stem in tokens.stems() {
                add(&mut index_tokens.stems, field_of_stems, stem, TEXT_BOUNDARY_TOKEN);
            }
        }
        index_tokens.words.push(' ');
        index_tokens
    }

    /// All different tokens as PostgreSQL writes an array.
    fn to_postgres_array(&self) -> String {
        let tokens: BTreeSet<&str> = self
            .words
            .split_ascii_whitespace()
            .chain(self.stems.split_ascii_whitespace())
            .collect();
        let tokens: Vec<&str> = tokens.into_iter().collect();
        format!("{{{}}}", tokens.join(","))
    }
}

fn insert_entry(connection: &mut Connection, key: i64, tokens: &IndexTokens) -> Result<(), Error> {
    let insert = if connection.is_sqlite() {
        Fragment::new("INSERT INTO search_index (rowid, words) VALUES (")
            .bind(Bind::Integer(key))
            .sql(", ")
            .bind(Bind::Text([tokens.words.as_str(), &tokens.stems].concat()))
            .sql(")")
    } else {
        Fragment::new("INSERT INTO search_index (rowid, document, words) VALUES (")
            .bind(Bind::Integer(key))
            .sql(", array_to_tsvector(CAST(")
            .bind(Bind::Text(tokens.to_postgres_array()))
            .sql(" AS text[])), ")
            .bind(Bind::Text(tokens.words.clone()))
            .sql(")")
    };
    execute(connection, insert)
}

fn execute(connection: &mut Connection, fragment: Fragment) -> Result<(), Error> {
    Statement::<BigInt>::new(fragment).execute(connection)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_token_bytes_for_postgres() {
        let mut document = IndexDocument::default();
        document.title.add_text("Title", None);
        let many: Vec<String> = (0..200_000).map(|number| format!("word{number}")).collect();
        document.transcript.add_text(&many.join(" "), None);
        let tokens = IndexTokens::from_document('v', &document);
        assert!(tokens.words.starts_with(" z vatitle z veword0 veword1 "));
        let array = tokens.to_postgres_array();
        assert!(
            array.len() <= MAX_TOKEN_BYTES * 5 / 4 && array.len() > MAX_TOKEN_BYTES / 2,
            "{}",
            array.len()
        );
        // What has no room leaves a gap, so that no phrase is found where there was none.
        assert!(tokens.words.ends_with(" z z "));
        assert!(!array.contains("word199999"));
    }

    #[test]
    fn entry_key_encodes_date_row_id_and_slot() {
        let date = |text: &str| Time(text.parse().unwrap());
        let keys = [
            entry_key(5, date("1850-01-01T00:00:00Z"), SHARED_SLOT),
            entry_key(5, date("1969-12-31T23:59:59.5Z"), PUBLIC_SLOT),
            entry_key(5, date("2026-01-01T00:00:00Z"), PUBLIC_SLOT),
            entry_key(5, date("2026-01-01T00:00:00Z"), SHARED_SLOT),
            entry_key(6, date("2026-01-01T00:00:00Z"), PUBLIC_SLOT),
            entry_key(1, date("2026-01-01T00:00:01Z"), PUBLIC_SLOT),
            entry_key(1, date("2500-01-01T00:00:00Z"), PUBLIC_SLOT),
        ];
        assert!(keys.is_sorted() && keys.iter().all(|key| *key >= 0), "{keys:?}");
        assert!(keys.iter().all(|key| [1, 5, 6].contains(&((key >> 2) & (ROW_ID_LIMIT - 1)))));
    }
}

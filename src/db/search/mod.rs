//! Full-text search. The analyzer in `text/` produces the tokens; the index is in the database and
//! is updated in the transaction of the item.
//!
//! SQLite uses FTS5, PostgreSQL a `tsvector` with a GIN index. Both contain the same tokens and
//! execute the same queries, so both find the same items in the same order. A token starts with the
//! letters of the item's kind and of the field, so that an index lookup alone finds the items with
//! a word in the title: nothing is scored and no entry is read, except that PostgreSQL checks for
//! phrases in the entries that contain their words. The key of an entry starts with the date of its
//! item, so that the newest items are found first.

pub mod analysis_version;
mod match_dialects;
mod match_expr;
mod ranked_page;
mod search_plan;
pub mod segments;
mod term_frequencies;
pub mod term_matches;
mod title_prefix;
mod verify;
pub mod vocabulary;
mod word_order;
mod write_buffer;

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

pub use crate::db::search::search_plan::{
    FieldScope, IndexSearch, RankTier, RankedMatches, SMALL_RESULT_LIMIT, SearchMatch, SearchMode,
    plan_search,
};
pub use crate::db::search::term_frequencies::{TokenFrequencies, cached_token_frequencies};
pub use crate::db::search::title_prefix::find_newest_by_title;
pub use crate::db::search::verify::{IndexMismatch, IndexSnapshot};
pub use crate::db::search::write_buffer::{IndexUpdate, IndexerThread, index_item};
pub(super) use crate::db::search::write_buffer::{discard_write_buffer, flush_write_buffer};

use super::connection::Connection;
use super::error::Error;
use super::types::{RowId, Time};
use crate::db::sql_fragment::{Bind, Fragment, Statement, integer_in_fragment};
use crate::text::analyzer::AnalyzedTexts;
use crate::text::analyzer::AnalyzedWord;

/// Audience of an index entry or of a change.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Audience {
    /// Everyone: the published texts of public items.
    Public,
    /// Clients with an API key: the texts in every language.
    Editors,
}

impl Audience {
    /// Returns the public if it sees something, otherwise only clients with an API key.
    pub fn new(is_public: bool) -> Self {
        if is_public { Self::Public } else { Self::Editors }
    }
}

/// Slots of the entries of an item, the last two bits of their keys.
const PUBLIC_SLOT: i64 = 0;
const EDITOR_SLOT: i64 = 1;
/// Slot of an entry for both audiences, if it would be the same for both.
const SHARED_SLOT: i64 = 2;

/// Number of row ids that a key has room for.
const ROW_ID_LIMIT: i64 = 1 << 28;
/// SQL expression for the item's row id in the key of an entry.
pub const ITEM_ROW_ID_SQL: &str = "((search_index.rowid >> 2) & 268435455)";
/// Seconds from 1900 to 1970.
const SECONDS_1900_TO_1970: i64 = 2_208_988_800;
/// Number of seconds after 1900 that a key has room for: until the year 2172.
const KEY_SECONDS_LIMIT: i64 = 1 << 33;

/// Returns the key of an entry: the item's date in seconds, the row id, and the slot.
fn entry_key(row_id: RowId, date: Time, slot: i64) -> i64 {
    let second = date
        .micros()
        .div_euclid(1_000_000)
        .saturating_add(SECONDS_1900_TO_1970)
        .clamp(0, KEY_SECONDS_LIMIT - 1);
    (second << 30) | (row_id.rem_euclid(ROW_ID_LIMIT) << 2) | slot
}

/// Returns the condition that the date in an entry's key is that of its item, a row of `items`.
fn key_matches_date() -> Fragment {
    Fragment::new("search_index.rowid >> 30 = ").by_backend(
        "max(0, min(8589934591, 2208988800 + (coalesce(items.published_at, items.created_at) \
         - (coalesce(items.published_at, items.created_at) % 1000000 + 1000000) % 1000000) / 1000000))",
        "greatest(0, least(8589934591, 2208988800 \
         + CAST(floor(extract(epoch FROM coalesce(items.published_at, items.created_at))) AS BIGINT)))",
    )
}

impl Audience {
    /// Returns the condition for entries that serve this audience.
    fn entry_condition(self) -> &'static str {
        match self {
            Self::Public => "search_index.rowid % 2 = 0",
            Self::Editors => "search_index.rowid % 4 > 0",
        }
    }
}

/// Indexed texts of an item by field, in descending order of weight.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IndexDocument {
    /// Titles, names and labels.
    pub title: AnalyzedTexts,
    /// Summaries.
    pub summary: AnalyzedTexts,
    /// Names of topics, programmes, partners and countries.
    pub names: AnalyzedTexts,
    /// Descriptions and other texts.
    pub description: AnalyzedTexts,
    /// Transcripts.
    pub transcript: AnalyzedTexts,
}

impl IndexDocument {
    fn fields(&self) -> [&AnalyzedTexts; 5] {
        [&self.title, &self.summary, &self.names, &self.description, &self.transcript]
    }
}

/// Letters of a field in tokens.
#[derive(Clone, Copy)]
struct FieldLetters {
    words: char,
    stems: char,
}

/// Letters of the fields, in the order of [`IndexDocument`].
const FIELD_LETTERS: [FieldLetters; 5] = [
    FieldLetters { words: 'a', stems: 'f' },
    FieldLetters { words: 'b', stems: 'g' },
    FieldLetters { words: 'c', stems: 'h' },
    FieldLetters { words: 'd', stems: 'i' },
    FieldLetters { words: 'e', stems: 'j' },
];
/// Letter of whole titles, the first field.
const WHOLE_TITLE_LETTER: char = 'k';
/// Letter of pairs of adjacent words in titles. Those of longer texts would double the index.
const PAIR_LETTER: char = 'l';
/// Letter of pairs of adjacent stems in titles.
const STEM_PAIR_LETTER: char = 'm';
/// Token between texts, so that no phrase matches across them. It sorts after all other tokens: for
/// a missing token FTS5 reads all entries of the preceding one.
pub const TEXT_BOUNDARY_TOKEN: &str = "z";
/// Maximum size of the distinct tokens of an entry. PostgreSQL allows at most one megabyte.
const MAX_TOKEN_BYTES: usize = 900_000;

/// Identity of an item in the index.
#[derive(Clone, Copy, Debug)]
pub struct IndexedItem {
    /// Row id of the item.
    pub row_id: RowId,
    /// Letter of the item's kind.
    pub kind_letter: char,
    /// Publication date or, if there is none, creation date.
    pub date: Time,
}

/// The index entries of an item.
pub struct IndexEntries {
    /// Row id of the item.
    row_id: RowId,
    /// Tokens of each entry, with its key.
    tokens_by_key: Vec<(i64, IndexTokens)>,
    /// Distinct words of the entries.
    words: Vec<Arc<AnalyzedWord>>,
}

impl IndexEntries {
    /// Builds the entries of an item for each audience; none for an audience without a document.
    /// Returns an error if the row id does not fit into a key.
    pub fn new(
        entry: IndexedItem,
        public: Option<&IndexDocument>,
        editors: Option<&IndexDocument>,
    ) -> Result<Self, Error> {
        if entry.row_id >= ROW_ID_LIMIT {
            return Err(Error::Internal(format!(
                "the full-text index cannot store row id {}",
                entry.row_id
            )));
        }
        let slots = if public.is_some() && public == editors {
            vec![(SHARED_SLOT, public)]
        } else {
            vec![(PUBLIC_SLOT, public), (EDITOR_SLOT, editors)]
        };
        let tokens_by_key = slots.into_iter().filter_map(|(slot, document)| {
            let tokens = IndexTokens::from_document(entry.kind_letter, document?);
            Some((entry_key(entry.row_id, entry.date, slot), tokens))
        });
        // Editors see everything that the public sees.
        let fields = editors.or(public).into_iter().flat_map(IndexDocument::fields);
        let words = fields.flat_map(AnalyzedTexts::distinct_words).map(Arc::clone).collect();
        Ok(Self { row_id: entry.row_id, tokens_by_key: tokens_by_key.collect(), words })
    }
}

/// Deletes the entries with these keys.
fn delete_entries(connection: &mut Connection, keys: &[i64]) -> Result<(), Error> {
    let entries = Fragment::new("DELETE FROM search_index WHERE rowid IN (")
        .binds(keys.iter().copied().map(Bind::Integer))
        .sql(")");
    execute(connection, entries)
}

/// Returns all keys that the entries of an item with this date can have.
fn entry_keys(row_id: RowId, date: Time) -> [i64; 3] {
    [PUBLIC_SLOT, EDITOR_SLOT, SHARED_SLOT].map(|slot| entry_key(row_id, date, slot))
}

/// Returns the keys of orphaned entries: their item does not exist, was purged, or has another
/// date.
pub fn orphaned_keys(connection: &mut Connection) -> Result<Vec<i64>, Error> {
    let condition = orphan_condition();
    Ok(Statement::<BigInt>::select("search_index.rowid", "search_index", &condition)
        .load_rows(connection)?)
}

/// Deletes those of these entries that are orphaned, and returns how many there were.
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

/// The tokens of a document in the format of the index.
struct IndexTokens {
    /// Words in text order, each prefixed with the letters of kind and field.
    words: String,
    /// Stems, whole titles and pairs of stems, each prefixed with the letters of kind and field.
    stems: String,
    /// Pairs of adjacent words, prefixed in the same way. PostgreSQL only.
    pairs: String,
}

impl IndexTokens {
    fn from_document(kind: char, document: &IndexDocument) -> Self {
        let all_tokens = Self::from_document_filtered(kind, document, |_| true);
        if [&all_tokens.words, &all_tokens.stems, &all_tokens.pairs]
            .map(String::len)
            .iter()
            .sum::<usize>()
            <= MAX_TOKEN_BYTES
        {
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

    /// Builds the tokens for which there is room. Each of the others is replaced by a
    /// [`TEXT_BOUNDARY_TOKEN`].
    fn from_document_filtered(
        kind: char,
        document: &IndexDocument,
        mut has_room: impl FnMut(&str) -> bool,
    ) -> Self {
        let mut index_tokens = Self {
            words: String::with_capacity(1_024),
            stems: String::with_capacity(1_024),
            pairs: String::new(),
        };
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
        for (tokens, field) in document.fields().into_iter().zip(FIELD_LETTERS) {
            let variants = tokens.variants.iter().map(slice::from_ref);
            for text in tokens.texts.iter().map(Vec::as_slice).chain(variants) {
                index_tokens.words.extend([" ", TEXT_BOUNDARY_TOKEN]);
                for token in text.iter().flat_map(|word| &word.tokens) {
                    add(&mut index_tokens.words, field.words, token, TEXT_BOUNDARY_TOKEN);
                }
            }
            for stem in tokens.stems() {
                add(&mut index_tokens.stems, field.stems, stem, TEXT_BOUNDARY_TOKEN);
            }
        }
        let (mut wholes, mut pairs, mut stem_pairs) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for text in &document.title.texts {
            let words: Vec<&str> =
                text.iter().flat_map(|word| &word.tokens).map(String::as_str).collect();
            pairs.extend(word_order::pair_keys(&words));
            wholes.insert(word_order::sequence_key(words));
            stem_pairs.extend(word_order::stem_pair_keys(text));
        }
        for (letter, keys) in [(WHOLE_TITLE_LETTER, wholes), (STEM_PAIR_LETTER, stem_pairs)] {
            for key in &keys {
                add(&mut index_tokens.stems, letter, key, TEXT_BOUNDARY_TOKEN);
            }
        }
        for key in &pairs {
            add(&mut index_tokens.pairs, PAIR_LETTER, key, TEXT_BOUNDARY_TOKEN);
        }
        index_tokens.words.push(' ');
        index_tokens
    }

    /// Returns the distinct tokens as a PostgreSQL array literal.
    fn to_postgres_array(&self) -> String {
        let tokens: BTreeSet<&str> = self
            .words
            .split_ascii_whitespace()
            .chain(self.stems.split_ascii_whitespace())
            .chain(self.pairs.split_ascii_whitespace())
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
        // Tokens without room leave a gap, so that no phrase matches across it.
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

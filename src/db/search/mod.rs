//! Full text: the tokens are made in `text/`, the index lives in the database and changes in the
//! item's transaction.
//!
//! SQLite has FTS5, PostgreSQL a `tsvector` with GIN. Both hold the same tokens and are asked the
//! same, so that both find the same items in the same order. A token begins with the letter of its
//! kind of item and of the field it stands in, so that an index finds by itself what has a word in
//! its title: nothing is scored, and no entry is read, save that PostgreSQL looks for phrases in
//! those that have their words. The key of an entry begins with its item's date, so that the newest
//! are found first.

mod contents;
mod first;
mod frequent;
mod matching;
mod pending;
pub mod segments;
mod titles;
pub mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

pub use contents::{Contents, Difference};
pub use frequent::{Frequencies, frequencies};
pub use matching::{Ask, FEW, Matching, Ranked, Scope, Tier, matching};
pub use pending::{Helper, index};
pub(super) use pending::{flush, forget};
pub use titles::newest_titled;

use super::connection::Connection;
use super::error::Error;
use super::sql::{Bind, Fragment, Statement, number_among};
use super::types::{Number, Time};
use crate::text::analysis::{Tokens, Word};

/// Who an entry is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Audience {
    /// Everybody: published languages of published items.
    Public,
    /// Holders of a key: every language.
    Editors,
}

/// Places of the entries of an item, the last two bits of their keys.
const FOR_PUBLIC: i64 = 0;
const FOR_EDITORS: i64 = 1;
/// For an entry that serves everybody and editors alike, since it would be the same for both.
const FOR_BOTH: i64 = 2;

/// How many numbers of items a key has room for.
const NUMBERS: i64 = 1 << 28;
/// The number of the item in the key of an entry.
pub const ITEM: &str = "((search_index.rowid >> 2) & 268435455)";
/// Seconds from 1900 to 1970.
const SECONDS_TO_1970: i64 = 2_208_988_800;
/// How many seconds after 1900 a key has room for: until the year 2172.
const SECONDS: i64 = 1 << 33;

/// The key of an entry: the second of its item's date, the number of the item, the place.
fn key(item: Number, date: Time, place: i64) -> i64 {
    let second =
        date.micros().div_euclid(1_000_000).saturating_add(SECONDS_TO_1970).clamp(0, SECONDS - 1);
    (second << 30) | (item.rem_euclid(NUMBERS) << 2) | place
}

/// Holds for an entry that stands under the date of its item, a row of `items`.
fn stands_under_its_date() -> Fragment {
    Fragment::new("search_index.rowid >> 30 = ").differs(
        "max(0, min(8589934591, 2208988800 + (coalesce(items.published_at, items.created_at) \
         - (coalesce(items.published_at, items.created_at) % 1000000 + 1000000) % 1000000) / 1000000))",
        "greatest(0, least(8589934591, 2208988800 \
         + CAST(floor(extract(epoch FROM coalesce(items.published_at, items.created_at))) AS BIGINT)))",
    )
}

impl Audience {
    /// Holds for the entries that serve this audience.
    fn entries(self) -> &'static str {
        match self {
            Self::Public => "search_index.rowid % 2 = 0",
            Self::Editors => "search_index.rowid % 4 > 0",
        }
    }
}

/// What the index holds of one item, by field: what weighs most first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Document {
    /// Titles, names and labels.
    pub title: Tokens,
    /// Summaries.
    pub summary: Tokens,
    /// Names of topics, programmes, partners and countries.
    pub names: Tokens,
    /// Descriptions and the rest.
    pub description: Tokens,
    /// What is said.
    pub transcript: Tokens,
}

impl Document {
    fn fields(&self) -> [&Tokens; 5] {
        [&self.title, &self.summary, &self.names, &self.description, &self.transcript]
    }
}

/// The letters of the fields, in the order of [`Document`]: for words, and for stems.
const FIELDS: [(char, char); 5] = [('a', 'f'), ('b', 'g'), ('c', 'h'), ('d', 'i'), ('e', 'j')];
/// Stands between texts, so that no phrase is found across them. It comes after all tokens: FTS5,
/// which looks for one that is not there, goes through all entries of the one before it.
pub const BETWEEN: &str = "z";
/// PostgreSQL takes at most a megabyte of different tokens.
const MOST_BYTES: usize = 900_000;

/// An item as the index knows it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Number of the item.
    pub item: Number,
    /// The letter of its kind.
    pub kind: char,
    /// When it was published, or else stored.
    pub date: Time,
}

/// The entries of an item, as they are to stand in the index.
pub struct Entries {
    /// Number of the item.
    item: Number,
    /// What each holds, by its key.
    written: Vec<(i64, Written)>,
    /// Their different words.
    words: Vec<Arc<Word>>,
}

impl Entries {
    /// The entries of an item for each audience; `None` leaves it out.
    pub fn of(
        entry: Entry,
        public: Option<&Document>,
        editors: Option<&Document>,
    ) -> Result<Self, Error> {
        if entry.item >= NUMBERS {
            return Err(Error::Fault(format!(
                "the full-text index has no room for item {}",
                entry.item
            )));
        }
        let places = if public.is_some() && public == editors {
            vec![(FOR_BOTH, public)]
        } else {
            vec![(FOR_PUBLIC, public), (FOR_EDITORS, editors)]
        };
        let written = places.into_iter().filter_map(|(place, document)| {
            let written = Written::of(entry.kind, document?);
            Some((key(entry.item, entry.date, place), written))
        });
        // Editors see all that the public sees.
        let fields = editors.or(public).into_iter().flat_map(Document::fields);
        let words = fields.flat_map(Tokens::distinct).map(Arc::clone).collect();
        Ok(Self { item: entry.item, written: written.collect(), words })
    }
}

/// Takes the entries of these keys out.
fn remove(connection: &mut Connection, keys: &[i64]) -> Result<(), Error> {
    let entries = Fragment::new("DELETE FROM search_index WHERE rowid IN (")
        .binds(keys.iter().copied().map(Bind::Integer))
        .sql(")");
    execute(connection, entries)
}

/// All keys under which an item of this date can have entries.
fn keys_of(item: Number, date: Time) -> [i64; 3] {
    [FOR_PUBLIC, FOR_EDITORS, FOR_BOTH].map(|place| key(item, date, place))
}

/// The keys of entries that belong to no item: it is not there any more, or has another date.
pub fn left_over(connection: &mut Connection) -> Result<Vec<i64>, Error> {
    let condition = belongs_to_nothing();
    Ok(Statement::<BigInt>::select("search_index.rowid", "search_index", &condition)
        .rows(connection)?)
}

/// Takes those of these entries out of the index that belong to no item; gives how many there were.
pub fn remove_left_over(connection: &mut Connection, keys: &[i64]) -> Result<usize, Error> {
    let entries = Fragment::new("DELETE FROM search_index WHERE ")
        .then(&number_among("search_index.rowid", keys.iter().copied()))
        .sql(" AND ")
        .then(&belongs_to_nothing());
    Ok(Statement::<BigInt>::new(entries).execute(connection)?)
}

fn belongs_to_nothing() -> Fragment {
    Fragment::new("(search_index.rowid % 4 = 3 OR NOT EXISTS (SELECT 1 FROM items WHERE items.purged_at IS NULL AND items.number = ")
        .sql(ITEM)
        .sql(" AND ")
        .then(&stands_under_its_date())
        .sql("))")
}

/// The tokens of a document as they stand in the index.
struct Written {
    /// The words in order, each with its letters.
    words: String,
    /// The stems with their letters.
    stems: String,
}

impl Written {
    fn of(kind: char, document: &Document) -> Self {
        let whole = Self::with(kind, document, |_| true);
        if whole.words.len().saturating_add(whole.stems.len()) <= MOST_BYTES {
            return whole;
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut bytes: usize = 0;
        Self::with(kind, document, |token| {
            if seen.contains(token) {
                return true;
            }
            bytes = bytes.saturating_add(token.len());
            bytes <= MOST_BYTES && seen.insert(token.to_owned())
        })
    }

    /// Writes the tokens for which there is room.
    fn with(kind: char, document: &Document, mut has_room: impl FnMut(&str) -> bool) -> Self {
        let mut written =
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
        for (tokens, (field, field_of_stems)) in document.fields().into_iter().zip(FIELDS) {
            for text in &tokens.texts {
                written.words.extend([" ", BETWEEN]);
                for token in text.iter().flat_map(|word| &word.tokens) {
                    add(&mut written.words, field, token, BETWEEN);
                }
            }
            for stem in tokens.stems() {
                add(&mut written.stems, field_of_stems, stem, BETWEEN);
            }
        }
        written.words.push(' ');
        written
    }

    /// All different tokens as PostgreSQL writes an array.
    fn array(&self) -> String {
        let tokens: BTreeSet<&str> = self
            .words
            .split_ascii_whitespace()
            .chain(self.stems.split_ascii_whitespace())
            .collect();
        let tokens: Vec<&str> = tokens.into_iter().collect();
        format!("{{{}}}", tokens.join(","))
    }
}

fn write(connection: &mut Connection, key: i64, written: &Written) -> Result<(), Error> {
    let insert = if connection.is_sqlite() {
        Fragment::new("INSERT INTO search_index (rowid, words) VALUES (")
            .bind(Bind::Integer(key))
            .sql(", ")
            .bind(Bind::Text([written.words.as_str(), &written.stems].concat()))
            .sql(")")
    } else {
        Fragment::new("INSERT INTO search_index (rowid, document, words) VALUES (")
            .bind(Bind::Integer(key))
            .sql(", array_to_tsvector(CAST(")
            .bind(Bind::Text(written.array()))
            .sql(" AS text[])), ")
            .bind(Bind::Text(written.words.clone()))
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
    fn no_more_tokens_are_written_than_postgres_takes() {
        let mut document = Document::default();
        document.title.add("Title", None);
        let many: Vec<String> = (0..200_000).map(|number| format!("word{number}")).collect();
        document.transcript.add(&many.join(" "), None);
        let written = Written::of('v', &document);
        assert!(written.words.starts_with(" z vatitle z veword0 veword1 "));
        let array = written.array();
        assert!(
            array.len() <= MOST_BYTES * 5 / 4 && array.len() > MOST_BYTES / 2,
            "{}",
            array.len()
        );
        // What has no room leaves a gap, so that no phrase is found where there was none.
        assert!(written.words.ends_with(" z z "));
        assert!(!array.contains("word199999"));
    }

    #[test]
    fn keys_hold_date_item_and_place() {
        let date = |text: &str| Time(text.parse().unwrap());
        let keys = [
            key(5, date("1850-01-01T00:00:00Z"), FOR_BOTH),
            key(5, date("1969-12-31T23:59:59.5Z"), FOR_PUBLIC),
            key(5, date("2026-01-01T00:00:00Z"), FOR_PUBLIC),
            key(5, date("2026-01-01T00:00:00Z"), FOR_BOTH),
            key(6, date("2026-01-01T00:00:00Z"), FOR_PUBLIC),
            key(1, date("2026-01-01T00:00:01Z"), FOR_PUBLIC),
            key(1, date("2500-01-01T00:00:00Z"), FOR_PUBLIC),
        ];
        assert!(keys.is_sorted() && keys.iter().all(|key| *key >= 0), "{keys:?}");
        assert!(keys.iter().all(|key| [1, 5, 6].contains(&((key >> 2) & (NUMBERS - 1)))));
    }
}

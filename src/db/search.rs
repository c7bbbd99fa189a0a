//! Full text: the tokens are made in `text/`, the index lives in the database and changes in the item's transaction.
//!
//! SQLite has FTS5, PostgreSQL a `tsvector` with GIN. Both hold the same folded tokens and are asked the same
//! expression, so that both match the same items; only scores differ.

use std::cell::RefCell;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

use super::connection::Connection;
use super::error::Error;
use super::sql::{Bind, Fragment, Statement, number_among};
use super::types::Number;
use crate::text::query::{Clause, Query};

/// Who an entry is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Audience {
    /// Everybody: published languages of published items.
    Public,
    /// Holders of a key: every language.
    Editors,
}

/// Places of the entries of an item: their keys are four times its number, and one of these.
const FOR_PUBLIC: i64 = 0;
const FOR_EDITORS: i64 = 1;
/// For an entry that serves everybody and editors alike, since it would be the same for both.
const FOR_BOTH: i64 = 2;

fn key(item: Number, place: i64) -> i64 {
    item.saturating_mul(4).saturating_add(place)
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

/// The tokens of one item, by weight: heaviest first.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Document {
    /// Titles, names and labels.
    pub title: String,
    /// Summaries.
    pub summary: String,
    /// Names of topics, programmes, partners and countries.
    pub names: String,
    /// Descriptions and the rest.
    pub body: String,
}

/// Puts an item into the index for each audience, in place of what was there; `None` leaves it out. Searches of the same
/// transaction may not find it yet.
pub fn index(
    connection: &mut Connection,
    item: Number,
    is_new: bool,
    public: Option<&Document>,
    editors: Option<&Document>,
) -> Result<(), Error> {
    if !is_new {
        let keys = [FOR_PUBLIC, FOR_EDITORS, FOR_BOTH].map(|place| key(item, place));
        PENDING.with_borrow_mut(|pending| pending.retain(|(key, _)| !keys.contains(key)));
        let entries = Fragment::new("DELETE FROM search_index WHERE rowid IN (").binds(keys.into_iter().map(Bind::Integer)).sql(")");
        execute(connection, entries)?;
    }
    if let (Some(public), true) = (public, public == editors) {
        return insert(connection, key(item, FOR_BOTH), public);
    }
    for (place, document) in [(FOR_PUBLIC, public), (FOR_EDITORS, editors)] {
        if let Some(document) = document {
            insert(connection, key(item, place), document)?;
        }
    }
    Ok(())
}

fn insert(connection: &mut Connection, key: i64, document: &Document) -> Result<(), Error> {
    let many = PENDING.with_borrow_mut(|pending| {
        pending.push((key, document.clone()));
        pending.len() >= MANY
    });
    if many { flush(connection) } else { Ok(()) }
}

thread_local! {
    /// Documents of the transaction that is open on this thread's connection, not yet in the index: written together they
    /// make one segment of FTS5, which else writes, and later merges, one for each.
    static PENDING: RefCell<Vec<(i64, Document)>> = const { RefCell::new(Vec::new()) };
}

/// How many documents are kept before they are written.
const MANY: usize = 100;

/// Forgets what a transaction that was given up would have written: before each.
pub(super) fn forget() {
    PENDING.with_borrow_mut(Vec::clear);
}

/// Writes the documents of the transaction: before its end.
pub(super) fn flush(connection: &mut Connection) -> Result<(), Error> {
    PENDING.take().iter().try_for_each(|(key, document)| write(connection, *key, document))
}

fn write(connection: &mut Connection, key: i64, document: &Document) -> Result<(), Error> {
    let text = |value: &String| Bind::Text(value.clone());
    let insert = Fragment::default()
        .differs(
            "INSERT INTO search_index (rowid, title, summary, names, body) VALUES (",
            "INSERT INTO search_index (rowid, document) VALUES (",
        )
        .bind(Bind::Integer(key))
        .differs(", ", ", setweight(to_tsvector('simple', ")
        .bind(text(&document.title))
        .differs(", ", "), 'A') || setweight(to_tsvector('simple', ")
        .bind(text(&document.summary))
        .differs(", ", "), 'B') || setweight(to_tsvector('simple', ")
        .bind(text(&document.names))
        .differs(", ", "), 'C') || setweight(to_tsvector('simple', ")
        .bind(text(&document.body))
        .differs(")", "), 'D'))");
    execute(connection, insert)
}

/// Which of these items are in the index, and for whom.
pub fn indexed(connection: &mut Connection, items: &[Number]) -> Result<Vec<(Number, Audience)>, Error> {
    let keys = items.iter().flat_map(|item| [FOR_PUBLIC, FOR_EDITORS, FOR_BOTH].map(|place| key(*item, place)));
    let condition = number_among("search_index.rowid", keys);
    let rows: Vec<i64> = Statement::<BigInt>::select("search_index.rowid", "search_index", &condition).rows(connection)?;
    let audiences = |place: i64| match place {
        FOR_PUBLIC => vec![Audience::Public],
        FOR_EDITORS => vec![Audience::Editors],
        _ => vec![Audience::Public, Audience::Editors],
    };
    Ok(rows
        .into_iter()
        .flat_map(|key| audiences(key.rem_euclid(4)).into_iter().map(move |audience| (key.div_euclid(4), audience)))
        .collect())
}

fn execute(connection: &mut Connection, fragment: Fragment) -> Result<(), Error> {
    Statement::<BigInt>::new(fragment).execute(connection)?;
    Ok(())
}

/// How a list asks the index: what to join, what must hold, and the score to sort by.
pub struct Matching {
    /// Joined to `items`.
    pub join: Option<Fragment>,
    /// Holds for the items that match.
    pub predicate: Fragment,
    /// A whole number, higher is better; only there where something can be scored.
    pub score: Option<Fragment>,
}

/// The one expression with which both databases match.
pub fn matching(query: &Query, audience: Audience) -> Matching {
    let excluded: Vec<&Clause> = query.clauses.iter().filter(|clause| clause.exclude).collect();
    let wanted: Vec<&Clause> = query.clauses.iter().filter(|clause| !clause.exclude).collect();
    if wanted.is_empty() {
        let predicate = if excluded.is_empty() {
            // Nothing that can be searched for was typed.
            Fragment::new("1 = 0")
        } else {
            Fragment::new("items.number NOT IN (SELECT search_index.rowid / 4 FROM search_index WHERE ")
                .sql(audience.entries())
                .differs(" AND search_index MATCH ", " AND search_index.document @@ to_tsquery('simple', ")
                .differs_bind(fts5(&excluded, " OR "), tsquery(&excluded, " | "))
                .differs(")", "))")
        };
        return Matching { join: None, predicate, score: None };
    }
    let mut sqlite = fts5(&wanted, " AND ");
    let mut postgres = tsquery(&wanted, " & ");
    if !excluded.is_empty() {
        sqlite = format!("({sqlite}) NOT ({})", fts5(&excluded, " OR "));
        postgres = format!("({postgres}) & !({})", tsquery(&excluded, " | "));
    }
    let join = Fragment::new(" JOIN search_index ON items.number = search_index.rowid / 4 AND ").sql(audience.entries());
    let predicate = Fragment::default()
        .differs("search_index MATCH ", "search_index.document @@ to_tsquery('simple', ")
        .differs_bind(sqlite.clone(), postgres.clone())
        .differs("", ")");
    // Eight decimals are kept as a whole number, so that a cursor can hold it exactly.
    let score = Fragment::default()
        .differs(
            "CAST(-100000000.0 * bm25(search_index, 8.0, 4.0, 3.0, 1.0) AS INTEGER)",
            "CAST(100000000.0 * ts_rank('{0.1, 0.3, 0.4, 1.0}', search_index.document, to_tsquery('simple', ",
        )
        .only_postgres(Bind::Text(postgres))
        .differs("", ")) AS BIGINT)");
    Matching { join: Some(join), predicate, score: Some(score) }
}

/// FTS5's query language; tokens hold letters and digits only and are quoted all the same.
fn fts5(clauses: &[&Clause], joiner: &str) -> String {
    let clauses: Vec<String> = clauses
        .iter()
        .map(|clause| {
            let star = if clause.prefix { " *" } else { "" };
            format!("\"{}\"{star}", clause.tokens.join(" "))
        })
        .collect();
    clauses.join(joiner)
}

/// PostgreSQL's.
fn tsquery(clauses: &[&Clause], joiner: &str) -> String {
    let clauses: Vec<String> = clauses
        .iter()
        .map(|clause| {
            let last = clause.tokens.len().saturating_sub(1);
            let tokens: Vec<String> = clause
                .tokens
                .iter()
                .enumerate()
                .map(|(index, token)| format!("'{token}'{}", if clause.prefix && index == last { ":*" } else { "" }))
                .collect();
            format!("({})", tokens.join(" <-> "))
        })
        .collect();
    clauses.join(joiner)
}

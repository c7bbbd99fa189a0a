//! Full text: the tokens are made in `text/`, the index lives in the database and changes in the item's transaction.
//!
//! SQLite has FTS5, PostgreSQL a `tsvector` with GIN. Both hold the same folded tokens and are asked the same
//! expression, so that both match the same items; only scores differ.

use std::cell::RefCell;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::Connection;
use super::error::Error;
use super::schema::search_entries;
use super::sql::{Bind, Fragment, Statement, id_among};
use super::types::{Id, sql};
use crate::text::query::{Clause, Query};

/// Who an entry is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Audience {
    /// Everybody: published languages of published items.
    Public,
    /// Holders of a key: every language.
    Editors,
}

impl Audience {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Editors => "editors",
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

/// The audience of an entry that serves everybody and editors alike, since it would be the same for both.
const BOTH: &str = "both";

/// Puts an item into the index for each audience, in place of what was there; `None` leaves it out. Searches of the same
/// transaction may not find it yet.
pub fn index(
    connection: &mut Connection,
    item: Id,
    is_new: bool,
    public: Option<&Document>,
    editors: Option<&Document>,
) -> Result<(), Error> {
    if !is_new {
        let keys: Vec<i64> = search_entries::table.filter(search_entries::item_id.eq(item)).select(search_entries::key).load(connection)?;
        if !keys.is_empty() {
            PENDING.with_borrow_mut(|pending| pending.retain(|(key, _)| !keys.contains(key)));
            let entries = Fragment::new("DELETE FROM search_index WHERE rowid IN (").binds(keys.into_iter().map(Bind::Integer)).sql(")");
            execute(connection, entries)?;
            diesel::delete(search_entries::table.filter(search_entries::item_id.eq(item))).execute(connection)?;
        }
    }
    if let (Some(public), true) = (public, public == editors) {
        return insert(connection, item, BOTH, public);
    }
    for (audience, document) in [(Audience::Public, public), (Audience::Editors, editors)] {
        if let Some(document) = document {
            insert(connection, item, audience.as_str(), document)?;
        }
    }
    Ok(())
}

fn insert(connection: &mut Connection, item: Id, audience: &str, document: &Document) -> Result<(), Error> {
    let entry = Fragment::new("INSERT INTO search_entries (item_id, audience) VALUES (")
        .binds([Bind::Id(item), Bind::Text(audience.to_owned())])
        .sql(") RETURNING key");
    let keys: Vec<i64> = Statement::<BigInt>::new(entry).rows(connection)?;
    let key = keys.first().copied().ok_or_else(|| Error::Fault("an entry of the full-text index got no key".to_owned()))?;
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
pub fn indexed(connection: &mut Connection, items: &[Id]) -> Result<Vec<(Id, Audience)>, Error> {
    let statement = Fragment::new(
        "SELECT search_entries.item_id, search_entries.audience FROM search_entries \
         JOIN search_index ON search_index.rowid = search_entries.key WHERE ",
    )
    .then(&id_among("search_entries.item_id", items));
    let rows: Vec<(Id, String)> = Statement::<(sql::Uuid, Text)>::new(statement).rows(connection)?;
    let audiences = |name: String| {
        let serves = move |audience: &Audience| name == BOTH || audience.as_str() == name;
        [Audience::Public, Audience::Editors].into_iter().filter(serves)
    };
    Ok(rows.into_iter().flat_map(|(id, name)| audiences(name).map(move |audience| (id, audience))).collect())
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
    let serving = Fragment::default().binds([audience.as_str(), BOTH].map(|name| Bind::Text(name.to_owned())));
    let excluded: Vec<&Clause> = query.clauses.iter().filter(|clause| clause.exclude).collect();
    let wanted: Vec<&Clause> = query.clauses.iter().filter(|clause| !clause.exclude).collect();
    if wanted.is_empty() {
        let predicate = if excluded.is_empty() {
            // Nothing that can be searched for was typed.
            Fragment::new("1 = 0")
        } else {
            Fragment::new(
                "NOT EXISTS (SELECT 1 FROM search_entries e JOIN search_index ON search_index.rowid = e.key \
                 WHERE e.item_id = items.id AND e.audience IN (",
            )
            .then(&serving)
            .differs(") AND search_index MATCH ", ") AND search_index.document @@ to_tsquery('simple', ")
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
    let join = Fragment::new(" JOIN search_entries ON search_entries.item_id = items.id AND search_entries.audience IN (")
        .then(&serving)
        .sql(") JOIN search_index ON search_index.rowid = search_entries.key");
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

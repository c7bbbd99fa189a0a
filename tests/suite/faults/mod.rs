//! What breaks, broken on purpose: databases that go away, processes that are killed, clients that
//! misbehave.

mod clients;
mod crash;
mod overload;
mod postgres;
mod races;
mod sqlite;

use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use kinoteka::db::Connection;
use kinoteka::db::connection::{Access, SessionConfig, Target};
use serde_json::Value;

use crate::support::contract;
use crate::support::postgres::PostgresDatabase;
use crate::support::process::{exchange, request};
use crate::support::server::Answer;
use crate::support::sqlite::SqliteDatabase;

/// Both databases, where they are installed, with a directory for the server.
fn on_both_databases(test: impl Fn(&Path, &str)) {
    let file = SqliteDatabase::new(None);
    test(file.directory(), &file.url);
    if let Some(database) = PostgresDatabase::copy_of("template0") {
        test(file.directory(), &database.url);
    }
}

#[track_caller]
fn unavailable(answer: Answer) {
    let seconds: u32 =
        answer.must("retry-after").parse().expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&seconds));
    let problem = answer.problem(503, "unavailable");
    assert!(
        !problem["detail"].as_str().expect("a detail").to_lowercase().contains("sql"),
        "the cause is for the log: {problem}"
    );
}

/// Runs the same on several threads; gives what each gave.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|number| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("it is answered")).collect()
    })
}

/// A connection past the server.
fn open(url: &str) -> Connection {
    let long = Duration::from_secs(20);
    let session =
        SessionConfig { busy_timeout: long, statement_timeout: long, slow_query_threshold: long };
    let target = Target::parse(url).expect("the address is right");
    Connection::open(&target, Access::Write, session).expect("the database is there")
}

/// Another process than the server: holds the lock that every write needs.
fn lock(url: &str) -> Connection {
    let mut connection = open(url);
    connection.begin_write().expect("the lock is free");
    connection
}

/// What [`ask`](crate::support::process::ask) gives, or nothing where no whole answer comes: for
/// servers that are killed.
fn attempt(
    address: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> Option<Answer> {
    let answer = Answer::parse(
        &exchange(address, &request(address, method, path, key, body))
            .ok()
            .filter(|answer| is_whole(answer))?,
    );
    contract::check(method, path, &answer);
    Some(answer)
}

/// Whether an answer has all that its head promises.
fn is_whole(answer: &[u8]) -> bool {
    if !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        return false;
    }
    let answer = Answer::parse(answer);
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    length.map_or(answer.status == 204, |length: usize| length == answer.body.len())
}

/// The number that a query answers as `n`.
fn number(connection: &mut Connection, query: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let statement = diesel::sql_query(query);
    let found: QueryResult<Number> = match connection {
        Connection::Sqlite(connection) => statement.get_result(connection),
        Connection::Postgres(connection) => statement.get_result(connection),
    };
    found.unwrap_or_else(|error| panic!("{query}: {error}")).n
}

/// Panics if a part of an item is there without the others. Foreign keys and the last of these hold
/// the parts to their item; the others hold the item to its parts.
fn nothing_is_half_written(connection: &mut Connection) {
    for (what, query) in [
        (
            "no text",
            "SELECT count(*) AS n FROM items WHERE NOT EXISTS (SELECT 1 FROM texts WHERE key / 512 = items.number)",
        ),
        (
            "no slug",
            "SELECT count(*) AS n FROM items WHERE NOT EXISTS (SELECT 1 FROM slugs WHERE item = items.number AND slug = items.slug)",
        ),
        (
            "no entry for the search",
            "SELECT count(*) AS n FROM items WHERE deleted_at IS NULL AND number NOT IN (SELECT (rowid >> 2) & 268435455 FROM search_index)",
        ),
        (
            "no facet",
            "SELECT count(*) AS n FROM items WHERE deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM facets WHERE item = items.number)",
        ),
        ("texts in other languages than the item says", TEXTS_DIFFER),
        ("no own fields", "SELECT count(*) AS n FROM items WHERE purged_at IS NULL AND own = ''"),
        (
            "texts and no row",
            "SELECT count(*) AS n FROM texts WHERE NOT EXISTS (SELECT 1 FROM items WHERE number = texts.key / 512)",
        ),
        (
            "facets and no row",
            "SELECT count(*) AS n FROM facets WHERE NOT EXISTS (SELECT 1 FROM items WHERE number = facets.item)",
        ),
        (
            "an entry and no row",
            "SELECT count(*) AS n FROM search_index WHERE (rowid >> 2) & 268435455 NOT IN (SELECT number FROM items)",
        ),
    ] {
        assert_eq!(number(connection, query), 0, "items that have {what}");
    }
    if connection.is_sqlite() {
        assert_eq!(
            number(
                connection,
                "SELECT count(*) AS n FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
            ),
            0,
            "integrity"
        );
        assert_eq!(
            number(connection, "SELECT count(*) AS n FROM pragma_foreign_key_check"),
            0,
            "foreign keys"
        );
    }
}

const TEXTS_DIFFER: &str = "SELECT count(*) AS n FROM items WHERE length(trim(languages)) - length(replace(trim(languages), ' ', '')) + 1
     <> (SELECT count(*) FROM texts WHERE key / 512 = items.number)";

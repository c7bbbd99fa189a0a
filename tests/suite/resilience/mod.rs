//! Fault injection: unavailable databases, killed processes, misbehaving clients.

mod clients;
mod crash;
mod history;
mod overload;
mod postgres;
mod races;
mod schedule;
mod sqlite;

use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use kinoteka::db::Connection;
use kinoteka::db::connection::{Access, SessionConfig, Target};
use serde_json::Value;

use crate::support::openapi_contract;
use crate::support::postgres::PostgresDatabase;
use crate::support::process::{exchange, request};
use crate::support::server::Response;
use crate::support::sqlite::SqliteDatabase;

/// Runs a test on both databases, where they are installed, with a directory for the server.
fn on_both_databases(test: impl Fn(&Path, &str)) {
    let file = SqliteDatabase::new(None);
    test(file.directory(), &file.url);
    if let Some(database) = PostgresDatabase::from_template("template0") {
        test(file.directory(), &database.url);
    }
}

#[track_caller]
fn unavailable(response: Response) {
    let seconds: u32 = response
        .required_header("retry-after")
        .parse()
        .expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&seconds));
    let problem = response.problem(503, "unavailable");
    assert!(
        !problem["detail"].as_str().expect("a detail").to_lowercase().contains("sql"),
        "the cause is for the log: {problem}"
    );
}

/// Runs a closure on several threads; returns the results.
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
        running.into_iter().map(|thread| thread.join().expect("a response")).collect()
    })
}

/// A direct database connection.
fn open(url: &str) -> Connection {
    let long = Duration::from_secs(20);
    let session =
        SessionConfig { busy_timeout: long, statement_timeout: long, slow_query_threshold: long };
    let target = Target::parse(url).expect("the URL is valid");
    Connection::open(&target, Access::Write, session).expect("the database exists")
}

/// Acquires the write lock on another connection.
fn lock(url: &str) -> Connection {
    let mut connection = open(url);
    connection.begin_write().expect("the lock is free");
    connection
}

/// Like [`send_request`](crate::support::process::send_request), but `None` without a complete
/// response, for servers that are killed.
fn attempt(
    address: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> Option<Response> {
    let response = Response::parse(
        &exchange(address, &request(address, method, path, key, body))
            .ok()
            .filter(|response| is_whole(response))?,
    );
    openapi_contract::check(method, path, &response);
    Some(response)
}

/// Whether a response has the length that its head announces.
fn is_whole(response: &[u8]) -> bool {
    if !response.windows(4).any(|window| window == b"\r\n\r\n") {
        return false;
    }
    let response = Response::parse(response);
    let length = response.header("content-length").and_then(|length| length.parse().ok());
    length.map_or(response.status == 204, |length: usize| length == response.body.len())
}

/// The number that a query returns as `n`.
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

/// Panics if an item is partially stored. Foreign keys and the last queries verify that each part
/// has an item, the other queries that each item has its parts.
fn assert_no_partial_writes(connection: &mut Connection) {
    for (what, query) in [
        (
            "items without a text",
            "SELECT count(*) AS n FROM items WHERE NOT EXISTS (SELECT 1 FROM texts WHERE key / 512 = items.number)",
        ),
        (
            "items without a slug",
            "SELECT count(*) AS n FROM items WHERE NOT EXISTS (SELECT 1 FROM slugs WHERE item = items.number AND slug = items.slug)",
        ),
        (
            "items without a full-text index entry",
            "SELECT count(*) AS n FROM items WHERE deleted_at IS NULL AND number NOT IN (SELECT (rowid >> 2) & 268435455 FROM search_index)",
        ),
        (
            "items without a filter index entry",
            "SELECT count(*) AS n FROM items WHERE deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM filter_index WHERE item = items.number)",
        ),
        ("items whose texts differ from `languages`", TEXTS_DIFFER),
        (
            "items without the fields of their kind",
            "SELECT count(*) AS n FROM items WHERE purged_at IS NULL AND fields = ''",
        ),
        (
            "texts without a row in `items`",
            "SELECT count(*) AS n FROM texts WHERE NOT EXISTS (SELECT 1 FROM items WHERE number = texts.key / 512)",
        ),
        (
            "filter index entries without a row in `items`",
            "SELECT count(*) AS n FROM filter_index WHERE NOT EXISTS (SELECT 1 FROM items WHERE number = filter_index.item)",
        ),
        (
            "full-text index entries without a row in `items`",
            "SELECT count(*) AS n FROM search_index WHERE (rowid >> 2) & 268435455 NOT IN (SELECT number FROM items)",
        ),
    ] {
        assert_eq!(number(connection, query), 0, "{what}");
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

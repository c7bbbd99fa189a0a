//! `kill -9` during writes: acknowledged writes are durable, none is partial, revisions only grow.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use kinoteka::db::Connection;
use kinoteka::resource::model::revisions::Revisions;
use serde_json::{Value, json};

use super::{assert_no_partial_writes, attempt, number, open};
use crate::support::postgres::PostgresDatabase;
use crate::support::process::{expect_exit, run, serve, stdout_text};
use crate::support::sqlite::SqliteDatabase;

const ROUNDS: u32 = 20;
const CLIENTS: u32 = 4;

/// Acknowledged state of an item: its revision, and the number in its texts.
type Acknowledged = BTreeMap<String, (i64, i64)>;

fn body(number: i64) -> Value {
    let texts = |word: &str| json!({"name": format!("{word} {number}"), "description": format!("{number}"), "status": "published"});
    json!({"status": "published", "translations": {"en": texts("Crash"), "mk": texts("Пад"), "sq": texts("Rënie")}})
}

/// Writes items, each three times, until the server is gone; returns the acknowledged states and
/// counts them in `writes`.
fn write(
    (address, key): (&str, &str),
    (round, client): (u32, u32),
    writes: &AtomicU32,
) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    for item in 0.. {
        let slug = format!("r{round}-c{client}-{item}");
        let path = format!("/v1/topics/{slug}");
        for change in 1..=3 {
            let method = if change == 1 { "PUT" } else { "PATCH" };
            let Some(response) = attempt(address, method, &path, Some(key), Some(&body(change)))
            else {
                return acknowledged;
            };
            let response = response.expect(if change == 1 { 201 } else { 200 }).json();
            let revision = response["revision"].as_i64().expect("a number");
            writes.fetch_add(1, Ordering::Relaxed);
            let before = acknowledged.insert(slug.clone(), (revision, change));
            assert!(
                before.is_none_or(|(before, _)| before < revision),
                "{slug}: {before:?}, then {revision}"
            );
        }
    }
    acknowledged
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Text)]
    first: String,
    #[diesel(sql_type = Text)]
    last: String,
    #[diesel(sql_type = BigInt)]
    texts: i64,
}

/// Stored items of a round, with the numbers in their texts.
fn stored(connection: &mut Connection, round: u32) -> BTreeMap<String, Stored> {
    let query = diesel::sql_query(format!(
        "SELECT items.slug, items.revision, min(texts.description) AS first, max(texts.description) AS last, count(*) AS texts
         FROM items JOIN texts ON texts.key / 512 = items.number WHERE items.slug LIKE 'r{round}-%' GROUP BY items.slug, items.revision"
    ));
    let rows: Vec<Stored> = match connection {
        Connection::Sqlite(connection) => query.load(connection),
        Connection::Postgres(connection) => query.load(connection),
    }
    .expect("the items load");
    rows.into_iter().map(|row| (row.slug.clone(), row)).collect()
}

fn check_kill_during_writes(directory: &Path, url: &str) {
    expect_exit(run(directory, url, &["migrate"]), 0);
    let key = stdout_text(&expect_exit(
        run(directory, url, &["key", "create", "--role", "editor", "--name", "K"]),
        0,
    ))
    .trim()
    .to_owned();
    let revision = |connection: &mut Connection| {
        Revisions::load(connection).expect("the revisions load").catalogue().revision
    };
    let mut before = revision(&mut open(url));
    let mut writes = 0;
    for round in 1..=ROUNDS {
        let (mut served, _, address) = serve(directory, url, &[]);
        let round_writes = AtomicU32::new(0);
        let acknowledged: Acknowledged = std::thread::scope(|scope| {
            let (target, writes) = ((address.as_str(), key.as_str()), &round_writes);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| scope.spawn(move || write(target, (round, client), writes)))
                .collect();
            // A busy machine may take long for the first writes.
            while writes.load(Ordering::Relaxed) < CLIENTS {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(Duration::from_millis(u64::from(13 * (round % 20))));
            served.0.kill().expect("the server runs");
            served.0.wait().expect("the server ends");
            clients
                .into_iter()
                .flat_map(|client| client.join().expect("unexpected responses"))
                .collect()
        });
        // Read directly: this is the state in which the next server starts.
        let mut connection = open(url);
        let stored = stored(&mut connection, round);
        for (slug, (revision, change)) in &acknowledged {
            let item = stored
                .get(slug)
                .unwrap_or_else(|| panic!("round {round}: acknowledged {slug} is not stored"));
            assert!(
                item.revision >= *revision,
                "round {round}: {slug} has revision {}, acknowledged was {revision}",
                item.revision
            );
            assert!(
                item.first >= change.to_string(),
                "round {round}: {slug} has lost change {change}"
            );
        }
        for item in stored.values() {
            assert_eq!(
                (item.texts, &item.first),
                (3, &item.last),
                "round {round}: {} is half written",
                item.slug
            );
            assert_eq!(
                item.first,
                item.revision.to_string(),
                "round {round}: {} has another revision than change",
                item.slug
            );
        }
        let unacknowledged = stored.len().saturating_sub(acknowledged.len());
        assert!(
            unacknowledged <= 4,
            "each client has at most one request in flight: {unacknowledged}"
        );
        assert_no_partial_writes(&mut connection);
        let done: i64 = acknowledged.values().map(|(_, change)| change).sum();
        let after = revision(&mut connection);
        assert!(
            after >= before + done,
            "round {round}: the catalogue's revision went from {before} to {after} with {done} writes"
        );
        before = after;
        writes += done;
    }
    assert!(writes >= i64::from(ROUNDS * CLIENTS), "too few writes: {writes}");
    // A server serves every item.
    let (_served, _, address) = serve(directory, url, &[]);
    let total = attempt(&address, "GET", "/v1/topics?total=true&limit=1", None, None)
        .expect("the server responds")
        .expect(200)
        .json();
    let items = number(&mut open(url), "SELECT count(*) AS n FROM items");
    assert_eq!(total["page"]["total"], items);
}

#[test]
fn sqlite() {
    let file = SqliteDatabase::new(None);
    check_kill_during_writes(file.directory(), &file.url);
}

#[test]
fn postgres() {
    let Some(database) = PostgresDatabase::from_template("template0") else { return };
    let file = SqliteDatabase::new(None);
    check_kill_during_writes(file.directory(), &database.url);
}

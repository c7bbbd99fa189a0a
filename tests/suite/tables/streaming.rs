//! Long tables: whole and in order while others write, and broken off where they cannot be read to
//! their end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::csv;
use crate::on_both;
use crate::support::database::Database;
use crate::support::{Answer, Content, TestServer};

const STATISTICS: usize = 3_000;

/// Statistics with so much to say that a table of them fits no buffer between server and client.
fn many(server: &TestServer) {
    let statistic = |number: usize| {
        json!({"resource": "impact_statistic", "slug": format!("s-{number:04}"), "label": format!("Number {number}"), "value": number.to_string(),
            "description": "x".repeat(6_000), "status": "published", "published_at": format!("2026-01-01T{:02}:{:02}:00Z", number / 60 / 60, number / 60 % 60)})
    };
    server.import(&(0..STATISTICS).map(statistic).collect::<Vec<Value>>());
}

/// Asks for a table and takes nothing of it yet.
fn ask(server: &TestServer, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut first = [0; 1];
    // The answer has begun: the rows that it has are settled.
    assert_eq!(stream.peek(&mut first).unwrap(), 1);
    stream
}

/// Takes the rest; whether it is whole.
fn take(mut stream: TcpStream) -> (Answer, bool) {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let mut answer = Answer::parse(&bytes);
    let (mut body, mut rest) = (Vec::new(), answer.body.as_slice());
    let mut is_whole = false;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        is_whole = length == 0;
        let chunk = &rest[end + 2..];
        let Some(chunk) = chunk.get(..length + 2).filter(|_| !is_whole) else { break };
        body.extend_from_slice(&chunk[..length]);
        rest = &rest[end + 2 + length + 2..];
    }
    answer.body = body;
    (answer, is_whole && ended.is_ok())
}

on_both! {
    fn a_long_table_is_whole_and_in_order_whatever_others_write(server: &TestServer) {
        many(server);
        let key = server.editor_key();
        let expected = |without: &[usize]| (0..STATISTICS).filter(|number| !without.contains(number)).map(|number| format!("s-{number:04}")).collect::<Vec<_>>();
        let slugs = |(answer, is_whole): (Answer, bool)| {
            assert!(is_whole, "the table ends");
            super::column(&csv(&answer).1, "slug")
        };
        assert_eq!(slugs(take(ask(server, "/v1/impact-statistics.csv?sort=slug"))), expected(&[]));
        let mut backwards = expected(&[]);
        backwards.reverse();
        assert_eq!(slugs(take(ask(server, "/v1/impact-statistics.csv?sort=-value"))), backwards);
        assert_eq!(slugs(take(ask(server, "/v1/impact-statistics.csv?q=number"))).len(), STATISTICS);

        // Once it has begun, what goes goes from it where it was not read yet, nothing comes twice,
        // and nothing new comes.
        let waiting = ask(server, "/v1/impact-statistics.csv?sort=slug");
        server.request("DELETE", "/v1/impact-statistics/s-2990").key(&key).send().expect(204);
        server.request("DELETE", "/v1/impact-statistics/s-0001").key(&key).send().expect(204);
        server.patch(&key, "/v1/impact-statistics/s-2991", &json!({"status": "draft"}));
        server.patch(&key, "/v1/impact-statistics/s-2992", &json!({"slug": "a-first"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "z-last", "label": "New", "status": "published"}));
        let mut found = slugs(take(waiting));
        assert_eq!(found.iter().position(|slug| slug == "a-first"), Some(2_990), "in its place, under its new name");
        "s-2992".clone_into(&mut found[2_990]);
        assert_eq!(found, expected(&[2_990, 2_991]));
    }
}

#[test]
fn a_table_that_cannot_be_read_to_its_end_is_broken_off() {
    let server = TestServer::start(Database::sqlite(Content::Nothing), |_| {});
    many(&server);
    let waiting = ask(&server, "/v1/impact-statistics.csv");
    let file = server.settings.database_url.trim_start_matches("sqlite://").to_owned();
    std::fs::rename(&file, format!("{file}.away")).unwrap();
    let (answer, is_whole) = take(waiting);
    assert!(!is_whole, "what was not read to its end does not look whole");
    assert_eq!(answer.status, 200);
    std::fs::rename(format!("{file}.away"), &file).unwrap();
    assert!(take(ask(&server, "/v1/impact-statistics.csv")).1);
}

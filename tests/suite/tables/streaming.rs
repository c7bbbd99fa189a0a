//! Streaming of long tables: consistent under concurrent writes, aborted on read errors.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::csv;
use crate::on_both;
use crate::support::database::Database;
use crate::support::{Content, Response, TestServer};

const STATISTICS: usize = 3_000;

/// Creates statistics with long texts, so that their table exceeds all socket buffers.
fn many(server: &TestServer) {
    let statistic = |number: usize| {
        json!({"resource": "impact_statistic", "slug": format!("s-{number:04}"), "label": format!("Number {number}"), "value": number.to_string(),
            "description": "x".repeat(6_000), "status": "published", "published_at": format!("2026-01-01T{:02}:{:02}:00Z", number / 60 / 60, number / 60 % 60)})
    };
    server.import(&(0..STATISTICS).map(statistic).collect::<Vec<Value>>());
}

/// Requests a table without reading its body.
fn send_get(server: &TestServer, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut first = [0; 1];
    // The response has started, so its rows are fixed.
    assert_eq!(stream.peek(&mut first).unwrap(), 1);
    stream
}

/// Reads the rest; also returns whether the response is complete.
fn take(mut stream: TcpStream) -> (Response, bool) {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let mut response = Response::parse(&bytes);
    let (mut body, mut rest) = (Vec::new(), response.body.as_slice());
    let mut is_whole = false;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        is_whole = length == 0;
        let chunk = &rest[end + 2..];
        let Some(chunk) = chunk.get(..length + 2).filter(|_| !is_whole) else { break };
        body.extend_from_slice(&chunk[..length]);
        rest = &rest[end + 2 + length + 2..];
    }
    response.body = body;
    (response, is_whole && ended.is_ok())
}

on_both! {
    fn long_table_is_consistent_under_concurrent_writes(server: &TestServer) {
        many(server);
        let key = server.editor_key();
        let expected = |without: &[usize]| (0..STATISTICS).filter(|number| !without.contains(number)).map(|number| format!("s-{number:04}")).collect::<Vec<_>>();
        let slugs = |(response, is_whole): (Response, bool)| {
            assert!(is_whole, "the table is incomplete");
            super::column(&csv(&response).1, "slug")
        };
        assert_eq!(slugs(take(send_get(server, "/v1/impact-statistics.csv?sort=slug"))), expected(&[]));
        let mut backwards = expected(&[]);
        backwards.reverse();
        assert_eq!(slugs(take(send_get(server, "/v1/impact-statistics.csv?sort=-value"))), backwards);
        assert_eq!(slugs(take(send_get(server, "/v1/impact-statistics.csv?q=number"))).len(), STATISTICS);

        // After the start, deleted items may be missing, but no row is repeated and none is new.
        let waiting = send_get(server, "/v1/impact-statistics.csv?sort=slug");
        server.request("DELETE", "/v1/impact-statistics/s-2990").key(&key).send().expect(204);
        server.request("DELETE", "/v1/impact-statistics/s-0001").key(&key).send().expect(204);
        server.patch(&key, "/v1/impact-statistics/s-2991", &json!({"status": "draft"}));
        server.patch(&key, "/v1/impact-statistics/s-2992", &json!({"slug": "a-first"}));
        server.create(&key, "/v1/impact-statistics", &json!({"slug": "z-last", "label": "New", "status": "published"}));
        let mut found = slugs(take(waiting));
        assert_eq!(found.iter().position(|slug| slug == "a-first"), Some(2_990), "in place, under its new name");
        "s-2992".clone_into(&mut found[2_990]);
        assert_eq!(found, expected(&[2_990, 2_991]));
    }
}

#[test]
fn failed_stream_is_aborted() {
    let server = TestServer::start(Database::sqlite(Content::Empty), |_| {});
    many(&server);
    let waiting = send_get(&server, "/v1/impact-statistics.csv");
    let file = server.settings.database_url.trim_start_matches("sqlite://").to_owned();
    std::fs::rename(&file, format!("{file}.away")).unwrap();
    let (response, is_whole) = take(waiting);
    assert!(!is_whole, "an incomplete stream ends like a complete one");
    assert_eq!(response.status, 200);
    std::fs::rename(format!("{file}.away"), &file).unwrap();
    assert!(take(send_get(&server, "/v1/impact-statistics.csv")).1);
}

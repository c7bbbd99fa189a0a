//! A database that continues from another history: a backup put in place of the file, a failover
//! that lost writes. A running server then serves what a fresh one serves, and no entity tag of a
//! lost state is accepted.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::{Value, json};

use crate::support::postgres::PostgresDatabase;
use crate::support::process::{get, printed_api_key, request, send_request, serve};
use crate::support::server::Response;
use crate::support::sqlite::SqliteDatabase;

/// Reads that use every cache: embedded references, counts, facets, summaries, vocabulary, search
/// pages, attributions, content notes, range columns.
const READS: [&str; 32] = [
    "/v1/videos?total=true&limit=50&lang=en",
    "/v1/videos?facets=topic,country,programme,text_language&lang=en",
    "/v1/videos?topic=lost-topic&lang=en",
    "/v1/videos?topic=kept-topic&total=true&lang=en",
    "/v1/videos?q=lost&facets=topic&lang=en",
    "/v1/videos?q=kept&highlights=true&total=true&lang=en",
    "/v1/videos?min_duration=60&facets=topic&total=true&lang=en",
    "/v1/videos/testimonials-part-one?lang=en",
    "/v1/videos/testimonials-part-one?include=topics,programme&lang=en",
    "/v1/videos/lost-video?lang=en",
    "/v1/videos/kept-video?lang=en",
    "/v1/topics?total=true&limit=100&lang=en",
    "/v1/topics/lost-topic?lang=en",
    "/v1/search?q=lost&total=true&facets=kind&lang=en",
    "/v1/search?q=kept&total=true&facets=kind&lang=en",
    "/v1/search?q=lostissimoo&lang=en",
    "/v1/search?q=keptissimoo&lang=en",
    "/v1/suggest?q=lost&lang=en",
    "/v1/suggest?q=kept&lang=en",
    "/v1/suggest?q=ke&lang=en",
    "/v1/impact-statistics?q=lost&total=true&lang=en",
    "/v1/impact-statistics?q=kept&total=true&lang=en",
    "/v1/impact-statistics/summary?group_by=country&separate=true&lang=en",
    "/v1/impact-statistics/summary?group_by=programme&separate=true&lang=en",
    "/v1/impact-statistics?min_value=10&facets=country&total=true&lang=en",
    "/feeds/videos.rss?lang=en",
    "/feeds/videos.json?topic=kept-topic&lang=en",
    "/feeds/videos.atom?topic=lost-topic&lang=en",
    "/embed/videos?lang=en",
    "/sitemap-videos.xml",
    "/v1/videos.csv?lang=en",
    "/catalog.jsonld",
];

fn read_all(address: &str) -> Vec<Response> {
    let read = |path: &&str| Response::parse(get(address, path, "").as_bytes());
    READS.iter().map(read).collect()
}

/// Creates a topic, a video and a statistic with this name in this country, and renames a video.
fn write(address: &str, key: &str, name: &str, country: &str) -> String {
    let send = |method: &str, path: &str, body: &Value| {
        let response = send_request(address, method, path, Some(key), Some(body));
        assert!((200..300).contains(&response.status), "{path}: {}", response.text());
        response
    };
    let (topic, text) = (format!("{name}-topic"), format!("{name}issimo"));
    let topic_body = json!({"slug": topic, "status": "published", "name": text});
    send("POST", "/v1/topics", &topic_body);
    let video = json!({"slug": format!("{name}-video"), "status": "published", "title": text, "topics": [topic], "countries": [country]});
    send("POST", "/v1/videos", &video);
    let statistic = json!({"slug": format!("{name}-figure"), "status": "published", "label": text, "value": "7", "unit": "people", "measure": "unit", "ascending": true, "countries": [country]});
    send("POST", "/v1/impact-statistics", &statistic);
    let renamed = json!({"title": format!("Title that was {name}")});
    let renamed = send("PATCH", "/v1/videos/testimonials-part-one?lang=en", &renamed);
    renamed.required_header("etag").to_owned()
}

fn check_history(directory: &Path, url: &str, save: impl Fn(), restore: impl Fn()) {
    let (served, lines, address) = serve(directory, url, &["--demo"]);
    let key = printed_api_key(&lines);
    read_all(&address);
    save();
    let lost_tag = write(&address, &key, "lost", "TR");
    let lost = read_all(&address);

    restore();
    for _ in 0..200 {
        if get(&address, "/readyz", "").starts_with("HTTP/1.1 200") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    // As many writes as were lost, so that every counter takes the same values again.
    let kept_tag = write(&address, &key, "kept", "AL");
    assert_ne!(lost_tag, kept_tag);
    let (fresh, _, fresh_address) = serve(directory, url, &[]);
    let port = |address: &str| address.rsplit(':').next().expect("a port").to_owned();
    let (port, fresh_port) = (port(&address), port(&fresh_address));
    let running = read_all(&address);
    let expected = read_all(&fresh_address);
    for ((path, running), (expected, lost)) in
        READS.iter().zip(&running).zip(expected.iter().zip(&lost))
    {
        assert_eq!(running.status, expected.status, "{path}: {}", running.text());
        let without_instance = |response: &Response| {
            let text = response.text().replace(&fresh_port, &port);
            match serde_json::from_str::<Value>(&text) {
                Ok(mut body) if response.status >= 400 => {
                    body.as_object_mut().expect("a problem").remove("request_id");
                    body.to_string()
                }
                _ => text,
            }
        };
        assert_eq!(without_instance(running), without_instance(expected), "{path}");
        let (Some(tag), Some(lost_tag)) = (running.header("etag"), lost.header("etag")) else {
            continue;
        };
        if running.body != lost.body {
            assert_ne!(tag, lost_tag, "{path}: the tag of a lost state");
            let header = format!("If-None-Match: {lost_tag}\r\n");
            assert!(get(&address, path, &header).starts_with("HTTP/1.1 200"), "{path}");
        }
    }

    let patch = request(
        &address,
        "PATCH",
        "/v1/videos/testimonials-part-one",
        Some(&key),
        Some(&json!({"recorded_on": "2026-01-01"})),
    );
    for (tag, status) in [(&lost_tag, "412"), (&kept_tag, "200")] {
        let conditional = patch.replacen("\r\n", &format!("\r\nIf-Match: {tag}\r\n"), 1);
        let response =
            crate::support::process::exchange(&address, &conditional).expect("a response");
        let response = String::from_utf8(response).expect("UTF-8");
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{response}");
    }
    drop((served, fresh));
}

#[test]
fn sqlite_backup_in_place_of_file() {
    let file = SqliteDatabase::new(None);
    let database = file.directory().join("kinoteka.db");
    let backup = file.directory().join("backup.db");
    check_history(
        file.directory(),
        &file.url,
        || {
            SqliteConnection::establish(database.to_str().expect("UTF-8"))
                .expect("the file exists")
                .batch_execute(&format!("VACUUM INTO '{}'", backup.display()))
                .expect("copying the database");
        },
        || {
            for name in ["kinoteka.db", "kinoteka.db-wal", "kinoteka.db-shm"] {
                std::fs::remove_file(file.directory().join(name)).expect("the file exists");
            }
            std::fs::rename(&backup, &database).expect("restoring the backup");
        },
    );
}

#[test]
fn postgres_copy_in_place_of_database() {
    let Some(database) = PostgresDatabase::from_template("template0") else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    check_history(
        directory.path(),
        &database.url,
        || database.save_copy(),
        || database.restore_copy(),
    );
}

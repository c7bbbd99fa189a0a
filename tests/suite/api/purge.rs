//! `DELETE …?purge=true`: the content of an item is removed permanently.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use kinoteka::db::Connection;
use kinoteka::http::api_keys::Role;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::TestServer;

/// Every secret word of the purged items contains this.
const MARK: &str = "zabrisko";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}
#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Returns whether the bytes of a file contain the mark.
fn file_contains_mark(file: &String) -> bool {
    let Ok(bytes) = std::fs::read(file) else { return false };
    bytes.to_ascii_lowercase().windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// Returns the files of the database that contain the mark, and the tables of PostgreSQL.
fn remains(server: &TestServer) -> Vec<String> {
    if let Some(path) = server.settings.database_url.strip_prefix("sqlite://") {
        let files = ["", "-wal"].map(|suffix| format!("{path}{suffix}"));
        return files.into_iter().filter(file_contains_mark).collect();
    }
    let store = kinoteka::server::database_from_settings(&server.settings).expect("valid settings");
    let Connection::Postgres(mut connection) = store.connect().expect("a connection") else {
        panic!("another database");
    };
    let tables: Vec<Table> = diesel::sql_query(
        "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'",
    )
    .load(&mut connection)
    .expect("the tables");
    let contains_mark = |name: &String| {
        let query =
            format!("SELECT count(*) AS count FROM {name} t WHERE t::text ILIKE '%{MARK}%'");
        diesel::sql_query(query).get_result::<Count>(&mut connection).expect("a count").count > 0
    };
    let tables: Vec<String> =
        tables.into_iter().map(|table| table.name).filter(contains_mark).collect();
    // The files of tables, of their indexes and of their large values.
    connection.batch_execute("CHECKPOINT").expect("a checkpoint");
    let files: Vec<Table> = diesel::sql_query(
        "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid) AS name FROM pg_class \
         WHERE relkind IN ('r', 'i', 't') AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND oid >= 16384",
    )
    .load(&mut connection)
    .expect("the files");
    let files: Vec<String> = files.into_iter().map(|file| file.name).collect();
    assert!(files.iter().all(|file| std::fs::exists(file).is_ok_and(|exists| exists)), "{files:?}");
    tables.into_iter().chain(files.into_iter().filter(file_contains_mark)).collect()
}

/// Waits until nothing contains the mark. On PostgreSQL that can take until the transactions of other
/// databases end, since they run in the same cluster.
fn expect_no_remains(server: &TestServer) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !remains(server).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", remains(server));
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn create(server: &TestServer, key: &str, path: &str, body: &Value) -> Value {
    let request = server.request("POST", path).key(key).header(
        "Idempotency-Key",
        &format!("\"{path}{}\"", body["slug"].as_str().unwrap_or_default()),
    );
    request.json(body).send().expect(201).json()
}

on_both! {
    fn remains_of_purge_are_removed_when_no_reader_needs_them(server: &TestServer) {
        let admin = server.key(Role::Admin, None).1;
        let store = kinoteka::server::database_from_settings(&server.settings).expect("valid settings");
        let mut reader = store.connect().expect("a connection");
        // Another process reads the state before the purge: it holds a lock, or a snapshot only.
        let begins: &[&str] = match &reader {
            Connection::Sqlite(_) => &["BEGIN; SELECT count(*) FROM items;"],
            Connection::Postgres(_) => &["BEGIN; SELECT count(*) FROM items;", "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;"],
        };
        for (round, begin) in begins.iter().enumerate() {
            create(server, &admin, "/v1/topics", &json!({"slug": format!("zabrisko-{round}"), "status": "published", "name": "Zabrisko"}));
            reader.batch_execute(begin).expect("a snapshot");
            server.request("DELETE", &format!("/v1/topics/zabrisko-{round}?purge=true")).key(&admin).send().expect(204);
            server.create(&admin, "/v1/topics", &json!({"name": format!("Writes go on {round}")}));
            reader.batch_execute("COMMIT").expect("the end of the snapshot");
            expect_no_remains(server);
        }
    }

    demo fn purged_item_leaves_nothing(server: &TestServer) {
        let (editor, admin) = (server.editor_key(), server.key(Role::Admin, None).1);
        let before = server.read("/v1/search?q=testimonails&lang=en")["did_you_mean"].clone();
        let text = |word: &str| json!({"status": "published", "title": format!("Zabrisko{word}"), "summary": format!("zabrisko{word}a ordinary"), "description": "Zabriskod"});
        let video = json!({
            "slug": "zabrisko-film", "status": "published", "translations": {"en": text("b"), "sr-Cyrl": {"status": "published", "title": "Забриско"}, "mk": {"status": "draft", "title": "zabriskodraft"}},
            "sources": [{"kind": "file", "url": "https://zabrisko.example.org/film.mp4"}], "credits": [{"name": "Zabrisko Person", "role": "director"}],
        });
        let video = create(server, &editor, "/v1/videos", &video);
        let statistic = json!({"slug": "zabrisko-figure", "status": "published", "label": "Zabriskofigure", "value": "5", "unit": "people", "measure": "unit", "ascending": true,
            "disaggregation": [{"dimension": "zabriskogroup", "value": "Zabriskovalue"}], "evidence": [{"video": "zabrisko-film"}]});
        create(server, &editor, "/v1/impact-statistics", &statistic);
        let track = "WEBVTT\n\nNOTE zabriskonote\n\n00:01.000 --> 00:02.000\nZabriskospoken\n";
        server.request("PUT", "/v1/videos/zabrisko-film/captions/en?label=Zabriskolabel").key(&editor).header("Content-Type", "text/vtt").body(track).send().expect(201);
        server.patch(&editor, "/v1/videos/zabrisko-film", &json!({"translations": {"en": {"title": "Zabriskorenamed"}}, "slug": "zabrisko-renamed"}));
        for path in ["/v1/videos?q=zabriskorename", "/v1/suggest?q=zabri", "/v1/search?q=zabriskorenamedd", "/v1/impact-statistics?facets=dimension", "/v1/impact-statistics/summary?group_by=dimension:zabriskogroup"] {
            server.get(path);
        }
        assert!(!remains(server).is_empty(), "the mark is found where it is");

        let delete = |key: &str, path: &str| server.request("DELETE", path).key(key).send();
        delete(&editor, "/v1/videos/zabrisko-renamed?purge=true").problem(403, "forbidden");
        delete(&admin, "/v1/videos/zabrisko-renamed?purge=maybe").errors(400, &[("purge", "invalid_value")]);
        delete(&admin, "/v1/videos/zabrisko-renamed?purge=true").problem(409, "conflict");
        server.get("/v1/videos/zabrisko-renamed").expect(200);
        // One was deleted before, the other is public.
        delete(&editor, "/v1/impact-statistics/zabrisko-figure").expect(204);
        delete(&admin, "/v1/impact-statistics/zabrisko-figure?purge=true").expect(204);
        delete(&admin, "/v1/videos/zabrisko-renamed?purge=true").expect(204);
        expect_no_remains(server);

        let id = video["id"].as_str().expect("an id");
        for name in ["zabrisko-film", "zabrisko-renamed", id] {
            for key in [None, Some(&admin)] {
                let request = server.request("GET", &format!("/v1/videos/{name}"));
                let problem = key.map_or(server.request("GET", &format!("/v1/videos/{name}")), |key| request.key(key)).send().problem(410, "gone");
                assert!(!problem["detail"].to_string().contains("purged:"), "{problem}");
            }
        }
        delete(&admin, "/v1/videos/zabrisko-renamed?purge=true").problem(410, "gone");
        server.request("POST", &format!("/v1/videos/{id}/restore")).key(&admin).send().problem(410, "gone");
        // The slugs stay reserved.
        for slug in ["zabrisko-film", "zabrisko-renamed"] {
            let again = json!({"slug": slug, "title": "Again"});
            server.request("POST", "/v1/videos").key(&editor).json(&again).send().problem(409, "conflict");
        }
        let generated = server.create(&editor, "/v1/videos", &json!({"title": "Zabrisko film"}));
        assert_eq!(generated["slug"], "zabrisko-film-2");
        // Everything else is as before.
        assert_eq!(server.read("/v1/search?q=testimonails&lang=en")["did_you_mean"], before);
        assert_eq!(server.read("/v1/videos?q=testimonials&total=true&lang=en")["page"]["total"], 2);
    }
}

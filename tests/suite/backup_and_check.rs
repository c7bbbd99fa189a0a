//! `kinoteka check` and `kinoteka backup`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use kinoteka::http::problem::Problem;
use serde_json::{Value, json};

use crate::support::database::{self, Content, Database};
use crate::support::process::{
    expect_exit, kinoteka, printed_api_key, run, send_request, serve, stderr_text, stdout_text,
};
use crate::support::sqlite::SqliteDatabase;

/// Runs a test with the demo catalogue on both databases, where they are installed.
pub fn on_both(test: impl Fn(&Path, &str)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = Database::sqlite(Content::Demo);
    test(directory.path(), database.url());
    if let Some(database) = Database::postgres(Content::Demo) {
        test(directory.path(), database.url());
    }
}

pub fn damage(url: &str, sql: &str) {
    let store =
        kinoteka::server::database_from_settings(&database::settings(url)).expect("valid settings");
    let sql = if url.starts_with("sqlite") {
        format!("PRAGMA foreign_keys = OFF; {sql}")
    } else {
        sql.to_owned()
    };
    store
        .connect()
        .expect("the database opens")
        .batch_execute(&sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub fn findings(output: &std::process::Output) -> Vec<Value> {
    stdout_text(output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("each finding is JSON"))
        .collect()
}

#[test]
fn check_passes_on_demo_catalogue() {
    on_both(|directory, url| {
        let output = expect_exit(run(directory, url, &["check"]), 0);
        assert!(
            stdout_text(&output).is_empty()
                && stderr_text(&output).contains("39 items checked: no problems found."),
            "{}{}",
            stdout_text(&output),
            stderr_text(&output)
        );
    });
}

#[test]
fn check_repairs_derived_data() {
    let video =
        "(SELECT number FROM items WHERE slug = 'testimonials-part-one' AND kind = 'video')";
    let damages = [
        (format!("DELETE FROM filter_index WHERE item = {video}"), "filter_index_stale"),
        (format!("UPDATE filter_index SET is_public = NOT is_public WHERE item = {video}"), "filter_index_stale"),
        (format!("UPDATE filter_index SET bloom_signature = bloom_signature - 1 WHERE item = {video}"), "filter_index_stale"),
        (format!("DELETE FROM search_index WHERE (rowid >> 2) & 268435455 = {video}"), "search_index_stale"),
        (format!("UPDATE items SET tracks = '[]' WHERE number = {video}"), "tracks_stale"),
        (format!("DELETE FROM videos WHERE number = {video}"), "columns_stale"),
        (format!("UPDATE videos SET duration_seconds = 7 WHERE number = {video}"), "columns_stale"),
        (format!("UPDATE items SET languages = 'en' WHERE number = {video}"), "languages_stale"),
        (format!("UPDATE items SET is_public = NOT is_public WHERE number = {video}"), "visibility_stale"),
        (format!("DELETE FROM slugs WHERE item = {video}"), "slug_not_reserved"),
        (
            "UPDATE items SET fields = replace(fields, '\"unit\":\"women\"', '\"unit\":\"men\"') WHERE slug = 'women-who-know-their-rights'"
                .to_owned(),
            "copy_stale",
        ),
    ];
    on_both(|directory, url| {
        for (sql, code) in &damages {
            damage(url, sql);
            let found = findings(&expect_exit(run(directory, url, &["check", "--json"]), 1));
            let this = found
                .iter()
                .find(|finding| finding["code"] == *code)
                .unwrap_or_else(|| panic!("{sql}: {found:?}"));
            let subject = if *code == "copy_stale" {
                "impact statistic `women-who-know-their-rights`"
            } else {
                "video `testimonials-part-one`"
            };
            assert_eq!(
                (&this["subject"], &this["derived"], &this["repaired"]),
                (&json!(subject), &json!(true), &json!(false))
            );
            let text = stdout_text(&expect_exit(run(directory, url, &["check"]), 1));
            assert!(text.contains(code) && text.contains("kinoteka check --repair"), "{text}");
            let repaired =
                findings(&expect_exit(run(directory, url, &["check", "--repair", "--json"]), 0));
            assert!(
                repaired.iter().all(|finding| finding["repaired"] == true) && !repaired.is_empty(),
                "{repaired:?}"
            );
            expect_exit(run(directory, url, &["check"]), 0);
        }
        let (_served, _, address) = serve(directory, url, &[]);
        let list = send_request(
            &address,
            "GET",
            "/v1/videos?country=AL&q=testimonials&text_language=mk",
            None,
            None,
        )
        .json();
        assert!(
            crate::support::server::slugs(&list).contains(&"testimonials-part-one".to_owned()),
            "it is found again: {list}"
        );
        let statistic = send_request(
            &address,
            "GET",
            "/v1/impact-statistics/women-who-know-their-rights",
            None,
            None,
        )
        .json();
        assert_eq!((&statistic["unit"], &statistic["revision"]), (&json!("women"), &json!(2)));
    });
}

#[test]
fn running_server_detects_repair() {
    on_both(|directory, url| {
        let created = expect_exit(
            run(directory, url, &["key", "create", "--role", "editor", "--name", "test"]),
            0,
        );
        let key = printed_api_key(&[stdout_text(&created)]);
        let statistic = "(SELECT number FROM items WHERE kind = 'impact_statistic' AND slug = 'women-who-know-their-rights')";
        damage(
            url,
            &format!(
                "UPDATE impact_statistics SET fact_record = replace(fact_record, '3500', '3501') WHERE number = {statistic}"
            ),
        );
        damage(
            url,
            "DELETE FROM filter_index WHERE item = (SELECT number FROM items WHERE slug = 'testimonials-part-one' AND kind = 'video')",
        );
        let (_served, _, address) = serve(directory, url, &[]);
        let read = |path: &str| send_request(&address, "GET", path, None, None).json();
        let sums = || {
            let summary = read("/v1/impact-statistics/summary?group_by=indicator&separate=true");
            let sum = |indicator: &str| {
                let groups = summary["data"].as_array().expect("groups");
                let group = groups
                    .iter()
                    .find(|group| group["keys"][0]["value"] == indicator)
                    .expect("the group exists");
                group["sum"]["value"].as_str().expect("a sum").to_owned()
            };
            (sum("women-aware-of-their-rights"), sum("partnerships-on-survivor-services"))
        };
        let counted = || read("/v1/videos?facets=country&limit=1")["facets"].clone();
        assert_eq!(sums(), ("3501".to_owned(), "40".to_owned()));
        let before = counted();
        let body = json!({"value": "41"});
        let target = "/v1/impact-statistics/new-partnerships-on-survivor-services";
        assert_eq!(send_request(&address, "PATCH", target, Some(&key), Some(&body)).status, 200);
        assert_eq!(
            sums(),
            ("3501".to_owned(), "41".to_owned()),
            "only changed rows are read again"
        );
        expect_exit(run(directory, url, &["check", "--repair"]), 0);
        assert_eq!(sums(), ("3500".to_owned(), "41".to_owned()));
        assert_ne!(counted(), before);
    });
}

#[test]
fn check_reports_but_does_not_change_editorial_data() {
    let video =
        "(SELECT number FROM items WHERE slug = 'testimonials-part-one' AND kind = 'video')";
    let damages = [
        (format!("DELETE FROM texts WHERE language = 'en' AND key / 512 = {video}"), "original_text_missing"),
        (format!("UPDATE items SET fields = '' WHERE number = {video}"), "row_damaged"),
        (format!("UPDATE items SET reference_list = '[' WHERE number = {video}"), "row_damaged"),
        (
            format!(
                "UPDATE items SET reference_list = '[[\"topics\",\"00000000000070008000000000000000\",null,null,null]]' WHERE number = {video}"
            ),
            "refers_to_nothing",
        ),
        ("UPDATE items SET deleted_at = updated_at WHERE kind = 'topic' AND slug = 'testimonials'".to_owned(), "refers_to_deleted"),
    ];
    for (sql, code) in &damages {
        on_both(|directory, url| {
            damage(url, sql);
            for arguments in [&["check", "--json"][..], &["check", "--json", "--repair"]] {
                let found = findings(&expect_exit(run(directory, url, arguments), 1));
                let this = found
                    .iter()
                    .find(|finding| finding["code"] == *code)
                    .unwrap_or_else(|| panic!("{sql}: {found:?}"));
                assert_eq!((&this["derived"], &this["repaired"]), (&json!(false), &json!(false)));
                assert!(this["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
            }
        });
    }
}

#[test]
fn check_names_corruption_missing_schema_and_bad_settings() {
    let database = SqliteDatabase::new(None);
    let output = expect_exit(run(database.directory(), &database.url, &["check"]), 2);
    assert!(stderr_text(&output).contains("kinoteka"), "{}", stderr_text(&output));

    let demo = Database::sqlite(Content::Demo);
    damage(demo.url(), "DELETE FROM items WHERE kind = 'video' AND slug = 'testimonials-part-one'");
    let found =
        findings(&expect_exit(run(database.directory(), demo.url(), &["check", "--json"]), 1));
    assert!(found.iter().any(|finding| finding["code"] == "database_damaged"), "{found:?}");

    on_both(|directory, url| {
        let damages = [
            (
                "INSERT INTO texts (key, language, status, title, sort_key) VALUES (512000000, 'en', 'draft', 'x', '')",
                "texts",
            ),
            (
                "UPDATE filter_index SET item = 1000000 WHERE item = (SELECT min(item) FROM filter_index)",
                "filter index",
            ),
        ];
        for (sql, what) in damages {
            damage(url, sql);
            let found = findings(&expect_exit(run(directory, url, &["check", "--json"]), 1));
            let is_expected = |finding: &Value| {
                finding["code"] == "database_damaged"
                    && finding["detail"].as_str().unwrap().contains(what)
            };
            assert!(found.iter().any(is_expected), "{what}: {found:?}");
        }
    });

    let demo = Database::sqlite(Content::Demo);
    let output = kinoteka(database.directory(), demo.url(), &["check"])
        .env("KINOTEKA_CACHE_SECOND", "5")
        .output()
        .expect("the program runs");
    let text = stdout_text(&expect_exit(output, 1));
    assert!(
        text.contains("KINOTEKA_CACHE_SECOND")
            && text.contains("did you mean `KINOTEKA_CACHE_SECONDS`?"),
        "{text}"
    );
}

#[test]
fn backup_under_writes_is_consistent() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}", directory.path().join("kinoteka.db").display());
    let (served, lines, address) = serve(directory.path(), &url, &["--demo"]);
    let key = printed_api_key(&lines);
    let create = |number: usize| {
        let body = json!({"slug": format!("t-{number}"), "name": format!("Topic {number}"), "status": "published"});
        send_request(&address, "POST", "/v1/topics", Some(&key), Some(&body)).status
    };
    for number in 0..20 {
        assert_eq!(create(number), 201);
    }
    let done = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut number = 20;
            while !done.load(Ordering::Relaxed) {
                assert_eq!(create(number), 201);
                number += 1;
            }
            number
        });
        for number in 0..3 {
            let output = expect_exit(
                run(directory.path(), &url, &["backup", &format!("copy-{number}.db")]),
                0,
            );
            assert!(stderr_text(&output).contains("checked"), "{}", stderr_text(&output));
        }
        done.store(true, Ordering::Relaxed);
        writer.join().expect("the writer completes")
    });
    assert!(written > 20, "too few writes during the backup");
    drop(served);
    let left: Vec<String> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!left.iter().any(|name| name.contains(".part")), "{left:?}");

    let copy = format!("sqlite://{}", directory.path().join("copy-2.db").display());
    expect_exit(run(directory.path(), &copy, &["check"]), 0);
    let (_restored, _, address) = serve(directory.path(), &copy, &[]);
    for number in 0..20 {
        assert_eq!(
            send_request(&address, "GET", &format!("/v1/topics/t-{number}"), None, None).status,
            200
        );
    }
    assert_eq!(send_request(&address, "GET", "/v1/topics?q=topic&limit=1", None, None).status, 200);
    let body = json!({"slug": "after", "name": "After"});
    assert_eq!(
        send_request(&address, "POST", "/v1/topics", Some(&key), Some(&body)).status,
        201,
        "the copy has the API keys and is writable"
    );
}

#[test]
fn backup_never_overwrites_and_reports_unsupported() {
    let demo = Database::sqlite(Content::Demo);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let there = directory.path().join("there.db");
    std::fs::write(&there, "mine").unwrap();
    let output = expect_exit(run(directory.path(), demo.url(), &["backup", "there.db"]), 2);
    assert!(stderr_text(&output).contains("already exists"), "{}", stderr_text(&output));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
    expect_exit(run(directory.path(), demo.url(), &["backup", "no/such/directory/copy.db"]), 2);
    expect_exit(run(directory.path(), demo.url(), &["backup"]), 2);
    expect_exit(run(directory.path(), "sqlite://no-such.db", &["backup", "copy.db"]), 2);
    assert!(!directory.path().join("copy.db").exists(), "a missing database is backed up");
    if let Some(postgres) = Database::postgres(Content::Empty) {
        let output = expect_exit(run(directory.path(), postgres.url(), &["backup", "copy.db"]), 2);
        assert!(stderr_text(&output).contains("pg_dump"), "{}", stderr_text(&output));
    }
    let quoted = directory.path().join("it's a copy.db");
    expect_exit(run(directory.path(), demo.url(), &["backup", "it's a copy.db"]), 0);
    let store = kinoteka::server::database_from_settings(&database::settings(&format!(
        "sqlite://{}",
        quoted.display()
    )))
    .expect("valid settings");
    store.write_blocking(|_| Ok::<_, Problem>(())).expect("the database opens");
}

//! `kinoteka check` and `kinoteka backup`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use kinoteka::http::problem::Problem;
use serde_json::{Value, json};

use crate::support::database::{self, Content, Database};
use crate::support::process::{ask, ended, err, kinoteka, out, printed_key, run, serve};
use crate::support::sqlite::SqliteDatabase;

/// The first catalogue on both databases, where they are installed.
pub fn on_both(test: impl Fn(&Path, &str)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = Database::sqlite(Content::Demo);
    test(directory.path(), database.url());
    if let Some(database) = Database::postgres(Content::Demo) {
        test(directory.path(), database.url());
    }
}

pub fn damage(url: &str, sql: &str) {
    let store = kinoteka::server::database_from_settings(&database::settings(url))
        .expect("the settings are right");
    let sql = if url.starts_with("sqlite") {
        format!("PRAGMA foreign_keys = OFF; {sql}")
    } else {
        sql.to_owned()
    };
    store
        .connect()
        .expect("it opens")
        .batch_execute(&sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub fn findings(output: &std::process::Output) -> Vec<Value> {
    out(output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("each finding is JSON"))
        .collect()
}

#[test]
fn the_first_catalogue_is_well() {
    on_both(|directory, url| {
        let output = ended(run(directory, url, &["check"]), 0);
        assert!(
            out(&output).is_empty() && err(&output).contains("39 items checked: all is well."),
            "{}{}",
            out(&output),
            err(&output)
        );
    });
}

#[test]
fn what_is_derived_is_found_and_made_again() {
    let video =
        "(SELECT number FROM items WHERE slug = 'testimonials-part-one' AND kind = 'video')";
    let damages = [
        (format!("DELETE FROM facets WHERE item = {video}"), "filter_index_stale"),
        (format!("UPDATE facets SET is_public = NOT is_public WHERE item = {video}"), "filter_index_stale"),
        (format!("UPDATE facets SET signature = signature - 1 WHERE item = {video}"), "filter_index_stale"),
        (format!("DELETE FROM search_index WHERE (rowid >> 2) & 268435455 = {video}"), "search_index_stale"),
        (format!("UPDATE items SET tracks = '[]' WHERE number = {video}"), "tracks_stale"),
        (format!("DELETE FROM videos WHERE number = {video}"), "columns_stale"),
        (format!("UPDATE videos SET duration_seconds = 7 WHERE number = {video}"), "columns_stale"),
        (format!("UPDATE items SET languages = 'en' WHERE number = {video}"), "languages_stale"),
        (format!("UPDATE items SET is_public = NOT is_public WHERE number = {video}"), "visibility_stale"),
        (format!("DELETE FROM slugs WHERE item = {video}"), "slug_not_reserved"),
        (
            "UPDATE items SET own = replace(own, '\"unit\":\"women\"', '\"unit\":\"men\"') WHERE slug = 'women-who-know-their-rights'"
                .to_owned(),
            "copy_stale",
        ),
    ];
    on_both(|directory, url| {
        for (sql, code) in &damages {
            damage(url, sql);
            let found = findings(&ended(run(directory, url, &["check", "--json"]), 1));
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
                (&this["subject"], &this["derived"], &this["mended"]),
                (&json!(subject), &json!(true), &json!(false))
            );
            let text = out(&ended(run(directory, url, &["check"]), 1));
            assert!(text.contains(code) && text.contains("kinoteka check --repair"), "{text}");
            let mended = findings(&ended(run(directory, url, &["check", "--repair", "--json"]), 0));
            assert!(
                mended.iter().all(|finding| finding["mended"] == true) && !mended.is_empty(),
                "{mended:?}"
            );
            ended(run(directory, url, &["check"]), 0);
        }
        let (_served, _, address) = serve(directory, url, &[]);
        let list = ask(
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
        let statistic =
            ask(&address, "GET", "/v1/impact-statistics/women-who-know-their-rights", None, None)
                .json();
        assert_eq!((&statistic["unit"], &statistic["revision"]), (&json!("women"), &json!(2)));
    });
}

#[test]
fn a_server_that_runs_takes_note_of_what_was_mended() {
    on_both(|directory, url| {
        let created =
            ended(run(directory, url, &["key", "create", "--role", "editor", "--name", "test"]), 0);
        let key = printed_key(&[out(&created)]);
        let statistic = "(SELECT number FROM items WHERE kind = 'impact_statistic' AND slug = 'women-who-know-their-rights')";
        damage(
            url,
            &format!(
                "UPDATE impact_statistics SET facts = replace(facts, '3500', '3501') WHERE number = {statistic}"
            ),
        );
        damage(
            url,
            "DELETE FROM facets WHERE item = (SELECT number FROM items WHERE slug = 'testimonials-part-one' AND kind = 'video')",
        );
        let (_served, _, address) = serve(directory, url, &[]);
        let read = |path: &str| ask(&address, "GET", path, None, None).json();
        let sums = || {
            let summary = read("/v1/impact-statistics/summary?group_by=indicator&apart=true");
            let sum = |indicator: &str| {
                let groups = summary["data"].as_array().expect("groups");
                let group = groups
                    .iter()
                    .find(|group| group["keys"][0]["value"] == indicator)
                    .expect("it is there");
                group["sum"]["value"].as_str().expect("a sum").to_owned()
            };
            (sum("women-aware-of-their-rights"), sum("partnerships-on-survivor-services"))
        };
        let counted = || read("/v1/videos?facets=country&limit=1")["facets"].clone();
        assert_eq!(sums(), ("3501".to_owned(), "40".to_owned()));
        let before = counted();
        let body = json!({"value": "41"});
        let target = "/v1/impact-statistics/new-partnerships-on-survivor-services";
        assert_eq!(ask(&address, "PATCH", target, Some(&key), Some(&body)).status, 200);
        assert_eq!(
            sums(),
            ("3501".to_owned(), "41".to_owned()),
            "only what was written is read again"
        );
        ended(run(directory, url, &["check", "--repair"]), 0);
        assert_eq!(sums(), ("3500".to_owned(), "41".to_owned()));
        assert_ne!(counted(), before);
    });
}

#[test]
fn what_people_wrote_is_found_and_left_to_them() {
    let video =
        "(SELECT number FROM items WHERE slug = 'testimonials-part-one' AND kind = 'video')";
    let damages = [
        (format!("DELETE FROM texts WHERE language = 'en' AND key / 512 = {video}"), "original_text_missing"),
        (format!("UPDATE items SET own = '' WHERE number = {video}"), "row_damaged"),
        (format!("UPDATE items SET refers_to = '[' WHERE number = {video}"), "row_damaged"),
        (
            format!(
                "UPDATE items SET refers_to = '[[\"topics\",\"00000000000070008000000000000000\",null,null,null]]' WHERE number = {video}"
            ),
            "refers_to_nothing",
        ),
        ("UPDATE items SET deleted_at = updated_at WHERE kind = 'topic' AND slug = 'testimonials'".to_owned(), "refers_to_deleted"),
    ];
    for (sql, code) in &damages {
        on_both(|directory, url| {
            damage(url, sql);
            for arguments in [&["check", "--json"][..], &["check", "--json", "--repair"]] {
                let found = findings(&ended(run(directory, url, arguments), 1));
                let this = found
                    .iter()
                    .find(|finding| finding["code"] == *code)
                    .unwrap_or_else(|| panic!("{sql}: {found:?}"));
                assert_eq!((&this["derived"], &this["mended"]), (&json!(false), &json!(false)));
                assert!(this["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
            }
        });
    }
}

#[test]
fn a_damaged_file_a_missing_schema_and_a_mistyped_setting_are_named() {
    let database = SqliteDatabase::new(None);
    let output = ended(run(database.directory(), &database.url, &["check"]), 2);
    assert!(err(&output).contains("kinoteka"), "{}", err(&output));

    let demo = Database::sqlite(Content::Demo);
    damage(demo.url(), "DELETE FROM items WHERE kind = 'video' AND slug = 'testimonials-part-one'");
    let found = findings(&ended(run(database.directory(), demo.url(), &["check", "--json"]), 1));
    assert!(found.iter().any(|finding| finding["code"] == "database_damaged"), "{found:?}");

    on_both(|directory, url| {
        let nobody = [
            (
                "INSERT INTO texts (key, language, status, title, sort_key) VALUES (512000000, 'en', 'draft', 'x', '')",
                "texts",
            ),
            (
                "UPDATE facets SET item = 1000000 WHERE item = (SELECT min(item) FROM facets)",
                "filter index",
            ),
        ];
        for (sql, what) in nobody {
            damage(url, sql);
            let found = findings(&ended(run(directory, url, &["check", "--json"]), 1));
            let told = |finding: &Value| {
                finding["code"] == "database_damaged"
                    && finding["detail"].as_str().unwrap().contains(what)
            };
            assert!(found.iter().any(told), "{what}: {found:?}");
        }
    });

    let demo = Database::sqlite(Content::Demo);
    let output = kinoteka(database.directory(), demo.url(), &["check"])
        .env("KINOTEKA_CACHE_SECOND", "5")
        .output()
        .expect("it runs");
    let text = out(&ended(output, 1));
    assert!(
        text.contains("KINOTEKA_CACHE_SECOND")
            && text.contains("did you mean `KINOTEKA_CACHE_SECONDS`?"),
        "{text}"
    );
}

#[test]
fn a_backup_made_while_others_write_is_whole_and_can_be_served() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}", directory.path().join("kinoteka.db").display());
    let (served, lines, address) = serve(directory.path(), &url, &["--demo"]);
    let key = printed_key(&lines);
    let create = |number: usize| {
        let body = json!({"slug": format!("t-{number}"), "name": format!("Topic {number}"), "status": "published"});
        ask(&address, "POST", "/v1/topics", Some(&key), Some(&body)).status
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
            let output =
                ended(run(directory.path(), &url, &["backup", &format!("copy-{number}.db")]), 0);
            assert!(err(&output).contains("checked"), "{}", err(&output));
        }
        done.store(true, Ordering::Relaxed);
        writer.join().expect("it writes")
    });
    assert!(written > 20, "it was written to meanwhile");
    drop(served);
    let left: Vec<String> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!left.iter().any(|name| name.contains(".part")), "{left:?}");

    let copy = format!("sqlite://{}", directory.path().join("copy-2.db").display());
    ended(run(directory.path(), &copy, &["check"]), 0);
    let (_restored, _, address) = serve(directory.path(), &copy, &[]);
    for number in 0..20 {
        assert_eq!(ask(&address, "GET", &format!("/v1/topics/t-{number}"), None, None).status, 200);
    }
    assert_eq!(ask(&address, "GET", "/v1/topics?q=topic&limit=1", None, None).status, 200);
    let body = json!({"slug": "after", "name": "After"});
    assert_eq!(
        ask(&address, "POST", "/v1/topics", Some(&key), Some(&body)).status,
        201,
        "keys are kept, and it can be written to"
    );
}

#[test]
fn a_backup_overwrites_nothing_and_says_what_it_cannot_do() {
    let demo = Database::sqlite(Content::Demo);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let there = directory.path().join("there.db");
    std::fs::write(&there, "mine").unwrap();
    let output = ended(run(directory.path(), demo.url(), &["backup", "there.db"]), 2);
    assert!(err(&output).contains("there already"), "{}", err(&output));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
    ended(run(directory.path(), demo.url(), &["backup", "no/such/directory/copy.db"]), 2);
    ended(run(directory.path(), demo.url(), &["backup"]), 2);
    ended(run(directory.path(), "sqlite://no-such.db", &["backup", "copy.db"]), 2);
    assert!(!directory.path().join("copy.db").exists(), "no backup of nothing");
    if let Some(postgres) = Database::postgres(Content::Nothing) {
        let output = ended(run(directory.path(), postgres.url(), &["backup", "copy.db"]), 2);
        assert!(err(&output).contains("pg_dump"), "{}", err(&output));
    }
    let quoted = directory.path().join("it's a copy.db");
    ended(run(directory.path(), demo.url(), &["backup", "it's a copy.db"]), 0);
    let store = kinoteka::server::database_from_settings(&database::settings(&format!(
        "sqlite://{}",
        quoted.display()
    )))
    .expect("the settings are right");
    store.write_blocking(|_| Ok::<_, Problem>(())).expect("it opens");
}

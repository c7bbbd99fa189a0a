//! `kinoteka reindex`, and the findings of `kinoteka check` about the full-text index.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kinoteka::db::Connection;
use kinoteka::db::connection::{Access, SessionConfig, Target};
use kinoteka::db::search::segments;
use serde_json::{Value, json};

use crate::backup_and_check::{damage, findings, on_both};
use crate::support::database::{Content, Database};
use crate::support::process::{
    expect_exit, kinoteka, run, run_with_input, send_request, serve, stderr_text, stdout_text,
};
use crate::support::server::slugs;
use crate::support::{generated_catalogue, lines};

const OTHER: &str = "do not match the texts of the item";
const MISSING: &str = "missing or superfluous";

/// Runs a test with the generated catalogue on both databases, where they are installed.
fn on_both_generated(test: impl Fn(&Path, &str)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = Database::sqlite(Content::Generated);
    test(directory.path(), database.url());
    if let Some(database) = Database::postgres(Content::Generated) {
        test(directory.path(), database.url());
    }
}

fn number(kind: &str, slug: &str) -> String {
    format!("(SELECT number FROM items WHERE slug = '{slug}' AND kind = '{kind}')")
}

/// Runs `check`; returns subjects and details of its findings, all on the full-text index.
fn stale(directory: &Path, url: &str) -> Vec<(String, String)> {
    let found = findings(&expect_exit(run(directory, url, &["check", "--json"]), 1));
    let text = |finding: &Value, name: &str| finding[name].as_str().expect("a text").to_owned();
    for finding in &found {
        assert_eq!(
            (&finding["code"], &finding["derived"]),
            (&json!("search_index_stale"), &json!(true)),
            "{found:?}"
        );
        let remedy = text(finding, "remedy");
        assert!(
            remedy.contains("`kinoteka reindex`") && remedy.contains("`kinoteka check --repair`"),
            "{remedy}"
        );
    }
    found.iter().map(|finding| (text(finding, "subject"), text(finding, "detail"))).collect()
}

#[test]
fn repairs_orphaned_index_entries() {
    let video = number("video", "testimonials-part-one");
    let entries = format!("(rowid >> 2) & 268435455 = {video}");
    let subject = "video `testimonials-part-one`";
    let insert = |key: &str, from: &str| {
        [
            format!("INSERT INTO search_index (rowid, words) SELECT {key}, ' z vaquokka ' {from}"),
            format!(
                "INSERT INTO search_index (rowid, words, document) SELECT {key}, ' z vaquokka ', array_to_tsvector(ARRAY['z', 'vaquokka']) {from}"
            ),
        ]
    };
    let one = format!("FROM search_index WHERE {entries} ORDER BY rowid DESC LIMIT 1");
    let both = |sql: String| [sql.clone(), sql];
    let damages = [
        (both(format!("DELETE FROM search_index WHERE {entries}")), subject, MISSING),
        // An extra entry among valid ones.
        (insert("rowid - rowid % 4 + (rowid % 4 + 1) % 3", &one), subject, MISSING),
        (
            both(format!("UPDATE search_index SET words = ' z vaquokka ' WHERE {entries}")),
            subject,
            OTHER,
        ),
        (
            [
                format!("UPDATE search_index SET words = '' WHERE {entries}"),
                format!(
                    "UPDATE search_index SET document = array_to_tsvector(ARRAY['z', 'vaquokka']) WHERE {entries}"
                ),
            ],
            subject,
            OTHER,
        ),
        // Entries of a missing item, and at a row id that no item has.
        (
            insert("4294967296 + 4000000", ""),
            "database",
            "1 orphaned entries in the full-text index",
        ),
        (
            insert("rowid - rowid % 4 + 3", &one),
            "database",
            "1 orphaned entries in the full-text index",
        ),
    ];
    on_both(|directory, url| {
        expect_exit(run(directory, url, &["check"]), 0);
        for (sql, subject, detail) in &damages {
            let [sqlite, postgres] = sql;
            let sql = if url.starts_with("sqlite") { sqlite } else { postgres };
            for (arguments, expected) in
                [(&["reindex"][..], "39 items reindexed"), (&["check", "--repair"], "1 repaired")]
            {
                damage(url, sql);
                let found = stale(directory, url);
                assert!(
                    found.len() == 1 && found[0].0 == *subject && found[0].1.contains(detail),
                    "{sql}: {found:?}"
                );
                let output = expect_exit(run(directory, url, arguments), 0);
                assert!(stderr_text(&output).contains(expected), "{sql}: {}", stderr_text(&output));
                expect_exit(run(directory, url, &["check"]), 0);
            }
        }
    });
}

/// Number of segments of SQLite's index; 0 on PostgreSQL.
fn segments_of(url: &str) -> i64 {
    let store = kinoteka::server::database_from_settings(&crate::support::database::settings(url))
        .expect("valid settings");
    segments::count(&mut store.connect().expect("the database opens"))
        .expect("segments are counted")
}

#[test]
fn merges_segments() {
    on_both(|directory, url| {
        let of_sqlite = i64::from(url.starts_with("sqlite"));
        expect_exit(
            run_with_input(directory, url, &["import", "-"], &lines(&generated_catalogue())),
            0,
        );
        assert_eq!(segments_of(url), of_sqlite, "after an import of much");
        let part = || {
            for number in 1..=12 {
                if url.starts_with("sqlite") {
                    damage(
                        url,
                        "INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0)",
                    );
                    damage(
                        url,
                        &format!(
                            "INSERT INTO search_index (rowid, words) VALUES ({number}, ' z vaquokka ')"
                        ),
                    );
                    damage(url, &format!("DELETE FROM search_index WHERE rowid = {number}"));
                }
            }
            assert!(segments_of(url) >= 12 * of_sqlite, "{}", segments_of(url));
        };
        part();
        expect_exit(run(directory, url, &["reindex"]), 0);
        assert_eq!(segments_of(url), of_sqlite);
        // A server merges segments in the background without losing entries.
        part();
        let (_served, _, address) = serve(directory, url, &[]);
        let merged = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            segments_of(url) == of_sqlite
        });
        assert!(merged, "{}", segments_of(url));
        let list =
            send_request(&address, "GET", "/v1/videos?q=football&fields=slug", None, None).json();
        assert!(!slugs(&list).is_empty(), "{list}");
        expect_exit(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn reindex_picks_up_direct_database_changes() {
    let rename = |kind: &str, slug: &str, word: &str| {
        format!(
            "UPDATE texts SET title = '{word} of an island' WHERE key / 512 = {} AND language = 'en'",
            number(kind, slug)
        )
    };
    on_both(|directory, url| {
        let (_served, _, address) = serve(directory, url, &[]);
        let found = |word: &str| {
            let response = send_request(
                &address,
                "GET",
                &format!("/v1/videos?q={word}&total=true&fields=slug"),
                None,
                None,
            );
            let (tag, list) = (response.required_header("etag").to_owned(), response.json());
            assert_eq!(
                list["page"]["total"],
                slugs(&list).len(),
                "the cached count is as current as the list"
            );
            (tag, slugs(&list))
        };
        for (word, arguments) in [("quokka", &["reindex"][..]), ("quoll", &["check", "--repair"])] {
            let (before, nothing) = found(word);
            assert!(nothing.is_empty());
            damage(url, &rename("video", "testimonials-part-one", word));
            assert_eq!(
                stale(directory, url),
                [(
                    "video `testimonials-part-one`".to_owned(),
                    format!("Its entries in the full-text index {OTHER}.")
                )]
            );
            let output = expect_exit(run(directory, url, arguments), 0);
            expect_exit(run(directory, url, &["check"]), 0);
            let (after, one) = found(word);
            assert_eq!(one, ["testimonials-part-one"], "{}", stderr_text(&output));
            assert_ne!(before, after, "the ETag of the search has changed");
            // Without findings nothing changes, and ETags stay valid.
            let again = expect_exit(run(directory, url, &["reindex"]), 0);
            assert!(
                stderr_text(&again)
                    .contains(" 0 of which were out of date; 0 orphaned entries removed."),
                "{}",
                stderr_text(&again)
            );
            assert_eq!(found(word).0, after);
        }
        // Videos are also found by the name of their topic.
        damage(url, &rename("topic", "testimonials", "numbat"));
        let stale = stale(directory, url);
        assert!(
            stale.len() > 1 && stale.iter().any(|(subject, _)| subject == "topic `testimonials`"),
            "{stale:?}"
        );
        assert!(found("numbat").1.is_empty());
        let output = expect_exit(run(directory, url, &["reindex"]), 0);
        assert!(
            stderr_text(&output).contains(&format!(" {} of which were out of date", stale.len())),
            "{}",
            stderr_text(&output)
        );
        expect_exit(run(directory, url, &["check"]), 0);
        assert_eq!(
            found("numbat").1.len(),
            stale.iter().filter(|(subject, _)| subject.starts_with("video")).count()
        );
    });
}

#[test]
fn repair_reindexes_referencing_items() {
    let topic = number("topic", "testimonials");
    on_both(|directory, url| {
        // All items were indexed while the topic was a draft.
        damage(url, &format!("UPDATE items SET is_public = NOT is_public WHERE number = {topic}"));
        expect_exit(run(directory, url, &["reindex"]), 0);
        let found = findings(&expect_exit(run(directory, url, &["check", "--json"]), 1));
        assert!(found.iter().all(|finding| finding["code"] != "search_index_stale"), "{found:?}");
        expect_exit(run(directory, url, &["check", "--repair"]), 0);
        expect_exit(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn unsupported_fts5_letters_are_not_reported() {
    let names = [
        "🅐🅱 quokka",
        "Ა Ꭰꭰ 𞤀𞤢",
        "Ᲊ 𐐀𐕰 Ꟊ",
        "ꙮ ǅ ŉ ı İ",
        "ⅷ ½ ² ௧",
        "日本 \u{1100}\u{1161} \u{f8ff} a\u{301}\u{20dd} \u{915}\u{94d}\u{937}",
        "—",
    ];
    let lines: Vec<String> = (0..)
        .zip(names)
        .map(|(number, name)| json!({"resource": "topic", "slug": format!("t-{number}"), "name": name, "status": "published"}).to_string())
        .collect();
    on_both(|directory, url| {
        expect_exit(run_with_input(directory, url, &["import", "-"], &lines.join("\n")), 0);
        expect_exit(run(directory, url, &["check"]), 0);
        let output = expect_exit(run(directory, url, &["reindex"]), 0);
        assert!(stderr_text(&output).contains(" 0 of which"), "{}", stderr_text(&output));
        // A changed entry among them is a finding.
        damage(
            url,
            &format!(
                "UPDATE texts SET title = '🅐🅱 numbat' WHERE key / 512 = {}",
                number("topic", "t-0")
            ),
        );
        assert_eq!(stale(directory, url).len(), 1);
    });
}

#[test]
fn reindex_does_not_block_reads_or_writes() {
    on_both_generated(|directory, url| {
        let key = stdout_text(&expect_exit(
            run(directory, url, &["key", "create", "--role", "editor", "--name", "K"]),
            0,
        ))
        .trim()
        .to_owned();
        let (_served, _, address) = serve(directory, url, &[]);
        let body =
            |number: usize| json!({"name": format!("Quokka {number}"), "status": "published"});
        for number in 0..30 {
            send_request(
                &address,
                "PUT",
                &format!("/v1/topics/quokka-{number}"),
                Some(&key),
                Some(&body(number)),
            )
            .expect(201);
        }
        let search = || {
            let list = send_request(
                &address,
                "GET",
                "/v1/topics?q=quokka&total=true&limit=100&fields=slug",
                None,
                None,
            )
            .expect(200)
            .json();
            assert_eq!(
                (list["page"]["total"].as_i64(), slugs(&list).len()),
                (Some(30), 30),
                "{list}"
            );
        };
        let (done, searches, writes) =
            (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        let ends = || done.load(Ordering::Relaxed);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !ends() {
                    search();
                    searches.fetch_add(1, Ordering::Relaxed);
                }
            });
            scope.spawn(|| {
                for number in (0..30).cycle().take_while(|_| !ends()) {
                    let body =
                        json!({"description": format!("{}", writes.load(Ordering::Relaxed))});
                    send_request(
                        &address,
                        "PATCH",
                        &format!("/v1/topics/quokka-{number}"),
                        Some(&key),
                        Some(&body),
                    )
                    .expect(200);
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            });
            let outputs: Vec<_> = (0..2).map(|_| run(directory, url, &["reindex"])).collect();
            let checked = run(directory, url, &["check"]);
            done.store(true, Ordering::Relaxed);
            for output in outputs {
                let stderr = stderr_text(&expect_exit(output, 0));
                // Items written meanwhile may be reported as stale, since the index was read
                // before.
                assert!(
                    stderr.contains("items reindexed")
                        && stderr.contains(" 0 orphaned entries removed."),
                    "{stderr}"
                );
            }
            expect_exit(checked, 0);
        });
        let (searches, writes) = (searches.into_inner(), writes.into_inner());
        assert!(searches > 5 && writes > 5, "{searches} searches, {writes} writes");
        search();
        expect_exit(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn killed_reindex_can_be_rerun() {
    on_both_generated(|directory, url| {
        damage(url, "UPDATE texts SET title = title || ' quokka' WHERE language = 'en'");
        let all = stale(directory, url).len();
        assert!(all > 600, "{all}");
        let mut child = kinoteka(directory, url, &["reindex"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines =
            BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let first = lines.find(|line| line.contains(" %")).expect("the program reports progress");
        child.kill().expect("the program runs");
        child.wait().expect("the program ends");
        assert!(first.contains(" items, 1"), "{first}");
        let left = stale(directory, url).len();
        assert!(left > 0 && left < all, "{left} of {all} entries are outdated");
        let output = expect_exit(run(directory, url, &["reindex"]), 0);
        assert!(
            stderr_text(&output).contains(&format!(" {left} of which were out of date")),
            "{}",
            stderr_text(&output)
        );
        assert!(stderr_text(&output).contains(" 100 %"), "{}", stderr_text(&output));
        expect_exit(run(directory, url, &["check"]), 0);
        let (_served, _, address) = serve(directory, url, &[]);
        let list =
            send_request(&address, "GET", "/v1/videos?q=quokka&total=true&limit=1", None, None)
                .json();
        assert!(list["page"]["total"].as_i64() > Some(400), "{list}");
    });
}

#[test]
fn reindex_reports_write_errors() {
    on_both(|directory, url| {
        let long = Duration::from_secs(5);
        let session = SessionConfig {
            busy_timeout: long,
            statement_timeout: long,
            slow_query_threshold: long,
        };
        let mut other =
            Connection::open(&Target::parse(url).expect("an address"), Access::Write, session)
                .expect("the database opens");
        other.begin_write().expect("the lock is free");
        let output = expect_exit(run(directory, url, &["reindex", "--database-wait-ms", "200"]), 1);
        assert!(
            stderr_text(&output).contains("run `kinoteka reindex` again"),
            "{}",
            stderr_text(&output)
        );
        drop(other);
        expect_exit(run(directory, url, &["reindex"]), 0);
        expect_exit(run(directory, url, &["reindex", "now"]), 2);
    });
    let nothing = Database::sqlite(Content::Empty);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let output = expect_exit(run(directory.path(), nothing.url(), &["reindex"]), 0);
    assert!(stderr_text(&output).contains("0 items reindexed"), "{}", stderr_text(&output));
    expect_exit(run(directory.path(), "sqlite://no/such/directory/kinoteka.db", &["reindex"]), 2);
}

#[test]
fn corrupt_index_is_reported_as_damaged_database() {
    let demo = Database::sqlite(Content::Demo);
    let directory = tempfile::tempdir().expect("a temporary directory");
    damage(
        demo.url(),
        "UPDATE search_index_data SET block = x'00000008' || substr(block, 5) WHERE id > 10",
    );
    let output = expect_exit(run(directory.path(), demo.url(), &["check", "--json"]), 1);
    let is_expected = |finding: &Value| {
        finding["code"] == "database_damaged"
            && finding["detail"].as_str().unwrap().contains("search_index")
    };
    assert!(
        findings(&output).iter().any(is_expected),
        "{}{}",
        stdout_text(&output),
        stderr_text(&output)
    );
}

#[test]
fn index_of_older_analysis_is_rebuilt() {
    let outdated = [
        // Before the first migration that stores the version, and by an older version.
        "DELETE FROM derived_versions",
        "UPDATE derived_versions SET version = 1",
    ];
    on_both(|directory, url| {
        let count = findings(&run(directory, url, &["check", "--json"])).len();
        assert_eq!(count, 0);
        for (number, sql) in (0..).zip(outdated) {
            // The entries are those of a program that found no stems.
            let entries = if url.starts_with("sqlite") {
                "UPDATE search_index SET words = ' z vaquokka '"
            } else {
                "UPDATE search_index SET words = ' z vaquokka ', document = array_to_tsvector(ARRAY['z', 'vaquokka'])"
            };
            damage(url, entries);
            damage(url, sql);
            let message = "the full-text index was built by an older version of kinoteka";
            let refused = expect_exit(run(directory, url, &["check"]), 2);
            assert!(stderr_text(&refused).contains(message), "{}", stderr_text(&refused));
            let mut without_migration = kinoteka(directory, url, &["key", "list"]);
            without_migration.env("KINOTEKA_AUTO_MIGRATE", "false");
            let refused = expect_exit(without_migration.output().unwrap(), 2);
            assert!(
                stderr_text(&refused).contains("run `kinoteka migrate` first"),
                "{}",
                stderr_text(&refused)
            );
            if number == 0 {
                let migrated = expect_exit(run(directory, url, &["migrate"]), 0);
                assert!(
                    stderr_text(&migrated).contains(" items reindexed in "),
                    "{}",
                    stderr_text(&migrated)
                );
            }
            // A server rebuilds the index when it starts, and does not when it starts again.
            let (served, _, address) = serve(directory, url, &[]);
            let list = send_request(&address, "GET", "/v1/videos?q=women&total=true", None, None);
            assert_ne!(list.expect(200).json()["page"]["total"], 0);
            send_request(&address, "GET", "/readyz", None, None).expect(200);
            damage(url, "UPDATE derived_versions SET version = 1000");
            let unready = send_request(&address, "GET", "/readyz", None, None).expect(503);
            assert!(unready.text().contains("newer version of kinoteka"), "{}", unready.text());
            drop(served);
            expect_exit(run(directory, url, &["reindex"]), 0);
            expect_exit(run(directory, url, &["check"]), 0);
        }
    });
}

#[test]
fn servers_that_start_together_rebuild_once() {
    on_both(|directory, url| {
        damage(url, "UPDATE derived_versions SET version = 1");
        let start = || {
            let mut command = kinoteka(directory, url, &["migrate"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        };
        let started = [start(), start()];
        let outputs = started.map(|child| child.wait_with_output().expect("it ends"));
        let rebuilt = outputs
            .map(|output| stderr_text(&expect_exit(output, 0)).contains(" items reindexed in "));
        assert!(rebuilt.contains(&true));
        // SQLite has no lock for this; both write the same entries.
        assert!(url.starts_with("sqlite") || rebuilt.contains(&false));
        expect_exit(run(directory, url, &["check"]), 0);
    });
}

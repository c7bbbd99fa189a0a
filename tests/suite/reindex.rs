//! `kinoteka reindex`, and what `kinoteka check` says of the full-text index.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kinoteka::db::Connection;
use kinoteka::db::connection::{Access, SessionConfig, Target};
use kinoteka::db::search::segments;
use serde_json::{Value, json};

use crate::support::database::{Content, Database};
use crate::support::process::{ask, ended, err, fed, kinoteka, out, run, serve};
use crate::support::server::slugs;
use crate::support::{generated_catalogue, lines};
use crate::upkeep::{damage, findings, on_both};

const OTHER: &str = "hold other words than it does";
const MISSING: &str = "missing, or left over";

/// The generated catalogue on both databases, where they are installed.
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

/// What `check` finds, all of it about the full-text index: subjects and details.
fn stale(directory: &Path, url: &str) -> Vec<(String, String)> {
    let found = findings(&ended(run(directory, url, &["check", "--json"]), 1));
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
fn what_the_index_holds_beside_the_items_is_found_and_mended() {
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
        // An entry that should not be beside those that should.
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
        // Entries of an item that is not there, and at a place that none has.
        (
            insert("4294967296 + 4000000", ""),
            "database",
            "1 entries of the full-text index belong to no item",
        ),
        (
            insert("rowid - rowid % 4 + 3", &one),
            "database",
            "1 entries of the full-text index belong to no item",
        ),
    ];
    on_both(|directory, url| {
        ended(run(directory, url, &["check"]), 0);
        for (sql, subject, detail) in &damages {
            let [sqlite, postgres] = sql;
            let sql = if url.starts_with("sqlite") { sqlite } else { postgres };
            for (mend, told) in
                [(&["reindex"][..], "39 items reindexed"), (&["check", "--repair"], "1 repaired")]
            {
                damage(url, sql);
                let found = stale(directory, url);
                assert!(
                    found.len() == 1 && found[0].0 == *subject && found[0].1.contains(detail),
                    "{sql}: {found:?}"
                );
                let output = ended(run(directory, url, mend), 0);
                assert!(err(&output).contains(told), "{sql}: {}", err(&output));
                ended(run(directory, url, &["check"]), 0);
            }
        }
    });
}

/// How many segments SQLite's index has; 0 on PostgreSQL, which has none.
fn segments_of(url: &str) -> i64 {
    let store = kinoteka::server::database_from_settings(&crate::support::database::settings(url))
        .expect("the settings are right");
    segments::count(&mut store.connect().expect("it opens")).expect("they are counted")
}

#[test]
fn segments_are_merged() {
    on_both(|directory, url| {
        let of_sqlite = i64::from(url.starts_with("sqlite"));
        ended(fed(directory, url, &["import", "-"], &lines(&generated_catalogue())), 0);
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
        ended(run(directory, url, &["reindex"]), 0);
        assert_eq!(segments_of(url), of_sqlite);
        // A server does it by itself, and loses nothing.
        part();
        let (_served, _, address) = serve(directory, url, &[]);
        let merged = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            segments_of(url) == of_sqlite
        });
        assert!(merged, "{}", segments_of(url));
        let list = ask(&address, "GET", "/v1/videos?q=football&fields=slug", None, None).json();
        assert!(!slugs(&list).is_empty(), "{list}");
        ended(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn what_was_renamed_behind_the_back_of_the_index_is_found_by_its_new_name() {
    let rename = |kind: &str, slug: &str, word: &str| {
        format!(
            "UPDATE texts SET title = '{word} of an island' WHERE key / 512 = {} AND language = 'en'",
            number(kind, slug)
        )
    };
    on_both(|directory, url| {
        let (_served, _, address) = serve(directory, url, &[]);
        let found = |word: &str| {
            let answer = ask(
                &address,
                "GET",
                &format!("/v1/videos?q={word}&total=true&fields=slug"),
                None,
                None,
            );
            let (tag, list) = (answer.must("etag").to_owned(), answer.json());
            assert_eq!(
                list["page"]["total"],
                slugs(&list).len(),
                "the count is kept no longer than the list"
            );
            (tag, slugs(&list))
        };
        for (word, mend) in [("quokka", &["reindex"][..]), ("quoll", &["check", "--repair"])] {
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
            let output = ended(run(directory, url, mend), 0);
            ended(run(directory, url, &["check"]), 0);
            let (after, one) = found(word);
            assert_eq!(one, ["testimonials-part-one"], "{}", err(&output));
            assert_ne!(before, after, "the tag of the search has changed");
            // Where all is well nothing changes, and tags stay.
            let again = ended(run(directory, url, &["reindex"]), 0);
            assert!(
                err(&again).contains(" 0 of which were out of date; 0 orphaned entries removed."),
                "{}",
                err(&again)
            );
            assert_eq!(found(word).0, after);
        }
        // The videos of a topic are found by its name too.
        damage(url, &rename("topic", "testimonials", "numbat"));
        let stale = stale(directory, url);
        assert!(
            stale.len() > 1 && stale.iter().any(|(subject, _)| subject == "topic `testimonials`"),
            "{stale:?}"
        );
        assert!(found("numbat").1.is_empty());
        let output = ended(run(directory, url, &["reindex"]), 0);
        assert!(
            err(&output).contains(&format!(" {} of which were out of date", stale.len())),
            "{}",
            err(&output)
        );
        ended(run(directory, url, &["check"]), 0);
        assert_eq!(
            found("numbat").1.len(),
            stale.iter().filter(|(subject, _)| subject.starts_with("video")).count()
        );
    });
}

#[test]
fn mending_an_item_mends_what_is_found_by_its_name() {
    let topic = number("topic", "testimonials");
    on_both(|directory, url| {
        // All was indexed while the topic was taken for a draft.
        damage(url, &format!("UPDATE items SET is_public = NOT is_public WHERE number = {topic}"));
        ended(run(directory, url, &["reindex"]), 0);
        let found = findings(&ended(run(directory, url, &["check", "--json"]), 1));
        assert!(found.iter().all(|finding| finding["code"] != "search_index_stale"), "{found:?}");
        ended(run(directory, url, &["check", "--repair"]), 0);
        ended(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn letters_that_fts5_does_not_know_are_no_finding() {
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
        ended(fed(directory, url, &["import", "-"], &lines.join("\n")), 0);
        ended(run(directory, url, &["check"]), 0);
        let output = ended(run(directory, url, &["reindex"]), 0);
        assert!(err(&output).contains(" 0 of which"), "{}", err(&output));
        // And a change among them is one.
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
fn searches_and_writes_go_on_while_the_index_is_written() {
    on_both_generated(|directory, url| {
        let key = out(&ended(
            run(directory, url, &["key", "create", "--role", "editor", "--name", "K"]),
            0,
        ))
        .trim()
        .to_owned();
        let (_served, _, address) = serve(directory, url, &[]);
        let body =
            |number: usize| json!({"name": format!("Quokka {number}"), "status": "published"});
        for number in 0..30 {
            ask(
                &address,
                "PUT",
                &format!("/v1/topics/quokka-{number}"),
                Some(&key),
                Some(&body(number)),
            )
            .expect(201);
        }
        let search = || {
            let list = ask(
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
                    ask(
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
                let told = err(&ended(output, 0));
                // What is written meanwhile may be told as stale, since the index was read before.
                assert!(
                    told.contains("items reindexed")
                        && told.contains(" 0 orphaned entries removed."),
                    "{told}"
                );
            }
            ended(checked, 0);
        });
        let (searches, writes) = (searches.into_inner(), writes.into_inner());
        assert!(searches > 5 && writes > 5, "{searches} searches, {writes} writes");
        search();
        ended(run(directory, url, &["check"]), 0);
    });
}

#[test]
fn a_reindex_that_is_killed_can_be_run_again() {
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
        let first = lines.find(|line| line.contains(" %")).expect("it tells how far it is");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert!(first.contains(" items, 1"), "{first}");
        let left = stale(directory, url).len();
        assert!(left > 0 && left < all, "{left} of {all} are left");
        let output = ended(run(directory, url, &["reindex"]), 0);
        assert!(
            err(&output).contains(&format!(" {left} of which were out of date")),
            "{}",
            err(&output)
        );
        assert!(err(&output).contains(" 100 %"), "{}", err(&output));
        ended(run(directory, url, &["check"]), 0);
        let (_served, _, address) = serve(directory, url, &[]);
        let list =
            ask(&address, "GET", "/v1/videos?q=quokka&total=true&limit=1", None, None).json();
        assert!(list["page"]["total"].as_i64() > Some(400), "{list}");
    });
}

#[test]
fn a_reindex_that_cannot_write_says_so() {
    on_both(|directory, url| {
        let long = Duration::from_secs(5);
        let session = SessionConfig {
            busy_timeout: long,
            statement_timeout: long,
            slow_query_threshold: long,
        };
        let mut other =
            Connection::open(&Target::parse(url).expect("an address"), Access::Write, session)
                .expect("it opens");
        other.begin_write().expect("the lock is free");
        let output = ended(run(directory, url, &["reindex", "--database-wait-ms", "200"]), 1);
        assert!(err(&output).contains("run `kinoteka reindex` again"), "{}", err(&output));
        drop(other);
        ended(run(directory, url, &["reindex"]), 0);
        ended(run(directory, url, &["reindex", "now"]), 2);
    });
    let nothing = Database::sqlite(Content::Nothing);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let output = ended(run(directory.path(), nothing.url(), &["reindex"]), 0);
    assert!(err(&output).contains("0 items reindexed"), "{}", err(&output));
    ended(run(directory.path(), "sqlite://no/such/directory/kinoteka.db", &["reindex"]), 2);
}

#[test]
fn an_index_that_sqlite_cannot_read_is_a_damaged_database() {
    let demo = Database::sqlite(Content::Demo);
    let directory = tempfile::tempdir().expect("a temporary directory");
    damage(
        demo.url(),
        "UPDATE search_index_data SET block = x'00000008' || substr(block, 5) WHERE id > 10",
    );
    let output = ended(run(directory.path(), demo.url(), &["check", "--json"]), 1);
    let told = |finding: &Value| {
        finding["code"] == "database_damaged"
            && finding["detail"].as_str().unwrap().contains("search_index")
    };
    assert!(findings(&output).iter().any(told), "{}{}", out(&output), err(&output));
}

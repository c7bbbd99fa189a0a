//! The command line: output, stored data and exit status.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use kinoteka::db::Connection;
use kinoteka::db::connection::{Access, SessionConfig, Target};

use crate::support::postgres::PostgresDatabase;
use crate::support::process::{
    expect_exit, get, printed_api_key, run, run_with_input, send_request, serve, stderr_text,
    stdout_text, terminate,
};
use crate::support::sqlite::SqliteDatabase;

/// Runs a test on both databases, where they are installed.
pub fn on_both(test: impl Fn(&Path, &str)) {
    let file = SqliteDatabase::new(None);
    test(file.directory(), &file.url);
    if let Some(database) = PostgresDatabase::from_template("template0") {
        let file = SqliteDatabase::new(None);
        test(file.directory(), &database.url);
    }
}

#[test]
fn key_create_prints_only_key_to_stdout() {
    on_both(|directory, url| {
        let made = expect_exit(
            run(directory, url, &["key", "create", "--role", "editor", "--name", "Web team"]),
            0,
        );
        let key = stdout_text(&made);
        assert!(
            key.starts_with("kino_")
                && key.ends_with('\n')
                && key.lines().count() == 1
                && key.trim().len() > 40,
            "{key}"
        );
        assert!(
            stderr_text(&made).contains("Web team") && !stderr_text(&made).contains(key.trim())
        );
        let list = stdout_text(&expect_exit(run(directory, url, &["key", "list"]), 0));
        assert!(
            list.contains("Web team")
                && list.contains("editor")
                && list.contains("active")
                && !list.contains(key.trim()),
            "{list}"
        );
        let id = list
            .lines()
            .nth(1)
            .and_then(|line| line.split('\t').next())
            .expect("the key is listed")
            .to_owned();
        expect_exit(run(directory, url, &["key", "revoke", &id]), 0);
        assert!(stdout_text(&run(directory, url, &["key", "list"])).contains("revoked"));
        expect_exit(run(directory, url, &["key", "revoke", &id]), 2);
    });
}

#[test]
fn key_create_rejects_invalid_arguments() {
    let file = SqliteDatabase::new(None);
    for arguments in [
        &["key", "create", "--role", "owner", "--name", "X"][..],
        &["key", "create", "--role", "editor"],
        &["key", "create", "--role", "editor", "--name", ""],
        &["key", "create", "--role", "editor", "--name", "X", "--expires", "2001-01-01"],
        &["key", "create", "--role", "editor", "--name", "X", "--expires", "soon"],
        &["key", "revoke", "x"],
    ] {
        let output = expect_exit(run(file.directory(), &file.url, arguments), 2);
        assert!(
            stdout_text(&output).is_empty() && !stderr_text(&output).contains("panicked"),
            "{arguments:?}: {}",
            stderr_text(&output)
        );
    }
    expect_exit(
        run(
            file.directory(),
            &file.url,
            &["key", "create", "--role", "viewer", "--name", "X", "--expires", "90d"],
        ),
        0,
    );
}

#[test]
fn import_is_repeatable_and_export_round_trips() {
    let mut exports = Vec::new();
    let collected = std::sync::Mutex::new(&mut exports);
    on_both(|directory, url| {
        std::fs::write(directory.join("first.ndjson"), kinoteka::commands::DEMO_CATALOGUE)
            .expect("writing the file");
        let first = expect_exit(run(directory, url, &["import", "first.ndjson"]), 0);
        assert!(
            stderr_text(&first).contains("39 items stored, 0 unchanged."),
            "{}",
            stderr_text(&first)
        );
        let exported = stdout_text(&expect_exit(run(directory, url, &["export"]), 0));
        assert_eq!(exported.lines().count(), 39);
        let again = expect_exit(run(directory, url, &["import", "first.ndjson"]), 0);
        assert!(
            stderr_text(&again).contains("0 items stored, 39 unchanged."),
            "{}",
            stderr_text(&again)
        );
        assert_eq!(
            stdout_text(&run(directory, url, &["export"])),
            exported,
            "the export is unchanged"
        );
        let back = expect_exit(run_with_input(directory, url, &["import", "-"], &exported), 0);
        assert!(
            stderr_text(&back).contains("0 items stored, 39 unchanged."),
            "{}",
            stderr_text(&back)
        );
        let other = SqliteDatabase::new(None);
        expect_exit(run_with_input(directory, &other.url, &["import", "-"], &exported), 0);
        assert_eq!(
            stdout_text(&run(directory, &other.url, &["export"])),
            exported,
            "the copy equals the original"
        );
        let published_at = |line: &str| {
            let mut line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
            line["published_at"].take();
            line.to_string()
        };
        collected
            .lock()
            .expect("one at a time")
            .push(exported.lines().map(published_at).collect::<Vec<_>>());
    });
    assert!(
        exports.windows(2).all(|pair| pair[0] == pair[1]),
        "the exports of both databases are equal"
    );
}

#[test]
fn exports_with_later_parents_are_imported_into_empty_databases() {
    let lines = |with_parents: bool| -> String {
        let line = |kind: &str, title: &str, slug: &str, parent: Option<&str>| {
            let mut line = serde_json::json!({"resource": kind, "slug": slug, title: slug});
            if let Some(parent) = parent.filter(|_| with_parents) {
                line["parent"] = parent.into();
            }
            format!("{line}\n")
        };
        [("result", "title"), ("topic", "name")]
            .into_iter()
            .flat_map(|(kind, title)| {
                [("n1", Some("n2")), ("n2", Some("n3")), ("n3", None)]
                    .map(|(slug, parent)| line(kind, title, slug, parent))
            })
            .collect()
    };
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    on_both(|directory, url| {
        for input in [lines(false), lines(true)] {
            expect_exit(run_with_input(directory, url, &["import", "-"], &input), 0);
        }
        let exported = stdout_text(&expect_exit(run(directory, url, &["export"]), 0));
        assert!(exported.find(r#""slug":"n1""#) < exported.find(r#""slug":"n3""#), "{exported}");
        let other = SqliteDatabase::new(None);
        expect_exit(run_with_input(directory, &other.url, &["import", "-"], &exported), 0);
        let copy = stdout_text(&run(directory, &other.url, &["export"]));
        assert_eq!(sorted(&copy), sorted(&exported));
        let cycle = lines(true).replace(r#""slug":"n3""#, r#""slug":"n3","parent":"n1""#);
        let refused = run_with_input(directory, &other.url, &["import", "-"], &cycle);
        assert!(stderr_text(&expect_exit(refused, 2)).contains("nothing was imported"));
    });
}

#[test]
fn export_and_import_text_tracks() {
    let webvtt = "WEBVTT Titull\n\nSTYLE\n::cue { color: lime }\n\nfirst\n00:00:01.000 --> 00:00:02.000 line:0\n<v Ana>Asnjë grua nuk është vetëm.\n";
    let track = |language: &str, webvtt: &str| {
        serde_json::json!({"resource": "text_track", "video": "film", "kind": "captions", "language": language, "label": "Shqip", "webvtt": webvtt}).to_string()
    };
    let video = r#"{"resource": "video", "slug": "film", "status": "published", "title": "Film"}"#;
    on_both(|directory, url| {
        let lines = [track("sq", webvtt), video.to_owned()].join("\n");
        let dry_run = run_with_input(directory, url, &["import", "--dry-run", "-"], &lines);
        let message = stderr_text(&expect_exit(dry_run, 0));
        assert!(
            message.contains("1 items would be created, 1 changed, 0 unchanged; nothing was"),
            "{message}"
        );
        let first = expect_exit(run_with_input(directory, url, &["import", "-"], &lines), 0);
        assert!(
            stderr_text(&first).contains("2 items stored, 0 unchanged."),
            "{}",
            stderr_text(&first)
        );
        let exported = stdout_text(&expect_exit(run(directory, url, &["export"]), 0));
        let last: serde_json::Value =
            serde_json::from_str(exported.lines().last().expect("there are lines"))
                .expect("a line is JSON");
        assert_eq!(
            last,
            serde_json::from_str::<serde_json::Value>(&track("sq", webvtt))
                .expect("a line is JSON")
        );
        let back = expect_exit(run_with_input(directory, url, &["import", "-"], &exported), 0);
        assert!(
            stderr_text(&back).contains("0 items stored, 2 unchanged."),
            "{}",
            stderr_text(&back)
        );
        let other = SqliteDatabase::new(None);
        expect_exit(run_with_input(directory, &other.url, &["import", "-"], &exported), 0);
        assert_eq!(
            stdout_text(&run(directory, &other.url, &["export"])),
            exported,
            "the copy equals the original"
        );
        expect_exit(run(directory, url, &["check"]), 0);
        let wrong = [
            track("sq", "WEBVTT\n\n00:02.000 --> 00:01.000\nx\n"),
            track("mk", webvtt).replace("film", "none"),
            track("mk", webvtt).replace("kind", "sort"),
            track("mk", webvtt).replace("Shqip", &"S".repeat(201)),
        ];
        let refused = stderr_text(&expect_exit(
            run_with_input(directory, url, &["import", "-"], &wrong.join("\n")),
            2,
        ));
        for expected in [
            "line 1: captions of `film` in `sq`: line 3 of the track:",
            "line 2: captions of `none` in `mk`: there is no such video",
            "line 3: not a text track:",
            "line 4: captions of `film` in `mk`: `label` has at most 200 characters",
            "nothing was imported",
        ] {
            assert!(refused.contains(expected), "{expected}: {refused}");
        }
    });
}

#[test]
fn import_reports_bad_lines_and_stores_nothing() {
    on_both(|directory, url| {
        let lines = [
            r#"{"resource": "topic", "slug": "good", "name": "Good"}"#,
            r#"{"resource": "topic", "slug": "bad", "#,
            "",
            r#"{"resource": "film", "slug": "x"}"#,
            r#"{"resource": "topic", "slug": "Bad Slug", "name": "X"}"#,
            r#"{"resource": "video", "slug": "v", "title": "V", "countries": ["RX"], "programme": "none"}"#,
            "[]",
            r#"{"resource": "topic", "name": "No slug"}"#,
            r#"{"resource": "topic", "slug": "t", "name": "T", "\u001b[2J": 1}"#,
        ];
        let output =
            expect_exit(run_with_input(directory, url, &["import", "-"], &lines.join("\n")), 2);
        let stderr = stderr_text(&output);
        let numbers: Vec<&str> = stderr
            .lines()
            .filter_map(|line| line.split_once("line ")?.1.split(':').next())
            .collect();
        assert_eq!(numbers, ["2", "4", "5", "6", "6", "7", "8", "9"], "{stderr}");
        assert!(!stderr.contains('\u{1b}'), "control characters are printed: {stderr:?}");
        assert!(
            stderr.contains("/countries/0")
                && stderr.contains("/programme")
                && stderr.contains("nothing was imported"),
            "{stderr}"
        );
        assert_eq!(stdout_text(&expect_exit(run(directory, url, &["export"]), 0)), "");
    });
}

#[test]
fn import_reports_unreadable_input_in_one_line() {
    let file = SqliteDatabase::new(None);
    std::fs::write(file.directory().join("latin1.ndjson"), b"{\"resource\": \"topic\",\n \xff}")
        .expect("writing the file");
    for (argument, expected) in [
        ("missing.ndjson", "missing.ndjson"),
        ("latin1.ndjson", "line 2: not UTF-8"),
        (".", "cannot read"),
    ] {
        let output = expect_exit(run(file.directory(), &file.url, &["import", argument]), 2);
        assert!(
            stderr_text(&output).lines().count() == 1 && stderr_text(&output).contains(expected),
            "{}",
            stderr_text(&output)
        );
    }
}

#[test]
fn serve_demo_starts_and_stops() {
    on_both(|directory, url| {
        let (mut served, lines, address) = serve(directory, url, &["--demo"]);
        let key = printed_api_key(&lines);
        let response = get(&address, "/v1/videos?total=true", "");
        assert!(
            response.starts_with("HTTP/1.1 200") && response.contains("\"total\":8"),
            "{response}"
        );
        assert!(
            get(&address, "/v1/videos?status=draft", &format!("Authorization: Bearer {key}\r\n"))
                .starts_with("HTTP/1.1 200")
        );
        assert!(get(&address, "/docs", "").starts_with("HTTP/1.1 200"));
        let keys = stdout_text(&expect_exit(run(directory, url, &["key", "list"]), 0));
        let demo_key = keys.lines().find(|line| line.ends_with("\tdemo")).expect("the demo key");
        let time = |column: usize| {
            demo_key
                .split('\t')
                .nth(column)
                .and_then(|time| chrono::DateTime::parse_from_rfc3339(time).ok())
                .unwrap_or_else(|| panic!("no time: {demo_key}"))
        };
        let expected_expiry = time(3) + chrono::Duration::days(30);
        assert!((time(4) - expected_expiry).num_seconds().abs() <= 1, "{demo_key}");
        terminate(&served);
        assert_eq!(served.0.wait().expect("the server stops").code(), Some(0));
        drop(served);
        // A second start finds the catalogue and creates no further key.
        let (served, lines, address) = serve(directory, url, &["--demo"]);
        assert!(!lines.iter().any(|line| line.contains("kino_")), "{}", lines.join("\n"));
        assert!(get(&address, "/v1/partners?total=true", "").contains("\"total\":5"));
        drop(served);
    });
}

#[test]
fn serve_reports_start_error_in_one_line() {
    let file = SqliteDatabase::new(None);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let missing = format!("sqlite://{}/no/such/directory/kinoteka.db", file.directory().display());
    expect_exit(run(file.directory(), &file.url, &["migrate"]), 0);
    for (url, arguments, expected) in [
        (file.url.as_str(), vec!["serve", "--bind", &address], address.as_str()),
        (file.url.as_str(), vec!["serve", "--bind", "not-an-address"], "not-an-address"),
        (missing.as_str(), vec!["serve"], "cannot open the database"),
        (missing.as_str(), vec!["key", "list"], "cannot open the database"),
        (missing.as_str(), vec!["migrate"], "cannot open the database"),
        ("postgres:///x?host=/nonexistent", vec!["serve"], "cannot open the database"),
        ("mysql://x", vec!["serve"], "DATABASE_URL"),
        ("sqlite://:memory:", vec!["serve"], "DATABASE_URL"),
        (
            file.url.as_str(),
            vec!["serve", "--base-url", "catalogue.example.org"],
            "KINOTEKA_BASE_URL",
        ),
        (file.url.as_str(), vec!["serve", "--xk-footnote", "own"], "KINOTEKA_XK_FOOTNOTE_TEXT"),
        (
            file.url.as_str(),
            vec!["serve", "--fallback-languages", "en,english"],
            "KINOTEKA_FALLBACK_LANGUAGES",
        ),
        (
            file.url.as_str(),
            vec!["serve", "--cors-origins", "example.org"],
            "KINOTEKA_CORS_ORIGINS",
        ),
        (
            file.url.as_str(),
            vec!["serve", "--replica-url", "postgres:///x"],
            "KINOTEKA_REPLICA_URL",
        ),
        (file.url.as_str(), vec!["serve", "--readers", "0"], "KINOTEKA_READERS"),
    ] {
        let output = expect_exit(run(file.directory(), url, &arguments), 2);
        let lines: Vec<String> = stderr_text(&output)
            .lines()
            .filter(|line| !line.starts_with("time="))
            .map(str::to_owned)
            .collect();
        assert!(
            lines.len() == 1 && lines[0].starts_with("kinoteka: ") && lines[0].contains(expected),
            "{arguments:?}: {}",
            stderr_text(&output)
        );
    }
    drop(taken);
}

#[test]
fn reports_all_invalid_settings() {
    let file = SqliteDatabase::new(None);
    let output = expect_exit(
        run(
            file.directory(),
            "mysql://x",
            &["serve", "--base-url", "x", "--readers", "0", "--max-body-bytes", "1"],
        ),
        2,
    );
    assert_eq!(stderr_text(&output).lines().count(), 4, "{}", stderr_text(&output));
    for (hub, base, expected) in [
        ("https://hub.example.org/", None, "KINOTEKA_WEBSUB_HUB requires KINOTEKA_BASE_URL"),
        ("hub.example.org", Some("https://example.org"), "KINOTEKA_WEBSUB_HUB must be"),
        ("https://hub.example.org/,x", Some("https://example.org"), "KINOTEKA_WEBSUB_HUB must be"),
    ] {
        let arguments = ["serve", "--websub-hub", hub]
            .into_iter()
            .chain(base.into_iter().flat_map(|base| ["--base-url", base]));
        let output =
            expect_exit(run(file.directory(), &file.url, &arguments.collect::<Vec<_>>()), 2);
        assert!(
            stderr_text(&output).contains(expected) && stderr_text(&output).lines().count() == 1,
            "{hub}: {}",
            stderr_text(&output)
        );
    }
    // A value that clap rejects.
    let output = expect_exit(run(file.directory(), &file.url, &["serve", "--docs", "perhaps"]), 2);
    assert!(stderr_text(&output).contains("--docs"));
    expect_exit(run(file.directory(), &file.url, &["paint"]), 2);
}

#[test]
fn reads_settings_from_file() {
    let file = SqliteDatabase::new(None);
    std::fs::write(file.directory().join(".env"), "KINOTEKA_BASE_URL=nonsense\n")
        .expect("writing the file");
    let output = expect_exit(run(file.directory(), &file.url, &["migrate"]), 2);
    assert!(stderr_text(&output).contains("KINOTEKA_BASE_URL"));
    expect_exit(
        run(file.directory(), &file.url, &["migrate", "--base-url", "https://example.org"]),
        0,
    );
    std::fs::write(file.directory().join(".env"), "not a setting\n").expect("writing the file");
    let output = expect_exit(run(file.directory(), &file.url, &["migrate"]), 2);
    assert!(
        stderr_text(&output).contains(".env") && stderr_text(&output).lines().count() == 1,
        "{}",
        stderr_text(&output)
    );
}

#[test]
fn rejects_outdated_or_newer_schema() {
    let file = SqliteDatabase::new(None);
    let behind = expect_exit(
        run(file.directory(), &file.url, &["key", "list", "--auto-migrate", "false"]),
        2,
    );
    assert!(stderr_text(&behind).contains("kinoteka migrate"), "{}", stderr_text(&behind));
    let applied = expect_exit(run(file.directory(), &file.url, &["migrate"]), 0);
    assert!(stderr_text(&applied).contains("Applied: "));
    assert!(
        stderr_text(&expect_exit(run(file.directory(), &file.url, &["migrate"]), 0))
            .contains("up to date")
    );
    expect_exit(run(file.directory(), &file.url, &["key", "list", "--auto-migrate", "false"]), 0);
}

#[test]
fn refuses_to_serve_database_of_newer_version() {
    on_both(|directory, url| {
        expect_exit(run(directory, url, &["migrate"]), 0);
        let long = Duration::from_secs(5);
        let session = SessionConfig {
            busy_timeout: long,
            statement_timeout: long,
            slow_query_threshold: long,
        };
        let mut connection =
            Connection::open(&Target::parse(url).expect("an address"), Access::Write, session)
                .expect("the database opens");
        connection
            .batch_execute(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
            )
            .expect("the row is stored");
        drop(connection);
        for command in ["serve", "export", "migrate"] {
            let output = expect_exit(run(directory, url, &[command]), 2);
            let stderr: Vec<String> = stderr_text(&output)
                .lines()
                .filter(|line| !line.starts_with("time="))
                .map(str::to_owned)
                .collect();
            assert!(
                stderr.len() == 1 && stderr[0].contains("newer than this program"),
                "{command}: {}",
                stderr_text(&output)
            );
        }
    });
}

#[test]
#[cfg(unix)]
fn files_are_readable_by_their_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = SqliteDatabase::new(None);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(file.directory().join(name)).expect("the file exists");
        metadata.permissions().mode() & 0o777
    };
    let (served, _, address) = serve(file.directory(), &file.url, &["--demo"]);
    // The write-ahead log exists while a connection is open.
    send_request(&address, "GET", "/v1/videos", None, None).expect(200);
    for name in ["kinoteka.db", "kinoteka.db-wal", "kinoteka.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    drop(served);
    expect_exit(run(file.directory(), &file.url, &["backup", "copy.db"]), 0);
    assert_eq!(mode("copy.db"), 0o600);
    let warning = |output: &std::process::Output| {
        stderr_text(output).lines().any(|line| line.contains("other users can read"))
    };
    assert!(!warning(&expect_exit(run(file.directory(), &file.url, &["check"]), 0)));
    let path = file.directory().join("kinoteka.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("permitted");
    assert!(warning(&expect_exit(run(file.directory(), &file.url, &["check"]), 0)));
}

#[test]
fn messages_about_the_database_do_not_contain_its_password() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for password in [
        "S3CRET%zzPW",
        "S3CRET@PW",
        "S3CRET/PW",
        "S3CRET?PW",
        "S3CRET#PW",
        "S3CRET PW",
        "S3CRET:PW",
        "S3CRETPW",
    ] {
        for command in ["check", "migrate", "serve"] {
            let url = format!("postgres://u:{password}@127.0.0.1:1/x?connect_timeout=2");
            let output = expect_exit(run(directory.path(), &url, &[command]), 2);
            let text = stderr_text(&output) + &stdout_text(&output);
            assert!(!text.contains("S3CRET") && !text.contains("PW"), "{password}: {text}");
        }
    }
}

#[test]
fn openapi_command_prints_document() {
    let file = SqliteDatabase::new(Some(b""));
    let json = stdout_text(&expect_exit(run(file.directory(), &file.url, &["openapi"]), 0));
    let yaml =
        stdout_text(&expect_exit(run(file.directory(), &file.url, &["openapi", "--yaml"]), 0));
    expect_exit(run(file.directory(), &file.url, &["openapi", "--directory", "."]), 0);
    assert_eq!(
        std::fs::read_to_string(file.directory().join("kinoteka.json"))
            .expect("the document is written"),
        json
    );
    assert_eq!(
        std::fs::read_to_string(file.directory().join("kinoteka.yaml"))
            .expect("the document is written"),
        yaml
    );
    let output =
        expect_exit(run(file.directory(), &file.url, &["openapi", "--directory", "missing"]), 2);
    assert_eq!(stderr_text(&output).lines().count(), 1);
}

#[test]
fn help_lists_every_setting() {
    let file = SqliteDatabase::new(None);
    let help = stdout_text(&expect_exit(run(file.directory(), &file.url, &["serve", "--help"]), 0));
    for name in [
        "DATABASE_URL",
        "KINOTEKA_BIND",
        "KINOTEKA_BASE_URL",
        "KINOTEKA_REQUIRE_IF_MATCH",
        "KINOTEKA_XK_FOOTNOTE",
        "KINOTEKA_DEMO",
        "KINOTEKA_SERVER_TIMING",
    ] {
        assert!(help.contains(name), "{name}");
    }
    let version = stdout_text(&expect_exit(run(file.directory(), &file.url, &["--version"]), 0));
    assert_eq!(version.trim(), format!("kinoteka {}", env!("CARGO_PKG_VERSION")));
    let Some(database) = PostgresDatabase::named("secretive", "template0") else { return };
    let help =
        stdout_text(&expect_exit(run(file.directory(), &database.url, &["serve", "--help"]), 0));
    assert!(!help.contains(&database.url), "the URL may contain a password");
}

#[test]
fn generated_catalogue_is_deterministic_and_importable() {
    on_both(|directory, url| {
        let lines =
            stdout_text(&expect_exit(run(directory, url, &["generate", "--videos", "30"]), 0));
        assert_eq!(stdout_text(&run(directory, url, &["generate", "--videos", "30"])), lines);
        assert_ne!(
            stdout_text(&run(directory, url, &["generate", "--videos", "30", "--seed", "2"])),
            lines
        );
        let imported = expect_exit(run_with_input(directory, url, &["import", "-"], &lines), 0);
        assert!(
            stderr_text(&imported).contains("81 items stored, 0 unchanged."),
            "{}",
            stderr_text(&imported)
        );
        let again = expect_exit(run_with_input(directory, url, &["import", "-"], &lines), 0);
        assert!(
            stderr_text(&again).contains("0 items stored, 81 unchanged."),
            "{}",
            stderr_text(&again)
        );
        let larger = stdout_text(&run(directory, url, &["generate", "--videos", "60"]));
        let first = |lines: &str| {
            lines.lines().find(|line| line.contains("\"slug\":\"topic-1\"")).map(str::to_owned)
        };
        assert!(first(&lines).is_some() && first(&lines) == first(&larger));
    });
}

//! The command line: what it prints, stores and answers to its caller.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by failing")]

#[path = "api/support/postgres.rs"]
mod postgres;
#[path = "api/support/sqlite.rs"]
mod sqlite;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use postgres::PostgresDatabase;
use sqlite::SqliteDatabase;

/// The program, with this database and nothing of the environment's settings.
fn kinoteka(directory: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinoteka"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KINOTEKA_") || name == "DATABASE_URL" || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command.current_dir(directory).env("DATABASE_URL", url).args(arguments).stdin(Stdio::null());
    command
}

fn run(directory: &Path, url: &str, arguments: &[&str]) -> Output {
    kinoteka(directory, url, arguments).output().expect("the program runs")
}

fn fed(directory: &Path, url: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = kinoteka(directory, url, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the input is written");
    output
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[track_caller]
fn ended(output: Output, code: i32) -> Output {
    assert_eq!(output.status.code(), Some(code), "{}{}", out(&output), err(&output));
    output
}

/// Both databases, where they are installed.
fn on_both(test: impl Fn(&Path, &str)) {
    let file = SqliteDatabase::new(None);
    test(file.directory(), &file.url);
    if let Some(database) = PostgresDatabase::copy_of("template0") {
        let file = SqliteDatabase::new(None);
        test(file.directory(), &database.url);
    }
}

#[test]
fn a_key_stands_alone_on_standard_output() {
    on_both(|directory, url| {
        let made = ended(run(directory, url, &["key", "create", "--role", "editor", "--name", "Web team"]), 0);
        let key = out(&made);
        assert!(key.starts_with("kino_") && key.ends_with('\n') && key.lines().count() == 1 && key.trim().len() > 40, "{key}");
        assert!(err(&made).contains("Web team") && !err(&made).contains(key.trim()));
        let list = out(&ended(run(directory, url, &["key", "list"]), 0));
        assert!(list.contains("Web team") && list.contains("editor") && list.contains("active") && !list.contains(key.trim()), "{list}");
        let id = list.lines().nth(1).and_then(|line| line.split('\t').next()).expect("a key is listed").to_owned();
        ended(run(directory, url, &["key", "revoke", &id]), 0);
        assert!(out(&run(directory, url, &["key", "list"])).contains("revoked"));
        ended(run(directory, url, &["key", "revoke", &id]), 2);
    });
}

#[test]
fn keys_that_cannot_be_made() {
    let file = SqliteDatabase::new(None);
    for arguments in [
        &["key", "create", "--role", "owner", "--name", "X"][..],
        &["key", "create", "--role", "editor"],
        &["key", "create", "--role", "editor", "--name", ""],
        &["key", "create", "--role", "editor", "--name", "X", "--expires", "2001-01-01"],
        &["key", "create", "--role", "editor", "--name", "X", "--expires", "soon"],
        &["key", "revoke", "x"],
    ] {
        let output = ended(run(file.directory(), &file.url, arguments), 2);
        assert!(out(&output).is_empty() && !err(&output).contains("panicked"), "{arguments:?}: {}", err(&output));
    }
    ended(run(file.directory(), &file.url, &["key", "create", "--role", "viewer", "--name", "X", "--expires", "90d"]), 0);
}

#[test]
fn an_import_can_be_repeated_and_an_export_imported() {
    let mut exports = Vec::new();
    let collected = std::sync::Mutex::new(&mut exports);
    on_both(|directory, url| {
        std::fs::write(directory.join("first.ndjson"), kinoteka::commands::DEMO).expect("the file can be written");
        let first = ended(run(directory, url, &["import", "first.ndjson"]), 0);
        assert!(err(&first).contains("33 items stored, 0 unchanged."), "{}", err(&first));
        let exported = out(&ended(run(directory, url, &["export"]), 0));
        assert_eq!(exported.lines().count(), 33);
        let again = ended(run(directory, url, &["import", "first.ndjson"]), 0);
        assert!(err(&again).contains("0 items stored, 33 unchanged."), "{}", err(&again));
        assert_eq!(out(&run(directory, url, &["export"])), exported, "nothing has changed");
        let back = ended(fed(directory, url, &["import", "-"], &exported), 0);
        assert!(err(&back).contains("0 items stored, 33 unchanged."), "{}", err(&back));
        let other = SqliteDatabase::new(None);
        ended(fed(directory, &other.url, &["import", "-"], &exported), 0);
        assert_eq!(out(&run(directory, &other.url, &["export"])), exported, "the copy is the same");
        let published_at = |line: &str| {
            let mut line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
            line["published_at"].take();
            line.to_string()
        };
        collected.lock().expect("one at a time").push(exported.lines().map(published_at).collect::<Vec<_>>());
    });
    assert!(exports.windows(2).all(|pair| pair[0] == pair[1]), "both databases export the same");
}

#[test]
fn bad_lines_are_told_by_number_and_nothing_is_stored() {
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
        ];
        let output = ended(fed(directory, url, &["import", "-"], &lines.join("\n")), 2);
        let told = err(&output);
        let numbers: Vec<&str> = told.lines().filter_map(|line| line.split_once("line ")?.1.split(':').next()).collect();
        assert_eq!(numbers, ["2", "4", "5", "6", "6", "7", "8"], "{told}");
        assert!(told.contains("/countries/0") && told.contains("/programme") && told.contains("nothing was imported"), "{told}");
        assert_eq!(out(&ended(run(directory, url, &["export"]), 0)), "");
    });
}

#[test]
fn what_cannot_be_read_is_said_in_one_line() {
    let file = SqliteDatabase::new(None);
    std::fs::write(file.directory().join("latin1.ndjson"), b"{\"resource\": \"topic\",\n \xff}").expect("the file can be written");
    for (argument, told) in [("missing.ndjson", "missing.ndjson"), ("latin1.ndjson", "line 2: not UTF-8"), (".", "cannot read")] {
        let output = ended(run(file.directory(), &file.url, &["import", argument]), 2);
        assert!(err(&output).lines().count() == 1 && err(&output).contains(told), "{}", err(&output));
    }
}

/// A server that was started from the command line; killed if a test fails.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn serve(directory: &Path, url: &str, arguments: &[&str]) -> (Served, Vec<String>, String) {
    let mut command = kinoteka(directory, url, &["serve", "--bind", "127.0.0.1:0"]);
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let served = Served(child);
    let mut seen = Vec::new();
    for line in lines.by_ref() {
        let address = line.split_once("listening=http://").and_then(|(_, rest)| rest.split(' ').next()).map(str::to_owned);
        seen.push(line);
        if let Some(address) = address {
            // The rest is read, so that the server never waits for a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return (served, seen, address);
        }
    }
    panic!("it does not listen:\n{}", seen.join("\n"));
}

fn get(address: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n").expect("the request can be sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer ends");
    answer
}

#[test]
fn the_demo_serves_and_ends_well() {
    on_both(|directory, url| {
        let (mut served, lines, address) = serve(directory, url, &["--demo"]);
        let key = lines
            .iter()
            .find_map(|line| Some(line.split_once("kino_")?.1.trim().to_owned()))
            .map(|rest| format!("kino_{rest}"))
            .expect("a key is printed");
        let answer = get(&address, "/v1/videos?total=true", "");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"total\":8"), "{answer}");
        assert!(get(&address, "/v1/videos?status=draft", &format!("Authorization: Bearer {key}\r\n")).starts_with("HTTP/1.1 200"));
        assert!(get(&address, "/docs", "").starts_with("HTTP/1.1 200"));
        let pid = served.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        assert_eq!(served.0.wait().expect("it ends").code(), Some(0));
        drop(served);
        // A second start finds the catalogue there, and does not make another key.
        let (served, lines, address) = serve(directory, url, &["--demo"]);
        assert!(!lines.iter().any(|line| line.contains("kino_")), "{}", lines.join("\n"));
        assert!(get(&address, "/v1/partners?total=true", "").contains("\"total\":5"));
        drop(served);
    });
}

#[test]
fn what_keeps_a_server_from_starting_is_said_in_one_line() {
    let file = SqliteDatabase::new(None);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let missing = format!("sqlite://{}/no/such/directory/kinoteka.db", file.directory().display());
    ended(run(file.directory(), &file.url, &["migrate"]), 0);
    for (url, arguments, told) in [
        (file.url.as_str(), vec!["serve", "--bind", &address], address.as_str()),
        (file.url.as_str(), vec!["serve", "--bind", "not-an-address"], "not-an-address"),
        (missing.as_str(), vec!["serve"], "cannot open the database"),
        (missing.as_str(), vec!["key", "list"], "cannot open the database"),
        (missing.as_str(), vec!["migrate"], "cannot open the database"),
        ("postgres:///x?host=/nonexistent", vec!["serve"], "cannot open the database"),
        ("mysql://x", vec!["serve"], "DATABASE_URL"),
        ("sqlite://:memory:", vec!["serve"], "DATABASE_URL"),
        (file.url.as_str(), vec!["serve", "--base-url", "catalogue.example.org"], "KINOTEKA_BASE_URL"),
        (file.url.as_str(), vec!["serve", "--xk-footnote", "own"], "KINOTEKA_XK_FOOTNOTE_TEXT"),
        (file.url.as_str(), vec!["serve", "--fallback-languages", "en,english"], "KINOTEKA_FALLBACK_LANGUAGES"),
        (file.url.as_str(), vec!["serve", "--cors-origins", "example.org"], "KINOTEKA_CORS_ORIGINS"),
        (file.url.as_str(), vec!["serve", "--replica-url", "postgres:///x"], "KINOTEKA_REPLICA_URL"),
        (file.url.as_str(), vec!["serve", "--readers", "0"], "KINOTEKA_READERS"),
    ] {
        let output = ended(run(file.directory(), url, &arguments), 2);
        let lines: Vec<String> = err(&output).lines().filter(|line| !line.starts_with("time=")).map(str::to_owned).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("kinoteka: ") && lines[0].contains(told), "{arguments:?}: {}", err(&output));
    }
    drop(taken);
}

#[test]
fn every_wrong_setting_is_told_at_once() {
    let file = SqliteDatabase::new(None);
    let output = ended(run(file.directory(), "mysql://x", &["serve", "--base-url", "x", "--readers", "0", "--max-body-bytes", "1"]), 2);
    assert_eq!(err(&output).lines().count(), 4, "{}", err(&output));
    // A word that clap itself refuses.
    let output = ended(run(file.directory(), &file.url, &["serve", "--docs", "perhaps"]), 2);
    assert!(err(&output).contains("--docs"));
    ended(run(file.directory(), &file.url, &["paint"]), 2);
}

#[test]
fn settings_come_from_a_file_too() {
    let file = SqliteDatabase::new(None);
    std::fs::write(file.directory().join(".env"), "KINOTEKA_BASE_URL=nonsense\n").expect("the file can be written");
    let output = ended(run(file.directory(), &file.url, &["migrate"]), 2);
    assert!(err(&output).contains("KINOTEKA_BASE_URL"));
    ended(run(file.directory(), &file.url, &["migrate", "--base-url", "https://example.org"]), 0);
    std::fs::write(file.directory().join(".env"), "not a setting\n").expect("the file can be written");
    let output = ended(run(file.directory(), &file.url, &["migrate"]), 2);
    assert!(err(&output).contains(".env") && err(&output).lines().count() == 1, "{}", err(&output));
}

#[test]
fn a_database_that_is_behind_or_ahead_is_not_touched() {
    let file = SqliteDatabase::new(None);
    let behind = ended(run(file.directory(), &file.url, &["key", "list", "--auto-migrate", "false"]), 2);
    assert!(err(&behind).contains("kinoteka migrate"), "{}", err(&behind));
    let applied = ended(run(file.directory(), &file.url, &["migrate"]), 0);
    assert!(err(&applied).contains("Applied: "));
    assert!(err(&ended(run(file.directory(), &file.url, &["migrate"]), 0)).contains("up to date"));
    ended(run(file.directory(), &file.url, &["key", "list", "--auto-migrate", "false"]), 0);
}

#[test]
fn the_document_is_written() {
    let file = SqliteDatabase::new(Some(b""));
    let json = out(&ended(run(file.directory(), &file.url, &["openapi"]), 0));
    let yaml = out(&ended(run(file.directory(), &file.url, &["openapi", "--yaml"]), 0));
    ended(run(file.directory(), &file.url, &["openapi", "--directory", "."]), 0);
    assert_eq!(std::fs::read_to_string(file.directory().join("kinoteka.json")).expect("it is written"), json);
    assert_eq!(std::fs::read_to_string(file.directory().join("kinoteka.yaml")).expect("it is written"), yaml);
    let output = ended(run(file.directory(), &file.url, &["openapi", "--directory", "missing"]), 2);
    assert_eq!(err(&output).lines().count(), 1);
}

#[test]
fn help_tells_every_setting() {
    let file = SqliteDatabase::new(None);
    let help = out(&ended(run(file.directory(), &file.url, &["serve", "--help"]), 0));
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
    let version = out(&ended(run(file.directory(), &file.url, &["--version"]), 0));
    assert_eq!(version.trim(), format!("kinoteka {}", env!("CARGO_PKG_VERSION")));
    let Some(database) = PostgresDatabase::named("secretive", "template0") else { return };
    let help = out(&ended(run(file.directory(), &database.url, &["serve", "--help"]), 0));
    assert!(!help.contains(&database.url), "a password may stand in it");
}

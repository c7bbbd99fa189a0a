//! What can happen to a file: locked (see `overload`), deleted, replaced, read-only, on a full
//! disk.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::json;

use super::unavailable;
use crate::support::process::{Served, ask, kinoteka, listening, printed_key, serve, under};
use crate::support::server::Answer;
use crate::support::sqlite::SqliteDatabase;

fn post(address: &str, key: &str, name: &str) -> Answer {
    ask(
        address,
        "POST",
        "/v1/topics",
        Some(key),
        Some(&json!({"name": name, "description": "d".repeat(15_000)})),
    )
}

fn remove(directory: &Path) {
    for name in ["kinoteka.db", "kinoteka.db-wal", "kinoteka.db-shm"] {
        std::fs::remove_file(directory.join(name)).expect("the file is there");
    }
}

#[test]
fn a_deleted_file_is_noticed_and_not_written_to() {
    let file = SqliteDatabase::new(None);
    // One reader: what was read before, it has read, and so it holds the file open.
    let (served, lines, address) =
        serve(file.directory(), &file.url, &["--demo", "--readers", "1"]);
    let key = printed_key(&lines);
    let database = file.directory().join("kinoteka.db");
    post(&address, &key, "Before").expect(201);
    let backup = file.directory().join("backup.db");
    SqliteConnection::establish(database.to_str().expect("UTF-8"))
        .expect("the file is there")
        .batch_execute(&format!("VACUUM INTO '{}'", backup.display()))
        .expect("it can be copied");

    remove(file.directory());
    for _ in 0..3 {
        unavailable(post(&address, &key, "Into the void"));
        unavailable(ask(&address, "GET", "/readyz", None, None));
        unavailable(ask(&address, "GET", "/v1/videos", None, None));
        ask(&address, "GET", "/healthz", None, None).expect(200);
    }
    served.logged(&["level=error", "the database file was deleted, moved or replaced"]);
    served.logged(&[
        "problem=unavailable",
        "the database file",
        "kinoteka.db cannot be opened",
        "No such file",
    ]);
    assert!(!database.exists(), "no empty file is made in its place");

    std::fs::rename(&backup, &database).expect("the backup can be put in its place");
    for _ in 0..8 {
        ask(&address, "GET", "/readyz", None, None).expect(200);
        ask(&address, "GET", "/v1/videos/testimonials-part-one", None, None).expect(200);
    }
    post(&address, &key, "After").expect(201);
    let slugs =
        ask(&address, "GET", "/v1/topics?status=draft&fields=slug", Some(&key), None).text();
    assert!(
        slugs.contains("before") && slugs.contains("after") && !slugs.contains("void"),
        "{slugs}"
    );
}

#[test]
fn a_file_deleted_while_it_is_written_to_acknowledges_nothing() {
    let file = SqliteDatabase::new(None);
    let (served, lines, address) = serve(file.directory(), &file.url, &["--demo"]);
    let key = printed_key(&lines);
    // The second waits behind the note of the key's use, so that the writer has nothing else to do
    // below.
    for name in ["Before", "Before that"] {
        post(&address, &key, name).expect(201);
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::scope(|scope| {
        // One is through its checks and waits for the lock while the file goes.
        let lock = super::lock(&file.url);
        let waiting = scope.spawn(|| post(&address, &key, "Between"));
        std::thread::sleep(Duration::from_millis(400));
        remove(file.directory());
        drop(lock);
        let answer = waiting.join().expect("it is answered");
        assert!(
            answer.text().contains("read the item to see whether it was stored"),
            "{}",
            answer.text()
        );
        unavailable(answer);
    });
    served.logged(&[
        "problem=unavailable",
        "the database file was deleted, moved or replaced meanwhile",
    ]);
}

fn set_mode(directory: &Path, mode: u32) {
    for entry in std::fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("an entry").path();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .expect("the mode can be set");
    }
}

#[test]
fn a_read_only_file_is_read_and_takes_no_changes() {
    let file = SqliteDatabase::new(None);
    let (served, lines, _) = serve(file.directory(), &file.url, &["--demo"]);
    let key = printed_key(&lines);
    drop(served);
    set_mode(file.directory(), 0o444);
    let command = kinoteka(file.directory(), &file.url, &["serve", "--bind", "127.0.0.1:0"]);
    let is_root = std::fs::metadata(file.directory()).expect("the directory is there").uid() == 0;
    // Root may write whatever the mode says, unless that capability is taken away.
    let (served, _, address) = listening(if is_root {
        under(&["setpriv", "--bounding-set=-all"], &command)
    } else {
        command
    });
    for _ in 0..5 {
        ask(&address, "GET", "/readyz", None, None).expect(200);
        ask(&address, "GET", "/v1/videos?q=women", None, None).expect(200);
        let answer = post(&address, &key, "Refused");
        assert!(answer.text().contains("read-only"), "{}", answer.text());
        unavailable(answer);
    }
    served.logged(&[
        "problem=unavailable",
        "readonly database",
        "make the file and its directory writable",
    ]);
    set_mode(file.directory(), 0o644);
    drop(served);
    let (served, _, address) = serve(file.directory(), &file.url, &[]);
    post(&address, &key, "Taken").expect(201);
    assert_eq!(slugs(&address, &key), ["taken"]);
    drop(served);
}

/// The drafts, all of them.
fn slugs(address: &str, key: &str) -> Vec<String> {
    let list =
        ask(address, "GET", "/v1/topics?status=draft&fields=slug&limit=100", Some(key), None)
            .expect(200)
            .json();
    let mut slugs = crate::support::server::slugs(&list);
    slugs.sort();
    slugs
}

/// Writes until it is refused; then nothing of what was refused is there, everything answered is,
/// reading works, and writing again after `free`.
fn fills_up(
    directory: &Path,
    served: &Served,
    address: &str,
    key: &str,
    [logged, told]: [&str; 2],
    free: impl FnOnce(),
) {
    let mut stored = Vec::new();
    let mut refused = 0;
    for number in 0..200 {
        let answer = post(address, key, &format!("Topic {number}"));
        if answer.status == 201 {
            assert_eq!(refused, 0, "what is full stays so");
            stored.push(format!("topic-{number}"));
            continue;
        }
        assert!(answer.text().contains(told), "{}", answer.text());
        unavailable(answer);
        refused += 1;
        ask(address, "GET", "/v1/videos?q=women", None, None).expect(200);
        ask(address, "GET", "/readyz", None, None).expect(200);
        if refused == 4 {
            break;
        }
    }
    assert_eq!(refused, 4, "it was never full");
    served.logged(&["problem=unavailable", logged]);
    stored.sort();
    assert_eq!(slugs(address, key), stored, "what is answered is there, and nothing else");
    free();
    let started = Instant::now();
    post(address, key, "Space again").expect(201);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    stored.insert(0, "space-again".to_owned());
    assert_eq!(slugs(address, key), stored);
    // Copied, since SQLite does not find a file through `/proc`; nobody writes any more.
    let copy = SqliteDatabase::new(None);
    for name in ["kinoteka.db", "kinoteka.db-wal"] {
        std::fs::copy(directory.join(name), copy.directory().join(name))
            .expect("the file can be copied");
    }
    super::nothing_is_half_written(&mut super::open(&copy.url));
}

#[test]
fn a_file_that_may_not_grow_loses_nothing() {
    let file = SqliteDatabase::new(None);
    let (served, lines, address) = serve(file.directory(), &file.url, &["--demo"]);
    let key = printed_key(&lines);
    let limit = |bytes: &str| {
        let mut command = Command::new("prlimit");
        command.args(["--pid", &served.0.id().to_string(), &format!("--fsize={bytes}:unlimited")]);
        assert!(command.status().expect("prlimit runs").success());
    };
    let size =
        |name: &str| std::fs::metadata(file.directory().join(name)).map_or(0, |found| found.len());
    limit(&(size("kinoteka.db").max(size("kinoteka.db-wal")) + 100_000).to_string());
    fills_up(
        file.directory(),
        &served,
        &address,
        &key,
        ["disk I/O error", "read the item to see"],
        || limit("unlimited"),
    );
}

#[test]
fn a_full_disk_loses_nothing() {
    // A file system of 4 MB that ends with the server: mounted in a namespace of its own.
    let file = SqliteDatabase::new(None);
    let mount =
        format!("mount -t tmpfs -o size=4m tmpfs '{}' && exec \"$@\"", file.directory().display());
    let wrapped = |command: &Command| {
        under(&["unshare", "--map-root-user", "--mount", "sh", "-c", &mount, "sh"], command)
    };
    if !wrapped(&Command::new("true")).status().is_ok_and(|status| status.success()) {
        #[expect(clippy::print_stderr, reason = "the one line that says so")]
        {
            eprintln!(
                "No file system can be mounted here: only a file that may not grow was tested, not a full disk."
            );
        }
        return;
    }
    let (served, lines, address) = listening(wrapped(&kinoteka(
        file.directory(),
        &file.url,
        &["serve", "--bind", "127.0.0.1:0", "--demo"],
    )));
    let key = printed_key(&lines);
    // A server that has read holds what reading needs (SQLite's shared memory is a file beside the
    // database).
    ask(&address, "GET", "/v1/videos", None, None).expect(200);
    let inside = Path::new("/proc")
        .join(served.0.id().to_string())
        .join("root")
        .join(file.directory().strip_prefix("/").expect("a path"));
    let filler = inside.join("filler");
    let mut filling = std::fs::File::create(&filler).expect("a file can be made");
    while filling.write(&[0; 4_096]).is_ok() {}
    drop(filling);
    fills_up(&inside, &served, &address, &key, ["disk is full", "its disk is full"], || {
        std::fs::remove_file(&filler).expect("it can be removed");
    });
}

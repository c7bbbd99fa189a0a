//! SQLite file failures: deleted, replaced, read-only, full disk (locked: see `overload`).

use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use kinoteka::db::connection::{SessionConfig, Target};
use kinoteka::db::database::DatabaseConfig;
use kinoteka::db::{self, Database, Error, ReadCost};
use serde_json::json;

use super::unavailable;
use crate::support::process::{
    ServerProcess, kinoteka, printed_api_key, send_request, serve, spawn_and_wait, with_wrapper,
};
use crate::support::server::Response;
use crate::support::sqlite::SqliteDatabase;

fn post(address: &str, key: &str, name: &str) -> Response {
    send_request(
        address,
        "POST",
        "/v1/topics",
        Some(key),
        Some(&json!({"name": name, "description": "d".repeat(15_000)})),
    )
}

fn remove(directory: &Path) {
    for name in ["kinoteka.db", "kinoteka.db-wal", "kinoteka.db-shm"] {
        std::fs::remove_file(directory.join(name)).expect("the file exists");
    }
}

#[test]
fn detects_deleted_file() {
    let file = SqliteDatabase::new(None);
    // With a single reader, the connection that read before holds the file open.
    let (served, lines, address) =
        serve(file.directory(), &file.url, &["--demo", "--readers", "1"]);
    let key = printed_api_key(&lines);
    let database = file.directory().join("kinoteka.db");
    post(&address, &key, "Before").expect(201);
    let backup = file.directory().join("backup.db");
    SqliteConnection::establish(database.to_str().expect("UTF-8"))
        .expect("the file exists")
        .batch_execute(&format!("VACUUM INTO '{}'", backup.display()))
        .expect("copying the database");

    remove(file.directory());
    for _ in 0..3 {
        unavailable(post(&address, &key, "Into the void"));
        unavailable(send_request(&address, "GET", "/readyz", None, None));
        unavailable(send_request(&address, "GET", "/v1/videos", None, None));
        send_request(&address, "GET", "/healthz", None, None).expect(200);
    }
    served.wait_for_log(&["level=error", "the database file was deleted, moved or replaced"]);
    served.wait_for_log(&[
        "problem=unavailable",
        "the database file",
        "kinoteka.db cannot be opened",
        "No such file",
    ]);
    assert!(!database.exists(), "an empty file is created in its place");

    std::fs::rename(&backup, &database).expect("restoring the backup");
    for _ in 0..8 {
        send_request(&address, "GET", "/readyz", None, None).expect(200);
        send_request(&address, "GET", "/v1/videos/testimonials-part-one", None, None).expect(200);
    }
    post(&address, &key, "After").expect(201);
    let slugs =
        send_request(&address, "GET", "/v1/topics?status=draft&fields=slug", Some(&key), None)
            .text();
    assert!(
        slugs.contains("before") && slugs.contains("after") && !slugs.contains("void"),
        "{slugs}"
    );
}

#[test]
fn file_deleted_during_write_acknowledges_nothing() {
    let file = SqliteDatabase::new(None);
    let (served, lines, address) = serve(file.directory(), &file.url, &["--demo"]);
    let key = printed_api_key(&lines);
    // The second waits until the use of the key is recorded, so that the writer is idle below.
    for name in ["Before", "Before that"] {
        post(&address, &key, name).expect(201);
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::scope(|scope| {
        // One write has passed its checks and waits for the lock while the file is deleted.
        let lock = super::lock(&file.url);
        let waiting = scope.spawn(|| post(&address, &key, "Between"));
        std::thread::sleep(Duration::from_millis(400));
        remove(file.directory());
        drop(lock);
        let response = waiting.join().expect("a response");
        assert!(
            response.text().contains("re-read the item to see whether it was saved"),
            "{}",
            response.text()
        );
        unavailable(response);
    });
    served
        .wait_for_log(&["problem=unavailable", "the database file was deleted, moved or replaced"]);
}

fn set_mode(directory: &Path, mode: u32) {
    for entry in std::fs::read_dir(directory).expect("the directory exists") {
        let path = entry.expect("an entry").path();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .expect("setting the mode");
    }
}

#[test]
fn read_only_file_serves_reads_and_rejects_writes() {
    let file = SqliteDatabase::new(None);
    let (served, lines, _) = serve(file.directory(), &file.url, &["--demo"]);
    let key = printed_api_key(&lines);
    drop(served);
    set_mode(file.directory(), 0o444);
    let command = kinoteka(file.directory(), &file.url, &["serve", "--bind", "127.0.0.1:0"]);
    let is_root = std::fs::metadata(file.directory()).expect("the directory exists").uid() == 0;
    // Root ignores the file mode unless that capability is dropped.
    let (served, _, address) = spawn_and_wait(if is_root {
        with_wrapper(&["setpriv", "--bounding-set=-all"], &command)
    } else {
        command
    });
    for _ in 0..5 {
        send_request(&address, "GET", "/readyz", None, None).expect(200);
        send_request(&address, "GET", "/v1/videos?q=women", None, None).expect(200);
        let response = post(&address, &key, "Refused");
        assert!(response.text().contains("read-only"), "{}", response.text());
        unavailable(response);
    }
    served.wait_for_log(&[
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

/// Slugs of all drafts.
fn slugs(address: &str, key: &str) -> Vec<String> {
    let list = send_request(
        address,
        "GET",
        "/v1/topics?status=draft&fields=slug&limit=100",
        Some(key),
        None,
    )
    .expect(200)
    .json();
    let mut slugs = crate::support::server::slugs(&list);
    slugs.sort();
    slugs
}

/// Writes until a write fails; then no failed write is stored, every acknowledged one is, reads
/// work, and writes work again after `free`.
fn fills_up(
    directory: &Path,
    served: &ServerProcess,
    address: &str,
    key: &str,
    [logged, expected]: [&str; 2],
    free: impl FnOnce(),
) {
    let mut stored = Vec::new();
    let mut refused = 0;
    for number in 0..200 {
        let response = post(address, key, &format!("Topic {number}"));
        if response.status == 201 {
            assert_eq!(refused, 0, "a full disk stays full");
            stored.push(format!("topic-{number}"));
            continue;
        }
        assert!(response.text().contains(expected), "{}", response.text());
        unavailable(response);
        refused += 1;
        send_request(address, "GET", "/v1/videos?q=women", None, None).expect(200);
        send_request(address, "GET", "/readyz", None, None).expect(200);
        if refused == 4 {
            break;
        }
    }
    assert_eq!(refused, 4, "the disk was never full");
    served.wait_for_log(&["problem=unavailable", logged]);
    stored.sort();
    assert_eq!(slugs(address, key), stored, "exactly the acknowledged writes are stored");
    free();
    let started = Instant::now();
    post(address, key, "Space again").expect(201);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    stored.insert(0, "space-again".to_owned());
    assert_eq!(slugs(address, key), stored);
    // Copied, since SQLite cannot open a file through `/proc`; no writer is left.
    let copy = SqliteDatabase::new(None);
    for name in ["kinoteka.db", "kinoteka.db-wal"] {
        std::fs::copy(directory.join(name), copy.directory().join(name)).expect("copying the file");
    }
    super::assert_no_partial_writes(&mut super::open(&copy.url));
}

#[test]
fn file_size_limit_loses_no_acknowledged_write() {
    let file = SqliteDatabase::new(None);
    let (served, lines, address) = serve(file.directory(), &file.url, &["--demo"]);
    let key = printed_api_key(&lines);
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
        ["disk I/O error", "re-read the item to see"],
        || limit("unlimited"),
    );
}

#[test]
fn full_disk_loses_no_acknowledged_write() {
    // A file system of 4 MB in a mount namespace that ends with the server.
    let file = SqliteDatabase::new(None);
    let mount =
        format!("mount -t tmpfs -o size=4m tmpfs '{}' && exec \"$@\"", file.directory().display());
    let wrapped = |command: &Command| {
        with_wrapper(&["unshare", "--map-root-user", "--mount", "sh", "-c", &mount, "sh"], command)
    };
    if !wrapped(&Command::new("true")).status().is_ok_and(|status| status.success()) {
        #[expect(clippy::print_stderr, reason = "reports why tests were skipped")]
        {
            eprintln!("No file system can be mounted here: the test of a full disk was skipped.");
        }
        return;
    }
    let (served, lines, address) = spawn_and_wait(wrapped(&kinoteka(
        file.directory(),
        &file.url,
        &["serve", "--bind", "127.0.0.1:0", "--demo"],
    )));
    let key = printed_api_key(&lines);
    // A server that has read before keeps SQLite's shared memory file open.
    send_request(&address, "GET", "/v1/videos", None, None).expect(200);
    let inside = Path::new("/proc")
        .join(served.0.id().to_string())
        .join("root")
        .join(file.directory().strip_prefix("/").expect("a path"));
    let filler = inside.join("filler");
    let mut filling = std::fs::File::create(&filler).expect("a file can be created");
    while filling.write(&[0; 4_096]).is_ok() {}
    drop(filling);
    fills_up(&inside, &served, &address, &key, ["disk is full", "its disk is full"], || {
        std::fs::remove_file(&filler).expect("removing the file");
    });
}

#[test]
fn reads_end_at_their_deadline_and_when_nobody_waits() {
    let file = SqliteDatabase::new(None);
    let (long, short) = (Duration::from_secs(30), Duration::from_millis(300));
    let open = |statement_timeout: Duration| {
        let session =
            SessionConfig { busy_timeout: long, statement_timeout, slow_query_threshold: long };
        let config = DatabaseConfig {
            readers: 1,
            writers: 1,
            acquire_timeout: long,
            max_queue_len: 10,
            session,
        };
        Database::new(&Target::parse(&file.url).expect("the URL is valid"), None, config)
    };
    let query =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let endless =
        move |connection: &mut db::Connection| connection.batch_execute(query).map_err(Error::from);
    actix_web::rt::System::new().block_on(async {
        open(long).connect().expect("the file is created");
        let started = Instant::now();
        let limited = open(short).read(ReadCost::Heavy, endless).await.map(|outcome| outcome.value);
        assert!(matches!(limited, Err(Error::TimeLimit(_))), "{limited:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        // The only reader is free soon after its caller has gone.
        let database = open(long);
        let started = Instant::now();
        let abandoned = tokio::time::timeout(short, database.read(ReadCost::Heavy, endless)).await;
        assert!(abandoned.is_err(), "the caller no longer waits");
        let next = |connection: &mut db::Connection| connection.batch_execute("SELECT 1").map_err(Error::from);
        database.read(ReadCost::Light, next).await.map(|outcome| outcome.value).expect("the reader is free");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        // Writes have no deadline.
        let slow = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3000000) SELECT count(*) FROM n";
        let write = move |connection: &mut db::Connection| connection.batch_execute(slow).map_err(Error::from);
        let limited = open(Duration::from_millis(1));
        limited.write(write).await.map(|outcome| outcome.value).expect("a write is not interrupted");
    });
}

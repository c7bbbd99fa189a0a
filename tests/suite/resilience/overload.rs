//! Overload: a blocked queue, and shutdown under load.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kinoteka::db::connection::{SessionConfig, Target};
use kinoteka::db::database::DatabaseConfig;
use kinoteka::db::{Connection, Database, Error, ReadCost};

use serde_json::json;

use super::{lock, on_both_databases, unavailable};
use crate::support::process::{
    expect_exit, printed_api_key, request, run, send_request, send_signal, serve, stdout_text,
    terminate,
};

#[test]
fn locked_database_returns_503_after_timeout() {
    on_both_databases(|directory, url| {
        let (served, lines, address) =
            serve(directory, url, &["--demo", "--database-wait-ms", "1500"]);
        let key = printed_api_key(&lines);
        let post = |name: &str| {
            send_request(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": name})))
        };
        post("Before").expect(201);
        let unused = stdout_text(&expect_exit(
            run(directory, url, &["key", "create", "--role", "viewer", "--name", "V"]),
            0,
        ))
        .trim()
        .to_owned();
        let lock = lock(url);
        let started = Instant::now();
        unavailable(post("Locked out"));
        let waited = started.elapsed();
        assert!(
            (Duration::from_millis(1_400)..Duration::from_secs(5)).contains(&waited),
            "{waited:?}"
        );
        let started = Instant::now();
        send_request(&address, "GET", "/v1/videos?total=true", None, None).expect(200);
        send_request(&address, "GET", "/v1/videos", Some(&key), None).expect(200);
        // The use of a key is recorded, but not while its first request waits.
        send_request(&address, "GET", "/v1/videos", Some(&unused), None).expect(200);
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "reads wait for writes: {:?}",
            started.elapsed()
        );
        let late = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| post("Waited"));
            std::thread::sleep(Duration::from_millis(400));
            drop(lock);
            waiting.join().expect("a response")
        });
        late.expect(201);
        let names =
            send_request(&address, "GET", "/v1/topics?status=draft&fields=slug", Some(&key), None)
                .json();
        let mut names: Vec<&str> = names["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|topic| topic["slug"].as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["before", "waited"], "writes that returned 503 are not stored");
        drop(served);
    });
}

#[test]
fn every_write_gets_response_above_queue_limit() {
    on_both_databases(|directory, url| {
        let (served, lines, address) =
            serve(directory, url, &["--demo", "--database-wait-ms", "800"]);
        let key = printed_api_key(&lines);
        let lock = lock(url);
        let started = Instant::now();
        std::thread::scope(|scope| {
            let posts: Vec<_> = (0..30)
                .map(|_| {
                    scope.spawn(|| {
                        send_request(
                            &address,
                            "POST",
                            "/v1/topics",
                            Some(&key),
                            Some(&json!({"name": "N"})),
                        )
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(200));
            let reading = Instant::now();
            send_request(&address, "GET", "/v1/videos", None, None).expect(200);
            assert!(reading.elapsed() < Duration::from_secs(1), "{:?}", reading.elapsed());
            for post in posts {
                unavailable(post.join().expect("a response"));
            }
        });
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
        drop(lock);
        send_request(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"})))
            .expect(201);
        drop(served);
    });
}

#[test]
fn shutdown_finishes_running_requests() {
    on_both_databases(|directory, url| {
        let (mut served, lines, address) = serve(directory, url, &["--demo"]);
        let key = printed_api_key(&lines);
        let idle = TcpStream::connect(&address).expect("the server listens");
        let lock = lock(url);
        let response = std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                send_request(
                    &address,
                    "POST",
                    "/v1/topics",
                    Some(&key),
                    Some(&json!({"name": "In time"})),
                )
            });
            std::thread::sleep(Duration::from_millis(400));
            terminate(&served);
            std::thread::sleep(Duration::from_millis(400));
            assert!(
                served.0.try_wait().expect("a child").is_none(),
                "the server stops while a request runs"
            );
            drop(lock);
            running.join().expect("a response")
        });
        response.expect(201);
        let started = Instant::now();
        assert_eq!(served.0.wait().expect("the server stops").code(), Some(0));
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "an idle connection does not hold it: {:?}",
            started.elapsed()
        );
        drop((idle, served));
        let (served, _, address) = serve(directory, url, &[]);
        send_request(&address, "GET", "/v1/topics/in-time", Some(&key), None).expect(200);
        drop(served);
    });
}

#[test]
fn full_queue_returns_503_immediately() {
    on_both_databases(|directory, url| {
        let (served, lines, address) = serve(
            directory,
            url,
            &["--demo", "--writers", "1", "--database-wait-ms", "4000", "--database-queue", "5"],
        );
        let key = printed_api_key(&lines);
        let post = || {
            send_request(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"})))
        };
        post().expect(201);
        let lock = lock(url);
        let responses = std::thread::scope(|scope| {
            // One write waits for the lock; five more are queued.
            let mut waiting = vec![scope.spawn(post)];
            std::thread::sleep(Duration::from_millis(300));
            waiting.extend((0..5).map(|_| scope.spawn(post)));
            std::thread::sleep(Duration::from_millis(600));
            for _ in 0..20 {
                let started = Instant::now();
                unavailable(post());
                assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
            }
            send_request(&address, "GET", "/v1/videos", None, None).expect(200);
            drop(lock);
            waiting
                .into_iter()
                .map(|post| post.join().expect("a response").status)
                .collect::<Vec<_>>()
        });
        // At the start of a minute, recording the use of the key takes one of the slots.
        let stored = responses.iter().filter(|status| **status == 201).count();
        assert!(
            stored >= 5 && responses.iter().all(|status| [201, 503].contains(status)),
            "queued requests are not answered in time: {responses:?}"
        );
        post().expect(201);
        served.wait_for_log(&["problem=unavailable", "5 requests already wait for the database"]);
    });
}

#[test]
fn shutdown_under_load_loses_no_acknowledged_write() {
    on_both_databases(|directory, url| {
        let (mut served, lines, address) = serve(directory, url, &["--demo"]);
        let key = printed_api_key(&lines);
        let (stored, took) = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|client| {
                    let (address, key) = (&address, &key);
                    scope.spawn(move || keep_writing(address, key, client))
                })
                .collect();
            std::thread::sleep(Duration::from_secs(1));
            terminate(&served);
            let started = Instant::now();
            assert_eq!(served.0.wait().expect("the server stops").code(), Some(0));
            (
                clients
                    .into_iter()
                    .flat_map(|client| client.join().expect("complete responses only"))
                    .collect::<Vec<String>>(),
                started.elapsed(),
            )
        });
        assert!(took < Duration::from_secs(5), "the shutdown takes too long: {took:?}");
        assert!(stored.len() > 16, "too few writes: {}", stored.len());
        let answered = i64::try_from(stored.len()).expect("a small number");
        let mut connection = super::open(url);
        super::assert_no_partial_writes(&mut connection);
        for slug in stored {
            assert_eq!(
                super::number(
                    &mut connection,
                    &format!("SELECT count(*) AS n FROM items WHERE slug = '{slug}'")
                ),
                1,
                "{slug}"
            );
        }
        // Every stored write has a response: the shutdown waited for it.
        assert_eq!(
            super::number(
                &mut connection,
                "SELECT count(*) AS n FROM items WHERE slug LIKE 'stop-%'"
            ),
            answered
        );
    });
}

/// Writes on a keep-alive connection until the server closes it; returns the statuses. A response
/// is complete, or absent.
fn keep_writing(address: &str, key: &str, client: usize) -> Vec<String> {
    let mut stored = Vec::new();
    let mut stream = BufReader::new(TcpStream::connect(address).expect("the server listens"));
    for number in 0.. {
        let slug = format!("stop-{client}-{number}");
        let request = request(
            address,
            "PUT",
            &format!("/v1/topics/{slug}"),
            Some(key),
            Some(&json!({"name": "N"})),
        );
        let request = request.replace("Connection: close\r\n", "");
        if stream.get_mut().write_all(request.as_bytes()).is_err() {
            break;
        }
        let Some((status, closes)) = response(&mut stream) else { break };
        assert_eq!(status, 201);
        stored.push(slug);
        if closes {
            break;
        }
    }
    stored
}

/// Reads one response: its status, and whether it is the last on this connection. `None` if the
/// connection was closed before.
fn response(stream: &mut BufReader<TcpStream>) -> Option<(u16, bool)> {
    let mut line = String::new();
    if stream.read_line(&mut line).unwrap_or(0) == 0 {
        return None;
    }
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (mut length, mut closes) = (0, false);
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).expect("a complete head") > 0, "a complete head");
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        closes |= header == "connection: close";
        if let Some(text) = header.strip_prefix("content-length: ") {
            length = text.parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a complete body");
    Some((status, closes))
}

#[test]
fn signals_of_log_rotation_and_terminals_do_not_stop_the_server() {
    on_both_databases(|directory, url| {
        let (mut served, _, address) = serve(directory, url, &["--demo"]);
        for name in ["HUP", "USR1", "USR2"] {
            send_signal(&served, name);
            send_request(&address, "GET", "/v1/videos", None, None).expect(200);
        }
        assert!(served.0.try_wait().expect("a child").is_none(), "the server runs");
        terminate(&served);
        assert!(served.0.wait().expect("a child").success());
    });
}

#[test]
fn heavy_reads_leave_a_reader_to_light_ones() {
    on_both_databases(|directory, url| {
        expect_exit(run(directory, url, &["migrate"]), 0);
        let long = Duration::from_secs(30);
        let session = SessionConfig {
            busy_timeout: long,
            statement_timeout: long,
            slow_query_threshold: long,
        };
        let config = DatabaseConfig {
            readers: 3,
            writers: 1,
            acquire_timeout: long,
            max_queue_len: 20,
            session,
        };
        let database = Database::new(&Target::parse(url).expect("a valid URL"), None, config);
        let (release, blocked) = std::sync::mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        actix_web::rt::System::new().block_on(async {
            // More heavy reads than readers; each waits until the end of the test.
            let heavy: Vec<_> = (0..6)
                .map(|_| {
                    let (database, blocked) = (database.clone(), Arc::clone(&blocked));
                    actix_web::rt::spawn(async move {
                        let wait = move |_: &mut Connection| {
                            let ended = blocked.lock().expect("not poisoned").recv();
                            assert!(ended.is_err(), "nothing is sent");
                            Ok::<_, Error>(())
                        };
                        database.read(ReadCost::Heavy, wait).await.map(|outcome| outcome.value)
                    })
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(200)).await;
            let started = Instant::now();
            for _ in 0..100 {
                let light = |_: &mut Connection| Ok::<_, Error>(());
                database
                    .read(ReadCost::Light, light)
                    .await
                    .map(|outcome| outcome.value)
                    .expect("a reader");
            }
            assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
            drop(release);
            for read in heavy {
                read.await.expect("the task ends").expect("the heavy reads end too");
            }
        });
    });
}

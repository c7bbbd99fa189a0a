//! More than can be answered: a queue that does not move, a stop under load.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{lock, on_both_databases, unavailable};
use crate::support::process::{ask, ended, out, printed_key, request, run, serve, terminate};

#[test]
fn a_database_locked_by_another_process_is_waited_for_then_answered_503() {
    on_both_databases(|directory, url| {
        let (served, lines, address) =
            serve(directory, url, &["--demo", "--database-wait-ms", "1500"]);
        let key = printed_key(&lines);
        let post = |name: &str| {
            ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": name})))
        };
        post("Before").expect(201);
        let unused = out(&ended(
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
        ask(&address, "GET", "/v1/videos?total=true", None, None).expect(200);
        ask(&address, "GET", "/v1/videos", Some(&key), None).expect(200);
        // That a key was used is written down, but not while its first request waits.
        ask(&address, "GET", "/v1/videos", Some(&unused), None).expect(200);
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "reads do not wait for who writes: {:?}",
            started.elapsed()
        );
        let late = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| post("Waited"));
            std::thread::sleep(Duration::from_millis(400));
            drop(lock);
            waiting.join().expect("it is answered")
        });
        late.expect(201);
        let names =
            ask(&address, "GET", "/v1/topics?status=draft&fields=slug", Some(&key), None).json();
        let mut names: Vec<&str> = names["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|topic| topic["slug"].as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["before", "waited"], "what was answered 503 was not stored");
        drop(served);
    });
}

#[test]
fn more_writes_than_can_wait_are_all_answered() {
    on_both_databases(|directory, url| {
        let (served, lines, address) =
            serve(directory, url, &["--demo", "--database-wait-ms", "800"]);
        let key = printed_key(&lines);
        let lock = lock(url);
        let started = Instant::now();
        std::thread::scope(|scope| {
            let posts: Vec<_> = (0..30)
                .map(|_| {
                    scope.spawn(|| {
                        ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"})))
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(200));
            let reading = Instant::now();
            ask(&address, "GET", "/v1/videos", None, None).expect(200);
            assert!(reading.elapsed() < Duration::from_secs(1), "{:?}", reading.elapsed());
            for post in posts {
                unavailable(post.join().expect("it is answered"));
            }
        });
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
        drop(lock);
        ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"}))).expect(201);
        drop(served);
    });
}

#[test]
fn a_stop_finishes_running_requests() {
    on_both_databases(|directory, url| {
        let (mut served, lines, address) = serve(directory, url, &["--demo"]);
        let key = printed_key(&lines);
        let idle = TcpStream::connect(&address).expect("it listens");
        let lock = lock(url);
        let answer = std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "In time"})))
            });
            std::thread::sleep(Duration::from_millis(400));
            terminate(&served);
            std::thread::sleep(Duration::from_millis(400));
            assert!(
                served.0.try_wait().expect("a child").is_none(),
                "it does not end while a request runs"
            );
            drop(lock);
            running.join().expect("it is answered")
        });
        answer.expect(201);
        let started = Instant::now();
        assert_eq!(served.0.wait().expect("it ends").code(), Some(0));
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "an idle connection does not hold it: {:?}",
            started.elapsed()
        );
        drop((idle, served));
        let (served, _, address) = serve(directory, url, &[]);
        ask(&address, "GET", "/v1/topics/in-time", Some(&key), None).expect(200);
        drop(served);
    });
}

#[test]
fn what_does_not_fit_into_the_queue_is_answered_503_at_once() {
    on_both_databases(|directory, url| {
        let (served, lines, address) = serve(
            directory,
            url,
            &["--demo", "--writers", "1", "--database-wait-ms", "4000", "--database-queue", "5"],
        );
        let key = printed_key(&lines);
        let post = || ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"})));
        post().expect(201);
        let lock = lock(url);
        let answers = std::thread::scope(|scope| {
            // One is being written, and waits for the lock; when it is, five wait for it.
            let mut waiting = vec![scope.spawn(post)];
            std::thread::sleep(Duration::from_millis(300));
            waiting.extend((0..5).map(|_| scope.spawn(post)));
            std::thread::sleep(Duration::from_millis(600));
            for _ in 0..20 {
                let started = Instant::now();
                unavailable(post());
                assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
            }
            ask(&address, "GET", "/v1/videos", None, None).expect(200);
            drop(lock);
            waiting
                .into_iter()
                .map(|post| post.join().expect("it is answered").status)
                .collect::<Vec<_>>()
        });
        // Where a minute has just begun, the note that the key was used has one of the places.
        let stored = answers.iter().filter(|status| **status == 201).count();
        assert!(
            stored >= 5 && answers.iter().all(|status| [201, 503].contains(status)),
            "who waits in time is answered: {answers:?}"
        );
        post().expect(201);
        served.logged(&["problem=unavailable", "5 requests wait for the database already"]);
    });
}

#[test]
fn a_stop_under_load_loses_no_answered_request() {
    on_both_databases(|directory, url| {
        let (mut served, lines, address) = serve(directory, url, &["--demo"]);
        let key = printed_key(&lines);
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
            assert_eq!(served.0.wait().expect("it ends").code(), Some(0));
            (
                clients
                    .into_iter()
                    .flat_map(|client| client.join().expect("whole answers only"))
                    .collect::<Vec<String>>(),
                started.elapsed(),
            )
        });
        assert!(took < Duration::from_secs(5), "a stop under load takes its time: {took:?}");
        assert!(stored.len() > 16, "so few writes prove nothing: {}", stored.len());
        let answered = i64::try_from(stored.len()).expect("a small number");
        let mut connection = super::open(url);
        super::nothing_is_half_written(&mut connection);
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
        // A request that was stored was answered too: the stop waited for it.
        assert_eq!(
            super::number(
                &mut connection,
                "SELECT count(*) AS n FROM items WHERE slug LIKE 'stop-%'"
            ),
            answered
        );
    });
}

/// Writes on one connection that is kept, until the server lets it go; gives what was answered. An
/// answer is whole or was never begun.
fn keep_writing(address: &str, key: &str, client: usize) -> Vec<String> {
    let mut stored = Vec::new();
    let mut stream = BufReader::new(TcpStream::connect(address).expect("it listens"));
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
        let Some((status, closes)) = answer(&mut stream) else { break };
        assert_eq!(status, 201);
        stored.push(slug);
        if closes {
            break;
        }
    }
    stored
}

/// Reads one answer: its status, and whether it is the last on this connection. Nothing where the
/// connection ended before it began.
fn answer(stream: &mut BufReader<TcpStream>) -> Option<(u16, bool)> {
    let mut line = String::new();
    if stream.read_line(&mut line).unwrap_or(0) == 0 {
        return None;
    }
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (mut length, mut closes) = (0, false);
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).expect("the head is whole") > 0, "the head is whole");
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
    stream.read_exact(&mut body).expect("the body is whole");
    Some((status, closes))
}

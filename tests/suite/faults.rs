//! What breaks, broken on purpose: a locked file, a database that goes and comes back, slow clients, a stop under load.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use kinoteka::db::Connection;
use kinoteka::db::connection::{Access, Session, Target};
use serde_json::json;

use crate::on_both;
use crate::support::postgres::{Cluster, PostgresDatabase};
use crate::support::process::{ask, ended, err, out, printed_key, run, serve, terminate};
use crate::support::server::Answer;
use crate::support::sqlite::SqliteDatabase;

/// Another process than the server: holds the lock that every write needs.
fn lock(url: &str) -> Connection {
    let long = Duration::from_secs(20);
    let session = Session { busy_timeout: long, statement_timeout: long, slow_query: long };
    let target = Target::parse(url).expect("the address is right");
    let mut connection = Connection::open(&target, Access::Write, session).expect("the database is there");
    connection.begin_write().expect("the lock is free");
    connection
}

/// Both databases, where they are installed, with a directory for the server.
fn on_both_databases(test: impl Fn(&Path, &str)) {
    let file = SqliteDatabase::new(None);
    test(file.directory(), &file.url);
    if let Some(database) = PostgresDatabase::copy_of("template0") {
        test(file.directory(), &database.url);
    }
}

#[track_caller]
fn unavailable(answer: Answer) {
    let seconds: u32 = answer.must("retry-after").parse().expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&seconds));
    let problem = answer.problem(503, "unavailable");
    assert!(!problem["detail"].as_str().expect("a detail").to_lowercase().contains("sql"), "the cause is for the log: {problem}");
}

#[test]
fn a_database_locked_by_another_process_is_waited_for_then_answered_503() {
    on_both_databases(|directory, url| {
        let (served, lines, address) = serve(directory, url, &["--demo", "--database-wait-ms", "1500"]);
        let key = printed_key(&lines);
        let post = |name: &str| ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": name})));
        post("Before").expect(201);
        let lock = lock(url);
        let started = Instant::now();
        unavailable(post("Locked out"));
        let waited = started.elapsed();
        assert!((Duration::from_millis(1_400)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
        let started = Instant::now();
        ask(&address, "GET", "/v1/videos?total=true", None, None).expect(200);
        ask(&address, "GET", "/v1/videos", Some(&key), None).expect(200);
        assert!(started.elapsed() < Duration::from_secs(1), "reads do not wait for who writes: {:?}", started.elapsed());
        let late = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| post("Waited"));
            std::thread::sleep(Duration::from_millis(400));
            drop(lock);
            waiting.join().expect("it is answered")
        });
        late.expect(201);
        let names = ask(&address, "GET", "/v1/topics?status=draft&fields=slug", Some(&key), None).json();
        let mut names: Vec<&str> = names["data"].as_array().expect("a list").iter().filter_map(|topic| topic["slug"].as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["before", "waited"], "what was answered 503 was not stored");
        drop(served);
    });
}

#[test]
fn more_writes_than_can_wait_are_all_answered() {
    on_both_databases(|directory, url| {
        let (served, lines, address) = serve(directory, url, &["--demo", "--database-wait-ms", "800"]);
        let key = printed_key(&lines);
        let lock = lock(url);
        let started = Instant::now();
        std::thread::scope(|scope| {
            let posts: Vec<_> =
                (0..30).map(|_| scope.spawn(|| ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"}))))).collect();
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
            let running = scope.spawn(|| ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "In time"}))));
            std::thread::sleep(Duration::from_millis(400));
            terminate(&served);
            std::thread::sleep(Duration::from_millis(400));
            assert!(served.0.try_wait().expect("a child").is_none(), "it does not end while a request runs");
            drop(lock);
            running.join().expect("it is answered")
        });
        answer.expect(201);
        let started = Instant::now();
        assert_eq!(served.0.wait().expect("it ends").code(), Some(0));
        assert!(started.elapsed() < Duration::from_secs(5), "an idle connection does not hold it: {:?}", started.elapsed());
        drop((idle, served));
        let (served, _, address) = serve(directory, url, &[]);
        ask(&address, "GET", "/v1/topics/in-time", Some(&key), None).expect(200);
        drop(served);
    });
}

#[test]
fn postgres_goes_and_comes_back() {
    let Some(cluster) = Cluster::start(5432, "-c listen_addresses= -c synchronous_commit=on", |_, _| {}) else { return };
    let url = cluster.url("postgres");
    let (served, lines, address) = serve(cluster.directory(), &url, &["--demo"]);
    let key = printed_key(&lines);
    let get = |path: &str| ask(&address, "GET", path, None, None);
    let post = |name: &str| ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": name})));
    get("/v1/videos").expect(200);
    post("Before").expect(201);

    cluster.crash();
    for _ in 0..3 {
        unavailable(get("/v1/videos"));
        unavailable(get("/v1/videos/testimonials-part-one"));
        unavailable(post("Meanwhile"));
        unavailable(get("/readyz"));
        get("/healthz").expect(200);
    }
    cluster.recover();
    for _ in 0..8 {
        get("/v1/videos").expect(200);
        get("/readyz").expect(200);
    }
    post("After").expect(201);

    // Nobody asked while it was away: nobody notices that every connection is dead.
    cluster.crash();
    cluster.recover();
    for number in 0..8 {
        get("/v1/videos?limit=3").expect(200);
        post(&format!("Again {number}")).expect(201);
    }
    let slugs = ask(&address, "GET", "/v1/topics?status=draft&fields=slug&limit=100", Some(&key), None).text();
    assert!(slugs.contains("before") && slugs.contains("after") && !slugs.contains("meanwhile"), "{slugs}");
    drop(served);
}

#[test]
fn a_replica_that_is_away_is_stood_in_for() {
    let Some(database) = PostgresDatabase::copy_of("template0") else { return };
    let file = SqliteDatabase::new(None);
    let replica = "postgres:///kinoteka?host=/nonexistent";
    let (served, lines, address) = serve(file.directory(), &database.url, &["--demo", "--replica-url", replica]);
    let key = printed_key(&lines);
    ask(&address, "GET", "/v1/videos", None, None).expect(200);
    ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"}))).expect(201);
    drop(served);
}

/// Stands for a replica: a database that lags behind for ever.
#[test]
fn who_has_a_key_reads_the_primary() {
    let (Some(primary), Some(replica)) = (PostgresDatabase::copy_of("template0"), PostgresDatabase::copy_of("template0")) else { return };
    let file = SqliteDatabase::new(None);
    ended(run(file.directory(), &replica.url, &["migrate"]), 0);
    let (served, lines, address) = serve(file.directory(), &primary.url, &["--demo", "--replica-url", &replica.url]);
    let key = printed_key(&lines);
    let total = |key: Option<&str>| ask(&address, "GET", "/v1/videos?total=true", key, None).expect(200).json()["page"]["total"].clone();
    assert_eq!((total(None), total(Some(&key))), (json!(0), json!(8)));
    drop(served);
}

#[test]
fn postgres_is_reached_over_tls_and_its_certificate_checked() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let options = "-c listen_addresses=localhost -c ssl=on -c ssl_cert_file=../server.crt -c ssl_key_file=../server.key";
    let Some(cluster) = Cluster::start(port, options, |directory, run_as| {
        let made = run_as(Path::new("openssl"))
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "server.key", "-out", "server.crt"])
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        std::fs::write(directory.join("data/pg_hba.conf"), rules).expect("the rules can be written");
    }) else {
        return;
    };
    let file = SqliteDatabase::new(None);
    let certificate = cluster.directory().join("server.crt");
    let url = |host: &str, more: &str| format!("postgres://postgres@{host}:{port}/postgres?{more}");
    let trusting = format!("sslmode=verify-full&sslrootcert={}", certificate.display());
    ended(run(file.directory(), &url("localhost", &trusting), &["migrate"]), 0);
    let key = ended(run(file.directory(), &url("localhost", &trusting), &["key", "create", "--role", "viewer", "--name", "TLS"]), 0);
    assert!(out(&key).starts_with("kino_"));
    for (wrong, told) in [
        (url("127.0.0.1", &trusting), "does not match host name"),
        (url("localhost", "sslmode=verify-full&sslrootcert=missing.crt"), "missing.crt"),
        (url("localhost", "sslmode=verify-full"), "/.postgresql/root.crt"),
        (url("localhost", "sslmode=disable"), "no encryption"),
    ] {
        let output = ended(run(file.directory(), &wrong, &["migrate"]), 2);
        assert!(err(&output).contains(told) && err(&output).lines().count() == 1, "{wrong}: {}", err(&output));
    }
}

/// Sends part of a request and gives what comes back until the server hangs up, and after how long.
fn half(address: std::net::SocketAddr, part: &str) -> (Vec<u8>, Duration) {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    stream.write_all(part.as_bytes()).expect("the part can be sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server hangs up");
    (answer, started.elapsed())
}

fn impatient(settings: &mut kinoteka::config::Settings) {
    settings.client_timeout_seconds = 1;
    settings.body_timeout_seconds = 1;
}

on_both! {
    fn who_sends_half_a_request_is_not_waited_for(server: &TestServer, crate::faults::impatient) {
        let key = server.editor_key();
        let head = format!("POST /v1/topics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n");
        for part in ["GET /v1/vid", "GET /v1/videos HTTP/1.1\r\nHost: x\r\nX-Slow: ", "GET /v1/videos HTTP/1.1\r\n", &format!("{head}{{\"name\": \"Ha")] {
            let (answer, took) = half(server.address, part);
            let answer = Answer::parse(&answer);
            assert_eq!(answer.status, 408, "{part}");
            assert!((Duration::from_millis(400)..Duration::from_secs(8)).contains(&took), "{part}: {took:?}");
        }
        assert_eq!(server.request("GET", "/v1/topics?status=draft&total=true").key(&key).send().json()["page"]["total"], 0);
        let (answer, _) = half(server.address, &format!("{head}{{\"name\": \"Ha"));
        Answer::parse(&answer).problem(408, "request-timeout");
    }

    demo fn slow_clients_do_not_slow_others(server: &TestServer, crate::faults::impatient) {
        let slow: Vec<TcpStream> = (0..100)
            .map(|_| {
                let mut stream = TcpStream::connect(server.address).expect("it listens");
                stream.write_all(b"GET /v1/videos HTTP/1.1\r\nHost: x\r\n").expect("a part can be sent");
                stream
            })
            .collect();
        let started = Instant::now();
        for _ in 0..10 {
            server.get("/v1/videos?limit=1").expect(200);
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        drop(slow);
    }

    demo fn of_two_that_change_the_same_only_one_wins(server: &TestServer) {
        let key = server.editor_key();
        for round in 0..5 {
            let tag = server.get("/v1/topics/sport").must("etag").to_owned();
            let statuses = at_once(8, |number| {
                let body = json!({"description": format!("{round}.{number}")});
                server.request("PATCH", "/v1/topics/sport").key(&key).header("If-Match", &tag).json(&body).send().status
            });
            assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 7, "{statuses:?}");
        }
    }

    fn two_cannot_make_each_other_their_parent(server: &TestServer) {
        let key = server.editor_key();
        for round in 0..10 {
            for name in ["a", "b"] {
                server.request("PUT", &format!("/v1/topics/{name}{round}")).key(&key).json(&json!({"name": name})).send().expect(201);
            }
            let mut statuses = at_once(2, |number| {
                let (child, parent) = if number == 0 { ("a", "b") } else { ("b", "a") };
                let body = json!({"parent": format!("{parent}{round}")});
                server.request("PATCH", &format!("/v1/topics/{child}{round}")).key(&key).json(&body).send().status
            });
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 422]);
        }
    }

    fn slugs_made_at_once_are_each_their_own(server: &TestServer) {
        let key = server.editor_key();
        let mut slugs = at_once(8, |_| {
            server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "Same"})).send().expect(201).json()["slug"].as_str().unwrap().to_owned()
        });
        slugs.sort();
        assert_eq!(slugs, ["same", "same-2", "same-3", "same-4", "same-5", "same-6", "same-7", "same-8"]);
        let statuses = at_once(8, |number| server.request("PUT", "/v1/topics/one").key(&key).json(&json!({"name": number.to_string()})).send().status);
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    }
}

/// Runs the same on several threads; gives what each gave.
fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|number| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("it is answered")).collect()
    })
}

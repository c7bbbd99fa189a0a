//! PostgreSQL that goes and comes back, a replica, TLS.

use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::unavailable;
use crate::support::postgres::{Cluster, PostgresDatabase};
use crate::support::process::{ask, ended, err, out, printed_key, run, serve};
use crate::support::sqlite::SqliteDatabase;

#[test]
fn postgres_goes_and_comes_back() {
    let Some(cluster) =
        Cluster::start(5432, "-c listen_addresses= -c synchronous_commit=on", |_, _| {})
    else {
        return;
    };
    let url = cluster.url("postgres");
    let (served, lines, address) = serve(cluster.directory(), &url, &["--demo"]);
    let key = printed_key(&lines);
    let get = |path: &str| ask(&address, "GET", path, None, None);
    let post =
        |name: &str| ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": name})));
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
    let slugs =
        ask(&address, "GET", "/v1/topics?status=draft&fields=slug&limit=100", Some(&key), None)
            .text();
    assert!(
        slugs.contains("before") && slugs.contains("after") && !slugs.contains("meanwhile"),
        "{slugs}"
    );
    drop(served);
}

#[test]
fn a_replica_that_is_away_is_stood_in_for() {
    let Some(database) = PostgresDatabase::copy_of("template0") else { return };
    let file = SqliteDatabase::new(None);
    let replica = "postgres:///kinoteka?host=/nonexistent";
    let (served, lines, address) =
        serve(file.directory(), &database.url, &["--demo", "--replica-url", replica]);
    let key = printed_key(&lines);
    ask(&address, "GET", "/v1/videos", None, None).expect(200);
    ask(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"}))).expect(201);
    drop(served);
}

/// Stands for a replica: a database that lags behind for ever.
#[test]
fn who_has_a_key_reads_the_primary() {
    let (Some(primary), Some(replica)) =
        (PostgresDatabase::copy_of("template0"), PostgresDatabase::copy_of("template0"))
    else {
        return;
    };
    let file = SqliteDatabase::new(None);
    ended(run(file.directory(), &replica.url, &["migrate"]), 0);
    let (served, lines, address) =
        serve(file.directory(), &primary.url, &["--demo", "--replica-url", &replica.url]);
    let key = printed_key(&lines);
    let total = |key: Option<&str>| {
        ask(&address, "GET", "/v1/videos?total=true", key, None).expect(200).json()["page"]["total"]
            .clone()
    };
    assert_eq!((total(None), total(Some(&key))), (json!(0), json!(8)));
    drop(served);
}

#[cfg(feature = "postgres-tls")]
#[test]
fn postgres_over_tls_checks_the_certificate() {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    let options = "-c listen_addresses=localhost -c ssl=on -c ssl_cert_file=../server.crt -c ssl_key_file=../server.key";
    let Some(cluster) = Cluster::start(port, options, |directory, run_as| {
        let made = run_as(Path::new("openssl"))
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ])
            .args([
                "-addext",
                "subjectAltName=DNS:localhost",
                "-keyout",
                "server.key",
                "-out",
                "server.crt",
            ])
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        std::fs::write(directory.join("data/pg_hba.conf"), rules)
            .expect("the rules can be written");
    }) else {
        return;
    };
    let file = SqliteDatabase::new(None);
    let certificate = cluster.directory().join("server.crt");
    let url = |host: &str, more: &str| format!("postgres://postgres@{host}:{port}/postgres?{more}");
    let trusting = format!("sslmode=verify-full&sslrootcert={}", certificate.display());
    ended(run(file.directory(), &url("localhost", &trusting), &["migrate"]), 0);
    let key = ended(
        run(
            file.directory(),
            &url("localhost", &trusting),
            &["key", "create", "--role", "viewer", "--name", "TLS"],
        ),
        0,
    );
    assert!(out(&key).starts_with("kino_"));
    for (wrong, told) in [
        (url("127.0.0.1", &trusting), "does not match host name"),
        (url("localhost", "sslmode=verify-full&sslrootcert=missing.crt"), "missing.crt"),
        (url("localhost", "sslmode=verify-full"), "/.postgresql/root.crt"),
        (url("localhost", "sslmode=disable"), "no encryption"),
    ] {
        let output = ended(run(file.directory(), &wrong, &["migrate"]), 2);
        assert!(
            err(&output).contains(told) && err(&output).lines().count() == 1,
            "{wrong}: {}",
            err(&output)
        );
    }
}

/// Clients that write and read without a pause until told to stop; what they were answered.
struct Load {
    /// Slugs whose write was answered 201.
    stored: Vec<String>,
    /// Slugs that were answered 503 with the word that nothing was stored.
    refused: Vec<String>,
    /// When requests were answered 503, and when 2xx, since the start.
    away: Vec<Duration>,
    here: Vec<Duration>,
}

fn load(address: &str, key: &str, client: usize, start: Instant, stop: &AtomicBool) -> Load {
    let mut load =
        Load { stored: Vec::new(), refused: Vec::new(), away: Vec::new(), here: Vec::new() };
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let slug = format!("load-{client}-{number}");
        let write = ask(
            address,
            "PUT",
            &format!("/v1/topics/{slug}"),
            Some(key),
            Some(&json!({"name": "Load"})),
        );
        let read = ask(address, "GET", "/v1/videos?limit=3", None, None);
        for answer in [&write, &read] {
            if answer.status < 300 {
                load.here.push(start.elapsed());
            } else {
                load.away.push(start.elapsed());
                unavailable(answer.clone());
            }
        }
        if write.status == 201 {
            load.stored.push(slug);
        } else if write.text().contains("nothing was stored") {
            load.refused.push(slug);
        }
    }
    load
}

#[test]
fn postgres_restarted_under_load_loses_no_answered_write() {
    let Some(cluster) =
        Cluster::start(5432, "-c listen_addresses= -c synchronous_commit=on", |_, _| {})
    else {
        return;
    };
    let url = cluster.url("postgres");
    let (_served, lines, address) = serve(cluster.directory(), &url, &["--demo"]);
    let key = printed_key(&lines);
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let (backs, loads) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let (address, key, stop) = (&address, &key, &stop);
                scope.spawn(move || load(address, key, client, start, stop))
            })
            .collect();
        let mut backs = Vec::new();
        // As a power cut would end it, then as an operator restarts it, then as a crash of one of
        // its processes does.
        for mode in ["immediate", "fast", "immediate"] {
            std::thread::sleep(Duration::from_millis(700));
            cluster.stop(mode);
            let gone = start.elapsed();
            std::thread::sleep(Duration::from_millis(700));
            let returns = start.elapsed();
            cluster.recover();
            backs.push((gone, returns, start.elapsed()));
        }
        std::thread::sleep(Duration::from_secs(1));
        stop.store(true, Ordering::Relaxed);
        (
            backs,
            clients
                .into_iter()
                .map(|client| client.join().expect("answers are 2xx or 503"))
                .collect::<Vec<Load>>(),
        )
    });
    for (gone, returns, back) in backs {
        let within = |times: fn(&Load) -> &Vec<Duration>, from, to| {
            loads.iter().flat_map(times).filter(|time| (from..to).contains(*time)).count()
        };
        // An answer may have been under way while the server went.
        let settled = gone + Duration::from_millis(100);
        assert_eq!(
            within(|load| &load.here, settled, returns),
            0,
            "nothing is answered while it is away"
        );
        assert!(within(|load| &load.away, settled, returns) > 0, "it is told that it is away");
        let first = loads
            .iter()
            .flat_map(|load| &load.here)
            .filter(|time| **time > returns)
            .min()
            .expect("it comes back");
        assert!(
            *first < back + Duration::from_secs(5),
            "back after {:?}",
            first.saturating_sub(back)
        );
    }
    let mut connection = super::open(&url);
    super::nothing_is_half_written(&mut connection);
    let mut there = |slug: &str| {
        super::number(
            &mut connection,
            &format!("SELECT count(*) AS n FROM items WHERE slug = '{slug}'"),
        )
    };
    let stored: Vec<&String> = loads.iter().flat_map(|load| &load.stored).collect();
    assert!(stored.len() > 40, "so few writes prove nothing: {}", stored.len());
    for slug in stored {
        assert_eq!(there(slug), 1, "{slug} was answered 201 and is not there");
    }
    for slug in loads.iter().flat_map(|load| &load.refused) {
        assert_eq!(there(slug), 0, "of {slug} it was told that nothing was stored");
    }
}

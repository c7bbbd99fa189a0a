//! PostgreSQL failures and restarts, replicas, TLS.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::unavailable;
use crate::support::postgres::{Cluster, PostgresDatabase};
use crate::support::process::{expect_exit, printed_api_key, run, send_request, serve};
use crate::support::sqlite::SqliteDatabase;

#[test]
fn recovers_after_postgres_restart() {
    let Some(cluster) =
        Cluster::start(5432, "-c listen_addresses= -c synchronous_commit=on", |_, _| {})
    else {
        return;
    };
    let url = cluster.url("postgres");
    let (served, lines, address) = serve(cluster.directory(), &url, &["--demo"]);
    let key = printed_api_key(&lines);
    let get = |path: &str| send_request(&address, "GET", path, None, None);
    let post = |name: &str| {
        send_request(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": name})))
    };
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

    // Without requests during the outage, dead connections are not noticed.
    cluster.crash();
    cluster.recover();
    for number in 0..8 {
        get("/v1/videos?limit=3").expect(200);
        post(&format!("Again {number}")).expect(201);
    }
    let slugs = send_request(
        &address,
        "GET",
        "/v1/topics?status=draft&fields=slug&limit=100",
        Some(&key),
        None,
    )
    .text();
    assert!(
        slugs.contains("before") && slugs.contains("after") && !slugs.contains("meanwhile"),
        "{slugs}"
    );
    drop(served);
}

#[test]
fn reads_fall_back_to_primary_without_replica() {
    let Some(database) = PostgresDatabase::from_template("template0") else { return };
    let file = SqliteDatabase::new(None);
    let replica = "postgres:///kinoteka?host=/nonexistent";
    let (served, lines, address) =
        serve(file.directory(), &database.url, &["--demo", "--replica-url", replica]);
    let key = printed_api_key(&lines);
    send_request(&address, "GET", "/v1/videos", None, None).expect(200);
    send_request(&address, "POST", "/v1/topics", Some(&key), Some(&json!({"name": "N"})))
        .expect(201);
    drop(served);
}

/// Mock replica: a database that never catches up.
#[test]
fn authenticated_reads_use_primary() {
    let (Some(primary), Some(replica)) = (
        PostgresDatabase::from_template("template0"),
        PostgresDatabase::from_template("template0"),
    ) else {
        return;
    };
    let file = SqliteDatabase::new(None);
    expect_exit(run(file.directory(), &replica.url, &["migrate"]), 0);
    let (served, lines, address) =
        serve(file.directory(), &primary.url, &["--demo", "--replica-url", &replica.url]);
    let key = printed_api_key(&lines);
    let total = |key: Option<&str>| {
        send_request(&address, "GET", "/v1/videos?total=true", key, None).expect(200).json()["page"]
            ["total"]
            .clone()
    };
    assert_eq!((total(None), total(Some(&key))), (json!(0), json!(8)));
    drop(served);
}

/// Clients that write and read continuously until stopped, and the responses they received.
struct Load {
    /// Slugs whose write returned 201.
    stored: Vec<String>,
    /// Slugs whose write returned 503 and was not stored.
    refused: Vec<String>,
    /// Times since the start of responses with 503 and with 2xx.
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
        let write = send_request(
            address,
            "PUT",
            &format!("/v1/topics/{slug}"),
            Some(key),
            Some(&json!({"name": "Load"})),
        );
        let read = send_request(address, "GET", "/v1/videos?limit=3", None, None);
        for response in [&write, &read] {
            if response.status < 300 {
                load.here.push(start.elapsed());
            } else {
                load.away.push(start.elapsed());
                unavailable(response.clone());
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
fn postgres_restart_under_load_loses_no_acknowledged_write() {
    let Some(cluster) =
        Cluster::start(5432, "-c listen_addresses= -c synchronous_commit=on", |_, _| {})
    else {
        return;
    };
    let url = cluster.url("postgres");
    let (_served, lines, address) = serve(cluster.directory(), &url, &["--demo"]);
    let key = printed_api_key(&lines);
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
        // A power cut, then a restart by an operator, then a crash of a server process.
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
                .map(|client| client.join().expect("responses are 2xx or 503"))
                .collect::<Vec<Load>>(),
        )
    });
    for (gone, returns, back) in backs {
        let within = |times: fn(&Load) -> &Vec<Duration>, from, to| {
            loads.iter().flat_map(times).filter(|time| (from..to).contains(*time)).count()
        };
        // A response may have been in flight while the server stopped.
        let settled = gone + Duration::from_millis(100);
        assert_eq!(
            within(|load| &load.here, settled, returns),
            0,
            "requests succeed during the outage"
        );
        assert!(
            within(|load| &load.away, settled, returns) > 0,
            "no client received 503 during the outage"
        );
        let first = loads
            .iter()
            .flat_map(|load| &load.here)
            .filter(|time| **time > returns)
            .min()
            .expect("requests succeed after the outage");
        assert!(
            *first < back + Duration::from_secs(5),
            "back after {:?}",
            first.saturating_sub(back)
        );
    }
    let mut connection = super::open(&url);
    super::assert_no_partial_writes(&mut connection);
    let mut there = |slug: &str| {
        super::number(
            &mut connection,
            &format!("SELECT count(*) AS n FROM items WHERE slug = '{slug}'"),
        )
    };
    let stored: Vec<&String> = loads.iter().flat_map(|load| &load.stored).collect();
    assert!(stored.len() > 40, "too few writes: {}", stored.len());
    for slug in stored {
        assert_eq!(there(slug), 1, "{slug} was acknowledged with 201 and is not stored");
    }
    for slug in loads.iter().flat_map(|load| &load.refused) {
        assert_eq!(there(slug), 0, "the response for {slug} states that nothing was stored");
    }
}

#[cfg(feature = "postgres-tls")]
mod tls {
    use std::net::TcpListener;
    use std::path::Path;

    use crate::support::postgres::Cluster;
    use crate::support::process::{expect_exit, run, stderr_text, stdout_text};
    use crate::support::sqlite::SqliteDatabase;

    #[test]
    fn connects_over_tls_and_verifies_certificate() {
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
            std::fs::write(directory.join("data/pg_hba.conf"), rules).expect("writing the rules");
        }) else {
            return;
        };
        let file = SqliteDatabase::new(None);
        let certificate = cluster.directory().join("server.crt");
        let url =
            |host: &str, more: &str| format!("postgres://postgres@{host}:{port}/postgres?{more}");
        let trusting = format!("sslmode=verify-full&sslrootcert={}", certificate.display());
        expect_exit(run(file.directory(), &url("localhost", &trusting), &["migrate"]), 0);
        let key = expect_exit(
            run(
                file.directory(),
                &url("localhost", &trusting),
                &["key", "create", "--role", "viewer", "--name", "TLS"],
            ),
            0,
        );
        assert!(stdout_text(&key).starts_with("kino_"));
        for (wrong, expected) in [
            (url("127.0.0.1", &trusting), "does not match host name"),
            (url("localhost", "sslmode=verify-full&sslrootcert=missing.crt"), "missing.crt"),
            (url("localhost", "sslmode=verify-full"), "/.postgresql/root.crt"),
            (url("localhost", "sslmode=disable"), "no encryption"),
        ] {
            let output = expect_exit(run(file.directory(), &wrong, &["migrate"]), 2);
            assert!(
                stderr_text(&output).contains(expected)
                    && stderr_text(&output).lines().count() == 1,
                "{wrong}: {}",
                stderr_text(&output)
            );
        }
    }
}

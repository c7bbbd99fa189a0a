//! HTTP benchmark: throughput and latency of requests, as a ratio to a bare handler that returns
//! the same bytes in the same run: `cargo bench --bench http`.
//!
//! `KINOTEKA_BENCH_VIDEOS` (100000), `KINOTEKA_BENCH_SECONDS` per measurement (2),
//! `KINOTEKA_BENCH_ROUNDS` (3), `KINOTEKA_BENCH_DATABASES` (`sqlite,postgres`),
//! `KINOTEKA_BENCH_ONLY` (substring of a shape's name), `KINOTEKA_BENCH_PROGRAM` (another
//! binary to measure), `KINOTEKA_BENCH_URL` (an existing database instead of generated ones).
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark reports errors by panicking"
)]

#[expect(dead_code, reason = "benchmarks do not use fault injection")]
#[path = "../tests/suite/support/postgres.rs"]
mod postgres;
mod support;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use actix_web::rt::{System, spawn, time::sleep_until};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use kinoteka::commands::generate_catalogue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use postgres::PostgresDatabase;
use support::{get, import, kinoteka, once, program, serve, setting};

/// Requests of one shape; each connection starts at a different offset.
struct Shape {
    name: &'static str,
    requests: Vec<String>,
    connections: usize,
    status: u16,
}

fn main() {
    let videos = setting("KINOTEKA_BENCH_VIDEOS", 100_000);
    if let Ok(url) = std::env::var("KINOTEKA_BENCH_URL") {
        measure(&url, videos, None);
        return;
    }
    let databases =
        std::env::var("KINOTEKA_BENCH_DATABASES").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    for database in databases.split(',') {
        println!("\n## {database}, {videos} videos\n");
        match database {
            "sqlite" => {
                let (path, fresh) = sqlite(videos);
                let work = path.with_extension("work.db");
                std::fs::copy(&path, &work).expect("the database can be copied");
                // Otherwise the first write waits until the copy is flushed to disk.
                std::fs::File::open(&work)
                    .and_then(|copy| copy.sync_all())
                    .expect("the copy can be written");
                measure(&format!("sqlite://{}", work.display()), videos, fresh);
                for end in ["work.db", "work.db-wal", "work.db-shm"] {
                    drop(std::fs::remove_file(path.with_extension(end)));
                }
            }
            "postgres" => {
                let database =
                    PostgresDatabase::from_template("template0").expect("PostgreSQL is installed");
                let took = import(&database.url, generate_catalogue(videos, 1));
                measure(&database.url, videos, Some(took));
            }
            other => panic!("unknown database {other}"),
        }
    }
}

/// Returns the generated catalogue as a file that later runs reuse, and the import time if it was
/// imported now.
fn sqlite(videos: u32) -> (PathBuf, Option<Duration>) {
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{videos}-{}.db", fingerprint()));
    if path.exists() {
        return (path, None);
    }
    let temporary = path.with_extension("tmp.db");
    drop(std::fs::remove_file(&temporary));
    let took = import(&format!("sqlite://{}", temporary.display()), generate_catalogue(videos, 1));
    std::fs::rename(&temporary, &path).expect("the file can be renamed");
    (path, Some(took))
}

/// Digest of the sources and migrations, so that a catalogue of another version is not reused.
fn fingerprint() -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    for directory in ["migrations/sqlite", "src"] {
        hash(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut hasher);
    }
    hasher.finish()
}

fn hash(path: &Path, hasher: &mut impl std::hash::Hasher) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .expect("the directory can be listed")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        entries.sort();
        for entry in entries {
            hash(&entry, hasher);
        }
    } else {
        hasher.write(&std::fs::read(path).expect("the file can be read"));
    }
}

/// Starts the bare handler, which returns a constant body; returns its address and handle.
fn bare(body: Vec<u8>) -> (String, actix_web::dev::ServerHandle) {
    let body = Bytes::from(body);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let body = body.clone();
                App::new().default_service(web::to(move || {
                    let body = body.clone();
                    async move { HttpResponse::Ok().content_type("application/json").body(body) }
                }))
            })
            .workers(2)
            .disable_signals()
            .bind("127.0.0.1:0")
            .expect("a port is free");
            let address = server.addrs().first().expect("the server has an address").to_string();
            let server = server.run();
            sender.send((address, server.handle())).expect("the receiver waits");
            server.await.expect("the task completes");
        });
    });
    receiver.recv().expect("the server starts")
}

/// Result of a run: requests per second and the sorted latencies.
struct Run {
    rate: f64,
    times: Vec<Duration>,
}

impl Run {
    fn percentile(&self, percent: usize) -> Duration {
        self.times
            .get((self.times.len() * percent / 100).min(self.times.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

/// Sends requests over keep-alive connections for `length`. Each turn starts at other offsets, so
/// that requests that must be uncached are.
fn drive(
    address: &str,
    shape: &Shape,
    status: Option<u16>,
    (turn, length): (usize, Duration),
) -> Run {
    // Built before the clock starts and shared: copying thousands of bodies for each connection
    // takes longer than sending them.
    let requests: Rc<[Bytes]> =
        shape.requests.iter().map(|request| Bytes::from(request.clone())).collect();
    let mut times: Vec<Duration> = System::new().block_on(async {
        let until = Instant::now() + length;
        let tasks: Vec<_> = (0..shape.connections)
            .map(|number| {
                let requests = Rc::clone(&requests);
                let (address, step) = (address.to_owned(), shape.connections);
                spawn(async move {
                    let mut stream = TcpStream::connect(&address).await.expect("it listens");
                    stream.set_nodelay(true).expect("the socket accepts the option");
                    let (mut times, mut buffer) = (Vec::new(), Vec::with_capacity(1 << 16));
                    for request in requests.iter().cycle().skip(
                        number * requests.len() / step + turn * (requests.len() / step / TURNS),
                    ) {
                        let started = Instant::now();
                        if started >= until {
                            break;
                        }
                        stream.write_all(request).await.expect("the server reads the request");
                        let found = read_response(&mut stream, &mut buffer).await;
                        assert!(
                            status.is_none_or(|status| status == found),
                            "{found}: {}",
                            String::from_utf8_lossy(&buffer)
                        );
                        times.push(started.elapsed());
                    }
                    times
                })
            })
            .collect();
        sleep_until((until + Duration::from_millis(1)).into()).await;
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.expect("the task completes"));
        }
        times
    });
    times.sort_unstable();
    let count = u32::try_from(times.len()).expect("the number of requests fits");
    Run { rate: f64::from(count) / length.as_secs_f64(), times }
}

/// Number of offsets within its share of the requests from which a connection starts.
const TURNS: usize = 8;

/// Reads one complete response; returns its status.
async fn read_response(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head =
                String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |text| text.trim().parse().unwrap_or(0));
            while buffer.len() < end + 4 + length {
                assert!(
                    stream.read_buf(buffer).await.expect("the server responds") > 0,
                    "connection closed"
                );
            }
            return head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .expect("the response has a status");
        }
        assert!(stream.read_buf(buffer).await.expect("a response") > 0, "connection closed");
    }
}

/// Percent-encodes a query value.
fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

fn shapes(address: &str, videos: u32) -> Vec<Shape> {
    let published = |limit: u32, more: &str| -> serde_json::Value {
        let (head, body) = once(address, &get(&format!("/v1/videos?limit={limit}{more}")));
        assert!(head.contains(" 200 "), "{head}");
        serde_json::from_slice(&body).expect("the body is JSON")
    };
    let mut slugs = Vec::new();
    let mut cursor = String::new();
    let mut far = String::new();
    // Follows the cursors of all pages of 20 to the far one, as a client would.
    let far_page = (videos / 100 * 90 / 20).max(1);
    for page in 0..far_page {
        let list = if page % 5 == 0 || far_page < 200 {
            published(100, &format!("{cursor}&fields=slug"))
        } else {
            continue;
        };
        let found: Vec<String> = list
            .get("data")
            .and_then(|data| data.as_array())
            .into_iter()
            .flatten()
            .filter_map(|video| Some(video.get("slug")?.as_str()?.to_owned()))
            .collect();
        slugs.extend(found);
        match list.pointer("/page/next_cursor").and_then(|cursor| cursor.as_str()) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        cursor.clone_into(&mut far);
    }
    let varied: Vec<String> = slugs
        .iter()
        .step_by((slugs.len() / 2_000).max(1))
        .take(2_000)
        .map(|slug| get(&format!("/v1/videos/{slug}")))
        .collect();
    let (_, programmes) = once(address, &get("/v1/programmes?limit=50&fields=slug"));
    let programmes: serde_json::Value = serde_json::from_slice(&programmes).expect("a JSON body");
    let programmes: Vec<&str> = programmes
        .get("data")
        .and_then(|data| data.as_array())
        .into_iter()
        .flatten()
        .filter_map(|programme| programme.get("slug")?.as_str())
        .collect();
    let combined: Vec<String> = (0..500)
        .map(|number| {
            let country = ["AL", "BA", "XK", "ME", "MK", "RS", "TR"]
                .get(number % 7)
                .copied()
                .unwrap_or_default();
            let language =
                ["en", "sq", "sr-Latn", "mk", "tr"].get(number % 5).copied().unwrap_or_default();
            let programme = programmes.get(number % programmes.len()).copied().unwrap_or_default();
            format!("/v1/videos?country={country}&programme={programme}&lang={language}")
        })
        .collect();
    let words = [
        "žene",
        "prava",
        "women",
        "forum",
        "dhuna",
        "şiddet",
        "насилство",
        "police",
        "zdravlje",
        "promena",
        "adalet",
        "gratë",
        "school",
        "film",
    ];
    let searched: Vec<String> = (0..200)
        .map(|number| {
            let (first, second) = (
                words.get(number % words.len()).copied().unwrap_or_default(),
                words.get(number / words.len() % words.len()).copied().unwrap_or_default(),
            );
            get(&format!("/v1/videos?q={}", percent_encode(&format!("{first} {second} {number}"))))
        })
        .collect();
    let slug = slugs.first().cloned().unwrap_or_default();
    let (head, _) = once(address, &get(&format!("/v1/videos/{slug}")));
    let tag =
        head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("an ETag").to_owned();
    let feed = |ending: &str| {
        combined
            .iter()
            .map(|path| get(&path.replace("/v1/videos", &format!("/feeds/videos.{ending}"))))
            .collect::<Vec<_>>()
    };
    let pages = slugs
        .iter()
        .take(2_000)
        .map(|slug| get(&format!("/embed/videos/{slug}?lang=mk")))
        .collect();
    let list = |query: &str| {
        combined.iter().map(|path| get(&format!("{path}{query}"))).collect::<Vec<_>>()
    };
    let shape = |name, requests, connections| Shape { name, requests, connections, status: 200 };
    let mut shapes = vec![
        shape("one video, hot", vec![get(&format!("/v1/videos/{slug}"))], 32),
        shape("one video, varied", varied.clone(), 32),
        shape("one video, varied, 1 connection", varied, 1),
        shape("list of 20, hot", list("").into_iter().take(1).collect(), 32),
        shape("list of 20, varied", list(""), 32),
        shape("list of 20, varied, total", list("&total=true"), 32),
        shape("list of 20, varied, 1 connection", list(""), 1),
        shape("page 1", vec![get("/v1/videos")], 32),
        shape("far page by cursor", vec![get(&format!("/v1/videos?limit=20{far}"))], 32),
        shape("q over 200 queries", searched, 32),
    ];
    shapes.extend([
        shape("feed of 20, varied, RSS", feed("rss"), 32),
        shape("feed of 20, varied, Atom", feed("atom"), 32),
        shape("feed of 20, varied, JSON", feed("json"), 32),
        shape("embed page, varied", pages, 32),
    ]);
    shapes.extend(searches(address, &published));
    shapes.push(Shape {
        name: "304",
        requests: vec![format!(
            "GET /v1/videos/{slug} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n"
        )],
        connections: 32,
        status: 304,
    });
    shapes
}

/// Search shapes, most of them on one connection, for latency.
fn searches(address: &str, published: &dyn Fn(u32, &str) -> serde_json::Value) -> Vec<Shape> {
    // The names of places, each in about twenty videos: the last words of English descriptions.
    let mut places: Vec<String> = Vec::new();
    let mut cursor = String::new();
    for _ in 0..10 {
        let list = published(100, &format!("&lang=en&fields=description{cursor}"));
        let texts = list.get("data").and_then(|data| data.as_array()).into_iter().flatten();
        let words = texts
            .filter_map(|video| video.get("description")?.as_str())
            .flat_map(|text| text.split([' ', '.']));
        places
            .extend(words.filter(|word| word.ends_with("ac") && word.len() > 8).map(str::to_owned));
        let Some(next) = list.pointer("/page/next_cursor").and_then(|cursor| cursor.as_str())
        else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    places.sort();
    places.dedup();
    assert!(places.len() > 20, "the generated catalogue has too few names of places");
    let place_queries = |path: &str, before: &str| {
        places
            .iter()
            .map(|place| get(&format!("{path}?q={}", percent_encode(&format!("{before}{place}")))))
            .collect::<Vec<_>>()
    };
    let cached: Vec<String> = place_queries("/v1/videos", "").into_iter().take(100).collect();
    // Punctuation does not change the result, but makes the query new.
    let uncached = |path: &str| {
        let marks = |number: u32| {
            (0..16).map(|bit| if number >> bit & 1 == 1 { '!' } else { '?' }).collect::<String>()
        };
        let request = |(number, place): (u32, &String)| {
            get(&format!("{path}?q={}", percent_encode(&format!("{place}{}", marks(number)))))
        };
        (0..60_000).zip(places.iter().cycle()).map(request).collect::<Vec<_>>()
    };
    let of = |path: &str, texts: &[&str]| {
        texts
            .iter()
            .map(|text| get(&format!("{path}?q={}", percent_encode(text))))
            .collect::<Vec<_>>()
    };
    // Distinct filters, so that no facet counts are cached.
    let faceted = (0..2_000_u32)
        .map(|number| {
            let (year, seconds) = (2_017 + number % 10, 30 + number / 10);
            get(&format!("/v1/videos?year={year}&min_duration={seconds}&facets=country,topic,programme,text_language"))
        })
        .collect();
    let (_, spoken) = once(address, &get("/v1/transcript-search?q=%22story+number%22&limit=100"));
    let spoken: serde_json::Value = serde_json::from_slice(&spoken).expect("the body is JSON");
    let phrases: Vec<String> = spoken
        .get("data")
        .and_then(|data| data.as_array())
        .into_iter()
        .flatten()
        .filter_map(|hit| {
            Some(
                hit.get("text")?
                    .as_str()?
                    .replace("<mark>", "")
                    .replace("</mark>", "")
                    .trim_end_matches('.')
                    .to_owned(),
            )
        })
        .map(|phrase| {
            get(&format!("/v1/transcript-search?q={}", percent_encode(&format!("\"{phrase}\""))))
        })
        .collect();
    let prefixes = [
        "w",
        "wo",
        "wom",
        "v",
        "vio",
        "p",
        "pol",
        "qe",
        "дев",
        "zen",
        "forum po",
        "12",
        "video",
        "ş",
        "women rig",
    ];
    let misspelled = [
        "wommen",
        "volence",
        "qender fluma",
        "polise",
        "превенцја",
        "zenne",
        "sidet",
        "shkola",
        "ravnopravnot",
        "mrreza",
    ];
    let shape = |name, requests, connections| Shape { name, requests, connections, status: 200 };
    vec![
        shape("search: rare word, cached, 20 hits", cached.clone(), 32),
        shape("search: rare word, cached, 1 connection", cached, 1),
        shape("search: rare word, uncached", uncached("/v1/videos"), 32),
        shape("search: rare word, uncached, 1 connection", uncached("/v1/videos"), 1),
        shape("search: word in 20 % of items, 1 connection", of("/v1/videos", &["anniversary"]), 1),
        shape(
            "search: word in most titles, 1 connection",
            of("/v1/videos", &["film", "forum", "women"]),
            1,
        ),
        shape(
            "search: three words, one rare, 1 connection",
            place_queries("/v1/videos", "women rights "),
            1,
        ),
        shape("search: all kinds, rare word, uncached, 1 connection", uncached("/v1/search"), 1),
        shape("search: misspelled word, 1 connection", of("/v1/videos", &misspelled), 1),
        shape("4 facets of 10,000, 1 connection", faceted, 1),
        shape("transcript search: rare phrase, 1 connection", phrases, 1),
        shape("suggest, 1 connection", of("/v1/suggest", &prefixes), 1),
    ]
}

fn measure(url: &str, videos: u32, imported: Option<Duration>) {
    let length = Duration::from_secs(setting("KINOTEKA_BENCH_SECONDS", 2).into());
    let rounds = setting("KINOTEKA_BENCH_ROUNDS", 3);
    let only = std::env::var("KINOTEKA_BENCH_ONLY").unwrap_or_default();
    let starts: Vec<Duration> = (0..3)
        .map(|_| {
            let started = Instant::now();
            let (served, address) = serve(url);
            assert!(once(&address, &get("/v1/videos?limit=1")).0.contains(" 200 "));
            drop(served);
            started.elapsed()
        })
        .collect();
    let (served, address) = serve(url);
    println!("| shape | requests/s | p50 | p99 | ratio to bare handler |\n|---|---|---|---|---|");
    for shape in shapes(&address, videos).into_iter().filter(|shape| shape.name.contains(&only)) {
        let sample = shape.requests.get(shape.requests.len() / 2).expect("a shape has requests");
        let (bare_address, handle) = bare(once(&address, sample).1);
        drop(drive(&address, &shape, Some(shape.status), (0, length / 4)));
        let mut runs: Vec<(f64, Run)> = (0..rounds)
            .map(|round| {
                let turn = (usize::try_from(round).expect("the number of rounds fits") + 1, length);
                let of_bare = drive(&bare_address, &shape, Some(200), turn);
                let run = drive(&address, &shape, Some(shape.status), turn);
                (run.rate / of_bare.rate, run)
            })
            .collect();
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, run) = runs.get(runs.len() / 2).expect("there is at least one round");
        println!(
            "| {} | {:.0} | {:.2?} | {:.2?} | {ratio:.3} |",
            shape.name,
            run.rate,
            run.percentile(50),
            run.percentile(99)
        );
        drop(handle.stop(false));
    }
    if "create".contains(&only) {
        create(url, &address, length);
    }
    let memory =
        std::fs::read_to_string(format!("/proc/{}/status", served.0.id())).unwrap_or_default();
    let memory = memory
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .map(str::trim)
        .unwrap_or_default()
        .to_owned();
    println!(
        "\nResident memory after the run: {memory}. Time from start to first response: {starts:.0?}."
    );
    if let Some(imported) = imported {
        println!("Import time: {imported:.1?}.");
    }
    let size = std::fs::metadata(program()).map_or(0, |about| about.len());
    println!(
        "Binary size: {:.1} MB.",
        f64::from(u32::try_from(size / 1_000).unwrap_or(0)) / 1_000.0
    );
}

/// Measures creates; each request has its own slug, since a write cannot be repeated.
fn create(url: &str, address: &str, length: Duration) {
    let created = kinoteka(url, &["key", "create", "--role", "editor", "--name", "bench"])
        .stderr(Stdio::null())
        .output()
        .expect("the program runs");
    let key = String::from_utf8(created.stdout).expect("the key is UTF-8");
    let line = generate_catalogue(2_000, 2)
        .find(|line| line.get("slug").is_some_and(|slug| slug == "video-7"))
        .expect("the generated catalogue has the video");
    let requests = (0..20_000)
        .map(|number| {
            let mut body = line.clone();
            if let Some(body) = body.as_object_mut() {
                body.remove("resource");
                body.insert("slug".to_owned(), format!("created-{number}").into());
                for field in ["programme", "partners", "topics"] {
                    body.remove(field);
                }
                body.insert("programme".to_owned(), "programme-1".into());
                body.insert("topics".to_owned(), serde_json::json!(["topic-1", "topic-2"]));
            }
            let body = body.to_string();
            format!("POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", key.trim(), body.len())
        })
        .collect();
    let shape = Shape { name: "create", requests, connections: 8, status: 201 };
    let run = drive(address, &shape, Some(201), (0, length * 2));
    println!(
        "| create, 8 connections | {:.0} | {:.2?} | {:.2?} | |",
        run.rate,
        run.percentile(50),
        run.percentile(99)
    );
}

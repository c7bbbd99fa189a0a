//! HTTP benchmark: throughput and latency of requests, as a ratio to a bare handler that returns
//! the same bytes in the same run: `cargo bench --bench http`.
//!
//! `KINOTEKA_BENCH_VIDEOS` (100000), `KINOTEKA_BENCH_SECONDS` per measurement (2),
//! `KINOTEKA_BENCH_ROUNDS` (3), `KINOTEKA_BENCH_DATABASES` (`sqlite,postgres`),
//! `KINOTEKA_BENCH_ONLY` (substring of a shape's name), `KINOTEKA_BENCH_PROGRAM` (another
//! binary to measure), `KINOTEKA_BENCH_BASELINE` (a binary to compare with instead of the bare
//! handler), `KINOTEKA_BENCH_URL` (an existing database instead of generated ones).
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark reports errors by panicking"
)]

mod load;
#[expect(dead_code, reason = "benchmarks do not use fault injection")]
#[path = "../../tests/suite/support/postgres.rs"]
mod postgres;
mod shapes;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kinoteka::commands::generate_catalogue;

use load::{Run, Shape, Turn, bare, drive};
use postgres::PostgresDatabase;
use shapes::shapes;
use support::{Program, get, once, setting};

/// The options that all measurements share.
struct Options {
    videos: u32,
    length: Duration,
    rounds: usize,
    only: String,
}

impl Options {
    fn from_env() -> Self {
        Self {
            videos: setting("KINOTEKA_BENCH_VIDEOS", 100_000),
            length: Duration::from_secs(setting("KINOTEKA_BENCH_SECONDS", 2).into()),
            rounds: usize::try_from(setting("KINOTEKA_BENCH_ROUNDS", 3)).expect("a small number"),
            only: std::env::var("KINOTEKA_BENCH_ONLY").unwrap_or_default(),
        }
    }

    fn shapes(&self, address: &str) -> impl Iterator<Item = Shape> {
        let shapes = shapes(address, self.videos).into_iter();
        shapes.filter(|shape| shape.name.contains(&self.only))
    }

    fn turn(&self, number: usize, shape: &Shape) -> Turn {
        Turn { number, length: self.length, status: shape.status }
    }
}

fn main() {
    let options = Options::from_env();
    if let Ok(url) = std::env::var("KINOTEKA_BENCH_URL") {
        measure(Target { program: &Program::measured(), url: &url }, &options);
        return;
    }
    let baseline = std::env::var_os("KINOTEKA_BENCH_BASELINE").map(|path| Program(path.into()));
    let databases =
        std::env::var("KINOTEKA_BENCH_DATABASES").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    for name in databases.split(',') {
        println!("\n## {name}, {} videos\n", options.videos);
        let program = Program::measured();
        let database = Database::create(name, &program, options.videos);
        let target = Target { program: &program, url: &database.url };
        match &baseline {
            Some(program) => {
                let database = Database::create(name, program, options.videos);
                compare(target, Target { program, url: &database.url }, &options);
            }
            None => measure(target, &options),
        }
    }
}

/// A binary and the database that it serves.
#[derive(Clone, Copy)]
struct Target<'a> {
    program: &'a Program,
    url: &'a str,
}

/// A database with the generated catalogue, removed when dropped.
struct Database {
    url: String,
    kind: DatabaseKind,
}

enum DatabaseKind {
    Sqlite { file: PathBuf },
    Postgres { _database: PostgresDatabase },
}

impl Database {
    fn create(name: &str, program: &Program, videos: u32) -> Self {
        let database = match name {
            "sqlite" => return sqlite(program, videos),
            "postgres" => {
                PostgresDatabase::from_template("template0").expect("PostgreSQL is installed")
            }
            other => panic!("unknown database {other}"),
        };
        let url = database.url.clone();
        println!("Import time: {:.1?}.", program.import(&url, generate_catalogue(videos, 1)));
        Self { url, kind: DatabaseKind::Postgres { _database: database } }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let DatabaseKind::Sqlite { file } = &self.kind {
            for extension in ["db", "db-wal", "db-shm"] {
                drop(std::fs::remove_file(file.with_extension(extension)));
            }
        }
    }
}

/// Returns a copy of the generated catalogue, which later runs with the same binary reuse.
fn sqlite(program: &Program, videos: u32) -> Database {
    let name = format!("bench-{videos}-{:016x}.db", fingerprint(program));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !path.exists() {
        let temporary = path.with_extension("tmp.db");
        drop(std::fs::remove_file(&temporary));
        let url = format!("sqlite://{}", temporary.display());
        println!("Import time: {:.1?}.", program.import(&url, generate_catalogue(videos, 1)));
        std::fs::rename(&temporary, &path).expect("the file can be renamed");
    }
    let file = path.with_extension("work.db");
    std::fs::copy(&path, &file).expect("the database can be copied");
    // Otherwise the first write waits until the copy is flushed to disk.
    std::fs::File::open(&file).and_then(|copy| copy.sync_all()).expect("the copy can be written");
    let url = format!("sqlite://{}", file.display());
    Database { url, kind: DatabaseKind::Sqlite { file } }
}

/// Digest of the binary, so that a catalogue of another version is not reused.
fn fingerprint(program: &Program) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(&std::fs::read(&program.0).expect("the binary can be read"));
    hasher.finish()
}

/// Measures each shape in alternation with a bare handler that returns the same bytes.
fn measure(target: Target<'_>, options: &Options) {
    let Target { program, url } = target;
    let starts: Vec<Duration> = (0..3)
        .map(|_| {
            let started = Instant::now();
            let (served, address) = program.serve(url);
            assert!(once(&address, &get("/v1/videos?limit=1")).0.contains(" 200 "));
            drop(served);
            started.elapsed()
        })
        .collect();
    let (served, address) = program.serve(url);
    println!("| shape | requests/s | p50 | p99 | ratio to bare handler |\n|---|---|---|---|---|");
    for shape in options.shapes(&address) {
        let sample = shape.requests.get(shape.requests.len() / 2).expect("a shape has requests");
        let (bare_address, handle) = bare(once(&address, sample).1);
        warm_up(&address, &shape, options);
        let runs = (1..=options.rounds).map(|number| {
            let turn = options.turn(number, &shape);
            let of_bare = drive(&bare_address, &shape, Turn { status: 200, ..turn });
            let run = drive(&address, &shape, turn);
            (run.rate / of_bare.rate, run)
        });
        let (ratio, run) = median(runs.collect());
        println!("{} {ratio:.3} |", row(&shape, &run));
        drop(handle.stop(false));
    }
    if "create".contains(&options.only) {
        let shape = create(target);
        let turn = Turn { number: 0, length: options.length * 2, status: shape.status };
        println!("{} |", row(&shape, &drive(&address, &shape, turn)));
    }
    let memory =
        std::fs::read_to_string(format!("/proc/{}/status", served.0.id())).unwrap_or_default();
    let memory =
        memory.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().trim();
    println!(
        "\nResident memory after the run: {memory}. Time from start to first response: {starts:.0?}."
    );
    let size = std::fs::metadata(&program.0).map_or(0, |metadata| metadata.len());
    println!("Binary size: {} kB.", size / 1_000);
}

/// Measures each shape in alternation with another program, which has a database of its own.
fn compare(target: Target<'_>, baseline: Target<'_>, options: &Options) {
    let (_served, address) = target.program.serve(target.url);
    let (_baseline_served, baseline_address) = baseline.program.serve(baseline.url);
    println!("| shape | requests/s | p50 | p99 | ratio to baseline | lowest | highest |");
    println!("|---|---|---|---|---|---|---|");
    let mut pairs: Vec<(Shape, Shape)> =
        options.shapes(&address).zip(options.shapes(&baseline_address)).collect();
    if "create".contains(&options.only) {
        pairs.push((create(target), create(baseline)));
    }
    for (shape, baseline_shape) in pairs {
        warm_up(&address, &shape, options);
        warm_up(&baseline_address, &baseline_shape, options);
        let runs = (1..=options.rounds).map(|number| {
            // Which program comes first alternates as well.
            let measure_baseline =
                || drive(&baseline_address, &baseline_shape, options.turn(number, &baseline_shape));
            let measure_program = || drive(&address, &shape, options.turn(number, &shape));
            let (of_baseline, run) = if number % 2 == 0 {
                (measure_baseline(), measure_program())
            } else {
                let run = measure_program();
                (measure_baseline(), run)
            };
            (run.rate / of_baseline.rate, run)
        });
        let runs: Vec<(f64, Run)> = runs.collect();
        let lowest = runs.iter().map(|(ratio, _)| *ratio).fold(f64::INFINITY, f64::min);
        let highest = runs.iter().map(|(ratio, _)| *ratio).fold(0.0, f64::max);
        let (ratio, run) = median(runs);
        println!("{} {ratio:.3} | {lowest:.3} | {highest:.3} |", row(&shape, &run));
    }
}

fn warm_up(address: &str, shape: &Shape, options: &Options) {
    // A create cannot be repeated.
    if shape.status != 201 {
        let turn = options.turn(0, shape);
        drop(drive(address, shape, Turn { length: options.length / 4, ..turn }));
    }
}

/// Returns the run with the median ratio.
fn median(mut runs: Vec<(f64, Run)>) -> (f64, Run) {
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    runs.swap_remove(runs.len() / 2)
}

/// Formats the first columns of the table.
fn row(shape: &Shape, run: &Run) -> String {
    let (p50, p99) = (run.percentile(50), run.percentile(99));
    format!("| {} | {:.0} | {p50:.2?} | {p99:.2?} |", shape.name, run.rate)
}

/// Returns the shape of creates; each request has its own slug, since a write cannot be repeated.
fn create(target: Target<'_>) -> Shape {
    let key = target.program.create_key(target.url);
    let line = generate_catalogue(2_000, 2)
        .find(|line| line.get("slug").is_some_and(|slug| slug == "video-7"))
        .expect("the generated catalogue has the video");
    let requests = (0..60_000)
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
            format!("POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        })
        .collect();
    Shape { name: "create, 8 connections", requests, connections: 8, status: 201 }
}

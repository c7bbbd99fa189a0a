//! Benchmark of summaries, tables, charts and IATI export with many statistics: `cargo bench
//! --bench impact`.
//!
//! `KINOTEKA_BENCH_STATISTICS` (200000), `KINOTEKA_BENCH_ROUNDS` (15), `KINOTEKA_BENCH_DATABASES`
//! (`sqlite,postgres`), `KINOTEKA_BENCH_PROGRAM` (another binary to measure),
//! `KINOTEKA_BENCH_URL` (an existing database instead of generated ones; without IATI).
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

use std::path::Path;
use std::time::{Duration, Instant};

use kinoteka::commands::generate_statistics_catalogue;
use postgres::PostgresDatabase;
use serde_json::{Value, json};
use support::{Program, ServerProcess, get, once, setting};

/// Number of statistics in the catalogue exported as IATI.
const IATI_STATISTICS: u32 = 2_000;
/// Summary of all statistics by country and year; non-additive values are listed separately.
const SUMMARY: &str = "/v1/impact-statistics/summary?group_by=country,year&separate=true";
/// Query of a chart with fifty points, one for each programme.
const FIFTY: &str = "group_by=programme&unit=people&time_aggregation=sum&group_aggregation=sum";

fn main() {
    if let Ok(url) = std::env::var("KINOTEKA_BENCH_URL") {
        table(&url);
        summaries(&url);
        return;
    }
    let databases =
        std::env::var("KINOTEKA_BENCH_DATABASES").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    let statistics = setting("KINOTEKA_BENCH_STATISTICS", 200_000);
    for database in databases.split(',') {
        println!("\n## {database}, {statistics} statistics\n");
        let [many, few] = [0, 1].map(|number| BenchDatabase::new(database, number));
        let took = Program::measured()
            .import(many.url(), generate_statistics_catalogue(200, statistics, 1));
        println!("import, after the last line: {:.1} s", took.as_secs_f64());
        Program::measured().import(
            few.url(),
            generate_statistics_catalogue(200, IATI_STATISTICS, 1).map(complete),
        );
        table(many.url());
        summaries(many.url());
        iati(few.url());
    }
}

/// Temporary database, removed when dropped.
enum BenchDatabase {
    Sqlite(String),
    Postgres(PostgresDatabase),
}

impl BenchDatabase {
    fn new(database: &str, number: u32) -> Self {
        match database {
            "sqlite" => {
                let path =
                    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("impact-{number}.db"));
                let database = Self::Sqlite(format!("sqlite://{}", path.display()));
                database.remove();
                database
            }
            "postgres" => Self::Postgres(
                PostgresDatabase::from_template("template0").expect("PostgreSQL is installed"),
            ),
            other => panic!("unknown database {other}"),
        }
    }

    fn url(&self) -> &str {
        match self {
            Self::Sqlite(url) => url,
            Self::Postgres(database) => &database.url,
        }
    }

    fn remove(&self) {
        if let Self::Sqlite(url) = self {
            for end in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{end}", url.trim_start_matches("sqlite://"))));
            }
        }
    }
}

impl Drop for BenchDatabase {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Adds the fields that IATI requires and the generator does not set.
fn complete(mut item: Value) -> Value {
    let slug = item.get("slug").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(fields) = item.as_object_mut() {
        match fields.get("resource").and_then(Value::as_str) {
            Some("programme") => {
                fields.insert("iati_identifier".to_owned(), json!(format!("XM-DAC-1-{slug}")));
                fields.insert("sectors".to_owned(), json!([{"code": "15180"}]));
                fields.insert(
                    "partners".to_owned(),
                    json!([{"partner": "partner-1", "role": "implementing"}]),
                );
            }
            Some("indicator") => {
                fields.insert("result_type".to_owned(), json!("outcome"));
                if fields.get("ascending").is_none_or(Value::is_null) {
                    fields.insert("ascending".to_owned(), json!(true));
                }
            }
            _ => {}
        }
    }
    item
}

/// Measures the time of one request.
fn time(address: &str, path: &str) -> Duration {
    let started = Instant::now();
    let (head, _) = once(address, &get(path));
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    started.elapsed()
}

/// Measures the request once per round; returns the sorted times.
fn times(address: &str, path: &str, mut before: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..setting("KINOTEKA_BENCH_ROUNDS", 15))
        .map(|_| {
            before();
            time(address, path)
        })
        .collect();
    times.sort();
    times
}

fn p50(times: &[Duration]) -> f64 {
    times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1_000.0
}

/// Peak resident memory of a server in megabytes, where `/proc` has it.
fn peak_memory_mb(served: &ServerProcess) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.0.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1_024)
}

fn table(url: &str) {
    let (served, address) = Program::measured().serve(url);
    let (mut best, mut rows) = (Duration::MAX, 0_usize);
    for _ in 0..3 {
        let started = Instant::now();
        let (head, body) = once(&address, &get("/v1/impact-statistics.csv"));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        best = best.min(started.elapsed());
        rows = body.windows(2).filter(|end| *end == b"\r\n").count();
    }
    let rate = f64::from(u32::try_from(rows).unwrap_or(u32::MAX)) / best.as_secs_f64();
    println!(
        "CSV of {rows} lines, best of three: {:.2} s, {rate:.0} lines/s; peak memory {:?} MB",
        best.as_secs_f64(),
        peak_memory_mb(&served)
    );
}

fn summaries(url: &str) {
    let (served, address) = Program::measured().serve(url);
    let started = Instant::now();
    drop(once(&address, &get(SUMMARY)));
    println!("first summary of a server: {:.0} ms", started.elapsed().as_secs_f64() * 1_000.0);
    let latencies = times(&address, SUMMARY, || {});
    println!(
        "summary by country and year: p50 {:.0} ms, slowest {:.0} ms",
        p50(&latencies),
        latencies.last().map_or(0.0, |slowest| p50(&[*slowest]))
    );
    let key = Program::measured().create_key(url);
    let (_, list) = once(&address, &get("/v1/impact-statistics?limit=1&fields=slug"));
    let list: Value = serde_json::from_slice(&list).expect("the body is JSON");
    let slug =
        list.pointer("/data/0/slug").and_then(Value::as_str).expect("a statistic").to_owned();
    let mut value = 0_u32;
    let written = times(&address, SUMMARY, || {
        value += 1;
        let body = format!("{{\"value\": \"{value}\"}}");
        let request = format!(
            "PATCH /v1/impact-statistics/{slug} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (head, _) = once(&address, &request);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    });
    println!("the same after a write: p50 {:.0} ms", p50(&written));
    // Alternating, since the cost of a chart beyond its query is a small difference of large
    // numbers.
    let summary = format!(
        "/v1/impact-statistics/summary?{FIFTY}&aggregates=sum,baseline,target,progress&statistics_limit=0"
    );
    let chart = format!("/v1/impact-statistics/chart.svg?{FIFTY}");
    let (mut summaries, mut charts, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setting("KINOTEKA_BENCH_ROUNDS", 15) {
        let (summary, chart) = (time(&address, &summary), time(&address, &chart));
        summaries.push(summary);
        charts.push(chart);
        differences.push((chart.as_secs_f64() - summary.as_secs_f64()) * 1_000.0);
    }
    summaries.sort();
    charts.sort();
    differences.sort_by(f64::total_cmp);
    let difference = differences.get(differences.len() / 2).copied().unwrap_or_default();
    println!(
        "summary of 50 programmes: p50 {:.1} ms; as a chart: {:.1} ms, {difference:.1} ms more",
        p50(&summaries),
        p50(&charts)
    );
    println!("peak memory {:?} MB", peak_memory_mb(&served));
}

fn iati(url: &str) {
    let mut command = Program::measured().command(url, &["serve", "--bind", "127.0.0.1:0"]);
    command
        .env("KINOTEKA_NAME", "Bench")
        .env("KINOTEKA_IATI_REPORTING_ORG", "XM-DAC-1")
        .env("KINOTEKA_IATI_REPORTING_ORG_TYPE", "40");
    let (_served, address) = support::spawn_and_wait(command);
    let latencies = times(&address, "/iati/activities.xml", || {});
    let (_, body) = once(&address, &get("/iati/activities.xml"));
    let count = |what: &str| String::from_utf8_lossy(&body).matches(what).count();
    println!(
        "IATI of {} programmes with {} values: p50 {:.0} ms",
        count("<iati-activity "),
        count("<actual "),
        p50(&latencies)
    );
}

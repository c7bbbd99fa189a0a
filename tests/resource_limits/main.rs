//! A few clients cannot exhaust a server. These tests measure time and memory, so they are a program
//! of their own, which runs when no other tests do.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests report failures by panicking"
)]

#[expect(dead_code, unused_imports, reason = "other tests use more of it")]
#[path = "../suite/support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use support::postgres::PostgresDatabase;
use support::process::{exchange, expect_exit, request, run, run_with_input, serve};
use support::sqlite::SqliteDatabase;

/// Words that many items of the generated catalogue contain.
const FREQUENT_WORDS: [&str; 19] = [
    "nasilje", "ljubav", "mladi", "zene", "forum", "obuka", "prava", "kampanja", "region",
    "mediji", "policija", "skola", "selo", "grad", "zakon", "promena", "mreza", "pravda", "norme",
];

/// Serves a generated catalogue of 3,000 videos, and runs all checks.
fn check_limits(directory: &Path, url: &str) {
    let catalogue = kinoteka::commands::generate_catalogue(3_000, 1).collect::<Vec<_>>();
    let catalogue = support::lines(&catalogue);
    expect_exit(run(directory, url, &["migrate"]), 0);
    expect_exit(run_with_input(directory, url, &["import", "-"], &catalogue), 0);
    let (server, _, address) = serve(directory, url, &[]);
    check_tables_for_many_clients(&address);
    check_light_reads_beside_expensive_ones(&address);
    check_memory_with_clients_that_read_nothing(&address, server.0.id());
}

/// Tests must not run at the same time.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn sqlite() {
    let _turn = TURN.lock();
    let file = SqliteDatabase::new(None);
    check_limits(file.directory(), &file.url);
}

#[test]
fn postgres() {
    let _turn = TURN.lock();
    let directory = SqliteDatabase::new(None);
    if let Some(database) = PostgresDatabase::from_template("template0") {
        check_limits(directory.directory(), &database.url);
    }
}

/// The paths of the requests that cost most. Each has a number, so that no response is cached.
fn expensive_paths(number: usize) -> [String; 6] {
    let first = number % FREQUENT_WORDS.len();
    let mut words = FREQUENT_WORDS;
    words.rotate_left(first);
    let excluded: Vec<String> = words[1..].iter().map(|word| format!("-{word}")).collect();
    let excluded = excluded.join("+");
    let all = words.join("+");
    let any = words.join("+OR+");
    [
        format!(
            "/v1/search?total=true&facets=kind&q={}+x{number}+OR+{}+{excluded}",
            words[0], words[0]
        ),
        format!(
            "/v1/videos?total=true&facets=country,topic,partner,programme,year,text_language&country=XK,RS,AL,BA,ME,MK,TR&q={all}+OR+x{number}"
        ),
        format!("/v1/search?total=true&facets=kind&q={any}+OR+x{number}"),
        format!("/iati/activities.xml?incomplete=omit&q={}+OR+x{number}", words[0]),
        format!("/v1/videos.xlsx?q={any}+OR+x{number}"),
        format!("/v1/videos?sort=title&total=true&q=a+OR+x{number}&facets=country,topic"),
    ]
}

/// Sends a request, reads the response, and returns its status.
fn status_of(address: &str, path: &str) -> String {
    let response = exchange(address, &request(address, "GET", path, None, None));
    let response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(response.get(9..12).unwrap_or_default()).into_owned()
}

/// A light read takes less than 100 ms while six clients send the most expensive requests.
fn check_light_reads_beside_expensive_ones(address: &str) {
    const READS: usize = 1_000;
    let path = "/v1/videos/video-1";
    assert_eq!(status_of(address, path), "200");
    let (has_ended, expensive_reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let _end = SetOnDrop(&has_ended);
        for client in 0..6 {
            let (has_ended, expensive_reads) = (&has_ended, &expensive_reads);
            scope.spawn(move || {
                while !has_ended.load(Ordering::Relaxed) {
                    let number = expensive_reads.fetch_add(1, Ordering::Relaxed);
                    let path = &expensive_paths(number)[client];
                    // No activity is complete.
                    let expected = if client == 3 { "422" } else { "200" };
                    assert_eq!(status_of(address, path), expected, "{path}");
                }
            });
        }
        let times = (0..READS).map(|_| {
            let started = Instant::now();
            assert_eq!(status_of(address, path), "200");
            started.elapsed()
        });
        times.collect()
    });
    times.sort_unstable();
    let percentile = times[READS * 99 / 100];
    let expensive_reads = expensive_reads.into_inner();
    println!(
        "p99 {percentile:?}, median {:?}, {expensive_reads} expensive reads",
        times[READS / 2]
    );
    assert!(percentile < Duration::from_millis(100), "{percentile:?}");
    assert!(expensive_reads > 6, "expensive reads are answered, too");
}

/// Ends the other threads, also if this one panics.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Requests a table and reads it to its end; returns its size.
fn table_size(address: &str) -> usize {
    let path = "/v1/videos.csv?country=XK&sort=slug";
    let response = exchange(address, &request(address, "GET", path, None, None));
    let response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(response.ends_with(b"0\r\n\r\n"), "the table ends early");
    response.len()
}

/// Clients that read are not disconnected, however many there are.
fn check_tables_for_many_clients(address: &str) {
    let expected = table_size(address);
    std::thread::scope(|scope| {
        for _ in 0..60 {
            scope.spawn(|| assert_eq!(table_size(address), expected));
        }
    });
}

/// Connects like a client that has room for few bytes.
fn connect_with_small_buffer(address: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(2_048).expect("setting an option");
    let address: SocketAddr = address.parse().expect("an address");
    socket.connect(&address.into()).expect("the server listens");
    socket.into()
}

/// Resident memory of a process in kB.
fn resident_kilobytes(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// The server takes less than 100 MB more while 200 clients request large responses and read nothing.
fn check_memory_with_clients_that_read_nothing(address: &str, process: u32) {
    const CLIENTS: usize = 200;
    let large = |number: usize| match number % 5 {
        0 => "/v1/videos.csv".to_owned(),
        1 => "/v1/videos.xlsx".to_owned(),
        2 => format!(
            "/v1/videos?limit=100&lang=all&include=programme,partners,topics&offset={number}"
        ),
        3 => "/openapi.json".to_owned(),
        _ => "/feeds/videos.rss?lang=sr-Latn".to_owned(),
    };
    for number in 0..40 {
        let path = large(number);
        assert_eq!(status_of(address, &path), "200", "{path}");
    }
    let before = resident_kilobytes(process);
    let clients: Vec<TcpStream> = (0..CLIENTS)
        .map(|number| {
            let mut stream = connect_with_small_buffer(address);
            let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", large(number));
            stream.write_all(request.as_bytes()).expect("sending the request");
            stream
        })
        .collect();
    let expected = table_size(address);
    let (started, has_ended) = (Instant::now(), AtomicBool::new(false));
    let most = std::thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            let mut most = before;
            while !has_ended.load(Ordering::Relaxed) {
                most = most.max(resident_kilobytes(process));
                std::thread::sleep(Duration::from_millis(20));
            }
            most
        });
        let _end = SetOnDrop(&has_ended);
        while started.elapsed() < Duration::from_secs(8) {
            assert_eq!(status_of(address, "/v1/videos?limit=1"), "200");
            // A client that reads gets the whole table meanwhile.
            assert_eq!(table_size(address), expected);
        }
        has_ended.store(true, Ordering::Relaxed);
        measuring.join().expect("a size")
    });
    println!("{before} kB, then up to {most} kB");
    assert!(most < before + 100 * 1024, "{before} kB, then {most} kB");
    // Not all clients were disconnected, and those that were not have a response.
    let mut begin = [0; 12];
    let answered = clients
        .into_iter()
        .filter_map(|mut client| client.read_exact(&mut begin).ok().map(|()| begin));
    assert!(answered.filter(|begin| begin == b"HTTP/1.1 200").count() >= 10);
}

//! Load generator, and the bare handler to compare with.

use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::rt::net::TcpStream;
use actix_web::rt::{System, spawn, time::sleep_until};
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Requests of one shape; each connection starts at a different offset.
pub struct Shape {
    /// Name in the tables.
    pub name: &'static str,
    /// The requests, each with head and body.
    pub requests: Vec<String>,
    /// Number of keep-alive connections.
    pub connections: usize,
    /// Status that every response must have.
    pub status: u16,
}

/// Starts the bare handler, which returns a constant body; returns its address and handle.
pub fn bare(body: Vec<u8>) -> (String, ServerHandle) {
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
pub struct Run {
    /// Requests per second.
    pub rate: f64,
    times: Vec<Duration>,
}

impl Run {
    /// Returns a percentile of the latencies.
    pub fn percentile(&self, percent: usize) -> Duration {
        self.times
            .get((self.times.len() * percent / 100).min(self.times.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

/// One measurement of a shape.
#[derive(Clone, Copy)]
pub struct Turn {
    /// Number of the measurement; each starts at other offsets, so that requests that must be
    /// uncached are.
    pub number: usize,
    /// Time to send requests for.
    pub length: Duration,
    /// Status that every response must have.
    pub status: u16,
}

/// Sends requests over keep-alive connections for the length of the turn.
pub fn drive(address: &str, shape: &Shape, turn: Turn) -> Run {
    let Turn { number: turn, length, status } = turn;
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
                        assert!(status == found, "{found}: {}", String::from_utf8_lossy(&buffer));
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

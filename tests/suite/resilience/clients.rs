//! Slow, numerous and misbehaving clients.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use super::on_both_databases;
use crate::on_both;
use crate::support::process::{kinoteka, spawn_and_wait, with_wrapper};
use crate::support::server::Response;

/// Sends part of a request; returns the response, and the time until the server closes the
/// connection.
fn send_partial(address: std::net::SocketAddr, part: &str) -> (Vec<u8>, Duration) {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("setting a timeout");
    stream.write_all(part.as_bytes()).expect("sending the part");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("the server closes the connection");
    (response, started.elapsed())
}

fn short_timeouts(settings: &mut kinoteka::config::Settings) {
    settings.client_timeout = Duration::from_secs(1);
    settings.body_timeout = Duration::from_secs(1);
}

on_both! {
    fn incomplete_requests_time_out(server: &TestServer, crate::resilience::clients::short_timeouts) {
        let key = server.editor_key();
        let head = format!("POST /v1/topics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n");
        for part in ["GET /v1/vid", "GET /v1/videos HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "GET /v1/videos HTTP/1.1\r\n", &format!("{head}{{\"name\": \"Ha")] {
            let (response, took) = send_partial(server.address, part);
            let response = Response::parse(&response);
            assert_eq!(response.status, 408, "{part}");
            assert!((Duration::from_millis(400)..Duration::from_secs(8)).contains(&took), "{part}: {took:?}");
        }
        assert_eq!(server.request("GET", "/v1/topics?status=draft&total=true").key(&key).send().json()["page"]["total"], 0);
        let (response, _) = send_partial(server.address, &format!("{head}{{\"name\": \"Ha"));
        Response::parse(&response).problem(408, "request-timeout");
    }

    demo fn slow_readers_do_not_delay_other_clients(server: &TestServer, crate::resilience::clients::short_timeouts) {
        let slow: Vec<TcpStream> = (0..100)
            .map(|_| {
                let mut stream = TcpStream::connect(server.address).expect("the server listens");
                stream.write_all(b"GET /v1/videos HTTP/1.1\r\nHost: localhost\r\n").expect("sending a part");
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

    fn slow_senders_time_out(server: &TestServer, crate::resilience::clients::short_timeouts) {
        let key = server.editor_key();
        let body = format!("POST /v1/topics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n");
        for begin in ["GET /v1/videos HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", &body] {
            let started = Instant::now();
            let mut stream = TcpStream::connect(server.address).expect("the server listens");
            stream.set_read_timeout(Some(Duration::from_millis(200))).expect("setting a timeout");
            stream.write_all(begin.as_bytes()).expect("sending the request");
            let mut response = [0; 12];
            while stream.read_exact(&mut response).is_err() {
                assert!(started.elapsed() < Duration::from_secs(8), "slow senders are rejected within the limit");
                drop(stream.write_all(b" "));
            }
            assert_eq!(&response, b"HTTP/1.1 408", "{begin}");
        }
    }

    demo fn five_hundred_slow_clients_do_not_delay_others(server: &TestServer) {
        let key = server.editor_key();
        let head = format!("POST /v1/topics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n");
        server.get("/openapi.json").expect(200);
        // A third sends its head byte by byte, a third its body, and a third never reads the
        // response.
        let mut slow: Vec<TcpStream> = (0..500)
            .map(|number| {
                let mut stream = TcpStream::connect(server.address).expect("the server listens");
                let begin = match number % 3 {
                    0 => "GET /v1/videos HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
                    1 => &head,
                    _ => "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
                };
                stream.write_all(begin.as_bytes()).expect("sending the request");
                stream
            })
            .collect();
        for _ in 0..3 {
            let second = Instant::now() + Duration::from_secs(1);
            for stream in &mut slow {
                drop(stream.write_all(b" "));
            }
            let started = Instant::now();
            for _ in 0..5 {
                server.get("/v1/videos?limit=1").expect(200);
                server.request("POST", "/v1/topics").key(&key).json(&json!({"name": "Quick"})).send().expect(201);
            }
            assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
            std::thread::sleep(second.saturating_duration_since(Instant::now()));
        }
        drop(slow);
        server.get("/v1/videos?limit=1").expect(200);
    }

    fn too_large_body_returns_413(server: &TestServer) {
        let key = server.editor_key();
        let send = |method: &str, path: &str, body: String| {
            server.request(method, path).key(&key).header("Content-Type", "application/json").body(body).send()
        };
        let long = format!("{{\"name\": \"{}\"}}", "n".repeat(2_000_000));
        send("POST", "/v1/topics", long.clone()).problem(413, "body-too-large");
        send("PUT", "/v1/topics/long", long.clone()).problem(413, "body-too-large");
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            send("POST", "/v1/topics", deep.clone()).problem(400, "malformed-request");
            send("POST", "/v1/topics", format!("{{\"name\": {deep}}}")).problem(400, "malformed-request");
            send("POST", "/v1/topics", open.repeat(10_000)).problem(400, "malformed-request");
        }
        let digits = "9".repeat(400);
        for number in [digits.clone(), format!("-{digits}"), format!("0.{digits}"), format!("1e{digits}"), "1e999999999".to_owned(), "1e-999999999".to_owned()] {
            let problem = send("POST", "/v1/videos", format!("{{\"title\": \"N\", \"duration_seconds\": {number}}}")).problem(422, "invalid-fields");
            assert_eq!(problem["errors"][0]["pointer"], "/duration_seconds", "{problem}");
            let problem = send("POST", "/v1/impact-statistics", format!("{{\"label\": \"N\", \"value\": {number}}}")).problem(422, "invalid-fields");
            assert_eq!(problem["errors"][0]["pointer"], "/value", "{problem}");
            let problem = send("POST", "/v1/impact-statistics", format!("{{\"label\": \"N\", \"value\": \"{number}\"}}")).problem(422, "invalid-fields");
            assert_eq!(problem["errors"][0]["pointer"], "/value", "{problem}");
            for path in ["/v1/videos?limit=", "/v1/videos?offset=", "/v1/videos?min_duration=", "/v1/impact-statistics?min_value="] {
                server.get(&format!("{path}{number}")).problem(400, "invalid-parameter");
            }
        }
        for path in ["/v1/topics", "/v1/videos", "/v1/impact-statistics"] {
            assert_eq!(server.request("GET", &format!("{path}?status=draft&total=true")).key(&key).send().json()["page"]["total"], 0);
        }
    }

    demo fn last_slice_of_a_response_is_not_delayed(server: &TestServer) {
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        let mut times: Vec<Duration> = (0..60)
            .map(|_| {
                let started = Instant::now();
                stream.write_all(b"GET /v1/videos?lang=all HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sending the request");
                assert_eq!(status(&mut stream), 200);
                started.elapsed()
            })
            .collect();
        times.sort_unstable();
        // Clients acknowledge a slice that is not followed by another one after 40 ms.
        assert!(times[5] < Duration::from_millis(38), "{times:?}");
    }

    fn bodies_that_nobody_reads_end(server: &TestServer) {
        let key = server.editor_key();
        let no_key = "Content-Type: application/json\r\n".to_owned();
        let with_key = format!("Authorization: Bearer {key}\r\n");
        for (method, path, headers, status) in [
            ("GET", "/v1/videos", &no_key, 200),
            ("GET", "/openapi.json", &no_key, 200),
            ("GET", "/v1/videos.csv", &no_key, 200),
            ("HEAD", "/v1/videos", &no_key, 200),
            ("HEAD", "/v1/videos.csv", &no_key, 200),
            ("GET", "/healthz", &no_key, 200),
            ("GET", "/nothing", &no_key, 404),
            ("POST", "/oembed", &no_key, 405),
            ("POST", "/v1/videos", &no_key, 401),
            // The media type is refused before the body is read.
            ("POST", "/v1/videos", &with_key, 415),
        ] {
            for framing in ["Content-Length: 1000000000", "Transfer-Encoding: chunked"] {
                let started = Instant::now();
                let mut stream = TcpStream::connect(server.address).expect("the server listens");
                stream.set_read_timeout(Some(Duration::from_millis(50))).expect("setting a timeout");
                let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{framing}\r\n\r\n");
                stream.write_all(head.as_bytes()).expect("sending the head");
                let (mut response, mut part) = (Vec::new(), [0; 8_192]);
                // Sends one chunk after the other, until the server closes the connection.
                loop {
                    match stream.read(&mut part) {
                        Ok(0) => break,
                        Ok(length) => response.extend_from_slice(&part[..length]),
                        Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {}
                        Err(_) => break,
                    }
                    drop(stream.write_all(b"4\r\nbody\r\n"));
                    assert!(started.elapsed() < Duration::from_secs(5), "{method} {path} {framing}: the connection stays open");
                }
                assert!(response.starts_with(format!("HTTP/1.1 {status}").as_bytes()), "{method} {path}: {}", String::from_utf8_lossy(&response));
            }
        }
        // A chunked body that is read leaves the connection open.
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        for name in ["First", "Second"] {
            let body = format!("{{\"name\": \"{name}\"}}");
            let post = format!("POST /v1/topics HTTP/1.1\r\nHost: localhost\r\n{no_key}{with_key}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
            stream.write_all(post.as_bytes()).expect("sending the request");
            assert_eq!(status(&mut stream), 201);
        }
    }

    fn too_large_head_closes_only_its_connection(server: &TestServer) {
        for (head, allowed) in [
            (format!("X-Long: {}\r\n", "x".repeat(64_000)), [200, 431]),
            (format!("Accept-Language: {}\r\n", "sr-Latn,".repeat(8_000)), [200, 431]),
            (format!("If-None-Match: {}\r\n", "\"x\", ".repeat(12_000)), [200, 431]),
            ("X-Many: x\r\n".repeat(1_000), [400, 431]),
            (format!("X-Long: {}\r\n", "x".repeat(200_000)), [400, 431]),
        ] {
            let started = Instant::now();
            let mut stream = TcpStream::connect(server.address).expect("the server listens");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("setting a timeout");
            let request = format!("GET /v1/videos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n");
            let mut response = Vec::new();
            let begin: String = head.chars().take(20).collect();
            // A client that keeps sending may lose the response by a connection reset.
            if let Err(error) = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut response)) {
                let reset = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind());
                assert!(reset && request.len() > 131_072, "{error}: {begin}");
            } else {
                let status = Response::parse(&response).status;
                assert!(allowed.contains(&status), "{status}: {begin}");
            }
            assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
            server.get("/healthz").expect(200);
        }
        let long = format!("GET /v1/videos?q={} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "q".repeat(64_000));
        assert!([200, 400, 414].contains(&server.raw(long.as_bytes()).status));
        server.get("/v1/videos").expect(200);
    }
}

/// Sends one request on a keep-alive connection; returns the status.
fn status(stream: &mut TcpStream) -> u16 {
    let mut response = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let read = stream.read(&mut part).expect("a response");
        assert!(read > 0, "the server closed the connection");
        response.extend_from_slice(&part[..read]);
        if let Some(head) = response.windows(4).position(|window| window == b"\r\n\r\n") {
            let parsed = Response::parse(&response);
            let length: usize = parsed.required_header("content-length").parse().expect("a number");
            if response.len() >= head + 4 + length {
                return parsed.status;
            }
        }
    }
}

#[test]
fn serves_two_thousand_connections() {
    // This process needs file descriptors too; the server starts with the usual limit of shells.
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.maximum.map_or(65_536, |maximum| maximum.min(65_536));
    assert!(enough >= 4_096, "2,000 connections cannot be opened here: `ulimit -Hn` is {enough}");
    setrlimit(
        Resource::Nofile,
        Rlimit { current: limit.current.max(Some(enough)), maximum: limit.maximum },
    )
    .expect("raising the limit");
    on_both_databases(|directory, url| {
        let arguments = ["serve", "--bind", "127.0.0.1:0", "--demo", "--database-wait-ms", "30000"];
        let limited = ["sh", "-c", "ulimit -Sn 1024 && exec \"$@\"", "sh"];
        let (served, _, address) =
            spawn_and_wait(with_wrapper(&limited, &kinoteka(directory, url, &arguments)));
        let mut streams: Vec<TcpStream> = (0..2_000)
            .map(|_| {
                let stream = TcpStream::connect(&address).expect("the server listens");
                stream.set_read_timeout(Some(Duration::from_secs(30))).expect("setting a timeout");
                stream
            })
            .collect();
        for path in ["/healthz", "/v1/videos?limit=1"] {
            for stream in &mut streams {
                stream
                    .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
                    .expect("sending the request");
            }
            for stream in &mut streams {
                assert_eq!(status(stream), 200, "{path}");
            }
        }
        drop((streams, served));
    });
}

//! Clients that are slow, many, or send what nobody should.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::on_both;
use crate::support::server::Answer;

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
    fn who_sends_half_a_request_is_not_waited_for(server: &TestServer, crate::faults::clients::impatient) {
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

    demo fn slow_clients_do_not_slow_others(server: &TestServer, crate::faults::clients::impatient) {
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
}

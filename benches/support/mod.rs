//! What measurements of the whole program share: it is started as people start it, and asked over
//! HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A number of the environment, or what it is else.
pub fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The program that is measured: this version, or another to compare it with.
pub fn program() -> PathBuf {
    std::env::var_os("KINOTEKA_BENCH_PROGRAM")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_kinoteka")), PathBuf::from)
}

/// The program, in an environment of its own.
pub fn kinoteka(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KINOTEKA_")) {
        command.env_remove(name);
    }
    command
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("DATABASE_URL", url)
        .env("RUST_LOG", "warn,kinoteka::serve=info")
        .args(arguments);
    command
}

/// Imports a catalogue; gives how long it took from the last line on.
pub fn import(url: &str, lines: impl Iterator<Item = serde_json::Value>) -> Duration {
    let mut child =
        kinoteka(url, &["import", "-"]).stdin(Stdio::piped()).spawn().expect("the program runs");
    let mut out = std::io::BufWriter::new(child.stdin.take().expect("a pipe"));
    for line in lines {
        writeln!(out, "{line}").expect("the import reads");
    }
    drop(out);
    let started = Instant::now();
    assert!(child.wait().expect("it ends").success());
    started.elapsed()
}

/// A server that ends with its owner.
pub struct Served(pub Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server on a free port, and its address.
pub fn serve(url: &str) -> (Served, String) {
    listening(kinoteka(url, &["serve", "--bind", "127.0.0.1:0"]))
}

/// The same of a server that is started so.
pub fn listening(mut command: Command) -> (Served, String) {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut lines =
        BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let served = Served(child);
    let address = lines
        .find_map(|line| {
            line.split_once("listening=http://")
                .and_then(|(_, rest)| rest.split(' ').next())
                .map(str::to_owned)
        })
        .expect("it listens");
    std::thread::spawn(move || lines.for_each(drop));
    (served, address)
}

/// A request for an address.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// One request by itself: status, head and body.
pub fn once(address: &str, request: &str) -> (String, Vec<u8>) {
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    stream
        .write_all(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes())
        .expect("it reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it answers");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    (
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned(),
        bytes.split_off(end + 4),
    )
}

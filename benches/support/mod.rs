//! Support code of the benchmarks that run the binary and send HTTP requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Reads a number from an environment variable, or returns the default.
pub fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// A binary to measure, by its path.
pub struct Program(pub PathBuf);

impl Program {
    /// Returns the binary to measure: this version, or `KINOTEKA_BENCH_PROGRAM`.
    pub fn measured() -> Self {
        let path = std::env::var_os("KINOTEKA_BENCH_PROGRAM");
        Self(path.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_kinoteka")), PathBuf::from))
    }

    /// Returns a command that runs the binary without `KINOTEKA_*` variables.
    pub fn command(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
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

    /// Imports a catalogue; returns the time from the last line sent to the end.
    pub fn import(&self, url: &str, lines: impl Iterator<Item = serde_json::Value>) -> Duration {
        let mut command = self.command(url, &["import", "-"]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("the program runs");
        let mut out = std::io::BufWriter::new(child.stdin.take().expect("an open pipe"));
        for line in lines {
            writeln!(out, "{line}").expect("the import reads");
        }
        drop(out);
        let started = Instant::now();
        assert!(child.wait().expect("the program ends").success());
        started.elapsed()
    }

    /// Creates an editor's API key.
    pub fn create_key(&self, url: &str) -> String {
        let created = self
            .command(url, &["key", "create", "--role", "editor", "--name", "bench"])
            .stderr(Stdio::null())
            .output()
            .expect("the program runs");
        String::from_utf8(created.stdout).expect("the key is UTF-8").trim().to_owned()
    }

    /// Starts a server on a free port; returns it and its address.
    pub fn serve(&self, url: &str) -> (ServerProcess, String) {
        spawn_and_wait(self.command(url, &["serve", "--bind", "127.0.0.1:0"]))
    }
}

/// Server process, killed when dropped.
pub struct ServerProcess(pub Child);

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts a server by the given command and waits until it listens.
pub fn spawn_and_wait(mut command: Command) -> (ServerProcess, String) {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut lines =
        BufReader::new(child.stderr.take().expect("an open pipe")).lines().map_while(Result::ok);
    let served = ServerProcess(child);
    let address = lines
        .find_map(|line| {
            line.split_once("listening=http://")
                .and_then(|(_, rest)| rest.split(' ').next())
                .map(str::to_owned)
        })
        .expect("the server listens");
    std::thread::spawn(move || lines.for_each(drop));
    (served, address)
}

/// Builds a `GET` request.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Sends one request on a new connection; returns head and body.
pub fn once(address: &str, request: &str) -> (String, Vec<u8>) {
    let mut stream = std::net::TcpStream::connect(address).expect("the server listens");
    stream
        .write_all(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes())
        .expect("the server reads the request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the server responds");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    (
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned(),
        bytes.split_off(end + 4),
    )
}

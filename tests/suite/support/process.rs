//! Runs the `kinoteka` binary as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::openapi_contract;
use super::server::Response;

/// Wraps a command with another program and its arguments, for example to change limits.
pub fn with_wrapper(before: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(before.first().expect("a program"));
    outer
        .args(before.iter().skip(1))
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    if let Some(directory) = command.get_current_dir() {
        outer.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// Command that runs the binary with this database and without settings of the environment.
pub fn kinoteka(directory: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinoteka"));
    for (name, _) in std::env::vars().filter(|(name, _)| {
        name.starts_with("KINOTEKA_") || name == "DATABASE_URL" || name == "RUST_LOG"
    }) {
        command.env_remove(name);
    }
    command.current_dir(directory).env("DATABASE_URL", url).args(arguments).stdin(Stdio::null());
    command
}

pub fn run(directory: &Path, url: &str, arguments: &[&str]) -> Output {
    kinoteka(directory, url, arguments).output().expect("the program runs")
}

pub fn run_with_input(directory: &Path, url: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = kinoteka(directory, url, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the input is written");
    output
}

pub fn stdout_text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn stderr_text(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[track_caller]
pub fn expect_exit(output: Output, code: i32) -> Output {
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}{}",
        stdout_text(&output),
        stderr_text(&output)
    );
    output
}

/// A server process, killed when dropped.
pub struct ServerProcess(pub Child, Arc<Mutex<Vec<String>>>);

impl ServerProcess {
    /// The lines logged so far.
    pub fn log_lines(&self) -> Vec<String> {
        self.1.lock().expect("the log is not poisoned").clone()
    }

    /// Waits for a log line that contains all of these parts.
    pub fn wait_for_log(&self, parts: &[&str]) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let lines = self.log_lines();
            if let Some(line) =
                lines.iter().find(|line| parts.iter().all(|part| line.contains(part)))
            {
                return line.clone();
            }
            assert!(Instant::now() < deadline, "{parts:?} was not logged:\n{}", lines.join("\n"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts a server; returns it, the lines logged until it listened, and its address.
pub fn serve(
    directory: &Path,
    url: &str,
    arguments: &[&str],
) -> (ServerProcess, Vec<String>, String) {
    let mut command = kinoteka(directory, url, &["serve", "--bind", "127.0.0.1:0"]);
    command.args(arguments);
    spawn_and_wait(command)
}

/// Starts a server by the given command, like [`serve`].
pub fn spawn_and_wait(mut command: Command) -> (ServerProcess, Vec<String>, String) {
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut lines =
        BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let served = ServerProcess(child, Arc::default());
    let mut seen = Vec::new();
    for line in lines.by_ref() {
        let address = line
            .split_once("listening=http://")
            .and_then(|(_, rest)| rest.split(' ').next())
            .map(str::to_owned);
        seen.push(line);
        if let Some(address) = address {
            // Keeps reading, so that the server never blocks on a full pipe.
            let log = Arc::clone(&served.1);
            std::thread::spawn(move || {
                lines.for_each(|line| log.lock().expect("the log is not poisoned").push(line));
            });
            return (served, seen, address);
        }
    }
    panic!("the server does not listen:\n{}", seen.join("\n"));
}

/// Sends a raw `GET` request and reads the response to its end.
pub fn get(address: &str, path: &str, headers: &str) -> String {
    String::from_utf8(send(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"),
    ))
    .expect("UTF-8")
}

fn send(address: &str, request: &str) -> Vec<u8> {
    exchange(address, request).expect("a complete response")
}

/// Sends a raw request, and reads the response to its end; fails if no server listens.
pub fn exchange(address: &str, request: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response)?;
    Ok(response)
}

/// Sends a request with optional key and JSON body; the response is validated against the document.
pub fn send_request(
    address: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> Response {
    let response = Response::parse(&send(address, &request(address, method, path, key, body)));
    openapi_contract::check(method, path, &response);
    response
}

/// Formats a request with optional key and JSON body.
pub fn request(
    address: &str,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> String {
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    let body = body.map(Value::to_string).unwrap_or_default();
    let about = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{key}{about}\r\n{body}"
    )
}

/// API key printed by `serve --demo`.
pub fn printed_api_key(lines: &[String]) -> String {
    let found =
        lines.iter().find_map(|line| Some(format!("kino_{}", line.split_once("kino_")?.1.trim())));
    found.expect("a key is printed")
}

/// Sends SIGTERM.
pub fn terminate(served: &ServerProcess) {
    send_signal(served, "TERM");
}

/// Sends the signal of this name, without `SIG`.
pub fn send_signal(served: &ServerProcess, name: &str) {
    let arguments = ["-s", name, &served.0.id().to_string()];
    assert!(Command::new("kill").args(arguments).status().expect("kill runs").success());
}

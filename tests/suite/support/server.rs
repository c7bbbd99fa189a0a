//! An in-process server for each test, and requests to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use kinoteka::config::Settings;
use kinoteka::db::Time;
use kinoteka::http::api_keys::{self, ApiKey, Role};
use kinoteka::http::problem::Problem;
use serde_json::Value;

use super::database::{self, Content, Database};
use super::openapi_contract;

/// Server on a free port with its own database; both are removed with the value.
pub struct TestServer {
    /// Address it listens on.
    pub address: SocketAddr,
    /// Its settings.
    pub settings: Settings,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    agent: ureq::Agent,
    _database: Database,
}

impl TestServer {
    /// Starts a server on SQLite.
    pub fn sqlite(content: Content, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(Database::sqlite(content), change)
    }

    /// Starts a server on PostgreSQL, if it is installed.
    pub fn postgres(content: Content, change: impl FnOnce(&mut Settings)) -> Option<Self> {
        Database::postgres(content).map(|database| Self::start(database, change))
    }

    /// Starts a server.
    pub fn start(database: Database, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = database::settings(database.url());
        change(&mut settings);
        settings.validate().unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
        let (sender, receiver) = mpsc::channel();
        let own = settings.clone();
        let thread = std::thread::spawn(move || {
            let outcome = actix_web::rt::System::new().block_on(async move {
                let running =
                    kinoteka::server::start(&own).unwrap_or_else(|error| panic!("{error}"));
                sender
                    .send((running.addresses.clone(), running.server.handle()))
                    .expect("the test waits");
                running.server.await
            });
            outcome.expect("the server stops without an error");
        });
        let (addresses, handle) = receiver.recv().expect("the server starts");
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .allow_non_standard_methods(true)
            .build()
            .into();
        let address = *addresses.first().expect("a listening address");
        Self { address, settings, handle, thread: Some(thread), agent, _database: database }
    }

    /// Creates an API key.
    pub fn key(&self, role: Role, expires_at: Option<Time>) -> (ApiKey, String) {
        let store =
            kinoteka::server::database_from_settings(&self.settings).expect("valid settings");
        store
            .write_blocking(|connection| {
                api_keys::create_key(connection, "test", role, expires_at).map_err(Problem::from)
            })
            .expect("creating a key")
    }

    /// Revokes an API key.
    pub fn revoke(&self, key: &ApiKey) {
        let store =
            kinoteka::server::database_from_settings(&self.settings).expect("valid settings");
        let revoked = store
            .write_blocking(|connection| {
                api_keys::revoke_key(connection, key.id).map_err(Problem::from)
            })
            .expect("revoking a key");
        assert!(revoked);
    }

    /// Creates an editor key.
    pub fn editor_key(&self) -> String {
        self.key(Role::Editor, None).1
    }

    /// Creates a viewer key.
    pub fn viewer_key(&self) -> String {
        self.key(Role::Viewer, None).1
    }

    /// Imports JSON lines without HTTP.
    pub fn import(&self, lines: &[Value]) {
        database::import(&self.settings, &super::lines(lines));
    }

    /// Base URL of absolute links.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a `GET` request without a key.
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path).send()
    }

    /// Sends a `GET` request that must succeed; returns its JSON.
    pub fn read(&self, path: &str) -> Value {
        self.get(path).expect(200).json()
    }

    /// Reads an item as lists show it, without the embed code.
    pub fn read_as_listed(&self, path: &str) -> Value {
        let mut item = self.read(path);
        if let Some(item) = item.as_object_mut() {
            item.remove("embed");
        }
        item
    }

    /// Slugs of a list, in order.
    pub fn slugs(&self, path: &str) -> Vec<String> {
        slugs(&self.read(path))
    }

    /// Slugs of a list, sorted.
    pub fn slug_set(&self, path: &str) -> Vec<String> {
        let mut slugs = self.slugs(path);
        slugs.sort();
        slugs
    }

    /// Builds a request.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        Request {
            server: self,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
            check_contract: true,
        }
    }

    /// Creates an item; returns the response.
    pub fn create(&self, key: &str, path: &str, body: &Value) -> Value {
        self.request("POST", path).key(key).json(body).send().expect(201).json()
    }

    /// Patches an item; returns the response.
    pub fn patch(&self, key: &str, path: &str, body: &Value) -> Value {
        self.request("PATCH", path).key(key).json(body).send().expect(200).json()
    }

    /// Sends raw bytes and reads the response to its end; the request must have `Connection:
    /// close`.
    pub fn raw(&self, bytes: &[u8]) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("setting a timeout");
        stream.write_all(bytes).expect("sending the request");
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("the response is complete");
        Response::parse(&response)
    }

    /// Sends a raw request target; the response is validated against the document.
    pub fn raw_request(&self, method: &str, target: &str, headers: &str) -> Response {
        let response = self.raw(
            format!(
                "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
                self.address
            )
            .as_bytes(),
        );
        if openapi_contract::template(target).is_some() {
            openapi_contract::check(method, target, &response);
        }
        response
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // The call itself sends the command; joining the thread waits for the stop.
        drop(self.handle.stop(false));
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()),
            "the server panicked"
        );
    }
}

/// Slugs of a list response, in order.
pub fn slugs(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().expect("a list has data");
    data.iter().map(|item| item["slug"].as_str().expect("an item has a slug").to_owned()).collect()
}

/// Builds a request.
pub struct Request<'a> {
    server: &'a TestServer,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    check_contract: bool,
}

impl Request<'_> {
    /// Adds an API key.
    pub fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json").body(body.to_string())
    }

    /// Sets a raw body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Skips validation against the OpenAPI document.
    pub fn skip_contract_check(mut self) -> Self {
        self.check_contract = false;
        self
    }

    /// Sends the request and validates the response against the document.
    pub fn send(self) -> Response {
        let mut request = ureq::http::Request::builder().method(self.method.as_str()).uri(format!(
            "{}{}",
            self.server.base(),
            self.path
        ));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let target = format!("{} {}", self.method, self.path);
        let received = match self.body.clone() {
            Some(body) => {
                self.server.agent.run(request.body(body).expect("the request is well formed"))
            }
            None => self.server.agent.run(request.body(()).expect("the request is well formed")),
        };
        let mut received = received.unwrap_or_else(|error| panic!("{target}: {error}"));
        let headers = received
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = received
            .body_mut()
            .with_config()
            .limit(100_000_000)
            .read_to_vec()
            .unwrap_or_else(|error| panic!("{target}: {error}"));
        let response = Response { status: received.status().as_u16(), headers, body };
        if self.check_contract {
            openapi_contract::check(&self.method, &self.path, &response);
            if let Some(body) = self.body.filter(|_| (200..300).contains(&response.status)) {
                openapi_contract::check_body(&self.method, &self.path, &body);
            }
        }
        response
    }
}

/// HTTP response.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers with lowercase names.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// Parses a raw response.
    pub fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap_or_else(|| panic!("no response head: {}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .expect("a status");
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { status, headers, body: bytes.get(end + 4..).unwrap_or_default().to_vec() }
    }

    /// Value of a header, if present.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Value of a header; panics if absent.
    pub fn required_header(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("no header {name}: {:?}", self.headers))
    }

    /// Body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the body is UTF-8")
    }

    /// Body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Panics unless the response has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Panics unless the response is this problem, complete and valid.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        openapi_contract::check_schema("Problem", &problem);
        assert!(
            problem["type"].as_str().is_some_and(|url| url.ends_with(&format!("/problems/{code}"))),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        problem
    }

    /// Panics unless the problem has exactly these errors: pointer or parameter, and code.
    #[track_caller]
    pub fn errors(self, status: u16, expected: &[(&str, &str)]) -> Value {
        let code = if status == 422 { "invalid-fields" } else { "invalid-parameter" };
        let problem = self.problem(status, code);
        let mut found: Vec<(String, String)> = problem["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(|error| {
                let place = error
                    .get("pointer")
                    .or_else(|| error.get("parameter"))
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                let place = place
                    .or_else(|| error["line"].as_u64().map(|line| line.to_string()))
                    .unwrap_or_default();
                (place, error["code"].as_str().unwrap_or_default().to_owned())
            })
            .collect();
        let mut expected: Vec<(String, String)> = expected
            .iter()
            .map(|(place, code)| ((*place).to_owned(), (*code).to_owned()))
            .collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{problem:#}");
        problem
    }
}

//! A real browser without a window, driven by its protocol for developers' tools. It reaches
//! nothing but this machine.

use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one page.
pub struct Browser {
    child: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    last: u64,
    /// What the page told since it was opened: method and parameters.
    events: Vec<(String, Value)>,
    _profile: tempfile::TempDir,
}

/// Says once that something which tests of pages need is not there; under `CI=true` that is a
/// failure.
fn lacking(what: &str) {
    static SAID: std::sync::Once = std::sync::Once::new();
    assert!(std::env::var_os("CI").is_none(), "{what}: tests of pages in a browser did not run.");
    SAID.call_once(|| {
        drop(writeln!(std::io::stderr(), "{what}: tests of pages in a browser did not run."))
    });
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let found = std::env::split_paths(&path)
        .flat_map(|directory| names.map(|name| directory.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        lacking("Chromium is not installed");
    }
    found
}

/// The source of axe-core, which looks for what keeps people from using a page.
pub fn axe() -> Option<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/suite/embed/axe/node_modules/axe-core/axe.min.js"
    );
    let source = std::fs::read_to_string(path).ok();
    if source.is_none() {
        lacking("axe-core is not installed (npm ci --prefix tests/suite/embed/axe)");
    }
    source
}

impl Browser {
    /// Starts one, where Chromium is installed.
    pub fn start() -> Option<Self> {
        let profile = tempfile::tempdir().expect("a directory for the profile");
        let mut command = Command::new(program()?);
        command.args([
            "--headless=new",
            "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
        ]);
        // As root its own sandbox does not work. Frames of other sites are told of by the same
        // session.
        command.args([
            "--no-sandbox",
            "--disable-site-isolation-trials",
            "--disable-features=IsolateOrigins,site-per-process",
        ]);
        command.arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost");
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        let file = profile.path().join("DevToolsActivePort");
        let started = Instant::now();
        let (port, path) = loop {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if let Some((port, path)) = text.trim().split_once('\n') {
                break (port.to_owned(), path.to_owned());
            }
            assert!(started.elapsed() < PATIENCE, "Chromium did not say where it listens");
            std::thread::sleep(Duration::from_millis(20));
        };
        let (socket, _) =
            tungstenite::connect(format!("ws://127.0.0.1:{port}{path}")).expect("Chromium listens");
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream
                .set_read_timeout(Some(Duration::from_millis(100)))
                .expect("a timeout can be set");
        }
        let mut browser =
            Self { child, socket, session: None, last: 0, events: Vec::new(), _profile: profile };
        let target =
            browser.call("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let session = browser.call("Target.attachToTarget", &json!({"targetId": target, "flatten": true}))["sessionId"].clone();
        browser.session = session.as_str().map(str::to_owned);
        for domain in ["Page", "Network", "Log", "Runtime", "Audits"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Calls a method of the protocol.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).expect("Chromium listens");
        let started = Instant::now();
        loop {
            assert!(started.elapsed() < PATIENCE, "{method} was not answered");
            let Some(answer) = self.read() else { continue };
            if answer["id"] == id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Reads a message, if one comes soon; keeps what is an event.
    fn read(&mut self) -> Option<Value> {
        let message = match self.socket.read() {
            Ok(message) => message,
            Err(tungstenite::Error::Io(error))
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                return None;
            }
            Err(error) => panic!("Chromium went away: {error}"),
        };
        let message: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
        if let Some(method) = message["method"].as_str() {
            self.events.push((method.to_owned(), message["params"].clone()));
        }
        Some(message)
    }

    /// Reads what comes until there is an event of this method.
    fn wait_for(&mut self, method: &str) {
        let started = Instant::now();
        while !self.events.iter().any(|(known, _)| known == method) {
            assert!(started.elapsed() < PATIENCE, "{method} did not come");
            self.read();
        }
    }

    /// Opens a page; what was told of the one before is forgotten.
    pub fn visit(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", &json!({"url": url}));
        self.wait_for("Page.loadEventFired");
        self.rest();
    }

    /// Lets the page come to rest.
    pub fn rest(&mut self) {
        let mut quiet = 0;
        while quiet < 3 {
            quiet = if self.read().is_none() { quiet + 1 } else { 0 };
        }
    }

    /// What an expression gives in the page; a promise is waited for.
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true});
        let answer = self.call("Runtime.evaluate", &parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    pub fn wait_until(&mut self, expression: &str) {
        let started = Instant::now();
        while self.eval(expression) != json!(true) {
            assert!(started.elapsed() < PATIENCE, "never was true: {expression}");
            self.rest();
        }
    }

    /// How large the window is, in CSS pixels.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// Whether pages should be dark.
    pub fn prefer_dark(&mut self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": value}]}),
        );
    }

    /// Whether pages may run scripts.
    pub fn allow_scripts(&mut self, may: bool) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({"value": !may}));
    }

    /// Presses a key: `Tab` or `Enter`.
    pub fn press(&mut self, key: &str) {
        let (code, text) = if key == "Enter" { (13, "\r") } else { (9, "") };
        let event = |kind: &str| json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": if kind == "keyDown" { text } else { "" }});
        self.call("Input.dispatchKeyEvent", &event("keyDown"));
        self.call("Input.dispatchKeyEvent", &event("keyUp"));
        self.rest();
    }

    /// What was asked for since the page was opened.
    pub fn requests(&self) -> Vec<String> {
        self.told("Network.requestWillBeSent")
            .filter_map(|event| event["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }

    /// What the browser complains of: violations of policies, scripts that fail, errors.
    pub fn complaints(&self) -> Vec<String> {
        let log = self
            .told("Log.entryAdded")
            .filter(|event| event["entry"]["level"] != "verbose")
            .map(|event| event["entry"]["text"].to_string());
        let thrown = self.told("Runtime.exceptionThrown").map(ToString::to_string);
        let issues = self
            .told("Audits.issueAdded")
            .filter(|event| event["issue"]["code"] == "ContentSecurityPolicyIssue")
            .map(ToString::to_string);
        log.chain(thrown).chain(issues).collect()
    }

    fn told(&self, method: &'static str) -> impl Iterator<Item = &Value> {
        self.events
            .iter()
            .filter(move |(known, _)| known == method)
            .map(|(_, parameters)| parameters)
    }

    /// With `KINOTEKA_SCREENSHOTS=DIRECTORY` a picture of the page is put there, to be looked at.
    pub fn picture(&mut self, name: &str) {
        use base64::Engine;
        let Some(directory) = std::env::var_os("KINOTEKA_SCREENSHOTS") else { return };
        let data =
            self.call("Page.captureScreenshot", &json!({"captureBeyondViewport": true}))["data"]
                .clone();
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap();
        std::fs::write(PathBuf::from(directory).join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

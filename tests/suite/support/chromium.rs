//! Headless Chromium, driven by the Chrome `DevTools` Protocol. It can only reach this machine.

use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Timeout of every step.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A browser with one page.
pub struct Browser {
    child: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    last: u64,
    /// Events since the page was opened: method and parameters.
    events: Vec<(String, Value)>,
    _profile: tempfile::TempDir,
}

/// Prints once that a tool needed by browser tests is missing; fails under `CI=true`.
fn report_missing_tool(what: &str) {
    static REPORTED: std::sync::Once = std::sync::Once::new();
    assert!(std::env::var_os("CI").is_none(), "{what}: browser tests were skipped.");
    REPORTED.call_once(|| drop(writeln!(std::io::stderr(), "{what}: browser tests were skipped.")));
}

fn find_chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let found = std::env::split_paths(&path)
        .flat_map(|directory| names.map(|name| directory.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        report_missing_tool("Chromium is not installed");
    }
    found
}

/// Source of axe-core, the accessibility checker.
pub fn axe_source() -> Option<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/suite/embed/axe/node_modules/axe-core/axe.min.js"
    );
    let source = std::fs::read_to_string(path).ok();
    if source.is_none() {
        report_missing_tool("axe-core is not installed (npm ci --prefix tests/suite/embed/axe)");
    }
    source
}

impl Browser {
    /// Starts a browser, if Chromium is installed.
    pub fn start() -> Option<Self> {
        let profile = tempfile::tempdir().expect("a profile directory");
        let mut command = Command::new(find_chromium()?);
        command.args([
            "--headless=new",
            "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
        ]);
        // The sandbox does not work as root. Without site isolation, events of cross-site frames
        // arrive in the same session.
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
            assert!(started.elapsed() < TIMEOUT, "Chromium did not report its port");
            std::thread::sleep(Duration::from_millis(20));
        };
        let (socket, _) =
            tungstenite::connect(format!("ws://127.0.0.1:{port}{path}")).expect("Chromium listens");
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_millis(100))).expect("setting a timeout");
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

    /// Calls a protocol method.
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
            assert!(started.elapsed() < TIMEOUT, "{method} timed out");
            let Some(reply) = self.read() else { continue };
            if reply["id"] == id {
                assert!(reply.get("error").is_none(), "{method}: {reply}");
                return reply["result"].clone();
            }
        }
    }

    /// Reads a message, if one arrives soon; records events.
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
            Err(error) => panic!("Chromium closed the connection: {error}"),
        };
        let message: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
        if let Some(method) = message["method"].as_str() {
            self.events.push((method.to_owned(), message["params"].clone()));
        }
        Some(message)
    }

    /// Reads messages until an event of this method arrives.
    fn wait_for(&mut self, method: &str) {
        let started = Instant::now();
        while !self.events.iter().any(|(known, _)| known == method) {
            assert!(started.elapsed() < TIMEOUT, "{method} did not arrive");
            self.read();
        }
    }

    /// Opens a page and clears the recorded events.
    pub fn visit(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", &json!({"url": url}));
        self.wait_for("Page.loadEventFired");
        self.wait_until_idle();
    }

    /// Waits until no more events arrive.
    pub fn wait_until_idle(&mut self) {
        let mut quiet = 0;
        while quiet < 3 {
            quiet = if self.read().is_none() { quiet + 1 } else { 0 };
        }
    }

    /// Evaluates an expression in the page; promises are awaited.
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true});
        let reply = self.call("Runtime.evaluate", &parameters);
        assert!(reply.get("exceptionDetails").is_none(), "{expression}: {reply}");
        reply["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    pub fn wait_until(&mut self, expression: &str) {
        let started = Instant::now();
        while self.eval(expression) != json!(true) {
            assert!(started.elapsed() < TIMEOUT, "timed out waiting for: {expression}");
            self.wait_until_idle();
        }
    }

    /// Sets the viewport size in CSS pixels.
    pub fn resize(&mut self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// Emulates the preferred color scheme.
    pub fn prefer_dark(&mut self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": value}]}),
        );
    }

    /// Enables or disables scripts.
    pub fn allow_scripts(&mut self, may: bool) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({"value": !may}));
    }

    /// Presses a key: `Tab` or `Enter`.
    pub fn press(&mut self, key: &str) {
        let (code, text) = if key == "Enter" { (13, "\r") } else { (9, "") };
        let event = |kind: &str| json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": if kind == "keyDown" { text } else { "" }});
        self.call("Input.dispatchKeyEvent", &event("keyDown"));
        self.call("Input.dispatchKeyEvent", &event("keyUp"));
        self.wait_until_idle();
    }

    /// URLs requested since the page was opened.
    pub fn requests(&self) -> Vec<String> {
        self.events_of("Network.requestWillBeSent")
            .filter_map(|event| event["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }

    /// Console errors, exceptions and policy violations.
    pub fn console_errors(&self) -> Vec<String> {
        let log = self
            .events_of("Log.entryAdded")
            .filter(|event| event["entry"]["level"] != "verbose")
            .map(|event| event["entry"]["text"].to_string());
        let thrown = self.events_of("Runtime.exceptionThrown").map(ToString::to_string);
        let issues = self
            .events_of("Audits.issueAdded")
            .filter(|event| event["issue"]["code"] == "ContentSecurityPolicyIssue")
            .map(ToString::to_string);
        log.chain(thrown).chain(issues).collect()
    }

    fn events_of(&self, method: &'static str) -> impl Iterator<Item = &Value> {
        self.events
            .iter()
            .filter(move |(known, _)| known == method)
            .map(|(_, parameters)| parameters)
    }

    /// Saves a screenshot to `KINOTEKA_SCREENSHOTS`, if set.
    pub fn screenshot(&mut self, name: &str) {
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

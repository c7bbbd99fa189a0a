//! Validates IATI files by libxml2's xmllint.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Whether xmllint is installed. Prints once if it is not; fails under `CI=true`.
fn is_installed() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = Command::new("xmllint")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok();
        let line =
            "xmllint is not installed (libxml2-utils): IATI files were not validated against the schemas.";
        assert!(
            found || std::env::var("CI").as_deref() != Ok("true"),
            "{line} CI=true requires it."
        );
        if !found {
            drop(writeln!(std::io::stderr(), "{line}"));
        }
        found
    })
}

/// Errors of a document by a schema of IATI 2.03 (`activities` or `organisations`); `None` if
/// valid, or without xmllint.
pub fn validation_errors(schema: &str, document: &[u8]) -> Option<String> {
    if !is_installed() {
        return None;
    }
    let schema =
        format!("{}/tests/suite/iati/xsd/iati-{schema}-schema.xsd", env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema", &schema, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let sent = document.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&sent)));
    let output = child.wait_with_output().expect("xmllint ends");
    writer.join().expect("the document is sent");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

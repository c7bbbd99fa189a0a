//! `kinoteka import --iati` of files as publishers write them. The first comment of each file in
//! `corpus/` says whether a strict import takes it, and which trait it has; the file with the ending
//! `.txt` has the expected report. `WRITE_EXPECTED=1` rewrites the reports.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::activities;
use crate::on_both;
use crate::support::process::{expect_exit, run, stderr_text, stdout_text};
use crate::support::{TestServer, xmllint};
use kinoteka::config::Settings;

/// The organisation that reports all activities of the corpus.
fn reporting(settings: &mut Settings) {
    settings.iati_reporting_org = Some("XM-OTHER-9".to_owned());
    settings.iati_reporting_org_type = Some("22".to_owned());
    settings.name = Some("Women on the road".to_owned());
}

/// The files, in the order of their names.
fn files() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/iati/corpus");
    let entries =
        fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "xml")).collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    files
}

/// Imports a file with flags; returns the error messages and the JSON report.
fn import(server: &TestServer, file: &str, flags: &[&str], code: i32) -> (String, Value) {
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = [&["import", "--iati", "--json"], flags, &[file]].concat();
    let output =
        expect_exit(run(directory.path(), &server.settings.database_url, &arguments), code);
    let report = serde_json::from_str(&stdout_text(&output)).unwrap_or(Value::Null);
    // Without the log, which states slow queries.
    let messages = stderr_text(&output);
    let messages = messages.lines().filter(|line| line.starts_with("kinoteka: "));
    (lines(messages), report)
}

/// Lines with their ends.
fn lines(lines: impl Iterator<Item = impl AsRef<str>>) -> String {
    lines.fold(String::new(), |text, line| text + line.as_ref() + "\n")
}

/// Whether a strict import takes a file, and its report with omissions.
fn describe(server: &TestServer, file: &str) -> String {
    let is_valid = fs::read_to_string(file).expect("a file").contains("<!-- Valid: ");
    let (messages, _) = import(server, file, &["--dry-run"], if is_valid { 0 } else { 2 });
    let (_, report) = import(server, file, &["--faulty=omit", "--dry-run"], 0);
    let counts = |name: &str| -> String {
        let counts = report[name].as_object().expect("counts").iter();
        lines(counts.map(|(name, value)| format!("{name}: {value}")))
    };
    let omitted = report["omitted"].as_array().expect("a list").iter().map(|one| {
        format!(
            "line {}: {}: {}\n",
            one["line"],
            one["element"].as_str().unwrap(),
            one["detail"].as_str().unwrap()
        )
    });
    [
        format!("Strict import: {}\n", if is_valid { "taken" } else { "rejected" }),
        messages,
        format!("\nCreated with omissions: {}\n", report["created"]),
        "\nOmitted\n".to_owned(),
        omitted.collect(),
        counts("omitted_counts"),
        "\nNot stored\n".to_owned(),
        counts("not_stored"),
        counts("shared_identifiers"),
    ]
    .concat()
}

on_both! {
    fn files_of_other_publishers(server: &TestServer, super::reporting) {
        let everything = |server: &TestServer| {
            ["programmes", "partners", "results", "indicators", "impact-statistics"].map(|kind| server.read(&format!("/v1/{kind}?total=true&limit=1"))["page"]["total"].as_u64().unwrap())
        };
        for path in files() {
            let file = path.to_str().expect("a path");
            let before = everything(server);
            let described = describe(server, file);
            assert_eq!(everything(server), before, "a dry run stores nothing: {file}");
            let expected = path.with_extension("txt");
            if std::env::var_os("WRITE_EXPECTED").is_some() {
                fs::write(&expected, &described).expect("the report is written");
            }
            assert_eq!(described, fs::read_to_string(&expected).unwrap_or_default(), "{file}");
            let is_valid = described.starts_with("Strict import: taken");
            let text = fs::read(&path).expect("a file");
            assert!(!is_valid || xmllint::validation_errors("activities", &text).is_none(), "{file}");
            let flags: &[&str] = if is_valid { &[] } else { &["--faulty=omit"] };
            let (_, report) = import(server, file, flags, 0);
            let created = everything(server).iter().sum::<u64>() - before.iter().sum::<u64>();
            assert_eq!(report["created"], json!(created), "{file}");
            let (_, again) = import(server, file, flags, 0);
            assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{file}: {again}");
            assert_eq!(again["omitted"], report["omitted"], "{file}");
        }
        // The order of the files does not matter: each is unchanged after all others.
        for path in files() {
            let file = path.to_str().expect("a path");
            let (_, again) = import(server, file, &["--faulty=omit"], 0);
            assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{file}: {again}");
        }
        let export = activities(server, "/iati/activities.xml?incomplete=omit");
        assert_eq!(xmllint::validation_errors("activities", &export.body), None);
    }
}

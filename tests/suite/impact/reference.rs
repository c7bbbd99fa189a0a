//! Compares the API with the reference implementation in `reference.py`, over random catalogues.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::TestServer;

/// Number of random catalogues on SQLite. Fewer are compared on PostgreSQL, since the server computes
/// summaries itself.
const CATALOGUES: u32 = 2_000;
const POSTGRES_CATALOGUES: u32 = 300;
const SEED: u32 = 24;

/// Output of the reference implementation; `None` without Python. Prints once if Python is not
/// installed; fails under `CI=true`.
fn reference(catalogues: u32) -> Option<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/impact/reference.py");
    let child = Command::new("python3")
        .args([script, &catalogues.to_string(), &SEED.to_string()])
        .stdout(Stdio::piped())
        .spawn();
    let Ok(child) = child else {
        let line = "Python is not installed (python3): summaries were not compared with the reference implementation.";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{line} CI=true requires it.");
        drop(writeln!(std::io::stderr(), "{line}"));
        return None;
    };
    let output = child.wait_with_output().expect("the reference implementation ends");
    assert!(output.status.success(), "the reference implementation failed");
    Some(serde_json::from_slice(&output.stdout).expect("the reference is JSON"))
}

/// Value and qualifier.
fn figure(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { json!([value["value"], value["qualifier"]]) }
}

/// The figures of a summary in the form of the reference implementation.
fn summary_figures(summary: &Value) -> Vec<Value> {
    let groups = summary["data"].as_array().expect("groups");
    assert_eq!(summary["total_groups"], groups.len(), "all groups are in one response");
    groups
        .iter()
        .map(|group| {
            let keys = group["keys"].as_array().expect("keys").iter().map(|key| &key["value"]);
            let (baseline, target) = (&group["baseline"], &group["target"]);
            json!({
                "keys": keys.collect::<Vec<_>>(),
                "count": group["count"],
                "excluded_count": group["excluded_count"],
                "total": if group["total"].is_null() { Value::Null } else { json!([group["total"]["value"], group["total"]["qualifier"], group["total"]["time_aggregation"]]) },
                "sum": figure(&group["sum"]),
                "min": figure(&group["min"]),
                "max": figure(&group["max"]),
                "latest": figure(&group["latest"]),
                "baseline": if baseline.is_null() { Value::Null } else { json!([baseline["value"], baseline["first_year"], baseline["last_year"]]) },
                "target": if target.is_null() { Value::Null } else { json!([target["value"], target["period_end"]]) },
                "progress": figure(&group["progress"]),
            })
        })
        .collect()
}

/// The lines of a series in the form of the reference implementation.
fn series_figures(series: &Value) -> Vec<Value> {
    let list = |value: &Value, map: fn(&Value) -> Value| -> Vec<Value> {
        value.as_array().expect("a list").iter().map(map).collect()
    };
    list(&series["series"], Clone::clone)
        .iter()
        .map(|line| {
            json!({
                "key": line["key"]["value"],
                "points": list(&line["points"], |point| {
                    let value = if point["value"].is_null() { Value::Null } else { json!([point["value"], point["qualifier"]]) };
                    json!([point["period_start"], point["period_end"], value, point["count"], point["excluded_count"]])
                }),
                "targets": sorted(list(&line["targets"], |target| json!([target["value"], target["period_start"], target["period_end"]]))),
                "baselines": sorted(list(&line["baselines"], |baseline| json!([baseline["year"], baseline["value"]]))),
            })
        })
        .collect()
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values
}

mod figures_equal_reference_implementation {
    use super::{CATALOGUES, POSTGRES_CATALOGUES, compare, reference};
    use crate::support::{Content, TestServer};

    #[test]
    fn sqlite() {
        if let Some(reference) = reference(CATALOGUES) {
            compare(&TestServer::sqlite(Content::Empty, |_| {}), &reference);
        }
    }

    #[test]
    fn postgres() {
        if let Some(server) = TestServer::postgres(Content::Empty, |_| {})
            && let Some(reference) = reference(POSTGRES_CATALOGUES)
        {
            compare(&server, &reference);
        }
    }
}

/// Imports the catalogues and compares all figures.
fn compare(server: &TestServer, reference: &Value) {
    server.import(reference["items"].as_array().expect("items"));
    let mut differences = Vec::new();
    let requests = reference["requests"].as_array().expect("requests");
    for request in requests {
        let path = request["path"].as_str().expect("a path");
        let response = server.request("GET", path).skip_contract_check().send();
        let (found, expected) = match (request.get("lines"), &request["groups"]) {
            (Some(lines), _) => {
                let mut lines = lines.clone();
                for line in lines.as_array_mut().expect("lines") {
                    for part in ["targets", "baselines"] {
                        line[part] = json!(sorted(line[part].as_array().expect("a list").clone()));
                    }
                }
                (series_figures(&response.expect(200).json()), lines)
            }
            (None, Value::Null) => {
                response.problem(422, "not-summable");
                continue;
            }
            (None, groups) => (summary_figures(&response.expect(200).json()), groups.clone()),
        };
        let (found, expected) =
            (sorted(found), sorted(expected.as_array().expect("a list").clone()));
        if found.len() != expected.len() {
            differences.push(format!(
                "{path}\n  {} groups, expected {}",
                found.len(),
                expected.len()
            ));
        }
        let is_missing = |from: &[Value], value: &&Value| !from.contains(value);
        differences.extend(
            found
                .iter()
                .filter(|value| is_missing(&expected, value))
                .map(|value| format!("{path}\n  found    {value}")),
        );
        differences.extend(
            expected
                .iter()
                .filter(|value| is_missing(&found, value))
                .map(|value| format!("{path}\n  expected {value}")),
        );
    }
    assert!(
        requests.len() > 100 && differences.is_empty(),
        "{} differences in {} requests:\n{}",
        differences.len(),
        requests.len(),
        differences.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
}

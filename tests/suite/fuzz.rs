//! Replays the inputs that the fuzzers stored in `tests/fuzz/regressions`.

use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod properties;

/// Runs a target over its inputs and reports the input that fails.
fn replay(target: &str, property: fn(&[u8])) {
    replay_file(&format!("{target}.jsonl"), 20, property);
}

/// Replays inputs that failed once.
fn replay_found(target: &str, property: fn(&[u8])) {
    replay_file(&format!("{target}.found.jsonl"), 1, property);
}

fn replay_file(name: &str, at_least: usize, property: fn(&[u8])) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions").join(name);
    let packed = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let inputs: Vec<String> = packed
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is a JSON string"))
        .collect();
    assert!(
        inputs.len() >= at_least,
        "{} has {} inputs; inputs of the fuzzers are missing",
        file.display(),
        inputs.len()
    );
    for (index, input) in inputs.iter().enumerate() {
        let outcome = std::panic::catch_unwind(|| property(input.as_bytes()));
        assert!(outcome.is_ok(), "{name}, line {}: {input:?}", index + 1);
    }
}

#[test]
fn accept_language() {
    replay("accept_language", properties::accept_language);
}

#[test]
fn cursor() {
    replay("cursor", properties::cursor);
    replay_found("cursor", properties::cursor);
}

#[test]
fn import_line() {
    replay("import_line", properties::import_line);
    replay_found("import_line", properties::import_line);
}

#[test]
fn merge_patch() {
    replay("merge_patch", properties::merge_patch);
}

#[test]
fn query() {
    replay("query", properties::query);
    replay_found("query", properties::query);
}

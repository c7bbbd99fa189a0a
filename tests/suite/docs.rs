//! Runs the documentation: every shell block of `README.md` and `docs/` is executed against a
//! server with the demo catalogue, and its output is compared with the block that follows it.
//!
//! - A block marked `sh` is run. A `json` or `text` block directly after it is the expected output.
//!   Without one, the commands only have to succeed; `curl` then fails on an error status as well.
//! - A block marked `sh no-run` is not run. [`NOT_RUN`] lists how many there are in each file.
//! - A `json` or `text` block that is not the output of a command is marked `json example` or
//!   `text example`, so that no output goes unchecked by accident.
//! - In expected output, `...` and `…` match any text within a line; alone on a line they match any
//!   number of lines.
//!
//! All blocks of one file run in one shell, in order, so that variables and changes persist from
//! block to block. Each file has a server and a working directory of its own. `$KEY` holds the key
//! that `serve --demo` printed, and `kinoteka` and `cargo run --` start the binary under test.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::support::process;

/// Numbers of blocks marked `sh no-run`, by file. Blocks should run if possible: raise a number
/// only for commands that install, deploy or never end.
const NOT_RUN: &[(&str, usize)] = &[
    ("CONTRIBUTING.md", 3),
    ("README.md", 2),
    ("docs/data/import-export.md", 1),
    ("docs/development/adding-a-filter.md", 1),
    ("docs/development/benchmarks.md", 3),
    ("docs/development/testing.md", 3),
    ("docs/operations/backup.md", 4),
    ("docs/operations/configuration.md", 2),
    ("docs/operations/logging.md", 1),
    ("docs/operations/postgresql.md", 3),
    ("docs/operations/upgrading.md", 1),
    ("docs/publishing/feeds.md", 1),
    ("docs/tutorial.md", 1),
];

/// The server address in the documentation; `localhost` is accepted as well.
const DOCUMENTED_ADDRESS: &str = "127.0.0.1:8080";

/// Maximum length of a line of prose, in characters.
const MAX_COLUMNS: usize = 120;

/// Maximum time of all blocks of one file.
const FILE_TIMEOUT: Duration = Duration::from_mins(2);

/// A fenced block.
#[derive(Debug)]
struct Block {
    /// Number of the line with the opening fence, from 1.
    line: usize,
    /// The info string: the words after the fence.
    info: String,
    content: String,
    /// Whether only blank lines separate this block from the one before.
    follows_directly: bool,
}

/// The commands of one block, and their expected output.
#[derive(Debug)]
struct Step {
    line: usize,
    commands: String,
    expected: Option<String>,
}

/// The shell blocks of a file.
#[derive(Debug, Default)]
struct Script {
    steps: Vec<Step>,
    not_run: usize,
    faults: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page of documentation, as a path below the repository's root.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .into_iter()
        .map(PathBuf::from)
        .filter(|page| root().join(page).is_file())
        .collect();
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("the folder can be listed") {
            let entry = entry.expect("the folder can be listed");
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

fn read(page: &Path) -> String {
    std::fs::read_to_string(root().join(page)).expect("the page can be read")
}

/// The fence that a line opens or closes: its backticks and what follows them.
fn fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let length = line.len() - line.trim_start_matches('`').len();
    (length >= 3).then(|| line.split_at(length)).map(|(ticks, info)| (ticks, info.trim()))
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(String, usize, Block)> = None;
    let mut only_blank = false;
    for (index, line) in text.lines().enumerate() {
        match (open.take(), fence(line)) {
            (None, Some((ticks, info))) => {
                let block = Block {
                    line: index + 1,
                    info: info.to_owned(),
                    content: String::new(),
                    follows_directly: only_blank,
                };
                open = Some((ticks.to_owned(), line.len() - line.trim_start().len(), block));
            }
            (None, None) => only_blank = only_blank && line.trim().is_empty(),
            (Some((ticks, _, block)), Some((closing, ""))) if closing.len() >= ticks.len() => {
                blocks.push(block);
                only_blank = true;
            }
            (Some((ticks, indent, mut block)), _) => {
                // A block inside a list item is indented as a whole.
                let blank = line.len() - line.trim_start().len();
                block.content.push_str(line.get(indent.min(blank)..).unwrap_or_default());
                block.content.push('\n');
                open = Some((ticks, indent, block));
            }
        }
    }
    assert!(open.is_none(), "a fence is not closed: {open:?}");
    blocks
}

fn script(text: &str) -> Script {
    let mut script = Script::default();
    let mut after_command = None;
    for block in blocks(text) {
        let previous = after_command.take().filter(|_| block.follows_directly);
        match (block.info.as_str(), previous) {
            ("sh", _) => {
                let step = Step { line: block.line, commands: block.content, expected: None };
                script.steps.push(step);
                after_command = Some("sh");
            }
            ("sh no-run", _) => {
                script.not_run += 1;
                after_command = Some("sh no-run");
            }
            ("json" | "text", Some("sh")) => {
                if let Some(step) = script.steps.last_mut() {
                    step.expected = Some(block.content);
                }
            }
            ("json" | "text", None) => script.faults.push(format!(
                "line {}: this `{}` block does not directly follow a command; mark it `{} example`",
                block.line, block.info, block.info
            )),
            ("bash" | "shell" | "console" | "shell-session", _) => script.faults.push(format!(
                "line {}: mark it `sh` or `sh no-run` instead of `{}`",
                block.line, block.info
            )),
            _ => {}
        }
    }
    script
}

/// Whether a line has the expected parts in order, the first at its start and the last at its end.
fn line_matches(expected: &str, actual: &str) -> bool {
    let expected = expected.replace('…', "...");
    let mut parts = expected.split("...");
    let Some(mut rest) = parts.next().and_then(|first| actual.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

fn lines_match(expected: &[&str], actual: &[&str]) -> bool {
    match (expected.split_first(), actual.split_first()) {
        (None, _) => actual.is_empty(),
        (Some((first, rest)), _) if matches!(first.trim(), "..." | "…") => (0..=actual.len())
            .any(|skipped| lines_match(rest, actual.get(skipped..).unwrap_or(&[]))),
        (Some((first, rest)), Some((line, others))) => {
            line_matches(first, line) && lines_match(rest, others)
        }
        (Some(_), None) => false,
    }
}

/// Returns whether a command printed the documented output, apart from trailing space.
fn output_matches(expected: &str, actual: &str) -> bool {
    let lines = |text: &'_ str| -> Vec<String> {
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    };
    let (expected, actual) = (lines(expected), lines(actual));
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let actual: Vec<&str> = actual.iter().map(String::as_str).collect();
    lines_match(&expected, &actual)
}

/// Whether a program can be started. Under `CI=true` it has to be.
fn is_installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let message = format!("{program} is not installed: the documentation was not run.");
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "{message}");
    if !found {
        drop(std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{message}\n")));
    }
    found
}

/// Commands that run before the steps. `at` names the current step, to locate a failure.
const PRELUDE: &str = r#"set -euo pipefail
strict_curl() { command curl --fail-with-body "$@"; }
cargo() {
  if [ "${1:-} ${2:-}" != "run --" ]; then echo "cargo $* is not run here" >&2; return 1; fi
  shift 2
  kinoteka "$@"
}
"#;

/// Runs the steps of a page in one shell. Returns the failures, and the number of steps that ran.
fn run(page: &Path, steps: &[Step]) -> (Vec<String>, usize) {
    let directory =
        tempfile::Builder::new().prefix("kinoteka-docs-").tempdir().expect("a working directory");
    // The files of the test are in another directory than those of the commands.
    let own = tempfile::Builder::new().prefix("kinoteka-docs-").tempdir().expect("a directory");
    let binaries = own.path().join("bin");
    std::fs::create_dir(&binaries).expect("a directory for the binary");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kinoteka"), binaries.join("kinoteka"))
        .expect("a link to the binary");
    let url = format!("sqlite://{}", directory.path().join("kinoteka.db").display());
    let (_server, log, address) = process::serve(directory.path(), &url, &["--demo"]);

    let mut main = PRELUDE.to_owned();
    for (index, step) in steps.iter().enumerate() {
        let commands = step
            .commands
            .replace("localhost:8080", DOCUMENTED_ADDRESS)
            .replace(DOCUMENTED_ADDRESS, &address);
        std::fs::write(own.path().join(format!("{index}.sh")), commands).expect("a step");
        let curl = if step.expected.is_none() {
            "curl() { strict_curl \"$@\"; }"
        } else {
            "unset -f curl"
        };
        let folder = own.path().display();
        writeln!(
            main,
            "echo {index} > {folder}/at\n{curl}\n\
             source {folder}/{index}.sh > {folder}/{index}.out 2> {folder}/{index}.err < /dev/null"
        )
        .expect("writing to a string succeeds");
    }
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    for (name, _) in std::env::vars().filter(|(name, _)| {
        name.starts_with("KINOTEKA_") || name == "RUST_LOG" || name.ends_with("_proxy")
    }) {
        command.env_remove(name);
    }
    let mut child = command
        .args(["-c", &main])
        .current_dir(directory.path())
        .env("PATH", path)
        .env("HOME", directory.path())
        .env("LC_ALL", "C.UTF-8")
        .env("DATABASE_URL", &url)
        // Slow queries of a busy machine are not part of the documented output.
        .env("KINOTEKA_SLOW_QUERY_MS", "60000")
        .env("KEY", process::printed_api_key(&log))
        .stdin(Stdio::null())
        .spawn()
        .expect("bash runs");
    let deadline = Instant::now() + FILE_TIMEOUT;
    let succeeded = loop {
        if let Some(status) = child.try_wait().expect("bash can be waited for") {
            break status.success();
        }
        if Instant::now() > deadline {
            drop(child.kill());
            drop(child.wait());
            break false;
        }
        std::thread::sleep(Duration::from_millis(10));
    };

    let at = std::fs::read_to_string(own.path().join("at")).unwrap_or_default();
    let last: usize = at.trim().parse().unwrap_or_default();
    let printed = |index: usize, what: &str| {
        let bytes = std::fs::read(own.path().join(format!("{index}.{what}"))).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace(&address, DOCUMENTED_ADDRESS)
    };
    let mut failures = Vec::new();
    for (index, step) in steps.iter().enumerate().take(last + 1) {
        let (out, err) = (printed(index, "out"), printed(index, "err"));
        let place = format!("{}:{}", page.display(), step.line);
        if index == last && !succeeded {
            failures.push(format!(
                "{place}: the commands failed; the rest of the page was not run\n{}--- printed\n\
                 {out}{err}",
                step.commands
            ));
        } else if let Some(expected) = &step.expected {
            let expected = expected.replace("localhost:8080", DOCUMENTED_ADDRESS);
            if !output_matches(&expected, &out) {
                failures.push(format!(
                    "{place}: the output is another\n{}--- documented\n{expected}--- printed\n\
                     {out}{err}",
                    step.commands
                ));
            }
        }
    }
    (failures, last + 1)
}

#[test]
fn documented_commands_print_documented_output() {
    let mut failures = Vec::new();
    let mut not_run: BTreeMap<String, usize> = BTreeMap::new();
    let mut scripts = Vec::new();
    for page in pages() {
        let script = script(&read(&page));
        let name = page.display().to_string();
        failures.extend(script.faults.iter().map(|fault| format!("{name}, {fault}")));
        if script.not_run > 0 {
            not_run.insert(name, script.not_run);
        }
        if !script.steps.is_empty() {
            scripts.push((page, script.steps));
        }
    }
    let listed: BTreeMap<String, usize> =
        NOT_RUN.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    if not_run != listed {
        failures.push(format!("NOT_RUN lists {listed:?}, the pages have {not_run:?}"));
    }
    if ["bash", "curl", "jq"].into_iter().all(is_installed) {
        let steps: usize = scripts.iter().map(|(_, steps)| steps.len()).sum();
        let (waiting, ran, failed) = (Mutex::new(scripts), Mutex::new(0), Mutex::new(Vec::new()));
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let next = waiting.lock().expect("the lock is not poisoned").pop();
                        let Some((page, steps)) = next else { break };
                        let (found, count) = run(&page, &steps);
                        failed.lock().expect("the lock is not poisoned").extend(found);
                        *ran.lock().expect("the lock is not poisoned") += count;
                    }
                });
            }
        });
        failures.extend(failed.into_inner().expect("the lock is not poisoned"));
        let ran = ran.into_inner().expect("the lock is not poisoned");
        assert!(steps >= 80, "only {steps} blocks were found");
        assert!(!failures.is_empty() || ran == steps, "{ran} of {steps} blocks were run");
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn prose_is_at_most_120_columns_wide() {
    let mut wide = Vec::new();
    for page in pages() {
        for (number, line) in prose(&read(&page)) {
            if !line.trim_start().starts_with('|') && line.chars().count() > MAX_COLUMNS {
                wide.push(format!("{}:{number}", page.display()));
            }
        }
    }
    assert!(wide.is_empty(), "{wide:?}");
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Lines outside fenced blocks, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let is_fence = fence(line).is_some();
        inside ^= is_fence;
        !inside && !is_fence
    });
    lines.map(|(index, line)| (index + 1, line)).collect()
}

/// The targets of the links and pictures of a line.
fn targets(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

#[test]
fn links_between_pages_have_a_target() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = read(&page);
        for (line, target) in prose(&text)
            .iter()
            .flat_map(|(line, text)| targets(text).into_iter().map(|target| (*line, target)))
            .filter(|(_, target)| !target.contains("://"))
        {
            let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
            let linked = if path.is_empty() {
                root().join(&page)
            } else {
                root().join(page.parent().unwrap_or(Path::new(""))).join(path)
            };
            let has_fragment = fragment.is_empty()
                || std::fs::read_to_string(&linked).is_ok_and(|text| {
                    prose(&text)
                        .iter()
                        .filter(|(_, line)| line.starts_with('#'))
                        .any(|(_, line)| anchor(line.trim_start_matches('#')) == fragment)
                });
            if !linked.exists() || !has_fragment {
                broken.push(format!("{}:{line}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn compares_output_as_documented() {
    for (expected, actual) in [
        ("a", "a\n"),
        ("a\n...\nz\n", "a\nz\n"),
        ("a\n...\nz\n", "a\nb\n\nc\nz\n"),
        ("{\"id\": \"...\", \"n\": 1}", "{\"id\": \"01a2\", \"n\": 1}"),
        ("\"next\": \"eyJ…\"", "\"next\": \"eyJxIjoi\""),
        ("…\nz", "z"),
    ] {
        assert!(output_matches(expected, actual), "{expected} {actual}");
    }
    for (expected, actual) in [
        ("a", ""),
        ("a", "a\nb"),
        ("a\n...", "b\nc"),
        ("a\n...\nz", "a\nb"),
        ("a...c", "abd"),
        ("a…b…b", "ab"),
        ("{\"n\": 1}", "{\"n\": 12}"),
    ] {
        assert!(!output_matches(expected, actual), "{expected} {actual}");
    }
}

#[test]
fn finds_blocks_with_their_output() {
    let page = "```sh\ncurl x\n```\n\n```json\n{}\n```\ntext\n```json\n{}\n```\n```sh no-run\nx\n```\n\
                ```text\nx\n```\n\n  ```sh\n  y\n  ```\n\n````text example\n```sh\n````\n";
    let found = script(page);
    assert_eq!(found.not_run, 1);
    assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
    let steps: Vec<_> =
        found.steps.iter().map(|step| (step.line, step.expected.as_deref())).collect();
    assert_eq!(found.steps[1].commands, "y\n");
    assert_eq!(steps, [(1, Some("{}\n")), (19, None)]);
}

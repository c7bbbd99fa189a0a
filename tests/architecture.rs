//! Who may know whom: reads the imports of every module and holds them to the house's plan.
#![expect(clippy::expect_used, reason = "a test says what it expects by failing")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module, and what it may know beside itself. `*` is everything.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("places", &["text"]),
    ("captions", &[]),
    ("db", &["text"]),
    ("http", &["db", "text", "places"]),
    ("phrases", &["text"]),
    ("config", &["db", "http", "places", "text"]),
    ("resource", &["captions", "config", "db", "http", "phrases", "places", "text"]),
    ("topics", SUBJECT),
    ("partners", SUBJECT),
    ("programmes", SUBJECT),
    ("videos", SUBJECT),
    ("impact", SUBJECT),
    ("countries", SUBJECT),
    (
        "saved_queries",
        &[
            "resource",
            "captions",
            "config",
            "db",
            "http",
            "places",
            "text",
            "partners",
            "programmes",
            "videos",
            "impact",
        ],
    ),
    (
        "search",
        &[
            "captions",
            "config",
            "db",
            "http",
            "phrases",
            "places",
            "resource",
            "text",
            "topics",
            "partners",
            "programmes",
            "videos",
            "impact",
        ],
    ),
    (
        "embed",
        &[
            "config",
            "db",
            "http",
            "phrases",
            "places",
            "resource",
            "text",
            "programmes",
            "videos",
            "impact",
            "saved_queries",
        ],
    ),
    (
        "feeds",
        &[
            "captions",
            "config",
            "db",
            "http",
            "phrases",
            "places",
            "resource",
            "text",
            "partners",
            "programmes",
            "videos",
            "impact",
            "saved_queries",
        ],
    ),
    (
        "iati",
        &[
            "config",
            "db",
            "http",
            "phrases",
            "places",
            "resource",
            "text",
            "partners",
            "programmes",
            "videos",
            "impact",
        ],
    ),
    (
        "tables",
        &[
            "config",
            "db",
            "http",
            "phrases",
            "places",
            "resource",
            "text",
            "partners",
            "programmes",
            "videos",
            "impact",
        ],
    ),
    (
        "server",
        &[
            "text",
            "places",
            "captions",
            "db",
            "http",
            "config",
            "phrases",
            "resource",
            "topics",
            "partners",
            "programmes",
            "videos",
            "impact",
            "countries",
            "saved_queries",
            "search",
            "embed",
            "embed",
            "feeds",
            "iati",
            "tables",
        ],
    ),
    ("commands", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// What a subject may know; a figure is said in words.
const SUBJECT: &[&str] =
    &["resource", "captions", "config", "db", "http", "phrases", "places", "text"];

/// Words that only `src/db/` may say.
const BACKENDS: &[&str] = &["diesel::pg", "diesel::sqlite", "Sqlite", "PgConnection"];

fn sources() -> Vec<(PathBuf, String)> {
    fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("the sources can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source can be read");
            (path.strip_prefix(&root).expect("it lies below the root").to_owned(), code(&text))
        })
        .collect()
}

/// The text without comments, which may mention whatever they like.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| line.split_once("//").map_or(line, |(before, _)| before))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The module at the top: the folder, or the file's own name.
fn top(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .expect("a path has parts")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The modules at the top that a text names after `crate::`, also in braces.
fn known(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, prefix) in text.match_indices("crate::") {
        let rest = text.get(at + prefix.len()..).unwrap_or_default();
        match rest.strip_prefix('{') {
            None => {
                found.insert(word(rest));
            }
            Some(group) => {
                let mut depth = 0_u32;
                let mut start = true;
                for (index, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && depth == 0 && !c.is_whitespace() => {
                            found.insert(word(group.get(index..).unwrap_or_default()));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

#[test]
fn modules_know_only_those_below_them() {
    let modules: BTreeSet<String> = sources().iter().map(|(path, _)| top(path)).collect();
    let planned: BTreeSet<String> = MAY_KNOW.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(modules, planned, "a new module needs its line in the plan");
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = top(&path);
        let allowed = MAY_KNOW
            .iter()
            .find(|(name, _)| *name == own)
            .map(|(_, allowed)| *allowed)
            .unwrap_or_default();
        for other in
            known(&text).into_iter().filter(|other| modules.contains(other) && *other != own)
        {
            if !allowed.contains(&"*") && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{}: `{own}` must not know `{other}`", path.display()));
            }
        }
        if path.components().count() == 2 && text.contains("super::super::") {
            wrong.push(format!("{}: `super::super` hides what it knows", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_db_knows_which_database_it_is() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| top(path) != "db") {
        for backend in BACKENDS {
            for line in text.lines().filter(|line| line.contains(backend)) {
                wrong.push(format!("{}: `{backend}` in `{}`", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_imports_are_read_as_meant() {
    let text = code(
        "use crate::{countries, impact::{a, db}, text};\nlet x = crate::db::Id; // crate::server\n//! [`crate::http`]",
    );
    let found: Vec<String> = known(&text).into_iter().collect();
    assert_eq!(found, ["countries", "db", "impact", "text"]);
}

//! The dependencies among the modules of `src`: which of the top-level modules may import which,
//! the layers of `resource`, no import cycle among files, and no database named outside `db`.
#![expect(clippy::expect_used, clippy::panic, reason = "a test reports by failing")]

#[path = "architecture/cycles.rs"]
mod cycles;
#[path = "architecture/imports.rs"]
mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cycles::{Graph, cycles, describe, graph};
use imports::{Crate, Import};

/// A module or layer, and groups of those that it may import beside itself. `*` is every other.
type Rules = &'static [(&'static str, &'static [&'static [&'static str]])];

/// What every module above `resource` may import.
const BASE: &[&str] = &["config", "db", "http", "i18n", "phrases", "places", "resource", "text"];

/// The subjects that others are made from.
const SUBJECTS: &[&str] = &["partners", "programmes", "videos", "impact"];

/// The top-level modules.
const MODULES: Rules = &[
    ("text", &[]),
    ("captions", &[]),
    ("places", &[&["text"]]),
    ("phrases", &[&["text"]]),
    ("i18n", &[&["text"]]),
    ("db", &[&["text"]]),
    ("http", &[&["db", "i18n", "places", "text"]]),
    ("config", &[&["db", "http", "i18n", "places", "text"]]),
    ("resource", &[&["captions", "config", "db", "http", "i18n", "phrases", "places", "text"]]),
    ("topics", &[BASE, &["captions"]]),
    ("partners", &[BASE, &["captions"]]),
    ("programmes", &[BASE, &["captions"]]),
    ("videos", &[BASE, &["captions"]]),
    ("impact", &[BASE, &["captions"]]),
    ("countries", &[BASE, &["captions"]]),
    ("saved_queries", &[BASE, SUBJECTS, &["captions"]]),
    ("search", &[BASE, SUBJECTS, &["captions", "topics"]]),
    ("images", &[BASE]),
    ("charts", &[BASE, &["images", "impact"]]),
    ("embed", &[BASE, &["charts", "images", "impact", "programmes", "saved_queries", "videos"]]),
    ("feeds", &[BASE, SUBJECTS, &["captions", "saved_queries"]]),
    ("iati", &[BASE, SUBJECTS]),
    ("tables", &[BASE, SUBJECTS]),
    (
        "server",
        &[
            BASE,
            SUBJECTS,
            &["captions", "countries", "saved_queries", "topics"],
            &["charts", "embed", "feeds", "iati", "images", "search", "tables"],
        ],
    ),
    ("commands", &[&["*"]]),
    ("main", &[&["*"]]),
    ("lib", &[&["*"]]),
];

/// Modules in [`MODULES`] that do not exist yet. A module that is created leaves this list.
const MODULES_TO_COME: &[&str] = &["i18n"];

/// The layers of `resource`: its sub-folders and `state.rs`.
const LAYERS: Rules = &[
    ("schema", &[]),
    ("model", &[&["schema"]]),
    ("cache", &[&["model", "schema"]]),
    ("store", &[&["model", "schema"]]),
    ("index", &[&["model", "schema", "store"]]),
    ("view", &[BELOW_VIEW]),
    ("state", &[BELOW_VIEW, &["view"]]),
    ("query", &[BELOW_VIEW, &["view"]]),
    ("read", &[BELOW_VIEW, &["query", "state", "view"]]),
    ("write", &[BELOW_VIEW, &["query", "read", "state", "view"]]),
    ("openapi", &[&["*"]]),
];

const BELOW_VIEW: &[&str] = &["cache", "index", "model", "schema", "store"];

/// Files and folders of `resource` that are not in a layer yet. Only `openapi` is closed to them,
/// and they are open to all layers. What moves into a layer leaves this list; `mod.rs` does when it
/// only declares modules and re-exports items.
const WITHOUT_LAYER: &[&str] = &["mod.rs"];

/// Imports against the order of the layers that remain: from, to. What no longer imports leaves this
/// list; nothing is added.
const REMAINING_UPWARD: &[(&str, &str)] = &[
    ("cache", "view"),
    ("index", "write"),
    ("query", "read"),
    ("query", "state"),
    ("read", "openapi"),
    ("state", "read"),
    ("store", "cache"),
    ("store", "index"),
    ("store", "read"),
    ("store", "view"),
    ("view", "openapi"),
    ("view", "read"),
];

/// The cycles that remain, each as its files. What is no longer in a cycle leaves this list; no
/// cycle is added to it.
const REMAINING_CYCLES: &[&[&str]] = &[
    &["impact/indicators/resource.rs", "impact/resource.rs"],
    &["db/database.rs", "db/group_commit.rs", "db/pool.rs"],
    &[
        "server/api_catalog.rs",
        "server/dcat_catalog.rs",
        "server/mod.rs",
        "server/openapi.rs",
        "server/pages.rs",
    ],
    &[
        "commands/backup.rs",
        "commands/check.rs",
        "commands/export.rs",
        "commands/generate/mod.rs",
        "commands/generate/statistics.rs",
        "commands/import.rs",
        "commands/import_iati.rs",
        "commands/key.rs",
        "commands/migrate.rs",
        "commands/mod.rs",
        "commands/openapi.rs",
        "commands/reindex.rs",
        "commands/serve.rs",
    ],
    &[
        "resource/cache/references.rs",
        "resource/index/full_text.rs",
        "resource/mod.rs",
        "resource/openapi/parameters.rs",
        "resource/openapi/request_bodies.rs",
        "resource/query/params.rs",
        "resource/query/sql.rs",
        "resource/read/attribution.rs",
        "resource/read/completeness.rs",
        "resource/read/content_notes.rs",
        "resource/read/facets.rs",
        "resource/read/highlights.rs",
        "resource/read/list.rs",
        "resource/read/page.rs",
        "resource/read/referenced_by.rs",
        "resource/read/response.rs",
        "resource/state.rs",
        "resource/store/items.rs",
        "resource/store/tracks.rs",
        "resource/view/context.rs",
        "resource/write/handlers.rs",
        "resource/write/idempotency.rs",
        "resource/write/translations.rs",
    ],
];

/// Names that only files in `db` may contain.
const DATABASES: &[&str] = &["diesel::pg", "diesel::sqlite", "Sqlite", "PgConnection"];

static SOURCES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("src can be read").flatten() {
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
            let text = std::fs::read_to_string(&path).expect("a source file can be read");
            let parts = path.strip_prefix(&root).expect("the file is below src").components();
            let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
            (parts.join("/"), text)
        })
        .collect()
});

static KINOTEKA: LazyLock<Crate> = LazyLock::new(|| Crate::parse(env!("CARGO_PKG_NAME"), &SOURCES));

static IMPORTS: LazyLock<BTreeSet<Import>> = LazyLock::new(|| KINOTEKA.imports());

/// The top-level module of a file.
fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// The first part of a path below `resource`: a file or a folder.
fn part_of_resource(file: &str) -> Option<&str> {
    file.strip_prefix("resource/")?.split('/').next()
}

/// The layer of a file of `resource`.
fn layer_of(file: &str) -> Option<&str> {
    let part = part_of_resource(file)?;
    let name = if part == "state.rs" { "state" } else { part };
    LAYERS.iter().any(|(layer, _)| *layer == name).then_some(name)
}

fn is_allowed(rules: Rules, from: &str, to: &str) -> bool {
    from == to
        || rules.iter().filter(|(name, _)| *name == from).any(|(_, groups)| {
            groups.iter().any(|group| group.contains(&to) || group.contains(&"*"))
        })
}

/// The imports that [`MODULES`] does not allow.
fn between_modules(imports: &BTreeSet<Import>) -> Vec<String> {
    forbidden(imports, |from, to| {
        let (from, to) = (module_of(from), module_of(to));
        (!is_allowed(MODULES, from, to)).then(|| (from.to_owned(), to.to_owned()))
    })
}

/// The imports that [`LAYERS`] does not allow.
fn between_layers(imports: &BTreeSet<Import>) -> Vec<String> {
    forbidden(imports, |from, to| {
        part_of_resource(from)?;
        let to = layer_of(to)?;
        let is_allowed = match layer_of(from) {
            Some(layer) => is_allowed(LAYERS, layer, to),
            None => to != "openapi",
        };
        (!is_allowed).then(|| (layer_of(from).unwrap_or("resource").to_owned(), to.to_owned()))
    })
}

/// A line for each import that the rule does not allow, to the file of the item or to one that
/// re-exports it. The rule returns the two parties.
fn forbidden(
    imports: &BTreeSet<Import>,
    rule: impl Fn(&str, &str) -> Option<(String, String)>,
) -> Vec<String> {
    let mut found = Vec::new();
    for import in imports {
        for file in std::iter::once(&import.to).chain(&import.through) {
            if let Some((from, to)) = rule(&import.from, file) {
                found.push(format!(
                    "{}: `{from}` must not import `{to}` ({file}: {})",
                    import.from, import.name
                ));
            }
        }
    }
    found
}

/// How the cycles differ from those listed.
fn unlisted_cycles(imports: &BTreeSet<Import>, listed: &[&[&str]]) -> Vec<String> {
    let listed: Vec<BTreeSet<String>> =
        listed.iter().map(|files| files.iter().map(|&file| file.to_owned()).collect()).collect();
    let found = cycles(&graph(imports));
    let mut wrong = Vec::new();
    for cycle in found.iter().filter(|cycle| !listed.iter().any(|files| cycle.is_subset(files))) {
        wrong.push(describe(cycle, imports, &listed));
    }
    for files in listed.iter().filter(|files| !found.iter().any(|cycle| cycle.is_superset(files))) {
        let parts: Vec<String> = found
            .iter()
            .filter(|cycle| cycle.is_subset(files))
            .map(|cycle| format!("&{:?},", Vec::from_iter(cycle)))
            .collect();
        let files = Vec::from_iter(files);
        wrong.push(format!("in the list of cycles, replace &{files:?}, by: {}", parts.join(" ")));
    }
    wrong
}

/// The text without comments.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| line.split_once("//").map_or(line, |(before, _)| before))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn modules_import_only_what_they_may() {
    let mut listed: BTreeSet<&str> = MODULES.iter().map(|(name, _)| *name).collect();
    for name in MODULES_TO_COME {
        assert!(listed.remove(name), "`{name}` is to come and needs its rule");
    }
    let modules: BTreeSet<&str> = SOURCES.iter().map(|(file, _)| module_of(file)).collect();
    assert_eq!(modules, listed, "each module needs its rule, each rule its module");
    let wrong = between_modules(&IMPORTS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn layers_of_resource_import_only_what_they_may() {
    let parts: BTreeSet<&str> = SOURCES
        .iter()
        .map(|(file, _)| file.as_str())
        .filter(|file| layer_of(file).is_none() && !KINOTEKA.is_facade(file))
        .filter_map(part_of_resource)
        .collect();
    assert_eq!(parts, WITHOUT_LAYER.iter().copied().collect(), "without a layer");
    let wrong = between_layers(&IMPORTS);
    let upward: BTreeSet<(&str, &str)> = wrong
        .iter()
        .filter_map(|line| {
            let mut names = line.split('`').skip(1).step_by(2);
            Some((names.next()?, names.next()?))
        })
        .collect();
    assert_eq!(
        upward,
        REMAINING_UPWARD.iter().copied().collect(),
        "imports against the order: {}",
        wrong.join("\n")
    );
}

#[test]
fn the_rules_have_an_order() {
    for rules in [MODULES, LAYERS] {
        let allowed: Graph = rules
            .iter()
            .map(|(name, groups)| {
                let others = groups.iter().flat_map(|group| group.iter());
                ((*name).to_owned(), others.map(|&other| other.to_owned()).collect())
            })
            .collect();
        assert_eq!(cycles(&allowed), Vec::<BTreeSet<String>>::new());
        for other in allowed.values().flatten().filter(|other| *other != "*") {
            assert!(allowed.contains_key(other), "`{other}` has no rule of its own");
        }
    }
}

#[test]
fn no_file_is_in_an_import_cycle() {
    let wrong = unlisted_cycles(&IMPORTS, REMAINING_CYCLES);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_db_depends_on_the_database() {
    let mut wrong = Vec::new();
    for (file, text) in SOURCES.iter().filter(|(file, _)| module_of(file) != "db") {
        for line in code(text).lines() {
            for name in DATABASES.iter().filter(|name| line.contains(**name)) {
                wrong.push(format!("{file}: `{name}` in `{}`", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The imports of a crate with these files.
fn imports_of(files: &[(&str, &str)]) -> BTreeSet<Import> {
    let files: Vec<_> =
        files.iter().map(|&(file, text)| (file.to_owned(), text.to_owned())).collect();
    Crate::parse("kinoteka", &files).imports()
}

/// The imports of one file, as `file: name`, with `re-export` behind those it only hands on.
fn imports_of_file(file: &str, text: &str) -> Vec<String> {
    let mut files = BTreeMap::from([
        ("lib.rs", "pub mod a; pub mod b; pub mod m;"),
        ("a.rs", "pub struct A; pub fn f() {} pub enum E { One }"),
        ("b/mod.rs", "mod c; pub mod d; pub use c::{C, g as h}; pub use d::*; pub use d as e;"),
        ("b/c.rs", "pub struct C; pub fn g() {}"),
        ("b/d.rs", "pub trait D {} make! { F }"),
        ("m/mod.rs", "pub mod n; pub mod o; use crate::a::A; pub struct M; fn p() {}"),
        ("m/n.rs", ""),
        ("m/o.rs", "pub struct O;"),
    ]);
    files.insert(file, text);
    let files: Vec<_> = files.into_iter().collect();
    imports_of(&files)
        .into_iter()
        .filter(|import| import.from == file)
        .map(|import| {
            let kind = if import.re_export { " re-export" } else { "" };
            format!("{}: {}{kind}", import.to, import.name)
        })
        .collect()
}

#[test]
fn the_reader_resolves_imports() {
    let cases: &[(&str, &[&str])] = &[
        // Groups, renames, items of the parent and its private imports.
        ("use crate::{a::{A, f as other}, b::C};", &["a.rs: A", "a.rs: f", "b/c.rs: C"]),
        ("use super::M; use super::super::a::f;", &["a.rs: f", "m/mod.rs: M"]),
        ("use super::A;", &["a.rs: A"]),
        (
            "use self::inner::X; mod inner { pub(super) use super::super::o::O as X; }",
            &["m/o.rs: O", "m/o.rs: O re-export"],
        ),
        // Re-exports, by name, renamed, as glob and of a module.
        ("use crate::b::h;", &["b/c.rs: g"]),
        ("use crate::b::{D, e::F};", &["b/d.rs: D", "b/d.rs: F"]),
        ("pub use crate::a::A;", &["a.rs: A re-export"]),
        ("pub use crate::a::A; fn f(_: A) {}", &["a.rs: A", "a.rs: A re-export"]),
        // A glob imports everything.
        ("use crate::a::*;", &["a.rs: *"]),
        ("use crate::a::E::*;", &["a.rs: E::*"]),
        ("use crate::b::*;", &["b/c.rs: C", "b/c.rs: g", "b/d.rs: *"]),
        // Module aliases: the items count, or else the module.
        ("use super::o; fn f(_: o::O) {}", &["m/o.rs: O"]),
        ("use crate::b; fn f() { b::C; b::d::D; }", &["b/c.rs: C", "b/d.rs: D"]),
        ("use super::o::{self as p}; fn f() { p::q() }", &["m/o.rs: q"]),
        ("use super::o;", &["m/o.rs: module m::o"]),
        ("fn f() { use crate::a; a::f(); }", &["a.rs: f"]),
        // Paths without a `use`: expressions, types, patterns, bounds.
        ("fn f() { crate::a::f(); }", &["a.rs: f"]),
        ("fn f(_: Vec<crate::a::A>) {}", &["a.rs: A"]),
        ("fn f(e: u8) { if let super::super::a::E::One = e {} }", &["a.rs: E"]),
        ("fn f<T: crate::b::D>() {}", &["b/d.rs: D"]),
        ("fn f() { <A as crate::b::D>::x(); }", &["b/d.rs: D"]),
        ("fn f() { kinoteka::a::f() }", &["a.rs: f"]),
        // Macro calls, macro definitions and attributes.
        ("fn f() { vec![1, crate::a::f(), x.f::<super::M>()]; }", &["a.rs: f", "m/mod.rs: M"]),
        (
            "use crate::b; make! { b::d::D, use crate::a::{A, f}; }",
            &["a.rs: A", "a.rs: f", "b/d.rs: D"],
        ),
        (
            "macro_rules! x { ($y:path) => { $crate::a::f($y::g, 0..super::M) }; }",
            &["a.rs: f", "m/mod.rs: M"],
        ),
        (
            "#[make(body = crate::a::A, with = \"super::o::g\")] struct X;",
            &["a.rs: A", "m/o.rs: g"],
        ),
        // No imports.
        ("use std::a::A; use ::a::f; fn f(a: u8) { a.f(); A::new(); }", &[]),
        ("// crate::a::f()\n/// [`crate::a::A`]\nstruct X(&'static str);", &[]),
        ("pub(in super::super::m) struct X; const Y: &str = \"crate::a::f\";", &[]),
        ("mod inner { pub struct X; } use inner::X; use self::X as Z;", &[]),
        ("#[cfg(test)] mod tests { use crate::a::f; } #[cfg(test)] use crate::a::A;", &[]),
        ("#[cfg(all(test, unix))] fn f() { crate::a::f() }", &[]),
        ("use crate::b::missing;", &[]),
        // Conditions other than of tests are met.
        ("#[cfg(not(test))] use crate::a::f;", &["a.rs: f"]),
    ];
    for (text, expected) in cases {
        assert_eq!(imports_of_file("m/n.rs", text), *expected, "{text}");
    }
}

#[test]
fn the_reader_skips_files_of_tests() {
    let found = imports_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "#[cfg(test)] mod tests;"),
        ("a/tests.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B;"),
    ]);
    assert_eq!(found, BTreeSet::new());
}

#[test]
fn a_cycle_is_found_and_described() {
    let files = [
        ("lib.rs", "mod x;"),
        ("x/mod.rs", "mod a; mod b; mod c; mod d; pub use a::{A, f}; pub use c::C; pub use d::D;"),
        ("x/a.rs", "use super::b; pub struct A; pub fn f() { b::g() }"),
        ("x/b.rs", "pub fn g() { crate::x::C; }"),
        ("x/c.rs", "use super::{A, f}; pub struct C; fn h(_: A) { super::D; f() }"),
        ("x/d.rs", "pub struct D;"),
    ];
    let found = imports_of(&files);
    let cycle = "import cycle of 3 files:\n  x/a.rs -> x/b.rs: g\n  x/b.rs -> x/c.rs: C\n  \
                 x/c.rs -> x/a.rs: A, f\n";
    assert_eq!(unlisted_cycles(&found, &[]), [cycle]);

    let listed: &[&str] = &["x/a.rs", "x/b.rs", "x/c.rs"];
    assert_eq!(unlisted_cycles(&found, &[listed]), Vec::<String>::new());
    assert_eq!(
        unlisted_cycles(&found, &[&["x/a.rs", "x/b.rs"]]),
        ["import cycle of 3 files, without the imports within cycles that are listed:\n  \
          x/b.rs -> x/c.rs: C\n  x/c.rs -> x/a.rs: A, f\n"]
    );
    assert_eq!(
        unlisted_cycles(&found, &[&["x/a.rs", "x/b.rs", "x/c.rs", "x/d.rs"]]),
        ["in the list of cycles, replace &[\"x/a.rs\", \"x/b.rs\", \"x/c.rs\", \"x/d.rs\"], by: \
          &[\"x/a.rs\", \"x/b.rs\", \"x/c.rs\"],"]
    );

    let without: Vec<_> =
        files.into_iter().map(|(file, text)| (file, text.replace("crate::x::C", ""))).collect();
    let without: Vec<_> = without.iter().map(|(file, text)| (*file, text.as_str())).collect();
    let found = imports_of(&without);
    assert_eq!(unlisted_cycles(&found, &[]), Vec::<String>::new());
    assert_eq!(
        unlisted_cycles(&found, &[listed]),
        ["in the list of cycles, replace &[\"x/a.rs\", \"x/b.rs\", \"x/c.rs\"], by: "]
    );
}

#[test]
fn a_parent_with_items_is_part_of_a_cycle() {
    let child = ("x/a.rs", "pub struct A(super::X);");
    let found = |parent| unlisted_cycles(&imports_of(&[("x/mod.rs", parent), child]), &[]).len();
    assert_eq!(found("mod a; pub struct X; fn f() { a::A; }"), 1);
    assert_eq!(found("mod a; pub use a::A; pub struct X; fn f(_: A) {}"), 1);
    assert_eq!(found("mod a; pub use a::A; pub struct X;"), 0);
}

#[test]
fn forbidden_imports_are_found() {
    let found = imports_of(&[
        ("lib.rs", "mod db; mod text; mod videos; mod resource;"),
        ("db.rs", "pub use crate::text::T;"),
        ("text.rs", "pub use crate::db::T as U; pub struct T;"),
        ("videos.rs", "use crate::{db::T, resource};\nfn f() { resource::read::get(); }"),
        ("resource/mod.rs", "pub mod openapi; pub mod read; mod schema; mod state; mod flat;"),
        ("resource/openapi/mod.rs", "use super::read::get; pub struct Operation;"),
        ("resource/read/mod.rs", "pub use super::state::State; pub fn get(_: State) {}"),
        ("resource/schema/mod.rs", "use super::read::State; use crate::videos::f;"),
        ("resource/state.rs", "use super::schema::S; pub struct State;"),
        ("resource/flat.rs", "use super::{openapi::Operation, schema::S};"),
    ]);
    assert_eq!(
        between_modules(&found),
        [
            "resource/schema/mod.rs: `resource` must not import `videos` (videos.rs: f)",
            "text.rs: `text` must not import `db` (db.rs: T)",
        ]
    );
    assert_eq!(
        between_layers(&found),
        [
            "resource/flat.rs: `resource` must not import `openapi` (resource/openapi/mod.rs: \
             Operation)",
            "resource/schema/mod.rs: `schema` must not import `state` (resource/state.rs: State)",
            "resource/schema/mod.rs: `schema` must not import `read` (resource/read/mod.rs: State)",
        ]
    );
}

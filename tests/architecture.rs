//! Tests of the dependencies among the modules of `src`: the allowed imports of the top-level
//! modules and of the layers of `resource`, no import cycle among files, and no database type
//! outside `db`.
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

/// Modules or layers, each with groups of those that it may import in addition to itself. `*` means
/// every other.
type Rules = &'static [(&'static str, &'static [&'static [&'static str]])];

/// The modules that every module above `resource` may import.
const BASE: &[&str] = &["config", "db", "http", "i18n", "resource", "text"];

/// The subjects that publishing modules depend on.
const SUBJECTS: &[&str] = &["partners", "programmes", "videos", "impact"];

/// The top-level modules.
const MODULES: Rules = &[
    ("text", &[]),
    ("captions", &[&["text"]]),
    ("i18n", &[&["text"]]),
    ("db", &[&["text"]]),
    ("http", &[&["db", "i18n", "text"]]),
    ("config", &[&["db", "http", "i18n", "text"]]),
    ("resource", &[&["captions", "config", "db", "http", "i18n", "text"]]),
    ("topics", &[BASE, &["captions"]]),
    ("partners", &[BASE, &["captions"]]),
    ("programmes", &[BASE, &["captions"]]),
    ("videos", &[BASE, &["captions"]]),
    ("impact", &[BASE, &["captions"]]),
    ("countries", &[BASE, &["captions"]]),
    ("saved_queries", &[BASE, &["captions"]]),
    ("search", &[BASE, SUBJECTS, &["captions", "topics"]]),
    ("images", &[BASE]),
    ("charts", &[BASE, &["images", "impact"]]),
    ("embed", &[BASE, &["charts", "images", "impact", "programmes", "saved_queries", "videos"]]),
    ("feeds", &[BASE, SUBJECTS, &["captions", "saved_queries"]]),
    ("iati", &[BASE, SUBJECTS]),
    ("tables", &[BASE, SUBJECTS]),
    ("registry", &[BASE, SUBJECTS, &["feeds", "saved_queries", "tables", "topics"]]),
    (
        "server",
        &[
            BASE,
            SUBJECTS,
            &["captions", "countries", "registry", "saved_queries", "topics"],
            &["charts", "embed", "feeds", "iati", "images", "search", "tables"],
        ],
    ),
    ("commands", &[&["*"]]),
    ("main", &[&["*"]]),
    ("lib", &[&["*"]]),
];

/// The layers of `resource`: its sub-folders, `state.rs`, `extract.rs` and
/// `handlers.rs`.
const LAYERS: Rules = &[
    ("schema", &[]),
    ("model", &[&["schema"]]),
    ("cache", &[&["model", "schema"]]),
    ("store", &[&["model", "schema"]]),
    ("index", &[&["model", "schema", "store"]]),
    ("view", &[BELOW_VIEW]),
    ("state", &[BELOW_VIEW, &["view"]]),
    ("query", &[BELOW_VIEW, &["view"]]),
    ("extract", &[BELOW_VIEW, &["state", "view"]]),
    ("read", &[BELOW_VIEW, &["extract", "query", "state", "view"]]),
    ("write", &[BELOW_VIEW, &["extract", "query", "read", "state", "view"]]),
    ("handlers", &[BELOW_VIEW, &["extract", "query", "read", "state", "view", "write"]]),
    ("openapi", &[&["*"]]),
];

const BELOW_VIEW: &[&str] = &["cache", "index", "model", "schema", "store"];

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

/// Returns the top-level module of a file.
fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// Returns the first component of a path below `resource`: a file or a folder.
fn part_of_resource(file: &str) -> Option<&str> {
    file.strip_prefix("resource/")?.split('/').next()
}

/// Returns the layer of a file of `resource`.
fn layer_of(file: &str) -> Option<&str> {
    let part = part_of_resource(file)?;
    let name = part.trim_end_matches(".rs");
    LAYERS.iter().any(|(layer, _)| *layer == name).then_some(name)
}

fn is_allowed(rules: Rules, from: &str, to: &str) -> bool {
    from == to
        || rules.iter().filter(|(name, _)| *name == from).any(|(_, groups)| {
            groups.iter().any(|group| group.contains(&to) || group.contains(&"*"))
        })
}

/// Returns the imports that [`MODULES`] does not allow.
fn between_modules(imports: &BTreeSet<Import>) -> Vec<String> {
    forbidden(imports, |from, to| {
        let (from, to) = (module_of(from), module_of(to));
        (!is_allowed(MODULES, from, to)).then(|| (from.to_owned(), to.to_owned()))
    })
}

/// Returns the imports that [`LAYERS`] does not allow.
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

/// Returns a line for each forbidden import of an item from its file or from one that re-exports
/// it. `rule` returns the two modules or layers if an import is forbidden.
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

/// A description of each cycle among files.
fn file_cycles(imports: &BTreeSet<Import>) -> Vec<String> {
    cycles(&graph(imports)).iter().map(|cycle| describe(cycle, imports)).collect()
}

/// Returns the text without comments.
fn code(text: &str) -> String {
    text.lines()
        .map(|line| line.split_once("//").map_or(line, |(before, _)| before))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn modules_import_only_allowed_modules() {
    let listed: BTreeSet<&str> = MODULES.iter().map(|(name, _)| *name).collect();
    let modules: BTreeSet<&str> = SOURCES.iter().map(|(file, _)| module_of(file)).collect();
    assert_eq!(modules, listed, "each module needs its rule, each rule its module");
    let wrong = between_modules(&IMPORTS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn resource_layers_import_only_allowed_layers() {
    let parts: BTreeSet<&str> = SOURCES
        .iter()
        .map(|(file, _)| file.as_str())
        .filter(|file| layer_of(file).is_none() && !KINOTEKA.is_facade(file))
        .filter_map(part_of_resource)
        .collect();
    assert_eq!(parts, BTreeSet::new(), "without a layer");
    let wrong = between_layers(&IMPORTS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_are_acyclic() {
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
            assert!(allowed.contains_key(other), "`{other}` has no rule");
        }
    }
}

#[test]
fn files_have_no_import_cycle() {
    let wrong = file_cycles(&IMPORTS);
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

/// Returns the imports of a crate with these files.
fn imports_of(files: &[(&str, &str)]) -> BTreeSet<Import> {
    let files: Vec<_> =
        files.iter().map(|&(file, text)| (file.to_owned(), text.to_owned())).collect();
    Crate::parse("kinoteka", &files).imports()
}

/// Returns the imports of one file as `file: name`, with the suffix `re-export` for items that it
/// only re-exports.
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
fn parser_resolves_imports() {
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
        // Conditions other than `test` are assumed to hold.
        ("#[cfg(not(test))] use crate::a::f;", &["a.rs: f"]),
    ];
    for (text, expected) in cases {
        assert_eq!(imports_of_file("m/n.rs", text), *expected, "{text}");
    }
}

#[test]
fn parser_skips_test_files() {
    let found = imports_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "#[cfg(test)] mod tests;"),
        ("a/tests.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B;"),
    ]);
    assert_eq!(found, BTreeSet::new());
}

#[test]
fn finds_and_describes_cycle() {
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
    assert_eq!(file_cycles(&found), [cycle]);

    let without: Vec<_> =
        files.into_iter().map(|(file, text)| (file, text.replace("crate::x::C", ""))).collect();
    let without: Vec<_> = without.iter().map(|(file, text)| (*file, text.as_str())).collect();
    assert_eq!(file_cycles(&imports_of(&without)), Vec::<String>::new());
}

#[test]
fn parent_with_items_is_part_of_cycle() {
    let child = ("x/a.rs", "pub struct A(super::X);");
    let found = |parent| file_cycles(&imports_of(&[("x/mod.rs", parent), child])).len();
    assert_eq!(found("mod a; pub struct X; fn f() { a::A; }"), 1);
    assert_eq!(found("mod a; pub use a::A; pub struct X; fn f(_: A) {}"), 1);
    assert_eq!(found("mod a; pub use a::A; pub struct X;"), 0);
}

#[test]
fn finds_forbidden_imports() {
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

//! `kinoteka import`: a whole catalogue from NDJSON, all or nothing, repeatable.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Failure, say, store_item};
use crate::config::Settings;
use crate::db::{Connection, Time, upkeep};
use crate::http::problem::{MAX_ERRORS, Problem};
use crate::resource::context::Context;
use crate::resource::load::{Found, find};
use crate::resource::spec::Kind;
use crate::resource::write::bump;
use crate::server;
use crate::text::slug::validate_slug;

/// The first catalogue.
pub const DEMO: &str = include_str!("demo/first-catalogue.ndjson");

/// Flags of `import`.
#[derive(clap::Args)]
pub struct Args {
    /// The file, or `-` for standard input
    file: PathBuf,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// Items that are new or changed.
    pub stored: usize,
    /// Items that were there already, just so.
    pub unchanged: usize,
}

/// Reads a file and reports every bad line with its number.
pub fn command(settings: &Settings, args: &Args) -> Result<(), Failure> {
    let text = read(&args.file)?;
    let store = server::store(settings)?;
    server::prepare(&store, settings.auto_migrate)?;
    let context = server::context(settings)?;
    let terminal = std::io::stderr().is_terminal();
    let imported = run(&context, &text, |done, all| {
        if terminal && (done % 100 == 0 || done == all) {
            use std::io::Write;
            drop(write!(std::io::stderr(), "\r{done} of {all}"));
            if done == all {
                drop(writeln!(std::io::stderr()));
            }
        }
    })?;
    say(&format!("{} items stored, {} unchanged.", imported.stored, imported.unchanged));
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let outcome = if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    outcome.map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count().saturating_add(1);
        Failure::usage(format!("line {line}: not UTF-8; nothing was imported"))
    })
}

/// A line that was understood.
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// What kind of item it is.
    pub kind: Kind,
    /// Its slug.
    pub slug: String,
    /// The rest of it, as PUT would take it.
    pub body: Value,
}

/// Imports lines in one transaction. Items are stored in the order of their kinds, so that references find their targets.
pub fn run(context: &Context, text: &str, mut progress: impl FnMut(usize, usize)) -> Result<Imported, Failure> {
    let mut errors: Vec<(usize, String)> = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index.saturating_add(1);
        match understand(number, line) {
            Ok(line) => lines.push(line),
            Err(error) => errors.push((number, error)),
        }
    }
    lines.sort_by_key(|line| Kind::ALL.iter().position(|kind| *kind == line.kind));
    let understood = std::mem::take(&mut errors);
    let outcome = context.store.write_here(|connection| {
        let mut errors = understood.clone();
        let mut imported = Imported::default();
        // The revisions of a kind are bumped once, when all its items are stored.
        let mut written: Option<Kind> = None;
        for (done, line) in lines.iter().enumerate() {
            if let Some(kind) = written.take_if(|kind| *kind != line.kind) {
                bump(connection, kind, Time::now())?;
            }
            match store_line(connection, context, line) {
                Ok(true) => {
                    written = Some(line.kind);
                    imported.stored = imported.stored.saturating_add(1);
                    if COUNT_AT.contains(&imported.stored) {
                        upkeep::count_rows(connection)?;
                    }
                }
                Ok(false) => imported.unchanged = imported.unchanged.saturating_add(1),
                Err(problem) if problem.kind.definition().status < 500 => errors.extend(explain(line, &problem)),
                Err(problem) => return Err(Rejected::Problem(problem)),
            }
            progress(done.saturating_add(1), lines.len());
        }
        if let Some(kind) = written {
            bump(connection, kind, Time::now())?;
        }
        if errors.is_empty() { Ok(imported) } else { Err(Rejected::Lines(errors)) }
    });
    match outcome {
        Ok(imported) => {
            if imported.stored > 0
                && let Err(error) = upkeep::tidy(&mut context.store.connect()?)
            {
                // Everything is stored; PostgreSQL will come by itself later.
                log::warn!("the database could not be tidied after the import: {error}");
            }
            Ok(imported)
        }
        Err(Rejected::Problem(problem)) => Err(problem.into()),
        Err(Rejected::Lines(mut errors)) => {
            errors.sort();
            let mut lines: Vec<String> = errors.into_iter().map(|(number, error)| format!("line {number}: {error}")).collect();
            lines.push("nothing was imported".to_owned());
            Err(Failure { lines, code: 2 })
        }
    }
}

/// After so many items PostgreSQL counts its rows: within a transaction it keeps the plans that it made while the tables were empty.
const COUNT_AT: [usize; 4] = [100, 1_000, 10_000, 100_000];

enum Rejected {
    Problem(Problem),
    Lines(Vec<(usize, String)>),
}

impl From<Problem> for Rejected {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<crate::db::Error> for Rejected {
    fn from(error: crate::db::Error) -> Self {
        Self::Problem(error.into())
    }
}

/// Reads a line as far as that can be done without its fields.
pub fn understand(number: usize, line: &str) -> Result<Line, String> {
    let mut body: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let Some(object) = body.as_object_mut() else { return Err("an object is expected on every line".to_owned()) };
    let kind = object.remove("resource");
    let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let kind = kind
        .as_ref()
        .and_then(Value::as_str)
        .and_then(Kind::parse)
        .ok_or_else(|| format!("`resource` must be one of {}", known.join(", ")))?;
    let slug = object.get("slug").and_then(Value::as_str).map(str::to_owned).ok_or("`slug` is required")?;
    validate_slug(&slug).map_err(|error| format!("/slug: {error}"))?;
    Ok(Line { number, kind, slug, body })
}

/// Stores a line; says whether that changed anything.
fn store_line(connection: &mut Connection, context: &Context, line: &Line) -> Result<bool, Problem> {
    let existing = find(connection, line.kind, &line.slug)?.map(Found::item);
    if let Some(item) = existing.as_ref().filter(|item| item.deleted_at.is_some()) {
        return Err(Problem::new(crate::http::problem::Kind::Gone, format!("the {} `{}` has been deleted", line.kind.noun(), item.slug)));
    }
    let slug = existing.is_none().then_some(line.slug.as_str());
    Ok(store_item(connection, context, line.kind, existing, slug, &line.body)?.is_changed)
}

/// What is wrong with a line: its number and a sentence for each error.
pub fn explain(line: &Line, problem: &Problem) -> Vec<(usize, String)> {
    let place = format!("{} `{}`", line.kind.noun(), line.slug);
    if problem.errors.is_empty() {
        return vec![(line.number, format!("{place}: {}", problem.detail))];
    }
    // Pointers hold the names of members as they were written, which a terminal must not obey.
    let shown =
        |pointer: &Option<String>| pointer.iter().flat_map(|pointer| pointer.chars()).filter(|c| !c.is_control()).collect::<String>();
    let mut explained: Vec<String> =
        problem.errors.iter().map(|error| format!("{place}: {}: {}", shown(&error.pointer), error.detail)).collect();
    if explained.len() >= MAX_ERRORS {
        explained.push(format!("{place}: {}", problem.detail));
    }
    explained.into_iter().map(|text| (line.number, text)).collect()
}

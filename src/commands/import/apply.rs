//! Stores imported lines in one transaction.

use crate::resource::store::lookup::Lookup;
use crate::resource::write::save::{SaveRequest, SaveResult, WriteMode};
use serde_json::Value;

use crate::commands::error::CommandError;
use crate::commands::import::text_track::TextTrackLine;
use crate::db::search::IndexerThread;
use crate::db::{Connection, Time, maintenance};
use crate::http::problem::{MAX_ERRORS, Problem, ProblemKind};
use crate::registry::{entry_of, resources};
use crate::resource::model::revisions::{Audience, bump};
use crate::resource::model::status_change::OnReferences;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::change_log;
use crate::resource::store::lookup::find;

/// The result of an import.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ImportReport {
    /// Number of new or changed items.
    pub stored: usize,
    /// Number of items that were already stored unchanged.
    pub unchanged: usize,
}

/// A parsed line.
pub struct ImportLine {
    /// Line number, from 1.
    pub line_number: usize,
    /// The kind of the item.
    pub kind: ResourceKind,
    /// The slug of the item.
    pub slug: String,
    /// The item as a body of PUT.
    pub body: Value,
    /// Whether an existing item retains members that the body does not contain, as with PATCH.
    pub is_patch: bool,
}

/// The parsed lines of a file.
pub struct ImportFile {
    /// The items.
    pub lines: Vec<ImportLine>,
    /// The text tracks.
    pub tracks: Vec<TextTrackLine>,
    /// Line numbers and messages of the errors of parsing.
    pub parse_errors: Vec<(usize, String)>,
}

/// Stores all lines in one transaction, or nothing if any line has an error. Items are stored in
/// the order of their kinds, so that references find their targets.
pub fn save_lines(
    context: &AppState,
    import_file: ImportFile,
    mut progress: impl FnMut(usize, usize),
) -> Result<ImportReport, CommandError> {
    let ImportFile { mut lines, tracks, parse_errors } = import_file;
    let all = lines.len().saturating_add(tracks.len());
    lines.sort_by_key(|line| resources().position(|entry| entry.schema.kind == line.kind));
    let indexer = IndexerThread::start();
    let outcome = context.database.write_blocking(|connection| {
        let mut errors = parse_errors.clone();
        let mut report = ImportReport::default();
        // The revisions of a kind are bumped once, when all its items are stored.
        let mut pending_kind: Option<(ResourceKind, Audience)> = None;
        let mut changed_kinds: Vec<ResourceKind> = Vec::new();
        for (done, line) in lines.iter().enumerate() {
            if let Some((kind, audience)) = pending_kind.take_if(|(kind, _)| *kind != line.kind) {
                bump(connection, kind, audience, Time::now())?;
            }
            match save_line(connection, context, line) {
                Ok(stored) if stored.is_changed => {
                    let is_public = stored.is_publicly_visible
                        || pending_kind.is_some_and(|(_, audience)| audience == Audience::Public);
                    pending_kind = Some((line.kind, Audience::new(is_public)));
                    if stored.is_publicly_visible && !changed_kinds.contains(&line.kind) {
                        changed_kinds.push(line.kind);
                    }
                    report.stored = report.stored.saturating_add(1);
                    if ANALYZE_AFTER_ITEMS.contains(&report.stored) {
                        maintenance::analyze(connection)?;
                    }
                }
                Ok(_) => report.unchanged = report.unchanged.saturating_add(1),
                Err(problem) if problem.kind.definition().status < 500 => {
                    errors.extend(line_errors(line, &problem));
                }
                Err(problem) => return Err(ImportError::Problem(problem)),
            }
            progress(done.saturating_add(1), all);
        }
        if let Some((kind, audience)) = pending_kind {
            bump(connection, kind, audience, Time::now())?;
        }
        // Text tracks last, since they belong to videos.
        for (done, line) in tracks.iter().enumerate() {
            match line.save(connection, &context.settings) {
                Ok(true) => report.stored = report.stored.saturating_add(1),
                Ok(false) => report.unchanged = report.unchanged.saturating_add(1),
                Err(problem) if problem.kind.definition().status < 500 => {
                    errors.extend(line.line_errors(&problem));
                }
                Err(problem) => return Err(ImportError::Problem(problem)),
            }
            progress(lines.len().saturating_add(done).saturating_add(1), all);
        }
        for kind in changed_kinds {
            change_log::record_feed_change(connection, &context.settings, kind)?;
        }
        if errors.is_empty() { Ok(report) } else { Err(ImportError::Lines(errors)) }
    });
    drop(indexer);
    match outcome {
        Ok(report) => {
            if report.stored > 0
                && let Err(error) = maintenance::optimize_after_bulk_load(
                    &mut context.database.connect()?,
                    report.stored,
                )
            {
                // The import is complete; autovacuum will do the same later.
                log::warn!("database optimization after the import failed: {error}");
            }
            Ok(report)
        }
        Err(ImportError::Problem(problem)) => Err(problem.into()),
        Err(ImportError::Lines(mut errors)) => {
            errors.sort();
            let mut lines: Vec<String> = errors
                .into_iter()
                .map(|(number, error)| format!("line {number}: {error}"))
                .collect();
            lines.push("nothing was imported".to_owned());
            Err(CommandError { messages: lines, exit_code: 2 })
        }
    }
}

/// Numbers of stored items after which PostgreSQL analyzes the tables: within the transaction it
/// would keep the plans of empty tables otherwise.
const ANALYZE_AFTER_ITEMS: [usize; 4] = [100, 1_000, 10_000, 100_000];

enum ImportError {
    Problem(Problem),
    Lines(Vec<(usize, String)>),
}

impl From<Problem> for ImportError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<crate::db::Error> for ImportError {
    fn from(error: crate::db::Error) -> Self {
        Self::Problem(error.into())
    }
}

/// Stores the item of a line.
fn save_line(
    connection: &mut Connection,
    context: &AppState,
    line: &ImportLine,
) -> Result<SaveResult, Problem> {
    let entry = entry_of(line.kind)?;
    let existing = find(connection, line.kind, &line.slug)?.map(Lookup::into_item);
    if let Some(item) = existing.as_ref().filter(|item| item.deleted_at.is_some()) {
        return Err(Problem::new(
            ProblemKind::Gone,
            format!("the {} `{}` has been deleted", line.kind.noun(), item.slug),
        ));
    }
    let merged = match &existing {
        Some(item) if line.is_patch => {
            Some((entry.merge_patch)(connection, context, item, &line.body)?)
        }
        _ => None,
    };
    let mode = existing.map_or(WriteMode::CreateAt(&line.slug), WriteMode::Replace);
    // The lines of the referring items say themselves what becomes of them.
    let on_references = OnReferences::Keep;
    let body = merged.as_ref().unwrap_or(&line.body);
    (entry.save)(connection, context, SaveRequest { mode, body, on_references, is_import: true })
}

/// Returns the errors of a line, each with the line number.
pub fn line_errors(line: &ImportLine, problem: &Problem) -> Vec<(usize, String)> {
    let subject = format!("{} `{}`", line.kind.noun(), line.slug);
    if problem.errors.is_empty() {
        return vec![(line.line_number, format!("{subject}: {}", problem.detail))];
    }
    // Pointers contain member names of the input; control characters must not reach the terminal.
    let printable = |pointer: &Option<String>| {
        pointer
            .iter()
            .flat_map(|pointer| pointer.chars())
            .filter(|c| !c.is_control())
            .collect::<String>()
    };
    let mut messages: Vec<String> = problem
        .errors
        .iter()
        .map(|error| format!("{subject}: {}: {}", printable(&error.pointer), error.detail))
        .collect();
    if messages.len() >= MAX_ERRORS {
        messages.push(format!("{subject}: {}", problem.detail));
    }
    messages.into_iter().map(|text| (line.line_number, text)).collect()
}

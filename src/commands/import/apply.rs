//! Stores imported lines in one transaction.

use std::collections::HashSet;

use crate::resource::store::lookup::Lookup;
use crate::resource::write::save::{SaveRequest, SaveResult, WriteMode};
use serde_json::Value;

use crate::commands::error::CommandError;
use crate::commands::import::text_track::{TEXT_TRACK, TextTrackLine};
use crate::db::search::IndexerThread;
use crate::db::{Connection, Time, maintenance};
use crate::http::problem::{FieldError, MAX_ERRORS, Problem, ProblemKind};
use crate::iati::xml_reader::Fault;
use crate::registry::{entry_of, resources};
use crate::resource::model::revisions::{Audience, bump};
use crate::resource::model::status_change::OnReferences;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::change_log;
use crate::resource::store::hierarchy::parents_first;
use crate::resource::store::lookup::find;

/// The numbers of items of an import.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ImportReport {
    /// Number of new or changed items.
    pub stored: usize,
    /// Number of new items among them.
    pub created: usize,
    /// Number of items that were already stored unchanged.
    pub unchanged: usize,
}

/// The result of an import.
#[derive(Debug, Default)]
pub struct ImportOutcome {
    /// The numbers of items.
    pub report: ImportReport,
    /// The invalid parts that were omitted, in the order of the file.
    pub omitted: Vec<Fault>,
    /// Number of valid items that were omitted because they need an omitted one.
    pub omitted_dependents: usize,
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
    /// Members of the body, or their entries, that can be omitted where they are invalid. Without
    /// any other member the item would be another one, or would state something else.
    pub optional_members: &'static [&'static str],
}

/// The parsed lines of a file.
pub struct ImportFile {
    /// The items.
    pub lines: Vec<ImportLine>,
    /// The text tracks.
    pub tracks: Vec<TextTrackLine>,
    /// The faults of parsing.
    pub faults: Vec<Fault>,
}

/// How a file is imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions {
    /// Whether everything is rolled back at the end.
    pub dry_run: bool,
    /// Whether invalid parts are omitted. Otherwise they reject the file.
    pub omits_faulty: bool,
}

/// Stores all lines in one transaction. Items are stored in the order of their kinds, and within a
/// kind after their parents, so that references find their targets. Nothing is stored if any line has an error, unless faults are
/// omitted.
pub fn save_lines(
    context: &AppState,
    import_file: ImportFile,
    options: ImportOptions,
    mut progress: impl FnMut(usize, usize),
) -> Result<ImportOutcome, CommandError> {
    let mut import = Import::new(context, import_file, options);
    let indexer = IndexerThread::start();
    let outcome = loop {
        let outcome = context
            .database
            .write_blocking(|connection| import.store_all(connection, &mut progress));
        // A transaction that met a fault may have stored a part of an item. What remains after the
        // faults is stored by another one.
        if !(options.omits_faulty && matches!(outcome, Err(ImportError::Faulty))) {
            break outcome;
        }
    };
    drop(indexer);
    import.faults.sort();
    let report = match outcome {
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
            report
        }
        Err(ImportError::DryRun(report)) => report,
        Err(ImportError::Problem(problem)) => return Err(problem.into()),
        Err(ImportError::Faulty) => {
            let lines = import.faults.into_iter();
            let mut messages: Vec<String> =
                lines.map(|fault| format!("line {}: {}", fault.line, fault.message)).collect();
            messages.push("nothing was imported".to_owned());
            return Err(CommandError { messages, exit_code: 2 });
        }
    };
    Ok(ImportOutcome {
        report,
        omitted: import.faults,
        omitted_dependents: import.omitted_dependents,
    })
}

/// The state of an import, which outlives its transactions.
struct Import<'a> {
    context: &'a AppState,
    options: ImportOptions,
    lines: Vec<ImportLine>,
    tracks: Vec<TextTrackLine>,
    faults: Vec<Fault>,
    /// Items that cannot be stored.
    failed: HashSet<(ResourceKind, String)>,
    omitted_dependents: usize,
}

impl<'a> Import<'a> {
    fn new(context: &'a AppState, import_file: ImportFile, options: ImportOptions) -> Self {
        let ImportFile { lines, tracks, faults } = import_file;
        let mut lines = parents_first(lines, |line| {
            let parent = line.body.get("parent").and_then(reference_slug);
            ((line.kind, line.slug.clone()), parent.map(|slug| (line.kind, slug.to_owned())))
        });
        lines.sort_by_key(|line| resources().position(|entry| entry.schema.kind == line.kind));
        Self {
            context,
            options,
            lines,
            tracks,
            faults,
            failed: HashSet::new(),
            omitted_dependents: 0,
        }
    }

    /// Stores everything in the current transaction. An error rolls it back.
    fn store_all(
        &mut self,
        connection: &mut Connection,
        progress: &mut impl FnMut(usize, usize),
    ) -> Result<ImportReport, ImportError> {
        let all = self.lines.len().saturating_add(self.tracks.len());
        let mut report = ImportReport::default();
        let mut is_faulty = !self.options.omits_faulty && !self.faults.is_empty();
        // The revisions of a kind are bumped once, when all its items are stored.
        let mut pending_kind: Option<(ResourceKind, Audience)> = None;
        let mut changed_kinds: Vec<ResourceKind> = Vec::new();
        let mut lines = std::mem::take(&mut self.lines);
        for (done, line) in lines.iter_mut().enumerate() {
            if let Some((kind, audience)) = pending_kind.take_if(|(kind, _)| *kind != line.kind) {
                bump(connection, kind, audience, Time::now())?;
            }
            match self.store_line(connection, line, &mut is_faulty) {
                Ok(Some(stored)) if stored.result.is_changed => {
                    let is_public = stored.result.is_publicly_visible
                        || pending_kind.is_some_and(|(_, audience)| audience == Audience::Public);
                    pending_kind = Some((line.kind, Audience::new(is_public)));
                    if stored.result.is_publicly_visible && !changed_kinds.contains(&line.kind) {
                        changed_kinds.push(line.kind);
                    }
                    report.stored = report.stored.saturating_add(1);
                    report.created = report.created.saturating_add(stored.is_new.into());
                    if ANALYZE_AFTER_ITEMS.contains(&report.stored) {
                        maintenance::analyze(connection)?;
                    }
                }
                Ok(Some(_)) => report.unchanged = report.unchanged.saturating_add(1),
                Ok(None) => {}
                Err(problem) => {
                    self.lines = lines;
                    return Err(ImportError::Problem(problem));
                }
            }
            progress(done.saturating_add(1), all);
        }
        self.lines = lines;
        if let Some((kind, audience)) = pending_kind {
            bump(connection, kind, audience, Time::now())?;
        }
        // Text tracks last, since they belong to videos.
        for (done, line) in self.tracks.iter().enumerate() {
            match line.save(connection, &self.context.settings) {
                Ok(is_changed) => {
                    let count = if is_changed { &mut report.stored } else { &mut report.unchanged };
                    *count = count.saturating_add(1);
                }
                Err(problem) if problem.kind.definition().status < 500 => {
                    is_faulty = true;
                    let errors = line.line_errors(&problem).into_iter();
                    self.faults.extend(errors.map(|(line, message)| Fault {
                        line,
                        element: TEXT_TRACK.to_owned(),
                        message,
                    }));
                }
                Err(problem) => return Err(ImportError::Problem(problem)),
            }
            progress(self.lines.len().saturating_add(done).saturating_add(1), all);
        }
        for kind in changed_kinds {
            change_log::record_feed_change(connection, &self.context.settings, kind)?;
        }
        if is_faulty {
            Err(ImportError::Faulty)
        } else if self.options.dry_run {
            Err(ImportError::DryRun(report))
        } else {
            Ok(report)
        }
    }

    /// Stores the item of a line; `None` if it is faulty. Faults are omitted from the line, if they
    /// are to be and can be.
    fn store_line(
        &mut self,
        connection: &mut Connection,
        line: &mut ImportLine,
        is_faulty: &mut bool,
    ) -> Result<Option<StoredLine>, Problem> {
        let key = (line.kind, line.slug.clone());
        if self.options.omits_faulty && self.failed.contains(&key) {
            return Ok(None);
        }
        loop {
            let problem = match save_line(connection, self.context, line) {
                Ok(stored) => return Ok(Some(stored)),
                Err(problem) if problem.kind.definition().status < 500 => problem,
                Err(problem) => return Err(problem),
            };
            *is_faulty = true;
            // What refers to a faulty item has no fault of its own.
            let (caused, own): (Vec<FieldError>, Vec<FieldError>) =
                problem.errors.iter().cloned().partition(|error| self.is_caused(line, error));
            let can_omit = self.options.omits_faulty && !problem.errors.is_empty();
            let pointers = problem.errors.iter().filter_map(|error| error.pointer.as_deref());
            let omission = Omission::find(line, pointers.collect());
            let is_omitted = can_omit && omission.is_some();
            if caused.is_empty() || !own.is_empty() {
                let own = Problem { errors: own, ..problem };
                self.faults.extend(line_faults(line, &own, is_omitted));
            } else if !is_omitted {
                self.omitted_dependents = self.omitted_dependents.saturating_add(1);
            }
            let Some(omission) = omission.filter(|_| can_omit) else {
                self.failed.insert(key);
                return Ok(None);
            };
            omission.apply(&mut line.body);
        }
    }

    /// Whether an error is only that the line refers to a faulty item.
    fn is_caused(&self, line: &ImportLine, error: &FieldError) -> bool {
        let name = error.pointer.as_deref().and_then(|pointer| line.body.pointer(pointer));
        let name = name.and_then(reference_slug);
        error.code == "unknown_reference"
            && name.is_some_and(|name| {
                let kinds = ResourceKind::all().iter();
                kinds.into_iter().any(|kind| self.failed.contains(&(*kind, name.to_owned())))
            })
    }
}

/// Returns the slug, or the id, that a reference consists of or contains.
fn reference_slug(reference: &Value) -> Option<&str> {
    reference.as_str().or_else(|| reference.get("slug")?.as_str())
}

/// Optional parts of a body that are removed.
struct Omission {
    /// A member, and the index of an entry if the member is a list.
    parts: Vec<(String, Option<usize>)>,
}

impl Omission {
    /// The parts that contain these errors; `None` if any error is outside an optional part.
    fn find(line: &ImportLine, pointers: Vec<&str>) -> Option<Self> {
        let part = |pointer: &str| {
            let mut tokens = pointer.strip_prefix('/')?.split('/');
            let member = tokens.next().filter(|member| line.optional_members.contains(member))?;
            let entries = line.body.get(member)?.as_array();
            let index = tokens.next().and_then(|token| token.parse::<usize>().ok());
            let index = entries.zip(index).map(|(_, index)| index);
            Some((member.to_owned(), index))
        };
        let mut parts: Vec<_> = pointers.into_iter().map(part).collect::<Option<_>>()?;
        // From the end, so that indexes stay valid.
        parts.sort();
        parts.dedup();
        parts.reverse();
        Some(Self { parts })
    }

    fn apply(self, body: &mut Value) {
        let Some(body) = body.as_object_mut() else { return };
        for (member, index) in self.parts {
            match (index, body.get_mut(&member).and_then(Value::as_array_mut)) {
                (Some(index), Some(entries)) if index < entries.len() => {
                    drop(entries.remove(index));
                }
                (None, _) => drop(body.remove(&member)),
                _ => {}
            }
        }
    }
}

/// Numbers of stored items after which PostgreSQL analyzes the tables: within the transaction it
/// would keep the plans of empty tables otherwise.
const ANALYZE_AFTER_ITEMS: [usize; 4] = [100, 1_000, 10_000, 100_000];

/// Why a transaction was rolled back.
enum ImportError {
    Problem(Problem),
    Faulty,
    DryRun(ImportReport),
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

/// A stored item.
struct StoredLine {
    result: SaveResult,
    is_new: bool,
}

/// Stores the item of a line.
fn save_line(
    connection: &mut Connection,
    context: &AppState,
    line: &ImportLine,
) -> Result<StoredLine, Problem> {
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
    let is_new = existing.is_none();
    let mode = existing.map_or(WriteMode::CreateAt(&line.slug), WriteMode::Replace);
    // The lines of the referring items state what happens to them.
    let on_references = OnReferences::Keep;
    let body = merged.as_ref().unwrap_or(&line.body);
    let request = SaveRequest { mode, body, on_references, is_import: true };
    let result = (entry.save)(connection, context, request)?;
    Ok(StoredLine { result, is_new })
}

/// The faults of a line. `is_omitted` says whether each is omitted alone, rather than with its item.
fn line_faults(line: &ImportLine, problem: &Problem, is_omitted: bool) -> Vec<Fault> {
    let noun = line.kind.noun();
    let first_member = |error: &FieldError| {
        let pointer = error.pointer.as_deref()?.strip_prefix('/')?;
        pointer.split('/').next().map(str::to_owned)
    };
    let mut members = problem.errors.iter().map(first_member);
    let messages = line_errors(line, problem).into_iter();
    messages
        .map(|(line, message)| {
            let member = members.next().flatten().filter(|_| is_omitted);
            let element = member.map_or_else(|| noun.to_owned(), |name| format!("{noun}/{name}"));
            Fault { line, element, message }
        })
        .collect()
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

//! `kinoteka import`: a whole catalogue from NDJSON, all or nothing, repeatable.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CommandError, import_iati, merge_patch, print_status, save_resource};
use crate::captions::CaptionFormat;
use crate::config::Settings;
use crate::db::search::IndexerThread;
use crate::db::{Connection, Time, maintenance};
use crate::http::json_fields::{limits, parse_storable_language};
use crate::http::problem::{MAX_ERRORS, Problem};
use crate::resource::model::revisions::bump;
use crate::resource::model::text_track::{TrackKind, TrackSummary};
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::store::change_log;
use crate::resource::store::lookup::{Lookup, find};
use crate::resource::store::tracks::load_item_tracks;
use crate::resource::write::save::SaveResult;
use crate::text::slug::validate_slug;
use crate::videos::tracks;
use crate::{iati, server};

/// The first catalogue.
pub const DEMO_CATALOGUE: &str = include_str!("demo/first-catalogue.ndjson");

/// Flags of `import`.
#[derive(clap::Args)]
pub struct Args {
    /// The file, or `-` for standard input
    file: PathBuf,
    /// Read programmes, partners and results from a file of IATI 2.03 instead; what is there
    /// already keeps what the file does not say
    #[arg(long)]
    iati: bool,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ImportReport {
    /// Items that are new or changed.
    pub stored: usize,
    /// Items that were there already, just so.
    pub unchanged: usize,
}

/// Reads a file and reports every bad line with its number.
pub fn run_import(settings: &Settings, args: &Args) -> Result<(), CommandError> {
    let input = ImportInput::from_file(settings, args)?;
    let store = server::database_from_settings(settings)?;
    server::ensure_schema(&store, settings.auto_migrate)?;
    let context = server::app_state(settings)?;
    let terminal = std::io::stderr().is_terminal();
    let progress = |done: usize, all: usize| {
        if terminal && (done.is_multiple_of(100) || done == all) {
            use std::io::Write;
            drop(write!(std::io::stderr(), "\r{done} of {all}"));
            if done == all {
                drop(writeln!(std::io::stderr()));
            }
        }
    };
    let report = match input {
        ImportInput::Lines(text) => import_lines(&context, &text, progress)?,
        ImportInput::Iati(file) => import_iati::run(&context, file, progress)?,
    };
    print_status(&format!("{} items stored, {} unchanged.", report.stored, report.unchanged));
    Ok(())
}

/// What a file holds, read before the database is opened.
enum ImportInput {
    Lines(String),
    Iati(iati::xml_reader::ParsedFile),
}

impl ImportInput {
    fn from_file(settings: &Settings, args: &Args) -> Result<Self, CommandError> {
        let bytes = read_bytes(&args.file)?;
        Ok(if args.iati {
            Self::Iati(import_iati::parse_file(settings, &bytes)?)
        } else {
            Self::Lines(decode_utf8(bytes)?)
        })
    }
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let outcome = if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    outcome
        .map_err(|error| CommandError::usage(format!("cannot read {}: {error}", file.display())))?;
    Ok(bytes)
}

fn decode_utf8(bytes: Vec<u8>) -> Result<String, CommandError> {
    String::from_utf8(bytes).map_err(|error| {
        let line = error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            .saturating_add(1);
        CommandError::usage(format!("line {line}: not UTF-8; nothing was imported"))
    })
}

/// A line that was understood.
pub struct ImportLine {
    /// Its number, from 1.
    pub line_number: usize,
    /// What kind of item it is.
    pub kind: ResourceKind,
    /// Its slug.
    pub slug: String,
    /// The rest of it, as PUT would take it.
    pub body: Value,
    /// Whether what is there already keeps what the body does not say, as with PATCH.
    pub is_patch: bool,
}

/// Imports lines in one transaction. Items are stored in the order of their kinds, so that
/// references find their targets.
pub fn import_lines(
    context: &AppState,
    text: &str,
    progress: impl FnMut(usize, usize),
) -> Result<ImportReport, CommandError> {
    let mut errors: Vec<(usize, String)> = Vec::new();
    let mut lines: Vec<ImportLine> = Vec::new();
    let mut tracks: Vec<TextTrackLine> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = index.saturating_add(1);
        let parsed = match TextTrackLine::parse(line_number, line) {
            Some(track) => track.map(|track| tracks.push(track)),
            None => parse_line(line_number, line).map(|line| lines.push(line)),
        };
        errors.extend(parsed.err().map(|error| (line_number, error)));
    }
    save_lines(context, lines, &tracks, errors, progress)
}

/// Stores what was understood, unless anything is wrong.
pub(super) fn save_lines(
    context: &AppState,
    mut lines: Vec<ImportLine>,
    tracks: &[TextTrackLine],
    parse_errors: Vec<(usize, String)>,
    mut progress: impl FnMut(usize, usize),
) -> Result<ImportReport, CommandError> {
    let all = lines.len().saturating_add(tracks.len());
    lines.sort_by_key(|line| ResourceKind::ALL.iter().position(|kind| *kind == line.kind));
    let indexer = IndexerThread::start();
    let outcome = context.database.write_blocking(|connection| {
        let mut errors = parse_errors.clone();
        let mut report = ImportReport::default();
        // The revisions of a kind are bumped once, when all its items are stored.
        let mut pending_kind: Option<ResourceKind> = None;
        let mut changed_kinds: Vec<ResourceKind> = Vec::new();
        for (done, line) in lines.iter().enumerate() {
            if let Some(kind) = pending_kind.take_if(|kind| *kind != line.kind) {
                bump(connection, kind, Time::now())?;
            }
            match save_line(connection, context, line) {
                Ok(stored) if stored.is_changed => {
                    pending_kind = Some(line.kind);
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
        if let Some(kind) = pending_kind {
            bump(connection, kind, Time::now())?;
        }
        // Tracks come last: they belong to videos.
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
                // Everything is stored; PostgreSQL will come by itself later.
                log::warn!("the database could not be tidied after the import: {error}");
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

/// After so many items PostgreSQL counts its rows: within a transaction it keeps the plans that it
/// made while the tables were empty.
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

/// Reads a line as far as that can be done without its fields.
pub fn parse_line(number: usize, line: &str) -> Result<ImportLine, String> {
    let mut body: Value =
        serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let Some(object) = body.as_object_mut() else {
        return Err("an object is expected on every line".to_owned());
    };
    let kind = object.remove("resource");
    let known: Vec<&str> =
        ResourceKind::ALL.iter().map(|kind| kind.as_str()).chain([TEXT_TRACK]).collect();
    let kind = kind
        .as_ref()
        .and_then(Value::as_str)
        .and_then(ResourceKind::parse)
        .ok_or_else(|| format!("`resource` must be one of {}", known.join(", ")))?;
    let slug = object
        .get("slug")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or("`slug` is required")?;
    validate_slug(&slug).map_err(|error| format!("/slug: {error}"))?;
    Ok(ImportLine { line_number: number, kind, slug, body, is_patch: false })
}

/// The name of text tracks in exports.
pub const TEXT_TRACK: &str = "text_track";

/// A line that holds a text track of a video.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TextTrackLine {
    /// Its number, from 1.
    #[serde(skip)]
    pub line_number: usize,
    /// [`TRACK`].
    pub resource: String,
    /// The slug of the video.
    pub video: String,
    /// What the track is for.
    pub kind: TrackKind,
    /// Its language.
    pub language: String,
    /// How players call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The track as WebVTT.
    pub webvtt: String,
}

impl TextTrackLine {
    /// Reads a line, if it is of this sort.
    fn parse(line_number: usize, line: &str) -> Option<Result<Self, String>> {
        if !line.contains(TEXT_TRACK) {
            return None;
        }
        let value: Value = serde_json::from_str(line).ok()?;
        if value.get("resource").and_then(Value::as_str) != Some(TEXT_TRACK) {
            return None;
        }
        let read: Result<Self, String> =
            serde_json::from_value(value).map_err(|error| format!("not a text track: {error}"));
        Some(read.map(|line| Self { line_number, ..line }))
    }

    fn save(&self, connection: &mut Connection, settings: &Settings) -> Result<bool, Problem> {
        let language = parse_storable_language(&self.language)
            .map_err(|detail| Problem::invalid_parameter("language", "invalid_language", detail))?;
        let label = self.label.clone().filter(|label| !label.trim().is_empty());
        if label.as_ref().is_some_and(|label| {
            label.chars().count() > limits::SHORT_TEXT || label.chars().any(char::is_control)
        }) {
            let detail = format!(
                "`label` has at most {} characters, none of them a control character",
                limits::SHORT_TEXT
            );
            return Err(Problem::invalid_parameter("label", "too_long", detail));
        }
        let track =
            tracks::store::parse_track(self.webvtt.as_bytes(), Some(CaptionFormat::WebVtt))?;
        let found = find(connection, ResourceKind::Video, &self.video)?.map(Lookup::into_item);
        let Some(item) = found.filter(|item| item.deleted_at.is_none()) else {
            return Err(Problem::new(
                crate::http::problem::ProblemKind::NotFound,
                "there is no such video".to_owned(),
            ));
        };
        let summary =
            TrackSummary { kind: self.kind, language: language.as_str().to_owned(), label };
        let existing = load_item_tracks(connection, item.number)?;
        let existing = existing
            .iter()
            .find(|track| track.track_kind() == self.kind && track.language == summary.language);
        Ok(tracks::store::save_track(connection, settings, &item, &summary, &track, existing)?.1)
    }

    fn line_errors(&self, problem: &Problem) -> Vec<(usize, String)> {
        let subject = format!("{} of `{}` in `{}`", self.kind.as_str(), self.video, self.language);
        if problem.errors.is_empty() {
            return vec![(self.line_number, format!("{subject}: {}", problem.detail))];
        }
        let line = |line: Option<usize>| {
            line.map(|line| format!("line {line} of the track: ")).unwrap_or_default()
        };
        problem
            .errors
            .iter()
            .map(|error| {
                (self.line_number, format!("{subject}: {}{}", line(error.line), error.detail))
            })
            .collect()
    }
}

/// Stores a line.
fn save_line(
    connection: &mut Connection,
    context: &AppState,
    line: &ImportLine,
) -> Result<SaveResult, Problem> {
    let existing = find(connection, line.kind, &line.slug)?.map(Lookup::into_item);
    if let Some(item) = existing.as_ref().filter(|item| item.deleted_at.is_some()) {
        return Err(Problem::new(
            crate::http::problem::ProblemKind::Gone,
            format!("the {} `{}` has been deleted", line.kind.noun(), item.slug),
        ));
    }
    if let Some(item) = existing.as_ref().filter(|_| line.is_patch) {
        let merged = merge_patch(connection, context, line.kind, item, &line.body)?;
        return save_resource(connection, context, line.kind, existing, None, &merged);
    }
    let slug = existing.is_none().then_some(line.slug.as_str());
    save_resource(connection, context, line.kind, existing, slug, &line.body)
}

/// What is wrong with a line: its number and a sentence for each error.
pub fn line_errors(line: &ImportLine, problem: &Problem) -> Vec<(usize, String)> {
    let subject = format!("{} `{}`", line.kind.noun(), line.slug);
    if problem.errors.is_empty() {
        return vec![(line.line_number, format!("{subject}: {}", problem.detail))];
    }
    // Pointers hold the names of members as they were written, which a terminal must not obey.
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

//! Reads a catalogue from NDJSON.

use serde_json::Value;

use crate::commands::error::CommandError;
use crate::commands::import::apply::{
    ImportFile, ImportLine, ImportOptions, ImportOutcome, ImportReport, save_lines,
};
use crate::commands::import::text_track::{TEXT_TRACK, TextTrackLine};
use crate::http::json_text::parse_json;
use crate::iati::xml_reader::Fault;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;

/// Imports NDJSON in one transaction.
pub fn import_lines(
    context: &AppState,
    text: &str,
    progress: impl FnMut(usize, usize),
) -> Result<ImportReport, CommandError> {
    Ok(run(context, text, ImportOptions::default(), progress)?.report)
}

/// Imports NDJSON in one transaction.
pub(super) fn run(
    context: &AppState,
    text: &str,
    options: ImportOptions,
    progress: impl FnMut(usize, usize),
) -> Result<ImportOutcome, CommandError> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut lines: Vec<ImportLine> = Vec::new();
    let mut tracks: Vec<TextTrackLine> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = index.saturating_add(1);
        let parsed = match TextTrackLine::parse(line_number, line) {
            Some(track) => track.map(|track| tracks.push(track)),
            None => parse_line(line_number, line).map(|line| lines.push(line)),
        };
        let element = "line".to_owned();
        faults.extend(parsed.err().map(|message| Fault { line: line_number, element, message }));
    }
    save_lines(context, ImportFile { lines, tracks, faults }, options, progress)
}

/// Parses a line without validating the fields of its kind.
pub fn parse_line(number: usize, line: &str) -> Result<ImportLine, String> {
    let mut body = parse_json(line).map_err(|error| error.to_string())?;
    let Some(object) = body.as_object_mut() else {
        return Err("an object is expected on every line".to_owned());
    };
    let kind = object.remove("resource");
    let known: Vec<&str> =
        ResourceKind::all().iter().map(|kind| kind.as_str()).chain([TEXT_TRACK]).collect();
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
    kind.validate_slug(&slug).map_err(|error| format!("/slug: {error}"))?;
    Ok(ImportLine { line_number: number, kind, slug, body, is_patch: false, optional_members: &[] })
}

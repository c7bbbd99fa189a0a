//! Text tracks of videos in NDJSON, as `import` reads and `export` writes them.

use crate::resource::model::text_track::TrackKind;
use crate::resource::model::text_track::TrackSummary;
use crate::resource::store::lookup::Lookup;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::captions;
use crate::config::Settings;
use crate::db::Connection;
use crate::http::json_fields::{limits, parse_storable_language};
use crate::http::json_text::parse_json;
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::schema::ResourceKind;
use crate::resource::store::lookup::find;
use crate::resource::store::tracks::{TrackUpload, load_item_tracks};
use crate::videos::tracks;

/// The value of `resource` for text tracks.
pub const TEXT_TRACK: &str = "text_track";

/// A line with a text track of a video.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TextTrackLine {
    /// Line number, from 1.
    #[serde(skip)]
    pub line_number: usize,
    /// Always [`TEXT_TRACK`].
    pub resource: String,
    /// The slug of the video.
    pub video: String,
    /// The kind of the track.
    pub kind: TrackKind,
    /// Language of the track (BCP 47).
    pub language: String,
    /// Label in players.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The track as WebVTT.
    pub webvtt: String,
}

impl TextTrackLine {
    /// Parses a line; `None` if it is not a text track.
    pub fn parse(line_number: usize, line: &str) -> Option<Result<Self, String>> {
        if !line.contains(TEXT_TRACK) {
            return None;
        }
        let value = parse_json(line).ok()?;
        if value.get("resource").and_then(Value::as_str) != Some(TEXT_TRACK) {
            return None;
        }
        let read: Result<Self, String> =
            serde_json::from_value(value).map_err(|error| format!("not a text track: {error}"));
        Some(read.map(|line| Self { line_number, ..line }))
    }

    /// Stores the track. Returns whether it changed.
    pub fn save(&self, connection: &mut Connection, settings: &Settings) -> Result<bool, Problem> {
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
            captions::parse_webvtt(self.webvtt.strip_prefix('\u{FEFF}').unwrap_or(&self.webvtt))
                .map_err(tracks::store::parse_problem)?;
        let found = find(connection, ResourceKind::VIDEO, &self.video)?.map(Lookup::into_item);
        let Some(item) = found.filter(|item| item.deleted_at.is_none()) else {
            return Err(Problem::new(ProblemKind::NotFound, "there is no such video".to_owned()));
        };
        let summary =
            TrackSummary { kind: self.kind, language: language.as_str().to_owned(), label };
        let existing = load_item_tracks(connection, item.number)?;
        let existing = existing
            .iter()
            .find(|track| track.track_kind() == self.kind && track.language == summary.language);
        let upload = TrackUpload { summary: &summary, track: &track, existing };
        Ok(tracks::store::save_track(connection, settings, &item, upload)?.is_changed)
    }

    /// Returns the errors of the line, each with the line number.
    pub fn line_errors(&self, problem: &Problem) -> Vec<(usize, String)> {
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

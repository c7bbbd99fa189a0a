//! Kinds of text track and the summary that an item stores of its tracks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::resource::model::item::ItemRow;

/// What a text track is for (HTML, `kind` of `track`).
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// What is said and heard, for those who do not hear it.
    Captions,
    /// What is said, in this or another language.
    Subtitles,
    /// What is seen, for those who do not see it.
    Descriptions,
    /// The chapters; a cue is one, and its text the title.
    Chapters,
}

impl TrackKind {
    /// All kinds with their names; of a language the first of them that is there answers.
    pub const ALL: [(&'static str, Self); 4] = [
        ("captions", Self::Captions),
        ("subtitles", Self::Subtitles),
        ("descriptions", Self::Descriptions),
        ("chapters", Self::Chapters),
    ];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captions => "captions",
            Self::Subtitles => "subtitles",
            Self::Descriptions => "descriptions",
            Self::Chapters => "chapters",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Whether its cues are what is said.
    pub fn is_spoken(self) -> bool {
        matches!(self, Self::Captions | Self::Subtitles)
    }
}

/// What an item shows of a track.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TrackSummary {
    /// What it is for.
    pub kind: TrackKind,
    /// Its language.
    pub language: String,
    /// How players call it.
    pub label: Option<String>,
}

impl ItemRow {
    /// What it shows of its tracks, by kind and language.
    pub fn track_summaries(&self) -> Vec<TrackSummary> {
        if self.tracks.is_empty() {
            Vec::new()
        } else {
            serde_json::from_str(&self.tracks).unwrap_or_default()
        }
    }
}

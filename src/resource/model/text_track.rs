//! Kinds of text track, and the summaries of its tracks that an item stores.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::resource::model::item::ItemRow;

/// Purpose of a text track, as in the `kind` attribute of the HTML `track` element.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Speech and other sounds, for viewers who cannot hear them.
    Captions,
    /// Speech, in the original language or translated.
    Subtitles,
    /// Descriptions of the picture, for viewers who cannot see it.
    Descriptions,
    /// Chapters: each cue is a chapter, and its text the title.
    Chapters,
}

impl TrackKind {
    /// All kinds with their names, in order of precedence: without a requested kind, the first one
    /// that exists in a language is selected.
    pub const ALL: [(&'static str, Self); 4] = [
        ("captions", Self::Captions),
        ("subtitles", Self::Subtitles),
        ("descriptions", Self::Descriptions),
        ("chapters", Self::Chapters),
    ];

    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captions => "captions",
            Self::Subtitles => "subtitles",
            Self::Descriptions => "descriptions",
            Self::Chapters => "chapters",
        }
    }

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(kind_name, _)| *kind_name == name).map(|(_, kind)| *kind)
    }

    /// Whether the cues contain speech.
    pub fn is_spoken(self) -> bool {
        matches!(self, Self::Captions | Self::Subtitles)
    }
}

/// Summary of a text track, stored with its item.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TrackSummary {
    /// Purpose of the track.
    pub kind: TrackKind,
    /// Language of the track.
    pub language: String,
    /// Label in players.
    pub label: Option<String>,
}

impl ItemRow {
    /// Returns the summaries of its tracks, ordered by kind and language.
    pub fn track_summaries(&self) -> Vec<TrackSummary> {
        if self.tracks.is_empty() {
            Vec::new()
        } else {
            serde_json::from_str(&self.tracks).unwrap_or_default()
        }
    }
}

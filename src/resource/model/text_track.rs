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

/// Returns the value of the `tracks` column of an item; empty if it has no tracks.
pub fn summaries_to_json(summaries: &[TrackSummary]) -> String {
    if summaries.is_empty() {
        return String::new();
    }
    serde_json::to_string(summaries).unwrap_or_default()
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

    /// Returns the summaries of the tracks that the public may see.
    pub fn public_track_summaries(&self) -> Vec<TrackSummary> {
        let mut summaries = self.track_summaries();
        summaries.retain(|track| self.is_public_track_language(&track.language));
        summaries
    }

    /// Removes the summaries of the tracks that the public may not see.
    pub(super) fn hide_unpublished_tracks(&mut self) {
        if !self.tracks.is_empty() && self.languages != self.public_languages {
            self.tracks = summaries_to_json(&self.public_track_summaries());
        }
    }

    /// Returns the languages of the tracks that only an unpublished text hides, if `after`, a later
    /// state of the item, has no text in these languages any more.
    pub fn uncovered_track_languages(&self, after: &Self) -> Vec<String> {
        let mut languages: Vec<String> = self
            .track_summaries()
            .into_iter()
            .map(|track| track.language)
            .filter(|language| !self.is_public_track_language(language))
            .filter(|language| {
                after.is_public_track_language(language)
                    && !after
                        .public_languages
                        .split_ascii_whitespace()
                        .any(|tag| primary_language(tag) == primary_language(language))
            })
            .collect();
        languages.sort_unstable();
        languages.dedup();
        languages
    }

    /// Whether the public may see tracks in this language: not if the item has texts in it and none
    /// of them is published. A script counts as a language of its own if it has texts.
    pub fn is_public_track_language(&self, language: &str) -> bool {
        let contains =
            |tags: &str, matches: &dyn Fn(&str) -> bool| tags.split_ascii_whitespace().any(matches);
        let is_exact = |tag: &str| tag == language;
        let is_related = |tag: &str| primary_language(tag) == primary_language(language);
        if contains(&self.languages, &is_exact) {
            return contains(&self.public_languages, &is_exact);
        }
        !contains(&self.languages, &is_related) || contains(&self.public_languages, &is_related)
    }
}

fn primary_language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

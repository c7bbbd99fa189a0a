//! Stored fields of a video, and the values that filters find it by.

use crate::resource::model::packed::PackedJson;
use crate::resource::model::text_track::TrackKind;
use crate::resource::model::text_track::TrackSummary;
use crate::videos::media::{Accessibility, Caption, Source};
use serde::{Deserialize, Serialize};

/// Stored fields of a video.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct VideoFields {
    /// Length in seconds.
    pub duration_seconds: Option<i64>,
    /// Day of recording.
    pub recorded_on: Option<chrono::NaiveDate>,
    /// Licence.
    pub licence: Option<String>,
    /// Country codes.
    pub countries: PackedJson,
    /// Language tags.
    pub spoken_languages: PackedJson,
    /// [`Source`]s.
    pub sources: PackedJson,
    /// [`Thumbnail`](crate::videos::media::Thumbnail).
    pub thumbnail: PackedJson,
    /// [`Caption`]s.
    pub captions: PackedJson,
    /// [`Chapter`](crate::videos::media::Chapter)s.
    pub chapters: PackedJson,
    /// [`Credit`](crate::videos::media::Credit)s.
    pub credits: PackedJson,
    /// [`Accessibility`].
    pub accessibility: PackedJson,
}

/// Filter index values of a video.
pub fn filter_values(fields: &VideoFields, tracks: &[TrackSummary]) -> Vec<(&'static str, String)> {
    let mut facets: Vec<(&'static str, String)> = Vec::new();
    let mut add = |name: &'static str, values: Vec<String>| {
        facets.extend(values.into_iter().map(|value| (name, value)));
    };
    add("country", fields.countries.unpack());
    add("spoken_language", fields.spoken_languages.unpack());
    let captions: Vec<Caption> = fields.captions.unpack();
    let sources: Vec<Source> = fields.sources.unpack();
    let accessibility: Accessibility = fields.accessibility.unpack();
    let spoken = || tracks.iter().filter(|track| track.kind.is_spoken());
    let stored = spoken().map(|track| track.language.clone());
    let elsewhere =
        || captions.iter().filter(|caption| caption.kind != TrackKind::Chapters.as_str());
    add(
        "caption_language",
        elsewhere().map(|caption| caption.language.clone()).chain(stored).collect(),
    );
    add("kind", sources.iter().map(|source| source.kind.clone()).collect());
    let mut has = Vec::new();
    for (name, present) in [
        ("captions", elsewhere().next().is_some() || spoken().next().is_some()),
        ("transcript", spoken().next().is_some()),
        (
            "chapters",
            fields.chapters.0.is_some()
                || tracks.iter().any(|track| track.kind == TrackKind::Chapters),
        ),
        ("source", !sources.is_empty()),
        ("thumbnail", fields.thumbnail.0.is_some()),
        ("sign_language", !accessibility.sign_languages.is_empty()),
        ("audio_description", !accessibility.audio_descriptions.is_empty()),
    ] {
        if present {
            has.push(name.to_owned());
        }
    }
    add("has", has);
    facets
}

//! Value types of a video: sources, captions, chapters, credits, accessibility.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};

/// Kinds of playback sources.
pub const SOURCE_KINDS: &[&str] = &["youtube", "vimeo", "file", "hls", "dash", "page"];

/// Kinds of text tracks (`kind` of the HTML `track` element).
pub const CAPTION_KINDS: &[&str] = &["subtitles", "captions", "descriptions", "chapters"];

/// Kind of playback source.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum SourceKind {
    Youtube,
    Vimeo,
    File,
    Hls,
    Dash,
    Page,
}

/// Kind of text track.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum CaptionKind {
    Subtitles,
    Captions,
    Descriptions,
    Chapters,
}

/// A playback source of a video.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Source {
    /// Kind of playback source.
    #[schema(value_type = SourceKind)]
    pub kind: String,
    /// URL.
    #[schema(format = "uri", example = "https://media.example.org/forum.mp4")]
    pub url: String,
    /// Media type of the file.
    #[schema(
        required,
        max_length = 200,
        pattern = r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;.*)?$",
        example = "video/mp4"
    )]
    pub mime_type: Option<String>,
    /// Width in pixels.
    #[schema(required, minimum = 1, maximum = 100_000)]
    pub width: Option<i64>,
    /// Height in pixels.
    #[schema(required, minimum = 1, maximum = 100_000)]
    pub height: Option<i64>,
    /// Size of the file in bytes.
    #[schema(required, minimum = 1)]
    pub size_bytes: Option<i64>,
}

impl Source {
    /// Parses and validates the value.
    pub fn parse(mut fields: JsonFields<'_, '_>) -> Option<Self> {
        let (kind, url) = (fields.one_of("kind", SOURCE_KINDS), fields.url("url"));
        let mime_type = fields.media_type("mime_type");
        let width = fields.integer("width", 1..=100_000);
        let height = fields.integer("height", 1..=100_000);
        let size_bytes = fields.integer("size_bytes", 1..=i64::MAX);
        fields.require("kind", kind.is_some());
        fields.require("url", url.is_some());
        fields.finish();
        Some(Self { kind: kind?, url: url?, mime_type, width, height, size_bytes })
    }
}

/// A still image.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Thumbnail {
    /// URL.
    #[schema(format = "uri")]
    pub url: String,
    /// Width in pixels.
    #[schema(required, minimum = 1, maximum = 100_000)]
    pub width: Option<i64>,
    /// Height in pixels.
    #[schema(required, minimum = 1, maximum = 100_000)]
    pub height: Option<i64>,
    /// Alternative text.
    #[schema(required, max_length = 2000)]
    pub alt: Option<String>,
}

impl Thumbnail {
    /// Parses and validates the value.
    pub fn parse(mut fields: JsonFields<'_, '_>) -> Option<Self> {
        let url = fields.url("url");
        let (width, height) =
            (fields.integer("width", 1..=100_000), fields.integer("height", 1..=100_000));
        let alt = fields.text("alt", limits::SUMMARY);
        fields.require("url", url.is_some());
        fields.finish();
        Some(Self { url: url?, width, height, alt })
    }
}

/// A text track.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Caption {
    /// Language (BCP 47).
    #[schema(example = "mk")]
    pub language: String,
    /// Kind of text track.
    #[schema(value_type = CaptionKind)]
    pub kind: String,
    /// Label in players.
    #[schema(required, max_length = 200)]
    pub label: Option<String>,
    /// URL.
    #[schema(format = "uri")]
    pub url: String,
    /// Whether the track is stored on this server. Stored tracks are written with `PUT
    /// captions/{language}` and ignored in a request body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stored: Option<bool>,
    /// Whether it is transliterated from the track in the other script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub transliterated: Option<bool>,
}

impl Caption {
    /// Parses a track on another server; its kind is `subtitles` by default. Tracks marked `stored`
    /// are ignored.
    pub fn parse(mut fields: JsonFields<'_, '_>) -> Option<Self> {
        if fields.peek("stored") == Some(&Value::Bool(true)) {
            return None;
        }
        fields.ignore(&["stored", "transliterated"]);
        let (language, url) = (fields.language("language"), fields.url("url"));
        let kind = fields.one_of("kind", CAPTION_KINDS).unwrap_or_else(|| "subtitles".to_owned());
        let label = fields.text("label", limits::SHORT_TEXT);
        fields.require("language", language.is_some());
        fields.require("url", url.is_some());
        fields.finish();
        Some(Self {
            language: language?.as_str().to_owned(),
            kind,
            label,
            url: url?,
            stored: None,
            transliterated: None,
        })
    }
}

/// A chapter.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Chapter {
    /// Start, in seconds.
    #[schema(minimum = 0, maximum = 864_000, example = 12.5)]
    pub start_seconds: f64,
    /// Title.
    #[schema(min_length = 1, max_length = 300)]
    pub title: String,
}

impl Chapter {
    /// Parses and validates the value.
    pub fn parse(mut fields: JsonFields<'_, '_>) -> Option<Self> {
        let start = fields
            .seconds_as_millis("start_seconds")
            .and_then(|ms| i32::try_from(ms).ok())
            .map(|ms| f64::from(ms) / 1000.0);
        let title = fields.text("title", limits::TITLE);
        fields.require("start_seconds", start.is_some());
        fields.require("title", title.is_some());
        fields.finish();
        Some(Self { start_seconds: start?, title: title? })
    }
}

/// Checks that no two chapters start at the same time, and that none starts after the end of the
/// video.
pub fn validate_chapters(
    fields: &mut JsonFields<'_, '_>,
    chapters: &[Chapter],
    duration_seconds: Option<i64>,
) {
    let mut starts = chapters.iter().map(|chapter| chapter.start_seconds);
    let mut before = starts.next();
    for start in starts {
        // Both are integral milliseconds divided by 1000, so equality is exact.
        if before.is_some_and(|before| start <= before) {
            fields.error("chapters", "repeated", format!("Two chapters start at second {start}."));
        }
        before = Some(start);
    }
    let end = duration_seconds.and_then(|seconds| i32::try_from(seconds).ok()).map(f64::from);
    if let (Some(last), Some(end)) = (before, end)
        && last >= end
    {
        fields.error(
            "chapters",
            "out_of_range",
            format!("A chapter starts at second {last}, but the video is {end} seconds long."),
        );
    }
}

/// A person credited for a video.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Credit {
    /// Name.
    #[schema(min_length = 1, max_length = 300)]
    pub name: String,
    /// Role.
    #[schema(required, max_length = 200, example = "director")]
    pub role: Option<String>,
}

impl Credit {
    /// Parses and validates the value.
    pub fn parse(mut fields: JsonFields<'_, '_>) -> Option<Self> {
        let (name, role) =
            (fields.text("name", limits::TITLE), fields.text("role", limits::SHORT_TEXT));
        fields.require("name", name.is_some());
        fields.finish();
        Some(Self { name: name?, role })
    }
}

/// Accessibility features of a video.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Accessibility {
    /// Sign languages in the picture (BCP 47, such as `ase`).
    pub sign_languages: Vec<String>,
    /// Languages of audio descriptions (BCP 47).
    pub audio_descriptions: Vec<String>,
    /// Languages of open captions (BCP 47).
    pub open_captions: Vec<String>,
    /// Whether it contains flashes that can trigger seizures; null if unknown.
    #[schema(required)]
    pub flashing: Option<bool>,
}

impl Accessibility {
    /// Parses the value.
    pub fn parse(mut fields: JsonFields<'_, '_>) -> Option<Self> {
        let mut tags = |name: &'static str| {
            fields.languages(name).iter().map(|language| language.as_str().to_owned()).collect()
        };
        let (sign_languages, audio_descriptions, open_captions) =
            (tags("sign_languages"), tags("audio_descriptions"), tags("open_captions"));
        let flashing = fields.flag("flashing");
        fields.finish();
        Some(Self { sign_languages, audio_descriptions, open_captions, flashing })
    }
}

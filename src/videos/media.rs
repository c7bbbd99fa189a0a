//! The parts of a video that are kept with it: sources, captions, chapters, credits, accessibility.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::json_fields::{JsonFields, limits};
use crate::http::problem::FieldError;

/// Where videos can be played from.
pub const SOURCE_KINDS: &[&str] = &["youtube", "vimeo", "file", "hls", "dash", "page"];

/// What a text track is for (HTML, `kind` of `track`).
pub const CAPTION_KINDS: &[&str] = &["subtitles", "captions", "descriptions", "chapters"];

/// What kind of source it is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum SourceKind {
    Youtube,
    Vimeo,
    File,
    Hls,
    Dash,
    Page,
}

/// What a text track is for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum CaptionKind {
    Subtitles,
    Captions,
    Descriptions,
    Chapters,
}

/// Where a video can be played.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Source {
    /// What kind of source it is.
    #[schema(value_type = SourceKind)]
    pub kind: String,
    /// Its address.
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
    /// Reads one.
    pub fn parse(value: &Value, pointer: String, errors: &mut Vec<FieldError>) -> Option<Self> {
        let mut fields = JsonFields::new(value, pointer, errors)?;
        let (kind, url) = (fields.one_of("kind", SOURCE_KINDS), fields.url("url"));
        let mime_type = fields.text("mime_type", limits::SHORT_TEXT);
        let is_media_type = |text: &str| {
            text.split_once('/').is_some_and(|(kind, name)| {
                let token = |part: &str| {
                    !part.is_empty()
                        && part
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
                };
                token(kind) && token(name.split(';').next().unwrap_or_default())
            })
        };
        if mime_type.as_deref().is_some_and(|text| !is_media_type(text)) {
            fields.error(
                "mime_type",
                "invalid_media_type",
                "A media type such as `video/mp4` is expected here.",
            );
        }
        let source = (
            fields.integer("width", 1..=100_000),
            fields.integer("height", 1..=100_000),
            fields.integer("size_bytes", 1..=i64::MAX),
        );
        fields.require("kind", kind.is_some());
        fields.require("url", url.is_some());
        fields.finish();
        Some(Self {
            kind: kind?,
            url: url?,
            mime_type,
            width: source.0,
            height: source.1,
            size_bytes: source.2,
        })
    }
}

/// A still image.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Thumbnail {
    /// Its address.
    #[schema(format = "uri")]
    pub url: String,
    /// Width in pixels.
    #[schema(required, minimum = 1, maximum = 100_000)]
    pub width: Option<i64>,
    /// Height in pixels.
    #[schema(required, minimum = 1, maximum = 100_000)]
    pub height: Option<i64>,
    /// What it shows, for those who do not see it.
    #[schema(required, max_length = 2000)]
    pub alt: Option<String>,
}

impl Thumbnail {
    /// Reads one.
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
    /// Its language (BCP 47).
    #[schema(example = "mk")]
    pub language: String,
    /// What it is for.
    #[schema(value_type = CaptionKind)]
    pub kind: String,
    /// How players call it.
    #[schema(required, max_length = 200)]
    pub label: Option<String>,
    /// Its address.
    #[schema(format = "uri")]
    pub url: String,
    /// Kept by this server and written at `captions/{language}`; in a body such a track is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stored: Option<bool>,
    /// Made from the track in the other script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub transliterated: Option<bool>,
}

impl Caption {
    /// Reads one; its kind is `subtitles` if it states none. What the server keeps is read
    /// elsewhere.
    pub fn parse(value: &Value, pointer: String, errors: &mut Vec<FieldError>) -> Option<Self> {
        if value.get("stored") == Some(&Value::Bool(true)) {
            return None;
        }
        let mut fields = JsonFields::new(value, pointer, errors)?;
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
    /// The second at which it begins.
    #[schema(minimum = 0, maximum = 864_000, example = 12.5)]
    pub start_seconds: f64,
    /// Title.
    #[schema(min_length = 1, max_length = 300)]
    pub title: String,
}

impl Chapter {
    /// Reads one.
    pub fn parse(value: &Value, pointer: String, errors: &mut Vec<FieldError>) -> Option<Self> {
        let mut fields = JsonFields::new(value, pointer, errors)?;
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

/// No two chapters begin together, and none begins after the video's end.
pub fn validate_chapters(
    fields: &mut JsonFields<'_, '_>,
    chapters: &[Chapter],
    duration_seconds: Option<i64>,
) {
    let mut starts = chapters.iter().map(|chapter| chapter.start_seconds);
    let mut before = starts.next();
    for start in starts {
        // Both are whole milliseconds over a thousand: equal if and only if they are the same
        // millisecond.
        if before.is_some_and(|before| start <= before) {
            fields.error("chapters", "repeated", format!("Two chapters begin at second {start}."));
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
            format!("A chapter begins at second {last}; the video is {end} seconds long."),
        );
    }
}

/// Someone who made it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Credit {
    /// Name.
    #[schema(min_length = 1, max_length = 300)]
    pub name: String,
    /// What they did.
    #[schema(required, max_length = 200, example = "director")]
    pub role: Option<String>,
}

impl Credit {
    /// Reads one.
    pub fn parse(value: &Value, pointer: String, errors: &mut Vec<FieldError>) -> Option<Self> {
        let mut fields = JsonFields::new(value, pointer, errors)?;
        let (name, role) =
            (fields.text("name", limits::TITLE), fields.text("role", limits::SHORT_TEXT));
        fields.require("name", name.is_some());
        fields.finish();
        Some(Self { name: name?, role })
    }
}

/// What makes a video accessible.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Accessibility {
    /// Sign languages that are shown (BCP 47, such as `ase`).
    pub sign_languages: Vec<String>,
    /// Languages in which what is seen is described.
    pub audio_descriptions: Vec<String>,
    /// Languages of captions that are part of the picture.
    pub open_captions: Vec<String>,
    /// Whether it flashes in a way that can cause seizures; null if nobody has looked.
    #[schema(required)]
    pub flashing: Option<bool>,
}

impl Accessibility {
    /// Reads it.
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

//! Formats of text tracks: file extensions, media types and serialization.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::captions::{CaptionFormat, Track, srt, transcript, webvtt};
use crate::http::json_fields::truncate_for_message;
use crate::http::problem::{Problem, ProblemKind};

/// Serialization format of a track.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TrackFormat {
    /// WebVTT.
    Vtt,
    /// SubRip.
    Srt,
    /// Plain text in paragraphs.
    Text,
    /// JSON with all cues.
    Json,
}

impl TrackFormat {
    /// Format of a file extension.
    pub fn from_extension(ending: &str) -> Option<Self> {
        Some(match ending {
            "vtt" => Self::Vtt,
            "srt" => Self::Srt,
            "txt" => Self::Text,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// Media type of the response.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// Serializes a track. JSON is rendered by the handler instead.
    pub fn render(self, track: &Track) -> String {
        match self {
            Self::Vtt => webvtt::render(track, &[]),
            Self::Srt => srt::render(track),
            Self::Text | Self::Json => transcript::render_text(track),
        }
    }
}

/// Track format of a `Content-Type`, if it implies one.
pub fn format_from_content_type(request: &HttpRequest) -> Result<Option<CaptionFormat>, Problem> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/vtt" => Ok(Some(CaptionFormat::WebVtt)),
        "application/x-subrip" | "application/srt" | "text/srt" => Ok(Some(CaptionFormat::Srt)),
        "" | "text/plain" | "application/octet-stream" => Ok(None),
        _ => Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            format!("The Content-Type must be text/vtt or application/x-subrip, or text/plain for either; not `{}`.", truncate_for_message(given)),
        )
        .with_header(header::ACCEPT, "text/vtt, application/x-subrip, text/plain")),
    }
}

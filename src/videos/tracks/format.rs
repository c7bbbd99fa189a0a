//! Formats of text tracks: file extensions, media types and serialization.

use actix_web::HttpRequest;
use actix_web::http::header;
use encoding_rs::Encoding;

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

/// What the `Content-Type` of a track file declares.
pub struct DeclaredFormat {
    /// The format, if the media type implies one.
    pub format: Option<CaptionFormat>,
    /// The encoding, if `charset` names one.
    pub charset: Option<&'static Encoding>,
}

/// Parses the `Content-Type` of a track file.
pub fn parse_content_type(request: &HttpRequest) -> Result<DeclaredFormat, Problem> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let format = match essence.as_str() {
        "text/vtt" => Some(CaptionFormat::WebVtt),
        "application/x-subrip" | "application/srt" | "text/srt" => Some(CaptionFormat::Srt),
        "text/x-ssa" | "text/x-ass" => Some(CaptionFormat::Ass),
        "application/ttml+xml" => Some(CaptionFormat::Ttml),
        "" | "text/plain" | "application/octet-stream" => None,
        _ => {
            let detail = format!(
                "The Content-Type must be text/vtt, application/x-subrip, text/x-ssa or application/ttml+xml, or text/plain for any; not `{}`.",
                truncate_for_message(given)
            );
            return Err(unsupported_media_type(detail));
        }
    };
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let charset = charset.map(|name| {
        Encoding::for_label(name.as_bytes()).ok_or_else(|| {
            let name = truncate_for_message(name);
            unsupported_media_type(format!(
                "The charset `{name}` is unknown; use the name of an encoding, such as windows-1250, or send UTF-8."
            ))
        })
    });
    Ok(DeclaredFormat { format, charset: charset.transpose()? })
}

fn unsupported_media_type(detail: String) -> Problem {
    Problem::new(ProblemKind::UnsupportedMediaType, detail).with_header(
        header::ACCEPT,
        "text/vtt, application/x-subrip, text/x-ssa, application/ttml+xml, text/plain",
    )
}

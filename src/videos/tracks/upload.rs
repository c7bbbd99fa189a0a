//! The response to an uploaded text track: how its file was read.

use serde::Serialize;
use utoipa::ToSchema;

use crate::captions::{CaptionFormat, Repair};
use crate::videos::tracks::model::CaptionTrack;

/// A text track that was stored, and how its file was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoredCaptionTrack {
    /// The track.
    #[serde(flatten)]
    pub track: CaptionTrack,
    /// Format of the file.
    pub format: CaptionFileFormat,
    /// Encoding of the file (WHATWG).
    #[schema(example = "UTF-8")]
    pub encoding: &'static str,
    /// What was repaired, by line; at most 500. Empty without `repair=true`, except for converted
    /// formats.
    pub repairs: Vec<CaptionRepair>,
}

/// Format of a caption file.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptionFileFormat {
    /// WebVTT.
    Webvtt,
    /// SubRip.
    Srt,
    /// ASS or SSA, converted.
    Ass,
    /// TTML, converted.
    Ttml,
    /// SBV, converted.
    Sbv,
}

impl From<CaptionFormat> for CaptionFileFormat {
    fn from(format: CaptionFormat) -> Self {
        match format {
            CaptionFormat::WebVtt => Self::Webvtt,
            CaptionFormat::Srt => Self::Srt,
            CaptionFormat::Ass => Self::Ass,
            CaptionFormat::Ttml => Self::Ttml,
            CaptionFormat::Sbv => Self::Sbv,
        }
    }
}

/// A deviation from the format that was repaired.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptionRepair {
    /// Line number in the file, from 1.
    #[schema(minimum = 1, example = 12)]
    pub line: usize,
    /// Machine-readable code; that of the error, if the file is not repaired.
    #[schema(value_type = String, example = "end_before_start")]
    pub code: &'static str,
    /// What was wrong and what was done.
    #[schema(
        example = "The cue does not end after its start, so that it is never displayed; it was dropped."
    )]
    pub detail: String,
}

impl From<Repair> for CaptionRepair {
    fn from(Repair { line, code, detail }: Repair) -> Self {
        Self { line, code, detail }
    }
}

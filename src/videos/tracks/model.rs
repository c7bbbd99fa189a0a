//! Representations of text tracks: embedded in a video, by themselves, and as a transcript.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::captions::webvtt_cue_text;
use crate::captions::{SpokenCue, Track, paragraphs, spoken_cues};
use crate::db::{Id, Time};
use crate::resource::model::item::ItemRow;
use crate::resource::model::packed::PackedJson;
use crate::resource::model::text_track::{TrackKind, TrackSummary};
use crate::resource::read::highlights::ms_to_seconds;
use crate::resource::store::tracks::TrackRow;
use crate::text::language::Language;
use crate::text::language_fallback::{LanguageRanges, select_language};
use crate::text::transliterate::{is_serbian, transliterate};
use crate::videos::media::Caption;

/// Text tracks of a video: those on other servers, then those stored here, each also in the other
/// Serbian script if that is not stored.
#[derive(Clone, Debug)]
pub struct Captions {
    external: PackedJson,
    stored: Vec<Caption>,
}

impl Captions {
    /// Text tracks of an item with this slug, with URLs below `base`.
    pub fn new(elsewhere: &PackedJson, item: &ItemRow, base: &str, slug: &str) -> Self {
        let summaries = item.track_summaries();
        let stored = available_tracks(&summaries).into_iter().map(|offer| Caption {
            url: track_url(
                base,
                slug,
                offer.summary.kind,
                &format!("{}.vtt", offer.language.as_str()),
            ),
            language: offer.language.as_str().to_owned(),
            kind: offer.summary.kind.as_str().to_owned(),
            label: offer.summary.label.clone(),
            stored: Some(true),
            transliterated: Some(offer.transliterated),
        });
        Self { stored: stored.collect(), external: elsewhere.clone() }
    }
}

impl Captions {
    /// All tracks.
    pub fn all(&self) -> Vec<Caption> {
        let mut all: Vec<Caption> = self.external.unpack();
        all.extend(self.stored.iter().cloned());
        all
    }
}

impl Serialize for Captions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.stored.is_empty() {
            self.external.clone().into_list().serialize(serializer)
        } else {
            self.all().serialize(serializer)
        }
    }
}

/// URL of a track. `file` is its language, and the extension of a format.
pub fn track_url(base: &str, slug: &str, kind: TrackKind, file: &str) -> String {
    format!("{base}/v1/videos/{slug}/captions/{file}?kind={}", kind.as_str())
}

/// A track and a language in which it is available.
pub struct AvailableTrack<'a> {
    /// The track.
    pub summary: &'a TrackSummary,
    /// The language.
    pub language: Language,
    /// Whether it is transliterated from the other script.
    pub transliterated: bool,
}

/// Stored tracks, and transliterations to the Serbian script that is not stored.
pub fn available_tracks(summaries: &[TrackSummary]) -> Vec<AvailableTrack<'_>> {
    let mut offers = Vec::with_capacity(summaries.len());
    for summary in summaries {
        let language = Language::from_canonical(&summary.language);
        let other = match (language.primary_language(), language.script()) {
            ("sr", Some("Latn")) => Some("sr-Cyrl"),
            ("sr", Some("Cyrl")) => Some("sr-Latn"),
            _ => None,
        };
        offers.push(AvailableTrack { summary, language, transliterated: false });
        let is_kept =
            |tag: &str| summaries.iter().any(|one| one.kind == summary.kind && one.language == tag);
        if let Some(tag) = other.filter(|tag| !is_kept(tag)) {
            offers.push(AvailableTrack {
                summary,
                language: Language::from_canonical(tag),
                transliterated: true,
            });
        }
    }
    offers
}

/// Selects the track for a language: its index, and the language to whose script it must be
/// transliterated. A track in another script than the requested one is not selected unless it can
/// be transliterated.
pub fn select_track(
    tracks: &[TrackRow],
    kind: Option<TrackKind>,
    language: &Language,
) -> Option<(usize, Option<Language>)> {
    let kinds = TrackKind::ALL
        .iter()
        .map(|(_, one)| *one)
        .filter(|one| kind.is_none_or(|kind| kind == *one));
    kinds.into_iter().find_map(|kind| {
        let of_kind: Vec<usize> = tracks
            .iter()
            .enumerate()
            .filter(|(_, track)| track.track_kind() == kind)
            .map(|(place, _)| place)
            .collect();
        let languages: Vec<Language> = of_kind
            .iter()
            .filter_map(|place| tracks.get(*place))
            .map(|track| Language::from_canonical(&track.language))
            .collect();
        let choice = select_language(
            LanguageRanges::new(std::slice::from_ref(language), &[]),
            &languages,
            language,
        )?;
        if choice.language.primary_language() != language.primary_language() {
            return None;
        }
        let index = of_kind.get(choice.index).copied()?;
        let has_script = language
            .script()
            .is_none_or(|script| choice.language.text_script().is_none_or(|other| other == script));
        if has_script {
            return Some((index, choice.transliterate_to));
        }
        (is_serbian(language) && is_serbian(&choice.language))
            .then(|| (index, Some(language.clone())))
    })
}

/// Transliterates the text of a track to the script of another language, except spans that are marked
/// as being in a language other than Serbian.
pub fn transliterate_track(mut track: Track, from: &Language, to: &Language) -> Track {
    for cue in &mut track.cues {
        cue.payload = webvtt_cue_text::map_text(&cue.payload, &|text, language| {
            let is_foreign = language
                .and_then(|tag| Language::parse(tag).ok())
                .is_some_and(|language| !is_serbian(&language));
            if is_foreign { text.to_owned() } else { transliterate(text, from, to).into_owned() }
        });
    }
    track
}

/// Reference to a video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VideoName {
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "testimonials-part-one")]
    pub slug: String,
}

/// URLs of a track by format.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptionUrls {
    /// WebVTT, for the HTML `track` element.
    #[schema(format = "uri-reference")]
    pub vtt: String,
    /// SubRip.
    #[schema(format = "uri-reference")]
    pub srt: String,
    /// Plain text, in paragraphs.
    #[schema(format = "uri-reference")]
    pub txt: String,
    /// JSON with all cues.
    #[schema(format = "uri-reference")]
    pub json: String,
}

/// A text track stored on this server.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptionTrack {
    /// The video.
    pub video: VideoName,
    /// Kind of text track.
    pub kind: TrackKind,
    /// Language (BCP 47).
    #[schema(example = "sr-Cyrl")]
    pub language: String,
    /// Whether it is transliterated from the track in the other script.
    pub transliterated: bool,
    /// Label in players.
    #[schema(required)]
    pub label: Option<String>,
    /// Number of cues.
    #[schema(minimum = 0, example = 2)]
    pub cue_count: i64,
    /// Download URLs.
    pub urls: CaptionUrls,
    /// Revision; increases with each change of the track.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// Time of creation.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Time,
    /// Time of the last change.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: Time,
}

impl CaptionTrack {
    /// Renders a track in a language in which it is available.
    pub fn new(item: &ItemRow, stored: &TrackRow, language: &Language, base: &str) -> Self {
        let url = |extension| {
            let file = format!("{}.{extension}", language.as_str());
            track_url(base, &item.slug, stored.track_kind(), &file)
        };
        Self {
            video: VideoName { id: item.id, slug: item.slug.clone() },
            kind: stored.track_kind(),
            language: language.as_str().to_owned(),
            transliterated: language.as_str() != stored.language,
            label: stored.label.clone(),
            cue_count: stored.cue_count,
            urls: CaptionUrls {
                vtt: url("vtt"),
                srt: url("srt"),
                txt: url("txt"),
                json: url("json"),
            },
            revision: stored.revision,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// Text tracks of a video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptionTracks {
    /// Tracks by kind and language, each also in the other Serbian script if that is not stored.
    pub data: Vec<CaptionTrack>,
}

/// A text and the time during which it is displayed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Cue)]
pub struct CueView {
    /// Start, in seconds from the start of the video.
    #[schema(minimum = 0, example = 1.5)]
    pub start_seconds: f64,
    /// End, in seconds from the start of the video.
    #[schema(minimum = 0, example = 4.0)]
    pub end_seconds: f64,
    /// Plain text in one line.
    #[schema(example = "Насиље није приватна ствар.")]
    pub text: String,
    /// Speaker, if the track names one.
    #[schema(required)]
    pub speaker: Option<String>,
    /// Identifier in the file.
    #[schema(required)]
    pub identifier: Option<String>,
    /// WebVTT cue settings: position, size, alignment.
    #[schema(required, example = "line:0")]
    pub settings: Option<String>,
}

/// A text track with its cues.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptionCues {
    /// The track.
    #[serde(flatten)]
    pub track: CaptionTrack,
    /// Cues by start time.
    pub cues: Vec<CueView>,
}

/// Renders the cues of a track, without the lines that roll-up captions display again.
pub fn cues(track: &Track) -> Vec<CueView> {
    let to_view = |spoken: &SpokenCue| {
        let cue = track.cues.get(spoken.index);
        let (speaker, text) = spoken.speaker_and_text();
        CueView {
            start_seconds: ms_to_seconds(spoken.start_ms),
            end_seconds: ms_to_seconds(spoken.end_ms),
            text,
            speaker: speaker.map(str::to_owned),
            identifier: cue.and_then(|cue| cue.identifier.clone()),
            settings: cue.map(|cue| cue.settings.clone()).filter(|settings| !settings.is_empty()),
        }
    };
    spoken_cues(&track.cues).iter().map(to_view).collect()
}

/// A paragraph of speech without a pause.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptParagraph {
    /// Start, in seconds from the start of the video.
    #[schema(minimum = 0, example = 1.5)]
    pub start_seconds: f64,
    /// End, in seconds from the start of the video.
    #[schema(minimum = 0, example = 9.0)]
    pub end_seconds: f64,
    /// Speaker, if the track names one.
    #[schema(required)]
    pub speaker: Option<String>,
    /// The text.
    #[schema(example = "Насиље није приватна ствар. Пријавите га.")]
    pub text: String,
}

/// Transcript of a video.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Transcript {
    /// The video.
    pub video: VideoName,
    /// Kind of the source track.
    pub kind: TrackKind,
    /// Language (BCP 47).
    #[schema(example = "sr-Latn")]
    pub language: String,
    /// Whether it is transliterated from the track in the other script.
    pub transliterated: bool,
    /// Languages in which a transcript is available (BCP 47).
    #[schema(example = json!(["sr-Cyrl", "sr-Latn"]))]
    pub languages: Vec<String>,
    /// Text, split into paragraphs at changes of speaker, pauses and in long passages.
    pub paragraphs: Vec<TranscriptParagraph>,
}

/// Joins the cues of a track into paragraphs.
pub fn transcript(track: &Track) -> Vec<TranscriptParagraph> {
    let to_view = |paragraph: crate::captions::Paragraph| TranscriptParagraph {
        start_seconds: ms_to_seconds(paragraph.start_ms),
        end_seconds: ms_to_seconds(paragraph.end_ms),
        speaker: paragraph.speaker,
        text: paragraph.text,
    };
    paragraphs(&track.cues).into_iter().map(to_view).collect()
}

//! Chapters of a video in a language: those of a text track, else those of the video itself.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::redirect_to_current;
use super::model::select_track;
use super::store::{VideoLookup, load_in_script, load_shown_tracks, with_current_video};
use crate::captions::Track;
use crate::captions::webvtt_cue_text;
use crate::db::{Connection, Error};
use crate::http::conditional::{CacheValidators, EntityTag};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::resource::extract::ConditionalViewer;
use crate::resource::model::item::ItemRow;
use crate::resource::model::packed::PackedJson;
use crate::resource::model::text_track::TrackKind;
use crate::resource::read::highlights::ms_to_seconds;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::text::language::Language;
use crate::text::language_fallback::preference_order;
use crate::videos::fields::VideoFields;
use crate::videos::media::Chapter;

/// Selects the chapters in the first preferred language that has any, with their language if known:
/// from a text track, else from the video itself, else from any track.
pub fn load_chapters(
    connection: &mut Connection,
    item: &ItemRow,
    own: &PackedJson,
    languages: &[Language],
) -> Result<(Vec<Chapter>, Option<Language>), Error> {
    let of_video: Vec<Chapter> = own.unpack();
    if !item.track_summaries().iter().any(|track| track.kind == TrackKind::Chapters) {
        return Ok((of_video, None));
    }
    let stored = load_shown_tracks(connection, item)?;
    let exact = languages
        .iter()
        .find_map(|language| select_track(&stored, Some(TrackKind::Chapters), language));
    let any = || {
        stored
            .iter()
            .position(|track| track.track_kind() == TrackKind::Chapters)
            .map(|place| (place, None))
    };
    let Some((place, to)) = exact.or_else(|| any().filter(|_| of_video.is_empty())) else {
        return Ok((of_video, None));
    };
    let Some(track) = stored.get(place) else { return Ok((of_video, None)) };
    let language = to.clone().unwrap_or_else(|| Language::from_canonical(&track.language));
    Ok((track_chapters(&load_in_script(connection, track, to.as_ref())?), Some(language)))
}

fn track_chapters(track: &Track) -> Vec<Chapter> {
    track
        .cues
        .iter()
        .map(|cue| Chapter {
            start_seconds: ms_to_seconds(cue.start_ms),
            title: webvtt_cue_text::to_plain_text(&cue.payload),
        })
        .collect()
}

/// Chapters in the JSON chapters format 1.2 (Podcasting 2.0).
#[derive(Debug, Serialize, ToSchema)]
pub struct PodcastChapters {
    /// Version of the format.
    #[schema(value_type = String, example = "1.2.0")]
    version: &'static str,
    /// Chapters by start time.
    chapters: Vec<PodcastChapter>,
}

/// A chapter in the JSON chapters format.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodcastChapter {
    /// Start, in seconds.
    #[schema(minimum = 0, example = 12.5)]
    start_time: f64,
    /// Title.
    title: String,
}

/// Get the chapters of a video
///
/// In the JSON chapters format of podcast players, in the requested language if chapters exist in
/// it.
#[utoipa::path(operation_id = "get_video_chapters", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the titles (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "The chapters.", content((PodcastChapters = "application/json+chapters", example = json!({"version": "1.2.0", "chapters": [{"startTime": 0.0, "title": "Opening"}]}))))))]
#[get("/v1/videos/{video}/chapters.json")]
pub async fn get_video_chapters(
    state: web::Data<AppState>,
    request: HttpRequest,
    viewer: ConditionalViewer,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, state.language_defaults(&request));
    if language_preference.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "Chapters are in a single language; `lang=all` is not supported.",
        );
    }
    params.finish()?;
    let (name, languages) = (name.into_inner(), preference_order(language_preference.ranges()));
    let found = state
        .read(visibility, move |connection| {
            with_current_video(connection, &name, visibility, |connection, item| {
                let unreadable = format!("cannot decode the fields of video {}", item.id);
                let own = item
                    .parse_fields::<VideoFields>()
                    .ok_or_else(|| Problem::internal(unreadable))?;
                Ok((load_chapters(connection, &item, &own.chapters, &languages)?, item))
            })
        })
        .await?
        .value;
    let ((chapters, language), item) = match found {
        VideoLookup::Found(found) => found,
        VideoLookup::Moved(slug) => {
            return Ok(redirect_to_current(&state, &request, &slug, "/chapters.json"));
        }
    };
    let representation = ("chapters", visibility, language.as_ref().map(Language::as_str));
    let validators = CacheValidators {
        tag: EntityTag::for_item(item.version(), &representation),
        last_modified: Some(item.updated_at),
        fresh_until: item.unpublish_at,
    };
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    let chapters = chapters
        .into_iter()
        .map(|chapter| PodcastChapter { start_time: chapter.start_seconds, title: chapter.title })
        .collect();
    let mut response = response_context.ok(&validators);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    }
    let body = serde_json::to_vec(&PodcastChapters { version: "1.2.0", chapters })
        .map_err(Problem::internal)?;
    Ok(response.content_type("application/json+chapters").body(body))
}

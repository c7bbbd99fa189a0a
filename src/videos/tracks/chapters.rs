//! The chapters of a video in a language: those of a text track, else the video's own.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::{VideoLookup, load_in_script, redirect_to_current, with_current_video};
use super::model::select_track;
use crate::captions::{Track, vtt_text};
use crate::db::{Connection, Error};
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag};
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::resource::model::item::ItemRow;
use crate::resource::model::packed::PackedJson;
use crate::resource::model::text_track::TrackKind;
use crate::resource::read::highlights::ms_to_seconds;
use crate::resource::read::response;
use crate::resource::state::AppState;
use crate::resource::store::tracks;
use crate::text::choice::preference_order;
use crate::text::language::Language;
use crate::videos::media::Chapter;
use crate::videos::model::VideoFields;

/// The chapters that answer in the first of these languages that has some, and their language where
/// it is known: those of a text track of the video, else its own, else those of any track.
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
    let stored = tracks::load_item_tracks(connection, item.number)?;
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
            title: vtt_text::to_plain_text(&cue.payload),
        })
        .collect()
}

/// Chapters as podcast players read them (Podcasting 2.0, JSON chapters 1.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct PodcastChapters {
    /// The version of the format.
    #[schema(value_type = String, example = "1.2.0")]
    version: &'static str,
    /// The chapters, in order.
    chapters: Vec<PodcastChapter>,
}

/// A chapter as podcast players read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodcastChapter {
    /// The second at which it begins.
    #[schema(minimum = 0, example = 12.5)]
    start_time: f64,
    /// Title.
    title: String,
}

/// Get the chapters of a video
///
/// In the format of podcast players (JSON chapters), in the language that is asked for where there
/// are chapters in it.
#[utoipa::path(operation_id = "get_video_chapters", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the titles (BCP 47).", example = "sr-Cyrl"),
), responses((status = 200, description = "The chapters.", content((PodcastChapters = "application/json+chapters", example = json!({"version": "1.2.0", "chapters": [{"startTime": 0.0, "title": "Opening"}]}))))))]
#[get("/v1/videos/{video}/chapters.json")]
pub async fn get_video_chapters(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let viewer = state.visibility(&request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let wish = LanguagePreference::from_request(&mut params, &request, &state.fallback_languages);
    if wish.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "Chapters are in one language: name it, or leave `lang` out.",
        );
    }
    params.finish()?;
    let (name, asked) = (name.into_inner(), preference_order(&wish.requested, &wish.fallback));
    let found = state
        .read(viewer, move |connection| {
            with_current_video(connection, &name, viewer, |connection, item| {
                let unreadable = format!("the own fields of video {} cannot be read", item.id);
                let own = item
                    .parse_fields::<VideoFields>()
                    .ok_or_else(|| Problem::internal(unreadable))?;
                Ok((load_chapters(connection, &item, &own.chapters, &asked)?, item))
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
    let representation =
        format!("chapters\n{viewer:?}\n{:?}", language.as_ref().map(Language::as_str));
    let validators = CacheValidators {
        tag: EntityTag::for_item(item.id, item.revision, &representation),
        last_modified: Some(item.updated_at),
    };
    if ConditionalGet::from_request(&request).is_current(&validators) {
        return Ok(response::not_modified_response(&state, viewer, &wish, &validators));
    }
    let chapters = chapters
        .into_iter()
        .map(|chapter| PodcastChapter { start_time: chapter.start_seconds, title: chapter.title })
        .collect();
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, &state, viewer, &wish);
    response::set_validators(&mut response, &validators);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    }
    let body = serde_json::to_vec(&PodcastChapters { version: "1.2.0", chapters })
        .map_err(Problem::internal)?;
    Ok(response.content_type("application/json+chapters").body(body))
}

//! The addresses of text tracks and transcripts.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};

use super::model::{self, CaptionCues, CaptionTrack, CaptionTracks, Transcript, VideoName};
use crate::captions::{self, CaptionFormat, Track, srt, transcript, webvtt};
use crate::config::Settings;
use crate::db::{Connection, Error};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, EntityTag, Precondition};
use crate::http::json_fields::{
    limits, parse_storable_language, truncate_for_message, unknown_value_message,
};
use crate::http::language::LanguagePreference;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::http::{accept, body};
use crate::resource::model::item::ItemRow;
use crate::resource::model::text_track::{TrackKind, TrackSummary};
use crate::resource::read::response;
use crate::resource::state::AppState;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::tracks::{self, TrackRow};
use crate::resource::store::visibility::find_visible;
use crate::resource::write::tracks as resource_tracks;
use crate::text::choice::select_language;
use crate::text::language::Language;
use crate::videos::model::SCHEMA;
use crate::videos::resource::Videos;

/// The largest file that is taken.
pub const MAX_TRACK_BYTES: usize = 2 * 1_024 * 1_024;

/// What a request finds, or the present slug of a video that has another now.
pub(super) enum VideoLookup<T> {
    Found(T),
    Moved(String),
}

/// Does something with the video of this name, unless it has another now.
pub(super) fn with_current_video<T>(
    connection: &mut Connection,
    name: &str,
    visibility: Visibility,
    work: impl FnOnce(&mut Connection, ItemRow) -> Result<T, Problem>,
) -> Result<VideoLookup<T>, Problem> {
    match find_visible(connection, &SCHEMA, name, visibility)? {
        Lookup::Former(item) => Ok(VideoLookup::Moved(item.slug)),
        Lookup::Current(item) => work(connection, item).map(VideoLookup::Found),
    }
}

/// List the text tracks of a video
///
/// Captions, subtitles, descriptions and chapters that this server keeps. Where only one script of
/// Serbian is kept, the other is offered too, with `transliterated`.
#[utoipa::path(operation_id = "get_captions", tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The tracks.", body = CaptionTracks)))]
#[get("/v1/videos/{video}/captions")]
pub async fn get_captions(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let viewer = state.visibility(&request).await?;
    QueryParams::parse(request.query_string())?.finish()?;
    let name = name.into_inner();
    let base = state.settings.base_url(&request);
    let found = state
        .read(viewer, move |connection| {
            with_current_video(connection, &name, viewer, |connection, item| {
                Ok((tracks::load_item_tracks(connection, item.number)?, item))
            })
        })
        .await?
        .value;
    let (stored, item) = match found {
        VideoLookup::Found(found) => found,
        VideoLookup::Moved(slug) => {
            return Ok(redirect_to_current(&state, &request, &slug, "/captions"));
        }
    };
    let summaries = item.track_summaries();
    let data = model::available_tracks(&summaries).into_iter().filter_map(|offer| {
        let stored = stored.iter().find(|track| {
            track.track_kind() == offer.summary.kind && track.language == offer.summary.language
        })?;
        Some(CaptionTrack::new(&item, stored, &offer.language, &base))
    });
    let tracks = CaptionTracks { data: data.collect() };
    let validators = CacheValidators {
        tag: EntityTag::for_item(item.id, item.revision, &format!("captions\n{viewer:?}\n{base}")),
        last_modified: Some(item.updated_at),
    };
    json_response(&state, &request, viewer, &validators, None, &tracks)
}

/// Get a text track
///
/// As WebVTT (`sq.vtt`), SubRip (`.srt`), plain text (`.txt`) or JSON (`.json`, or no ending),
/// whichever it came in. Without `kind` captions answer, else subtitles, descriptions or chapters.
/// Where only the other script of Serbian is kept, the track is made of it.
#[utoipa::path(operation_id = "get_caption_track", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("language" = String, Path, description = "Language tag; for GET with the ending `.vtt`, `.srt`, `.txt` or `.json`."),
    ("kind" = Option<TrackKind>, Query, description = "What the track is for.", example = "captions"),
), responses((status = 200, description = "The track.", content((CaptionCues = "application/json"), (String = "text/vtt", example = json!("WEBVTT\n\n00:00:01.500 --> 00:00:04.000\nНасиље није приватна ствар.\n")), (String = "application/x-subrip", example = json!("1\n00:00:01,500 --> 00:00:04,000\nНасиље није приватна ствар.\n")), (String = "text/plain", example = json!("Насиље није приватна ствар.\n"))))))]
#[get("/v1/videos/{video}/captions/{language}")]
pub async fn get_caption_track(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let viewer = state.visibility(&request).await?;
    let (name, file) = path.into_inner();
    let (tag, extension) =
        file.split_once('.').map_or((file.as_str(), "json"), |(tag, extension)| (tag, extension));
    let language = parse_language(tag)?;
    let Some(track_format) = TrackFormat::from_extension(extension) else {
        let detail = format!(
            "A track is given as vtt, srt, txt or json, not as `{}`.",
            truncate_for_message(extension)
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    };
    if track_format == TrackFormat::Json {
        accept::require_json(&request)?;
    }
    let mut params = QueryParams::parse(request.query_string())?;
    let kind = parse_kind(&mut params);
    params.finish()?;
    let wanted = language.clone();
    let found = state
        .read(viewer, move |connection| {
            with_current_video(connection, &name, viewer, |connection, item| {
                let all = tracks::load_item_tracks(connection, item.number)?;
                let Some((place, to)) = model::select_track(&all, kind, &wanted) else {
                    return Err(track_not_found(&item, kind, &wanted));
                };
                let Some(stored) = all.into_iter().nth(place) else {
                    return Err(track_not_found(&item, kind, &wanted));
                };
                let track = load_in_script(connection, &stored, to.as_ref())?;
                Ok((item, stored, track, to))
            })
        })
        .await?
        .value;
    let (item, stored, track, to) = match found {
        VideoLookup::Found(found) => found,
        VideoLookup::Moved(slug) => {
            return Ok(redirect_to_current(&state, &request, &slug, &format!("/captions/{file}")));
        }
    };
    let language = to.unwrap_or_else(|| Language::from_canonical(&stored.language));
    let base = state.settings.base_url(&request);
    let representation =
        format!("{extension}\n{}\n{}\n{base}\n{viewer:?}", language.as_str(), item.slug);
    let validators = CacheValidators {
        tag: EntityTag::for_item(stored.id, stored.revision, &representation),
        last_modified: Some(stored.updated_at),
    };
    if track_format == TrackFormat::Json {
        let shown = CaptionCues {
            track: CaptionTrack::new(&item, &stored, &language, &base),
            cues: model::cues(&track),
        };
        return json_response(&state, &request, viewer, &validators, Some(&language), &shown);
    }
    let wish = LanguagePreference::new(vec![language.clone()], Vec::new());
    if ConditionalGet::from_request(&request).is_current(&validators) {
        return Ok(response::not_modified_response(&state, viewer, &wish, &validators));
    }
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, &state, viewer, &wish);
    response::set_validators(&mut response, &validators);
    response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    response.content_type(track_format.media_type());
    Ok(response.body(track_format.render(&track)))
}

/// Store a text track
///
/// Takes WebVTT or SubRip of at most 2 MB in UTF-8, told apart by their beginning. Everything that
/// is wrong is named with its line, and then nothing is stored. Needs an editor's key.
#[utoipa::path(operation_id = "replace_caption_track", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("language" = String, Path, description = "Language tag; for GET with the ending `.vtt`, `.srt`, `.txt` or `.json`."),
    ("kind" = Option<TrackKind>, Query, description = "What the track is for; `captions` without it.", example = "captions"),
    ("label" = Option<String>, Query, description = "How players call it.", max_length = 200, example = "Српски"),
), request_body(content((String = "text/vtt", example = json!("WEBVTT\n\n00:00:01.500 --> 00:00:04.000\nНасиље није приватна ствар.\n")), (String = "application/x-subrip", example = json!("1\n00:00:01,500 --> 00:00:04,000\nНасиље није приватна ствар.\n")), (String = "text/plain", example = json!("Насиље није приватна ствар.\n")))), responses((status = 200, description = "The track, as stored.", body = CaptionTrack), (status = 201, description = "The track is new.", body = CaptionTrack)))]
#[put("/v1/videos/{video}/captions/{language}")]
pub async fn replace_caption_track(
    state: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    state.require_editor(&request).await?;
    let precondition = Precondition::from_request(&request, state.settings.require_if_match)?;
    let (name, tag) = path.into_inner();
    let language = parse_storable_language(&tag)
        .map_err(|detail| Problem::invalid_parameter("language", "invalid_language", detail))?;
    let mut params = QueryParams::parse(request.query_string())?;
    let kind = parse_kind(&mut params).unwrap_or(TrackKind::Captions);
    let label = params.text("label", limits::SHORT_TEXT).filter(|label| !label.trim().is_empty());
    params.finish()?;
    let format = format_from_content_type(&request)?;
    let body = body::read_bytes(
        payload,
        body::BodyLimits { max_bytes: MAX_TRACK_BYTES, ..state.settings.body_limits() },
    )
    .await?;
    let track = parse_track(&body, format)?;
    let summary = TrackSummary { kind, language: language.as_str().to_owned(), label };
    let inner = state.clone().into_inner();
    let outcome = state
        .database
        .write(move |connection| {
            with_current_video(connection, &name, Visibility::All, |connection, item| {
                let existing = find_stored_track(connection, &item, kind, &summary.language)?;
                match &existing {
                    Some(track) => precondition.check(track.id, track.revision)?,
                    None => precondition.check_absent()?,
                }
                Ok((
                    save_track(
                        connection,
                        &inner.settings,
                        &item,
                        &summary,
                        &track,
                        existing.as_ref(),
                    )?
                    .0,
                    existing.is_none(),
                    item,
                ))
            })
        })
        .await?
        .value;
    let (stored, is_new, item) = match outcome {
        VideoLookup::Found(done) => done,
        VideoLookup::Moved(slug) => {
            return Ok(redirect_to_current(&state, &request, &slug, &format!("/captions/{tag}")));
        }
    };
    let base = state.settings.base_url(&request);
    let shown = CaptionTrack::new(&item, &stored, &language, &base);
    let mut response =
        HttpResponse::build(if is_new { StatusCode::CREATED } else { StatusCode::OK });
    if is_new {
        response.insert_header((
            header::LOCATION,
            model::track_url(&base, &item.slug, kind, &language, ""),
        ));
    }
    response::set_validators(
        &mut response,
        &CacheValidators {
            tag: EntityTag::for_item(stored.id, stored.revision, "write"),
            last_modified: Some(stored.updated_at),
        },
    );
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.json(shown))
}

/// Delete a text track
///
/// Needs an editor's key.
#[utoipa::path(operation_id = "delete_caption_track", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("language" = String, Path, description = "Language tag; for GET with the ending `.vtt`, `.srt`, `.txt` or `.json`."),
    ("kind" = Option<TrackKind>, Query, description = "What the track is for; `captions` without it.", example = "captions"),
), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/videos/{video}/captions/{language}")]
pub async fn delete_caption_track(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    state.require_editor(&request).await?;
    let precondition = Precondition::from_request(&request, state.settings.require_if_match)?;
    let (name, tag) = path.into_inner();
    let language = parse_language(&tag)?;
    let mut params = QueryParams::parse(request.query_string())?;
    let kind = parse_kind(&mut params).unwrap_or(TrackKind::Captions);
    params.finish()?;
    let inner = state.clone().into_inner();
    let outcome = state
        .database
        .write(move |connection| {
            with_current_video(connection, &name, Visibility::All, |connection, item| {
                let Some(track) = find_stored_track(connection, &item, kind, language.as_str())?
                else {
                    return Err(track_not_found(&item, Some(kind), &language));
                };
                precondition.check(track.id, track.revision)?;
                tracks::delete(connection, track.number)?;
                resource_tracks::update_item_after_track_change::<Videos>(
                    connection,
                    &inner.settings,
                    &item,
                )?;
                Ok(())
            })
        })
        .await?
        .value;
    match outcome {
        VideoLookup::Found(()) => Ok(HttpResponse::NoContent().finish()),
        VideoLookup::Moved(slug) => {
            Ok(redirect_to_current(&state, &request, &slug, &format!("/captions/{tag}")))
        }
    }
}

/// Get the transcript of a video
///
/// All that is said, in paragraphs with their times: made of the captions, or else of the
/// subtitles, in the language that `lang` or `Accept-Language` asks for.
#[utoipa::path(operation_id = "get_transcript", tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the transcript (BCP 47). Without it `Accept-Language` decides.", example = "sr-Latn"),
), responses((status = 200, description = "The transcript.", body = Transcript)))]
#[get("/v1/videos/{video}/transcript")]
pub async fn get_transcript(
    state: web::Data<AppState>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let viewer = state.visibility(&request).await?;
    let mut params = QueryParams::parse(request.query_string())?;
    let wish = LanguagePreference::from_request(&mut params, &request, &state.fallback_languages);
    params.finish()?;
    let name = name.into_inner();
    let wished = wish.clone();
    let found = state
        .read(viewer, move |connection| {
            with_current_video(connection, &name, viewer, |connection, item| {
                let all: Vec<TrackRow> = tracks::load_item_tracks(connection, item.number)?
                    .into_iter()
                    .filter(|track| track.track_kind().is_spoken())
                    .collect();
                let languages: Vec<Language> =
                    all.iter().map(|track| Language::from_canonical(&track.language)).collect();
                let choice = select_language(
                    &wished.requested,
                    &languages,
                    &wished.fallback,
                    &Language::from_canonical(&item.original_language),
                );
                let chosen = choice.and_then(|choice| Some((all.get(choice.index)?, choice)));
                let Some((stored, choice)) = chosen else {
                    return Err(Problem::new(
                        ProblemKind::NotFound,
                        format!(
                            "The video `{}` has no transcript: no captions or subtitles are kept.",
                            item.slug
                        ),
                    ));
                };
                let track = load_in_script(connection, stored, choice.transliterate_to.as_ref())?;
                let summaries: Vec<TrackSummary> = item
                    .track_summaries()
                    .into_iter()
                    .filter(|track| track.kind.is_spoken())
                    .collect();
                let mut offered: Vec<String> = model::available_tracks(&summaries)
                    .iter()
                    .map(|offer| offer.language.as_str().to_owned())
                    .collect();
                offered.sort();
                offered.dedup();
                let shown = Transcript {
                    video: VideoName { id: item.id, slug: item.slug.clone() },
                    kind: stored.track_kind(),
                    language: choice.language.as_str().to_owned(),
                    transliterated: choice.transliterate_to.is_some(),
                    languages: offered,
                    paragraphs: model::transcript(&track),
                };
                Ok((shown, item, stored.clone(), choice.language))
            })
        })
        .await?
        .value;
    let (shown, item, stored, language) = match found {
        VideoLookup::Found(found) => found,
        VideoLookup::Moved(slug) => {
            return Ok(redirect_to_current(&state, &request, &slug, "/transcript"));
        }
    };
    let representation =
        format!("transcript\n{}\n{}\n{viewer:?}", language.as_str(), stored.revision);
    let validators = CacheValidators {
        tag: EntityTag::for_item(item.id, item.revision, &representation),
        last_modified: Some(item.updated_at),
    };
    if ConditionalGet::from_request(&request).is_current(&validators) {
        return Ok(response::not_modified_response(&state, viewer, &wish, &validators));
    }
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, &state, viewer, &wish);
    response::set_validators(&mut response, &validators);
    response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    Ok(response.json(shown))
}

/// Stores a track, and brings its video up to date; says whether that changed anything.
pub fn save_track(
    connection: &mut Connection,
    settings: &Settings,
    item: &ItemRow,
    summary: &TrackSummary,
    track: &Track,
    existing: Option<&TrackRow>,
) -> Result<(TrackRow, bool), Problem> {
    let (stored, is_changed) =
        tracks::save_track(connection, item.number, summary, track, existing)?;
    if is_changed {
        resource_tracks::update_item_after_track_change::<Videos>(connection, settings, item)?;
    }
    Ok((stored, is_changed))
}

/// Reads a file; every problem is named with its line.
pub fn parse_track(body: &[u8], format: Option<CaptionFormat>) -> Result<Track, Problem> {
    captions::parse(body, format).map(|(_, track)| track).map_err(|problems| {
        let errors = problems
            .into_iter()
            .map(|problem| FieldError::line(problem.line, problem.code, problem.detail))
            .collect();
        let mut problem = Problem::invalid_fields(errors);
        "The file cannot be stored as a text track; nothing was stored."
            .clone_into(&mut problem.detail);
        problem
    })
}

fn find_stored_track(
    connection: &mut Connection,
    item: &ItemRow,
    kind: TrackKind,
    language: &str,
) -> Result<Option<TrackRow>, Problem> {
    let all = tracks::load_item_tracks(connection, item.number)?;
    Ok(all.into_iter().find(|track| track.track_kind() == kind && track.language == language))
}

/// A track, in the script of another language where that is wanted.
pub(super) fn load_in_script(
    connection: &mut Connection,
    stored: &TrackRow,
    to: Option<&Language>,
) -> Result<Track, Error> {
    let track = tracks::load_track(connection, stored)?;
    Ok(match to {
        Some(to) => {
            model::transliterate_track(track, &Language::from_canonical(&stored.language), to)
        }
        None => track,
    })
}

fn parse_language(tag: &str) -> Result<Language, Problem> {
    Language::parse(tag).map_err(|error| {
        Problem::invalid_parameter(
            "language",
            "invalid_language",
            format!("`{}` is not a language tag: {error}", truncate_for_message(tag)),
        )
    })
}

fn parse_kind(params: &mut QueryParams) -> Option<TrackKind> {
    let name = params.get("kind")?;
    let kind = TrackKind::parse(&name);
    if kind.is_none() {
        params.error(
            "kind",
            "unknown_value",
            unknown_value_message(&name, TrackKind::ALL.iter().map(|(known, _)| *known)),
        );
    }
    kind
}

fn track_not_found(item: &ItemRow, kind: Option<TrackKind>, language: &Language) -> Problem {
    let what = kind.map_or("text track", TrackKind::as_str);
    let has: Vec<String> = item
        .track_summaries()
        .iter()
        .map(|track| format!("{} ({})", track.language, track.kind.as_str()))
        .collect();
    let has = if has.is_empty() {
        "it has none".to_owned()
    } else {
        format!("it has {}", has.join(", "))
    };
    Problem::new(
        ProblemKind::NotFound,
        format!("The video `{}` has no {what} in `{}`; {has}.", item.slug, language.as_str()),
    )
}

/// 308 to the same part of the video under its present slug.
pub(super) fn redirect_to_current(
    state: &AppState,
    request: &HttpRequest,
    slug: &str,
    part: &str,
) -> HttpResponse {
    response::permanent_redirect(state, request, &format!("/v1/videos/{slug}{part}"))
}

fn json_response<T: serde::Serialize>(
    state: &AppState,
    request: &HttpRequest,
    visibility: Visibility,
    validators: &CacheValidators,
    language: Option<&Language>,
    shown: &T,
) -> Result<HttpResponse, Problem> {
    let wish = LanguagePreference::new(Vec::new(), Vec::new());
    if ConditionalGet::from_request(request).is_current(validators) {
        return Ok(response::not_modified_response(state, visibility, &wish, validators));
    }
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, state, visibility, &wish);
    response::set_validators(&mut response, validators);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    }
    Ok(response
        .content_type("application/json")
        .body(serde_json::to_string(shown).map_err(Problem::internal)?))
}

/// How a track is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum TrackFormat {
    Vtt,
    Srt,
    Text,
    Json,
}

impl TrackFormat {
    fn from_extension(ending: &str) -> Option<Self> {
        Some(match ending {
            "vtt" => Self::Vtt,
            "srt" => Self::Srt,
            "txt" => Self::Text,
            "json" => Self::Json,
            _ => return None,
        })
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    fn render(self, track: &Track) -> String {
        match self {
            Self::Vtt => webvtt::render(track, &[]),
            Self::Srt => srt::render(track),
            Self::Text | Self::Json => transcript::render_text(track),
        }
    }
}

/// The format that the `Content-Type` states, if it states one.
fn format_from_content_type(request: &HttpRequest) -> Result<Option<CaptionFormat>, Problem> {
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

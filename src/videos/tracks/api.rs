//! HTTP handlers for text tracks and transcripts.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};

use crate::captions::{self, ParseOptions, ParsedFile};
use crate::http::accept;
use crate::http::auth::Visibility;
use crate::http::body::{BodyLimits, UnreadBody};
use crate::http::conditional::{CacheValidators, EntityTag};
use crate::http::json_fields::{
    limits, parse_storable_language, truncate_for_message, unknown_value_message,
};
use crate::http::language::LanguagePreference;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::extract::{AcceptsJson, ConditionalEditor, ConditionalViewer};
use crate::resource::model::item::ItemRow;
use crate::resource::model::text_track::{TrackKind, TrackSummary};
use crate::resource::read::response;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::store::tracks::{self, TrackRow, TrackUpload};
use crate::resource::write::tracks as resource_tracks;
use crate::text::language::Language;
use crate::text::language_fallback::select_language;
use crate::videos::resource::Videos;
use crate::videos::tracks::format::{DeclaredFormat, TrackFormat, parse_content_type};
use crate::videos::tracks::model::{
    self, CaptionCues, CaptionTrack, CaptionTracks, Transcript, VideoName,
};
use crate::videos::tracks::store::{
    VideoLookup, find_stored_track, load_in_script, load_shown_tracks, parse_problem, save_track,
    with_current_video,
};
use crate::videos::tracks::upload::{CaptionRepair, StoredCaptionTrack};

/// Maximum size of a track file.
pub const MAX_TRACK_BYTES: usize = 2 * 1_024 * 1_024;

/// List the text tracks of a video
///
/// Captions, subtitles, descriptions and chapters stored on this server. If a track is stored in
/// one Serbian script only, the other is offered with `transliterated` true.
#[utoipa::path(operation_id = "get_captions", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(("video" = String, Path, description = "Id or slug.")), responses((status = 200, description = "The tracks.", body = CaptionTracks)))]
#[get("/v1/videos/{video}/captions")]
pub async fn get_captions(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    viewer: ConditionalViewer,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    QueryParams::parse(request.query_string())?.finish()?;
    let name = name.into_inner();
    let base = state.settings.base_url(&request);
    let found = state
        .read(visibility, move |connection| {
            with_current_video(connection, &name, visibility, |connection, item| {
                Ok((load_shown_tracks(connection, &item)?, item))
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
        tag: EntityTag::for_item(item.version(), &("captions", visibility, &base)),
        last_modified: Some(item.updated_at),
        fresh_until: item.unpublish_at,
    };
    let language_preference = LanguagePreference::new(Vec::new(), Vec::new());
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    Ok(response_context.ok(&validators).json(tracks))
}

/// Get a text track
///
/// As WebVTT (`sq.vtt`), SubRip (`.srt`), plain text (`.txt`) or JSON (`.json` or no extension),
/// independent of the uploaded format. Without `kind`, the first of captions, subtitles,
/// descriptions and chapters that exists is returned. A track stored only in the other Serbian
/// script is transliterated.
#[utoipa::path(operation_id = "get_caption_track", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("language" = String, Path, description = "Language tag; for GET with the ending `.vtt`, `.srt`, `.txt` or `.json`."),
    ("kind" = Option<TrackKind>, Query, description = "Kind of the track.", example = "captions"),
), responses((status = 200, description = "The track.", content((CaptionCues = "application/json"), (String = "text/vtt", example = json!("WEBVTT\n\n00:00:01.500 --> 00:00:04.000\nНасиље није приватна ствар.\n")), (String = "application/x-subrip", example = json!("1\n00:00:01,500 --> 00:00:04,000\nНасиље није приватна ствар.\n")), (String = "text/plain", example = json!("Насиље није приватна ствар.\n"))))))]
#[get("/v1/videos/{video}/captions/{language}")]
pub async fn get_caption_track(
    state: web::Data<AppState>,
    request: HttpRequest,
    viewer: ConditionalViewer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let (name, file) = path.into_inner();
    let (tag, extension) =
        file.split_once('.').map_or((file.as_str(), "json"), |(tag, extension)| (tag, extension));
    let language = parse_language(tag)?;
    let Some(track_format) = TrackFormat::from_extension(extension) else {
        let detail = format!(
            "Unsupported track format `{}`; use vtt, srt, txt or json.",
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
    let requested = language.clone();
    let found = state
        .read(visibility, move |connection| {
            with_current_video(connection, &name, visibility, |connection, item| {
                let all = load_shown_tracks(connection, &item)?;
                let Some((place, to)) = model::select_track(&all, kind, &requested) else {
                    return Err(track_not_found(&item, kind, &requested));
                };
                let Some(stored) = all.into_iter().nth(place) else {
                    return Err(track_not_found(&item, kind, &requested));
                };
                let mut track = load_in_script(connection, &stored, to.as_ref())?;
                if !visibility.includes_unpublished() {
                    track.remove_notes();
                }
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
        (extension, language.as_str().to_owned(), item.slug.clone(), base.clone(), visibility);
    let validators = CacheValidators {
        tag: EntityTag::for_item(stored.version(), &representation),
        last_modified: Some(stored.updated_at),
        fresh_until: item.unpublish_at,
    };
    let language_preference = LanguagePreference::new(vec![language.clone()], Vec::new());
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    let mut response = response_context.ok(&validators);
    response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    if track_format == TrackFormat::Json {
        return Ok(response.json(CaptionCues {
            track: CaptionTrack::new(&item, &stored, &language, &base),
            cues: model::cues(&track),
        }));
    }
    response.content_type(track_format.media_type());
    Ok(response.body(track_format.render(&track)))
}

/// Store a text track
///
/// Accepts WebVTT or SubRip, at most 2 MB, and converts ASS, SSA, TTML and SBV; sent as
/// `text/plain`, the format is detected. The encoding is that of a byte order mark, else that of `charset`, else UTF-8, or the usual code page
/// of the language if the bytes are not valid UTF-8. If the file has errors, all are reported with
/// line numbers and nothing is stored, unless `repair` is true: then the file is read as browsers
/// and players do, and the response states what was done. Requires an editor's key.
#[utoipa::path(operation_id = "replace_caption_track", extensions(("x-operation-kind" = json!(OperationKind::Replace))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("language" = String, Path, description = "Language tag; for GET with the ending `.vtt`, `.srt`, `.txt` or `.json`."),
    ("kind" = Option<TrackKind>, Query, description = "Kind of the track; `captions` by default.", example = "captions"),
    ("label" = Option<String>, Query, description = "Label in players.", max_length = 200, example = "Српски"),
    ("repair" = Option<bool>, Query, description = "Whether a file with errors is repaired as browsers and players do, instead of being rejected.", example = true),
), request_body(content((String = "text/vtt", example = json!("WEBVTT\n\n00:00:01.500 --> 00:00:04.000\nНасиље није приватна ствар.\n")), (String = "application/x-subrip", example = json!("1\n00:00:01,500 --> 00:00:04,000\nНасиље није приватна ствар.\n")), (String = "text/x-ssa"), (String = "application/ttml+xml"), (String = "text/plain", example = json!("1\n00:00:01,500 --> 00:00:04,000\nНасиље није приватна ствар.\n")))), responses((status = 200, description = "The track.", body = StoredCaptionTrack), (status = 201, description = "The track is new.", body = StoredCaptionTrack)))]
#[put("/v1/videos/{video}/captions/{language}")]
pub async fn replace_caption_track(
    state: web::Data<AppState>,
    _: AcceptsJson,
    editor: ConditionalEditor,
    body: UnreadBody,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let precondition = editor.precondition.required(state.settings.require_if_match);
    let (name, tag) = path.into_inner();
    let language = parse_storable_language(&tag)
        .map_err(|detail| Problem::invalid_parameter("language", "invalid_language", detail))?;
    let mut params = QueryParams::parse(body.request.query_string())?;
    let kind = parse_kind(&mut params).unwrap_or(TrackKind::Captions);
    let label = params.text("label", limits::SHORT_TEXT).filter(|label| !label.trim().is_empty());
    let repair = params.flag("repair").unwrap_or_default();
    params.finish()?;
    let DeclaredFormat { format, charset } = parse_content_type(&body.request)?;
    let limits = BodyLimits { max_bytes: MAX_TRACK_BYTES, ..state.settings.body_limits() };
    let (request, body) = body.read_bytes(limits).await?;
    let of_track = language.clone();
    let parsed = web::block(move || {
        captions::parse(&body, ParseOptions { format, charset, language: &of_track, repair })
    });
    let ParsedFile { format, encoding, track, repairs } =
        parsed.await.map_err(Problem::internal)?.map_err(parse_problem)?;
    let summary = TrackSummary { kind, language: language.as_str().to_owned(), label };
    let inner = state.clone().into_inner();
    let outcome = state
        .database
        .write(move |connection| {
            with_current_video(connection, &name, Visibility::All, |connection, item| {
                let existing = find_stored_track(connection, &item, kind, &summary.language)?;
                match &existing {
                    Some(track) => precondition.check(track.version())?,
                    None => precondition.check_absent()?,
                }
                let upload =
                    TrackUpload { summary: &summary, track: &track, existing: existing.as_ref() };
                let saved = save_track(connection, &inner.settings, &item, upload)?;
                Ok((saved.row, existing.is_none(), item))
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
    let body = StoredCaptionTrack {
        track: CaptionTrack::new(&item, &stored, &language, &base),
        format: format.into(),
        encoding,
        repairs: repairs.into_iter().map(CaptionRepair::from).collect(),
    };
    let mut response =
        HttpResponse::build(if is_new { StatusCode::CREATED } else { StatusCode::OK });
    if is_new {
        response.insert_header((
            header::LOCATION,
            model::track_url(&base, &item.slug, kind, language.as_str()),
        ));
    }
    response::set_validators(
        &mut response,
        &CacheValidators {
            tag: EntityTag::for_item(stored.version(), "write"),
            last_modified: Some(stored.updated_at),
            fresh_until: item.unpublish_at,
        },
    );
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.json(body))
}

/// Delete a text track
///
/// Requires an editor's key.
#[utoipa::path(operation_id = "delete_caption_track", extensions(("x-operation-kind" = json!(OperationKind::Delete))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("language" = String, Path, description = "Language tag; for GET with the ending `.vtt`, `.srt`, `.txt` or `.json`."),
    ("kind" = Option<TrackKind>, Query, description = "Kind of the track; `captions` by default.", example = "captions"),
), responses((status = 204, description = "Deleted.")))]
#[delete("/v1/videos/{video}/captions/{language}")]
pub async fn delete_caption_track(
    state: web::Data<AppState>,
    request: HttpRequest,
    editor: ConditionalEditor,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let precondition = editor.precondition.required(state.settings.require_if_match);
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
                precondition.check(track.version())?;
                tracks::delete(connection, track.number)?;
                resource_tracks::update_item_after_track_change::<Videos>(
                    connection,
                    &inner.settings,
                    &item,
                    language.as_str(),
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
/// The spoken text in paragraphs with times, built from the captions or else the subtitles, in the
/// language that `lang` or `Accept-Language` selects.
#[utoipa::path(operation_id = "get_transcript", extensions(("x-operation-kind" = json!(OperationKind::Get))), tag = "Videos", params(
    ("video" = String, Path, description = "Id or slug."),
    ("lang" = Option<String>, Query, description = "Language of the transcript (BCP 47). Without it `Accept-Language` decides.", example = "sr-Latn"),
), responses((status = 200, description = "The transcript.", body = Transcript)))]
#[get("/v1/videos/{video}/transcript")]
pub async fn get_transcript(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    viewer: ConditionalViewer,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let ConditionalViewer { visibility, condition } = viewer;
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, state.language_defaults(&request));
    params.finish()?;
    let name = name.into_inner();
    let preference = language_preference.clone();
    let found = state
        .read(visibility, move |connection| {
            with_current_video(connection, &name, visibility, |connection, item| {
                let all: Vec<TrackRow> = load_shown_tracks(connection, &item)?
                    .into_iter()
                    .filter(|track| track.track_kind().is_spoken())
                    .collect();
                let languages: Vec<Language> =
                    all.iter().map(|track| Language::from_canonical(&track.language)).collect();
                let choice = select_language(
                    preference.ranges(),
                    &languages,
                    &Language::from_canonical(&item.original_language),
                );
                let chosen = choice.and_then(|choice| Some((all.get(choice.index)?, choice)));
                let Some((stored, choice)) = chosen else {
                    return Err(Problem::new(
                        ProblemKind::NotFound,
                        format!(
                            "The video `{}` has no transcript because it has no captions or subtitles.",
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
                let body = Transcript {
                    video: VideoName { id: item.id, slug: item.slug.clone() },
                    kind: stored.track_kind(),
                    language: choice.language.as_str().to_owned(),
                    transliterated: choice.transliterate_to.is_some(),
                    languages: offered,
                    paragraphs: model::transcript(&track),
                };
                Ok((body, item, stored.clone(), choice.language))
            })
        })
        .await?
        .value;
    let (body, item, stored, language) = match found {
        VideoLookup::Found(found) => found,
        VideoLookup::Moved(slug) => {
            return Ok(redirect_to_current(&state, &request, &slug, "/transcript"));
        }
    };
    let representation =
        ("transcript", language.as_str(), stored.revision, stored.nonce, visibility);
    let validators = CacheValidators {
        tag: EntityTag::for_item(item.version(), &representation),
        last_modified: Some(item.updated_at),
        fresh_until: item.unpublish_at,
    };
    let response_context = ResponseContext::new(&state, visibility, &language_preference);
    if condition.is_current(&validators) {
        return Ok(response_context.not_modified(&validators));
    }
    let mut response = response_context.ok(&validators);
    response.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
    Ok(response.json(body))
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

/// Redirects (308) to the same sub-resource under the current slug.
pub(super) fn redirect_to_current(
    state: &AppState,
    request: &HttpRequest,
    slug: &str,
    part: &str,
) -> HttpResponse {
    response::permanent_redirect(state, request, &format!("/v1/videos/{slug}{part}"))
}

//! `GET /v1/transcript-search`: the cues in which something is said, with the second at which to
//! play them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::keyset::{PageStart, Position};
use crate::db::search::FieldScope;
use crate::db::{Connection, Id};
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::middleware::StatementCount;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::present_params;
use crate::http::{accept, cursor};
use crate::resource::model::cue_text::{CueRange, CueText};
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::revisions::Revisions;
use crate::resource::model::text_track::TrackKind;
use crate::resource::openapi::ListEndpoint;
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue_wide};
use crate::resource::read::did_you_mean::{MAX_COUNTED_HITS, suggest_queries};
use crate::resource::read::highlights::{CueHighlight, highlight_cue, ms_to_seconds};
use crate::resource::read::page::{self, Links, list_response_head};
use crate::resource::read::response;
use crate::resource::state::AppState;
use crate::resource::store::tracks::{self, TrackRow};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::text::highlight::Marker;
use crate::text::language::Language;
use crate::text::query::Query;
use crate::text::stem::Rules;
use crate::videos::model::{SCHEMA, VideoFields};
use crate::videos::resource::Videos;

/// What the document says of it, beside what the handler does.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/v1/transcript-search",
    schema: &SCHEMA,
    excluded_params: &[
        "sort",
        "offset",
        "fields",
        "include",
        "facets",
        "facet_limit",
        "highlights",
    ],
    extra_params: Vec::new,
    requires_query: true,
};

/// How many videos one request looks through; the next page goes on.
const MAX_VIDEOS_SCANNED: usize = 200;

/// The video of a hit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptVideo {
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "testimonials-part-one")]
    pub slug: String,
    /// Title in the answer's language.
    #[schema(required, example = "In their own words, part one")]
    pub title: Option<String>,
}

/// Cues in which what was searched for is said.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptHit {
    /// The video.
    pub video: TranscriptVideo,
    /// The kind of the text track.
    pub kind: TrackKind,
    /// The language of the text track (BCP 47).
    #[schema(example = "sr-Cyrl")]
    pub language: String,
    /// When it begins, in seconds from the start of the video.
    #[schema(minimum = 0, example = 12.5)]
    pub start_seconds: f64,
    /// When it ends.
    #[schema(minimum = 0, example = 15.0)]
    pub end_seconds: f64,
    /// HTML: what is found in `<mark>`, all else escaped.
    #[schema(example = "<mark>Насиље</mark> није приватна ствар.")]
    pub text: String,
    /// The cue before.
    #[schema(required)]
    pub before: Option<CueHighlight>,
    /// The cue after.
    #[schema(required)]
    pub after: Option<CueHighlight>,
    /// The video's embed page from that second on.
    #[schema(format = "uri")]
    pub url: String,
}

/// A page of hits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptHitPage {
    /// The hits: the best videos first, those of a video in the order of their time.
    pub data: Vec<TranscriptHit>,
    /// Where the page stands; `prev_cursor` is always null, and `total` counts videos.
    pub page: PageInfo,
    /// Searches that find more, where this one finds little: what was perhaps meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["violence"]))]
    pub did_you_mean: Vec<String>,
    /// Addresses of this page and the next.
    pub links: Links,
}

/// Search what is said
///
/// Answers cues, not videos. Several words must be said within half a minute; a phrase may stand
/// across cues. Takes the filters of `/v1/videos`; `caption_language` also chooses among the text
/// tracks of a video.
#[utoipa::path(operation_id = "list_transcript_hits", tag = "Videos", responses((status = 200, description = "A page of hits.", body = TranscriptHitPage)))]
#[get("/v1/transcript-search")]
pub async fn search_transcripts(
    context: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    accept::require_json(&request)?;
    let caller = context.visibility(&request).await?;
    reject_unsupported_params(&request)?;
    let mut list_request = ListRequest::from_request(
        Videos::SCHEMA,
        &request,
        &context.fallback_languages,
        context.settings.base_url(&request),
        caller,
    )?;
    list_request.scope = FieldScope::Transcripts;
    let list_request = Arc::new(list_request);
    if list_request.query().is_none() {
        return Err(Problem::invalid_parameter("q", "required", "`q` says what to search for."));
    }
    let (shared_request, inner) = (Arc::clone(&list_request), context.clone().into_inner());
    let condition = ConditionalGet::from_request(&request);
    let done = context
        .read(caller, move |connection| {
            let catalogue_request = CatalogueRequest {
                etag_key: &shared_request.etag_key,
                language_preference: &shared_request.language_preference,
                base_url: &shared_request.base_url,
                also_changed_at: None,
                condition: &condition,
            };
            read_catalogue_wide(
                connection,
                &inner,
                &catalogue_request,
                |connection, revisions, render_context| {
                    let (data, page) = load_hit_page(
                        connection,
                        &inner,
                        &shared_request,
                        revisions,
                        render_context,
                    )?;
                    let did_you_mean = if page.next_cursor.is_some() {
                        Vec::new()
                    } else {
                        let videos: HashSet<Id> = data.iter().map(|hit| hit.video.id).collect();
                        find_did_you_mean(
                            connection,
                            &inner,
                            &shared_request,
                            (videos.len(), render_context),
                        )?
                    };
                    Ok((data, page, did_you_mean))
                },
            )
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let (validators, (data, info, did_you_mean)) = match done.value {
        Freshness::Fresh(validators, page) => (validators, page),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                &context,
                caller,
                &list_request.language_preference,
                &validators,
            ));
        }
    };
    let links = page::page_links(&context, &request, &info);
    let mut response = list_response_head(
        &context,
        (caller, &list_request.language_preference),
        &validators,
        &links,
    );
    Ok(response.json(TranscriptHitPage { data, page: info, did_you_mean, links }))
}

fn reject_unsupported_params(request: &HttpRequest) -> Result<(), Problem> {
    let given = present_params(request.query_string(), OPENAPI.excluded_params);
    let error = |name: &&'static str| {
        FieldError::parameter(
            *name,
            "unknown_parameter",
            format!("Hits come best first, as they are: there is no `{name}` here."),
        )
    };
    if given.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_parameters(given.iter().map(error).collect()))
    }
}

/// A hit, and where it stands: the key of its video's entry and the place of its first cue within
/// the video.
struct RankedHit {
    hit: TranscriptHit,
    video_position: Position,
    hit_index: usize,
}

fn load_hit_page(
    connection: &mut Connection,
    context: &AppState,
    list_request: &ListRequest,
    revisions: &Revisions,
    render_context: &mut RenderContext,
) -> Result<(Vec<TranscriptHit>, PageInfo), Problem> {
    // Without a word that is looked for there is nothing to play.
    let Some(query) = list_request.query().filter(|query| !query.is_empty()) else {
        return Ok((
            Vec::new(),
            page_info(list_request, None, list_request.page_params.with_total.then_some(0)),
        ));
    };
    let Some(cache) = render_context.cache() else {
        return Err(Problem::internal("a list was read without a memory"));
    };
    let list = list_request.page_query(connection, &SCHEMA, &cache)?;
    let highlighter = Marker::new(query);
    let limit = usize::try_from(list_request.page_params.limit).unwrap_or(1);
    let unfit = || {
        Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor does not fit this search; start again without it.",
        )
    };
    let (mut start, mut skip) =
        resume_position(&list_request.page_params.start).ok_or_else(unfit)?;
    let mut hits: Vec<RankedHit> = Vec::new();
    let mut next: Option<(Position, usize)> = None;
    let (mut scanned, mut batch_size) = (0_usize, 4_i64);
    loop {
        let read = load_page::<Videos>(
            connection,
            &list,
            (&start, batch_size),
            list_request.visibility,
            render_context,
        )?;
        let (slice, videos) = read.ok_or_else(unfit)?;
        let tracks = load_spoken_tracks(connection, &videos)?;
        for (video, place) in videos.iter().zip(&slice.positions) {
            scanned = scanned.saturating_add(1);
            let after = std::mem::take(&mut skip);
            hits.extend(
                hits_in_video(
                    video,
                    place,
                    &tracks,
                    (&highlighter, query),
                    list_request,
                    render_context,
                )
                .into_iter()
                .filter(|found| found.hit_index >= after),
            );
            next = Some((place.clone(), usize::MAX));
            if hits.len() > limit {
                break;
            }
        }
        if hits.len() > limit {
            hits.truncate(limit);
            next = hits
                .last()
                .map(|last| (last.video_position.clone(), last.hit_index.saturating_add(1)));
            break;
        }
        let Some(edge) = slice.positions.last().filter(|_| slice.has_more) else {
            next = None;
            break;
        };
        if scanned >= MAX_VIDEOS_SCANNED {
            break;
        }
        start = PageStart::After(edge.clone());
        batch_size = batch_size.saturating_mul(2).min(64);
    }
    let total = list_request
        .page_params
        .with_total
        .then(|| {
            context.count_cache.get_or_try_insert_with(
                revisions,
                &format!("transcripts\n{}", list_request.count_key),
                || list.count(connection),
            )
        })
        .transpose()?;
    Ok((hits.into_iter().map(|found| found.hit).collect(), page_info(list_request, next, total)))
}

/// What a search that found so many videos perhaps meant: one by which something is said in more
/// videos.
fn find_did_you_mean(
    connection: &mut Connection,
    context: &AppState,
    list_request: &ListRequest,
    (found, render_context): (usize, &RenderContext),
) -> Result<Vec<String>, Problem> {
    let Some(sparse_search) = list_request
        .search()
        .and_then(|search| search.to_sparse_search(&list_request.page_params, found))
    else {
        return Ok(Vec::new());
    };
    let Some(cache) = render_context.cache() else {
        return Err(Problem::internal("a list was read without a memory"));
    };
    suggest_queries(connection, &context.vocabulary, &sparse_search, |connection, query| {
        Ok(list_request
            .with_query(query)
            .page_query(connection, &SCHEMA, &cache)?
            .count_up_to(connection, MAX_COUNTED_HITS)?)
    })
}

/// Where a cursor goes on: after the videos before the one in which it stands, and with which hit
/// of that one.
fn resume_position(start: &PageStart) -> Option<(PageStart, usize)> {
    match start {
        PageStart::Offset(0) => Some((PageStart::Offset(0), 0)),
        PageStart::After(place) => {
            let [rank, key, at] = place.keys.as_slice() else { return None };
            let (key, at): (i64, usize) =
                (key.as_deref()?.parse().ok()?, at.as_deref()?.parse().ok()?);
            let keys = vec![
                rank.clone(),
                Some(if at == usize::MAX { key } else { key.saturating_add(1) }.to_string()),
            ];
            Some((
                PageStart::After(Position { keys, row_id: place.row_id }),
                if at == usize::MAX { 0 } else { at },
            ))
        }
        _ => None,
    }
}

fn page_info(
    list_request: &ListRequest,
    next: Option<(Position, usize)>,
    total: Option<i64>,
) -> PageInfo {
    let next_cursor = next.map(|(mut place, at)| {
        place.keys.push(Some(at.to_string()));
        cursor::encode(&list_request.page_params.query_fingerprint, &place, false)
    });
    PageInfo { limit: list_request.page_params.limit, next_cursor, prev_cursor: None, total }
}

/// The tracks of videos in which something is said, with their cues as one text.
fn load_spoken_tracks(
    connection: &mut Connection,
    videos: &[LoadedItem<VideoFields>],
) -> Result<HashMap<i64, Vec<(TrackRow, CueText)>>, Problem> {
    let with =
        videos.iter().filter(|video| !video.item.tracks.is_empty()).map(|video| video.item.number);
    let mut stored = tracks::load_tracks_of_items(connection, with)?;
    stored.retain(|track| track.track_kind() != TrackKind::Chapters);
    let mut cues = tracks::load_cues(
        connection,
        &stored.iter().map(|track| track.number).collect::<Vec<_>>(),
    )?;
    let mut spoken: HashMap<i64, Vec<(TrackRow, CueText)>> = HashMap::new();
    for track in stored {
        let cue_text = CueText::new(&cues.remove(&track.number).unwrap_or_default());
        spoken.entry(track.item).or_default().push((track, cue_text));
    }
    Ok(spoken)
}

fn hits_in_video(
    video: &LoadedItem<VideoFields>,
    position: &Position,
    tracks: &HashMap<i64, Vec<(TrackRow, CueText)>>,
    (highlighter, query): (&Marker<'_>, &Query),
    list_request: &ListRequest,
    render_context: &RenderContext,
) -> Vec<RankedHit> {
    let groups = query.groups.iter().fold(0_u64, |all, _| (all << 1) | 1);
    let mut hits: Vec<(i64, TranscriptHit)> = Vec::new();
    for (track, cue_text) in tracks.get(&video.item.number).into_iter().flatten() {
        if !list_request.accepts("caption_language", &track.language) {
            continue;
        }
        let marks =
            cue_text.find_matches(highlighter, Rules::of(&Language::stored(&track.language)));
        for passage in cue_text.passages(&marks, groups) {
            let Some((first, last)) = cue_text.span(passage.first).zip(cue_text.span(passage.last))
            else {
                continue;
            };
            let start_seconds = ms_to_seconds(first.start_ms);
            hits.push((
                first.start_ms,
                TranscriptHit {
                    video: TranscriptVideo {
                        id: video.item.id,
                        slug: video.item.slug.clone(),
                        title: None,
                    },
                    kind: track.track_kind(),
                    language: track.language.clone(),
                    start_seconds,
                    end_seconds: ms_to_seconds(last.end_ms),
                    text: cue_text.to_html(passage, &marks),
                    before: passage.first.checked_sub(1).and_then(|position| {
                        highlight_cue(cue_text, CueRange::single(position), &marks)
                    }),
                    after: highlight_cue(
                        cue_text,
                        CueRange::single(passage.last.saturating_add(1)),
                        &marks,
                    ),
                    url: format!(
                        "{}/embed/videos/{}#t={start_seconds}",
                        render_context.base_url, video.item.slug
                    ),
                },
            ));
        }
    }
    if !hits.is_empty() {
        let title = video_title(video);
        for (_, hit) in &mut hits {
            hit.video.title.clone_from(&title);
        }
    }
    hits.sort_by(|(a, one), (b, other)| {
        (a, one.kind, &one.language).cmp(&(b, other.kind, &other.language))
    });
    hits.into_iter()
        .enumerate()
        .map(|(at, (_, hit))| RankedHit { hit, video_position: position.clone(), hit_index: at })
        .collect()
}

/// The title in the answer's language.
fn video_title(video: &LoadedItem<VideoFields>) -> Option<String> {
    video.clone().take_selected_text().map(|chosen| chosen.text.title)
}

//! `GET /v1/transcript-search`: full-text search in transcripts, with the position of each hit in
//! the video.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::keyset::{ListPage, PageStart, Position};
use crate::db::search::FieldScope;
use crate::db::{Connection, Error, Id, ReadCost, read_limit};
use crate::http::conditional::Freshness;
use crate::http::cursor;
use crate::http::problem::Problem;
use crate::http::query_params::reject_params;
use crate::resource::cache::references::CacheView;
use crate::resource::extract::{AcceptsJson, Viewer};
use crate::resource::model::cue_text::{CueRange, CueText};
use crate::resource::model::item::LoadedItem;
use crate::resource::model::resource::ResourceModel;
use crate::resource::model::text_track::TrackKind;
use crate::resource::openapi::ListEndpoint;
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::did_you_mean::{MAX_COUNTED_HITS, suggest_queries};
use crate::resource::read::highlights::{CueHighlight, highlight_cue, ms_to_seconds};
use crate::resource::read::page::{self, Links, list_response_head};
use crate::resource::read::partial_match::find_partial_match_of_list;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::store::tracks::{self, TrackRow};
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::text::fingerprint::Fingerprint;
use crate::text::highlight::Highlighter;
use crate::text::language::Language;
use crate::text::query::SearchQuery;
use crate::text::stem::StemmerLanguage;
use crate::videos::fields::VideoFields;
use crate::videos::resource::Videos;
use crate::videos::schema::SCHEMA;

/// Completes the OpenAPI operation with the parameters of the list of videos.
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

/// Maximum number of videos that one request scans; the next page continues after them.
const MAX_VIDEOS_SCANNED: usize = 200;

/// The video of a transcript hit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptVideo {
    /// Identifier.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id,
    /// Slug.
    #[schema(example = "testimonials-part-one")]
    pub slug: String,
    /// Title in the response's language.
    #[schema(required, example = "In their own words, part one")]
    pub title: Option<String>,
    /// Language of `title` (BCP 47).
    #[schema(required, example = "en")]
    pub language: Option<String>,
}

/// A passage of one or more cues that matches the query.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptHit {
    /// The video.
    pub video: TranscriptVideo,
    /// Kind of the text track.
    pub kind: TrackKind,
    /// Language of the text track (BCP 47).
    #[schema(example = "sr-Cyrl")]
    pub language: String,
    /// Start of the passage, in seconds from the start of the video.
    #[schema(minimum = 0, example = 12.5)]
    pub start_seconds: f64,
    /// End of the passage, in seconds from the start of the video.
    #[schema(minimum = 0, example = 15.0)]
    pub end_seconds: f64,
    /// Text as HTML, with matches in `<mark>`.
    #[schema(example = "<mark>Насиље</mark> није приватна ствар.")]
    pub text: String,
    /// The preceding cue.
    #[schema(required)]
    pub before: Option<CueHighlight>,
    /// The following cue.
    #[schema(required)]
    pub after: Option<CueHighlight>,
    /// URL of the embeddable page of the video, starting at this position.
    #[schema(format = "uri")]
    pub url: String,
}

/// A page of transcript hits.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TranscriptHitPage {
    /// Hits, those of the best videos first; the hits of one video are sorted by time.
    pub data: Vec<TranscriptHit>,
    /// Page size, cursors and total; `prev_cursor` is always null, and `total` counts videos.
    pub page: PageInfo,
    /// Words of `q` that no transcript has together with the others. The hits have the other words.
    /// Absent if they have all words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1, example = json!(["2023"]))]
    pub omitted_terms: Vec<String>,
    /// Alternative queries with more results, when this one has few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["violence"]))]
    pub did_you_mean: Vec<String>,
    /// URLs of this page and the next.
    pub links: Links,
}

/// Search transcripts
///
/// Returns cues, not videos. All words must be spoken within half a minute; a phrase may span
/// several cues. Supports the filters of `/v1/videos`; `caption_language` also selects among the
/// text tracks of a video.
#[utoipa::path(operation_id = "search_transcripts", extensions(("x-operation-kind" = json!(OperationKind::List))), tag = "Videos", responses((status = 200, description = "A page of transcript hits.", body = TranscriptHitPage)))]
#[get("/v1/transcript-search")]
pub async fn search_transcripts(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    Viewer(visibility): Viewer,
) -> Result<HttpResponse, Problem> {
    reject_params(request.query_string(), OPENAPI.excluded_params, |name| {
        format!("`{name}` is not supported; hits are sorted by relevance.")
    })?;
    let mut list_request = ListRequest::parse(
        Videos::SCHEMA,
        request.query_string(),
        state.language_defaults(&request),
        visibility,
    )?
    .with_base_url(state.settings.base_url(&request));
    list_request.scope = FieldScope::Transcripts;
    let list_request = Arc::new(list_request);
    if list_request.query().is_none() {
        return Err(Problem::invalid_parameter("q", "required", "`q` is required."));
    }
    let catalogue_request = CatalogueRequest {
        etag_key: Fingerprint::of(&list_request.key()),
        visibility,
        language_preference: list_request.language_preference.clone(),
        base_url: list_request.base_url.clone(),
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let shared_request = Arc::clone(&list_request);
    let found = read_catalogue(
        &state,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let (mut data, mut page) =
                load_hit_page(connection, read_context, &shared_request, render_context)?;
            let cache = render_context.required_cache()?;
            let partial_match = if data.is_empty() {
                find_partial_match_of_list(connection, &cache, &shared_request)?
            } else {
                None
            };
            let found_videos = data.iter().map(|hit| hit.video.id).collect::<HashSet<Id>>().len();
            let mut omitted_terms = Vec::new();
            if let Some(partial_match) = partial_match {
                omitted_terms = partial_match.omitted_terms;
                let request =
                    shared_request.with_omitted_terms(partial_match.query, &omitted_terms);
                (data, page) = load_hit_page(connection, read_context, &request, render_context)?;
            }
            let did_you_mean = if page.next_cursor.is_some() {
                Vec::new()
            } else {
                find_did_you_mean(
                    connection,
                    read_context,
                    &shared_request,
                    found_videos,
                    render_context,
                )?
            };
            Ok((data, page, SearchNotes { omitted_terms, did_you_mean }))
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(&state, visibility, &list_request.language_preference);
    let (validators, (data, info, notes)) = match found {
        Freshness::Fresh(validators, page) => (validators, page),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let links = page::page_links(&state, &request, &info);
    let mut response = list_response_head(response_context, &validators, &links);
    let SearchNotes { omitted_terms, did_you_mean } = notes;
    Ok(response.json(TranscriptHitPage { data, page: info, omitted_terms, did_you_mean, links }))
}

/// What a response states about its query.
struct SearchNotes {
    omitted_terms: Vec<String>,
    did_you_mean: Vec<String>,
}

/// A hit with the position of its video in the list and its index among the hits of the video.
struct RankedHit {
    hit: TranscriptHit,
    video_position: Position,
    hit_index: usize,
}

fn load_hit_page(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    list_request: &ListRequest,
    render_context: &mut RenderContext,
) -> Result<(Vec<TranscriptHit>, PageInfo), Problem> {
    let ReadContext { state, revisions, .. } = read_context;
    // A query of excluded words only matches no cue.
    let Some(query) = list_request.query().filter(|query| !query.is_empty()) else {
        return Ok((
            Vec::new(),
            page_info(list_request, None, list_request.page_params.with_total.then_some(0)),
        ));
    };
    let cache = render_context.required_cache()?;
    let list = list_request.page_query(connection, &cache)?;
    let hit_context = HitContext {
        highlighter: Highlighter::new(query),
        query,
        list_request,
        base_url: render_context.base_url.clone(),
    };
    let limit = usize::try_from(list_request.page_params.limit).unwrap_or(1);
    let invalid_cursor = || {
        Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor is not valid for this query; start again without it.",
        )
    };
    let (mut start, mut skip) =
        resume_position(&list_request.page_params.start).ok_or_else(invalid_cursor)?;
    let mut hits: Vec<RankedHit> = Vec::new();
    let mut next: Option<(Position, usize)> = None;
    let (mut scanned, mut batch_size) = (0_usize, 4_i64);
    loop {
        let page = load_page::<Videos>(
            connection,
            ListPage { list: &list, start: &start, limit: batch_size },
            list_request.visibility,
            render_context,
        )?;
        let (slice, videos) = page.ok_or_else(invalid_cursor)?;
        let tracks = load_spoken_tracks(connection, &videos)?;
        for (video, position) in videos.iter().zip(&slice.positions) {
            read_limit::enforce().map_err(Error::from)?;
            scanned = scanned.saturating_add(1);
            let after = std::mem::take(&mut skip);
            hits.extend(
                hits_in_video(video, position, &tracks, &hit_context)
                    .into_iter()
                    .filter(|found| found.hit_index >= after),
            );
            next = Some((position.clone(), usize::MAX));
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
            state.count_cache.transcripts.get_or_try_insert_with(
                revisions,
                &list_request.count_key,
                || list.count(connection),
            )
        })
        .transpose()?;
    Ok((hits.into_iter().map(|found| found.hit).collect(), page_info(list_request, next, total)))
}

/// Alternative queries that match the transcripts of more videos; `found` is the number of videos
/// with hits.
fn find_did_you_mean(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    list_request: &ListRequest,
    found: usize,
    render_context: &mut RenderContext,
) -> Result<Vec<String>, Problem> {
    let Some(sparse_search) = list_request
        .search()
        .and_then(|search| search.to_sparse_search(&list_request.page_params, found))
    else {
        return Ok(Vec::new());
    };
    let ReadContext { state, revisions, .. } = read_context;
    let cache = CacheView::new(&state.reference_cache, revisions);
    let vocabulary = state.vocabulary.at(revisions);
    let suggestions =
        suggest_queries(connection, vocabulary, &sparse_search, |connection, query| {
            Ok(list_request
                .with_query(query)
                .page_query(connection, &cache)?
                .count_up_to(connection, MAX_COUNTED_HITS)?)
        })?;
    // A transcript may have all words, but none within the time of a hit.
    let mut verified = Vec::new();
    for suggestion in suggestions {
        let request = list_request.first_of(&suggestion);
        let (hits, _) = load_hit_page(connection, read_context, &request, render_context)?;
        if !hits.is_empty() {
            verified.push(suggestion);
        }
    }
    Ok(verified)
}

/// Where a cursor continues: the start of the page of videos, and the index of the first hit in its
/// first video.
fn resume_position(start: &PageStart) -> Option<(PageStart, usize)> {
    match start {
        PageStart::Offset(0) => Some((PageStart::Offset(0), 0)),
        PageStart::After(position) => {
            let [rank, key, at] = position.keys.as_slice() else { return None };
            let (key, at): (i64, usize) =
                (key.as_deref()?.parse().ok()?, at.as_deref()?.parse().ok()?);
            let keys = vec![
                rank.clone(),
                Some(if at == usize::MAX { key } else { key.saturating_add(1) }.to_string()),
            ];
            Some((
                PageStart::After(Position { keys, row_id: position.row_id }),
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
    let next_cursor = next.map(|(mut position, hit_index)| {
        position.keys.push(Some(hit_index.to_string()));
        cursor::encode_after(&list_request.page_params.query_fingerprint, &position)
    });
    PageInfo { limit: list_request.page_params.limit, next_cursor, prev_cursor: None, total }
}

/// Loads the text tracks of videos except chapters, with their cues joined to one text, by the row
/// id of the video.
fn load_spoken_tracks(
    connection: &mut Connection,
    videos: &[LoadedItem<VideoFields>],
) -> Result<HashMap<i64, Vec<(TrackRow, CueText)>>, Problem> {
    let mut stored =
        tracks::load_summarized_tracks(connection, videos.iter().map(|video| &video.item))?;
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

/// What the hits in a video depend on besides the video.
struct HitContext<'a> {
    highlighter: Highlighter<'a>,
    query: &'a SearchQuery,
    list_request: &'a ListRequest,
    base_url: String,
}

fn hits_in_video(
    video: &LoadedItem<VideoFields>,
    position: &Position,
    tracks: &HashMap<i64, Vec<(TrackRow, CueText)>>,
    hit_context: &HitContext<'_>,
) -> Vec<RankedHit> {
    let HitContext { highlighter, query, list_request, base_url } = hit_context;
    let groups = query.groups.iter().fold(0_u64, |all, _| (all << 1) | 1);
    let mut hits: Vec<(i64, TranscriptHit)> = Vec::new();
    for (track, cue_text) in tracks.get(&video.item.number).into_iter().flatten() {
        if !list_request.accepts("caption_language", &track.language) {
            continue;
        }
        let marks = cue_text.find_matches(
            highlighter,
            StemmerLanguage::from_language(&Language::from_canonical(&track.language)),
        );
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
                        language: None,
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
                    url: format!("{base_url}/embed/videos/{}#t={start_seconds}", video.item.slug),
                },
            ));
        }
    }
    if !hits.is_empty() {
        let selected = video.clone().take_selected_text();
        for (_, hit) in &mut hits {
            hit.video.title = selected.as_ref().map(|selected| selected.text.title.clone());
            hit.video.language =
                selected.as_ref().map(|selected| selected.language.as_str().to_owned());
        }
    }
    hits.sort_by(|(start_a, a), (start_b, b)| {
        (start_a, a.kind, &a.language).cmp(&(start_b, b.kind, &b.language))
    });
    hits.into_iter()
        .enumerate()
        .map(|(at, (_, hit))| RankedHit { hit, video_position: position.clone(), hit_index: at })
        .collect()
}

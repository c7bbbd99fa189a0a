//! HTTP handlers of the feeds of lists: `/feeds/{list}.{format}`.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::entries::{EntryContext, FeedResource};
use super::feed::{Entry, Feed};
use super::json::{self, JsonFeed};
use super::{atom, rss};
use crate::db::{Connection, Id, ReadCost, Time};
use crate::http::conditional::{CacheValidators, Freshness};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::reject_params;
use crate::impact::resource::ImpactStatistics;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::extract::Viewer;
use crate::resource::openapi::ListEndpoint;
use crate::resource::query::describe::{QueryDescription, describe_query};
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::params::ListKey;
use crate::resource::query::params::ListRequest;
use crate::resource::read::attribution::programme_attributions;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::content_notes::content_notes_in_other_language;
use crate::resource::read::page::{self, list_response_head};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::schema::{ResourceKind, ResourceSchema};
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::resource::view::urls::PublicUrls;
use crate::text::fingerprint::Fingerprint;
use crate::text::truncate_for_message;
use crate::videos::resource::Videos;
use crate::{impact, partners, programmes, videos};

/// Parameters of lists that feeds do not support.
const EXCLUDED_PARAMS: &[&str] =
    &["fields", "include", "facets", "facet_limit", "highlights", "total"];

/// Completes the OpenAPI operations of the feeds with the parameters of the lists.
pub const OPENAPI: [ListEndpoint; 4] = [
    list_endpoint("/feeds/videos.{format}", &videos::schema::SCHEMA),
    list_endpoint("/feeds/programmes.{format}", &programmes::schema::SCHEMA),
    list_endpoint("/feeds/partners.{format}", &partners::schema::SCHEMA),
    list_endpoint("/feeds/impact-statistics.{format}", &impact::schema::SCHEMA),
];

const fn list_endpoint(path: &'static str, schema: &'static ResourceSchema) -> ListEndpoint {
    ListEndpoint {
        path,
        schema,
        excluded_params: EXCLUDED_PARAMS,
        extra_params: Vec::new,
        requires_query: false,
    }
}

/// Format of a feed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FeedType {
    /// RSS 2.0.
    Rss,
    /// Atom.
    Atom,
    /// JSON Feed.
    Json,
}

impl FeedType {
    /// The format with this file extension.
    pub(super) fn from_extension(extension: &str) -> Option<Self> {
        match extension {
            "rss" => Some(Self::Rss),
            "atom" => Some(Self::Atom),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Value of `Content-Type`.
    fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json",
        }
    }

    /// File extension in URLs.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
        }
    }

    fn render(self, feed: &Feed) -> Result<Vec<u8>, Problem> {
        match self {
            Self::Rss => Ok(rss::render(feed).into_bytes()),
            Self::Atom => Ok(atom::render(feed).into_bytes()),
            Self::Json => json::render(feed).map_err(Problem::internal),
        }
    }
}

/// Format of a feed of videos. For the OpenAPI document only.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VideoFeedFormat {
    /// RSS 2.0 with Media RSS.
    Rss,
    /// Atom.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

/// Format of a feed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedFormat {
    /// Atom.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

/// Subscribe to videos
///
/// Any query of `/v1/videos` as a feed: RSS 2.0 with Media RSS, Atom, or JSON Feed. The title
/// describes the query in the feed's language. Videos hosted elsewhere appear as `media:player`,
/// files as enclosures, captions as `podcast:transcript`.
///
/// If a `WebSub` hub is configured, all feeds link to it, and the hub is notified when a feed
/// without parameters changes. Feeds with parameters are not announced: poll them.
#[utoipa::path(operation_id = "get_video_feed", extensions(("x-operation-kind" = json!(OperationKind::Feed))), tag = "Feeds", params(("format" = inline(VideoFeedFormat), Path, description = "Format of the feed.", example = "rss")), responses((status = 200, description = "The feed.", content((String = "application/rss+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">…</rss>\n")), (String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/videos.{format}")]
pub async fn video_feed(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Videos>(state, request, format.into_inner()).await
}

/// Subscribe to programmes
///
/// Any query of `/v1/programmes` as a feed: Atom or JSON Feed.
#[utoipa::path(operation_id = "get_programme_feed", extensions(("x-operation-kind" = json!(OperationKind::Feed))), tag = "Feeds", params(("format" = inline(FeedFormat), Path, description = "Format of the feed.", example = "atom")), responses((status = 200, description = "The feed.", content((String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/programmes.{format}")]
pub async fn programme_feed(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Programmes>(state, request, format.into_inner()).await
}

/// Subscribe to partners
///
/// Any query of `/v1/partners` as a feed: Atom or JSON Feed.
#[utoipa::path(operation_id = "get_partner_feed", extensions(("x-operation-kind" = json!(OperationKind::Feed))), tag = "Feeds", params(("format" = inline(FeedFormat), Path, description = "Format of the feed.", example = "atom")), responses((status = 200, description = "The feed.", content((String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/partners.{format}")]
pub async fn partner_feed(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Partners>(state, request, format.into_inner()).await
}

/// Subscribe to impact statistics
///
/// Any query of `/v1/impact-statistics` as a feed: Atom or JSON Feed. Titles begin with the figure
/// and its qualifier ("More than 500").
#[utoipa::path(operation_id = "get_impact_statistic_feed", extensions(("x-operation-kind" = json!(OperationKind::Feed))), tag = "Feeds", params(("format" = inline(FeedFormat), Path, description = "Format of the feed.", example = "atom")), responses((status = 200, description = "The feed.", content((String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/impact-statistics.{format}")]
pub async fn impact_statistic_feed(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<ImpactStatistics>(state, request, format.into_inner()).await
}

/// Responds with a list as a feed. The format is that of the URL and not of `Accept`, since the
/// `Accept` headers of feed readers are unreliable.
pub async fn list_feed<S: FeedResource>(
    state: web::Data<AppState>,
    request: HttpRequest,
    extension: String,
) -> Result<HttpResponse, Problem> {
    let Some(format) = FeedType::from_extension(&extension)
        .filter(|_| S::SCHEMA.kind.feed_formats().contains(&extension.as_str()))
    else {
        let detail = format!(
            "This feed is available as {}; `{}` is not supported.",
            S::SCHEMA.kind.feed_formats().join(", "),
            truncate_for_message(&extension)
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    };
    let Viewer(caller) = Viewer::extract(&request).await?;
    reject_params(request.query_string(), EXCLUDED_PARAMS, |name| {
        format!(
            "`{name}` is not supported in feeds. Supported: filters, `q`, `lang`, `sort`, `limit`."
        )
    })?;
    let list_request = Arc::new(
        ListRequest::parse(
            S::SCHEMA,
            request.query_string(),
            state.language_defaults(&request),
            caller,
        )?
        .with_base_url(state.settings.base_url(&request)),
    );
    if list_request.language_preference.all_languages {
        return Err(Problem::invalid_parameter(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        ));
    }
    let urls = PublicUrls::new(&state.settings, &list_request.base_url);
    let publisher = state.settings.publisher_name(&list_request.base_url);
    let hub = state.settings.websub_hub.clone();
    let etag_key = Fingerprint::of(&FeedKey {
        extension: &extension,
        publisher: &publisher,
        hub: hub.as_deref(),
        urls: &urls,
        list: list_request.key(),
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: caller,
        language_preference: list_request.language_preference.clone(),
        base_url: list_request.base_url.clone(),
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let (shared_request, query) = (Arc::clone(&list_request), request.query_string().to_owned());
    let found = read_catalogue(
        &state,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let feed_request =
                FeedRequest { list_request: &shared_request, query: &query, urls: &urls };
            load_feed::<S>(connection, read_context, &feed_request, render_context)
        },
    )
    .await?;
    let response_context = ResponseContext::new(&state, caller, &list_request.language_preference);
    let (
        validators,
        LoadedFeed { description: QueryDescription { title, notes }, entries, page_info: info },
    ) = match found {
        Freshness::Fresh(validators, feed) => (validators, feed),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let links = page::page_links(&state, &request, &info);
    let feed = Feed {
        id: page::first_page_url(&links),
        title,
        notes,
        language: list_request.language_preference.ui_language.to_owned(),
        publisher,
        list_url: links.self_url.replacen(request.path(), S::SCHEMA.kind.path(), 1),
        changed_at: validators.last_modified.unwrap_or(Time(chrono::DateTime::UNIX_EPOCH)),
        links,
        hub,
        entries,
    };
    feed_response(response_context, &validators, format, &feed)
}

#[derive(Serialize)]
struct FeedKey<'a> {
    extension: &'a str,
    publisher: &'a str,
    hub: Option<&'a str>,
    urls: &'a PublicUrls,
    list: ListKey<'a>,
}

/// Builds the response of a feed.
pub(super) fn feed_response(
    response_context: ResponseContext<'_>,
    validators: &CacheValidators,
    format: FeedType,
    feed: &Feed,
) -> Result<HttpResponse, Problem> {
    let mut response = list_response_head(response_context, validators, &feed.links);
    if let Some(hub) = &feed.hub {
        response.append_header((header::LINK, format!("<{hub}>; rel=\"hub\"")));
    }
    response.insert_header((header::CONTENT_LANGUAGE, feed.language.as_str()));
    Ok(response.content_type(format.media_type()).body(format.render(feed)?))
}

/// Loads a page of a list of one kind as a feed.
pub type FeedLoader = fn(
    &mut Connection,
    ReadContext<'_>,
    &FeedRequest<'_>,
    &mut RenderContext,
) -> Result<LoadedFeed, Problem>;

/// The feed loader of each kind with feeds. The server registers it, since no kind is named by the
/// feeds of saved queries.
pub struct FeedLoaders(pub Vec<(ResourceKind, FeedLoader)>);

impl FeedLoaders {
    /// The loader of a kind.
    pub fn get(&self, kind: ResourceKind) -> Option<FeedLoader> {
        self.0.iter().find(|(known, _)| *known == kind).map(|(_, loader)| *loader)
    }
}

/// A page of a list, loaded for a feed.
pub struct LoadedFeed {
    /// Description of the query in words.
    pub description: QueryDescription,
    /// The entries of this page.
    pub entries: Vec<Entry>,
    /// Cursors of the neighbouring pages.
    pub page_info: PageInfo,
}

/// A page of a list that a feed contains.
pub struct FeedRequest<'a> {
    /// The list.
    pub list_request: &'a ListRequest,
    /// The query string that it was parsed from.
    pub query: &'a str,
    /// The URLs of pages.
    pub urls: &'a PublicUrls,
}

/// Loads a page of a list for a feed.
pub fn load_feed<S: FeedResource>(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    feed_request: &FeedRequest<'_>,
    render_context: &mut RenderContext,
) -> Result<LoadedFeed, Problem> {
    let FeedRequest { list_request, query, urls } = *feed_request;
    let read_context = ReadContext { visibility: list_request.visibility, ..read_context };
    let description = describe_query(connection, list_request, query, render_context)?;
    let cache = render_context.required_cache()?;
    let list = list_request.page_query(connection, &cache)?;
    let page = load_page::<S>(
        connection,
        list_request.page_params.page_of(&list),
        list_request.visibility,
        render_context,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor is not valid for this query; start again without it.",
        ));
    };
    // The attribution of a programme is added only if the programme is visible.
    let mut ids: Vec<Id> = loaded
        .iter()
        .flat_map(|one| one.references_in("programme"))
        .map(|link| link.target_id)
        .filter(|id| render_context.has_target(id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let attributions = programme_attributions(connection, read_context, &ids, render_context)?;
    let content_notes = content_notes_in_other_language(connection, read_context, &loaded)?;
    let entry_context = EntryContext { render_context, attributions, content_notes, urls };
    let entries =
        loaded.into_iter().filter_map(|one| S::render_entry(one, &entry_context)).collect();
    Ok(LoadedFeed {
        description,
        entries,
        page_info: list_request.page_params.page_info(&slice, None),
    })
}

//! The addresses of feeds.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::entries::{EntryContext, FeedResource};
use super::feed::{Entry, Feed};
use super::json::{self, JsonFeed};
use super::{atom, rss};
use crate::db::{Connection, Id, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, Freshness};
use crate::http::json_fields::clip;
use crate::http::language::LanguagePreference;
use crate::http::middleware::StatementCount;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::present_params;
use crate::impact::resource::ImpactStatistics;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::model::revisions::Revisions;
use crate::resource::openapi::ListEndpoint;
use crate::resource::query::describe::{QueryDescription, describe_query};
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::params::ListRequest;
use crate::resource::read::attribution::programme_attributions;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue_wide};
use crate::resource::read::content_notes::content_notes_in_other_language;
use crate::resource::read::page::{self, list_response_head};
use crate::resource::read::response;
use crate::resource::schema::ResourceSchema;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::resource::view::urls::PublicUrls;
use crate::videos::resource::Videos;
use crate::{impact, partners, programmes, videos};

/// Parameters of lists that shape what feeds shape themselves.
const EXCLUDED_PARAMS: &[&str] =
    &["fields", "include", "facets", "facet_limit", "highlights", "total"];

/// What the document says of them, beside what the handlers do.
pub const OPENAPI: [ListEndpoint; 4] = [
    list_endpoint("/feeds/videos.{format}", &videos::model::SCHEMA),
    list_endpoint("/feeds/programmes.{format}", &programmes::model::SCHEMA),
    list_endpoint("/feeds/partners.{format}", &partners::model::SCHEMA),
    list_endpoint("/feeds/impact-statistics.{format}", &impact::model::SCHEMA),
];

const fn list_endpoint(path: &'static str, spec: &'static ResourceSchema) -> ListEndpoint {
    ListEndpoint {
        path,
        schema: spec,
        excluded_params: EXCLUDED_PARAMS,
        extra_params: Vec::new,
        requires_query: false,
    }
}

/// In what a feed is written.
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
    /// That of an address that ends so.
    pub(super) fn from_extension(ending: &str) -> Option<Self> {
        match ending {
            "rss" => Some(Self::Rss),
            "atom" => Some(Self::Atom),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// What the answer is called.
    fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json",
        }
    }

    /// What an address of it ends with.
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

/// In what a feed of videos is written.
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

/// In what a feed is written.
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
/// Every query of `/v1/videos` as a feed: RSS 2.0 with Media RSS, Atom, or JSON Feed. The title
/// says the query in the feed's language. What is played on another site stands as `media:player`,
/// files as enclosures, captions as `podcast:transcript`.
///
/// Where the publisher has set a hub (`WebSub`), every feed names it, and it is told when a feed
/// without parameters changes. Of feeds with parameters it is told nothing: ask for them from time
/// to time.
#[utoipa::path(operation_id = "feed_videos", tag = "Feeds", params(("format" = inline(VideoFeedFormat), Path, description = "The format.", example = "rss")), responses((status = 200, description = "The feed.", content((String = "application/rss+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">…</rss>\n")), (String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/videos.{format}")]
pub async fn video_feed(
    context: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Videos>(context, request, format.into_inner()).await
}

/// Subscribe to programmes
///
/// Every query of `/v1/programmes` as a feed: Atom or JSON Feed.
#[utoipa::path(operation_id = "feed_programmes", tag = "Feeds", params(("format" = inline(FeedFormat), Path, description = "The format.", example = "atom")), responses((status = 200, description = "The feed.", content((String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/programmes.{format}")]
pub async fn programme_feed(
    context: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Programmes>(context, request, format.into_inner()).await
}

/// Subscribe to partners
///
/// Every query of `/v1/partners` as a feed: Atom or JSON Feed.
#[utoipa::path(operation_id = "feed_partners", tag = "Feeds", params(("format" = inline(FeedFormat), Path, description = "The format.", example = "atom")), responses((status = 200, description = "The feed.", content((String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/partners.{format}")]
pub async fn partner_feed(
    context: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<Partners>(context, request, format.into_inner()).await
}

/// Subscribe to impact statistics
///
/// Every query of `/v1/impact-statistics` as a feed: Atom or JSON Feed. Titles begin with the
/// figure and its qualifier ("More than 500").
#[utoipa::path(operation_id = "feed_impact_statistics", tag = "Feeds", params(("format" = inline(FeedFormat), Path, description = "The format.", example = "atom")), responses((status = 200, description = "The feed.", content((String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json")))))]
#[get("/feeds/impact-statistics.{format}")]
pub async fn impact_statistic_feed(
    context: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    list_feed::<ImpactStatistics>(context, request, format.into_inner()).await
}

/// Answers a list as a feed. The format is that of the address, whatever `Accept` says: readers
/// send all sorts of things.
async fn list_feed<S: FeedResource>(
    context: web::Data<AppState>,
    request: HttpRequest,
    ending: String,
) -> Result<HttpResponse, Problem> {
    let Some(format) = FeedType::from_extension(&ending)
        .filter(|_| S::SCHEMA.feed_formats.contains(&ending.as_str()))
    else {
        let detail = format!(
            "This feed is given as {}, not as `{}`.",
            S::SCHEMA.feed_formats.join(", "),
            clip(&ending)
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    };
    let caller = context.visibility(&request).await?;
    reject_list_params(&request)?;
    let list_request = Arc::new(ListRequest::from_request(
        S::SCHEMA,
        &request,
        &context.fallback_languages,
        context.settings.base_url(&request),
        caller,
    )?);
    if list_request.language_preference.all_languages {
        return Err(Problem::invalid_parameter(
            "lang",
            "invalid_language",
            "A feed is in one language: name it, or leave `lang` out.",
        ));
    }
    let urls = PublicUrls::new(&context.settings, &list_request.base_url);
    let publisher = context.settings.publisher_name(&list_request.base_url);
    let hub = context.settings.websub_hub.clone();
    let identity = format!(
        "feed\n{ending}\n{publisher}\n{hub:?}\n{}\n{}",
        urls.cache_key(),
        list_request.etag_key
    );
    let (shared_request, inner, query) = (
        Arc::clone(&list_request),
        context.clone().into_inner(),
        request.query_string().to_owned(),
    );
    let condition = ConditionalGet::from_request(&request);
    let done = context
        .read(caller, move |connection| {
            let catalogue_request = CatalogueRequest {
                etag_key: &identity,
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
                    load_feed::<S>(
                        connection,
                        &inner,
                        &shared_request,
                        &query,
                        (revisions, &urls),
                        render_context,
                    )
                },
            )
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let (
        validators,
        LoadedFeed { description: QueryDescription { title, notes }, entries, page_info: info },
    ) = match done.value {
        Freshness::Fresh(validators, read) => (validators, read),
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
    feed_response(
        &context,
        (caller, &list_request.language_preference),
        &validators,
        (format, &feed),
    )
}

/// Answers a feed that was read.
pub(super) fn feed_response(
    context: &AppState,
    (caller, language_preference): (Visibility, &LanguagePreference),
    validators: &CacheValidators,
    (format, feed): (FeedType, &Feed),
) -> Result<HttpResponse, Problem> {
    let mut response =
        list_response_head(context, (caller, language_preference), validators, &feed.links);
    if let Some(hub) = &feed.hub {
        response.append_header((header::LINK, format!("<{hub}>; rel=\"hub\"")));
    }
    response.insert_header((header::CONTENT_LANGUAGE, feed.language.as_str()));
    Ok(response.content_type(format.media_type()).body(format.render(feed)?))
}

/// Refuses the parameters of lists that feeds do not take.
fn reject_list_params(request: &HttpRequest) -> Result<(), Problem> {
    let given = present_params(request.query_string(), EXCLUDED_PARAMS);
    let error = |name: &&'static str| {
        let detail = format!(
            "A feed has a form of its own: `{name}` is for lists. Filters, `q`, `lang`, `sort` and `limit` work here."
        );
        FieldError::parameter(*name, "unknown_parameter", detail)
    };
    if given.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_parameters(given.iter().map(error).collect()))
    }
}

/// What is read for a feed.
pub(super) struct LoadedFeed {
    /// The query in words.
    pub description: QueryDescription,
    /// The entries of this page.
    pub entries: Vec<Entry>,
    /// Where the page stands.
    pub page_info: PageInfo,
}

/// Reads a page of a list for a feed; `query` is what the list was understood from.
pub(super) fn load_feed<S: FeedResource>(
    connection: &mut Connection,
    context: &AppState,
    list_request: &ListRequest,
    query: &str,
    (revisions, urls): (&Revisions, &PublicUrls),
    render_context: &mut RenderContext,
) -> Result<LoadedFeed, Problem> {
    let description =
        describe_query(connection, S::SCHEMA, query, list_request.visibility, render_context)?;
    let Some(cache) = render_context.cache() else {
        return Err(Problem::internal("a feed was read without a memory"));
    };
    let list = list_request.page_query(connection, S::SCHEMA, &cache)?;
    let page = load_page::<S>(
        connection,
        &list,
        (&list_request.page_params.start, list_request.page_params.limit),
        list_request.visibility,
        render_context,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor does not fit this feed; start again without it.",
        ));
    };
    // What a programme wants said is said once the programme may be seen.
    let mut ids: Vec<Id> = loaded
        .iter()
        .flat_map(|one| one.references_in("programme"))
        .map(|link| link.target_id)
        .filter(|id| render_context.has_target(id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let attributions = programme_attributions(
        connection,
        context,
        &ids,
        (list_request.visibility, revisions),
        render_context,
    )?;
    let content_notes = content_notes_in_other_language(
        connection,
        context,
        revisions,
        &loaded,
        list_request.visibility,
    )?;
    let entry_context = EntryContext {
        render_context: render_context,
        attributions: attributions,
        content_notes,
        urls: urls,
    };
    let entries =
        loaded.into_iter().filter_map(|one| S::render_entry(one, &entry_context)).collect();
    Ok(LoadedFeed {
        description: description,
        entries,
        page_info: list_request.page_params.page_info(&slice, None),
    })
}

//! `/f/{saved_query}.{format}`: feeds of saved queries, at permanent URLs.

use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use crate::db::{ReadCost, Time};
use crate::feeds::api::{
    FeedLoaders, FeedRequest, FeedType, LoadedFeed, VideoFeedFormat, feed_response,
};
use crate::feeds::feed::{Feed, RequiredNote};
use crate::feeds::json::JsonFeed;
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::extract::Viewer;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::page::{self, encode_query};
use crate::resource::read::response;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceSchema;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::view::urls::PublicUrls;
use crate::saved_queries::resolve::UrlParamsKey;
use crate::saved_queries::resolve::{
    LoadedSavedQuery, UrlParams, find_saved_query, outdated_query_problem,
};
use crate::text::fingerprint::Fingerprint;
use crate::text::truncate_for_message;

/// The result of looking up a saved query by its name.
enum FeedLocation {
    /// The query and the loaded feed.
    Found(Box<(LoadedSavedQuery, &'static ResourceSchema, LoadedFeed)>),
    /// The query has been renamed to this slug.
    Moved(String),
}

/// Subscribe to a saved query
///
/// The list of a saved query as a feed; its title is the name of the query. The URL is permanent:
/// it stays the same when the query changes. RSS is available for videos only.
#[utoipa::path(operation_id = "get_saved_query_feed", extensions(("x-operation-kind" = json!(OperationKind::Feed))), tag = "Feeds", params(
    ("saved_query" = String, Path, description = "Slug or id.", example = "testimonials"),
    ("format" = inline(VideoFeedFormat), Path, description = "Format of the feed.", example = "rss"),
    ("lang" = Option<String>, Query, description = "Language of the feed (BCP 47).", example = "sr-Cyrl"),
    ("limit" = Option<i64>, Query, description = "Maximum number of entries on a page; overrides the saved limit.", minimum = 1, maximum = 100, example = 50),
    ("cursor" = Option<String>, Query, description = "Cursor from the URL of the next page."),
), responses(
    (status = 200, description = "The feed.", content((String = "application/rss+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">…</rss>\n")), (String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json"))),
    (status = 308, description = "The saved query has been renamed."),
    (status = 410, description = "The saved query was deleted.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/f/{saved_query}.{format}")]
pub async fn saved_query_feed(
    state: web::Data<AppState>,
    loaders: web::Data<FeedLoaders>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, extension) = path.into_inner();
    let Some(format) = FeedType::from_extension(&extension) else {
        let detail = format!(
            "Saved queries are available as rss, atom, json; `{}` is not supported.",
            truncate_for_message(&extension)
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    };
    let Viewer(caller) = Viewer::extract(&request).await?;
    let url_params = UrlParams::parse(request.query_string(), state.language_defaults(&request))?;
    let base = state.settings.base_url(&request);
    let urls = PublicUrls::new(&state.settings, &base);
    let publisher = state.settings.publisher_name(&base);
    let hub = state.settings.websub_hub.clone();
    let etag_key = Fingerprint::of(&SavedQueryFeedKey {
        extension: &extension,
        publisher: &publisher,
        hub: hub.as_deref(),
        urls: &urls,
        name: &name,
        params: url_params.key(),
        visibility: caller,
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: caller,
        language_preference: url_params.language_preference.clone(),
        base_url: base.clone(),
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let shared_params = url_params.clone();
    let found = read_catalogue(
        &state,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let saved = match find_saved_query(connection, &name, caller, render_context)? {
                Ok(saved) => saved,
                Err(slug) => return Ok(FeedLocation::Moved(slug)),
            };
            let (list, list_request) =
                shared_params.resolve(&saved.fields, read_context.state, caller)?;
            if !list.kind.feed_formats().contains(&extension.as_str()) {
                let detail = format!(
                    "`{}` is available as {}; `{extension}` is not supported.",
                    saved.slug,
                    list.kind.feed_formats().join(", ")
                );
                return Err(Problem::new(ProblemKind::NotFound, detail));
            }
            let load = loaders
                .get(list.kind)
                .ok_or_else(|| Problem::internal("a saved query lists a kind without feeds"))?;
            let feed_request = FeedRequest {
                list_request: &list_request,
                query: &saved.fields.query,
                urls: &urls,
            };
            let loaded_feed = load(connection, read_context, &feed_request, render_context);
            Ok(FeedLocation::Found(Box::new((
                saved,
                list,
                loaded_feed.map_err(outdated_query_problem)?,
            ))))
        },
    )
    .await?;
    let response_context = ResponseContext::new(&state, caller, &url_params.language_preference);
    let (validators, loaded_feed) = match found {
        Freshness::Fresh(validators, loaded_feed) => (validators, loaded_feed),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let (saved, schema, loaded_feed) = match loaded_feed {
        FeedLocation::Moved(slug) => {
            return Ok(response::permanent_redirect(
                &state,
                &request,
                &format!("/f/{slug}.{}", format.extension()),
            ));
        }
        FeedLocation::Found(loaded_feed) => *loaded_feed,
    };
    let links = page::page_links(&state, &request, &loaded_feed.page_info);
    let mark = if saved.fields.query.is_empty() { "" } else { "?" };
    let mut notes = vec![RequiredNote {
        label: None,
        text: saved.description.unwrap_or(loaded_feed.description.title),
    }];
    notes.extend(loaded_feed.description.notes);
    let feed = Feed {
        id: page::first_page_url(&links),
        title: saved.name,
        notes,
        language: saved.language,
        publisher,
        list_url: format!(
            "{base}{}{mark}{}",
            schema.kind.path(),
            encode_query(&saved.fields.query)
        ),
        changed_at: validators.last_modified.unwrap_or(Time(chrono::DateTime::UNIX_EPOCH)),
        links,
        hub,
        entries: loaded_feed.entries,
    };
    feed_response(response_context, &validators, format, &feed)
}

/// Identifies the feed in entity tags.
#[derive(Serialize)]
struct SavedQueryFeedKey<'a> {
    extension: &'a str,
    publisher: &'a str,
    hub: Option<&'a str>,
    urls: &'a PublicUrls,
    name: &'a str,
    params: UrlParamsKey<'a>,
    visibility: Visibility,
}

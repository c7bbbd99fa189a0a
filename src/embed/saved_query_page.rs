//! `/f/{saved_query}`: the embed page of a saved query for videos, at a permanent URL.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use crate::db::ReadCost;
use crate::embed::html_shell::{self, visitor_language};
use crate::embed::video_list_page::{
    ListLayout, LoadedList, VideoListPage, VideoListRequest, load_list, split_layout,
};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::query::describe::{QueryDescription, RequiredNote};
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::page::{Links, feed_media_type};
use crate::resource::read::response;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::saved_queries::resolve::UrlParamsKey;
use crate::saved_queries::resolve::{
    LoadedSavedQuery, UrlParams, find_saved_query, outdated_query_problem,
};
use crate::text::fingerprint::Fingerprint;
use crate::videos::schema::SCHEMA;

/// Result of a look-up by id or slug.
enum SavedQueryLookup {
    /// A list.
    Found(Box<(LoadedSavedQuery, LoadedList)>),
    /// The current slug, if a former one was requested.
    Moved(String),
}

/// Embed a saved query
///
/// An HTML page for embedding in an iframe with the videos of a saved query; its title is the name
/// of the query. The URL is permanent: the query can change. Only saved queries for videos can be
/// embedded.
#[utoipa::path(operation_id = "embed_saved_query", tag = "Embeds", params(
    ("saved_query" = String, Path, description = "Slug or id.", min_length = 1, max_length = 80, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "testimonials"),
    ("layout" = inline(Option<ListLayout>), Query, description = "Layout: responsive grid, vertical list, or horizontal carousel; `grid` by default.", example = "carousel"),
    ("lang" = Option<String>, Query, description = "Language of the page (BCP 47).", example = "sr-Cyrl"),
    ("limit" = Option<i64>, Query, description = "Maximum number of videos per page; overrides the saved limit.", minimum = 1, maximum = 100, example = 12),
    ("cursor" = Option<String>, Query, description = "Pagination cursor from the `next` link."),
), responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "Not modified."),
    (status = 308, description = "Moved permanently: the slug was renamed."),
    (status = 400, description = "Invalid query parameters.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 404, description = "Saved query not found, or not a query for videos; a problem document if the path has a feed extension.", content((String = "text/html", example = json!("<!doctype html>")), (crate::http::problem::ProblemBody = "application/problem+json", example = json!({"type": "https://catalogue.example.org/problems/not-found", "title": "Not found", "status": 404, "detail": "Saved queries are given as rss, atom and json, not as `csv`.", "instance": "/f/testimonials.csv", "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"})))),
    (status = 410, description = "The saved query has been removed.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The saved query is no longer valid, or the database is overloaded or unavailable.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/f/{saved_query}")]
pub async fn embed_saved_query(
    context: web::Data<AppState>,
    request: HttpRequest,
    id_or_slug: web::Path<String>,
) -> HttpResponse {
    match respond(&context, &request, id_or_slug.into_inner()).await {
        Ok(response) => response,
        Err(problem) => html_shell::error_page(
            &problem,
            visitor_language(&request, &context),
            &context.settings,
        ),
    }
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    id_or_slug: String,
) -> Result<HttpResponse, Problem> {
    let (layout, rest) = split_layout(request.query_string());
    let layout = layout.map_err(|error| Problem::invalid_parameters(vec![error]))?;
    let url_params = UrlParams::parse(&rest, context.language_defaults(request))?;
    let base = context.settings.base_url(request);
    let etag_key = Fingerprint::of(&PageKey {
        layout,
        id_or_slug: &id_or_slug,
        params: url_params.key(),
        embed_origins: &context.settings.embed_origins,
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: Visibility::Published,
        language_preference: url_params.language_preference.clone(),
        base_url: base.clone(),
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let shared_params = url_params.clone();
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let saved = match find_saved_query(
                connection,
                &id_or_slug,
                Visibility::Published,
                render_context,
            )? {
                Ok(saved) => saved,
                Err(slug) => return Ok(SavedQueryLookup::Moved(slug)),
            };
            let (list, list_request) =
                shared_params.resolve(&saved.fields, read_context.state, Visibility::Published)?;
            if list.kind != ResourceKind::VIDEO {
                return Err(Problem::new(
                    ProblemKind::NotFound,
                    "Only saved queries for videos can be embedded.",
                ));
            }
            let video_list =
                VideoListRequest { list_request: &list_request, query: &saved.fields.query };
            let found = load_list(connection, read_context, &video_list, render_context)
                .map_err(outdated_query_problem)?;
            Ok(SavedQueryLookup::Found(Box::new((saved, found))))
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &url_params.language_preference);
    let (validators, found) = match found {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let (saved, LoadedList { description, cards, page_info: info }) = match found {
        SavedQueryLookup::Moved(slug) => {
            return Ok(response::permanent_redirect(context, request, &format!("/f/{slug}")));
        }
        SavedQueryLookup::Found(found) => *found,
    };
    let lang = url_params.lang_query();
    let feed = |extension: &&str| {
        (format!("{base}/f/{}.{extension}{lang}", saved.slug), feed_media_type(extension))
    };
    let feeds = SCHEMA.kind.feed_formats().iter().map(feed).collect();
    let notes: Vec<RequiredNote> = saved
        .description
        .map(|text| RequiredNote { label: None, text })
        .into_iter()
        .chain(description.notes)
        .collect();
    let page = VideoListPage {
        layout,
        ui_language: url_params.language_preference.ui_language,
        description: QueryDescription { title: saved.name, notes },
        cards,
        links: Links {
            alternates: feeds,
            ..crate::resource::read::page::page_links(context, request, &info)
        },
        base_url: &base,
    };
    Ok(page.to_response(response_context, &validators))
}

/// Identifies the page in entity tags.
#[derive(Serialize)]
struct PageKey<'a> {
    layout: &'a str,
    id_or_slug: &'a str,
    params: UrlParamsKey<'a>,
    embed_origins: &'a [String],
}

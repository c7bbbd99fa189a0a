//! `/f/{saved_query}`: the videos of a saved query to be framed, at an address that stays when the
//! query changes.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::list::{Drawn, Layout, Read, layout, read};
use super::page::{self, language_of};
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::keys::Visibility;
use crate::http::language::accept_language;
use crate::http::layer::StatementCount;
use crate::http::problem::{Problem, ProblemKind};
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::list::{self, Links, type_of_feed};
use crate::resource::read::{OfCatalogue, read_of_catalogue};
use crate::resource::spec::Kind;
use crate::resource::told::{Note, Told};
use crate::saved_queries::query::{
    LoadedSavedQuery, UrlParams, find_saved_query, outdated_query_problem,
};
use crate::videos::model::SPEC;

/// What was found at an address.
enum At {
    /// A list.
    Here(Box<(LoadedSavedQuery, Read)>),
    /// The query has another slug now.
    Moved(String),
}

/// Embed a saved query
///
/// The videos that were saved under this name as a page to be framed, with the query's name as its
/// title. The address stays when the query is changed. Only queries of videos have a page.
#[utoipa::path(operation_id = "embed_saved_query", tag = "Embeds", params(
    ("saved_query" = String, Path, description = "Slug or id.", min_length = 1, max_length = 80, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "testimonials"),
    ("layout" = inline(Option<Layout>), Query, description = "How the videos stand; `grid` if it is absent.", example = "carousel"),
    ("lang" = Option<String>, Query, description = "Language of the page (BCP 47).", example = "sr-Cyrl"),
    ("limit" = Option<i64>, Query, description = "The most videos of a page; instead of what was saved, if anything was.", minimum = 1, maximum = 100, example = 12),
    ("cursor" = Option<String>, Query, description = "Where to go on, out of the address of the next page."),
), responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "The client has this already."),
    (status = 308, description = "The query has another slug now."),
    (status = 400, description = "The address is not understood.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 404, description = "There is no such query, or it is not one of videos; of an address that ends as one of a feed does, a problem.", content((String = "text/html", example = json!("<!doctype html>")), (crate::http::problem::ProblemBody = "application/problem+json", example = json!({"type": "https://catalogue.example.org/problems/not-found", "title": "Not found", "status": 404, "detail": "Saved queries are given as rss, atom and json, not as `csv`.", "instance": "/f/testimonials.csv", "request_id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60"})))),
    (status = 410, description = "The query has been removed.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The query is no longer understood, or the database is busy or away.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/f/{saved_query}")]
pub async fn saved_page(
    context: web::Data<Context>,
    request: HttpRequest,
    name: web::Path<String>,
) -> HttpResponse {
    match answer(&context, &request, name.into_inner()).await {
        Ok(response) => response,
        Err(problem) => page::problem(&problem, language_of(&request, &context), &context.settings),
    }
}

async fn answer(
    context: &web::Data<Context>,
    request: &HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    let (layout, rest) = layout(request.query_string());
    let layout = layout.map_err(|error| Problem::invalid_parameters(vec![error]))?;
    let asked = UrlParams::parse(&rest, accept_language(request), &context.fallback)?;
    let base = context.settings.base_url(request);
    let identity = format!(
        "saved list\n{layout}\n{name}\n{}\n{:?}",
        asked.cache_key(),
        context.settings.embed_origins
    );
    let (inner, condition, beside, at) = (
        context.clone().into_inner(),
        ConditionalGet::from_request(request),
        asked.clone(),
        base.clone(),
    );
    let done = context
        .read(Visibility::Published, move |connection| {
            let of = OfCatalogue {
                identity: &identity,
                wish: &beside.language_preference,
                base: &at,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &of, |connection, revisions, shown| {
                let saved = match find_saved_query(connection, &name, Visibility::Published, shown)?
                {
                    Ok(saved) => saved,
                    Err(slug) => return Ok(At::Moved(slug)),
                };
                let (list, wanted) =
                    beside.resolve(&saved.fields, &inner.fallback, Visibility::Published)?;
                if list.kind != Kind::Video {
                    return Err(Problem::new(
                        ProblemKind::NotFound,
                        "Only queries of videos have a page; others are feeds.",
                    ));
                }
                let found =
                    read(connection, (&inner, revisions), (&wanted, &saved.fields.query), shown)
                        .map_err(outdated_query_problem)?;
                Ok(At::Here(Box::new((saved, found))))
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    let (validators, found) = match done.value {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(
                context,
                Visibility::Published,
                &asked.language_preference,
                &validators,
            ));
        }
    };
    let (saved, Read { told, cards, info }) = match found {
        At::Moved(slug) => return Ok(answer::moved(context, request, &format!("/f/{slug}"))),
        At::Here(found) => *found,
    };
    let lang = asked.lang_query();
    let feed =
        |ending: &&str| (format!("{base}/f/{}.{ending}{lang}", saved.slug), type_of_feed(ending));
    let feeds = SPEC.feeds.iter().map(feed).collect();
    let notes: Vec<Note> = saved
        .description
        .map(|text| Note { label: None, text })
        .into_iter()
        .chain(told.notes)
        .collect();
    let drawn = Drawn {
        layout,
        words: asked.language_preference.ui_language,
        told: Told { title: saved.name, notes },
        cards,
        links: Links { feeds, ..list::links(context, request, &info) },
        base: &base,
    };
    Ok(drawn.answer(context, &asked.language_preference, &validators))
}

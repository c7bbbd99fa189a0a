//! `/f/{saved_query}.{format}`: feeds of saved queries, at addresses that stay when the query
//! changes.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::api::{Format, Read, VideoFeedFormat, answer_feed, read};
use super::feed::{Feed, Note};
use super::json::JsonFeed;
use crate::db::{Connection, Time};
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::fields::clip;
use crate::http::language::accepted;
use crate::http::layer::Statements;
use crate::http::problem::{Kind as ProblemKind, Problem};
use crate::impact::store::ImpactStatistics;
use crate::partners::store::Partners;
use crate::programmes::store::Programmes;
use crate::resource::addresses::Addresses;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::list::{self, in_address};
use crate::resource::query::ListRequest;
use crate::resource::read::{OfCatalogue, read_of_catalogue};
use crate::resource::revisions::Revisions;
use crate::resource::shown::Shown;
use crate::resource::spec::{Kind, Spec};
use crate::saved_queries::query::{AtTheAddress, Saved, find, no_longer_understood};
use crate::videos::store::Videos;

/// What was found at an address.
enum At {
    /// A feed.
    Here(Box<(Saved, &'static Spec, Read)>),
    /// The query has another slug now.
    Moved(String),
}

/// Subscribe to a saved query
///
/// The list that was saved under this name, as a feed; its title is the query's name. The address
/// stays when the query is changed. Only videos are given as RSS.
#[utoipa::path(operation_id = "feed_saved_query", tag = "Feeds", params(
    ("saved_query" = String, Path, description = "Slug or id.", example = "testimonials"),
    ("format" = inline(VideoFeedFormat), Path, description = "The format.", example = "rss"),
    ("lang" = Option<String>, Query, description = "Language of the feed (BCP 47).", example = "sr-Cyrl"),
    ("limit" = Option<i64>, Query, description = "The most entries of a page; instead of what was saved, if anything was.", minimum = 1, maximum = 100, example = 50),
    ("cursor" = Option<String>, Query, description = "Where to go on, out of the address of the next page."),
), responses(
    (status = 200, description = "The feed.", content((String = "application/rss+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">…</rss>\n")), (String = "application/atom+xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">…</feed>\n")), (JsonFeed = "application/feed+json"))),
    (status = 308, description = "The query has another slug now."),
    (status = 410, description = "The query was deleted.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/f/{saved_query}.{format}")]
pub async fn saved_feed(
    context: web::Data<Context>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, ending) = path.into_inner();
    let Some(format) = Format::of_ending(&ending) else {
        let detail =
            format!("Saved queries are given as rss, atom and json, not as `{}`.", clip(&ending));
        return Err(Problem::new(ProblemKind::NotFound, detail));
    };
    let caller = context.viewer(&request).await?;
    let asked = AtTheAddress::read(request.query_string(), accepted(&request), &context.fallback)?;
    let base = context.settings.base_url(&request);
    let addresses = Addresses::new(&context.settings, &base);
    let publisher = context.settings.publisher(&base);
    let hub = context.settings.websub_hub.clone();
    let identity = format!(
        "saved feed\n{ending}\n{publisher}\n{hub:?}\n{}\n{name}\n{}\n{caller:?}",
        addresses.identity(),
        asked.identity()
    );
    let (inner, condition, beside, at) = (
        context.clone().into_inner(),
        ConditionalGet::from_request(&request),
        asked.clone(),
        base.clone(),
    );
    let done = context
        .read(caller, move |connection| {
            let of = OfCatalogue {
                identity: &identity,
                wish: &beside.wish,
                base: &at,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &of, |connection, revisions, shown| {
                let saved = match find(connection, &name, caller, shown)? {
                    Ok(saved) => saved,
                    Err(slug) => return Ok(At::Moved(slug)),
                };
                let (list, wanted) = beside.list(&saved.own, &inner.fallback, caller)?;
                if !list.feeds.contains(&ending.as_str()) {
                    let detail = format!(
                        "`{}` is given as {}, not as `{ending}`.",
                        saved.slug,
                        list.feeds.join(", ")
                    );
                    return Err(Problem::new(ProblemKind::NotFound, detail));
                }
                let found = entries(
                    connection,
                    &inner,
                    (list.kind, &wanted, &saved.own.query),
                    (revisions, &addresses),
                    shown,
                );
                Ok(At::Here(Box::new((saved, list, found.map_err(no_longer_understood)?))))
            })
        })
        .await?;
    Statements::note(&request, done.statements);
    let (validators, found) = match done.value {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(&context, caller, &asked.wish, &validators));
        }
    };
    let (saved, of, found) = match found {
        At::Moved(slug) => {
            return Ok(answer::moved(
                &context,
                &request,
                &format!("/f/{slug}.{}", format.ending()),
            ));
        }
        At::Here(found) => *found,
    };
    let links = list::links(&context, &request, &found.info);
    let mark = if saved.own.query.is_empty() { "" } else { "?" };
    let mut notes = vec![Note { label: None, text: saved.description.unwrap_or(found.told.title) }];
    notes.extend(found.told.notes);
    let feed = Feed {
        id: list::first_page(&links),
        title: saved.name,
        notes,
        language: saved.language,
        publisher,
        list: format!("{base}{}{mark}{}", of.kind.path(), in_address(&saved.own.query)),
        changed_at: validators.changed_at.unwrap_or(Time(chrono::DateTime::UNIX_EPOCH)),
        links,
        hub,
        entries: found.entries,
    };
    answer_feed(&context, (caller, &asked.wish), &validators, (format, &feed))
}

/// Reads a page of the list of whichever kind.
fn entries(
    connection: &mut Connection,
    context: &Context,
    (kind, wanted, query): (Kind, &ListRequest, &str),
    around: (&Revisions, &Addresses),
    shown: &mut Shown,
) -> Result<Read, Problem> {
    match kind {
        Kind::Video => read::<Videos>(connection, context, wanted, query, around, shown),
        Kind::Programme => read::<Programmes>(connection, context, wanted, query, around, shown),
        Kind::Partner => read::<Partners>(connection, context, wanted, query, around, shown),
        Kind::ImpactStatistic => {
            read::<ImpactStatistics>(connection, context, wanted, query, around, shown)
        }
        Kind::Topic | Kind::Indicator | Kind::SavedQuery => {
            Err(Problem::internal("a saved query asks for what has no feed"))
        }
    }
}

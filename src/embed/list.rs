//! `/embed/videos`: a list of videos to be framed, every query of `/v1/videos`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::discovery::Discovery;
use super::page::{self, Page, language_of};
use super::poster;
use crate::db::{Connection, RowId};
use crate::http::conditional::{ConditionalGet, Freshness, Validators};
use crate::http::fields::unknown_value_message;
use crate::http::keys::Visibility;
use crate::http::language::{LanguagePreference, accept_language};
use crate::http::layer::StatementCount;
use crate::http::params::present_params;
use crate::http::problem::{FieldError, Problem};
use crate::phrases::Phrase;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::document::{Listing, parameter};
use crate::resource::list::{self, Links, PageInfo};
use crate::resource::load::{Loaded, load_page};
use crate::resource::notes::elsewhere;
use crate::resource::query::ListRequest;
use crate::resource::read::{OfCatalogue, read_of_catalogue};
use crate::resource::revisions::Revisions;
use crate::resource::shown::Shown;
use crate::resource::told::{Told, tell};
use crate::videos::model::{Own, SPEC};
use crate::videos::store::Videos;

/// Parameters of lists that shape what the page shapes itself, or that need a key.
pub(super) const WITHOUT: &[&str] =
    &["fields", "include", "facets", "facet_limit", "highlights", "total", "status"];

/// What the document says of it, beside what the handler does.
pub const DECLARED: Listing = Listing {
    path: "/embed/videos",
    spec: &SPEC,
    without: WITHOUT,
    own: parameters,
    needs_query: false,
};

/// How the videos stand.
pub(super) const LAYOUTS: [&str; 3] = ["grid", "list", "carousel"];

/// How the videos of a list stand.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// As many beside each other as there is room.
    Grid,
    /// One below the other.
    List,
    /// In one row to scroll.
    Carousel,
}

pub(super) fn parameters() -> Vec<Value> {
    vec![parameter(
        "layout",
        "How the videos stand: as many beside each other as there is room, one below the other, or in one row to scroll.",
        json!({"type": "string", "enum": LAYOUTS, "default": "grid"}),
        json!("carousel"),
    )]
}

/// Embed a list of videos
///
/// Every query of `/v1/videos` as a page to be framed: posters, titles and content notes in the
/// visitor's language, each leading to the video's own embed page. It works without JavaScript,
/// sets no cookie and asks no other site for anything.
#[utoipa::path(operation_id = "embed_videos", tag = "Embeds", responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "The address is not understood.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 414, description = "The address is too long.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is busy or away.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/videos")]
pub async fn embed_videos(context: web::Data<Context>, request: HttpRequest) -> HttpResponse {
    match answer(&context, &request).await {
        Ok(response) => response,
        Err(problem) => page::problem(&problem, language_of(&request, &context), &context.settings),
    }
}

/// A video in the list.
pub(super) struct Card {
    slug: String,
    language: String,
    title: String,
    content_note: Option<String>,
    duration: Option<i64>,
}

/// What is read for a list.
pub(super) struct Read {
    /// The query in words.
    pub told: Told,
    /// The videos of this page.
    pub cards: Vec<Card>,
    /// Where the page stands.
    pub info: PageInfo,
}

async fn answer(
    context: &web::Data<Context>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (layout, query) = split(request.query_string())?;
    let base = context.settings.base_url(request);
    let mut wanted = ListRequest::parse(
        &SPEC,
        &query,
        accept_language(request),
        &context.fallback,
        Visibility::Published,
    )?;
    wanted.base.clone_from(&base);
    let wanted = Arc::new(wanted);
    if wanted.wish.all_languages {
        return Err(Problem::invalid_parameter(
            "lang",
            "invalid_language",
            "A page is in one language: name it, or leave `lang` out.",
        ));
    }
    let identity =
        format!("embed list\n{layout}\n{}\n{:?}", wanted.identity, context.settings.embed_origins);
    let (shared, inner, condition, asked) = (
        Arc::clone(&wanted),
        context.clone().into_inner(),
        ConditionalGet::from_request(request),
        query.clone(),
    );
    let done = context
        .read(Visibility::Published, move |connection| {
            let of = OfCatalogue {
                identity: &identity,
                wish: &shared.wish,
                base: &base,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &of, |connection, revisions, shown| {
                read(connection, (&inner, revisions), (&shared, &asked), shown)
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    let (validators, Read { told, cards, info }) = match done.value {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(
                context,
                Visibility::Published,
                &wanted.wish,
                &validators,
            ));
        }
    };
    let links = list::links(context, request, &info);
    let mark = if query.is_empty() { "" } else { "?" };
    let plain =
        Links { this: format!("{}{}{mark}{query}", wanted.base, request.path()), ..links.clone() };
    let feeds = plain.with_feeds(&SPEC, request.path()).feeds;
    let drawn = Drawn {
        layout,
        words: wanted.wish.ui_language,
        told,
        cards,
        links: Links { feeds, ..links },
        base: &wanted.base,
    };
    Ok(drawn.answer(context, &wanted.wish, &validators))
}

/// The layout, and the query without it; refuses what only lists take.
pub(super) fn split(query: &str) -> Result<(&'static str, String), Problem> {
    let (layout, rest) = layout(query);
    let refused = present_params(query, WITHOUT).into_iter().map(|name| {
        let detail =
            format!("A page has a form of its own: `{name}` is for lists. Filters, `q`, `lang`, `sort`, `limit` and `layout` work here.");
        FieldError::parameter(name, "unknown_parameter", detail)
    });
    let errors: Vec<FieldError> =
        layout.as_ref().err().cloned().into_iter().chain(refused).collect();
    match layout {
        Ok(layout) if errors.is_empty() => Ok((layout, rest)),
        _ => Err(Problem::invalid_parameters(errors)),
    }
}

/// The layout that a query asks for, and the query without it.
pub(super) fn layout(query: &str) -> (Result<&'static str, FieldError>, String) {
    let (mut layout, mut rest) = (Ok(LAYOUTS.first().copied().unwrap_or_default()), Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("layout", value) => {
                let unknown = || {
                    FieldError::parameter(
                        "layout",
                        "unknown_value",
                        unknown_value_message(value, LAYOUTS.iter().copied()),
                    )
                };
                layout = LAYOUTS.iter().find(|known| **known == value).copied().ok_or_else(unknown);
            }
            _ => rest.push(pair),
        }
    }
    (layout, rest.join("&"))
}

/// Reads a page of a list; `query` is what the list was understood from.
pub(super) fn read(
    connection: &mut Connection,
    (context, revisions): (&Context, &Revisions),
    (wanted, query): (&ListRequest, &str),
    shown: &mut Shown,
) -> Result<Read, Problem> {
    let told = tell(connection, &SPEC, query, Visibility::Published, shown)?;
    let Some(memory) = shown.memory() else {
        return Err(Problem::internal("a list was read without a memory"));
    };
    let list = wanted.list(connection, &SPEC, &memory)?;
    let page = load_page::<Videos>(
        connection,
        &list,
        (&wanted.paging.start, wanted.paging.limit),
        wanted.viewer,
        shown,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor does not fit this list; start again without it.",
        ));
    };
    let notes = elsewhere(connection, context, revisions, &loaded, wanted.viewer)?;
    let cards = loaded.into_iter().filter_map(|one| card(one, &notes)).collect();
    Ok(Read { told, cards, info: wanted.paging.info(&slice, None) })
}

fn card(mut video: Loaded<Own>, notes: &HashMap<RowId, (String, String)>) -> Option<Card> {
    let chosen = video.take_chosen()?;
    let elsewhere = || notes.get(&video.item.number).map(|(_, note)| note.clone());
    Some(Card {
        language: chosen.language.as_str().to_owned(),
        title: chosen.text.title,
        content_note: chosen.text.content_note.or_else(elsewhere),
        duration: video.own.duration_seconds,
        slug: video.item.slug,
    })
}

/// A list as a page.
pub(super) struct Drawn<'a> {
    /// How the videos stand.
    pub layout: &'static str,
    /// The language of what the page itself says.
    pub words: &'static str,
    /// Its title, and what must be said with it.
    pub told: Told,
    /// The videos.
    pub cards: Vec<Card>,
    /// This page, its neighbours and its feeds.
    pub links: Links,
    /// The address of this server.
    pub base: &'a str,
}

impl Drawn<'_> {
    /// Answers it.
    pub(super) fn answer(
        &self,
        context: &Context,
        wish: &LanguagePreference,
        validators: &Validators,
    ) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::OK);
        answer::caching(&mut response, context, Visibility::Published, wish);
        answer::validate(&mut response, validators);
        let discovery = Discovery::of(self.base, &self.links.this);
        let links: Vec<String> =
            std::iter::once(self.links.header()).chain(discovery.links()).collect();
        response.insert_header((header::LINK, links.join(", ")));
        self.page(&discovery).answer(&context.settings, response)
    }

    fn page(&self, discovery: &Discovery) -> Page {
        let say = |phrase: Phrase| phrase.in_language(self.words);
        let (told, links) = (&self.told, &self.links);
        let head = html! {
            @for (feed, media_type) in &links.feeds { link rel="alternate" type=(*media_type) href=(feed) title=(told.title); }
            (discovery.head(&told.title))
            meta name="robots" content="noindex";
        };
        let body = html! {
            div.text {
                h1 { (told.title) }
                @if self.cards.is_empty() { p { (say(Phrase::NothingFound)) } }
            }
            ul class=(format!("cards {}", self.layout)) { @for one in &self.cards { li { (drawn(one, self.words, self.base)) } } }
            @if links.next.is_some() || links.prev.is_some() {
                nav.text aria-label=(say(Phrase::Pages)) {
                    @if let Some(prev) = &links.prev { a rel="prev" href=(prev) { (say(Phrase::PreviousPage)) } " " }
                    @if let Some(next) = &links.next { a rel="next" href=(next) { (say(Phrase::NextPage)) } }
                }
            }
            @if !told.notes.is_empty() { div.text { @for note in &told.notes { p.soft { (note.text()) } } } }
        };
        Page {
            language: self.words.to_owned(),
            title: told.title.clone(),
            head,
            body,
            media: BTreeSet::new(),
            frames: BTreeSet::new(),
            is_tool: false,
            chart: None,
        }
    }
}

fn drawn(card: &Card, words: &'static str, base: &str) -> Markup {
    let (width, height) = poster::SIZE;
    html! {
        a href=(format!("{base}/embed/videos/{}?lang={words}", card.slug)) lang=[(card.language != words).then_some(&card.language)] {
            img src=(format!("{base}/v1/videos/{}/poster.svg?lang={}", card.slug, card.language)) alt="" width=(width) height=(height) loading="lazy";
            span.title { (card.title) }
        }
        @if let Some(seconds) = card.duration { " " span.soft { (page::clock(seconds)) } }
        @if let Some(note) = &card.content_note { p.soft { strong { (Phrase::ContentNote.in_language(words)) ":" } " " (note) } }
    }
}

//! `/embed/videos`: the embed page of a list of videos; takes every query of `/v1/videos`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::db::{Connection, Id, ReadCost, RowId};
use crate::embed::html_shell::{self, HtmlPage, visitor_language};
use crate::embed::oembed_discovery::OEmbedDiscovery;
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, Freshness};
use crate::http::json_fields::unknown_value_message;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::present_params;
use crate::i18n::messages::Message;
use crate::images::poster;
use crate::resource::model::item::LoadedItem;
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::query_parameter;
use crate::resource::query::describe::{QueryDescription, RequiredNote, describe_query};
use crate::resource::query::pagination::PageInfo;
use crate::resource::query::params::ListKey;
use crate::resource::query::params::ListRequest;
use crate::resource::read::attribution::attribution_lines;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::content_notes::content_notes_in_other_language;
use crate::resource::read::page::{self, Links};
use crate::resource::read::response::ResponseContext;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::text::fingerprint::Fingerprint;
use crate::videos::fields::VideoFields;
use crate::videos::resource::Videos;
use crate::videos::schema::SCHEMA;

/// List parameters that pages do not support.
pub(super) const EXCLUDED_PARAMS: &[&str] =
    &["fields", "include", "facets", "facet_limit", "highlights", "total", "status"];

/// Completes the OpenAPI document of the endpoint.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/embed/videos",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: false,
};

/// Names of the layouts; the first is the default.
pub(super) const LAYOUTS: [&str; 3] = ["grid", "list", "carousel"];

/// Layout of a list of videos.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListLayout {
    /// Responsive grid.
    Grid,
    /// Vertical list.
    List,
    /// Horizontal carousel.
    Carousel,
}

pub(super) fn openapi_parameters() -> Vec<Value> {
    vec![query_parameter(
        "layout",
        "Layout: responsive grid, vertical list, or horizontal carousel.",
        json!({"type": "string", "enum": LAYOUTS, "default": "grid"}),
        json!("carousel"),
    )]
}

/// Embed a list of videos
///
/// An HTML page for embedding in an iframe; takes every query of `/v1/videos`. Posters, titles and
/// content notes in the visitor's language link to the embed pages of the videos. It works without
/// JavaScript, sets no cookie and makes no third-party requests.
#[utoipa::path(operation_id = "embed_videos", tag = "Embeds", responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "Not modified."),
    (status = 400, description = "Invalid query parameters.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 414, description = "The URL is too long.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is overloaded or unavailable.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/videos")]
pub async fn embed_videos(context: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    match respond(&context, &request).await {
        Ok(response) => response,
        Err(problem) => html_shell::error_page(
            &problem,
            visitor_language(&request, &context),
            &context.settings,
        ),
    }
}

/// A video of a list.
pub(super) struct VideoCard {
    slug: String,
    language: String,
    title: String,
    content_note: Option<String>,
    duration_seconds: Option<i64>,
}

/// Loaded data of a list.
pub(super) struct LoadedList {
    /// The query as text.
    pub description: QueryDescription,
    /// The videos of this page.
    pub cards: Vec<VideoCard>,
    /// Position of the page.
    pub page_info: PageInfo,
}

#[derive(Serialize)]
struct PageKey<'a> {
    layout: &'a str,
    list: ListKey<'a>,
    embed_origins: &'a [String],
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (layout, query) = parse_page_query(request.query_string())?;
    let base = context.settings.base_url(request);
    let list_request = ListRequest::parse(
        &SCHEMA,
        &query,
        context.language_defaults(request),
        Visibility::Published,
    )?;
    let list_request = Arc::new(list_request.with_base_url(base.clone()));
    if list_request.language_preference.all_languages {
        return Err(Problem::invalid_parameter(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        ));
    }
    let etag_key = Fingerprint::of(&PageKey {
        layout,
        list: list_request.key(),
        embed_origins: &context.settings.embed_origins,
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: Visibility::Published,
        language_preference: list_request.language_preference.clone(),
        base_url: base,
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let (shared_request, shared_query) = (Arc::clone(&list_request), query.clone());
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let video_list =
                VideoListRequest { list_request: &shared_request, query: &shared_query };
            load_list(connection, read_context, &video_list, render_context)
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &list_request.language_preference);
    let (validators, LoadedList { description, cards, page_info: info }) = match found {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let links = page::page_links(context, request, &info);
    let mark = if query.is_empty() { "" } else { "?" };
    let plain = Links {
        self_url: format!("{}{}{mark}{query}", list_request.base_url, request.path()),
        ..links.clone()
    };
    let feeds = plain.with_alternates(&SCHEMA, request.path()).alternates;
    let page = VideoListPage {
        layout,
        ui_language: list_request.language_preference.ui_language,
        description,
        cards,
        links: Links { alternates: feeds, ..links },
        base_url: &list_request.base_url,
    };
    Ok(page.to_response(response_context, &validators))
}

/// Splits off the layout; rejects parameters that pages do not support.
pub(super) fn parse_page_query(query: &str) -> Result<(&'static str, String), Problem> {
    let (layout, rest) = split_layout(query);
    let rejected = present_params(query, EXCLUDED_PARAMS).into_iter().map(|name| {
        let detail =
            format!("`{name}` is not supported for pages. Supported: filters, `q`, `lang`, `sort`, `limit` and `layout`.");
        FieldError::parameter(name, "unknown_parameter", detail)
    });
    let errors: Vec<FieldError> =
        layout.as_ref().err().cloned().into_iter().chain(rejected).collect();
    match layout {
        Ok(layout) if errors.is_empty() => Ok((layout, rest)),
        _ => Err(Problem::invalid_parameters(errors)),
    }
}

/// Splits the layout from the rest of the query.
pub(super) fn split_layout(query: &str) -> (Result<&'static str, FieldError>, String) {
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
                layout = LAYOUTS
                    .iter()
                    .find(|layout_name| **layout_name == value)
                    .copied()
                    .ok_or_else(unknown);
            }
            _ => rest.push(pair),
        }
    }
    (layout, rest.join("&"))
}

/// A request for a list of videos.
pub(super) struct VideoListRequest<'a> {
    /// The list.
    pub list_request: &'a ListRequest,
    /// The query string that it was parsed from.
    pub query: &'a str,
}

/// Loads a page of a list.
pub(super) fn load_list(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    video_list: &VideoListRequest<'_>,
    render_context: &mut RenderContext,
) -> Result<LoadedList, Problem> {
    let VideoListRequest { list_request, query } = *video_list;
    let mut description = describe_query(connection, list_request, query, render_context)?;
    let cache = render_context.required_cache()?;
    let list = list_request.page_query(connection, &cache)?;
    let page = load_page::<Videos>(
        connection,
        list_request.page_params.page_of(&list),
        list_request.visibility,
        render_context,
    )?;
    let Some((slice, loaded)) = page else {
        return Err(Problem::invalid_parameter(
            "cursor",
            "invalid_cursor",
            "The cursor is not valid for this query.",
        ));
    };
    let notes = content_notes_in_other_language(connection, read_context, &loaded)?;
    let programmes: Vec<Id> = loaded
        .iter()
        .flat_map(|video| video.references_in("programme"))
        .map(|reference| reference.target_id)
        .collect();
    for text in attribution_lines(connection, read_context, programmes, render_context)? {
        let note = RequiredNote { label: None, text };
        if !description.notes.contains(&note) {
            description.notes.push(note);
        }
    }
    let cards = loaded.into_iter().filter_map(|video| to_card(video, &notes)).collect();
    Ok(LoadedList {
        description,
        cards,
        page_info: list_request.page_params.page_info(&slice, None),
    })
}

fn to_card(
    mut video: LoadedItem<VideoFields>,
    notes: &HashMap<RowId, (String, String)>,
) -> Option<VideoCard> {
    let chosen = video.take_selected_text()?;
    let elsewhere = || notes.get(&video.item.number).map(|(_, note)| note.clone());
    Some(VideoCard {
        language: chosen.language.as_str().to_owned(),
        title: chosen.text.title,
        content_note: chosen.text.content_note.or_else(elsewhere),
        duration_seconds: video.fields.duration_seconds,
        slug: video.item.slug,
    })
}

/// Content of the embed page of a list.
pub(super) struct VideoListPage<'a> {
    /// Layout of the videos.
    pub layout: &'static str,
    /// The language of the messages.
    pub ui_language: &'static str,
    /// Title and required notes.
    pub description: QueryDescription,
    /// The videos.
    pub cards: Vec<VideoCard>,
    /// This page, its neighbours and its feeds.
    pub links: Links,
    /// The base URL of this server.
    pub base_url: &'a str,
}

impl VideoListPage<'_> {
    /// The HTTP response.
    pub(super) fn to_response(
        &self,
        response_context: ResponseContext<'_>,
        validators: &CacheValidators,
    ) -> HttpResponse {
        let mut response = response_context.ok(validators);
        let discovery = OEmbedDiscovery::new(self.base_url, &self.links.self_url);
        let links: Vec<String> =
            std::iter::once(self.links.to_link_header()).chain(discovery.link_headers()).collect();
        response.insert_header((header::LINK, links.join(", ")));
        self.to_html_page(&discovery).to_response(&response_context.state.settings, response)
    }

    fn to_html_page(&self, discovery: &OEmbedDiscovery) -> HtmlPage {
        let localized = |message: Message| message.localize(self.ui_language);
        let (description, links) = (&self.description, &self.links);
        let head = html! {
            @for (feed, media_type) in &links.alternates { link rel="alternate" type=(*media_type) href=(feed) title=(description.title); }
            (discovery.render_head(&description.title))
            meta name="robots" content="noindex";
        };
        let body = html! {
            div.text {
                h1 { (description.title) }
                @if self.cards.is_empty() { p { (localized(Message::NothingFound)) } }
            }
            ul class=(format!("cards {}", self.layout)) { @for card in &self.cards { li { (render_card(card, self.ui_language, self.base_url)) } } }
            @if links.next.is_some() || links.prev.is_some() {
                nav.text aria-label=(localized(Message::Pages)) {
                    @if let Some(prev) = &links.prev { a rel="prev" href=(prev) { (localized(Message::PreviousPage)) } " " }
                    @if let Some(next) = &links.next { a rel="next" href=(next) { (localized(Message::NextPage)) } }
                }
            }
            @if !description.notes.is_empty() { div.text { @for note in &description.notes { p.muted { (note.to_text()) } } } }
        };
        HtmlPage {
            language: self.ui_language.to_owned(),
            title: description.title.clone(),
            head,
            body,
            media_origins: BTreeSet::new(),
            frame_origins: BTreeSet::new(),
            is_builder: false,
            style: None,
        }
    }
}

fn render_card(card: &VideoCard, ui_language: &'static str, base_url: &str) -> Markup {
    let (width, height) = poster::SIZE;
    html! {
        a href=(format!("{base_url}/embed/videos/{}?lang={ui_language}", card.slug)) lang=[(card.language != ui_language).then_some(&card.language)] {
            img src=(format!("{base_url}/v1/videos/{}/poster.svg?lang={}", card.slug, card.language)) alt="" width=(width) height=(height) loading="lazy";
            span.title { (card.title) }
        }
        @if let Some(seconds) = card.duration_seconds { " " span.muted { (html_shell::format_timecode(seconds)) } }
        @if let Some(note) = &card.content_note { p.muted { strong { (Message::ContentNote.localize(ui_language)) ":" } " " (note) } }
    }
}

//! `/embed`: where a webmaster picks videos, sees how they will look, and copies the code or the
//! feed's address.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::list::{self, LAYOUTS, WITHOUT, split};
use super::page::{self, Page, language_of};
use crate::http::conditional::{ConditionalGet, Freshness};
use crate::http::keys::Visibility;
use crate::http::language::accept_language;
use crate::http::layer::StatementCount;
use crate::http::params::percent_decode;
use crate::http::problem::Problem;
use crate::phrases::{LANGUAGES, Phrase};
use crate::places::Places;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::document::Listing;
use crate::resource::facets::MAX_FACET_LIMIT;
use crate::resource::list::{DEFAULT_LIMIT, Links, MAX_LIMIT, in_address};
use crate::resource::query::ListRequest;
use crate::resource::read::{OfCatalogue, read_of_catalogue};
use crate::resource::shown::Shown;
use crate::resource::snippets;
use crate::resource::told::tell;
use crate::text::language::Language;
use crate::text::language_names;
use crate::videos::model::SPEC;

/// What the document says of it, beside what the handler does.
pub const DECLARED: Listing = Listing {
    path: "/embed",
    spec: &SPEC,
    without: WITHOUT,
    own: list::parameters,
    needs_query: false,
};

/// The filters that are picked from lists.
const PICKED: [(&str, Phrase); 4] = [
    ("country", Phrase::Country),
    ("topic", Phrase::Topic),
    ("programme", Phrase::Programme),
    ("caption_language", Phrase::Captions),
];

/// Those that the form has a field for.
const FIELDS: [&str; 9] =
    ["q", "country", "topic", "programme", "caption_language", "sort", "limit", "layout", "lang"];

/// Pick what to embed
///
/// A page for webmasters: filters, the list as it will look, and what to paste: a frame, a web
/// component, the addresses of feeds and of oEmbed. Takes every query of `/embed/videos`; `lang` is
/// the language of what is embedded, the page itself follows `Accept-Language`.
#[utoipa::path(operation_id = "embed_tool", tag = "Embeds", responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "The address is not understood.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 414, description = "The address is too long.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is busy or away.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed")]
pub async fn embed_tool(context: web::Data<Context>, request: HttpRequest) -> HttpResponse {
    match answer(&context, &request).await {
        Ok(response) => response,
        Err(problem) => page::problem(&problem, language_of(&request, &context), &context.settings),
    }
}

async fn answer(
    context: &web::Data<Context>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let picked = Picked::read(request.query_string());
    let (_, whole) = split(&picked.query(&[]))?;
    // What is embedded must be understood as it will be asked for.
    let embedded = ListRequest::parse(
        &SPEC,
        &whole,
        accept_language(request),
        &context.fallback,
        Visibility::Published,
    )?
    .wish;
    if embedded.all_languages {
        return Err(Problem::invalid_parameter(
            "lang",
            "invalid_language",
            "A page is in one language: name it, or leave `lang` out.",
        ));
    }
    let base = context.settings.base_url(request);
    let counted = PICKED.map(|(name, _)| name).join(",");
    let query = picked.query(&["lang", "layout"]);
    let with_facets = format!("{query}&facets={counted}&facet_limit={MAX_FACET_LIMIT}");
    let wanted = Arc::new(ListRequest::parse(
        &SPEC,
        &with_facets,
        accept_language(request),
        &context.fallback,
        Visibility::Published,
    )?);
    let identity = format!(
        "embed tool\n{}\n{}\n{:?}",
        request.query_string(),
        wanted.identity,
        context.settings.embed_origins
    );
    let (shared, inner, condition, at) = (
        Arc::clone(&wanted),
        context.clone().into_inner(),
        ConditionalGet::from_request(request),
        base.clone(),
    );
    let done = context
        .read(Visibility::Published, move |connection| {
            let of = OfCatalogue {
                identity: &identity,
                wish: &shared.wish,
                base: &at,
                also_changed_at: None,
                condition: &condition,
            };
            read_of_catalogue(connection, &inner, &of, |connection, revisions, shown| {
                let facets = inner.facets.of(connection, (&SPEC, &shared), revisions, shown)?;
                let mut as_embedded =
                    Shown::new(embedded.clone(), Arc::clone(&shown.places), shown.memory()).at(&at);
                Ok((
                    tell(connection, &SPEC, &query, Visibility::Published, &mut as_embedded)?.title,
                    facets,
                ))
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    let (validators, (title, facets)) = match done.value {
        Freshness::Fresh(validators, read) => (validators, read),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(
                context,
                Visibility::Published,
                &wanted.wish,
                &validators,
            ));
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    answer::caching(&mut response, context, Visibility::Published, &wanted.wish);
    answer::validate(&mut response, &validators);
    let tool = Tool {
        words: wanted.wish.ui_language,
        picked: &picked,
        title,
        facets,
        base: &base,
        places: &context.places,
    };
    Ok(tool.page().answer(&context.settings, response))
}

/// What is picked: names and values as they stand in the address. Fields of the form that are left
/// empty pick nothing.
struct Picked<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Picked<'a> {
    fn read(query: &'a str) -> Self {
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let standard =
            [("layout", LAYOUTS.first().copied().unwrap_or_default()), ("sort", "-published_at")];
        let says = |(name, value): &(&str, &str)| {
            let is_left_empty = value.is_empty() && FIELDS.contains(name);
            !name.is_empty()
                && !is_left_empty
                && !matches!(*name, "cursor" | "offset")
                && !standard.contains(&(*name, *value))
        };
        Self(pairs.filter(says).collect())
    }

    /// As a query, without these.
    fn query(&self, without: &[&str]) -> String {
        let kept = self.0.iter().filter(|(name, _)| !without.contains(name));
        kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    /// A value, decoded.
    fn value(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(given, _)| *given == name).and_then(|(_, value)| percent_decode(value))
    }
}

struct Tool<'a> {
    words: &'static str,
    picked: &'a Picked<'a>,
    title: String,
    facets: Map<String, Value>,
    base: &'a str,
    places: &'a Places,
}

impl Tool<'_> {
    fn say(&self, phrase: Phrase) -> &'static str {
        phrase.in_language(self.words)
    }

    fn page(&self) -> Page {
        let heading = self.say(Phrase::PutOnYourSite);
        let body = html! {
            div.text { h1 { (heading) } (self.form()) }
            (self.result())
            div.text {
                p.soft #copied role="status" {}
                @for footnote in self.footnotes() { p.soft { "* " (footnote) } }
            }
        };
        let head = html! {
            link rel="alternate" type="text/x-opml" href=(format!("{}/feeds/saved-queries.opml", self.base)) title=(self.say(Phrase::SavedQueries));
            meta name="robots" content="noindex";
        };
        let frames = BTreeSet::from(["'self'"]);
        Page {
            language: self.words.to_owned(),
            title: heading.to_owned(),
            head,
            body,
            media: BTreeSet::new(),
            frames,
            is_tool: true,
            chart: None,
        }
    }

    fn form(&self) -> Markup {
        let value = |name: &str| self.picked.value(name).unwrap_or_default();
        let sorts = [("", self.say(Phrase::NewestFirst)), ("title", self.say(Phrase::Title))];
        let layouts = LAYOUTS.map(|layout| {
            let phrase = match layout {
                "list" => Phrase::List,
                "carousel" => Phrase::Carousel,
                _ => Phrase::Grid,
            };
            (layout, self.say(phrase))
        });
        let languages: Vec<(&str, String)> = LANGUAGES
            .map(|tag| (tag, language_names::name(&Language::stored(tag), self.words)))
            .into();
        html! {
            form method="get" action=(format!("{}/embed", self.base)) {
                @for (name, value) in self.picked.0.iter().filter(|(name, _)| !FIELDS.contains(name)) {
                    input type="hidden" name=(name) value=(percent_decode(value).unwrap_or_default());
                }
                div { label for="q" { (self.say(Phrase::Search)) } input #q type="search" name="q" value=(value("q")) maxlength="500"; }
                @for (name, phrase) in PICKED { (self.choice(name, phrase, &[("", self.say(Phrase::All).to_owned())], &self.counted(name))) }
                (self.choice("sort", Phrase::Order, &[], &sorts.map(|(value, text)| (value, text.to_owned()))))
                div {
                    label for="limit" { (self.say(Phrase::HowMany)) }
                    input #limit type="number" name="limit" min="1" max=(MAX_LIMIT) placeholder=(DEFAULT_LIMIT) value=(value("limit"));
                }
                (self.choice("layout", Phrase::Layout, &[], &layouts.map(|(value, text)| (value, text.to_owned()))))
                (self.choice("lang", Phrase::PageLanguage, &[("", self.say(Phrase::VisitorsLanguage).to_owned())], &languages))
                div { button type="submit" { (self.say(Phrase::Show)) } }
            }
        }
    }

    /// The values of a filter that videos have, with how many.
    fn counted(&self, name: &str) -> Vec<(&str, String)> {
        let values = self.facets.get(name).and_then(Value::as_array).into_iter().flatten();
        let counted = values.filter_map(|value| {
            let text = |name: &str| value.get(name).and_then(Value::as_str);
            let mark =
                if name == "country" && self.footnote(text("value")?).is_some() { "*" } else { "" };
            Some((text("value")?, format!("{}{mark} ({})", text("label")?, value.get("count")?)))
        });
        counted.collect()
    }

    /// What must be said where a country is named.
    fn footnote(&self, country: &str) -> Option<String> {
        self.places.country(country, self.words)?.footnote
    }

    fn footnotes(&self) -> Vec<String> {
        self.counted("country").iter().filter_map(|(code, _)| self.footnote(code)).collect()
    }

    /// A field to choose in; what is chosen stays even if no video has it.
    fn choice(
        &self,
        name: &str,
        phrase: Phrase,
        first: &[(&str, String)],
        values: &[(&str, String)],
    ) -> Markup {
        let chosen = self.picked.value(name).unwrap_or_default();
        let is_there = |(value, _): &(&str, String)| *value == chosen;
        let is_other = !chosen.is_empty() && !first.iter().chain(values).any(is_there);
        html! {
            div {
                label for=(name) { (self.say(phrase)) }
                select id=(name) name=(name) {
                    @for (value, text) in first.iter().chain(values) { option value=(value) selected[*value == chosen] { (text) } }
                    @if is_other { option value=(chosen) selected { (chosen) } }
                }
            }
        }
    }

    fn result(&self) -> Markup {
        let query = in_address(&self.picked.query(&[]));
        let mark = if query.is_empty() { "" } else { "?" };
        let page = format!("{}/embed/videos{mark}{query}", self.base);
        let size = (snippets::WIDTH, snippets::height(snippets::WIDTH));
        let (layout, lang) = (self.picked.value("layout"), self.picked.value("lang"));
        let asked = in_address(&self.picked.query(&["layout", "lang"]));
        let component = snippets::videos(
            self.base,
            (&asked, layout.as_deref(), lang.as_deref()),
            (&page, &self.title),
        );
        let this = Links { this: page.clone(), next: None, prev: None, feeds: Vec::new() };
        let without_layout = in_address(&self.picked.query(&["layout"]));
        let feeds = Links { this: format!("{}/embed/videos?{without_layout}", self.base), ..this }
            .with_feeds(&SPEC, "/embed/videos")
            .feeds;
        let name = |media_type: &str| match media_type {
            "application/rss+xml" => "RSS",
            "application/atom+xml" => "Atom",
            _ => "JSON Feed",
        };
        html! {
            section #result.text {
                h2 { (self.say(Phrase::Preview)) ": " (self.title) }
                iframe.preview src=(page) title=(self.title) {}
                h2 { label for="frame" { (self.say(Phrase::FrameCode)) } }
                (self.paste("frame", &snippets::frame(&page, size, &self.title)))
                h2 { label for="component" { (self.say(Phrase::ComponentCode)) } }
                (self.paste("component", &component))
                h2 { (self.say(Phrase::Addresses)) }
                @for (feed, media_type) in &feeds { (self.address(name(media_type), feed)) }
                (self.address("oEmbed", &snippets::oembed(self.base, &page)))
            }
        }
    }

    fn paste(&self, id: &str, text: &str) -> Markup {
        html! {
            div.paste {
                textarea id=(id) readonly rows="4" { (text) }
                (self.copy(id))
            }
        }
    }

    fn address(&self, name: &str, address: &str) -> Markup {
        let id = name.to_ascii_lowercase().replace(' ', "-");
        html! {
            div.paste {
                label for=(id) { (name) }
                input id=(id) type="url" readonly value=(address);
                (self.copy(&id))
            }
        }
    }

    /// What copies a field; only where there are scripts.
    fn copy(&self, id: &str) -> Markup {
        html! {
            button type="button" hidden data-copy=(id) data-copied=(self.say(Phrase::Copied)) { (self.say(Phrase::Copy)) }
        }
    }
}

//! `/embed`: the embed builder, a form with a preview, embed code and feed URLs.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::ReadCost;
use crate::embed::html_shell::{self, HtmlPage, visitor_language};
use crate::embed::video_list_page::{self, EXCLUDED_PARAMS, LAYOUTS, parse_page_query};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::problem::Problem;
use crate::http::query_params::percent_decode;
use crate::i18n::country_names::CountryNames;
use crate::i18n::language_names;
use crate::i18n::messages::MESSAGE_LANGUAGES;
use crate::i18n::messages::Message;
use crate::resource::openapi::ListEndpoint;
use crate::resource::query::describe::describe_query;
use crate::resource::query::facet_params::MAX_FACET_LIMIT;
use crate::resource::query::pagination::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::resource::query::params::ListKey;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::facets::compute_facets;
use crate::resource::read::page::{Links, encode_query};
use crate::resource::read::response::ResponseContext;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::embed_code;
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;
use crate::videos::schema::SCHEMA;

/// Completes the OpenAPI document of the endpoint.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/embed",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: video_list_page::openapi_parameters,
    requires_query: false,
};

/// Filters with a select field.
const SELECT_FILTERS: [(&str, Message); 4] = [
    ("country", Message::Country),
    ("topic", Message::Topic),
    ("programme", Message::Programme),
    ("caption_language", Message::Captions),
];

/// Parameters with a form field.
const FORM_FIELDS: [&str; 9] =
    ["q", "country", "topic", "programme", "caption_language", "sort", "limit", "layout", "lang"];

/// Build embed code
///
/// An HTML page for webmasters: filters, a preview of the list, and the code to paste: an iframe, a
/// web component, and the URLs of feeds and oEmbed. Takes every query of `/embed/videos`. `lang` is
/// the language of the embedded list; the page itself follows `Accept-Language`.
#[utoipa::path(operation_id = "get_embed_builder", tag = "Embeds", responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "Not modified."),
    (status = 400, description = "Invalid query parameters.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 414, description = "The URL is too long.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is overloaded or unavailable.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed")]
pub async fn embed_builder(context: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    match respond(&context, &request).await {
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
) -> Result<HttpResponse, Problem> {
    let selection = Selection::parse(request.query_string());
    let (_, list_query) = parse_page_query(&selection.to_query(&[]))?;
    // Validates the query of the embedded list.
    let embed_preference = ListRequest::parse(
        &SCHEMA,
        &list_query,
        context.language_defaults(request),
        Visibility::Published,
    )?
    .language_preference;
    if embed_preference.all_languages {
        return Err(Problem::invalid_parameter(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        ));
    }
    let base = context.settings.base_url(request);
    let facet_names = SELECT_FILTERS.map(|(name, _)| name).join(",");
    let query = selection.to_query(&["lang", "layout"]);
    let with_facets = format!("{query}&facets={facet_names}&facet_limit={MAX_FACET_LIMIT}");
    let list_request = Arc::new(ListRequest::parse(
        &SCHEMA,
        &with_facets,
        context.language_defaults(request),
        Visibility::Published,
    )?);
    let etag_key = Fingerprint::of(&BuilderKey {
        query: request.query_string(),
        list: list_request.key(),
        embed_origins: &context.settings.embed_origins,
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: Visibility::Published,
        language_preference: list_request.language_preference.clone(),
        base_url: base.clone(),
        cost: ReadCost::Light,
        also_changed_at: None,
    };
    let shared_request = Arc::clone(&list_request);
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let facets = compute_facets(connection, read_context, &shared_request, render_context)?;
            let mut embed_context = RenderContext::new(
                embed_preference.clone(),
                Arc::clone(&render_context.country_names),
                render_context.cache(),
            )
            .with_base_url(&render_context.base_url);
            let description =
                describe_query(connection, &shared_request, &query, &mut embed_context)?;
            Ok((description.title, facets))
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &list_request.language_preference);
    let (validators, (title, facets)) = match found {
        Freshness::Fresh(validators, read) => (validators, read),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let response = response_context.ok(&validators);
    let builder = EmbedBuilder {
        ui_language: list_request.language_preference.ui_language,
        selection: &selection,
        title,
        facets,
        base_url: &base,
        country_names: &context.country_names,
    };
    Ok(builder.to_html_page().to_response(&context.settings, response))
}

#[derive(Serialize)]
struct BuilderKey<'a> {
    query: &'a str,
    list: ListKey<'a>,
    embed_origins: &'a [String],
}

/// The selected parameters, percent-encoded as in the URL, without empty form fields and defaults.
struct Selection<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Selection<'a> {
    fn parse(query: &'a str) -> Self {
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let defaults =
            [("layout", LAYOUTS.first().copied().unwrap_or_default()), ("sort", "-published_at")];
        let is_selected = |(name, value): &(&str, &str)| {
            let is_left_empty = value.is_empty() && FORM_FIELDS.contains(name);
            !name.is_empty()
                && !is_left_empty
                && !matches!(*name, "cursor" | "offset")
                && !defaults.contains(&(*name, *value))
        };
        Self(pairs.filter(is_selected).collect())
    }

    /// The selection as a query string without some parameters.
    fn to_query(&self, excluded: &[&str]) -> String {
        let remaining = self.0.iter().filter(|(name, _)| !excluded.contains(name));
        remaining.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    /// The decoded value of a parameter.
    fn value(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(given, _)| *given == name).and_then(|(_, value)| percent_decode(value))
    }
}

struct EmbedBuilder<'a> {
    ui_language: &'static str,
    selection: &'a Selection<'a>,
    title: String,
    facets: Map<String, Value>,
    base_url: &'a str,
    country_names: &'a CountryNames,
}

impl EmbedBuilder<'_> {
    fn message(&self, phrase: Message) -> &'static str {
        phrase.localize(self.ui_language)
    }

    fn to_html_page(&self) -> HtmlPage {
        let heading = self.message(Message::EmbedOnYourSite);
        let body = html! {
            div.text { h1 { (heading) } (self.render_form()) }
            (self.render_result())
            div.text {
                p.muted #copy-status role="status" {}
                @for footnote in self.country_footnotes() { p.muted { "* " (footnote) } }
            }
        };
        let head = html! {
            link rel="alternate" type="text/x-opml" href=(format!("{}/feeds/saved-queries.opml", self.base_url)) title=(self.message(Message::SavedQueries));
            meta name="robots" content="noindex";
        };
        let frames = BTreeSet::from(["'self'"]);
        HtmlPage {
            language: self.ui_language.to_owned(),
            title: heading.to_owned(),
            head,
            body,
            media_origins: BTreeSet::new(),
            frame_origins: frames,
            is_builder: true,
            style: None,
        }
    }

    fn render_form(&self) -> Markup {
        let value = |name: &str| self.selection.value(name).unwrap_or_default();
        let sorts =
            [("", self.message(Message::NewestFirst)), ("title", self.message(Message::Title))];
        let layouts = LAYOUTS.map(|layout| {
            let phrase = match layout {
                "list" => Message::List,
                "carousel" => Message::Carousel,
                _ => Message::Grid,
            };
            (layout, self.message(phrase))
        });
        let languages: Vec<(&str, String)> = MESSAGE_LANGUAGES
            .map(|tag| {
                (
                    tag,
                    language_names::display_name(&Language::from_canonical(tag), self.ui_language),
                )
            })
            .into();
        html! {
            form method="get" action=(format!("{}/embed", self.base_url)) {
                @for (name, value) in self.selection.0.iter().filter(|(name, _)| !FORM_FIELDS.contains(name)) {
                    input type="hidden" name=(name) value=(percent_decode(value).unwrap_or_default());
                }
                div { label for="q" { (self.message(Message::Search)) } input #q type="search" name="q" value=(value("q")) maxlength="500"; }
                @for (name, phrase) in SELECT_FILTERS { (self.render_select(name, phrase, &[("", self.message(Message::All).to_owned())], &self.options_with_counts(name))) }
                (self.render_select("sort", Message::Order, &[], &sorts.map(|(value, text)| (value, text.to_owned()))))
                div {
                    label for="limit" { (self.message(Message::ItemCount)) }
                    input #limit type="number" name="limit" min="1" max=(MAX_LIMIT) placeholder=(DEFAULT_LIMIT) value=(value("limit"));
                }
                (self.render_select("layout", Message::Layout, &[], &layouts.map(|(value, text)| (value, text.to_owned()))))
                (self.render_select("lang", Message::PageLanguage, &[("", self.message(Message::VisitorsLanguage).to_owned())], &languages))
                div { button type="submit" { (self.message(Message::Show)) } }
            }
        }
    }

    /// The values of a filter with the number of videos.
    fn options_with_counts(&self, name: &str) -> Vec<(&str, String)> {
        let values = self.facets.get(name).and_then(Value::as_array).into_iter().flatten();
        let counted = values.filter_map(|value| {
            let text = |name: &str| value.get(name).and_then(Value::as_str);
            let mark = if name == "country" && self.country_footnote(text("value")?).is_some() {
                "*"
            } else {
                ""
            };
            Some((text("value")?, format!("{}{mark} ({})", text("label")?, value.get("count")?)))
        });
        counted.collect()
    }

    /// The required footnote of a country.
    fn country_footnote(&self, country: &str) -> Option<String> {
        self.country_names.country_reference(country, self.ui_language)?.footnote
    }

    fn country_footnotes(&self) -> Vec<String> {
        self.options_with_counts("country")
            .iter()
            .filter_map(|(code, _)| self.country_footnote(code))
            .collect()
    }

    /// A select field; the selected value remains even if no video has it.
    fn render_select(
        &self,
        name: &str,
        phrase: Message,
        first: &[(&str, String)],
        values: &[(&str, String)],
    ) -> Markup {
        let chosen = self.selection.value(name).unwrap_or_default();
        let is_chosen = |(value, _): &(&str, String)| *value == chosen;
        let is_other = !chosen.is_empty() && !first.iter().chain(values).any(is_chosen);
        html! {
            div {
                label for=(name) { (self.message(phrase)) }
                select id=(name) name=(name) {
                    @for (value, text) in first.iter().chain(values) { option value=(value) selected[*value == chosen] { (text) } }
                    @if is_other { option value=(chosen) selected { (chosen) } }
                }
            }
        }
    }

    fn render_result(&self) -> Markup {
        let query = encode_query(&self.selection.to_query(&[]));
        let mark = if query.is_empty() { "" } else { "?" };
        let page = format!("{}/embed/videos{mark}{query}", self.base_url);
        let size = embed_code::FrameSize::with_width(embed_code::DEFAULT_WIDTH);
        let (layout, lang) = (self.selection.value("layout"), self.selection.value("lang"));
        let component_query = encode_query(&self.selection.to_query(&["layout", "lang"]));
        let component = embed_code::list_component_html(&embed_code::ListComponent {
            base_url: self.base_url,
            query: &component_query,
            layout: layout.as_deref(),
            language: lang.as_deref(),
            page: &page,
            title: &self.title,
        });
        let this = Links { self_url: page.clone(), next: None, prev: None, alternates: Vec::new() };
        let without_layout = encode_query(&self.selection.to_query(&["layout"]));
        let feeds =
            Links { self_url: format!("{}/embed/videos?{without_layout}", self.base_url), ..this }
                .with_alternates(&SCHEMA, "/embed/videos")
                .alternates;
        let name = |media_type: &str| match media_type {
            "application/rss+xml" => "RSS",
            "application/atom+xml" => "Atom",
            _ => "JSON Feed",
        };
        html! {
            section #result.text {
                h2 { (self.message(Message::Preview)) ": " (self.title) }
                iframe.preview src=(page) title=(self.title) {}
                h2 { label for="frame" { (self.message(Message::IframeCode)) } }
                (self.render_code_field("frame", &embed_code::iframe_html(&page, size, &self.title)))
                h2 { label for="component" { (self.message(Message::WebComponentCode)) } }
                (self.render_code_field("component", &component))
                h2 { (self.message(Message::Urls)) }
                @for (feed, media_type) in &feeds { (self.render_url_field(name(media_type), feed)) }
                (self.render_url_field("oEmbed", &embed_code::oembed_url(self.base_url, &page)))
            }
        }
    }

    fn render_code_field(&self, id: &str, text: &str) -> Markup {
        html! {
            div.code-field {
                textarea id=(id) readonly rows="4" { (text) }
                (self.render_copy_button(id))
            }
        }
    }

    fn render_url_field(&self, name: &str, address: &str) -> Markup {
        let id = name.to_ascii_lowercase().replace(' ', "-");
        html! {
            div.code-field {
                label for=(id) { (name) }
                input id=(id) type="url" readonly value=(address);
                (self.render_copy_button(&id))
            }
        }
    }

    /// The button that copies a field; the script reveals it.
    fn render_copy_button(&self, id: &str) -> Markup {
        html! {
            button type="button" hidden data-copy=(id) data-copied=(self.message(Message::Copied)) { (self.message(Message::Copy)) }
        }
    }
}

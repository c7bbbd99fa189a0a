//! `/embed/impact-statistics/{statistic}`: the embed page of an impact statistic.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::Value;

use crate::embed::html_shell::{self, HtmlPage};
use crate::embed::load_item::{self, ItemRequest, Located, load_programme};
use crate::embed::oembed_discovery::OEmbedDiscovery;
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::i18n::country_names::CountryReference;
use crate::i18n::dates::format_date_range;
use crate::i18n::messages::Message;
use crate::impact::display_value::format_plain_value;
use crate::impact::fields::{
    Baseline, Disaggregation, Document, Quote, SourceDocument, StatisticFields, Target,
};
use crate::impact::resource::ImpactStatistics;
use crate::resource::model::item::{LoadedItem, Reference};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;
use crate::text::fingerprint::Fingerprint;

/// Maximum length of the description in the head, in characters.
const MAX_DESCRIPTION_CHARS: usize = 300;

/// Embed an impact statistic
///
/// An HTML page for embedding in an iframe that shows the formatted value ("More than 500 …") in the
/// visitor's language with label, period, baseline, target, source, videos and attribution. It works
/// without JavaScript, sets no cookie and makes no third-party requests. Errors are HTML pages.
#[utoipa::path(operation_id = "embed_impact_statistic", tag = "Embeds", params(
    ("impact_statistic" = String, Path, description = "Id or slug.", example = "civil-society-at-the-istanbul-forum"),
    ("lang" = Option<String>, Query, description = "Language of the page (BCP 47); without it `Accept-Language` decides.", example = "sr-Cyrl"),
), responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "Not modified."),
    (status = 308, description = "Moved permanently: the slug was renamed."),
    (status = 400, description = "Invalid query parameters.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 404, description = "Statistic not found.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 410, description = "The statistic has been removed.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is overloaded or unavailable.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/impact-statistics/{impact_statistic}")]
pub async fn embed_impact_statistic(
    context: web::Data<AppState>,
    request: HttpRequest,
    id_or_slug: web::Path<String>,
) -> HttpResponse {
    match respond(&context, &request, id_or_slug.into_inner()).await {
        Ok(response) => response,
        Err(problem) => html_shell::error_page(
            &problem,
            html_shell::visitor_language(&request, &context),
            &context.settings,
        ),
    }
}

#[derive(Serialize)]
struct StatisticPageKey<'a> {
    urls: &'a PublicUrls,
    embed_origins: &'a [String],
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    id_or_slug: String,
) -> Result<HttpResponse, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let language_preference =
        LanguagePreference::parse(&mut params, context.language_defaults(request));
    if language_preference.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "`lang=all` is not supported here; give one language or omit `lang`.",
        );
    }
    params.finish()?;
    let urls = PublicUrls::new(&context.settings, &context.settings.base_url(request));
    let etag_key = Fingerprint::of(&StatisticPageKey {
        urls: &urls,
        embed_origins: &context.settings.embed_origins,
    });
    let item_request = ItemRequest {
        id_or_slug,
        visibility: Visibility::Published,
        language_preference: &language_preference,
        etag_key,
        with_extras: false,
        accept_former_slug: false,
    };
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, found) = match load_item::load_item::<ImpactStatistics, _>(
        context,
        request,
        item_request,
        move |connection, read_context, loaded, render_context| {
            let programme = load_programme(connection, read_context, &loaded, render_context)?;
            Ok(StatisticPage::new(loaded, programme.as_ref(), &urls, render_context))
        },
    )
    .await?
    {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    match found {
        Located::Moved(slug) => Ok(load_item::permanent_redirect(
            context,
            request,
            &format!("/embed/impact-statistics/{slug}"),
        )),
        Located::Found(page) => {
            let mut response = response_context.ok(&validators);
            response.insert_header((header::LINK, page.discovery.link_headers().join(", ")));
            Ok(page.to_html_page().to_response(&context.settings, response))
        }
    }
}

/// Content of the embed page of an impact statistic.
struct StatisticPage {
    /// The language of the messages.
    ui_language: &'static str,
    language: String,
    /// The formatted value; `None` for qualitative statistics.
    display_value: Option<String>,
    label: String,
    /// Value and label.
    title: String,
    description: Option<String>,
    /// Name and value of each detail.
    details: Vec<(String, String)>,
    source: Option<SourceDocument>,
    evidence: Vec<EvidenceVideo>,
    documents: Vec<Document>,
    countries: Vec<CountryReference>,
    /// Titles of programme and partner.
    programme_and_partner: Vec<String>,
    attribution: Vec<String>,
    /// The page on the publisher's own site.
    public_url: Option<String>,
    /// This page without query.
    canonical_url: String,
    discovery: OEmbedDiscovery,
}

/// A video that is evidence of the statistic.
struct EvidenceVideo {
    title: String,
    url: String,
    /// Start of the passage, in seconds.
    start_seconds: Option<i64>,
    /// The quoted words and their language.
    quote: Option<Quote>,
}

impl StatisticPage {
    fn new(
        mut loaded: LoadedItem<StatisticFields>,
        programme: Option<&Value>,
        urls: &PublicUrls,
        render_context: &RenderContext,
    ) -> Self {
        let ui_language = render_context.language_preference.ui_language;
        let lang = html_shell::lang_query(&render_context.language_preference);
        let with_query = |page: &str, query: &[&str]| {
            let query: Vec<&str> = query.iter().copied().filter(|part| !part.is_empty()).collect();
            if query.is_empty() { page.to_owned() } else { format!("{page}?{}", query.join("&")) }
        };
        let slug = loaded.item.slug.clone();
        let (language, label, text) = match loaded.take_selected_text() {
            Some(chosen) => {
                (chosen.language.as_str().to_owned(), chosen.text.title, chosen.text.description)
            }
            None => (ui_language.to_owned(), String::new(), None),
        };
        let field = |name: &str| {
            programme
                .and_then(|programme| programme.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let fields = &loaded.fields;
        let countries = render_context.countries(&fields.countries);
        let footnotes = countries
            .iter()
            .filter_map(|country| Some(format!("* {}", country.footnote.as_ref()?)));
        let quotes: Vec<Option<Quote>> = fields.quotes.unpack();
        let evidence = |(index, reference): (usize, &Reference)| {
            let video = render_context.short_reference(&reference.target_id)?;
            let second = reference.start_ms.map(|milliseconds| milliseconds / 1_000);
            let start = second.map(|second| format!("start={second}")).unwrap_or_default();
            let address = with_query(
                &urls.own_url(&format!("/embed/videos/{}", video.slug)),
                &[&lang, &start],
            );
            Some(EvidenceVideo {
                title: video.title,
                url: address,
                start_seconds: second,
                quote: quotes.get(index).cloned().flatten(),
            })
        };
        let partner = loaded
            .references_in("partner")
            .find_map(|reference| render_context.short_reference(&reference.target_id))
            .map(|partner| partner.title);
        let page_url = urls.own_url(&format!("/embed/impact-statistics/{slug}"));
        Self {
            ui_language,
            display_value: fields.format_value(ui_language),
            title: fields.title(&label, ui_language),
            description: text,
            details: detail_rows(fields, ui_language),
            source: fields.source.unpack(),
            documents: fields.documents.unpack(),
            evidence: loaded.references_in("evidence").enumerate().filter_map(evidence).collect(),
            programme_and_partner: field("title").into_iter().chain(partner).collect(),
            attribution: field("credit_line")
                .into_iter()
                .chain(field("disclaimer"))
                .chain(footnotes)
                .collect(),
            public_url: urls.external_url(
                ResourceKind::IMPACT_STATISTIC,
                loaded.item.id,
                &slug,
                &language,
            ),
            discovery: OEmbedDiscovery::new(&urls.own_url(""), &with_query(&page_url, &[&lang])),
            countries,
            language,
            label,
            canonical_url: page_url,
        }
    }

    fn to_html_page(&self) -> HtmlPage {
        let text: String = self
            .description
            .as_deref()
            .unwrap_or_default()
            .chars()
            .take(MAX_DESCRIPTION_CHARS)
            .collect();
        let head = html! {
            link rel="canonical" href=(self.canonical_url);
            (self.discovery.render_head(&self.title))
            meta name="description" content=(text);
            meta property="og:type" content="website";
            meta property="og:title" content=(self.title);
            meta property="og:description" content=(text);
            meta property="og:url" content=(self.public_url.as_ref().unwrap_or(&self.canonical_url));
            meta property="og:locale" content=(self.language.replace('-', "_"));
            meta name="twitter:card" content="summary";
        };
        HtmlPage {
            head,
            body: self.render_body(),
            ..HtmlPage::message(&self.language, &self.title)
        }
    }

    fn render_body(&self) -> Markup {
        // Messages may be in another language than the label.
        let message_lang = (self.ui_language != self.language).then_some(self.ui_language);
        let localized = |message: Message| message.localize(self.ui_language);
        html! {
            div.text {
                h1.statement {
                    @if let Some(figure) = &self.display_value { span.value lang=[message_lang] { (figure) } " " }
                    @if let Some(about) = &self.public_url { a href=(about) target="_blank" rel="noopener" { (self.label) } } @else { (self.label) }
                }
                @if let Some(text) = &self.description { p { (text) } }
                @if !self.details.is_empty() || self.source.is_some() {
                    dl.details lang=[message_lang] {
                        @for (name, value) in &self.details { div { dt { (name) } dd { (value) } } }
                        @if let Some(source) = &self.source { div { dt { (localized(Message::Source)) } dd { (render_source(source)) } } }
                    }
                }
                @if !self.evidence.is_empty() {
                    h2 lang=[message_lang] { (localized(Message::Videos)) }
                    ul {
                        @for video in &self.evidence {
                            li {
                                a href=(video.url) { (video.title) }
                                @if let Some(second) = video.start_seconds { " " span.muted { (html_shell::format_timecode(second)) } }
                                @if let Some(quote) = &video.quote { " " q lang=[quote.language.as_ref()] { (quote.text) } }
                            }
                        }
                    }
                }
                @if !self.documents.is_empty() {
                    h2 lang=[message_lang] { (localized(Message::Documents)) }
                    ul {
                        @for document in &self.documents {
                            li {
                                a href=(document.url) hreflang=[document.language.as_ref()] target="_blank" rel="noopener" { (document.title) }
                                @if let Some(page) = document.page { " " span.muted lang=[message_lang] { (Message::PageNumber.format(self.ui_language, &page.to_string())) } }
                            }
                        }
                    }
                }
                @for text in &self.programme_and_partner { p.muted { (text) } }
                @if !self.countries.is_empty() { p.muted lang=[message_lang] { (self.country_list()) } }
                @for text in &self.attribution { p.muted { (text) } }
            }
        }
    }

    fn country_list(&self) -> String {
        let mark = |country: &CountryReference| if country.footnote.is_some() { "*" } else { "" };
        self.countries
            .iter()
            .map(|country| format!("{}{}", country.name, mark(country)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Details of a statistic other than its value. The label includes the unit.
fn detail_rows(fields: &StatisticFields, ui_language: &'static str) -> Vec<(String, String)> {
    let localized = |message: Message| message.localize(ui_language).to_owned();
    let with_note = |value: String, more: Option<String>| {
        more.map_or_else(|| value.clone(), |more| format!("{value} ({more})"))
    };
    let format_value = |value: &str| format_plain_value(value, &fields.measure, ui_language);
    let mut rows: Vec<(String, String)> = fields
        .disaggregation
        .unpack::<Vec<Disaggregation>>()
        .into_iter()
        .map(|slice| (slice.dimension, slice.value))
        .collect();
    rows.extend(
        format_date_range(fields.period_start, fields.period_end, ui_language)
            .map(|period| (localized(Message::Period), period)),
    );
    let state = fields.state.as_deref().and_then(Message::for_code);
    rows.extend(state.map(|state| (localized(Message::State), localized(state))));
    let baseline = fields.baseline.unpack::<Option<Baseline>>();
    rows.extend(baseline.map(|baseline| {
        let year = baseline.year.to_string();
        let measured = format_date_range(baseline.date, baseline.date, ui_language).unwrap_or(year);
        (localized(Message::Baseline), with_note(format_value(&baseline.value), Some(measured)))
    }));
    let target = fields.target.unpack::<Option<Target>>();
    let until =
        |target: &Target| format_date_range(target.period_start, target.period_end, ui_language);
    rows.extend(target.map(|target| {
        (localized(Message::Target), with_note(format_value(&target.value), until(&target)))
    }));
    rows
}

/// A source; a link if it has a URL.
fn render_source(source: &SourceDocument) -> Markup {
    let text = source.text.as_ref().or(source.url.as_ref()).map(String::as_str).unwrap_or_default();
    html! { @if let Some(url) = &source.url { a href=(url) target="_blank" rel="noopener" { (text) } } @else { (text) } }
}

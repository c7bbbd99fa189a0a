//! `/embed/impact-statistics/{statistic}`: a figure to be framed, as people say it.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde_json::Value;

use super::discovery::Discovery;
use super::item::{self, Asked, At, programme_of};
use super::page::{self, Page};
use crate::http::conditional::Freshness;
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::params::QueryParams;
use crate::http::problem::Problem;
use crate::impact::figure::number;
use crate::impact::model::{
    Baseline, Disaggregation, Document, Own, Quote, SourceDocument, Target,
};
use crate::impact::store::ImpactStatistics;
use crate::phrases::Phrase;
use crate::places::CountryReference;
use crate::resource::addresses::Addresses;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::load::{Link, Loaded};
use crate::resource::shown::Shown;
use crate::resource::spec::Kind;
use crate::text::days::span;

/// So much of a description stands in the head of the page.
const LONGEST_DESCRIPTION: usize = 300;

/// Embed a figure
///
/// A page to be framed by other sites that says an impact statistic as people do, "More than 500
/// …", in the visitor's language: the figure and what was counted, the period, baseline and target,
/// the source, the videos that show it, and whom to credit. It works without JavaScript, sets no
/// cookie and asks no other site for anything. Errors are pages too.
#[utoipa::path(operation_id = "embed_impact_statistic", tag = "Embeds", params(
    ("impact_statistic" = String, Path, description = "Id or slug.", example = "civil-society-at-the-istanbul-forum"),
    ("lang" = Option<String>, Query, description = "Language of the page (BCP 47); without it `Accept-Language` decides.", example = "sr-Cyrl"),
), responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "The client has this already."),
    (status = 308, description = "The statistic has another slug now."),
    (status = 400, description = "The address is not understood.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 404, description = "There is no such statistic.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 410, description = "The statistic has been removed.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is busy or away.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/impact-statistics/{impact_statistic}")]
pub async fn embed_impact_statistic(
    context: web::Data<Context>,
    request: HttpRequest,
    name: web::Path<String>,
) -> HttpResponse {
    match answer(&context, &request, name.into_inner()).await {
        Ok(response) => response,
        Err(problem) => {
            page::problem(&problem, page::language_of(&request, &context), &context.settings)
        }
    }
}

async fn answer(
    context: &web::Data<Context>,
    request: &HttpRequest,
    name: String,
) -> Result<HttpResponse, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let wish = LanguagePreference::from_request(&mut params, request, &context.fallback);
    if wish.all_languages {
        params.error(
            "lang",
            "invalid_language",
            "A page is in one language: name it, or leave `lang` out.",
        );
    }
    params.finish()?;
    let addresses = Addresses::new(&context.settings, &context.settings.base_url(request));
    let identity =
        format!("embed figure\n{}\n{:?}", addresses.identity(), context.settings.embed_origins);
    let asked = Asked {
        name,
        viewer: Visibility::Published,
        wish: &wish,
        identity,
        with_owed: false,
        follows: false,
    };
    let (validators, found) = match item::read_any::<ImpactStatistics, _>(
        context,
        request,
        asked,
        move |connection, (context, _), loaded, shown| {
            let programme =
                programme_of(connection, context, &loaded, Visibility::Published, shown)?;
            Ok(Card::new(loaded, programme.as_ref(), &addresses, shown))
        },
    )
    .await?
    {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(answer::not_modified(context, Visibility::Published, &wish, &validators));
        }
    };
    match found {
        At::Moved(slug) => {
            Ok(item::moved(context, request, &format!("/embed/impact-statistics/{slug}")))
        }
        At::Here(card) => {
            let mut response = HttpResponse::build(StatusCode::OK);
            answer::caching(&mut response, context, Visibility::Published, &wish);
            answer::validate(&mut response, &validators);
            response.insert_header((header::LINK, card.discovery.links().join(", ")));
            Ok(card.page().answer(&context.settings, response))
        }
    }
}

/// All that a page says of a statistic.
struct Card {
    /// The language of what the product itself says.
    words: &'static str,
    language: String,
    /// The value as people say it; none of a qualitative statistic.
    figure: Option<String>,
    label: String,
    /// Both.
    title: String,
    text: Option<String>,
    /// What is known of it, each with its name.
    facts: Vec<(String, String)>,
    source: Option<SourceDocument>,
    evidence: Vec<Evidence>,
    documents: Vec<Document>,
    countries: Vec<CountryReference>,
    /// The programme and the partner that it is a result of.
    result_of: Vec<String>,
    owed: Vec<String>,
    /// The page about it on the publisher's own site, if that has one.
    about: Option<String>,
    /// This page, without anything asked of it.
    this: String,
    discovery: Discovery,
}

/// A video that shows it.
struct Evidence {
    title: String,
    address: String,
    /// The second at which the passage begins.
    second: Option<i64>,
    /// The words that say it, and their language.
    quote: Option<Quote>,
}

impl Card {
    fn new(
        mut loaded: Loaded<Own>,
        programme: Option<&Value>,
        addresses: &Addresses,
        shown: &Shown,
    ) -> Self {
        let words = shown.wish.ui_language;
        let lang = page::language_kept(&shown.wish);
        let with = |page: &str, query: &[&str]| {
            let query: Vec<&str> = query.iter().copied().filter(|part| !part.is_empty()).collect();
            if query.is_empty() { page.to_owned() } else { format!("{page}?{}", query.join("&")) }
        };
        let slug = loaded.item.slug.clone();
        let (language, label, text) = match loaded.take_chosen() {
            Some(chosen) => {
                (chosen.language.as_str().to_owned(), chosen.text.title, chosen.text.description)
            }
            None => (words.to_owned(), String::new(), None),
        };
        let field = |name: &str| {
            programme
                .and_then(|programme| programme.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let own = &loaded.own;
        let countries = shown.countries(&own.countries);
        let footnotes = countries
            .iter()
            .filter_map(|country| Some(format!("* {}", country.footnote.as_ref()?)));
        let quotes: Vec<Option<Quote>> = own.quotes.unpack();
        let evidence = |(place, link): (usize, &Link)| {
            let video = shown.reference(&link.target_id)?;
            let second = link.start_seconds.map(|milliseconds| milliseconds / 1_000);
            let start = second.map(|second| format!("start={second}")).unwrap_or_default();
            let address =
                with(&addresses.here(&format!("/embed/videos/{}", video.slug)), &[&lang, &start]);
            Some(Evidence {
                title: video.title,
                address,
                second,
                quote: quotes.get(place).cloned().flatten(),
            })
        };
        let partner = loaded
            .in_field("partner")
            .find_map(|link| shown.reference(&link.target_id))
            .map(|partner| partner.title);
        let this = addresses.here(&format!("/embed/impact-statistics/{slug}"));
        Self {
            words,
            figure: own.figure(words),
            title: own.title(&label, words),
            text,
            facts: facts(own, words),
            source: own.source.unpack(),
            documents: own.documents.unpack(),
            evidence: loaded.in_field("evidence").enumerate().filter_map(evidence).collect(),
            result_of: field("title").into_iter().chain(partner).collect(),
            owed: field("credit_line")
                .into_iter()
                .chain(field("disclaimer"))
                .chain(footnotes)
                .collect(),
            about: addresses.elsewhere(Kind::ImpactStatistic, (loaded.item.id, &slug), &language),
            discovery: Discovery::of(&addresses.here(""), &with(&this, &[&lang])),
            countries,
            language,
            label,
            this,
        }
    }

    fn page(&self) -> Page {
        let text: String =
            self.text.as_deref().unwrap_or_default().chars().take(LONGEST_DESCRIPTION).collect();
        let head = html! {
            link rel="canonical" href=(self.this);
            (self.discovery.head(&self.title))
            meta name="description" content=(text);
            meta property="og:type" content="website";
            meta property="og:title" content=(self.title);
            meta property="og:description" content=(text);
            meta property="og:url" content=(self.about.as_ref().unwrap_or(&self.this));
            meta property="og:locale" content=(self.language.replace('-', "_"));
            meta name="twitter:card" content="summary";
        };
        Page { head, body: self.body(), ..Page::saying(&self.language, &self.title) }
    }

    fn body(&self) -> Markup {
        // What the product says may be in another language than the label.
        let words = (self.words != self.language).then_some(self.words);
        let say = |phrase: Phrase| phrase.in_language(self.words);
        html! {
            div.text {
                h1.said {
                    @if let Some(figure) = &self.figure { span.figure lang=[words] { (figure) } " " }
                    @if let Some(about) = &self.about { a href=(about) target="_blank" rel="noopener" { (self.label) } } @else { (self.label) }
                }
                @if let Some(text) = &self.text { p { (text) } }
                @if !self.facts.is_empty() || self.source.is_some() {
                    dl.facts lang=[words] {
                        @for (name, value) in &self.facts { div { dt { (name) } dd { (value) } } }
                        @if let Some(source) = &self.source { div { dt { (say(Phrase::Source)) } dd { (named(source)) } } }
                    }
                }
                @if !self.evidence.is_empty() {
                    h2 lang=[words] { (say(Phrase::Videos)) }
                    ul {
                        @for video in &self.evidence {
                            li {
                                a href=(video.address) { (video.title) }
                                @if let Some(second) = video.second { " " span.soft { (page::clock(second)) } }
                                @if let Some(quote) = &video.quote { " " q lang=[quote.language.as_ref()] { (quote.text) } }
                            }
                        }
                    }
                }
                @if !self.documents.is_empty() {
                    h2 lang=[words] { (say(Phrase::Documents)) }
                    ul {
                        @for document in &self.documents {
                            li {
                                a href=(document.url) hreflang=[document.language.as_ref()] target="_blank" rel="noopener" { (document.title) }
                                @if let Some(page) = document.page { " " span.soft lang=[words] { (Phrase::PageNumber.with(self.words, &page.to_string())) } }
                            }
                        }
                    }
                }
                @for text in &self.result_of { p.soft { (text) } }
                @if !self.countries.is_empty() { p.soft lang=[words] { (self.places()) } }
                @for owed in &self.owed { p.soft { (owed) } }
            }
        }
    }

    fn places(&self) -> String {
        let mark = |country: &CountryReference| if country.footnote.is_some() { "*" } else { "" };
        self.countries
            .iter()
            .map(|country| format!("{}{}", country.name, mark(country)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What is known of a figure beside its value. Of its unit the label speaks, in the language of the
/// page.
fn facts(own: &Own, words: &'static str) -> Vec<(String, String)> {
    let say = |phrase: Phrase| phrase.in_language(words).to_owned();
    let with = |value: String, more: Option<String>| {
        more.map_or_else(|| value.clone(), |more| format!("{value} ({more})"))
    };
    let of = |value: &str| number(value, &own.measure, words);
    let mut facts: Vec<(String, String)> = own
        .disaggregation
        .unpack::<Vec<Disaggregation>>()
        .into_iter()
        .map(|slice| (slice.dimension, slice.value))
        .collect();
    facts.extend(
        span(own.period_start, own.period_end, words).map(|period| (say(Phrase::Period), period)),
    );
    let baseline = own.baseline.unpack::<Option<Baseline>>();
    facts.extend(baseline.map(|baseline| {
        (say(Phrase::Baseline), with(of(&baseline.value), Some(baseline.year.to_string())))
    }));
    let target = own.target.unpack::<Option<Target>>();
    let until = |target: &Target| span(target.period_start, target.period_end, words);
    facts.extend(
        target.map(|target| (say(Phrase::Target), with(of(&target.value), until(&target)))),
    );
    facts
}

/// A source, as a link where it has an address.
fn named(source: &SourceDocument) -> Markup {
    let text = source.text.as_ref().or(source.url.as_ref()).map(String::as_str).unwrap_or_default();
    html! { @if let Some(url) = &source.url { a href=(url) target="_blank" rel="noopener" { (text) } } @else { (text) } }
}

//! `/embed/videos/{video}`: the embed page of a video.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, PreEscaped, html};
use serde::Serialize;
use serde_json::Value;

use crate::embed::evidence::{self, EvidencePassage};
use crate::embed::html_shell::{self, HtmlPage};
use crate::embed::load_item::{self, ItemRequest, Located, VideoExtras};
use crate::embed::oembed_discovery::OEmbedDiscovery;
use crate::embed::player::{Player, player_for_source, url_origin};
use crate::embed::schema_org;
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::i18n::language_names;
use crate::i18n::messages::Message;
use crate::images::poster;
use crate::programmes::fields::Helpline;
use crate::resource::model::item::LoadedItem;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;
use crate::videos::fields::VideoFields;
use crate::videos::media::{Caption, Chapter, Source};
use crate::videos::tracks::Captions;

/// Parameters of the embed page of a video.
struct VideoPageParams {
    language_preference: LanguagePreference,
    start_seconds: i64,
}

impl VideoPageParams {
    fn from_request(request: &HttpRequest, context: &AppState) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(request.query_string())?;
        let language_preference =
            LanguagePreference::from_request(&mut params, request, &context.fallback_languages);
        if language_preference.all_languages {
            params.error(
                "lang",
                "invalid_language",
                "`lang=all` is not supported here; give one language or omit `lang`.",
            );
        }
        let start = params.integer("start", 0..=864_000).unwrap_or(0);
        params.finish()?;
        Ok(Self { language_preference, start_seconds: start })
    }
}

/// Embed a video
///
/// An HTML page for embedding in an iframe, in the visitor's language: content note, player,
/// captions, chapters, attribution and helplines. It works without JavaScript, sets no cookie and
/// makes no third-party requests until the visitor presses play. `#t=12` or `start=12` sets the
/// start position in seconds. Errors are HTML pages.
#[utoipa::path(operation_id = "embed_video", tag = "Embeds", params(
    ("video" = String, Path, description = "Id or slug.", example = "testimonials-part-one"),
    ("lang" = Option<String>, Query, description = "Language of the page (BCP 47); without it `Accept-Language` decides.", example = "sr-Cyrl"),
    ("start" = Option<i64>, Query, description = "Start position in seconds.", minimum = 0, maximum = 864_000, example = 12),
), responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "Not modified."),
    (status = 308, description = "Moved permanently: the slug was renamed."),
    (status = 400, description = "Invalid query parameters.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 404, description = "Video not found.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 410, description = "The video has been removed.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is overloaded or unavailable.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/videos/{video}")]
pub async fn embed_video(
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
struct VideoPageKey<'a> {
    start_seconds: i64,
    urls: &'a PublicUrls,
    embed_origins: &'a [String],
    publisher: &'a str,
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    id_or_slug: String,
) -> Result<HttpResponse, Problem> {
    let VideoPageParams { language_preference, start_seconds: start } =
        VideoPageParams::from_request(request, context)?;
    let urls = PublicUrls::new(&context.settings, &context.settings.base_url(request));
    let publisher = context.settings.publisher_name(&context.settings.base_url(request));
    let etag_key = Fingerprint::of(&VideoPageKey {
        start_seconds: start,
        urls: &urls,
        embed_origins: &context.settings.embed_origins,
        publisher: &publisher,
    });
    let item_request = ItemRequest {
        id_or_slug,
        visibility: Visibility::Published,
        language_preference: &language_preference,
        etag_key,
        with_extras: true,
        accept_former_slug: false,
    };
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, found) = match load_item::load_video(
        context,
        request,
        item_request,
        move |video, extras, render_context| {
            VideoPage::new(video, extras, (&urls, &publisher), render_context)
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
        Located::Moved(slug) => {
            Ok(load_item::permanent_redirect(context, request, &format!("/embed/videos/{slug}")))
        }
        Located::Found(page) => {
            let mut response = response_context.ok(&validators);
            response.insert_header((header::LINK, page.discovery.link_headers().join(", ")));
            Ok(page.to_html_page(start).to_response(&context.settings, response))
        }
    }
}

/// Content of the embed page of a video.
struct VideoPage {
    /// The language of the messages.
    ui_language: &'static str,
    language: String,
    title: String,
    description: Option<String>,
    /// The content note, and its language.
    content_note: Option<(String, String)>,
    players: Vec<Player>,
    captions: Vec<Caption>,
    chapters: Vec<Chapter>,
    /// Impact statistics that it is evidence of.
    evidence: Vec<EvidencePassage>,
    programme: Option<String>,
    credits: Vec<String>,
    attribution: Vec<String>,
    /// Helplines with the names of their countries.
    helplines: Vec<(Helpline, Option<&'static str>)>,
    poster_url: String,
    /// The poster as PNG, for clients without SVG support.
    poster_png_url: String,
    /// The page on the publisher's own site.
    public_url: Option<String>,
    /// This page without query.
    canonical_url: String,
    /// Structured data for search engines (JSON-LD).
    json_ld: Option<Value>,
    /// The `lang` parameter if the language was requested by one, otherwise empty.
    lang_query: String,
    discovery: OEmbedDiscovery,
}

impl VideoPage {
    fn new(
        mut loaded: LoadedItem<VideoFields>,
        extras: VideoExtras,
        (urls, publisher): (&PublicUrls, &str),
        render_context: &RenderContext,
    ) -> Self {
        let ui_language = render_context.language_preference.ui_language;
        let structured =
            schema_org::video_object(&loaded, &extras, (urls, publisher), render_context);
        let VideoExtras { programme, content_note, chapters, statistics } = extras;
        let slug = loaded.item.slug.clone();
        let chosen = loaded.take_selected_text();
        let (language, text) = match chosen {
            Some(chosen) => (chosen.language.as_str().to_owned(), Some(chosen.text)),
            None => (ui_language.to_owned(), None),
        };
        let field = |name: &str| {
            programme
                .as_ref()
                .and_then(|programme| programme.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let own = &loaded.fields;
        let countries = render_context.countries(&own.countries);
        let licence = own
            .licence
            .as_ref()
            .map(|licence| format!("{}: {licence}", Message::Licence.localize(ui_language)));
        let footnotes = countries.iter().filter_map(|country| {
            Some(format!("{}: {}", country.name, country.footnote.as_ref()?))
        });
        let helplines: Vec<Helpline> = programme
            .as_ref()
            .and_then(|programme| programme.get("helplines"))
            .and_then(|helplines| serde_json::from_value(helplines.clone()).ok())
            .unwrap_or_default();
        let is_relevant = |helpline: &Helpline| {
            countries.is_empty()
                || helpline
                    .country
                    .as_ref()
                    .is_none_or(|code| countries.iter().any(|country| country.code == code))
        };
        let lang = html_shell::lang_query(&render_context.language_preference);
        let canonical_url = urls.own_url(&format!("/embed/videos/{slug}"));
        let page_url =
            if lang.is_empty() { canonical_url.clone() } else { format!("{canonical_url}?{lang}") };
        let credits = loaded.fields.credits.unpack::<Vec<crate::videos::media::Credit>>();
        Self {
            ui_language,
            title: text.as_ref().map(|text| text.title.clone()).unwrap_or_default(),
            content_note: text
                .as_ref()
                .and_then(|text| Some((language.clone(), text.content_note.clone()?)))
                .or(content_note),
            description: text.and_then(|text| text.summary.or(text.description)),
            players: own
                .sources
                .unpack::<Vec<Source>>()
                .iter()
                .map(|source| player_for_source(source, ui_language))
                .collect(),
            captions: Captions::new(&own.captions, &loaded.item, &render_context.base_url, &slug)
                .all(),
            chapters,
            evidence: statistics
                .iter()
                .flat_map(|statistic| {
                    evidence::evidence_passages(statistic, loaded.item.id, urls, &lang)
                })
                .collect(),
            programme: field("title"),
            credits: credits
                .into_iter()
                .map(|credit| {
                    credit
                        .role
                        .map_or(credit.name.clone(), |role| format!("{} ({role})", credit.name))
                })
                .collect(),
            attribution: licence
                .into_iter()
                .chain(field("credit_line"))
                .chain(field("disclaimer"))
                .chain(footnotes)
                .collect(),
            helplines: helplines
                .into_iter()
                .filter(is_relevant)
                .map(|helpline| {
                    let country = helpline.country.as_ref().and_then(|code| {
                        render_context.country_names.country_reference(code, ui_language)
                    });
                    (helpline, country.map(|country| country.name))
                })
                .collect(),
            poster_url: urls.own_url(&format!("/v1/videos/{slug}/poster.svg?lang={language}")),
            poster_png_url: urls.own_url(&poster::png_path(&slug, &language, None)),
            public_url: urls.external_url(ResourceKind::Video, (loaded.item.id, &slug), &language),
            discovery: OEmbedDiscovery::new(&urls.own_url(""), &page_url),
            json_ld: structured,
            language,
            canonical_url,
            lang_query: lang,
        }
    }

    /// The URL of this page with a start position.
    fn url_at(&self, second: i64) -> String {
        let separator = if self.lang_query.is_empty() { "" } else { "&" };
        format!("{}?{}{separator}start={second}", self.canonical_url, self.lang_query)
    }

    fn to_html_page(&self, start: i64) -> HtmlPage {
        let (width, height) = poster::SIZE;
        let head = html! {
            link rel="canonical" href=(self.canonical_url);
            (self.discovery.render_head(&self.title))
            meta name="description" content=(self.description.as_deref().unwrap_or_default());
            meta property="og:type" content="video.other";
            meta property="og:title" content=(self.title);
            meta property="og:description" content=(self.description.as_deref().unwrap_or_default());
            meta property="og:url" content=(self.public_url.as_ref().unwrap_or(&self.canonical_url));
            meta property="og:image" content=(self.poster_png_url);
            meta property="og:image:type" content="image/png";
            meta property="og:image:width" content=(width);
            meta property="og:image:height" content=(height);
            meta property="og:image:alt" content=(self.title);
            meta property="og:locale" content=(self.language.replace('-', "_"));
            meta name="twitter:card" content="player";
            meta name="twitter:image" content=(self.poster_png_url);
            meta name="twitter:image:alt" content=(self.title);
            meta name="twitter:player" content=(self.canonical_url);
            meta name="twitter:player:width" content="640";
            meta name="twitter:player:height" content="360";
            @if let Some(structured) = &self.json_ld {
                // `<` could end the script element.
                script type="application/ld+json" { (PreEscaped(structured.to_string().replace('<', "\\u003c"))) }
            }
        };
        let media = self.players.iter().filter_map(|player| {
            if let Player::File { url, .. } = player { url_origin(url) } else { None }
        });
        let external_captions = self
            .captions
            .iter()
            .filter(|caption| caption.stored != Some(true))
            .filter_map(|caption| url_origin(&caption.url));
        let is_file = self.players.iter().any(|player| matches!(player, Player::File { .. }));
        let frames = self.players.iter().filter_map(|player| {
            if let Player::Iframe { origin, .. } = player { Some(*origin) } else { None }
        });
        HtmlPage {
            language: self.language.clone(),
            title: self.title.clone(),
            head,
            body: self.render_body(start),
            media_origins: media.chain(external_captions.filter(|_| is_file)).collect(),
            frame_origins: frames.collect(),
            is_builder: false,
            style: None,
        }
    }

    fn render_body(&self, start: i64) -> Markup {
        html! {
            @if let Some((language, warning)) = &self.content_note {
                p.note { strong { (Message::ContentNote.localize(self.ui_language)) ":" } " " span lang=[(*language != self.language).then_some(language)] { (warning) } }
            }
            div.player { (self.render_player(start)) }
            div.text {
                h1 {
                    @if let Some(about) = &self.public_url { a href=(about) target="_blank" rel="noopener" { (self.title) } } @else { (self.title) }
                }
                @if let Some(programme) = &self.programme { p.muted { (programme) } }
                (self.render_consent_notice())
                @if let Some(text) = &self.description { p { (text) } }
                (self.render_chapters())
                (self.render_evidence())
                (self.render_helplines())
                @if !self.credits.is_empty() { p.muted { (self.credits.join(", ")) } }
                @for text in &self.attribution { p.muted { (text) } }
            }
        }
    }

    /// The player, or the poster with a link to it.
    fn render_player(&self, start: i64) -> Markup {
        let files: Vec<(&String, &Option<String>)> = self
            .players
            .iter()
            .filter_map(|player| {
                if let Player::File { url, mime_type } = player {
                    Some((url, mime_type))
                } else {
                    None
                }
            })
            .collect();
        if !files.is_empty() {
            let fragment = if start > 0 { format!("#t={start}") } else { String::new() };
            return html! {
                video controls preload="none" playsinline poster=(self.poster_url) aria-label=(self.title) {
                    @for (url, mime_type) in files { source src=(format!("{url}{fragment}")) type=[mime_type.as_deref()]; }
                    (self.render_tracks())
                }
            };
        }
        let picture = html! { img src=(self.poster_url) alt="" width=(poster::SIZE.0) height=(poster::SIZE.1); };
        match self.players.first() {
            Some(Player::Iframe { site_name: site, url, .. }) => html! {
                (picture)
                a.play href=(url.replace("START", &start.to_string())) rel="nofollow" data-player=(url) data-title=(self.title)
                    aria-describedby="consent-notice" aria-label=(format!("{}: {}", Message::Play.localize(self.ui_language), self.title)) {
                    span { (format!("▶ {} ({site})", Message::Play.localize(self.ui_language))) }
                }
            },
            Some(Player::ExternalPage { site_name: site, url }) => html! {
                (picture)
                a.play href=(url) target="_blank" rel="noopener nofollow" { span { (Message::WatchOn.format(self.ui_language, site)) } }
            },
            _ => picture,
        }
    }

    /// The notice that playing loads from a third party.
    fn render_consent_notice(&self) -> Markup {
        let is_file = self.players.iter().any(|player| matches!(player, Player::File { .. }));
        match self.players.first() {
            Some(Player::Iframe { site_name: site, .. }) if !is_file => {
                html! { p.muted id="consent-notice" { (Message::ExternalVideoNotice.format(self.ui_language, site)) } }
            }
            None => html! { p.muted { (Message::VideoUnavailable.localize(self.ui_language)) } },
            _ => html! {},
        }
    }

    fn render_tracks(&self) -> Markup {
        let language = Language::from_canonical(&self.language);
        let of_this_server = || {
            self.captions
                .iter()
                .enumerate()
                .filter(|(_, caption)| caption.stored == Some(true) && caption.kind != "chapters")
        };
        let same = of_this_server().find(|(_, caption)| caption.language == self.language);
        let near = || {
            of_this_server().find(|(_, caption)| {
                Language::from_canonical(&caption.language).primary_language()
                    == language.primary_language()
            })
        };
        // The default track loads immediately, so only tracks of this server qualify.
        let shown = same.or_else(near).map(|(place, _)| place);
        html! {
            @for (place, caption) in self.captions.iter().enumerate() {
                track src=(caption.url) kind=(caption.kind) srclang=(caption.language) default[Some(place) == shown]
                    label=(caption.label.clone().unwrap_or_else(|| language_names::display_name(&Language::from_canonical(&caption.language), self.ui_language)));
            }
        }
    }

    fn render_chapters(&self) -> Markup {
        if self.chapters.is_empty() || self.players.is_empty() {
            return html! {};
        }
        html! {
            h2 { (Message::Chapters.localize(self.ui_language)) }
            ol {
                @for chapter in &self.chapters {
                    @let second = html_shell::truncate_seconds(chapter.start_seconds);
                    li { a href=(self.url_at(second)) data-second=(second) { span.time { (html_shell::format_timecode(second)) } (chapter.title) } }
                }
            }
        }
    }

    fn render_evidence(&self) -> Markup {
        if self.evidence.is_empty() {
            return html! {};
        }
        let playable = !self.players.is_empty();
        html! {
            h2 { (Message::ImpactStatistics.localize(self.ui_language)) }
            ul {
                @for result in &self.evidence {
                    li {
                        @if let Some(second) = result.start_seconds.filter(|_| playable) {
                            a href=(self.url_at(second)) data-second=(second) { span.time { (html_shell::format_timecode(second)) } } " "
                        }
                        a href=(result.url) lang=[(result.language != self.language).then_some(&result.language)] { (result.title) }
                        @if let Some((text, language)) = &result.quote { " " q lang=[language.as_ref()] { (text) } }
                    }
                }
            }
        }
    }

    fn render_helplines(&self) -> Markup {
        if self.helplines.is_empty() {
            return html! {};
        }
        html! {
            h2 { (Message::Helplines.localize(self.ui_language)) }
            ul {
                @for (helpline, country) in &self.helplines {
                    li {
                        @if let Some(url) = &helpline.url { a href=(url) target="_blank" rel="noopener" { (helpline.name) } } @else { (helpline.name) }
                        @if let Some(country) = country { span.muted { " (" (country) ")" } }
                        @if let Some(phone) = &helpline.phone { " " a href=(format!("tel:{}", dialable_number(phone))) { (phone) } }
                    }
                }
            }
        }
    }
}

/// A telephone number for a `tel:` URL.
fn dialable_number(phone: &str) -> String {
    let phone = if phone.starts_with('+') { phone.replace("(0)", "") } else { phone.to_owned() };
    phone
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#'))
        .collect::<String>()
        .replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_timecodes_and_phone_numbers() {
        assert_eq!(
            [
                html_shell::format_timecode(0),
                html_shell::format_timecode(63),
                html_shell::format_timecode(3_723)
            ],
            ["0:00", "1:03", "1:02:03"]
        );
        assert_eq!(
            [html_shell::truncate_seconds(12.9), html_shell::truncate_seconds(0.0)],
            [12, 0]
        );
        assert_eq!(
            [dialable_number("+381 (0)11 / 123-456"), dialable_number("*121#")],
            ["+38111123456", "*121%23"]
        );
    }
}

//! `/embed/videos/{video}`: a video to be framed.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::discovery::Discovery;
use super::item::{self, Asked, At, Owed};
use super::page::{self, Page};
use super::player::{Player, origin, player};
use super::poster;
use super::results::{self, Evidenced};
use super::structured;
use crate::http::conditional::Freshness;
use crate::http::keys::Visibility;
use crate::http::language::LanguagePreference;
use crate::http::params::QueryParams;
use crate::http::problem::Problem;
use crate::phrases::Phrase;
use crate::programmes::model::Helpline;
use crate::resource::addresses::Addresses;
use crate::resource::answer;
use crate::resource::context::Context;
use crate::resource::load::Loaded;
use crate::resource::shown::Shown;
use crate::resource::spec::Kind;
use crate::text::language::Language;
use crate::text::language_names;
use crate::videos::model::Own;
use crate::videos::parts::{Caption, Chapter, Source};
use crate::videos::tracks::Captions;

/// What an embed page is asked.
struct Wanted {
    wish: LanguagePreference,
    start: i64,
}

impl Wanted {
    fn read(request: &HttpRequest, context: &Context) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(request.query_string())?;
        let wish = LanguagePreference::from_request(&mut params, request, &context.fallback);
        if wish.all_languages {
            params.error(
                "lang",
                "invalid_language",
                "A page is in one language: name it, or leave `lang` out.",
            );
        }
        let start = params.integer("start", 0..=864_000).unwrap_or(0);
        params.finish()?;
        Ok(Self { wish, start })
    }
}

/// Embed a video
///
/// A page to be framed by other sites, in the visitor's language: the content note first, the
/// player, captions, chapters, whom to credit, and where to find help. It works without JavaScript,
/// sets no cookie and asks no other site for anything before the visitor presses play. `#t=12`, or
/// `start=12`, begins at that second. Errors are pages too.
#[utoipa::path(operation_id = "embed_video", tag = "Embeds", params(
    ("video" = String, Path, description = "Id or slug.", example = "testimonials-part-one"),
    ("lang" = Option<String>, Query, description = "Language of the page (BCP 47); without it `Accept-Language` decides.", example = "sr-Cyrl"),
    ("start" = Option<i64>, Query, description = "The second at which it begins.", minimum = 0, maximum = 864_000, example = 12),
), responses(
    (status = 200, description = "The page.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 304, description = "The client has this already."),
    (status = 308, description = "The video has another slug now."),
    (status = 400, description = "The address is not understood.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 404, description = "There is no such video.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 410, description = "The video has been removed.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
    (status = 503, description = "The database is busy or away.", body = String, content_type = "text/html", example = json!("<!doctype html>")),
))]
#[get("/embed/videos/{video}")]
pub async fn embed_video(
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
    let Wanted { wish, start } = Wanted::read(request, context)?;
    let addresses = Addresses::new(&context.settings, &context.settings.base_url(request));
    let identity =
        format!("embed\n{start}\n{}\n{:?}", addresses.identity(), context.settings.embed_origins);
    let publisher = context.settings.publisher_name(&context.settings.base_url(request));
    let asked = Asked {
        name,
        viewer: Visibility::Published,
        wish: &wish,
        identity: format!("{identity}\n{publisher}"),
        with_owed: true,
        follows: false,
    };
    let (validators, found) =
        match item::read(context, request, asked, move |video, owed, shown| {
            Card::new(video, owed, (&addresses, &publisher), shown)
        })
        .await?
        {
            Freshness::Fresh(validators, found) => (validators, found),
            Freshness::NotModified(validators) => {
                return Ok(answer::not_modified(
                    context,
                    Visibility::Published,
                    &wish,
                    &validators,
                ));
            }
        };
    match found {
        At::Moved(slug) => Ok(item::moved(context, request, &format!("/embed/videos/{slug}"))),
        At::Here(card) => {
            let mut response = HttpResponse::build(StatusCode::OK);
            answer::caching(&mut response, context, Visibility::Published, &wish);
            answer::validate(&mut response, &validators);
            response.insert_header((header::LINK, card.discovery.links().join(", ")));
            Ok(card.page(start).answer(&context.settings, response))
        }
    }
}

/// All that a page says of a video.
struct Card {
    /// The language of what the product itself says.
    words: &'static str,
    language: String,
    title: String,
    text: Option<String>,
    /// The content note, and its language.
    warning: Option<(String, String)>,
    players: Vec<Player>,
    captions: Vec<Caption>,
    chapters: Vec<Chapter>,
    /// What it is evidence of.
    results: Vec<Evidenced>,
    programme: Option<String>,
    credits: Vec<String>,
    owed: Vec<String>,
    /// Where to find help, and the country in which.
    helplines: Vec<(Helpline, Option<&'static str>)>,
    poster: String,
    /// The same for those who take no SVG.
    picture: String,
    /// The page about it on the publisher's own site, if that has one.
    about: Option<String>,
    /// This page, without anything asked of it.
    this: String,
    /// What search engines read (JSON-LD).
    structured: Option<Value>,
    /// The parameter that keeps the language.
    lang: String,
    discovery: Discovery,
}

impl Card {
    fn new(
        mut loaded: Loaded<Own>,
        owed: Owed,
        (addresses, publisher): (&Addresses, &str),
        shown: &Shown,
    ) -> Self {
        let words = shown.wish.ui_language;
        let structured = structured::video(&loaded, &owed, (addresses, publisher), shown);
        let Owed { programme, content_note, chapters, statistics } = owed;
        let slug = loaded.item.slug.clone();
        let chosen = loaded.take_chosen();
        let (language, text) = match chosen {
            Some(chosen) => (chosen.language.as_str().to_owned(), Some(chosen.text)),
            None => (words.to_owned(), None),
        };
        let field = |name: &str| {
            programme
                .as_ref()
                .and_then(|programme| programme.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let own = &loaded.own;
        let countries = shown.countries(&own.countries);
        let licence = own
            .licence
            .as_ref()
            .map(|licence| format!("{}: {licence}", Phrase::Licence.in_language(words)));
        let footnotes = countries.iter().filter_map(|country| {
            Some(format!("{}: {}", country.name, country.footnote.as_ref()?))
        });
        let helplines: Vec<Helpline> = programme
            .as_ref()
            .and_then(|programme| programme.get("helplines"))
            .and_then(|helplines| serde_json::from_value(helplines.clone()).ok())
            .unwrap_or_default();
        let is_near = |helpline: &Helpline| {
            countries.is_empty()
                || helpline
                    .country
                    .as_ref()
                    .is_none_or(|code| countries.iter().any(|country| country.code == code))
        };
        let lang = page::language_kept(&shown.wish);
        let this = addresses.here(&format!("/embed/videos/{slug}"));
        let here = if lang.is_empty() { this.clone() } else { format!("{this}?{lang}") };
        let credits = loaded.own.credits.unpack::<Vec<crate::videos::parts::Credit>>();
        Self {
            words,
            title: text.as_ref().map(|text| text.title.clone()).unwrap_or_default(),
            warning: text
                .as_ref()
                .and_then(|text| Some((language.clone(), text.content_note.clone()?)))
                .or(content_note),
            text: text.and_then(|text| text.summary.or(text.description)),
            players: own
                .sources
                .unpack::<Vec<Source>>()
                .iter()
                .map(|source| player(source, words))
                .collect(),
            captions: Captions::new(&own.captions, &loaded.item, &shown.base, &slug).all(),
            chapters,
            results: statistics
                .iter()
                .flat_map(|statistic| results::of(statistic, loaded.item.id, addresses, &lang))
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
            owed: licence
                .into_iter()
                .chain(field("credit_line"))
                .chain(field("disclaimer"))
                .chain(footnotes)
                .collect(),
            helplines: helplines
                .into_iter()
                .filter(is_near)
                .map(|helpline| {
                    let country = helpline
                        .country
                        .as_ref()
                        .and_then(|code| shown.places.country(code, words));
                    (helpline, country.map(|country| country.name))
                })
                .collect(),
            poster: addresses.here(&format!("/v1/videos/{slug}/poster.svg?lang={language}")),
            picture: addresses.here(&poster::png_path(&slug, &language, None)),
            about: addresses.elsewhere(Kind::Video, (loaded.item.id, &slug), &language),
            discovery: Discovery::of(&addresses.here(""), &here),
            structured,
            language,
            this,
            lang,
        }
    }

    /// This page, from a second on.
    fn at(&self, second: i64) -> String {
        let and = if self.lang.is_empty() { "" } else { "&" };
        format!("{}?{}{and}start={second}", self.this, self.lang)
    }

    fn page(&self, start: i64) -> Page {
        let (width, height) = poster::SIZE;
        let head = html! {
            link rel="canonical" href=(self.this);
            (self.discovery.head(&self.title))
            meta name="description" content=(self.text.as_deref().unwrap_or_default());
            meta property="og:type" content="video.other";
            meta property="og:title" content=(self.title);
            meta property="og:description" content=(self.text.as_deref().unwrap_or_default());
            meta property="og:url" content=(self.about.as_ref().unwrap_or(&self.this));
            meta property="og:image" content=(self.picture);
            meta property="og:image:type" content="image/png";
            meta property="og:image:width" content=(width);
            meta property="og:image:height" content=(height);
            meta property="og:image:alt" content=(self.title);
            meta property="og:locale" content=(self.language.replace('-', "_"));
            meta name="twitter:card" content="player";
            meta name="twitter:image" content=(self.picture);
            meta name="twitter:image:alt" content=(self.title);
            meta name="twitter:player" content=(self.this);
            meta name="twitter:player:width" content="640";
            meta name="twitter:player:height" content="360";
            @if let Some(structured) = &self.structured {
                // In a script `<` could end it.
                script type="application/ld+json" { (PreEscaped(structured.to_string().replace('<', "\\u003c"))) }
            }
        };
        let media = self.players.iter().filter_map(|player| {
            if let Player::File { url, .. } = player { origin(url) } else { None }
        });
        let elsewhere = self
            .captions
            .iter()
            .filter(|caption| caption.stored != Some(true))
            .filter_map(|caption| origin(&caption.url));
        let is_file = self.players.iter().any(|player| matches!(player, Player::File { .. }));
        let frames = self.players.iter().filter_map(|player| {
            if let Player::Framed { origin, .. } = player { Some(*origin) } else { None }
        });
        Page {
            language: self.language.clone(),
            title: self.title.clone(),
            head,
            body: self.body(start),
            media: media.chain(elsewhere.filter(|_| is_file)).collect(),
            frames: frames.collect(),
            is_tool: false,
            chart: None,
        }
    }

    fn body(&self, start: i64) -> Markup {
        html! {
            @if let Some((language, warning)) = &self.warning {
                p.note { strong { (Phrase::ContentNote.in_language(self.words)) ":" } " " span lang=[(*language != self.language).then_some(language)] { (warning) } }
            }
            div.stage { (self.stage(start)) }
            div.text {
                h1 {
                    @if let Some(about) = &self.about { a href=(about) target="_blank" rel="noopener" { (self.title) } } @else { (self.title) }
                }
                @if let Some(programme) = &self.programme { p.soft { (programme) } }
                (self.told())
                @if let Some(text) = &self.text { p { (text) } }
                (self.chapters())
                (self.results())
                (self.helplines())
                @if !self.credits.is_empty() { p.soft { (self.credits.join(", ")) } }
                @for owed in &self.owed { p.soft { (owed) } }
            }
        }
    }

    /// What is played, or stands in its place until then.
    fn stage(&self, start: i64) -> Markup {
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
                video controls preload="none" playsinline poster=(self.poster) aria-label=(self.title) {
                    @for (url, mime_type) in files { source src=(format!("{url}{fragment}")) type=[mime_type.as_deref()]; }
                    (self.tracks())
                }
            };
        }
        let picture =
            html! { img src=(self.poster) alt="" width=(poster::SIZE.0) height=(poster::SIZE.1); };
        match self.players.first() {
            Some(Player::Framed { site, url, .. }) => html! {
                (picture)
                a.play href=(url.replace("START", &start.to_string())) rel="nofollow" data-player=(url) data-title=(self.title)
                    aria-describedby="told" aria-label=(format!("{}: {}", Phrase::Play.in_language(self.words), self.title)) {
                    span { (format!("▶ {} ({site})", Phrase::Play.in_language(self.words))) }
                }
            },
            Some(Player::Page { site, url }) => html! {
                (picture)
                a.play href=(url) target="_blank" rel="noopener nofollow" { span { (Phrase::WatchOn.with(self.words, site)) } }
            },
            _ => picture,
        }
    }

    /// What happens when play is pressed.
    fn told(&self) -> Markup {
        let is_file = self.players.iter().any(|player| matches!(player, Player::File { .. }));
        match self.players.first() {
            Some(Player::Framed { site, .. }) if !is_file => {
                html! { p.soft id="told" { (Phrase::LoadsFrom.with(self.words, site)) } }
            }
            None => html! { p.soft { (Phrase::NoVideo.in_language(self.words)) } },
            _ => html! {},
        }
    }

    fn tracks(&self) -> Markup {
        let language = Language::stored(&self.language);
        let of_this_server = || {
            self.captions
                .iter()
                .enumerate()
                .filter(|(_, caption)| caption.stored == Some(true) && caption.kind != "chapters")
        };
        let same = of_this_server().find(|(_, caption)| caption.language == self.language);
        let near = || {
            of_this_server().find(|(_, caption)| {
                Language::stored(&caption.language).primary() == language.primary()
            })
        };
        // Only a track of this server is fetched before anybody asks for it.
        let shown = same.or_else(near).map(|(place, _)| place);
        html! {
            @for (place, caption) in self.captions.iter().enumerate() {
                track src=(caption.url) kind=(caption.kind) srclang=(caption.language) default[Some(place) == shown]
                    label=(caption.label.clone().unwrap_or_else(|| language_names::name(&Language::stored(&caption.language), self.words)));
            }
        }
    }

    fn chapters(&self) -> Markup {
        if self.chapters.is_empty() || self.players.is_empty() {
            return html! {};
        }
        html! {
            h2 { (Phrase::Chapters.in_language(self.words)) }
            ol {
                @for chapter in &self.chapters {
                    @let second = page::whole(chapter.start_seconds);
                    li { a href=(self.at(second)) data-second=(second) { span.time { (page::clock(second)) } (chapter.title) } }
                }
            }
        }
    }

    fn results(&self) -> Markup {
        if self.results.is_empty() {
            return html! {};
        }
        let playable = !self.players.is_empty();
        html! {
            h2 { (Phrase::ImpactStatistics.in_language(self.words)) }
            ul {
                @for result in &self.results {
                    li {
                        @if let Some(second) = result.second.filter(|_| playable) {
                            a href=(self.at(second)) data-second=(second) { span.time { (page::clock(second)) } } " "
                        }
                        a href=(result.address) lang=[(result.language != self.language).then_some(&result.language)] { (result.title) }
                        @if let Some((text, language)) = &result.quote { " " q lang=[language.as_ref()] { (text) } }
                    }
                }
            }
        }
    }

    fn helplines(&self) -> Markup {
        if self.helplines.is_empty() {
            return html! {};
        }
        html! {
            h2 { (Phrase::Helplines.in_language(self.words)) }
            ul {
                @for (helpline, country) in &self.helplines {
                    li {
                        @if let Some(url) = &helpline.url { a href=(url) target="_blank" rel="noopener" { (helpline.name) } } @else { (helpline.name) }
                        @if let Some(country) = country { span.soft { " (" (country) ")" } }
                        @if let Some(phone) = &helpline.phone { " " a href=(format!("tel:{}", dialled(phone))) { (phone) } }
                    }
                }
            }
        }
    }
}

/// A telephone number as a phone dials it.
fn dialled(phone: &str) -> String {
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
    fn times_and_numbers_are_written_for_people_and_phones() {
        assert_eq!(
            [page::clock(0), page::clock(63), page::clock(3_723)],
            ["0:00", "1:03", "1:02:03"]
        );
        assert_eq!([page::whole(12.9), page::whole(0.0)], [12, 0]);
        assert_eq!(
            [dialled("+381 (0)11 / 123-456"), dialled("*121#")],
            ["+38111123456", "*121%23"]
        );
    }
}

//! `/embed/videos/{video}`: the embed page of a video.
mod html;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::Value;

use crate::embed::evidence::{self, EvidencePassage};
use crate::embed::html_shell;
use crate::embed::load_item::{self, ItemRequest, Located, VideoExtras};
use crate::embed::oembed_discovery::OEmbedDiscovery;
use crate::embed::player::{Player, player_for_source};
use crate::embed::schema_org;
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
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
            LanguagePreference::parse(&mut params, context.language_defaults(request));
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
            let publisher = schema_org::Publisher { name: &publisher, urls: &urls };
            VideoPage::new(video, extras, publisher, render_context)
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
        publisher: schema_org::Publisher<'_>,
        render_context: &RenderContext,
    ) -> Self {
        let ui_language = render_context.language_preference.ui_language;
        let urls = publisher.urls;
        let structured = schema_org::video_object(&loaded, &extras, publisher, render_context);
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
        let fields = &loaded.fields;
        let countries = render_context.countries(&fields.countries);
        let licence = fields
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
            players: fields
                .sources
                .unpack::<Vec<Source>>()
                .iter()
                .map(|source| player_for_source(source, ui_language))
                .collect(),
            captions: Captions::new(
                &fields.captions,
                &loaded.item,
                &render_context.base_url,
                &slug,
            )
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
            public_url: urls.external_url(ResourceKind::VIDEO, loaded.item.id, &slug, &language),
            discovery: OEmbedDiscovery::new(&urls.own_url(""), &page_url),
            json_ld: structured,
            language,
            canonical_url,
            lang_query: lang,
        }
    }
}

//! `/oembed`: oEmbed 1.0 (oembed.com) for the pages of the catalogue.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::charts;
use crate::embed::load_item::{self, Located, load_item};
use crate::embed::url_resolver::{
    match_chart_url, match_item_url, match_list_url, match_saved_query_url,
};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, Freshness};
use crate::http::language::LanguagePreference;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::percent_decode;
use crate::images::poster::{largest_size_within, png_path};
use crate::impact::resource::ImpactStatistics;
use crate::resource::query::describe::describe_query;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::view::embed_code;
use crate::saved_queries::resolve::{UrlParams, find_saved_query};
use crate::text::fingerprint::Fingerprint;
use crate::text::language::Language;
use crate::text::xml::XmlWriter;
use crate::videos::schema::SCHEMA;

/// Maximum height of the page of a statistic, in pixels.
const MAX_STATISTIC_HEIGHT: i64 = 360;
/// Maximum width of an iframe, in pixels.
const MAX_WIDTH: i64 = 1_920;

/// An oEmbed 1.0 response.
#[derive(Debug, Serialize, ToSchema)]
pub struct OEmbed {
    /// `video` for videos; `rich` for lists, statistics and charts.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "video")]
    kind: &'static str,
    /// Always `1.0`.
    #[schema(value_type = String, example = "1.0")]
    version: &'static str,
    /// The title of the page.
    #[schema(example = "In their own words, part one")]
    title: String,
    /// The name of the publisher.
    provider_name: String,
    /// The base URL of this server.
    #[schema(format = "uri")]
    provider_url: String,
    /// Cache lifetime in seconds.
    cache_age: u32,
    /// The HTML to insert into a page.
    #[schema(
        example = "<iframe src=\"https://catalogue.example.org/embed/videos/testimonials-part-one\" width=\"640\" height=\"540\"></iframe>"
    )]
    html: String,
    /// Width in pixels.
    #[schema(example = 640)]
    width: i64,
    /// Height in pixels.
    #[schema(example = 540)]
    height: i64,
    /// The poster of a video as PNG, the largest size that fits. Absent if no size fits, and for
    /// other types.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        format = "uri",
        example = "https://catalogue.example.org/v1/videos/testimonials-part-one/poster.png?lang=en"
    )]
    thumbnail_url: Option<String>,
    /// The width of the thumbnail in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1280)]
    thumbnail_width: Option<i64>,
    /// The height of the thumbnail in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 720)]
    thumbnail_height: Option<i64>,
}

/// Format of an oEmbed response.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OEmbedFormat {
    /// JSON.
    Json,
    /// XML.
    XmlWriter,
}

/// Parameters of an oEmbed request.
#[derive(Debug, Default, PartialEq)]
struct OEmbedParams {
    url: String,
    is_xml: bool,
    max_width: Option<i64>,
    max_height: Option<i64>,
}

/// Get the oEmbed representation of a catalogue URL
///
/// oEmbed 1.0 for URLs of embed pages (videos, lists, saved queries, statistics, charts), of API
/// resources, and of the publisher's own site (`KINOTEKA_PUBLIC_URL_TEMPLATE`). Unknown parameters
/// are ignored, as the specification requires.
#[utoipa::path(operation_id = "get_oembed", tag = "Embeds", params(
    ("url" = String, Query, description = "The URL of the page; a path that begins with `/` is relative to this server.", min_length = 1, example = "/embed/videos/testimonials-part-one"),
    ("format" = inline(Option<OEmbedFormat>), Query, description = "Response format; any other value returns 501.", example = "json"),
    ("maxwidth" = Option<i64>, Query, description = "Maximum width in pixels.", minimum = 1, maximum = 1_000_000_000, example = 480),
    ("maxheight" = Option<i64>, Query, description = "Maximum height in pixels.", minimum = 1, maximum = 1_000_000_000, example = 480),
), responses(
    (status = 200, description = "The oEmbed response.", content((OEmbed = "application/json", example = json!({"type": "video", "version": "1.0", "title": "In their own words, part one", "provider_name": "catalogue.example.org", "provider_url": "https://catalogue.example.org", "cache_age": 60, "html": "<iframe src=\"https://catalogue.example.org/embed/videos/testimonials-part-one\" width=\"640\" height=\"540\"></iframe>", "width": 640, "height": 540, "thumbnail_url": "https://catalogue.example.org/v1/videos/testimonials-part-one/poster.png?lang=en", "thumbnail_width": 1280, "thumbnail_height": 720})), (String = "text/xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?><oembed>…</oembed>")))),
    (status = 304, description = "Not modified."),
    (status = 400, description = "`url` is missing, or a size is not a positive integer.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "The API key is not valid.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "The URL is not one of this catalogue's pages, or the item does not exist.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 501, description = "Unsupported format.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is overloaded or unavailable.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/oembed")]
pub async fn oembed(
    context: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // A key has no effect on the response, but an invalid one is an error.
    context.visibility(&request).await?;
    let params = OEmbedParams::parse(request.query_string())?;
    let base_url = context.settings.base_url(&request);
    let not_found = || Problem::new(ProblemKind::NotFound, "This URL cannot be embedded.");
    if let Some(query) = match_list_url(&params.url, &base_url) {
        return oembed_list(&context, &request, &params, query).await;
    }
    if let Some((name, query)) = match_saved_query_url(&params.url, &base_url) {
        return oembed_saved_query(&context, &request, &params, (name, query)).await;
    }
    if let Some(query) = match_chart_url(&params.url, &base_url) {
        return oembed_chart(&context, &request, &params, query).await;
    }
    let template = context.settings.public_url_template.as_deref();
    if let Some(target) =
        match_item_url(ResourceKind::ImpactStatistic, &params.url, &base_url, template)
    {
        return oembed_statistic(&context, &request, params, target).await;
    }
    let Some((name, language)) =
        match_item_url(ResourceKind::Video, &params.url, &base_url, template)
    else {
        return Err(not_found());
    };
    let language_preference = LanguagePreference::new(
        language.clone().into_iter().collect(),
        context.fallback_languages.clone(),
    );
    let item_request = load_item::ItemRequest {
        id_or_slug: name,
        visibility: Visibility::Published,
        language_preference: &language_preference,
        etag_key: params.etag_key(&context),
        with_extras: false,
        accept_former_slug: true,
    };
    let found = load_item::load_video(&context, &request, item_request, |mut video, _, _| {
        let chosen = video.take_selected_text()?;
        Some((video.item.slug, chosen.language.as_str().to_owned(), chosen.text.title))
    })
    .await;
    let response_context =
        ResponseContext::new(&context, Visibility::Published, &language_preference);
    let (validators, found) = match match found {
        // Consumers get 404 for missing, deleted and non-public items alike.
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Gone) => {
            return Err(not_found());
        }
        other => other?,
    } {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let Located::Found(Some((slug, title_language, title))) = found else {
        return Err(not_found());
    };
    let lang = language.map(|language| format!("?lang={}", language.as_str())).unwrap_or_default();
    let embed = params.to_embed(
        &context,
        &base_url,
        ("video", &format!("{base_url}/embed/videos/{slug}{lang}")),
        title,
    );
    params.to_response(
        response_context,
        &validators,
        &embed.with_thumbnail(&params, |width| {
            format!("{base_url}{}", png_path(&slug, &title_language, width))
        }),
    )
}

/// The oEmbed response for the page of a saved query.
async fn oembed_saved_query(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    (name, query): (String, String),
) -> Result<HttpResponse, Problem> {
    let not_found =
        |_: Problem| Problem::new(ProblemKind::NotFound, "This URL cannot be embedded.");
    let (layout, rest) = crate::embed::video_list_page::split_layout(&query);
    layout.map_err(|error| not_found(Problem::invalid_parameters(vec![error])))?;
    let url_params =
        UrlParams::parse(&rest, None, &context.fallback_languages).map_err(not_found)?;
    let base = context.settings.base_url(request);
    let catalogue_request = CatalogueRequest {
        etag_key: params.etag_key(context),
        visibility: Visibility::Published,
        language_preference: url_params.language_preference.clone(),
        base_url: base.clone(),
        also_changed_at: None,
    };
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, _, render_context| {
            let saved =
                match find_saved_query(connection, &name, Visibility::Published, render_context)? {
                    Ok(saved) => saved,
                    // Follows the redirect to the current slug.
                    Err(slug) => {
                        find_saved_query(connection, &slug, Visibility::Published, render_context)?
                            .map_err(Problem::internal)?
                    }
                };
            Ok((saved.fields.kind == ResourceKind::Video.as_str())
                .then_some((saved.slug, saved.name)))
        },
    )
    .await;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &url_params.language_preference);
    let (validators, found) = match match found {
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Gone) => {
            return Err(not_found(problem));
        }
        other => other?,
    } {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let Some((slug, title)) = found else {
        return Err(Problem::new(
            ProblemKind::NotFound,
            "Only saved queries for videos can be embedded.",
        ));
    };
    let mark = if query.is_empty() { "" } else { "?" };
    let embed =
        params.to_embed(context, &base, ("rich", &format!("{base}/f/{slug}{mark}{query}")), title);
    params.to_response(response_context, &validators, &embed)
}

/// The oEmbed response for a list of videos.
async fn oembed_list(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    query: String,
) -> Result<HttpResponse, Problem> {
    let not_found =
        |_: Problem| Problem::new(ProblemKind::NotFound, "The query of the URL is not valid.");
    let base = context.settings.base_url(request);
    let (_, list_query) =
        crate::embed::video_list_page::parse_page_query(&query).map_err(not_found)?;
    let list_request = ListRequest::parse(
        &SCHEMA,
        &list_query,
        None,
        &context.fallback_languages,
        Visibility::Published,
    )
    .map_err(not_found)?;
    if list_request.language_preference.all_languages {
        return Err(Problem::new(
            ProblemKind::NotFound,
            "`lang=all` is not supported here; give one language or omit `lang`.",
        ));
    }
    let language_preference = list_request.language_preference.clone();
    let catalogue_request = CatalogueRequest {
        etag_key: params.etag_key(context),
        visibility: Visibility::Published,
        language_preference: language_preference.clone(),
        base_url: base.clone(),
        also_changed_at: None,
    };
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, _, render_context| {
            let description = describe_query(
                connection,
                &SCHEMA,
                &list_query,
                Visibility::Published,
                render_context,
            )?;
            Ok(description.title)
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, title) = match found {
        Freshness::Fresh(validators, title) => (validators, title),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mark = if query.is_empty() { "" } else { "?" };
    let embed = params.to_embed(
        context,
        &base,
        ("rich", &format!("{base}/embed/videos{mark}{query}")),
        title,
    );
    params.to_response(response_context, &validators, &embed)
}

/// The oEmbed response for a chart.
async fn oembed_chart(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    query: String,
) -> Result<HttpResponse, Problem> {
    let not_found =
        |_: Problem| Problem::new(ProblemKind::NotFound, "The query of the URL is not valid.");
    let oembed_key = params.etag_key(context);
    let (language_preference, chart) =
        charts::api::load_public_chart(context, request, &query, oembed_key).await.map_err(
            |problem| match problem.kind {
                ProblemKind::InvalidParameter
                | ProblemKind::NotSummable
                | ProblemKind::UriTooLong => not_found(problem),
                _ => problem,
            },
        )?;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, chart) = match chart {
        Freshness::Fresh(validators, chart) => (validators, chart),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let base_url = context.settings.base_url(request);
    let mark = if query.is_empty() { "" } else { "?" };
    let embed = params.to_embed(
        context,
        &base_url,
        ("rich", &format!("{base_url}/embed/impact-statistics/chart{mark}{query}")),
        chart.title,
    );
    params.to_response(response_context, &validators, &embed)
}

/// The oEmbed response for an impact statistic.
async fn oembed_statistic(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: OEmbedParams,
    (id_or_slug, language): (String, Option<Language>),
) -> Result<HttpResponse, Problem> {
    let not_found = || Problem::new(ProblemKind::NotFound, "This URL cannot be embedded.");
    let base_url = context.settings.base_url(request);
    let language_preference = LanguagePreference::new(
        language.clone().into_iter().collect(),
        context.fallback_languages.clone(),
    );
    let etag_key = params.etag_key(context);
    let item_request = load_item::ItemRequest {
        id_or_slug,
        visibility: Visibility::Published,
        language_preference: &language_preference,
        etag_key,
        with_extras: false,
        accept_former_slug: true,
    };
    let found = load_item::<ImpactStatistics, _>(
        context,
        request,
        item_request,
        |_, _, mut statistic, render_context| {
            let label = statistic.take_selected_text().map(|chosen| chosen.text.title);
            Ok(label.map(|label| {
                (
                    statistic.item.slug.clone(),
                    statistic.fields.title(&label, render_context.language_preference.ui_language),
                )
            }))
        },
    )
    .await;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, found) = match match found {
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Gone) => {
            return Err(not_found());
        }
        other => other?,
    } {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let Located::Found(Some((slug, title))) = found else { return Err(not_found()) };
    let lang = language.map(|language| format!("?lang={}", language.as_str())).unwrap_or_default();
    // The page has text only.
    let params = OEmbedParams {
        max_height: Some(
            params.max_height.map_or(MAX_STATISTIC_HEIGHT, |most| most.min(MAX_STATISTIC_HEIGHT)),
        ),
        ..params
    };
    let embed = params.to_embed(
        context,
        &base_url,
        ("rich", &format!("{base_url}/embed/impact-statistics/{slug}{lang}")),
        title,
    );
    params.to_response(response_context, &validators, &embed)
}

impl OEmbedParams {
    /// Parses the query. Unlike other endpoints, unknown parameters are ignored (oEmbed 1.0).
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut params = Self::default();
        let size = |name: &'static str, value: &str| match value.parse::<i64>() {
            Ok(size) if size > 0 => Ok(Some(size)),
            _ => Err(Problem::invalid_parameter(
                name,
                "out_of_range",
                format!("`{name}` must be a positive integer."),
            )),
        };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = percent_decode(value).unwrap_or_default();
            match name {
                "url" => params.url = value,
                "format" if value == "xml" => params.is_xml = true,
                "format" if value == "json" => params.is_xml = false,
                "format" => {
                    return Err(Problem::new(
                        ProblemKind::NotImplemented,
                        "`format` must be `json` or `xml`.",
                    ));
                }
                "maxwidth" => params.max_width = size("maxwidth", &value)?,
                "maxheight" => params.max_height = size("maxheight", &value)?,
                _ => {}
            }
        }
        if params.url.is_empty() {
            return Err(Problem::invalid_parameter("url", "required", "`url` is required."));
        }
        Ok(params)
    }

    /// Returns the fingerprint of what the response depends on besides the item, for the `ETag`.
    fn etag_key(&self, state: &AppState) -> Fingerprint {
        #[derive(Serialize)]
        struct OEmbedKey<'a> {
            url: &'a str,
            is_xml: bool,
            max_width: Option<i64>,
            max_height: Option<i64>,
            provider_name: Option<&'a str>,
        }
        Fingerprint::of(&OEmbedKey {
            url: &self.url,
            is_xml: self.is_xml,
            max_width: self.max_width,
            max_height: self.max_height,
            provider_name: state.settings.name.as_deref(),
        })
    }

    /// Width and height within the limits: a 16:9 player and the text below it.
    fn embed_size(&self) -> (i64, i64) {
        let width = self.max_width.map_or(embed_code::DEFAULT_WIDTH, |most| most.min(MAX_WIDTH));
        let height = embed_code::frame_height(width);
        (width, self.max_height.map_or(height, |most| height.min(most)))
    }

    /// The response in the requested format.
    fn to_response(
        &self,
        response_context: ResponseContext<'_>,
        validators: &CacheValidators,
        embed: &OEmbed,
    ) -> Result<HttpResponse, Problem> {
        let mut response = response_context.ok(validators);
        let ui_language = response_context.language_preference.ui_language;
        response.insert_header((header::CONTENT_LANGUAGE, ui_language));
        if self.is_xml {
            return Ok(response.content_type("text/xml; charset=utf-8").body(embed.to_xml()));
        }
        Ok(response
            .content_type("application/json")
            .body(serde_json::to_vec(embed).map_err(Problem::internal)?))
    }

    fn to_embed(
        &self,
        context: &AppState,
        base_url: &str,
        (kind, page_url): (&'static str, &str),
        title: String,
    ) -> OEmbed {
        let (width, height) = self.embed_size();
        OEmbed {
            kind,
            version: "1.0",
            html: embed_code::iframe_html(page_url, (width, height), &title),
            title,
            provider_name: context.settings.publisher_name(base_url),
            provider_url: base_url.to_owned(),
            cache_age: context.settings.cache_seconds,
            width,
            height,
            thumbnail_url: None,
            thumbnail_width: None,
            thumbnail_height: None,
        }
    }
}

impl OEmbed {
    /// Adds the thumbnail in the largest size that fits; `url` gets its width.
    fn with_thumbnail(
        self,
        params: &OEmbedParams,
        url: impl FnOnce(Option<i64>) -> String,
    ) -> Self {
        let Some((width, height)) = largest_size_within(params.max_width, params.max_height) else {
            return self;
        };
        Self {
            thumbnail_url: Some(url(Some(width))),
            thumbnail_width: Some(width),
            thumbnail_height: Some(height),
            ..self
        }
    }

    /// Serializes to XML with the same members.
    fn to_xml(&self) -> String {
        let mut xml = XmlWriter::new("oembed", &[]);
        for (name, text) in [
            ("type", self.kind),
            ("version", self.version),
            ("title", &self.title),
            ("provider_name", &self.provider_name),
            ("provider_url", &self.provider_url),
            ("cache_age", &self.cache_age.to_string()),
            ("html", &self.html),
            ("width", &self.width.to_string()),
            ("height", &self.height.to_string()),
        ] {
            xml.element(name, &[], text);
        }
        if let (Some(url), Some(width), Some(height)) =
            (&self.thumbnail_url, self.thumbnail_width, self.thumbnail_height)
        {
            for (name, text) in [
                ("thumbnail_url", url),
                ("thumbnail_width", &width.to_string()),
                ("thumbnail_height", &height.to_string()),
            ] {
                xml.element(name, &[], text);
            }
        }
        xml.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embed_size_respects_limits() {
        let size =
            |query: &str| OEmbedParams::parse(&format!("url=a&{query}")).unwrap().embed_size();
        for (query, expected) in [
            ("", (640, 540)),
            ("maxwidth=320", (320, 360)),
            ("maxwidth=320&maxheight=200", (320, 200)),
            ("maxheight=100", (640, 100)),
            ("maxwidth=1", (1, 180)),
            ("maxwidth=1280", (1_280, 900)),
            ("maxwidth=1000000000&maxheight=1000000000", (1_920, 1_260)),
        ] {
            assert_eq!(size(query), expected, "{query}");
        }
        for bad in ["maxwidth=0", "maxheight=-1", "maxwidth=wide", "maxwidth=1.5", "format=yaml"] {
            assert!(OEmbedParams::parse(&format!("url=a&{bad}")).is_err(), "{bad}");
        }
        assert!(OEmbedParams::parse("").is_err() && OEmbedParams::parse("url=").is_err());
        assert_eq!(
            OEmbedParams::parse("url=a%20b&other=1&format=xml").unwrap(),
            OEmbedParams { url: "a b".to_owned(), is_xml: true, max_width: None, max_height: None }
        );
    }
}

//! `/oembed`: how to show a page of ours on another site (oEmbed 1.0, oembed.com).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::charts;
use crate::embed::load_item::{self, Located, load_item};
use crate::embed::url_resolver::{
    match_chart_url, match_item_url, match_list_url, match_saved_query_url,
};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, Freshness};
use crate::http::language::LanguagePreference;
use crate::http::middleware::StatementCount;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::percent_decode;
use crate::images::poster::{largest_size_within, png_path};
use crate::impact::resource::ImpactStatistics;
use crate::resource::query::describe::describe_query;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue_wide};
use crate::resource::read::response;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::resource::view::embed_code;
use crate::saved_queries::resolve::{UrlParams, find_saved_query};
use crate::text::language::Language;
use crate::text::xml::Xml;
use crate::videos::model::SCHEMA;

/// The page of a figure is not higher.
const MAX_STATISTIC_HEIGHT: i64 = 360;
/// More is not used.
const MAX_WIDTH: i64 = 1_920;

/// How to show a video on another site.
#[derive(Debug, Serialize, ToSchema)]
pub struct OEmbed {
    /// `video`; of a list and of a figure `rich`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "video")]
    kind: &'static str,
    /// Always `1.0`.
    #[schema(value_type = String, example = "1.0")]
    version: &'static str,
    /// The title of the video.
    #[schema(example = "In their own words, part one")]
    title: String,
    /// What the catalogue is called.
    provider_name: String,
    /// Where it is.
    #[schema(format = "uri")]
    provider_url: String,
    /// How many seconds this may be kept.
    cache_age: u32,
    /// What to put into a page.
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
    /// The poster of a video as PNG, as large as fits; missing where not even the smallest fits,
    /// and of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        format = "uri",
        example = "https://catalogue.example.org/v1/videos/testimonials-part-one/poster.png?lang=en"
    )]
    thumbnail_url: Option<String>,
    /// Its width in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1280)]
    thumbnail_width: Option<i64>,
    /// Its height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 720)]
    thumbnail_height: Option<i64>,
}

/// In what it is told.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OEmbedFormat {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// What is asked.
#[derive(Debug, Default, PartialEq)]
struct OEmbedParams {
    url: String,
    is_xml: bool,
    max_width: Option<i64>,
    max_height: Option<i64>,
}

/// Tell how to show a page of this catalogue on another site
///
/// oEmbed 1.0, for addresses of embed pages of videos, lists and figures, of the API, and of the
/// publisher's own site (`KINOTEKA_PUBLIC_URL_TEMPLATE`). Unknown parameters are ignored, as the
/// standard wants it.
#[utoipa::path(operation_id = "oembed", tag = "Embeds", params(
    ("url" = String, Query, description = "The address of the page; one that begins with `/` is of this server.", min_length = 1, example = "/embed/videos/testimonials-part-one"),
    ("format" = inline(Option<OEmbedFormat>), Query, description = "Any other is 501.", example = "json"),
    ("maxwidth" = Option<i64>, Query, description = "The widest that fits, in pixels.", minimum = 1, maximum = 1_000_000_000, example = 480),
    ("maxheight" = Option<i64>, Query, description = "The highest that fits, in pixels.", minimum = 1, maximum = 1_000_000_000, example = 480),
), responses(
    (status = 200, description = "How to show it.", content((OEmbed = "application/json", example = json!({"type": "video", "version": "1.0", "title": "In their own words, part one", "provider_name": "catalogue.example.org", "provider_url": "https://catalogue.example.org", "cache_age": 60, "html": "<iframe src=\"https://catalogue.example.org/embed/videos/testimonials-part-one\" width=\"640\" height=\"540\"></iframe>", "width": 640, "height": 540, "thumbnail_url": "https://catalogue.example.org/v1/videos/testimonials-part-one/poster.png?lang=en", "thumbnail_width": 1280, "thumbnail_height": 720})), (String = "text/xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?><oembed>…</oembed>")))),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "`url` is missing, or a size is no number of pixels.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 401, description = "The key is not one that may be used.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "The address is not ours, or there is nothing.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 501, description = "The format is neither JSON nor XML.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is busy or away.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/oembed")]
pub async fn oembed(
    context: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Nothing is told with a key that is not told without, but who sends one must know when it is
    // no good.
    context.visibility(&request).await?;
    let params = OEmbedParams::parse(request.query_string())?;
    let base_url = context.settings.base_url(&request);
    let not_found =
        || Problem::new(ProblemKind::NotFound, "There is nothing to embed at this address.");
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
        etag_key: format!("oembed\n{params:?}\n{:?}", context.settings.name),
        with_extras: false,
        accept_former_slug: true,
    };
    let found = load_item::load_video(&context, &request, item_request, |mut video, _, _| {
        let chosen = video.take_selected_text()?;
        Some((video.item.slug, chosen.language.as_str().to_owned(), chosen.text.title))
    })
    .await;
    let (validators, found) = match match found {
        // Whatever is not there, or not for everybody, is one thing to a consumer.
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Gone) => {
            return Err(not_found());
        }
        other => other?,
    } {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                &context,
                Visibility::Published,
                &language_preference,
                &validators,
            ));
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
        &context,
        &language_preference,
        &validators,
        &embed.with_thumbnail(&params, |width| {
            format!("{base_url}{}", png_path(&slug, &title_language, width))
        }),
    )
}

/// Tells how to show the page of a saved query.
async fn oembed_saved_query(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    (name, query): (String, String),
) -> Result<HttpResponse, Problem> {
    let not_found = |_: Problem| {
        Problem::new(ProblemKind::NotFound, "There is nothing to embed at this address.")
    };
    let (layout, rest) = crate::embed::video_list_page::split_layout(&query);
    layout.map_err(|error| not_found(Problem::invalid_parameters(vec![error])))?;
    let url_params =
        UrlParams::parse(&rest, None, &context.fallback_languages).map_err(not_found)?;
    let base = context.settings.base_url(request);
    let etag_key = format!("oembed saved\n{params:?}\n{:?}", context.settings.name);
    let (inner, condition, wish, at) = (
        context.clone().into_inner(),
        ConditionalGet::from_request(request),
        url_params.language_preference.clone(),
        base.clone(),
    );
    let done = context
        .read(Visibility::Published, move |connection| {
            let of = CatalogueRequest {
                etag_key: &etag_key,
                language_preference: &wish,
                base_url: &at,
                also_changed_at: None,
                condition: &condition,
            };
            read_catalogue_wide(connection, &inner, &of, |connection, _, render_context| {
                let saved = match find_saved_query(
                    connection,
                    &name,
                    Visibility::Published,
                    render_context,
                )? {
                    Ok(saved) => saved,
                    // The slug that it has now.
                    Err(slug) => {
                        find_saved_query(connection, &slug, Visibility::Published, render_context)?
                            .map_err(Problem::internal)?
                    }
                };
                Ok((saved.fields.kind == ResourceKind::Video.as_str())
                    .then_some((saved.slug, saved.name)))
            })
        })
        .await;
    let (validators, found) = match match done {
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Gone) => {
            return Err(not_found(problem));
        }
        other => {
            let done = other?;
            StatementCount::record(request, done.statement_count);
            done.value
        }
    } {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                context,
                Visibility::Published,
                &url_params.language_preference,
                &validators,
            ));
        }
    };
    let Some((slug, title)) = found else {
        return Err(Problem::new(ProblemKind::NotFound, "Only queries of videos have a page."));
    };
    let mark = if query.is_empty() { "" } else { "?" };
    let embed =
        params.to_embed(context, &base, ("rich", &format!("{base}/f/{slug}{mark}{query}")), title);
    params.to_response(context, &url_params.language_preference, &validators, &embed)
}

/// Tells how to show a list.
async fn oembed_list(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    query: String,
) -> Result<HttpResponse, Problem> {
    // A query that is not understood is no page of ours.
    let not_found = |_: Problem| {
        Problem::new(
            ProblemKind::NotFound,
            "There is no list at this address: its query is not understood.",
        )
    };
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
            "There is no list in all languages: a page is in one.",
        ));
    }
    let wish = list_request.language_preference.clone();
    let etag_key = format!("oembed list\n{params:?}\n{:?}", context.settings.name);
    let (inner, condition, shared_preference, at) = (
        context.clone().into_inner(),
        ConditionalGet::from_request(request),
        wish.clone(),
        base.clone(),
    );
    let done = context
        .read(Visibility::Published, move |connection| {
            let of = CatalogueRequest {
                etag_key: &etag_key,
                language_preference: &shared_preference,
                base_url: &at,
                also_changed_at: None,
                condition: &condition,
            };
            read_catalogue_wide(connection, &inner, &of, |connection, _, render_context| {
                Ok(describe_query(
                    connection,
                    &SCHEMA,
                    &list_query,
                    Visibility::Published,
                    render_context,
                )?
                .title)
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    let (validators, title) = match done.value {
        Freshness::Fresh(validators, title) => (validators, title),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                context,
                Visibility::Published,
                &wish,
                &validators,
            ));
        }
    };
    let mark = if query.is_empty() { "" } else { "?" };
    let embed = params.to_embed(
        context,
        &base,
        ("rich", &format!("{base}/embed/videos{mark}{query}")),
        title,
    );
    params.to_response(context, &wish, &validators, &embed)
}

/// Tells how to show a chart.
async fn oembed_chart(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    query: String,
) -> Result<HttpResponse, Problem> {
    let not_found = |_: Problem| {
        Problem::new(
            ProblemKind::NotFound,
            "There is no chart at this address: its query is not understood.",
        )
    };
    let load_options = (None, format!("oembed {params:?}"));
    let (language_preference, chart) =
        charts::api::load_public_chart(context, request, &query, load_options).await.map_err(
            |problem| match problem.kind {
                ProblemKind::InvalidParameter
                | ProblemKind::NotSummable
                | ProblemKind::UriTooLong => not_found(problem),
                _ => problem,
            },
        )?;
    let (validators, chart) = match chart {
        Freshness::Fresh(validators, chart) => (validators, chart),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                context,
                Visibility::Published,
                &language_preference,
                &validators,
            ));
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
    params.to_response(context, &language_preference, &validators, &embed)
}

/// Tells how to show a figure.
async fn oembed_statistic(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: OEmbedParams,
    (id_or_slug, language): (String, Option<Language>),
) -> Result<HttpResponse, Problem> {
    let not_found =
        || Problem::new(ProblemKind::NotFound, "There is nothing to embed at this address.");
    let base_url = context.settings.base_url(request);
    let language_preference = LanguagePreference::new(
        language.clone().into_iter().collect(),
        context.fallback_languages.clone(),
    );
    let etag_key = format!("oembed figure\n{params:?}\n{:?}", context.settings.name);
    let item_request = load_item::ItemRequest {
        id_or_slug: id_or_slug,
        visibility: Visibility::Published,
        language_preference: &language_preference,
        etag_key: etag_key,
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
    let (validators, found) = match match found {
        Err(problem) if matches!(problem.kind, ProblemKind::NotFound | ProblemKind::Gone) => {
            return Err(not_found());
        }
        other => other?,
    } {
        Freshness::Fresh(validators, found) => (validators, found),
        Freshness::NotModified(validators) => {
            return Ok(response::not_modified_response(
                context,
                Visibility::Published,
                &language_preference,
                &validators,
            ));
        }
    };
    let Located::Found(Some((slug, title))) = found else { return Err(not_found()) };
    let lang = language.map(|language| format!("?lang={}", language.as_str())).unwrap_or_default();
    // There is no picture beside the text.
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
    params.to_response(context, &language_preference, &validators, &embed)
}

impl OEmbedParams {
    /// Reads what is asked. Unlike elsewhere here, what is not known is ignored.
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut params = Self::default();
        let size = |name: &'static str, value: &str| match value.parse::<i64>() {
            Ok(size) if size > 0 => Ok(Some(size)),
            _ => Err(Problem::invalid_parameter(
                name,
                "out_of_range",
                format!("`{name}` is a number of pixels, at least 1."),
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
                        "oEmbed is answered as json or xml.",
                    ));
                }
                "maxwidth" => params.max_width = size("maxwidth", &value)?,
                "maxheight" => params.max_height = size("maxheight", &value)?,
                _ => {}
            }
        }
        if params.url.is_empty() {
            return Err(Problem::invalid_parameter(
                "url",
                "required",
                "`url` is the address of the page to show.",
            ));
        }
        Ok(params)
    }

    /// Width and height that fit: a picture of 16 to 9, and the text below it as far as there is
    /// room.
    fn embed_size(&self) -> (i64, i64) {
        let width = self.max_width.map_or(embed_code::DEFAULT_WIDTH, |most| most.min(MAX_WIDTH));
        let height = embed_code::frame_height(width);
        (width, self.max_height.map_or(height, |most| height.min(most)))
    }

    /// Answers it in the format that is asked for.
    fn to_response(
        &self,
        context: &AppState,
        language_preference: &LanguagePreference,
        validators: &CacheValidators,
        embed: &OEmbed,
    ) -> Result<HttpResponse, Problem> {
        let mut response = HttpResponse::build(StatusCode::OK);
        response::set_cache_headers(
            &mut response,
            context,
            Visibility::Published,
            language_preference,
        );
        response::set_validators(&mut response, validators);
        response.insert_header((header::CONTENT_LANGUAGE, language_preference.ui_language));
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
    /// With the picture at this address, in the largest size that fits.
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

    /// As XML, with the same members.
    fn to_xml(&self) -> String {
        let mut xml = Xml::new("oembed", &[]);
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

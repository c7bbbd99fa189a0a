//! `/oembed`: oEmbed 1.0 (oembed.com) for the pages of the catalogue.

use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::charts;
use crate::db::ReadCost;
use crate::embed::load_item::{self, Located, load_item};
use crate::embed::oembed_response::{EmbedPage, OEmbed, OEmbedFormat, OEmbedParams};
use crate::embed::url_resolver::{
    ItemTarget, SavedQueryTarget, match_chart_url, match_item_url, match_list_url,
    match_saved_query_url,
};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::{LanguageDefaults, LanguagePreference};
use crate::http::problem::{Problem, ProblemKind};
use crate::images::poster::png_path;
use crate::impact::resource::ImpactStatistics;
use crate::resource::extract::Viewer;
use crate::resource::query::describe::describe_query;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::state::AppState;
use crate::saved_queries::resolve::{UrlParams, find_saved_query};
use crate::videos::schema::SCHEMA;

/// Maximum height of the page of a statistic, in pixels.
const MAX_STATISTIC_HEIGHT: i64 = 360;

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
    _: Viewer,
) -> Result<HttpResponse, Problem> {
    // A key has no effect on the response, but an invalid one is an error.
    let params = OEmbedParams::parse(request.query_string())?;
    let base_url = context.settings.base_url(&request);
    let not_found = || Problem::new(ProblemKind::NotFound, "This URL cannot be embedded.");
    if let Some(query) = match_list_url(&params.url, &base_url) {
        return oembed_list(&context, &request, &params, query).await;
    }
    if let Some(target) = match_saved_query_url(&params.url, &base_url) {
        return oembed_saved_query(&context, &request, &params, target).await;
    }
    if let Some(query) = match_chart_url(&params.url, &base_url) {
        return oembed_chart(&context, &request, &params, query).await;
    }
    let template = context.settings.public_url_template.as_deref();
    if let Some(target) =
        match_item_url(ResourceKind::IMPACT_STATISTIC, &params.url, &base_url, template)
    {
        return oembed_statistic(&context, &request, params, target).await;
    }
    let Some(ItemTarget { id_or_slug, language }) =
        match_item_url(ResourceKind::VIDEO, &params.url, &base_url, template)
    else {
        return Err(not_found());
    };
    let language_preference = LanguagePreference::new(
        language.clone().into_iter().collect(),
        context.fallback_languages.clone(),
    );
    let item_request = load_item::ItemRequest {
        id_or_slug,
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
        EmbedPage { kind: "video", url: format!("{base_url}/embed/videos/{slug}{lang}"), title },
    );
    params.to_response(
        response_context,
        &validators,
        embed.with_thumbnail(&params, |width| {
            format!("{base_url}{}", png_path(&slug, &title_language, width))
        }),
    )
}

/// The oEmbed response for the page of a saved query.
async fn oembed_saved_query(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: &OEmbedParams,
    target: SavedQueryTarget,
) -> Result<HttpResponse, Problem> {
    let not_found =
        |_: Problem| Problem::new(ProblemKind::NotFound, "This URL cannot be embedded.");
    let SavedQueryTarget { id_or_slug, query } = target;
    let (layout, rest) = crate::embed::video_list_page::split_layout(&query);
    layout.map_err(|error| not_found(Problem::invalid_parameters(vec![error])))?;
    let url_params = UrlParams::parse(&rest, LanguageDefaults::new(&context.fallback_languages))
        .map_err(not_found)?;
    let base = context.settings.base_url(request);
    let catalogue_request = CatalogueRequest {
        etag_key: params.etag_key(context),
        visibility: Visibility::Published,
        language_preference: url_params.language_preference.clone(),
        base_url: base.clone(),
        cost: ReadCost::Light,
        also_changed_at: None,
    };
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, _, render_context| {
            let saved = match find_saved_query(
                connection,
                &id_or_slug,
                Visibility::Published,
                render_context,
            )? {
                Ok(saved) => saved,
                // Follows the redirect to the current slug.
                Err(slug) => {
                    find_saved_query(connection, &slug, Visibility::Published, render_context)?
                        .map_err(Problem::internal)?
                }
            };
            Ok((saved.fields.kind == ResourceKind::VIDEO.as_str())
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
    let embed = params.to_embed(
        context,
        &base,
        EmbedPage { kind: "rich", url: format!("{base}/f/{slug}{mark}{query}"), title },
    );
    params.to_response(response_context, &validators, embed)
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
        LanguageDefaults::new(&context.fallback_languages),
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
        cost: ReadCost::Light,
        also_changed_at: None,
    };
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, _, render_context| {
            let description =
                describe_query(connection, &list_request, &list_query, render_context)?;
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
        EmbedPage { kind: "rich", url: format!("{base}/embed/videos{mark}{query}"), title },
    );
    params.to_response(response_context, &validators, embed)
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
        EmbedPage {
            kind: "rich",
            url: format!("{base_url}/embed/impact-statistics/chart{mark}{query}"),
            title: chart.title,
        },
    );
    params.to_response(response_context, &validators, embed)
}

/// The oEmbed response for an impact statistic.
async fn oembed_statistic(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    params: OEmbedParams,
    target: ItemTarget,
) -> Result<HttpResponse, Problem> {
    let ItemTarget { id_or_slug, language } = target;
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
        EmbedPage {
            kind: "rich",
            url: format!("{base_url}/embed/impact-statistics/{slug}{lang}"),
            title,
        },
    );
    params.to_response(response_context, &validators, embed)
}

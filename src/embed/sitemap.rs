//! `/sitemap-videos.xml`: video sitemap (sitemaps.org, with Google's video extension).
//!
//! Each part covers a fixed range of row ids, so that writes do not move videos between parts.

use actix_web::{HttpRequest, HttpResponse, get, web};
use diesel::sql_types::BigInt;
use serde::Serialize;

use crate::db::sql_fragment::{Bind, Fragment, Statement};
use crate::db::{Connection, ReadCost, RowId};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::LanguagePreference;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::images::poster::png_path;
use crate::resource::model::item::LoadedItem;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::ResourceKind;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_where;
use crate::resource::view::urls::PublicUrls;
use crate::text::fingerprint::Fingerprint;
use crate::text::xml::XmlWriter;
use crate::videos::fields::VideoFields;
use crate::videos::media::Source;
use crate::videos::resource::Videos;

/// Row ids per part. An entry has one to five kilobytes; the limit of a file is 50 MB.
const IDS_PER_PART: RowId = 5_000;
/// Maximum length of a description, in characters.
const MAX_DESCRIPTION_CHARS: usize = 2_048;
/// Maximum duration that the sitemap extension allows, in seconds.
const MAX_DURATION_SECONDS: i64 = 28_800;

const SITEMAP_XMLNS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const VIDEO_XMLNS: &str = "http://www.google.com/schemas/sitemap-video/1.1";

/// Get the video sitemap
///
/// A sitemap of the public videos that have a source, for search engines. Large catalogues get an
/// index of parts.
#[utoipa::path(operation_id = "get_video_sitemap", extensions(("x-operation-kind" = json!(OperationKind::CatalogueFile))), tag = "Embeds", responses(
    (status = 200, description = "The sitemap, or the index of its parts.", body = String, content_type = "application/xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"/>\n")),
))]
#[get("/sitemap-videos.xml")]
pub async fn video_sitemap(
    context: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond(&context, &request, None).await
}

/// Get one part of the video sitemap
///
/// A part listed in the sitemap index.
#[utoipa::path(operation_id = "get_video_sitemap_part", extensions(("x-operation-kind" = json!(OperationKind::CatalogueFile))), tag = "Embeds", params(("part" = i64, Path, description = "Number of the part, from 1.", minimum = 1, maximum = 1_000_000, example = 1)), responses(
    (status = 200, description = "The part.", body = String, content_type = "application/xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"/>\n")),
    (status = 404, description = "Part not found.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/sitemap-videos-{part}.xml")]
pub async fn video_sitemap_part(
    context: web::Data<AppState>,
    request: HttpRequest,
    part: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    // A part that is not a number is not found.
    respond(&context, &request, Some(part.parse().unwrap_or(0))).await
}

#[derive(Serialize)]
struct SitemapKey<'a> {
    part: Option<RowId>,
    urls: &'a PublicUrls,
}

async fn respond(
    context: &web::Data<AppState>,
    request: &HttpRequest,
    part: Option<RowId>,
) -> Result<HttpResponse, Problem> {
    QueryParams::parse(request.query_string())?.finish()?;
    let base = context.settings.base_url(request);
    let urls = PublicUrls::new(&context.settings, &base);
    let language_preference =
        LanguagePreference::new(Vec::new(), context.fallback_languages.clone());
    let catalogue_request = CatalogueRequest {
        etag_key: Fingerprint::of(&SitemapKey { part, urls: &urls }),
        visibility: Visibility::Published,
        language_preference: language_preference.clone(),
        base_url: base,
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let found = read_catalogue(
        context,
        request,
        catalogue_request,
        move |connection, _, render_context| {
            let parts = non_empty_parts(connection)?;
            match (part, parts.as_slice()) {
                (Some(part), _) if !parts.contains(&part) => {
                    let available =
                        parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                    Err(Problem::new(
                        ProblemKind::NotFound,
                        format!("Part {part} not found; available parts: {available}."),
                    ))
                }
                (Some(part), _) => render_part(connection, part, &urls, render_context),
                (None, [part]) => render_part(connection, *part, &urls, render_context),
                (None, parts) => Ok(render_index(parts, &urls)),
            }
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(context, Visibility::Published, &language_preference);
    let (validators, body) = match found {
        Freshness::Fresh(validators, body) => (validators, body),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mut response = response_context.ok(&validators);
    Ok(response.content_type("application/xml; charset=utf-8").body(body))
}

/// The parts with public videos that have a source; the first part if no such video exists.
fn non_empty_parts(connection: &mut Connection) -> Result<Vec<RowId>, Problem> {
    let statement = Fragment::new("SELECT DISTINCT (filter_index.item - 1) / ")
        .append(&Fragment::literal_on_postgres(IDS_PER_PART))
        .sql(" + 1 AS part FROM filter_index WHERE filter_index.is_public = TRUE AND filter_index.term = ")
        .sql("(SELECT filter_terms.number FROM filter_terms WHERE filter_terms.field = 'video.has' AND filter_terms.value = 'source') ORDER BY part");
    let parts: Vec<RowId> = Statement::<BigInt>::new(statement).load_rows(connection)?;
    Ok(if parts.is_empty() { vec![1] } else { parts })
}

fn render_index(parts: &[RowId], urls: &PublicUrls) -> String {
    let mut xml = XmlWriter::new("sitemapindex", &[("xmlns", SITEMAP_XMLNS)]);
    for part in parts {
        xml.open("sitemap", &[]);
        xml.element("loc", &[], &urls.own_url(&format!("/sitemap-videos-{part}.xml")));
        xml.close();
    }
    xml.finish()
}

/// The public videos of a part.
fn render_part(
    connection: &mut Connection,
    part: RowId,
    urls: &PublicUrls,
    render_context: &mut RenderContext,
) -> Result<String, Problem> {
    let first_excluded = part.saturating_sub(1).saturating_mul(IDS_PER_PART);
    let condition = Fragment::new("items.kind = 'video' AND items.is_public = TRUE AND items.deleted_at IS NULL AND items.number > ")
        .bind(Bind::Integer(first_excluded))
        .sql(" AND items.number <= ")
        .bind(Bind::Integer(first_excluded.saturating_add(IDS_PER_PART)))
        .sql(" ORDER BY items.number");
    let videos =
        load_where::<Videos>(connection, &condition, Visibility::Published, render_context)?;
    let mut xml =
        XmlWriter::new("urlset", &[("xmlns", SITEMAP_XMLNS), ("xmlns:video", VIDEO_XMLNS)]);
    for video in videos {
        write_entry(&mut xml, video, urls);
    }
    Ok(xml.finish())
}

/// Writes an entry if the video has a player URL distinct from its page, or a file.
fn write_entry(xml: &mut XmlWriter, mut video: LoadedItem<VideoFields>, urls: &PublicUrls) {
    let Some(chosen) = video.take_selected_text() else { return };
    let (item, fields, language) = (&video.item, &video.fields, chosen.language.as_str());
    let sources: Vec<Source> = fields.sources.unpack();
    let page = urls.external_url(ResourceKind::VIDEO, item.id, &item.slug, language);
    let player = urls.own_url(&format!("/embed/videos/{}", item.slug));
    // Without a public site, the embed page is the page of the video.
    let has_player = page.is_some() && sources.iter().any(|source| source.kind != "page");
    let file =
        sources.iter().find(|source| source.kind == "file").map(|source| source.url.as_str());
    if !has_player && file.is_none() {
        return;
    }
    let text = chosen
        .text
        .description
        .as_ref()
        .or(chosen.text.summary.as_ref())
        .unwrap_or(&chosen.text.title);
    let description: String = text.chars().take(MAX_DESCRIPTION_CHARS).collect();
    xml.open("url", &[]);
    xml.element("loc", &[], page.as_deref().unwrap_or(&player));
    xml.open("video:video", &[]);
    xml.element("video:thumbnail_loc", &[], &urls.own_url(&png_path(&item.slug, language, None)));
    xml.element("video:title", &[], &chosen.text.title);
    xml.element("video:description", &[], &description);
    if let Some(file) = file {
        xml.element("video:content_loc", &[], file);
    }
    if has_player {
        xml.element("video:player_loc", &[], &player);
    }
    if let Some(seconds) =
        fields.duration_seconds.filter(|seconds| (1..=MAX_DURATION_SECONDS).contains(seconds))
    {
        xml.element("video:duration", &[], &seconds.to_string());
    }
    xml.element(
        "video:publication_date",
        &[],
        &item.published_at.unwrap_or(item.created_at).to_string(),
    );
    xml.close();
    xml.close();
}

//! Builds the OpenAPI document from the handlers.

use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi as Document, ServerBuilder};
use utoipa_actix_web::AppExt;

use crate::http::problem::ProblemBody;
use crate::registry::{request_bodies, schemas};
use crate::resource::openapi::{ListEndpoint, complete_document};
use crate::resource::read::highlights::Highlight;
use crate::resource::view::context::ShortReference;
use crate::resource::view::partner_role::PartnerRole;
use crate::server::routes::routes;
use crate::{embed, feeds, iati, impact, search, tables};

/// Components that no handler references, and tags.
#[derive(OpenApi)]
#[openapi(
    components(schemas(Highlight, ProblemBody, ShortReference, PartnerRole)),
    tags(
        (name = "Videos", description = "Videos with their sources, languages, topics and partners."),
        (name = "Programmes", description = "Programmes that videos and statistics belong to."),
        (name = "Partners", description = "Organisations that fund, host and implement programmes or appear in videos."),
        (name = "Indicators", description = "What impact statistics measure and how, defined once for all statistics of an indicator."),
        (name = "Impact statistics", description = "Results as exact figures with qualifier, period and evidence."),
        (name = "Search", description = "Search across all kinds."),
        (name = "Feeds", description = "Every list as RSS, Atom or JSON Feed, with the same parameters."),
        (name = "Tables", description = "Every list as CSV or XLSX, with the same parameters; the whole list, streamed."),
        (name = "Embeds", description = "Embeddable pages, a web component and oEmbed."),
        (name = "IATI", description = "Programmes and their results in the format of the International Aid Transparency Initiative, version 2.03."),
        (name = "Topics", description = "The controlled vocabulary, as a tree."),
        (name = "Saved queries", description = "Named list queries with a permanent URL, as feeds and as an embeddable page."),
        (name = "Countries", description = "Codes and names of countries and territories: reference data."),
        (name = "Server", description = "The OpenAPI document, explanations of problems, and health probes."),
    )
)]
struct BaseDocument;

/// Endpoints other than lists that take the parameters of lists.
fn list_endpoints() -> Vec<ListEndpoint> {
    let searches = [search::all::OPENAPI, search::suggest::OPENAPI, search::transcripts::OPENAPI];
    let searches = searches
        .into_iter()
        .chain([impact::summary::api::OPENAPI, impact::summary::series::OPENAPI]);
    let pages = [
        embed::video_list_page::OPENAPI,
        embed::embed_builder::OPENAPI,
        embed::chart_page::OPENAPI,
        iati::api::OPENAPI,
    ];
    searches
        .chain(feeds::api::OPENAPI)
        .chain(pages)
        .chain(crate::charts::api::OPENAPI)
        .chain(tables::api::OPENAPI)
        .collect()
}

const DESCRIPTION: &str = "A headless media catalogue: videos, programmes, partners and impact statistics.\n\n\
**Reading** needs no key. Lists take filters (several values with commas mean any of them, `!` excludes), `sort`, `limit` and \
cursors; `fields` and `include` shape each item. An invalid parameter is an error with a suggestion, never an empty list.\n\n\
**Languages.** `lang`, or else `Accept-Language`, selects one language for the whole answer; `language` of each resource is \
the language of its texts. If only one Serbian script exists, the other is transliterated from it and `transliterated` is true. `lang=all` returns every language.\n\n\
**Writing** needs `Authorization: Bearer …` with an editor key. The response to a GET with `lang=all` can be sent \
back by PUT and changes nothing. `If-Match` protects against lost updates.\n\n\
**Errors** are `application/problem+json` (RFC 9457); `errors` names every wrong field or parameter.";

fn build_document() -> Value {
    let base = actix_web::App::new()
        .into_utoipa_app()
        .openapi(BaseDocument::openapi())
        .configure(routes)
        .split_for_parts()
        .1;
    let mut document: Document = base;
    document.info = InfoBuilder::new()
        .title("Kinoteka")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    document.servers =
        Some(vec![ServerBuilder::new().url("/").description(Some("This server")).build()]);
    complete_document(
        serde_json::to_value(document).unwrap_or_default(),
        &schemas(),
        &request_bodies(),
        &list_endpoints(),
    )
}

/// The document as JSON, indented, with a newline at its end.
pub fn render_json() -> String {
    let mut text = serde_json::to_string_pretty(&build_document()).unwrap_or_default();
    text.push('\n');
    text
}

/// The document as YAML. It is parsed from the JSON, since only `serde_json` can read its own
/// representation of numbers.
pub fn render_yaml() -> String {
    yaml_serde::from_str::<yaml_serde::Value>(&render_json())
        .and_then(|document| yaml_serde::to_string(&document))
        .unwrap_or_default()
}

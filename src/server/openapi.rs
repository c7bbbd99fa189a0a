//! The OpenAPI document, made from the handlers once.

use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi as Document, ServerBuilder};
use utoipa_actix_web::AppExt;

use crate::http::problem::ProblemBody;
use crate::registry::schemas;
use crate::resource::openapi::{ListEndpoint, complete_document};
use crate::resource::read::highlights::Highlight;
use crate::resource::view::context::ShortReference;
use crate::resource::view::partner_role::{PartnerRole, PartnerRoleInput};
use crate::server::routes::routes;
use crate::{embed, feeds, iati, impact, search, tables};

/// What no handler mentions by itself.
#[derive(OpenApi)]
#[openapi(
    components(schemas(Highlight, ProblemBody, ShortReference, PartnerRole, PartnerRoleInput)),
    tags(
        (name = "Videos", description = "What was filmed: where it can be played, in which languages, about what, and with whom."),
        (name = "Programmes", description = "What videos and statistics belong to."),
        (name = "Partners", description = "Who funds, hosts and carries out programmes, and who takes part in videos."),
        (name = "Indicators", description = "What impact statistics measure, and how: defined once for all that belong to them."),
        (name = "Impact statistics", description = "What came of it: exact figures with their qualifier, period and evidence."),
        (name = "Search", description = "Items of every kind in one list."),
        (name = "Feeds", description = "Every list as RSS, Atom or JSON Feed, with the same parameters."),
        (name = "Tables", description = "Every list as a table for spreadsheets and statisticians, with the same parameters: the whole list, streamed as it is read."),
        (name = "Embeds", description = "What partner sites paste: pages for frames, a web component, and oEmbed."),
        (name = "IATI", description = "Programmes and their results as the International Aid Transparency Initiative has them, version 2.03."),
        (name = "Topics", description = "The controlled vocabulary, as a tree."),
        (name = "Saved queries", description = "Queries of lists with a name and an address that stays: as feeds, and as a page to be framed."),
        (name = "Countries", description = "Codes and names of countries and territories: reference data."),
        (name = "Server", description = "The document itself, explanations of problems, and the server's health."),
    )
)]
struct BaseDocument;

/// What takes the parameters of lists beside the lists themselves.
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
cursors; `fields` and `include` shape each item. Whatever is not understood is an error that says what was meant, never an empty list.\n\n\
**Languages.** `lang`, or else `Accept-Language`, picks one language for the whole answer; each resource says in `language` which one \
it got. Where only one Serbian script exists the other is made from it, and `transliterated` says so. `lang=all` gives every language.\n\n\
**Writing** needs `Authorization: Bearer …` with an editor's key. What a GET with `lang=all` gave can be sent back by PUT \
unchanged and changes nothing. `If-Match` protects against lost updates.\n\n\
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
        &list_endpoints(),
    )
}

/// The document as JSON, indented, with a newline at its end.
pub fn render_json() -> String {
    let mut text = serde_json::to_string_pretty(&build_document()).unwrap_or_default();
    text.push('\n');
    text
}

/// The document as YAML, read from the JSON: that is YAML too, and `serde_json` alone knows how it
/// keeps its numbers.
pub fn render_yaml() -> String {
    yaml_serde::from_str::<yaml_serde::Value>(&render_json())
        .and_then(|document| yaml_serde::to_string(&document))
        .unwrap_or_default()
}

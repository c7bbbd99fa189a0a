//! The OpenAPI document, made from the handlers once.

use actix_web::web::Bytes;
use std::sync::OnceLock;

use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi as Document, ServerBuilder};
use utoipa_actix_web::AppExt;

use crate::http::conditional::EntityTag;
use crate::http::problem::ProblemBody;
use crate::resource::openapi::{ListEndpoint, complete_document};
use crate::resource::read::highlights::Highlight;
use crate::resource::view::context::ShortReference;
use crate::resource::view::partner_role::{PartnerRole, PartnerRoleInput};
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
        .configure(crate::server::routes)
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
        &crate::server::SCHEMAS,
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

/// A document as it is answered: shared by all answers, however slowly they are read.
pub struct CachedDocument {
    /// Its tag.
    pub etag: EntityTag,
    /// Its bytes.
    pub body: Bytes,
}

impl CachedDocument {
    /// A document and its tag.
    pub fn new(text: String) -> Self {
        Self { etag: EntityTag::from_state(&text), body: Bytes::from(text) }
    }
}

/// Whether a part of an address is that of a template: `videos.csv` that of `videos.{format}`.
fn segment_matches(template: &str, given: &str) -> bool {
    let Some((front, rest)) = template.split_once('{') else { return template == given };
    let back = rest.split_once('}').map(|(_, back)| back).unwrap_or_default();
    given
        .strip_prefix(front)
        .and_then(|given| given.strip_suffix(back))
        .is_some_and(|value| !value.is_empty())
}

/// Both forms, made at their first use and shared by all workers.
#[derive(Default)]
pub struct OpenApiDocuments {
    json: OnceLock<CachedDocument>,
    yaml: OnceLock<CachedDocument>,
    routes: OnceLock<Vec<(String, Vec<String>)>>,
}

impl OpenApiDocuments {
    /// Nothing made yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// As JSON.
    pub fn json(&self) -> &CachedDocument {
        self.json.get_or_init(|| CachedDocument::new(render_json()))
    }

    /// As YAML.
    pub fn yaml(&self) -> &CachedDocument {
        self.yaml.get_or_init(|| CachedDocument::new(render_yaml()))
    }

    /// The methods of an address, or nothing where there is no such address.
    pub fn allowed_methods(&self, path: &str) -> Vec<String> {
        let routes = self.routes.get_or_init(|| {
            let document: Value = serde_json::from_slice(&self.json().body).unwrap_or_default();
            let paths =
                document.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
            paths
                .into_iter()
                .map(|(path, item)| {
                    (
                        path,
                        item.as_object()
                            .map(|item| {
                                item.keys().map(|method| method.to_ascii_uppercase()).collect()
                            })
                            .unwrap_or_default(),
                    )
                })
                .collect()
        });
        let segments: Vec<&str> = path.split('/').collect();
        let matches_template = |template: &str| {
            let parts: Vec<&str> = template.split('/').collect();
            parts.len() == segments.len()
                && parts.iter().zip(&segments).all(|(part, given)| segment_matches(part, given))
        };
        routes
            .iter()
            .find(|(template, _)| matches_template(template))
            .map(|(_, methods)| methods.clone())
            .unwrap_or_default()
    }
}

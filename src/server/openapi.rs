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
        (name = "Results", description = "What programmes are to achieve: impacts, outcomes and outputs, each with its indicators."),
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
        .chain(tables::summaries::OPENAPI)
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

fn build_document(server_url: &str) -> Value {
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
        Some(vec![ServerBuilder::new().url(server_url).description(Some("This server")).build()]);
    complete_document(
        serde_json::to_value(document).unwrap_or_default(),
        &schemas(),
        &request_bodies(),
        &list_endpoints(),
    )
}

/// The document as JSON, indented, with a newline at its end. Its server is the one that it is
/// fetched from.
pub fn render_json() -> String {
    render_json_for("/")
}

/// The document as JSON, with the base URL of its server.
pub fn render_json_for(server_url: &str) -> String {
    let mut text = serde_json::to_string_pretty(&build_document(server_url)).unwrap_or_default();
    text.push('\n');
    text
}

/// The document as YAML. It is parsed from the JSON, since only `serde_json` can read its own
/// representation of numbers.
pub fn render_yaml() -> String {
    json_to_yaml(&render_json())
}

/// Converts the document from JSON to YAML.
pub fn json_to_yaml(json: &str) -> String {
    yaml_serde::from_str::<yaml_serde::Value>(json)
        .and_then(|document| yaml_serde::to_string(&document))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    use super::*;
    use crate::registry::resources;

    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| build_document("/"));

    fn operation(path: &str, method: &str) -> Option<&'static Value> {
        DOCUMENT.get("paths")?.get(path)?.get(method)
    }

    fn operation_id(path: &str, method: &str) -> Option<&'static str> {
        operation(path, method)?.get("operationId")?.as_str()
    }

    fn strings(list: Option<&'static Value>) -> BTreeSet<&'static str> {
        list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    #[test]
    fn words_in_the_paths_of_a_kind_are_reserved() {
        let paths = DOCUMENT.get("paths").and_then(Value::as_object).expect("paths");
        let mut words = 0;
        for entry in resources() {
            let kind = entry.schema.kind;
            let pages = kind.path().replacen("/v1", "/embed", 1);
            for below in [kind.path(), &pages] {
                let segments = paths
                    .keys()
                    .filter_map(|path| path.strip_prefix(below)?.strip_prefix('/'))
                    .filter_map(|path| path.split('/').next())
                    .filter(|segment| crate::text::validate_slug(segment).is_ok());
                for word in segments {
                    words += 1;
                    assert!(kind.validate_slug(word).is_err(), "{below}/{word}");
                }
            }
        }
        assert!(words >= 3, "{words}");
    }

    #[test]
    fn every_kind_has_its_operations_at_its_path() {
        for entry in resources() {
            let kind = entry.schema.kind;
            let list = kind.path();
            let item = format!("{list}/{{{}}}", kind.as_str());
            assert_eq!(operation_id(list, "get"), Some(kind.list_operation_id().as_str()));
            for (path, method, verb) in [
                (list, "post", "create"),
                (&item, "get", "get"),
                (&item, "put", "replace"),
                (&item, "patch", "patch"),
                (&item, "delete", "delete"),
                (&format!("{item}/restore"), "post", "restore"),
            ] {
                let expected = kind.operation_id(verb);
                assert_eq!(operation_id(path, method), Some(expected.as_str()), "{path}");
            }
        }
    }

    #[test]
    fn kinds_with_feeds_have_feeds_and_tables() {
        for entry in resources() {
            let segment = entry.schema.kind.path_segment();
            let (feed, table) =
                (format!("/feeds/{segment}.{{format}}"), format!("/v1/{segment}.{{format}}"));
            for path in [&feed, &table] {
                let listed = list_endpoints().iter().any(|endpoint| {
                    endpoint.path == path && endpoint.schema.kind == entry.schema.kind
                });
                assert_eq!(operation(path, "get").is_some(), listed, "{path}");
            }
            assert_eq!(operation(&feed, "get").is_some(), entry.feed.is_some(), "{feed}");
            assert!(entry.feed.is_none() || operation(&table, "get").is_some(), "{table}");
        }
    }

    #[test]
    fn only_operations_on_items_that_can_be_deleted_document_410() {
        let paths = DOCUMENT.get("paths").and_then(Value::as_object).into_iter().flatten();
        let mut documented = 0;
        for (path, item) in paths {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let is_of_item = resources().any(|entry| {
                    let noun = entry.schema.kind.as_str();
                    path.contains(&format!("/{{{noun}}}"))
                });
                let is_documented = operation.pointer("/responses/410").is_some();
                assert_eq!(is_documented, is_of_item, "{method} {path}");
                documented += usize::from(is_documented);
            }
        }
        assert!(documented > 0);
    }

    #[test]
    fn every_operation_of_the_api_has_a_class() {
        // These declare all their parameters and responses themselves.
        let without_class = [
            "/v1/impact-statistics/chart.png",
            "/v1/impact-statistics/chart.svg",
            "/v1/impact-statistics/import",
        ];
        let paths = DOCUMENT.get("paths").and_then(Value::as_object).into_iter().flatten();
        for (path, item) in paths.filter(|(path, _)| path.starts_with("/v1/")) {
            for (method, operation) in item.as_object().into_iter().flatten() {
                assert!(operation.get("x-operation-kind").is_none(), "{method} {path}");
                let has_security = operation.get("security").is_some();
                let is_expected = has_security || without_class.contains(&path.as_str());
                assert!(is_expected, "{method} {path}");
            }
        }
    }

    #[test]
    fn tags_of_kinds_are_declared() {
        let tags = DOCUMENT.get("tags").and_then(Value::as_array).into_iter().flatten();
        let declared: BTreeSet<&str> = tags.filter_map(|tag| tag.get("name")?.as_str()).collect();
        for entry in resources() {
            let list = operation(entry.schema.kind.path(), "get");
            let used = strings(list.and_then(|list| list.get("tags")));
            assert!(!used.is_empty() && used.is_subset(&declared), "{used:?}");
        }
    }
}

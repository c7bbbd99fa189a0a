//! `/catalog.jsonld`: the catalogue for open-data portals (DCAT).

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::Value;

use crate::config::Settings;
use crate::db::{Connection, ReadCost};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::{LanguageDefaults, LanguagePreference};
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::i18n::country_names;
use crate::i18n::messages::Message;
use crate::resource::model::revisions::CATALOGUE;
use crate::resource::query::facet_params::MAX_FACET_LIMIT;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::ReadContext;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::facets::compute_facets;
use crate::resource::read::response::ResponseContext;
use crate::resource::schema::operation::OperationKind;
use crate::resource::schema::{ResourceKind, ResourceSchema, TEXT_LANGUAGE_FILTER};
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::server::dcat::{
    DcatCatalog, DcatDataset, Distribution, DistributionFormat, IATI_STANDARD_URL,
};
use crate::server::openapi_cache::OpenApiDocuments;
use crate::text::fingerprint::Fingerprint;

const fn distribution_format(
    name: &'static str,
    title: &'static str,
    file_type: &'static str,
    media_type: Option<&'static str>,
) -> DistributionFormat {
    DistributionFormat { name, title, file_type, media_type, standard: None }
}

const JSON: DistributionFormat =
    distribution_format("json", "JSON", "JSON", Some("application/json"));
const CSV: DistributionFormat = distribution_format("csv", "CSV", "CSV", Some("text/csv"));
const XLSX: DistributionFormat = distribution_format(
    "xlsx",
    "XLSX",
    "XLSX",
    Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
);
/// RSS has no registered media type.
const RSS: DistributionFormat = distribution_format("rss", "RSS", "RSS", None);
const ATOM: DistributionFormat =
    distribution_format("atom", "Atom", "ATOM", Some("application/atom+xml"));
const JSON_FEED: DistributionFormat =
    distribution_format("json-feed", "JSON Feed", "JSON", Some("application/feed+json"));
const IATI_ACTIVITIES: DistributionFormat = DistributionFormat {
    standard: Some(IATI_STANDARD_URL),
    ..distribution_format("iati", "IATI 2.03", "XML", Some("application/xml"))
};
/// Path of the file with all activities.
const IATI_ACTIVITIES_PATH: &str = "/iati/activities.xml";

#[derive(Serialize)]
struct CatalogKey<'a> {
    publisher_name: &'a str,
    licence_url: Option<&'a str>,
    documentation_url: Option<&'a str>,
    reporting_org: Option<&'a str>,
}

/// Describe the catalogue for open-data portals
///
/// A `dcat:Catalog` in JSON-LD (DCAT 3, DCAT-AP 3.0): a dataset for each kind, with title and
/// description in all languages of the product, modification time, countries, languages and
/// distributions; and the API as a service. The licence is `KINOTEKA_LICENCE_URL`.
#[utoipa::path(operation_id = "describe_catalogue", extensions(("x-operation-kind" = json!(OperationKind::CatalogueFile))), tag = "Server", responses(
    (status = 200, description = "The description.", body = std::collections::BTreeMap<String, Value>, content_type = "application/ld+json", example = json!({"@id": "https://catalogue.example.org/catalog.jsonld#catalog", "@type": "Catalog", "title": {"@none": "catalogue.example.org"}})),
))]
#[get("/catalog.jsonld")]
pub async fn describe_catalogue(
    context: web::Data<AppState>,
    documents: web::Data<OpenApiDocuments>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    QueryParams::parse(request.query_string())?.finish()?;
    let base = context.settings.base_url(&request);
    let template = DcatCatalog {
        publisher_name: context.settings.publisher_name(&base),
        licence_url: context.settings.licence_url.clone(),
        documentation_url: context.settings.docs.then(|| format!("{base}/docs")),
        modified: None,
        datasets: Vec::new(),
        base_url: base.clone(),
    };
    let language_preference =
        LanguagePreference::new(Vec::new(), context.fallback_languages.clone());
    let etag_key = Fingerprint::of(&CatalogKey {
        publisher_name: &template.publisher_name,
        licence_url: template.licence_url.as_deref(),
        documentation_url: template.documentation_url.as_deref(),
        reporting_org: context.settings.iati_reporting_org.as_deref(),
    });
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: Visibility::Published,
        language_preference: language_preference.clone(),
        base_url: base,
        cost: ReadCost::Heavy,
        also_changed_at: None,
    };
    let found = read_catalogue(
        &context,
        &request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let kinds = ResourceKind::in_display_order(ResourceKind::all().iter().copied());
            let sources = kinds.into_iter().filter_map(|kind| {
                Some(DatasetSource {
                    schema: read_context.state.schema(kind)?,
                    description: kind.dataset_description()?,
                    documents: &documents,
                })
            });
            let datasets = sources
                .map(|source| load_dataset(connection, read_context, &source, render_context));
            let datasets = datasets.collect::<Result<Vec<_>, Problem>>()?;
            Ok(DcatCatalog {
                modified: read_context.visible_revisions().changed_at(CATALOGUE),
                datasets,
                ..template.clone()
            }
            .to_json_ld())
        },
    )
    .await?;
    let response_context =
        ResponseContext::new(&context, Visibility::Published, &language_preference);
    let (validators, json_ld) = match found {
        Freshness::Fresh(validators, json_ld) => (validators, json_ld),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mut response = response_context.ok(&validators);
    Ok(response.content_type("application/ld+json").body(json_ld.to_string()))
}

/// The kind of a dataset.
struct DatasetSource<'a> {
    schema: &'static ResourceSchema,
    description: Message,
    /// The OpenAPI documents, which determine the distributions.
    documents: &'a OpenApiDocuments,
}

/// Loads the dataset of a kind; languages and countries are counted as facets of the list.
fn load_dataset(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    dataset: &DatasetSource<'_>,
    render_context: &mut RenderContext,
) -> Result<DcatDataset, Problem> {
    let DatasetSource { schema, description, documents } = *dataset;
    let wanted: Vec<&str> = [TEXT_LANGUAGE_FILTER, "country"]
        .into_iter()
        .filter(|name| schema.all_filters().any(|filter| filter.name == *name))
        .collect();
    let query = if wanted.is_empty() {
        String::new()
    } else {
        format!("facets={}&facet_limit={MAX_FACET_LIMIT}", wanted.join(","))
    };
    let list = ListRequest::parse(
        schema,
        &query,
        LanguageDefaults::new(&read_context.state.fallback_languages),
        Visibility::Published,
    )?;
    let facets = compute_facets(connection, read_context, &list, render_context)?;
    let values = |name: &str| -> Vec<String> {
        let counted = facets.get(name).and_then(Value::as_array).into_iter().flatten();
        let mut values: Vec<String> = counted
            .filter_map(|counted| counted.get("value").and_then(Value::as_str))
            .map(str::to_owned)
            .collect();
        values.sort();
        values
    };
    let countries = values("country")
        .iter()
        .filter_map(|code| country_names::find_country(code))
        .map(|country| country.alpha3.to_owned())
        .collect();
    Ok(DcatDataset {
        name: schema.kind.path_segment(),
        title: schema.kind.heading_message(),
        description,
        modified: read_context.visible_revisions().changed_at(schema.kind.as_str()),
        languages: values(TEXT_LANGUAGE_FILTER),
        countries,
        distributions: distributions(schema, documents, &read_context.state.settings),
    })
}

/// The distributions of a kind: files whose path is in the OpenAPI document, and IATI if a
/// reporting organisation is configured.
fn distributions(
    spec: &ResourceSchema,
    documents: &OpenApiDocuments,
    settings: &Settings,
) -> Vec<Distribution> {
    let (path, segment) = (spec.kind.path(), spec.kind.path_segment());
    let is_documented = |path: &str| !documents.allowed_methods(path).is_empty();
    let file = |format, path| Distribution { format, path, is_page: false };
    let page = |format, path| Distribution { format, path, is_page: true };
    let tables = [file(CSV, format!("{path}.csv")), file(XLSX, format!("{path}.xlsx"))];
    let activities = (settings.iati_reporting_org.is_some()
        && [ResourceKind::PROGRAMME, ResourceKind::IMPACT_STATISTIC].contains(&spec.kind))
    .then(|| file(IATI_ACTIVITIES, IATI_ACTIVITIES_PATH.to_owned()));
    let feeds = spec.kind.feed_formats().iter().map(|ending| {
        let format = match *ending {
            "rss" => RSS,
            "atom" => ATOM,
            _ => JSON_FEED,
        };
        page(format, format!("/feeds/{segment}.{ending}"))
    });
    let files = tables.into_iter().chain(activities).filter(|file| is_documented(&file.path));
    [page(JSON, path.to_owned())].into_iter().chain(files).chain(feeds).collect()
}

//! `/catalog.jsonld`: the catalogue for open-data portals (DCAT).

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{NaiveDate, Utc};
use diesel::dsl::{max, min};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::db::{Connection, ReadCost, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::language::{LanguageDefaults, LanguagePreference};
use crate::http::problem::Problem;
use crate::http::query_params::QueryParams;
use crate::i18n::country_names;
use crate::i18n::messages::Message;
use crate::iati::activity_file::ActivityRequest;
use crate::programmes::schema::SCHEMA as PROGRAMMES;
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
    /// Changes when the members of the document do.
    version: u32,
    licence_url: Option<&'a str>,
    contact_url: Option<&'a str>,
    documentation_url: Option<&'a str>,
    reporting_org: Option<&'a str>,
    former_orgs: &'a [String],
}

/// Describe the catalogue for open-data portals
///
/// A `dcat:Catalog` in JSON-LD (DCAT 3, DCAT-AP 3.0): a dataset for each kind, with title and
/// description in all languages of the product, keywords, theme, contact point, times of publication and
/// modification, period, countries, languages and distributions; and the API as a service. The licence is `KINOTEKA_LICENCE_URL`.
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
        contact_url: context.settings.contact_url.clone(),
        documentation_url: context.settings.docs.then(|| format!("{base}/docs")),
        modified: None,
        datasets: Vec::new(),
        base_url: base.clone(),
    };
    let language_preference =
        LanguagePreference::new(Vec::new(), context.fallback_languages.clone());
    let etag_key = Fingerprint::of(&CatalogKey {
        publisher_name: &template.publisher_name,
        version: 3,
        licence_url: template.licence_url.as_deref(),
        contact_url: template.contact_url.as_deref(),
        documentation_url: template.documentation_url.as_deref(),
        reporting_org: context.settings.iati_reporting_org.as_deref(),
        former_orgs: &context.settings.iati.former_orgs,
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
            let has_activities = has_activities(connection, read_context, &template.base_url)?;
            let sources = kinds.into_iter().filter_map(|kind| {
                Some(DatasetSource {
                    has_activities,
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
    /// Whether the IATI file has activities.
    has_activities: bool,
}

/// Whether the IATI file without incomplete programmes can be read.
fn has_activities(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    base_url: &str,
) -> Result<bool, Problem> {
    let state = read_context.state;
    if state.settings.iati_reporting_org.is_none() {
        return Ok(false);
    }
    let list_request = ListRequest::parse(
        &PROGRAMMES,
        "",
        LanguageDefaults::new(&state.fallback_languages),
        Visibility::Published,
    )?
    .with_base_url(base_url.to_owned());
    let request =
        ActivityRequest { list_request, omits_incomplete: true, today: Utc::now().date_naive() };
    request.has_activities(connection, state, read_context.revisions)
}

/// Returns the first and last day that the public items of a kind are about.
fn load_period(
    connection: &mut Connection,
    kind: ResourceKind,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Problem> {
    use crate::db::schema::{impact_statistics, items, programmes, videos};
    let public = items::table.filter(items::is_public.eq(true));
    let days = match kind {
        _ if kind == ResourceKind::IMPACT_STATISTIC => impact_statistics::table
            .filter(impact_statistics::is_public.eq(true))
            .select((min(impact_statistics::period_start), max(impact_statistics::period_end)))
            .first(connection)?,
        _ if kind == ResourceKind::PROGRAMME => public
            .inner_join(programmes::table.on(programmes::number.eq(items::number)))
            .select((min(programmes::start_date), max(programmes::end_date)))
            .first(connection)?,
        _ if kind == ResourceKind::VIDEO => public
            .inner_join(videos::table.on(videos::number.eq(items::number)))
            .select((min(videos::recorded_on), max(videos::recorded_on)))
            .first(connection)?,
        _ => (None, None),
    };
    Ok(days)
}

/// Returns the time of the earliest publication of the public items of a kind.
fn load_earliest_publication(
    connection: &mut Connection,
    kind: ResourceKind,
) -> Result<Option<Time>, Problem> {
    use crate::db::schema::items::dsl::{is_public, items, kind as kind_column, published_at};
    let earliest: Option<Option<Time>> = items
        .filter(kind_column.eq(kind.as_str()).and(is_public.eq(true)))
        .filter(published_at.is_not_null())
        .order_by(published_at.asc())
        .select(published_at)
        .first(connection)
        .optional()?;
    Ok(earliest.flatten())
}

/// Loads the dataset of a kind; languages and countries are counted as facets of the list.
fn load_dataset(
    connection: &mut Connection,
    read_context: ReadContext<'_>,
    dataset: &DatasetSource<'_>,
    render_context: &mut RenderContext,
) -> Result<DcatDataset, Problem> {
    let DatasetSource { schema, description, .. } = *dataset;
    let wanted: Vec<&str> = [TEXT_LANGUAGE_FILTER, "country", "topic"]
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
    let members = |name: &str, member: &str| -> Vec<String> {
        let counted = facets.get(name).and_then(Value::as_array).into_iter().flatten();
        let mut values: Vec<String> = counted
            .filter_map(|counted| counted.get(member).and_then(Value::as_str))
            .map(str::to_owned)
            .collect();
        values.sort();
        values
    };
    let countries = members("country", "value")
        .iter()
        .filter_map(|code| country_names::find_country(code))
        .map(|country| country.alpha3.to_owned())
        .collect();
    Ok(DcatDataset {
        name: schema.kind.path_segment(),
        title: schema.kind.heading_message(),
        description,
        issued: load_earliest_publication(connection, schema.kind)?,
        modified: read_context.visible_revisions().changed_at(schema.kind.as_str()),
        languages: members(TEXT_LANGUAGE_FILTER, "value"),
        countries,
        period: load_period(connection, schema.kind)?,
        topics: members("topic", "label"),
        distributions: distributions(dataset),
    })
}

/// The distributions of a kind: files whose path is in the OpenAPI document, and IATI if the file
/// has activities.
fn distributions(dataset: &DatasetSource<'_>) -> Vec<Distribution> {
    let DatasetSource { schema: spec, documents, has_activities, .. } = *dataset;
    let (path, segment) = (spec.kind.path(), spec.kind.path_segment());
    let is_documented = |path: &str| !documents.allowed_methods(path).is_empty();
    let file = |format, path| Distribution { format, path, is_page: false };
    let page = |format, path| Distribution { format, path, is_page: true };
    let tables = [file(CSV, format!("{path}.csv")), file(XLSX, format!("{path}.xlsx"))];
    let activities = (has_activities
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

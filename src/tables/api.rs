//! HTTP handlers for tables.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Value, json};

use super::format::{TableEncoding, TableFormat};
use super::notation::{DecimalSeparator, TextNotation};
use super::stream::{BatchReader, StartedExport, TableExport};
use crate::http::conditional::{CacheValidators, EntityTag, Freshness};
use crate::http::json_fields::truncate_for_message;
use crate::http::middleware::StatementCount;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::{QueryParams, present_params, remove_params};
use crate::impact::indicators::resource::Indicators;
use crate::impact::resource::ImpactStatistics;
use crate::impact::results::resource::Results;
use crate::partners::resource::Partners;
use crate::programmes::resource::Programmes;
use crate::resource::extract::ConditionalViewer;
use crate::resource::model::revisions::Revisions;
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::query_parameter;
use crate::resource::query::params::ListKey;
use crate::resource::query::params::ListRequest;
use crate::resource::read::response::ResponseContext;
use crate::resource::read::response::{RepresentationState, RevisionKey};
use crate::resource::schema::ResourceSchema;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::tables::table_resource::TableResource;
use crate::videos::resource::Videos;
use crate::{impact, partners, programmes, videos};

/// List parameters that tables do not support: a table contains the whole list with fixed columns.
const EXCLUDED_PARAMS: &[&str] = &[
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
    "total",
    "limit",
    "cursor",
    "offset",
];

/// Parameters of a table in the OpenAPI document.
pub const OPENAPI: [ListEndpoint; 6] = [
    openapi("/v1/videos.{format}", &videos::schema::SCHEMA),
    openapi("/v1/programmes.{format}", &programmes::schema::SCHEMA),
    openapi("/v1/partners.{format}", &partners::schema::SCHEMA),
    openapi("/v1/results.{format}", &impact::results::model::SCHEMA),
    openapi("/v1/indicators.{format}", &impact::indicators::model::SCHEMA),
    openapi("/v1/impact-statistics.{format}", &impact::schema::SCHEMA),
];

const fn openapi(path: &'static str, schema: &'static ResourceSchema) -> ListEndpoint {
    ListEndpoint {
        path,
        schema,
        excluded_params: EXCLUDED_PARAMS,
        extra_params: table_parameters,
        requires_query: false,
    }
}

/// Parameters of the file, for the OpenAPI document.
pub fn table_parameters() -> Vec<Value> {
    vec![
        query_parameter(
            "decimal",
            "Character before decimals in CSV. With `,` the cells are separated by semicolons, as the spreadsheets of most regions expect; with `.` by commas.",
            json!({"type": "string", "enum": [".", ","], "default": "."}),
            json!(","),
        ),
        query_parameter(
            "defuse",
            "Whether text that a spreadsheet would run as a formula has an apostrophe before it in CSV. `false` is for software that reads text as it is.",
            json!({"type": "boolean", "default": true}),
            json!(false),
        ),
    ]
}

/// Export videos as a table
///
/// The whole list of `/v1/videos` with the same filters, `q`, `sort` and `lang`, one row per video.
///
/// Columns: `id`, `slug`, `status`; `language` of the texts, and whether they were
/// `transliterated`; `title`, `summary`, `description`, `content_note`, `duration_seconds`,
/// `recorded_on`, `spoken_languages`, `caption_languages`, `countries`, `topics` (slugs),
/// `topic_names`, `programme` (slug), `programme_title`, `partners` (`slug=role`), `partner_names`,
/// `source_urls`, `thumbnail_url`, `chapters` (`second=title`), `credits` (`name=role`), `licence`;
/// `languages` that it has texts in; `published_at`, `created_at`, `updated_at`.
#[utoipa::path(operation_id = "export_videos", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}id,slug,status,language,transliterated,title\r\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,football-players-speak-out,published,en,false,Football players speak out\r\n")))))) ]
#[get("/v1/videos.{format}")]
pub async fn export_videos(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<Videos>(state, request, format.into_inner()).await
}

/// Export programmes as a table
///
/// The whole list of `/v1/programmes` with the same filters, `q`, `sort` and `lang`, one row per
/// programme.
///
/// Columns: `id`, `slug`, `status`; `language` of the texts, and whether they were
/// `transliterated`; `title`, `summary`, `description`, `credit_line`, `disclaimer`, `start_date`,
/// `end_date`, `countries`, `partners` (`slug=role`), `partner_names`, `website`,
/// `iati_identifier`, `helplines` (`country: name=number`); `languages` that it has texts in;
/// `published_at`, `created_at`, `updated_at`.
#[utoipa::path(operation_id = "export_programmes", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}id,slug,status,language,transliterated,title\r\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,implementing-norms-changing-minds,published,en,false,\"Implementing Norms, Changing Minds\"\r\n")))))) ]
#[get("/v1/programmes.{format}")]
pub async fn export_programmes(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<Programmes>(state, request, format.into_inner()).await
}

/// Export partners as a table
///
/// The whole list of `/v1/partners` with the same filters, `q`, `sort` and `lang`, one row per
/// partner.
///
/// Columns: `id`, `slug`, `status`; `language` of the texts, and whether they were
/// `transliterated`; `name`, `description`, `credit_line`, `disclaimer`, `kind`, `acronym`,
/// `is_group`, `country`, `website`, `logo_url`; `languages` that it has texts in; `published_at`,
/// `created_at`, `updated_at`.
#[utoipa::path(operation_id = "export_partners", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}id,slug,status,language,transliterated,name\r\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,european-union,published,en,false,European Union\r\n")))))) ]
#[get("/v1/partners.{format}")]
pub async fn export_partners(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<Partners>(state, request, format.into_inner()).await
}

/// Export results as a table
///
/// The whole list of `/v1/results` with the same filters, `q`, `sort` and `lang`, one row per
/// result.
///
/// Columns: `id`, `slug`, `status`; `language` of the texts, and whether they were
/// `transliterated`; `title`, `description`, `level`, `order`, `parent` (slug), `parent_title`,
/// `programme` (slug), `programme_title`; `languages` that it has texts in; `published_at`,
/// `created_at`, `updated_at`.
#[utoipa::path(operation_id = "export_results", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}id,slug,status,language,transliterated,title\r\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,outcome-services,published,en,false,Survivors use services\r\n")))))) ]
#[get("/v1/results.{format}")]
pub async fn export_results(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<Results>(state, request, format.into_inner()).await
}

/// Export indicators as a table
///
/// The whole list of `/v1/indicators` with the same filters, `q`, `sort` and `lang`, one row per
/// indicator.
///
/// Columns: `id`, `slug`, `status`; `language` of the texts, and whether they were
/// `transliterated`; `label`, `description`, `result` (slug), `result_title`, `order`, `unit`,
/// `measure`, `is_share`, `ascending`, `time_aggregation`, `group_aggregation`, `result_type`,
/// `code`, `vocabulary`, `vocabulary_url`; `languages` that it has texts in; `published_at`,
/// `created_at`, `updated_at`.
#[utoipa::path(operation_id = "export_indicators", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}id,slug,status,language,transliterated,label\r\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,people-in-training,published,en,false,People in training\r\n")))))) ]
#[get("/v1/indicators.{format}")]
pub async fn export_indicators(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<Indicators>(state, request, format.into_inner()).await
}

/// Export impact statistics as a table
///
/// The whole list of `/v1/impact-statistics` with the same filters, `q`, `sort` and `lang`. A row
/// is one figure: a total, or the part that `disaggregation` describes. Sum only
/// what `time_aggregation` and `group_aggregation` allow, and never a total with its parts.
///
/// Columns: `id`, `slug`, `status`; `language` of the texts, and whether they were
/// `transliterated`; `label`, `description`; `figure` (formatted value), `value`
/// (exact), `qualifier`, `state`, `unit`, `measure`, `ascending`, `time_aggregation`,
/// `group_aggregation`; `indicator` (slug),
/// `indicator_label`, `programme` (slug), `programme_title`, `partner` (slug), `partner_name`,
/// `countries`, `period_start`, `period_end`, `disaggregation` (`sex=female; age=15-24`),
/// `baseline_value`, `baseline_year`, `baseline_date`, `baseline_comment`, `target_value`, `target_period_start`, `target_period_end`,
/// `source_text`, `source_url`, `documents` (`title=url|page|language|media type`), `evidence`
/// (slugs of videos, with passage and quotation: `video#12.5-30=en:More
/// than five hundred of us came.`); `languages` that it has texts in; `published_at`, `created_at`,
/// `updated_at`.
#[utoipa::path(operation_id = "export_impact_statistics", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}id,slug,status,language,transliterated,label,description,figure,value,qualifier,unit\r\n0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60,new-partnerships,published,en,false,New partnerships,,More than 500,500,more_than,people\r\n")))))) ]
#[get("/v1/impact-statistics.{format}")]
pub async fn export_impact_statistics(
    state: web::Data<AppState>,
    request: HttpRequest,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    export_table::<ImpactStatistics>(state, request, format.into_inner()).await
}

#[derive(Serialize)]
struct TableTag<'a> {
    revisions: &'a RevisionKey,
    extension: &'a str,
    encoding: TableEncoding,
    list: ListKey<'a>,
    base_url: &'a str,
}

/// Parses the extension and the parameters of a table.
pub fn parse_encoding(request: &HttpRequest, extension: &str) -> Result<TableEncoding, Problem> {
    let Some(format) = TableFormat::from_extension(extension) else {
        let detail = format!(
            "Unsupported table format `{}`; use csv or xlsx.",
            truncate_for_message(extension)
        );
        return Err(Problem::new(ProblemKind::NotFound, detail));
    };
    let mut params = QueryParams::parse(request.query_string())?;
    let is_defused = params.flag("defuse").unwrap_or(true);
    let decimal = DecimalSeparator::parse(&mut params).unwrap_or(DecimalSeparator::Point);
    if !params.errors.is_empty() {
        return Err(Problem::invalid_parameters(params.errors));
    }
    Ok(TableEncoding { format, notation: TextNotation { decimal, is_defused } })
}

/// Responds with a list as a table. The URL determines the format; `Accept` is ignored, since
/// browsers follow links to tables.
pub async fn export_table<S: TableResource>(
    context: web::Data<AppState>,
    request: HttpRequest,
    extension: String,
) -> Result<HttpResponse, Problem> {
    let encoding = parse_encoding(&request, &extension)?;
    let ConditionalViewer { visibility: caller, condition } =
        ConditionalViewer::extract(&request).await?;
    reject_list_params(&request)?;
    let list_request = Arc::new(
        ListRequest::parse(
            S::SCHEMA,
            &remove_params(request.query_string(), &["decimal", "defuse"]),
            context.language_defaults(&request),
            caller,
        )?
        .with_base_url(context.settings.base_url(&request)),
    );
    if list_request.language_preference.all_languages {
        let detail = "Tables are in a single language; `lang=all` is not supported. The column `languages` lists the languages of each row.";
        return Err(Problem::invalid_parameter("lang", "invalid_language", detail));
    }
    let (shared, inner) = (Arc::clone(&list_request), context.clone().into_inner());
    let done = context
        .read_stream_batch(caller, move |connection| {
            // As for a list page, revisions are read before the data.
            let revisions = Arc::new(Revisions::load(connection)?);
            let state = RepresentationState::of_list(
                S::SCHEMA,
                revisions.visible_to(caller),
                &shared.response_shape,
            );
            let tag = EntityTag::from_key(&TableTag {
                revisions: &state.revisions,
                extension: &extension,
                encoding,
                list: shared.key(),
                base_url: &shared.base_url,
            });
            let validators = CacheValidators {
                tag,
                last_modified: state.changed_at,
                fresh_until: revisions.next_scheduled_change(),
            };
            validators.unless_current(&condition, || {
                let reader = BatchReader::new(&inner, &shared, &revisions, encoding);
                StartedExport::load::<S>(connection, &reader)
            })
        })
        .await?;
    StatementCount::record(&request, done.statement_count);
    let response_context =
        ResponseContext::new(&context, caller, &list_request.language_preference);
    let (validators, started) = match done.value {
        Freshness::Fresh(validators, started) => (validators, started),
        Freshness::NotModified(validators) => {
            return Ok(response_context.not_modified(&validators));
        }
    };
    let mut response = response_context.ok(&validators);
    response
        .insert_header((header::CONTENT_LANGUAGE, list_request.language_preference.ui_language));
    let name = format!(
        "attachment; filename=\"{}.{}\"",
        S::SCHEMA.kind.path_segment(),
        request.path().rsplit('.').next().unwrap_or_default()
    );
    response.insert_header((header::CONTENT_DISPOSITION, name));
    let table =
        TableExport { state: context.into_inner(), list_request, visibility: caller, encoding };
    Ok(table
        .into_body::<S>(started)
        .into_response(response.content_type(encoding.format.media_type())))
}

/// Rejects list parameters that tables do not support.
fn reject_list_params(request: &HttpRequest) -> Result<(), Problem> {
    let error = |name: &&'static str| {
        let detail = format!(
            "`{name}` is not supported in tables; they contain the whole list. Use filters, `q`, `lang` and `sort`."
        );
        FieldError::parameter(*name, "unknown_parameter", detail)
    };
    let given = present_params(request.query_string(), EXCLUDED_PARAMS);
    if given.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_parameters(given.iter().map(error).collect()))
    }
}

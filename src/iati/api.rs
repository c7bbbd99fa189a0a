//! HTTP handlers for `/iati/activities.xml` and `/iati/organisations.xml`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, web};
use chrono::{NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::{IatiSettings, Settings};
use crate::db::{Connection, ReadCost, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::Freshness;
use crate::http::json_fields::unknown_value_message;
use crate::http::language::{LanguageDefaults, LanguagePreference};
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, present_params};
use crate::iati::activity::SkippedCounts;
use crate::iati::activity_file::{ActivityRequest, FileBody, incomplete_problem};
use crate::iati::export::load_reporting_org;
use crate::iati::xml_writer;
use crate::programmes::schema::SCHEMA;
use crate::resource::model::revisions::CATALOGUE;
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::query_parameter;
use crate::resource::query::params::ListKey;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue};
use crate::resource::read::response::ResponseContext;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::urls::PublicUrls;
use crate::text::fingerprint::Fingerprint;

/// List parameters that the export does not support: it contains all matches in all languages.
const EXCLUDED_PARAMS: &[&str] = &[
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
    "total",
    "status",
    "lang",
    "limit",
    "cursor",
    "offset",
];

/// Parameters of the export in the OpenAPI document.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/iati/activities.xml",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: false,
};

/// Values of `incomplete`.
const INCOMPLETE_POLICIES: [&str; 2] = ["refuse", "omit"];

/// Response header with the numbers of skipped items.
const SKIPPED_HEADER: &str = "X-Kinoteka-Skipped";

fn openapi_parameters() -> Vec<Value> {
    vec![query_parameter(
        "incomplete",
        "What to do if data required by IATI is missing: `omit` leaves out incomplete programmes and statistics and reports their numbers in `X-Kinoteka-Skipped`, `refuse` responds with 422 and lists all missing data.",
        json!({"type": "string", "enum": INCOMPLETE_POLICIES, "default": "omit"}),
        json!("refuse"),
    )]
}

/// Export programmes as IATI activities
///
/// Published programmes as IATI 2.03 activities in all languages, with participating organisations,
/// countries, sectors, and impact statistics as results. Accepts the filters of `/v1/programmes`;
/// without filters all programmes are exported.
///
/// Missing data is never invented: programmes and statistics that lack data that IATI requires are
/// left out, and `X-Kinoteka-Skipped` has their numbers. The response is 422, and lists each missing
/// field by programme or statistic, if no programme is complete, if there is no reporting
/// organisation, and with `incomplete=refuse`. Qualifiers ("more than"), units and slugs, which IATI
/// does not define, are attributes and elements in the namespace `urn:kinoteka:iati`; qualifiers,
/// units and partners of values are also given in a `comment`.
///
/// Languages are ISO 639-1 codes where possible (`sr` for `sr-Latn`). Other scripts than Latin keep
/// their full tag (`sr-Cyrl`), as does a language without an ISO 639-1 code (`cnr`). Several
/// countries without percentages are exported as region 89 if it contains all of them.
#[utoipa::path(operation_id = "iati_activities", tag = "IATI", responses(
    (status = 200, description = "The activities.", body = String, content_type = "application/xml", headers(("X-Kinoteka-Skipped" = String, description = "Numbers of programmes, and of statistics of other programmes, that were left out. Absent if none were.")), example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<iati-activities version=\"2.03\"><iati-activity><iati-identifier>XM-DAC-41146-NORMS</iati-identifier>…</iati-activity></iati-activities>\n")),
    (status = 304, description = "Not modified."),
    (status = 400, description = "A parameter is invalid.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 414, description = "The URL is too long.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "incomplete-catalogue", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is overloaded or unavailable.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/iati/activities.xml")]
pub async fn iati_activities(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (omits_incomplete, query) = split_incomplete_param(request.query_string())?;
    let list_request = ListRequest::parse(
        &SCHEMA,
        &query,
        LanguageDefaults::new(&state.fallback_languages),
        Visibility::Published,
    )?
    .with_base_url(state.settings.base_url(&request));
    let activity_request = Arc::new(ActivityRequest {
        list_request,
        omits_incomplete,
        today: Utc::now().date_naive(),
    });
    let ActivityRequest { list_request, today, .. } = activity_request.as_ref();
    let key =
        FileKey::Activities { omits: omits_incomplete, today: *today, list: list_request.key() };
    let etag_key = file_etag_key(&state, &request, &key);
    let shared_request = Arc::clone(&activity_request);
    let found = read_file(&state, &request, etag_key, move |read| {
        let FileRead { connection, state, changed_at, render_context } = read;
        shared_request.prepare(connection, state, changed_at, render_context)
    })
    .await?;
    Ok(respond(&state, found, |response, file| {
        if file.skipped.is_any() {
            let SkippedCounts { programmes, statistics } = file.skipped;
            let counts = format!("programmes={programmes}, statistics={statistics}");
            response.insert_header((SKIPPED_HEADER, counts));
        }
        match file.into_body(state.clone().into_inner(), activity_request) {
            FileBody::Whole(xml) => response.body(xml),
            FileBody::Streamed(body) => body.into_response(response),
        }
    }))
}

/// Export the reporting organisation
///
/// The reporting organisation as an IATI 2.03 organisation file: identifier, name in all languages,
/// and website, without budgets and expenditure.
#[utoipa::path(operation_id = "iati_organisations", tag = "IATI", responses(
    (status = 200, description = "The organisation.", body = String, content_type = "application/xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<iati-organisations version=\"2.03\"><iati-organisation><organisation-identifier>XM-DAC-41146</organisation-identifier>…</iati-organisation></iati-organisations>\n")),
    (status = 304, description = "Not modified."),
    (status = 400, description = "No parameters are supported.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "incomplete-catalogue", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is overloaded or unavailable.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/iati/organisations.xml")]
pub async fn iati_organisations(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    QueryParams::parse(request.query_string())?.finish()?;
    let etag_key = file_etag_key(&state, &request, &FileKey::Organisation);
    let found = read_file(&state, &request, etag_key, |read| {
        let FileRead { connection, state, changed_at, render_context } = read;
        let reporter = load_reporting_org(connection, &state.settings, render_context)?
            .map_err(|issue| incomplete_problem(&[issue], "Complete it"))?;
        Ok(xml_writer::render_organisation(&reporter, changed_at))
    })
    .await?;
    Ok(respond(&state, found, HttpResponseBuilder::body))
}

/// Identifies an exported file in entity tags.
#[derive(Serialize)]
enum FileKey<'a> {
    Activities { omits: bool, today: NaiveDate, list: ListKey<'a> },
    Organisation,
}

fn file_etag_key(state: &AppState, request: &HttpRequest, file: &FileKey<'_>) -> Fingerprint {
    #[derive(Serialize)]
    struct ReportedFileKey<'a> {
        file: &'a FileKey<'a>,
        reporting_org: Option<&'a str>,
        reporting_org_type: Option<&'a str>,
        iati: &'a IatiSettings,
        name: Option<&'a str>,
        urls: PublicUrls,
    }
    let Settings { iati_reporting_org, iati_reporting_org_type, iati, name, .. } = &state.settings;
    Fingerprint::of(&ReportedFileKey {
        file,
        reporting_org: iati_reporting_org.as_deref(),
        reporting_org_type: iati_reporting_org_type.as_deref(),
        iati,
        name: name.as_deref(),
        urls: PublicUrls::new(&state.settings, &state.settings.base_url(request)),
    })
}

/// What a file is read from.
struct FileRead<'a> {
    connection: &'a mut Connection,
    state: &'a AppState,
    /// Time of the last change that the public sees.
    changed_at: Option<&'a str>,
    render_context: &'a mut RenderContext,
}

/// Reads a file, unless the client has it already.
async fn read_file<T: Send + 'static>(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    etag_key: Fingerprint,
    read: impl Fn(FileRead<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<Freshness<T>, Problem> {
    let catalogue_request = CatalogueRequest {
        etag_key,
        visibility: Visibility::Published,
        language_preference: file_languages(state),
        base_url: state.settings.base_url(request),
        cost: ReadCost::Heavy,
        // Planned dates become actual at midnight UTC, so the validators change daily.
        also_changed_at: Some(Time(Utc::now().date_naive().and_time(NaiveTime::MIN).and_utc())),
    };
    read_catalogue(
        state,
        request,
        catalogue_request,
        move |connection, read_context, render_context| {
            let changed_at =
                read_context.visible_revisions().changed_at(CATALOGUE).map(state_timestamp);
            read(FileRead {
                connection,
                state: read_context.state,
                changed_at: changed_at.as_deref(),
                render_context,
            })
        },
    )
    .await
}

/// Responds with a file, or 304 if the client has it already.
fn respond<T>(
    state: &AppState,
    found: Freshness<T>,
    send: impl FnOnce(&mut HttpResponseBuilder, T) -> HttpResponse,
) -> HttpResponse {
    let language_preference = file_languages(state);
    let response_context = ResponseContext::new(state, Visibility::Published, &language_preference);
    match found {
        Freshness::Fresh(validators, file) => {
            let mut response = response_context.ok(&validators);
            send(response.content_type("application/xml; charset=utf-8"), file)
        }
        Freshness::NotModified(validators) => response_context.not_modified(&validators),
    }
}

/// A file has all texts, in all languages.
fn file_languages(state: &AppState) -> LanguagePreference {
    LanguagePreference::all_languages(state.fallback_languages.clone())
}

/// Timestamp of the catalogue state, so that equal states export identical files.
fn state_timestamp(at: Time) -> String {
    at.0.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Splits `incomplete` from the query, and rejects unsupported list parameters. Returns whether
/// incomplete items are omitted, and the remaining query.
fn split_incomplete_param(query: &str) -> Result<(bool, String), Problem> {
    let refused = present_params(query, EXCLUDED_PARAMS).into_iter().map(|name| {
        let detail = format!("`{name}` is not supported here; the file contains all matches in every language. Use filters, `q`, `sort` and `incomplete`.");
        FieldError::parameter(name, "unknown_parameter", detail)
    });
    let mut errors: Vec<FieldError> = refused.collect();
    let (mut omits, mut rest) = (None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "incomplete" {
            rest.push(pair);
        } else if omits.is_some() {
            errors.push(FieldError::parameter("incomplete", "repeated", "Parameter repeated."));
        } else if INCOMPLETE_POLICIES.contains(&value) {
            omits = Some(value == "omit");
        } else {
            errors.push(FieldError::parameter(
                "incomplete",
                "unknown_value",
                unknown_value_message(value, INCOMPLETE_POLICIES.iter().copied()),
            ));
        }
    }
    if errors.is_empty() {
        Ok((omits.unwrap_or(true), rest.join("&")))
    } else {
        Err(Problem::invalid_parameters(errors))
    }
}

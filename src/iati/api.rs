//! `/iati/activities.xml` and `/iati/organisations.xml`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};

use super::activity::ReportingOrg;
use crate::config::Settings;
use crate::db::keyset::PageStart;
use crate::db::{Connection, Time};
use crate::http::auth::Visibility;
use crate::http::conditional::{CacheValidators, ConditionalGet, Freshness};
use crate::http::json_fields::unknown_value_message;
use crate::http::language::LanguagePreference;
use crate::http::middleware::StatementCount;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, present_params};
use crate::iati::export::{
    ActivityExport, ExportContext, ReadinessIssue, build_reporting_org, export_activities,
};
use crate::iati::load::{ExportData, MAX_PROGRAMMES, Programme, find_partner_by_identifier};
use crate::iati::xml_writer::{self, SkippedCounts};
use crate::places::CountryNames;
use crate::programmes::model::SCHEMA;
use crate::programmes::resource::Programmes;
use crate::resource::model::revisions::CATALOGUE;
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::query_parameter;
use crate::resource::query::params::ListRequest;
use crate::resource::read::catalogue::{CatalogueRequest, read_catalogue_wide};
use crate::resource::read::response;
use crate::resource::state::AppState;
use crate::resource::view::context::RenderContext;
use crate::resource::view::load::load_page;
use crate::resource::view::urls::PublicUrls;

/// Parameters of lists that a file of activities does not take: it has all that fits, in every
/// language.
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

/// What the document says of it, beside what the handler does.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: "/iati/activities.xml",
    schema: &SCHEMA,
    excluded_params: EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: false,
};

/// What is done with what is incomplete.
const INCOMPLETE_POLICIES: [&str; 2] = ["refuse", "omit"];

/// The header that counts what was left out.
const SKIPPED_HEADER: &str = "X-Kinoteka-Left-Out";

fn openapi_parameters() -> Vec<Value> {
    vec![query_parameter(
        "incomplete",
        "What to do where the catalogue lacks something that IATI asks for: refuse the whole (422, with all that is lacking), or omit the programmes and statistics that lack it; `X-Kinoteka-Left-Out` then says how many.",
        json!({"type": "string", "enum": INCOMPLETE_POLICIES, "default": "refuse"}),
        json!("omit"),
    )]
}

/// Report programmes in IATI
///
/// The published programmes as activities of IATI 2.03, with who takes part, where and what for,
/// and their impact statistics as results, in all languages. All filters of `/v1/programmes` work;
/// without any, all programmes are in the file.
///
/// Nothing is made up: where the catalogue lacks something that IATI asks for, the answer is 422
/// and names all of it by programme, statistic and field. `incomplete=omit` leaves those programmes
/// and statistics out. Qualifiers ("more than"), units and slugs, for which IATI has no words,
/// stand in the namespace `urn:kinoteka:iati`; a qualifier is also said in a `comment`.
///
/// Languages are codes of ISO 639-1 where they can be (`sr` for `sr-Latn`); where a text exists in
/// another script too that keeps its whole tag (`sr-Cyrl`), and so does what has no such code
/// (`cnr`). Several countries without percentages are region 89 where that stands for all of them.
#[utoipa::path(operation_id = "iati_activities", tag = "IATI", responses(
    (status = 200, description = "The activities.", body = String, content_type = "application/xml", headers(("X-Kinoteka-Left-Out" = String, description = "How many programmes, and statistics of other programmes, were left out; only where any were.")), example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<iati-activities version=\"2.03\"><iati-activity><iati-identifier>XM-DAC-41146-NORMS</iati-identifier>…</iati-activity></iati-activities>\n")),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "A parameter is not understood.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 414, description = "The address is too long.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "incomplete-catalogue", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is busy or away.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/iati/activities.xml")]
pub async fn iati_activities(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (omits, query) = split_incomplete_param(request.query_string())?;
    let mut wanted = ListRequest::parse(
        &SCHEMA,
        &query,
        None,
        &state.fallback_languages,
        Visibility::Published,
    )?;
    wanted.base_url = state.settings.base_url(&request);
    let today = Utc::now().date_naive();
    let identity = format!("iati activities\n{omits}\n{today}\n{}", wanted.etag_key);
    respond(&state, &request, identity, move |connection, state, changed_at, shown| {
        let programmes = load_activities(connection, state, &wanted, today, shown)?;
        build_file(programmes, omits, changed_at)
    })
    .await
}

/// Report the organisation in IATI
///
/// The organisation that reports the programmes, as IATI 2.03 has it: its identifier, its name in
/// all languages, its website. Budgets and expenditure the catalogue does not know.
#[utoipa::path(operation_id = "iati_organisations", tag = "IATI", responses(
    (status = 200, description = "The organisation.", body = String, content_type = "application/xml", example = json!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<iati-organisations version=\"2.03\"><iati-organisation><organisation-identifier>XM-DAC-41146</organisation-identifier>…</iati-organisation></iati-organisations>\n")),
    (status = 304, description = "The client has this already."),
    (status = 400, description = "It takes no parameters.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "incomplete-catalogue", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 503, description = "The database is busy or away.", body = crate::http::problem::ProblemBody, content_type = "application/problem+json"),
))]
#[get("/iati/organisations.xml")]
pub async fn iati_organisations(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    QueryParams::parse(request.query_string())?.finish()?;
    respond(
        &state,
        &request,
        "iati organisations".to_owned(),
        |connection, state, changed_at, shown| {
            let reporter = load_reporting_org(connection, &state.settings, shown)?
                .map_err(|lack| incomplete_problem(&[lack]))?;
            Ok((
                xml_writer::render_organisation(&reporter, changed_at.as_deref()),
                SkippedCounts::default(),
            ))
        },
    )
    .await
}

/// What reads and writes a file: gives it, and what was left out.
type ExportedFile = (String, SkippedCounts);

/// Answers a file, or that the client has it already.
async fn respond(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    identity: String,
    work: impl Fn(
        &mut Connection,
        &AppState,
        Option<String>,
        &mut RenderContext,
    ) -> Result<ExportedFile, Problem>
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let base = state.settings.base_url(request);
    let wish = LanguagePreference::all_languages(state.fallback_languages.clone());
    let Settings { iati_reporting_org, iati_reporting_org_type, name, .. } = &state.settings;
    let addresses = PublicUrls::new(&state.settings, &base);
    let identity = format!(
        "{identity}\n{iati_reporting_org:?}\n{iati_reporting_org_type:?}\n{name:?}\n{}",
        addresses.cache_key()
    );
    let (inner, condition, wished) =
        (state.clone().into_inner(), ConditionalGet::from_request(request), wish.clone());
    let done = state
        .read(Visibility::Published, move |connection| {
            let asked = CatalogueRequest {
                etag_key: &identity,
                language_preference: &wished,
                base_url: &base,
                // What has come and what is planned changes with the day, as the tag does.
                also_changed_at: Some(Time(
                    Utc::now().date_naive().and_time(NaiveTime::MIN).and_utc(),
                )),
                condition: &condition,
            };
            read_catalogue_wide(connection, &inner, &asked, |connection, revisions, shown| {
                let changed_at = revisions.get(CATALOGUE).1.map(state_timestamp);
                work(connection, &inner, changed_at, shown)
            })
        })
        .await?;
    StatementCount::record(request, done.statement_count);
    match done.value {
        Freshness::Fresh(validators, (file, left_out)) => {
            Ok(file_response(state, &wish, &validators, file, left_out))
        }
        Freshness::NotModified(validators) => {
            Ok(response::not_modified_response(state, Visibility::Published, &wish, &validators))
        }
    }
}

fn file_response(
    state: &AppState,
    language_preference: &LanguagePreference,
    validators: &CacheValidators,
    file: String,
    left_out: SkippedCounts,
) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::OK);
    response::set_cache_headers(&mut response, state, Visibility::Published, language_preference);
    response::set_validators(&mut response, validators);
    if left_out.is_any() {
        response.insert_header((
            SKIPPED_HEADER,
            format!("programmes={}, statistics={}", left_out.programmes, left_out.statistics),
        ));
    }
    response.content_type("application/xml; charset=utf-8").body(file)
}

/// The state of the catalogue that a file shows: the same state is the same file.
fn state_timestamp(at: Time) -> String {
    at.0.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Whether what is incomplete is left out, and the query without that; refuses what only lists
/// take.
fn split_incomplete_param(query: &str) -> Result<(bool, String), Problem> {
    let refused = present_params(query, EXCLUDED_PARAMS).into_iter().map(|name| {
        let detail = format!("A file of activities has all that fits, in every language: `{name}` is for lists. Filters, `q`, `sort` and `incomplete` work here.");
        FieldError::parameter(name, "unknown_parameter", detail)
    });
    let mut errors: Vec<FieldError> = refused.collect();
    let (mut omits, mut rest) = (None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "incomplete" {
            rest.push(pair);
        } else if omits.is_some() {
            errors.push(FieldError::parameter(
                "incomplete",
                "repeated",
                "The parameter is given twice.",
            ));
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
        Ok((omits.unwrap_or(false), rest.join("&")))
    } else {
        Err(Problem::invalid_parameters(errors))
    }
}

fn load_reporting_org(
    connection: &mut Connection,
    settings: &Settings,
    render_context: &mut RenderContext,
) -> Result<Result<ReportingOrg, ReadinessIssue>, Problem> {
    let partner = match &settings.iati_reporting_org {
        Some(identifier) => find_partner_by_identifier(connection, identifier, render_context)?,
        None => None,
    };
    Ok(build_reporting_org(settings, partner.as_ref()))
}

/// Who reports, and what was drawn.
type ExportReport = (Result<ReportingOrg, ReadinessIssue>, ActivityExport);

fn load_activities(
    connection: &mut Connection,
    state: &AppState,
    list_request: &ListRequest,
    today: NaiveDate,
    render_context: &mut RenderContext,
) -> Result<ExportReport, Problem> {
    let Some(memory) = render_context.cache() else {
        return Err(Problem::internal("a file was read without a memory"));
    };
    let list = list_request.page_query(connection, &SCHEMA, &memory)?;
    let page = load_page::<Programmes>(
        connection,
        &list,
        (&PageStart::Offset(0), MAX_PROGRAMMES),
        Visibility::Published,
        render_context,
    )?;
    let (slice, programmes) = page.ok_or_else(|| Problem::internal("a list has no beginning"))?;
    if slice.has_more {
        let detail = format!(
            "A file has at most {MAX_PROGRAMMES} programmes; ask for some of them, by `partner`, `country` or `ids`."
        );
        return Err(Problem::incomplete_catalogue(
            detail.clone(),
            vec![FieldError::field("/programmes", "too_many", detail)],
        ));
    }
    if programmes.is_empty() {
        let detail = "There is no published programme that fits, and a file of IATI has at least one activity.";
        return Err(Problem::incomplete_catalogue(
            detail,
            vec![FieldError::field("/programmes", "lacking", detail)],
        ));
    }
    export_programmes(
        connection,
        (&state.settings, &state.country_names),
        (programmes, today, &list_request.base_url),
        render_context,
    )
}

/// Draws these programmes, and says what is lacking.
pub fn export_programmes(
    connection: &mut Connection,
    (settings, places): (&Settings, &CountryNames),
    (programmes, today, base): (Vec<Programme>, NaiveDate, &str),
    render_context: &mut RenderContext,
) -> Result<ExportReport, Problem> {
    let reporter = load_reporting_org(connection, settings, render_context)?;
    let catalogue = ExportData::load(connection, programmes, render_context)?;
    let addresses = PublicUrls::new(settings, base);
    let drawn =
        export_activities(&catalogue, &ExportContext::new(settings, places, &addresses, today));
    Ok((reporter, drawn))
}

fn build_file(
    (reporter, drawn): ExportReport,
    omits: bool,
    changed_at: Option<String>,
) -> Result<ExportedFile, Problem> {
    let ActivityExport { activities, issues: lacks, skipped: left_out } = drawn;
    match reporter {
        Ok(reporter) if lacks.is_empty() || omits && !activities.is_empty() => Ok((
            xml_writer::render_activities(&reporter, &activities, changed_at.as_deref(), left_out),
            left_out,
        )),
        reporter => {
            Err(incomplete_problem(&reporter.err().into_iter().chain(lacks).collect::<Vec<_>>()))
        }
    }
}

/// The problem that the catalogue is incomplete.
fn incomplete_problem(lacks: &[ReadinessIssue]) -> Problem {
    let errors = lacks
        .iter()
        .map(|lack| FieldError::field(lack.pointer(), lack.code, lack.detail.clone()))
        .collect();
    let detail = format!(
        "The catalogue lacks {} things that IATI asks for. `incomplete=omit` leaves out what lacks them; `kinoteka check --iati` lists all.",
        lacks.len()
    );
    let detail = if lacks.len() == 1 {
        detail.replace("1 things", "one thing").replace("lacks them", "lacks it")
    } else {
        detail
    };
    Problem::incomplete_catalogue(detail, errors)
}

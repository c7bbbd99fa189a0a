//! HTTP handlers of the import of tables.
#![expect(unused_qualifications, reason = "utoipa qualifies the parameters of operations")]

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::cell_values::NumberNotation;
use super::columns::{ImportColumns, MAX_COLUMNS};
use super::encoding::{Decoded, EncodingError, decode};
use crate::http::body::{BodyLimits, UnreadBody};
use crate::http::json_fields::truncate_for_message;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query_params::QueryParams;
use crate::resource::extract::{AcceptsJson, Editor};
use crate::resource::state::AppState;
use crate::resource::write::idempotency::{ClaimResult, IdempotentRequest, StoredResponse};
use crate::tables::import::apply::{Counts, apply_import};
use crate::tables::import::csv_reader::{
    CsvError, CsvReader, Record, SEPARATORS, stated_separator,
};
use crate::tables::import::import_spec::ImportSpec;
use crate::tables::import::import_table::{ImportTable, TableRows};
use crate::tables::import::row_mapping::CellNotation;
use crate::tables::import::sheet_reader::read_sheet;
use crate::tables::import::specs::{INDICATORS, RESULTS, STATISTICS};
use crate::tables::notation::DecimalSeparator;
use crate::tables::xlsx;

/// Maximum file size in bytes; some hundred thousand rows.
const MAX_FILE_BYTES: usize = 32 * 1_024 * 1_024;
/// Signature of a ZIP file, such as XLSX.
const ZIP_SIGNATURE: &[u8] = b"PK\x03\x04";

/// Result of an import or a dry run, and how the file was interpreted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TableImport {
    /// Result of the rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Whether this was a dry run that stored nothing.
    pub dry_run: bool,
    /// Encoding of a CSV file (WHATWG name); null for XLSX.
    #[schema(required, example = "UTF-8")]
    pub encoding: Option<&'static str>,
    /// Separator of cells in a CSV file: comma, semicolon, tab or vertical bar; null for XLSX.
    #[schema(required, min_length = 1, max_length = 1, example = ";")]
    pub separator: Option<char>,
    /// Columns that were imported.
    #[schema(example = json!(["slug", "label", "value"]))]
    pub columns: Vec<&'static str>,
    /// Read-only columns and those of `ignore_columns`, which were ignored.
    #[schema(example = json!(["figure"]))]
    pub ignored_columns: Vec<String>,
}

/// How to import a file.
#[derive(IntoParams, Serialize)]
#[into_params(parameter_in = Query)]
struct ImportOptions {
    /// Character before the decimals of numbers, if they are written as in a region. Without it,
    /// numbers that have two readings are rejected: `1,500` everywhere, `1.500` unless the cells are
    /// separated by commas.
    #[param(inline, nullable = false, example = ",")]
    decimal: Option<DecimalSeparator>,
    /// Whether text that begins like a formula has an apostrophe before it, as in exports without
    /// `defuse=false`; true by default.
    #[param(rename = "defuse", required = false, example = true)]
    is_defused: bool,
    /// Columns to leave out, such as your own ones: names separated by commas. Others that are
    /// unknown are errors.
    #[param(value_type = String, required = false, min_length = 1, max_length = 2000, pattern = r"^[^,\s][^,]*(,[^,\s][^,]*)*$", example = "notes,checked_by")]
    ignore_columns: Vec<String>,
    /// Whether to validate only, and store nothing.
    #[param(required = false, example = true)]
    dry_run: bool,
}

impl ImportOptions {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(query)?;
        let options = Self {
            dry_run: params.flag("dry_run").unwrap_or(false),
            decimal: DecimalSeparator::parse(&mut params),
            is_defused: params.flag("defuse").unwrap_or(true),
            ignore_columns: params.list("ignore_columns", MAX_COLUMNS).unwrap_or_default(),
        };
        params.finish()?;
        Ok(options)
    }

    /// How the cells of a file with this separator, if any, are written.
    fn notation(&self, separator: Option<char>) -> CellNotation {
        let numbers = match self.decimal {
            Some(DecimalSeparator::Point) => NumberNotation::Stated('.'),
            Some(DecimalSeparator::Comma) => NumberNotation::Stated(','),
            None if separator == Some(',') => NumberNotation::Plain,
            None => NumberNotation::Unknown,
        };
        CellNotation { numbers, is_defused: self.is_defused }
    }
}

/// Import impact statistics
///
/// Accepts CSV, or the first sheet of an XLSX file, with the columns of `GET /v1/impact-statistics.csv`, in any order. A row updates the
/// statistic with its `id`, else the one with its `slug`, else creates one. An empty cell clears
/// the field; fields without a column are unchanged. `label` and `description` are in the row's
/// `language`, or else in the statistic's original language. Several values in a cell are separated
/// by `; `. `figure`, titles of other items, `languages`, `created_at` and `updated_at` are ignored.
/// Texts of a row with `transliterated` must be unchanged. Importing an export made with a key and
/// `status=draft,published,archived` changes nothing; an export made without a key lacks data that
/// only editors see.
///
/// All rows are stored, or none. Errors are reported with the row number, as in a spreadsheet, and
/// the column. `dry_run=true` validates without storing. Supported encodings are UTF-8, UTF-16, and
/// windows-1250, -1251 and -1254 if stated by `charset` in `Content-Type` or unambiguous from the
/// letters; supported separators are commas, semicolons and tabs, and vertical bars after a line
/// `sep=|`. Numbers and dates may be written as in the region, such as `1.234,50` and `31.12.2024`,
/// if they have one reading; `1,500` is rejected unless `decimal` is given. At most 32 MB. Requires
/// an editor's key.
#[utoipa::path(operation_id = "import_impact_statistics", tag = "Tables",
    params(
        ImportOptions,
        ("Idempotency-Key" = Option<String>, Header, description = "A quoted string chosen by the client. A repeated request with the same key and file receives the stored response (`Idempotent-Replayed: true`) and changes nothing. The same key with another request is 422; while the first request is in progress, 409. Ignored with `dry_run`.", example = json!("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")),
    ),
    request_body(content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("slug,label,value,qualifier,unit,period_start,period_end\r\nforum-participants,Participants of the forum,500,more_than,people,2024-01-01,2024-12-31\r\n")), (String = "text/tab-separated-values", example = json!("slug\tvalue\nforum-participants\t510\n")))),
    responses(
        (status = 200, description = "Result of the import or dry run.", body = TableImport, example = json!({"rows": 1, "created": 1, "changed": 0, "unchanged": 0, "changes": [{"row": 2, "outcome": "created", "id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60", "slug": "forum-participants"}], "dry_run": false, "encoding": "UTF-8", "separator": ",", "columns": ["slug", "label", "value", "qualifier", "unit", "period_start", "period_end"], "ignored_columns": []})),
        (status = 400, content_type = "application/problem+json"),
        (status = 401, content_type = "application/problem+json"),
        (status = 403, content_type = "application/problem+json"),
        (status = 406, content_type = "application/problem+json"),
        (status = 408, content_type = "application/problem+json"),
        (status = 409, content_type = "application/problem+json"),
        (status = 413, content_type = "application/problem+json"),
        (status = 414, content_type = "application/problem+json"),
        (status = 415, content_type = "application/problem+json"),
        (status = 422, content_type = "application/problem+json"),
        (status = 431, content_type = "application/problem+json"),
        (status = 500, content_type = "application/problem+json"),
        (status = 503, content_type = "application/problem+json"),
    ), security(("key" = [])))]
#[post("/v1/impact-statistics/import")]
pub async fn import_impact_statistics(
    state: web::Data<AppState>,
    _: AcceptsJson,
    editor: Editor,
    body: UnreadBody,
) -> Result<HttpResponse, Problem> {
    import_table(state, editor, body, &STATISTICS).await
}

/// Imports a table.
async fn import_table(
    state: web::Data<AppState>,
    editor: Editor,
    body: UnreadBody,
    spec: &'static ImportSpec,
) -> Result<HttpResponse, Problem> {
    let options = ImportOptions::parse(body.request.query_string())?;
    let stated = parse_charset(&body.request)?;
    let limits = BodyLimits { max_bytes: MAX_FILE_BYTES, ..state.settings.body_limits() };
    let (request, bytes) = body.read_bytes(limits).await?;
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
    let once = if options.dry_run {
        None
    } else {
        let identity = json!([digest, stated, options]);
        IdempotentRequest::from_request(&request, editor.key, &identity)?
    };
    let table = web::block(move || parse_file(spec, &bytes, stated.as_deref(), &options)).await;
    let table = table.map_err(|_panic| unreadable_sheet("The file cannot be read."))??;
    let state = state.into_inner();
    // The import is completed even if the client disconnects, with or without an idempotency key.
    let task = actix_web::rt::spawn(async move {
        if let Some(once) = &once
            && let ClaimResult::Replay(reply) = once.claim(&state).await?
        {
            return Ok(reply);
        }
        let done = run_import(Arc::clone(&state), table, once.clone()).await;
        if let (Some(once), Err(problem)) = (&once, &done) {
            once.finish_failed(&state, Some(problem)).await;
        }
        done
    });
    let reply = task.await.map_err(Problem::internal)??;
    let mut response = HttpResponse::Ok();
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.content_type("application/json").body(reply.body))
}

async fn run_import(
    state: Arc<AppState>,
    table: ImportTable,
    once: Option<IdempotentRequest>,
) -> Result<StoredResponse, Problem> {
    let stored = web::block(move || {
        let reply = |counts: &Counts| {
            let (encoding, separator) = match &table.rows {
                TableRows::Csv { encoding, separator, .. } => (Some(*encoding), Some(*separator)),
                TableRows::Sheet(_) => (None, None),
            };
            let report = TableImport {
                counts: counts.clone(),
                dry_run: table.dry_run,
                encoding,
                separator,
                columns: table.columns.imported(),
                ignored_columns: table.columns.ignored().to_vec(),
            };
            let body = serde_json::to_string(&report).map_err(Problem::internal)?;
            Ok::<_, Problem>(StoredResponse { status: 200, headers: Vec::new(), body })
        };
        let counts = apply_import(&state, &table, |connection, counts| match &once {
            Some(once) => once.store_response(connection, &reply(counts)?),
            None => Ok(()),
        })?;
        reply(&counts)
    });
    stored.await.map_err(Problem::internal)?
}

/// Charset of `Content-Type`. Returns 415 for other media types.
fn parse_charset(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = given.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    if essence == xlsx::MEDIA_TYPE {
        return Ok(None);
    }
    if essence == "text/csv" || essence == "text/tab-separated-values" {
        let stated = parts.find_map(|part| {
            part.to_ascii_lowercase()
                .strip_prefix("charset=")
                .map(|name| name.trim_matches('"').to_owned())
        });
        return Ok(stated.filter(|name| !name.is_empty()));
    }
    let found = if given.is_empty() {
        "none was sent".to_owned()
    } else {
        format!("not `{}`", truncate_for_message(given))
    };
    let is_sheet = ["spreadsheet", "excel", "zip"].iter().any(|word| essence.contains(word));
    let remedy = if is_sheet { " Save the spreadsheet as XLSX or CSV and send that." } else { "" };
    let detail = format!("The Content-Type must be text/csv or that of XLSX; {found}.{remedy}");
    Err(unsupported_media_type(detail))
}

fn unsupported_media_type(detail: String) -> Problem {
    let accepted = format!("text/csv, text/tab-separated-values, {}", xlsx::MEDIA_TYPE);
    Problem::new(ProblemKind::UnsupportedMediaType, detail).with_header(header::ACCEPT, accepted)
}

fn encoding_problem(error: EncodingError) -> Problem {
    match error {
        EncodingError::WrongFileType(what) => {
            let detail = format!(
                "The file is {what}, not CSV or XLSX. Save the spreadsheet as XLSX or CSV and send that."
            );
            unsupported_media_type(detail)
        }
        EncodingError::Undecodable(detail) => {
            unreadable_file(vec![FieldError::line(1, "unknown_encoding", detail)])
        }
    }
}

/// The problem of a file that cannot be imported.
fn unreadable_file(errors: Vec<FieldError>) -> Problem {
    let mut problem = Problem::invalid_fields(errors);
    "The file is not a valid table; nothing was stored.".clone_into(&mut problem.detail);
    problem
}

/// The problem of an XLSX file that cannot be read.
fn unreadable_sheet(detail: impl Into<String>) -> Problem {
    unreadable_file(vec![FieldError::row(1, None, "invalid_file", detail)])
}

/// Parses a file, whose signature decides on its format.
fn parse_file(
    spec: &'static ImportSpec,
    bytes: &[u8],
    charset: Option<&str>,
    options: &ImportOptions,
) -> Result<ImportTable, Problem> {
    if !bytes.starts_with(ZIP_SIGNATURE) {
        let decoded = decode(bytes, charset).map_err(encoding_problem)?;
        return parse_csv(spec, decoded, options);
    }
    let rows = read_sheet(bytes).map_err(unreadable_sheet)?;
    let columns = parse_header(spec, rows.first(), options)?;
    let notation = options.notation(None);
    Ok(ImportTable { rows: TableRows::Sheet(rows), columns, notation, dry_run: options.dry_run })
}

fn parse_header(
    spec: &'static ImportSpec,
    header: Option<&Record>,
    options: &ImportOptions,
) -> Result<ImportColumns, Problem> {
    let Some(header) = header else {
        let detail = "The file is empty; the first row must contain the column names.";
        return Err(unreadable_file(vec![FieldError::row(1, None, "required", detail)]));
    };
    ImportColumns::parse(spec, &header.cells, header.row, &options.ignore_columns)
        .map_err(unreadable_file)
}

/// Detects the separator and the columns, and checks the file for syntax errors.
fn parse_csv(
    spec: &'static ImportSpec,
    decoded: Decoded,
    options: &ImportOptions,
) -> Result<ImportTable, Problem> {
    if let Some(at) = decoded.text.find('\0') {
        let line =
            decoded.text.get(..at).unwrap_or_default().matches('\n').count().saturating_add(1);
        let detail = format!(
            "Line {line} has a NUL byte: the file is not text. Save the spreadsheet as XLSX or CSV and send that."
        );
        return Err(unreadable_file(vec![FieldError::line(line, "invalid_text", detail)]));
    }
    let (stated, rest) = stated_separator(&decoded.text);
    if let Some(separator) =
        stated.filter(|separator| !SEPARATORS.contains(separator) && *separator != '|')
    {
        let detail = format!(
            "`sep={}`: supported separators are comma, semicolon, tab and vertical bar.",
            separator.escape_default()
        );
        return Err(unreadable_file(vec![FieldError::line(1, "invalid_value", detail)]));
    }
    let line = if stated.is_some() { 2 } else { 1 };
    let separator = stated.unwrap_or_else(|| {
        let known = |separator: char| match CsvReader::new(rest, separator, line).next() {
            Some(Ok(record)) => ImportColumns::count_known(spec, &record.cells),
            _ => 0,
        };
        // Among separators with equally many columns, the most common.
        SEPARATORS.into_iter().rev().max_by_key(|separator| known(*separator)).unwrap_or(',')
    });
    let broken = |broken: CsvError| {
        unreadable_file(vec![FieldError::line(broken.line, "malformed_csv", broken.detail)])
    };
    let mut rows = CsvReader::new(rest, separator, line);
    let header = rows.next().transpose().map_err(broken)?;
    let columns = parse_header(spec, header.as_ref(), options)?;
    if let Some(Err(error)) = rows.find(Result::is_err) {
        return Err(broken(error));
    }
    let notation = options.notation(Some(separator));
    let (text, encoding) = (rest.to_owned(), decoded.encoding);
    let rows = TableRows::Csv { text, separator, line, encoding };
    Ok(ImportTable { rows, columns, notation, dry_run: options.dry_run })
}

/// Import indicators
///
/// Accepts CSV, or the first sheet of an XLSX file, with the columns of `GET /v1/indicators.csv`, in
/// any order. A row updates the indicator with its `id`, else the one with its `slug`, else creates
/// one. Otherwise like the import of impact statistics. Requires an editor's key.
#[utoipa::path(operation_id = "import_indicators", tag = "Tables",
    params(
        ImportOptions,
        ("Idempotency-Key" = Option<String>, Header, description = "A quoted string chosen by the client. A repeated request with the same key and file receives the stored response (`Idempotent-Replayed: true`) and changes nothing. The same key with another request is 422; while the first request is in progress, 409. Ignored with `dry_run`.", example = json!("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")),
    ),
    request_body(content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("slug,label,unit,measure,time_aggregation,group_aggregation,result,order\r\nstaff-trained,Staff trained,people,unit,sum,sum,output-staff,1\r\n")), (String = "text/tab-separated-values", example = json!("slug\tunit\nstaff-trained\tpersons\n")))),
    responses(
        (status = 200, description = "Result of the import or dry run.", body = TableImport, example = json!({"rows": 1, "created": 1, "changed": 0, "unchanged": 0, "changes": [{"row": 2, "outcome": "created", "id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60", "slug": "staff-trained"}], "dry_run": false, "encoding": "UTF-8", "separator": ",", "columns": ["slug", "label", "unit", "measure", "time_aggregation", "group_aggregation", "result", "order"], "ignored_columns": []})),
        (status = 400, content_type = "application/problem+json"),
        (status = 401, content_type = "application/problem+json"),
        (status = 403, content_type = "application/problem+json"),
        (status = 406, content_type = "application/problem+json"),
        (status = 408, content_type = "application/problem+json"),
        (status = 409, content_type = "application/problem+json"),
        (status = 413, content_type = "application/problem+json"),
        (status = 414, content_type = "application/problem+json"),
        (status = 415, content_type = "application/problem+json"),
        (status = 422, content_type = "application/problem+json"),
        (status = 431, content_type = "application/problem+json"),
        (status = 500, content_type = "application/problem+json"),
        (status = 503, content_type = "application/problem+json"),
    ), security(("key" = [])))]
#[post("/v1/indicators/import")]
pub async fn import_indicators(
    state: web::Data<AppState>,
    _: AcceptsJson,
    editor: Editor,
    body: UnreadBody,
) -> Result<HttpResponse, Problem> {
    import_table(state, editor, body, &INDICATORS).await
}

/// Import results
///
/// Accepts CSV, or the first sheet of an XLSX file, with the columns of `GET /v1/results.csv`, in
/// any order. A row updates the result with its `id`, else the one with its `slug`, else creates
/// one. Otherwise like the import of impact statistics. The parent of a result may be in a later
/// row. Requires an editor's key.
#[utoipa::path(operation_id = "import_results", tag = "Tables",
    params(
        ImportOptions,
        ("Idempotency-Key" = Option<String>, Header, description = "A quoted string chosen by the client. A repeated request with the same key and file receives the stored response (`Idempotent-Replayed: true`) and changes nothing. The same key with another request is 422; while the first request is in progress, 409. Ignored with `dry_run`.", example = json!("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"")),
    ),
    request_body(content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("slug,title,level,order,parent,programme\r\noutput-staff,Staff of shelters is trained,output,20,,implementing-norms-changing-minds\r\n")), (String = "text/tab-separated-values", example = json!("slug\torder\noutput-staff\t30\n")))),
    responses(
        (status = 200, description = "Result of the import or dry run.", body = TableImport, example = json!({"rows": 1, "created": 1, "changed": 0, "unchanged": 0, "changes": [{"row": 2, "outcome": "created", "id": "0192f0c1-4f5e-7c3a-9a5b-3f1c8e2d7b60", "slug": "output-staff"}], "dry_run": false, "encoding": "UTF-8", "separator": ",", "columns": ["slug", "title", "level", "order", "parent", "programme"], "ignored_columns": []})),
        (status = 400, content_type = "application/problem+json"),
        (status = 401, content_type = "application/problem+json"),
        (status = 403, content_type = "application/problem+json"),
        (status = 406, content_type = "application/problem+json"),
        (status = 408, content_type = "application/problem+json"),
        (status = 409, content_type = "application/problem+json"),
        (status = 413, content_type = "application/problem+json"),
        (status = 414, content_type = "application/problem+json"),
        (status = 415, content_type = "application/problem+json"),
        (status = 422, content_type = "application/problem+json"),
        (status = 431, content_type = "application/problem+json"),
        (status = 500, content_type = "application/problem+json"),
        (status = 503, content_type = "application/problem+json"),
    ), security(("key" = [])))]
#[post("/v1/results/import")]
pub async fn import_results(
    state: web::Data<AppState>,
    _: AcceptsJson,
    editor: Editor,
    body: UnreadBody,
) -> Result<HttpResponse, Problem> {
    import_table(state, editor, body, &RESULTS).await
}

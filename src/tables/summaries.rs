//! Summaries and series of impact statistics as tables, one row per group, or per value, target and
//! baseline.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, web};

use super::api::{parse_encoding, table_parameters};
use super::format::{FileWriter, RowBuffer, TableEncoding, TableFormat};
use super::row::RowWriter;
use crate::http::problem::Problem;
use crate::impact::schema::SCHEMA;
use crate::impact::summary::params::{self, SummaryParams};
use crate::impact::summary::render::build_summary;
use crate::impact::summary::respond::{AggregateBody, respond};
use crate::impact::summary::response::{GroupKey, SummaryAmount, SummaryGroup, SummaryValue};
use crate::impact::summary::series::{self, SeriesRequest, build_series, find_series};
use crate::impact::summary::series_response::SeriesLine;
use crate::resource::extract::Viewer;
use crate::resource::openapi::ListEndpoint;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;

/// Parameters of tables, which summaries do not have.
const TABLE_PARAMS: &[&str] = &["decimal", "defuse"];

/// Parameters in the OpenAPI document.
pub const OPENAPI: [ListEndpoint; 2] = [
    ListEndpoint {
        path: "/v1/impact-statistics/summary.{format}",
        schema: &SCHEMA,
        excluded_params: params::EXCLUDED_PARAMS,
        extra_params: || [params::openapi_parameters(), table_parameters()].concat(),
        requires_query: false,
    },
    ListEndpoint {
        path: "/v1/indicators/{indicator}/series.{format}",
        schema: &SCHEMA,
        excluded_params: series::SERIES_EXCLUDED_PARAMS,
        extra_params: || [series::openapi_parameters(), table_parameters()].concat(),
        requires_query: false,
    },
];

/// A table as a file.
struct TableFile {
    format: TableFormat,
    name: &'static str,
    bytes: Vec<u8>,
}

impl AggregateBody for TableFile {
    fn into_response(self, mut response: HttpResponseBuilder) -> HttpResponse {
        let extension = self.format.extension();
        let disposition = format!("attachment; filename=\"{}.{extension}\"", self.name);
        response.insert_header((header::CONTENT_DISPOSITION, disposition));
        response.content_type(self.format.media_type()).body(self.bytes)
    }
}

/// Renders a table; `write_row` writes the cells of a row.
fn render_table<R>(
    encoding: TableEncoding,
    columns: &[&str],
    rows: &[R],
    write_row: impl Fn(&mut RowWriter<'_>, &R),
) -> Result<Vec<u8>, Problem> {
    encoding.format.check_row_limit(rows.len())?;
    let (mut file, start) = FileWriter::start(encoding, columns)?;
    let mut buffer = RowBuffer::starting_after(encoding, 1);
    for row in rows {
        write_row(&mut RowWriter::new(&mut buffer), row);
        buffer.end_row();
    }
    let body = file.write_rows(buffer.into_text())?;
    let end = file.finish(rows.len().saturating_add(1))?;
    Ok([start, body, end].concat())
}

/// Columns of a summary, after those of the keys.
const SUMMARY_COLUMNS: &[&str] = &[
    "unit",
    "measure",
    "count",
    "excluded_count",
    "total",
    "total_qualifier",
    "total_figure",
    "time_aggregation",
    "sum",
    "sum_qualifier",
    "min",
    "max",
    "latest",
    "latest_period_start",
    "latest_period_end",
    "baseline",
    "baseline_first_year",
    "baseline_last_year",
    "target",
    "target_period_end",
    "progress",
    "progress_qualifier",
];

/// Export a summary of impact statistics as a table
///
/// The summary of `/v1/impact-statistics/summary` with the same parameters, one row per group.
///
/// Columns: for each key of `group_by` its value and its label (`country`, `country_label`);
/// `unit`, `measure`, `count`, `excluded_count`; `total` with `total_qualifier`, `total_figure`
/// (formatted) and `time_aggregation`; `sum` with `sum_qualifier`; `min`, `max`; `latest` with its
/// period; `baseline` with its years; `target` and the end of its period; `progress` in per cent,
/// and its qualifier. Aggregates that are not requested are empty.
#[utoipa::path(operation_id = "export_impact_statistics_summary", extensions(("x-operation-kind" = json!(OperationKind::Export))), tag = "Tables", params(("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}country,country_label,unit,measure,count\r\nAL,Albania,people,unit,2\r\n")))), (status = 422, content_type = "application/problem+json")))]
#[get("/v1/impact-statistics/summary.{format}")]
pub async fn export_impact_statistics_summary(
    state: web::Data<AppState>,
    request: HttpRequest,
    Viewer(visibility): Viewer,
    format: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let encoding = parse_encoding(&request, &format)?;
    let params = SummaryParams::from_request(&state, &request, visibility, None, TABLE_PARAMS)?;
    let params = Arc::new(params.with_format(&format));
    respond(&state, &request, visibility, params, move |connection, params, render_context| {
        let summary = build_summary(connection, params, render_context)?;
        let keys: Vec<String> = params
            .group_by
            .iter()
            .flat_map(|by| [by.name(), format!("{}_label", by.name())])
            .collect();
        let columns: Vec<&str> =
            keys.iter().map(String::as_str).chain(SUMMARY_COLUMNS.iter().copied()).collect();
        let bytes = render_table(encoding, &columns, &summary.data, write_group)?;
        Ok(TableFile { format: encoding.format, name: "impact-statistics-summary", bytes })
    })
    .await
}

fn write_key(row: &mut RowWriter<'_>, key: Option<&GroupKey>) {
    row.optional_text(key.and_then(|key| key.value.as_deref()));
    row.optional_text(key.map(|key| key.label.as_str()));
}

/// Writes a day, which is an ISO 8601 date.
fn write_day(row: &mut RowWriter<'_>, day: Option<&String>) {
    row.date(day.and_then(|day| day.parse().ok()));
}

fn write_group(row: &mut RowWriter<'_>, group: &SummaryGroup) {
    for key in &group.keys {
        write_key(row, Some(key));
    }
    let count = |number: usize| i64::try_from(number).ok();
    row.optional_text(group.unit.as_deref());
    row.text(&group.measure);
    row.integer(count(group.count));
    row.integer(count(group.excluded_count));
    let total = group.total.as_ref().and_then(Option::as_ref);
    let amount = |row: &mut RowWriter<'_>, amount: Option<&SummaryAmount>| {
        row.decimal(amount.map(|amount| amount.value.as_str()));
        row.optional_text(amount.map(|amount| amount.qualifier.as_str()));
    };
    amount(row, total.map(|total| &total.amount));
    row.optional_text(total.map(|total| total.amount.figure.as_str()));
    row.optional_text(total.and_then(|total| total.time_aggregation));
    amount(row, group.sum.as_ref().and_then(Option::as_ref));
    let value = |value: &Option<Option<SummaryValue>>| value.clone().flatten();
    for one in [&group.min, &group.max] {
        row.decimal(value(one).as_ref().map(|value| value.value.as_str()));
    }
    let latest = value(&group.latest);
    row.decimal(latest.as_ref().map(|latest| latest.value.as_str()));
    write_day(row, latest.as_ref().and_then(|latest| latest.period_start.as_ref()));
    write_day(row, latest.as_ref().and_then(|latest| latest.period_end.as_ref()));
    let baseline = group.baseline.as_ref().and_then(Option::as_ref);
    row.decimal(baseline.map(|baseline| baseline.value.as_str()));
    row.integer(baseline.map(|baseline| baseline.first_year));
    row.integer(baseline.map(|baseline| baseline.last_year));
    let target = group.target.as_ref().and_then(Option::as_ref);
    row.decimal(target.map(|target| target.value.as_str()));
    write_day(row, target.and_then(|target| target.period_end.as_ref()));
    amount(row, group.progress.as_ref().and_then(Option::as_ref));
}

/// Columns of a series.
const SERIES_COLUMNS: &[&str] = &[
    "by",
    "key",
    "key_label",
    "type",
    "period_start",
    "period_end",
    "year",
    "value",
    "qualifier",
    "figure",
    "count",
    "excluded_count",
];

/// A row of a series.
#[derive(Default)]
struct SeriesRow<'a> {
    key: Option<&'a GroupKey>,
    row_type: &'static str,
    period: [Option<&'a String>; 2],
    year: Option<i64>,
    value: Option<&'a str>,
    qualifier: Option<&'a str>,
    figure: Option<&'a str>,
    counts: [Option<usize>; 2],
}

/// Export an indicator's time series as a table
///
/// The series of `/v1/indicators/{indicator}/series` with the same parameters: one row per
/// baseline, target and value of each line.
///
/// Columns: `by`, `key` and `key_label` of the line, if there is `by`; `type` (`baseline`, `target`
/// or `value`); `period_start`, `period_end`; `year` of a baseline; `value`, `qualifier`, `figure`
/// (formatted); `count` and `excluded_count` of the statistics of a value.
#[utoipa::path(operation_id = "export_indicator_series", extensions(("x-operation-kind" = json!(OperationKind::Series))), tag = "Tables", params(("indicator" = String, Path, description = "Id or slug.", example = "people-in-training"), ("format" = inline(TableFormat), Path, description = "The format.", example = "csv")), responses((status = 200, description = "The table.", content((String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", example = json!("\u{2026}")), (String = "text/csv", example = json!("\u{feff}by,key,key_label,type,period_start,period_end,year,value\r\ncountry,AL,Albania,value,2024-01-01,2024-12-31,,250\r\n"))))))]
#[get("/v1/indicators/{indicator}/series.{format}")]
pub async fn export_indicator_series(
    state: web::Data<AppState>,
    request: HttpRequest,
    Viewer(visibility): Viewer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, format) = path.into_inner();
    let encoding = parse_encoding(&request, &format)?;
    let found = find_series(&state, &request, visibility, &name, TABLE_PARAMS).await?;
    let (item, params) = match found {
        SeriesRequest::Moved(slug) => {
            let path = format!("/v1/indicators/{slug}/series.{format}");
            return Ok(crate::resource::read::response::permanent_redirect(
                &state, &request, &path,
            ));
        }
        SeriesRequest::Found(found) => *found,
    };
    let params = Arc::new(params.with_format(&format));
    respond(&state, &request, visibility, params, move |connection, params, render_context| {
        let series = build_series(connection, &item, params, render_context)?;
        let rows: Vec<SeriesRow<'_>> = series.series.iter().flat_map(series_rows).collect();
        let bytes = render_table(encoding, SERIES_COLUMNS, &rows, write_series_row)?;
        Ok(TableFile { format: encoding.format, name: "indicator-series", bytes })
    })
    .await
}

/// The rows of a line.
fn series_rows(line: &SeriesLine) -> Vec<SeriesRow<'_>> {
    let key = line.key.as_ref();
    let baselines = line.baselines.iter().map(|baseline| SeriesRow {
        row_type: "baseline",
        year: Some(baseline.year),
        value: Some(&baseline.value),
        figure: Some(&baseline.figure),
        ..SeriesRow::default()
    });
    let targets = line.targets.iter().map(|target| SeriesRow {
        row_type: "target",
        period: [target.period_start.as_ref(), target.period_end.as_ref()],
        value: Some(&target.value),
        figure: Some(&target.figure),
        ..SeriesRow::default()
    });
    let points = line.points.iter().map(|point| SeriesRow {
        row_type: "value",
        period: [point.period_start.as_ref(), point.period_end.as_ref()],
        value: point.value.as_deref(),
        qualifier: point.qualifier.as_deref(),
        figure: point.figure.as_deref(),
        counts: [Some(point.count), Some(point.excluded_count)],
        ..SeriesRow::default()
    });
    baselines.chain(targets).chain(points).map(|row| SeriesRow { key, ..row }).collect()
}

fn write_series_row(row: &mut RowWriter<'_>, one: &SeriesRow<'_>) {
    row.optional_text(one.key.map(|key| key.by.as_str()));
    write_key(row, one.key);
    row.text(one.row_type);
    for day in one.period {
        write_day(row, day);
    }
    row.integer(one.year);
    row.decimal(one.value);
    row.optional_text(one.qualifier);
    row.optional_text(one.figure);
    for count in one.counts {
        row.integer(count.and_then(|count| i64::try_from(count).ok()));
    }
}

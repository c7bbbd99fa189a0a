//! `GET /v1/indicators/{indicator}/series`: baseline, targets and actual values over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::{Value, json};

use super::respond::respond;
use crate::db::Connection;
use crate::http::auth::Visibility;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, present_params};
use crate::impact::aggregation_rule::AggregationRule;
use crate::impact::display_value::format_plain_value;
use crate::impact::indicators::model::{IndicatorFields, SCHEMA as INDICATORS};
use crate::impact::schema::SCHEMA;
use crate::impact::summary::aggregate::aggregate;
use crate::impact::summary::deduplicate::{Deduplicated, deduplicate};
use crate::impact::summary::fact_table::FactTable;
use crate::impact::summary::group_by::{KeyPart, key_part};
use crate::impact::summary::params::{GroupBy, SummaryParams, group_by_schema};
use crate::impact::summary::render::{StatisticReferences, group_key, load_group_references};
use crate::impact::summary::response::{GroupKey, SummaryAmount};
use crate::impact::summary::select::{SelectedRows, load_selected_rows};
use crate::impact::summary::series_plans::LinePlans;
use crate::impact::summary::series_response::{
    IndicatorSeries, SeriesBaseline, SeriesLine, SeriesPoint, SeriesTarget,
};
use crate::impact::summary::targets::GroupRows;
use crate::resource::extract::{AcceptsJson, Viewer};
use crate::resource::model::item::ItemRow;
use crate::resource::model::packed::PackedJson;
use crate::resource::openapi::ListEndpoint;
use crate::resource::openapi::parameter_schemas::query_parameter;
use crate::resource::read::response::permanent_redirect;
use crate::resource::schema::operation::OperationKind;
use crate::resource::state::AppState;
use crate::resource::store::lookup::Lookup;
use crate::resource::store::visibility::find_visible;
use crate::resource::view::context::RenderContext;
use crate::text::collation::sort_key;
use crate::text::decimal::format::is_exact_as_double;
use crate::text::language::Language;

/// Path of the series of an indicator.
const PATH: &str = "/v1/indicators/{indicator}/series";

/// Parameters in the OpenAPI document.
pub const OPENAPI: ListEndpoint = ListEndpoint {
    path: PATH,
    schema: &SCHEMA,
    excluded_params: SERIES_EXCLUDED_PARAMS,
    extra_params: openapi_parameters,
    requires_query: false,
};

/// List parameters that series do not support.
pub const SERIES_EXCLUDED_PARAMS: &[&str] = &[
    "sort",
    "cursor",
    "offset",
    "limit",
    "total",
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
    "indicator",
];

/// Returns the parameters for the OpenAPI document.
pub fn openapi_parameters() -> Vec<Value> {
    vec![
        query_parameter(
            "by",
            "Key that splits the series into lines: `country`, `programme`, `partner`, or a dimension such as `dimension:sex`. Without it there is a single line.",
            group_by_schema(),
            json!("country"),
        ),
        query_parameter(
            "statistics_limit",
            "Maximum number of statistics listed per point.",
            json!({"type": "integer", "minimum": 0, "maximum": 1_000, "default": 20}),
            json!(100),
        ),
    ]
}

/// Get an indicator's time series
///
/// Values of its statistics by period, with baselines and targets, optionally by country,
/// programme, partner or dimension. Accepts the filters of `/v1/impact-statistics`. Within a period
/// nothing is counted twice, and values are only summed if `group_aggregation` is `sum`.
#[utoipa::path(
    operation_id = "get_indicator_series", extensions(("x-operation-kind" = json!(OperationKind::Series))),
    tag = "Indicators",
    params(("indicator" = String, Path, description = "Id or slug.", example = "people-in-training")),
    responses((status = 200, description = "The lines.", body = IndicatorSeries))
)]
#[get("/v1/indicators/{indicator}/series")]
pub async fn get_indicator_series(
    state: web::Data<AppState>,
    request: HttpRequest,
    _: AcceptsJson,
    Viewer(visibility): Viewer,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    match find_series(&state, &request, visibility, &name, &[]).await? {
        SeriesRequest::Moved(slug) => {
            Ok(permanent_redirect(&state, &request, &format!("/v1/indicators/{slug}/series")))
        }
        SeriesRequest::Found(found) => {
            let (item, params) = *found;
            let build = move |connection: &mut Connection,
                              params: &SummaryParams,
                              render_context: &mut RenderContext| {
                build_series(connection, &item, params, render_context)
            };
            respond(&state, &request, visibility, Arc::new(params), build).await
        }
    }
}

/// A request for a series.
pub enum SeriesRequest {
    /// The indicator has another slug.
    Moved(String),
    /// The indicator, and the parameters.
    Found(Box<(ItemRow, SummaryParams)>),
}

/// Finds the indicator of a series, and parses the parameters. `format_params` are those of the
/// format of the response.
pub async fn find_series(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    visibility: Visibility,
    name: &str,
    format_params: &[&'static str],
) -> Result<SeriesRequest, Problem> {
    let wanted = name.to_owned();
    let found = state
        .read(visibility, move |connection| {
            find_visible(connection, &INDICATORS, &wanted, visibility)
        })
        .await?
        .value;
    let item = match found {
        Lookup::Former(item) => return Ok(SeriesRequest::Moved(item.slug)),
        Lookup::Current(item) => item,
    };
    reject_summary_params(request)?;
    let by = parse_by(request)?;
    let mut params =
        SummaryParams::from_request(state, request, visibility, Some(&item.slug), format_params)?;
    params.group_by = by.into_iter().collect();
    Ok(SeriesRequest::Found(Box::new((item, params))))
}

/// Rejects summary parameters that series do not support.
fn reject_summary_params(request: &HttpRequest) -> Result<(), Problem> {
    let given = present_params(
        request.query_string(),
        &["group_by", "aggregates", "separate", "limit", "indicator"],
    );
    let error = |name: &&'static str| {
        FieldError::parameter(
            *name,
            "unknown_parameter",
            format!("`{name}` is not supported in series; use `by` to split it into lines."),
        )
    };
    if given.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_parameters(given.iter().map(error).collect()))
    }
}

fn parse_by(request: &HttpRequest) -> Result<Option<GroupBy>, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let by = params.text("by", 300).map(|name| GroupBy::parse(&name));
    match by.transpose() {
        Ok(Some(GroupBy::Year | GroupBy::Unit | GroupBy::Indicator)) => {
            let detail = "Expected `country`, `programme`, `partner`, or a dimension such as `dimension:sex`.";
            Err(Problem::invalid_parameter("by", "unknown_value", detail))
        }
        Ok(by) => Ok(by),
        Err(detail) => Err(Problem::invalid_parameter("by", "unknown_value", detail)),
    }
}

/// Computes and renders a series.
pub fn build_series(
    connection: &mut Connection,
    item: &ItemRow,
    params: &SummaryParams,
    render_context: &mut RenderContext,
) -> Result<IndicatorSeries, Problem> {
    let cache = render_context.required_cache()?;
    let own: IndicatorFields = serde_json::from_str(&item.fields).map_err(Problem::internal)?;
    let SelectedRows { facts, indexes: places } =
        load_selected_rows(connection, &params.list, &cache)?;
    load_group_references(connection, &facts, params, render_context)?;
    crate::resource::view::load::load_reference_targets(
        connection,
        vec![(INDICATORS.kind, vec![item.id])],
        params.list.visibility,
        render_context,
    )?;
    let mut lines: BTreeMap<KeyPart, LineRows> = BTreeMap::new();
    for place in places {
        let Some((row, scope)) =
            facts.rows.get(place).and_then(|row| Some((row, facts.scope(row)?)))
        else {
            continue;
        };
        if row.value.is_none() && !row.has_baseline_or_target {
            continue;
        }
        let by = params.group_by.first();
        let is_selected = by == Some(&GroupBy::Country)
            || scope.countries.iter().all(|code| params.list.accepts("country", code));
        if !is_selected {
            continue;
        }
        let part = by.map_or(KeyPart::Undivided, |by| {
            key_part(by, scope, &|id| render_context.has_target(&id))
        });
        let comparable = by.map_or(KeyPart::Undivided, |by| by.comparable(&part));
        let line = lines.entry(comparable).or_insert_with(|| LineRows {
            key: part,
            rows: Vec::new(),
            points: BTreeMap::new(),
        });
        line.rows.push(place);
        if row.value.is_some() {
            let period = (row.period_days.last_known_day(), row.period_days.first);
            line.points.entry(period).or_default().push(place);
        }
    }
    let shown_here: Vec<usize> = lines
        .values()
        .flat_map(|line| line.points.values())
        .flat_map(|rows| rows.iter().take(params.statistics_limit))
        .copied()
        .collect();
    let names = StatisticReferences::load(
        connection,
        facts.row_ids(&shown_here),
        params.list.visibility,
        render_context,
    )?;
    let rule = own.aggregation_rule();
    let language = Language::from_canonical(render_context.language_preference.ui_language);
    let mut series: Vec<(bool, String, SeriesLine)> = lines
        .into_values()
        .map(|line| {
            let key = params.group_by.first().map(|by| group_key(by, &line.key, render_context));
            let order = key.as_ref().map(|key| sort_key(&key.label, &language)).unwrap_or_default();
            let around = SeriesContext {
                facts: &facts,
                indicator: &own,
                rule,
                references: &names,
                statistics_limit: params.statistics_limit,
                render_context,
            };
            (line.key == KeyPart::Undivided, order, around.build_line(key, &line))
        })
        .collect();
    series.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    Ok(IndicatorSeries {
        indicator: render_context.short_reference(&item.id),
        unit: own.unit.clone(),
        measure: own.measure.clone(),
        ascending: own.ascending,
        time_aggregation: own.time_aggregation.clone(),
        group_aggregation: own.group_aggregation.clone(),
        series: series.into_iter().map(|(_, _, line)| line).collect(),
    })
}

/// Statistics of a line, as row indexes.
struct LineRows {
    key: KeyPart,
    /// All statistics with a value, a baseline or a target.
    rows: Vec<usize>,
    /// Statistics with a value, by last and first day of their period.
    points: BTreeMap<(i32, i32), Vec<usize>>,
}

/// Inputs for rendering lines.
struct SeriesContext<'a> {
    facts: &'a FactTable,
    indicator: &'a IndicatorFields,
    rule: AggregationRule,
    references: &'a StatisticReferences,
    statistics_limit: usize,
    render_context: &'a RenderContext,
}

fn non_empty(day: &str) -> Option<String> {
    (!day.is_empty()).then(|| day.to_owned())
}

impl SeriesContext<'_> {
    fn format_value(&self, value: &str) -> String {
        format_plain_value(
            value,
            &self.indicator.measure,
            self.render_context.language_preference.ui_language,
        )
    }

    fn build_line(&self, key: Option<GroupKey>, line: &LineRows) -> SeriesLine {
        let points: Vec<(&Vec<usize>, Deduplicated)> = line
            .points
            .values()
            .map(|rows| (rows, deduplicate(self.facts, rows, self.rule)))
            .collect();
        let counted: Vec<usize> =
            points.iter().flat_map(|(_, counted)| &counted.rows).copied().collect();
        let plans = LinePlans::new(self.facts, &line.rows, &counted, self.rule);
        let baselines = plans
            .baselines
            .into_iter()
            .map(|(year, value)| (year, value.to_string()))
            .map(|(year, value)| SeriesBaseline { year, figure: self.format_value(&value), value })
            .collect();
        let targets = plans
            .targets
            .into_iter()
            .map(|((start, end), value)| (start, end, value.to_string()))
            .map(|(start, end, value)| SeriesTarget {
                period_start: non_empty(start),
                period_end: non_empty(end),
                figure: self.format_value(&value),
                value,
            })
            .collect();
        SeriesLine {
            key,
            baselines,
            targets,
            points: points.iter().map(|(rows, counted)| self.build_point(rows, counted)).collect(),
        }
    }

    fn build_point(&self, rows: &[usize], counted: &Deduplicated) -> SeriesPoint {
        let group = GroupRows {
            counted: &counted.rows,
            without_value: &[],
            not_totals: &counted.not_totals,
            rule: self.rule,
        };
        let amount = aggregate(self.facts, group).total.map(|total| {
            SummaryAmount::new(
                &total.value,
                &self.indicator.measure,
                self.render_context.language_preference.ui_language,
            )
        });
        let figures = rows
            .first()
            .and_then(|place| self.facts.rows.get(*place))
            .map(|row| self.facts.values(row));
        let value = amount.as_ref().map(|amount| amount.value.clone());
        SeriesPoint {
            period_start: figures.and_then(|figures| non_empty(figures.start)),
            period_end: figures.and_then(|figures| non_empty(figures.end)),
            value_number: PackedJson::number(
                value.as_deref().filter(|value| is_exact_as_double(value)),
            ),
            value,
            qualifier: amount.as_ref().map(|amount| amount.qualifier.clone()),
            figure: amount.map(|amount| amount.figure),
            count: counted.rows.len(),
            excluded_count: counted.excluded.len(),
            statistics: counted
                .rows
                .iter()
                .take(self.statistics_limit)
                .filter_map(|place| self.references.get(self.facts, *place, self.render_context))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SERIES_EXCLUDED_PARAMS;
    use crate::impact::summary::params::EXCLUDED_PARAMS;

    #[test]
    fn series_excludes_summary_exclusions() {
        assert!(EXCLUDED_PARAMS.iter().all(|name| SERIES_EXCLUDED_PARAMS.contains(name)));
    }
}

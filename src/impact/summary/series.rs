//! `GET /v1/indicators/{indicator}/series`: baseline, targets and actual values over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::api::answer;
use super::asked::{Asked, By, by_schema};
use super::group::{Part, part_of};
use super::known::Facts;
use super::overlap::count;
use super::read::{Selected, read};
use super::reckon::reckon;
use super::told::{Named, key, learn};
use super::view::{GroupKey, SummaryAmount};
use crate::db::Connection;
use crate::http::negotiate;
use crate::http::params::{QueryParams, present_params};
use crate::http::problem::{FieldError, Problem};
use crate::impact::figure::number;
use crate::impact::indicators::model::{Own, SPEC as INDICATORS};
use crate::impact::model::SPEC;
use crate::impact::words::{Measure, UNIT};
use crate::resource::answer::moved;
use crate::resource::context::Context;
use crate::resource::document::{Listing, parameter};
use crate::resource::load::{Found, Item};
use crate::resource::read::find_visible;
use crate::resource::shown::{Packed, Reference, Shown};
use crate::text::collation::sort_key;
use crate::text::decimal::is_exact_as_double;
use crate::text::language::Language;

/// Where it is.
const PATH: &str = "/v1/indicators/{indicator}/series";

/// What the document says of its parameters.
pub const DECLARED: Listing =
    Listing { path: PATH, spec: &SPEC, without: NOT_HERE, own: own_parameters, needs_query: false };

/// Parameters of lists that mean nothing here.
const NOT_HERE: &[&str] = &[
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

fn own_parameters() -> Vec<Value> {
    vec![
        parameter(
            "by",
            "What divides it: a line for each `country`, `programme`, `partner`, or slice of a dimension, such as `dimension:sex`. One line without it.",
            by_schema(),
            json!("country"),
        ),
        parameter(
            "statistics_limit",
            "How many statistics each point names at most.",
            json!({"type": "integer", "minimum": 0, "maximum": 1_000, "default": 20}),
            json!(100),
        ),
    ]
}

/// An indicator over time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IndicatorSeries {
    /// The indicator.
    #[schema(required)]
    pub indicator: Option<Reference>,
    /// What is counted.
    #[schema(required, example = "people")]
    pub unit: Option<String>,
    /// What its values are.
    #[schema(value_type = Measure)]
    pub measure: String,
    /// Whether more is better.
    #[schema(required)]
    pub ascending: Option<bool>,
    /// Whether values may be added up.
    #[schema(required)]
    pub additive: Option<bool>,
    /// The lines, by their label; what is not divided comes last.
    pub series: Vec<SeriesLine>,
}

/// A line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesLine {
    /// What its statistics have in common; null where nothing divides them.
    #[schema(required)]
    pub key: Option<GroupKey>,
    /// The values before, by year.
    pub baselines: Vec<SeriesBaseline>,
    /// The values aimed at, by period.
    pub targets: Vec<SeriesTarget>,
    /// The values, by period.
    pub points: Vec<SeriesPoint>,
}

/// A value before.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
pub struct SeriesBaseline {
    /// The year it was measured in.
    #[schema(example = 2019)]
    pub year: i64,
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "20")]
    pub value: String,
    /// As people say it.
    #[schema(example = "20")]
    pub figure: String,
}

/// A value aimed at.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
pub struct SeriesTarget {
    /// First day of the period it is aimed at for.
    #[schema(required, format = "date", example = "2024-01-01")]
    pub period_start: Option<String>,
    /// Last day of it.
    #[schema(required, format = "date", example = "2026-12-31")]
    pub period_end: Option<String>,
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "2000")]
    pub value: String,
    /// As people say it.
    #[schema(example = "2,000")]
    pub figure: String,
}

/// The value of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// First day of the period.
    #[schema(required, format = "date", example = "2024-01-01")]
    pub period_start: Option<String>,
    /// Last day of it.
    #[schema(required, format = "date", example = "2024-12-31")]
    pub period_end: Option<String>,
    /// Exact decimal: the one value, or the sum of those that count; null where there are several
    /// that may not be added up.
    #[schema(required, pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "750")]
    pub value: Option<String>,
    /// The same as a number, where a number of double precision reads back as the same decimal;
    /// else null.
    #[schema(required, value_type = Option<f64>, example = 750)]
    pub value_number: Packed,
    /// How exact it is, by all of its parts.
    #[schema(required, value_type = Option<crate::impact::words::Qualifier>)]
    pub qualifier: Option<String>,
    /// As people say it, with its qualifier.
    #[schema(required, example = "More than 750")]
    pub figure: Option<String>,
    /// How many statistics count.
    #[schema(minimum = 0, example = 2)]
    pub count: usize,
    /// How many are counted with others already.
    #[schema(minimum = 0, example = 0)]
    pub left_out_count: usize,
    /// Those that count, at most `statistics_limit`.
    pub statistics: Vec<Reference>,
}

/// Follow an indicator over time
///
/// The values of its statistics, period by period, with what was there before and what is aimed at;
/// by country, programme, partner or the slices of a dimension. Takes the filters of
/// `/v1/impact-statistics`. Within a period nothing is counted twice; values that may not be added
/// up are not.
#[utoipa::path(
    operation_id = "follow_indicator",
    tag = "Indicators",
    params(("indicator" = String, Path, description = "Id or slug.", example = "people-in-training")),
    responses((status = 200, description = "The lines.", body = IndicatorSeries))
)]
#[get("/v1/indicators/{indicator}/series")]
pub async fn follow_indicator(
    context: web::Data<Context>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    negotiate::require_json(&request)?;
    let caller = context.viewer(&request).await?;
    let name = name.into_inner();
    let found = {
        let name = name.clone();
        context
            .read(caller, move |connection| find_visible(connection, &INDICATORS, &name, caller))
            .await?
            .value
    };
    let item = match found {
        Found::Moved(item) => {
            return Ok(moved(&context, &request, &format!("/v1/indicators/{}/series", item.slug)));
        }
        Found::Here(item) => item,
    };
    refuse(&request)?;
    let by = read_by(&request)?;
    let mut asked = Asked::read(
        &context,
        &request,
        caller,
        &["by"],
        Some(&format!("indicator={}", item.slug)),
    )?;
    asked.by = by.into_iter().collect();
    answer(&context, &request, caller, Arc::new(asked), move |connection, asked, shown| {
        drawn(connection, &item, asked, shown)
    })
    .await
}

/// Parameters of summaries that mean nothing here.
fn refuse(request: &HttpRequest) -> Result<(), Problem> {
    let given = present_params(
        request.query_string(),
        &["group_by", "aggregates", "apart", "limit", "indicator"],
    );
    let error = |name: &&'static str| {
        FieldError::parameter(
            *name,
            "unknown_parameter",
            format!("A series has no `{name}`; `by` divides it into lines."),
        )
    };
    if given.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_parameters(given.iter().map(error).collect()))
    }
}

fn read_by(request: &HttpRequest) -> Result<Option<By>, Problem> {
    let mut params = QueryParams::parse(request.query_string())?;
    let by = params.text("by", 300).map(|name| By::parse(&name));
    match by.transpose() {
        Ok(Some(By::Year | By::Unit | By::Indicator)) => {
            let detail = "A line is of a `country`, `programme`, `partner` or the slice of a dimension, such as `dimension:sex`.";
            Err(Problem::invalid_parameter("by", "unknown_value", detail))
        }
        Ok(by) => Ok(by),
        Err(detail) => Err(Problem::invalid_parameter("by", "unknown_value", detail)),
    }
}

fn drawn(
    connection: &mut Connection,
    item: &Item,
    asked: &Asked,
    shown: &mut Shown,
) -> Result<IndicatorSeries, Problem> {
    let Some(memory) = shown.memory() else {
        return Err(Problem::internal("a series was read without a memory"));
    };
    let own: Own = serde_json::from_str(&item.own).map_err(Problem::internal)?;
    let Selected { facts, places } = read(connection, &asked.list, &memory)?;
    learn(connection, &facts, asked, shown)?;
    crate::resource::load::load_named(
        connection,
        vec![(INDICATORS.kind, vec![item.id])],
        asked.list.viewer,
        shown,
    )?;
    let mut lines: BTreeMap<Part, BTreeMap<(i32, i32), Vec<usize>>> = BTreeMap::new();
    for place in places {
        let Some(row) = facts.rows.get(place).filter(|row| row.value.is_some()) else { continue };
        let scope = facts.scope(row);
        let part = asked
            .by
            .first()
            .zip(scope)
            .map_or(Part::Undivided, |(by, scope)| part_of(by, scope, &|id| shown.knows(&id)));
        lines.entry(part).or_default().entry((row.latest(), row.days.0)).or_default().push(place);
    }
    let shown_here: Vec<usize> = lines
        .values()
        .flat_map(BTreeMap::values)
        .flat_map(|rows| rows.iter().take(asked.named))
        .copied()
        .collect();
    let names = Named::read(connection, &facts, &shown_here, asked.list.viewer, shown)?;
    let is_additive = own.measure == UNIT && own.additive == Some(true);
    let language = Language::stored(shown.wish.ui_language);
    let mut series: Vec<(bool, String, SeriesLine)> = lines
        .into_iter()
        .map(|(part, periods)| {
            let key = asked.by.first().map(|by| key(by, &part, shown));
            let order = key.as_ref().map(|key| sort_key(&key.label, &language)).unwrap_or_default();
            let around = Around {
                facts: &facts,
                own: &own,
                is_additive,
                names: &names,
                named: asked.named,
                shown,
            };
            (part == Part::Undivided, order, around.line(key, &periods))
        })
        .collect();
    series.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    Ok(IndicatorSeries {
        indicator: shown.reference(&item.id),
        unit: own.unit.clone(),
        measure: own.measure.clone(),
        ascending: own.ascending,
        additive: own.additive,
        series: series.into_iter().map(|(_, _, line)| line).collect(),
    })
}

/// What lines are drawn with.
struct Around<'a> {
    facts: &'a Facts,
    own: &'a Own,
    is_additive: bool,
    names: &'a Named,
    named: usize,
    shown: &'a Shown,
}

fn day(day: &str) -> Option<String> {
    (!day.is_empty()).then(|| day.to_owned())
}

impl Around<'_> {
    fn said(&self, value: &str) -> String {
        number(value, &self.own.measure, self.shown.wish.ui_language)
    }

    fn line(
        &self,
        key: Option<GroupKey>,
        periods: &BTreeMap<(i32, i32), Vec<usize>>,
    ) -> SeriesLine {
        let rows = || {
            periods
                .values()
                .flatten()
                .filter_map(|place| self.facts.rows.get(*place))
                .map(|row| self.facts.figures(row))
        };
        let baselines = rows().filter_map(|figures| {
            let (year, value) = (figures.baseline_year.parse().ok()?, figures.baseline.to_owned());
            Some(SeriesBaseline { year, figure: self.said(&value), value })
        });
        let targets = rows().filter(|figures| !figures.target.is_empty()).map(|figures| {
            let own = !figures.target_start.is_empty() || !figures.target_end.is_empty();
            let (start, end) = if own {
                (figures.target_start, figures.target_end)
            } else {
                (figures.start, figures.end)
            };
            let value = figures.target.to_owned();
            SeriesTarget {
                period_start: day(start),
                period_end: day(end),
                figure: self.said(&value),
                value,
            }
        });
        let (mut baselines, mut targets): (Vec<_>, Vec<_>) =
            (baselines.collect(), targets.collect());
        baselines.sort();
        baselines.dedup();
        targets.sort();
        targets.dedup();
        SeriesLine {
            key,
            baselines,
            targets,
            points: periods.values().map(|rows| self.point(rows)).collect(),
        }
    }

    fn point(&self, rows: &[usize]) -> SeriesPoint {
        let counted = count(self.facts, rows);
        let reckoned = reckon(self.facts, &counted.rows, self.is_additive);
        let only =
            if counted.rows.len() == 1 { reckoned.latest.map(|(amount, _)| amount) } else { None };
        let amount = reckoned.sum.or(only).map(|amount| {
            SummaryAmount::new(&amount, &self.own.measure, self.shown.wish.ui_language)
        });
        let figures = rows
            .first()
            .and_then(|place| self.facts.rows.get(*place))
            .map(|row| self.facts.figures(row));
        let value = amount.as_ref().map(|amount| amount.value.clone());
        SeriesPoint {
            period_start: figures.and_then(|figures| day(figures.start)),
            period_end: figures.and_then(|figures| day(figures.end)),
            value_number: Packed::number(
                value.as_deref().filter(|value| is_exact_as_double(value)),
            ),
            value,
            qualifier: amount.as_ref().map(|amount| amount.qualifier.clone()),
            figure: amount.map(|amount| amount.figure),
            count: counted.rows.len(),
            left_out_count: counted.left_out.len(),
            statistics: counted
                .rows
                .iter()
                .take(self.named)
                .filter_map(|place| self.names.of(self.facts, *place, self.shown))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NOT_HERE;
    use crate::impact::summary::asked::WITHOUT;

    #[test]
    fn what_a_summary_lacks_a_series_lacks_too() {
        assert!(WITHOUT.iter().all(|name| NOT_HERE.contains(name)));
    }
}

//! Parameters of a chart; the other parameters are a query of `/v1/impact-statistics`.

use serde::Serialize;
use serde_json::{Value, json};

use crate::charts::model::ChartType;
use crate::charts::theme::Theme;
use crate::http::auth::Visibility;
use crate::http::json_fields::unknown_value_message;
use crate::http::language::LanguageDefaults;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, percent_decode, present_params};
use crate::i18n::messages::Message;
use crate::impact::schema::SCHEMA;
use crate::impact::summary::params::{GroupBy, group_by_schema};
use crate::impact::summary::response::SummaryGroup;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::query::params::ListRequest;
use crate::resource::state::AppState;

/// List parameters that charts do not support.
pub const EXCLUDED_PARAMS: &[&str] = &[
    "fields",
    "include",
    "facets",
    "facet_limit",
    "highlights",
    "total",
    "status",
    "cursor",
    "offset",
];
/// Parameters of charts.
const CHART_PARAMS: [&str; 6] = ["type", "theme", "width", "height", "group_by", "aggregate"];
/// Maximum number of grouping keys.
const MAX_GROUP_KEYS: usize = 2;
/// Default of `limit` for groups.
const DEFAULT_MAX_GROUPS: usize = 50;

/// Range of `width`, in pixels.
const WIDTH_RANGE: std::ops::RangeInclusive<i64> = 200..=2_000;
/// Range of `height`, in pixels.
const HEIGHT_RANGE: std::ops::RangeInclusive<i64> = 150..=2_000;
/// Default of `width`, in pixels.
const DEFAULT_WIDTH: i64 = 800;

/// Aggregate to show for each group.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Aggregate {
    /// Total by the aggregation of the indicator.
    Total,
    /// Sum.
    Sum,
    /// Minimum.
    Min,
    /// Maximum.
    Max,
    /// Value of the latest period.
    Latest,
}

impl Aggregate {
    /// All values with their parameter names.
    const ALL: [(&'static str, Self); 5] = [
        ("total", Self::Total),
        ("sum", Self::Sum),
        ("min", Self::Min),
        ("max", Self::Max),
        ("latest", Self::Latest),
    ];

    /// Name in summaries.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, aggregate)| *aggregate == self).map_or("total", |(name, _)| name)
    }

    /// The message for titles, if the aggregate must be stated.
    pub fn message(self) -> Option<Message> {
        match self {
            Self::Total | Self::Sum => None,
            Self::Min => Some(Message::MinimumValue),
            Self::Max => Some(Message::MaximumValue),
            Self::Latest => Some(Message::LatestValue),
        }
    }

    /// The value of a group.
    pub fn value_of(self, group: &SummaryGroup) -> Option<GroupValue<'_>> {
        let value = match self {
            Self::Total | Self::Sum => {
                let sum = match self {
                    Self::Total => &group.total.as_ref()?.as_ref()?.amount,
                    _ => group.sum.as_ref()?.as_ref()?,
                };
                return Some(GroupValue {
                    value: &sum.value,
                    qualifier: &sum.qualifier,
                    figure: &sum.figure,
                });
            }
            Self::Min => &group.min,
            Self::Max => &group.max,
            Self::Latest => &group.latest,
        };
        let value = value.as_ref()?.as_ref()?;
        Some(GroupValue { value: &value.value, qualifier: &value.qualifier, figure: &value.figure })
    }
}

/// An aggregate of a group.
pub struct GroupValue<'a> {
    /// The value.
    pub value: &'a str,
    /// See [`crate::impact::code_lists::QUALIFIERS`].
    pub qualifier: &'a str,
    /// The formatted value.
    pub figure: &'a str,
}

/// Parameters of a chart.
#[derive(Clone, Debug, Serialize)]
pub struct ChartParams {
    /// Type of the chart.
    pub chart_type: ChartType,
    /// Theme.
    pub theme: Theme,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Grouping keys; empty for single statistics.
    pub group_by: Vec<GroupBy>,
    /// Aggregate to show for each group.
    pub aggregate: Aggregate,
    /// Maximum number of groups.
    pub max_groups: usize,
}

/// A request for a chart.
#[derive(Clone)]
pub struct ChartRequest {
    /// Parameters of the chart.
    pub params: ChartParams,
    /// The other parameters, as a query string.
    pub query: String,
    /// The list request for these.
    pub list_request: ListRequest,
    /// Visibility of the caller.
    pub visibility: Visibility,
}

/// Where a chart is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChartSurface {
    /// A file, for a caller with this visibility.
    File(Visibility),
    /// A public page, which adapts to its frame.
    Page,
}

impl ChartRequest {
    /// Parses a query. Errors are reported together.
    pub fn parse(
        state: &AppState,
        query: &str,
        accept_language: Option<&str>,
        surface: ChartSurface,
    ) -> Result<Self, Problem> {
        let language_defaults =
            LanguageDefaults { accept_language, fallback: &state.fallback_languages };
        let visibility = match surface {
            ChartSurface::File(visibility) => visibility,
            ChartSurface::Page => Visibility::Published,
        };
        let (chart_query, rest) = split_chart_params(query, surface == ChartSurface::Page);
        let mut params = QueryParams::parse(&chart_query)?;
        let chart_type = parse_choice(&mut params, "type", &ChartType::ALL, ChartType::Bar);
        let theme = parse_choice(&mut params, "theme", &Theme::ALL, Theme::Auto);
        let pixels = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        let width = pixels(params.integer("width", WIDTH_RANGE))
            .or(pixels(Some(DEFAULT_WIDTH)))
            .unwrap_or_default();
        let height = pixels(params.integer("height", HEIGHT_RANGE));
        let group_by = parse_group_by(&mut params, chart_type);
        if group_by.is_empty() && params.get("aggregate").is_some() {
            params.error("aggregate", "conflicting", "`aggregate` requires `group_by`.");
        }
        let aggregate = parse_choice(&mut params, "aggregate", &Aggregate::ALL, Aggregate::Total);
        if !group_by.is_empty() && !present_params(&rest, &["sort"]).is_empty() {
            params.error(
                "sort",
                "conflicting",
                "`sort` is not supported with `group_by`: groups are sorted by year or by value.",
            );
        }
        let rejected = present_params(&rest, EXCLUDED_PARAMS).into_iter().map(|name| {
            let detail =
                format!("`{name}` is not supported for charts. Supported: filters, `q`, `lang`, `sort` and `limit`.");
            FieldError::parameter(name, "unknown_parameter", detail)
        });
        let mut errors: Vec<FieldError> = params
            .finish()
            .err()
            .map(|problem| problem.errors)
            .into_iter()
            .flatten()
            .chain(rejected)
            .collect();
        match ListRequest::parse(&SCHEMA, &rest, language_defaults, visibility) {
            Ok(list_request) if list_request.language_preference.all_languages => {
                errors.push(FieldError::parameter(
                    "lang",
                    "invalid_language",
                    "`lang=all` is not supported here; give one language or omit `lang`.",
                ));
                Err(Problem::invalid_parameters(errors))
            }
            Ok(list_request) if errors.is_empty() => {
                let limit = present_params(&rest, &["limit"])
                    .first()
                    .and_then(|_| usize::try_from(list_request.page_params.limit).ok());
                // Lines and maps show all groups.
                let shows_all = matches!(chart_type, ChartType::Line | ChartType::Map);
                let max_groups =
                    limit.unwrap_or(if shows_all { usize::MAX } else { DEFAULT_MAX_GROUPS });
                let params = ChartParams {
                    chart_type,
                    theme,
                    width,
                    height,
                    group_by,
                    aggregate,
                    max_groups,
                };
                Ok(Self { params, query: rest, list_request, visibility })
            }
            Ok(_) => Err(Problem::invalid_parameters(errors)),
            Err(problem) if problem.errors.is_empty() => Err(problem),
            Err(problem) => {
                let other_errors = problem
                    .errors
                    .into_iter()
                    .filter(|error| !errors.iter().any(|other| other.parameter == error.parameter));
                let other_errors: Vec<FieldError> = other_errors.collect();
                errors.extend(other_errors);
                Err(Problem::invalid_parameters(errors))
            }
        }
    }
}

/// Splits the query into chart parameters and others. Pages have no `width` and `height`.
fn split_chart_params(query: &str, is_page: bool) -> (String, String) {
    let is_chart_param = |pair: &&str| {
        let name = percent_decode(pair.split('=').next().unwrap_or_default());
        let is_size = matches!(name.as_deref(), Some("width" | "height"));
        name.is_some_and(|name| CHART_PARAMS.contains(&name.as_str())) && !(is_page && is_size)
    };
    let (chart_pairs, rest): (Vec<&str>, Vec<&str>) =
        query.split('&').filter(|pair| !pair.is_empty()).partition(is_chart_param);
    (chart_pairs.join("&"), rest.join("&"))
}

/// Parses `group_by` and validates it for the chart type.
fn parse_group_by(params: &mut QueryParams, chart_type: ChartType) -> Vec<GroupBy> {
    let mut by = Vec::new();
    for name in params.list("group_by", MAX_GROUP_KEYS).unwrap_or_default() {
        match GroupBy::parse(&name) {
            Ok(one) if by.contains(&one) => {
                params.error("group_by", "repeated", format!("`{name}` is repeated."));
            }
            Ok(one) => by.push(one),
            Err(detail) => params.error("group_by", "unknown_value", detail),
        }
    }
    if !params.errors.is_empty() {
        return by;
    }
    match (chart_type, by.as_slice()) {
        (ChartType::Map, []) => vec![GroupBy::Country],
        (ChartType::Line, []) => vec![GroupBy::Year],
        (ChartType::Map, other) if other != [GroupBy::Country] => {
            params.error("group_by", "conflicting", "A map requires `group_by=country`.");
            by
        }
        (ChartType::Line, some) if !some.contains(&GroupBy::Year) => {
            params.error(
                "group_by",
                "conflicting",
                "A line chart requires `year` in `group_by`; a second key separates the lines.",
            );
            by
        }
        _ => by,
    }
}

/// Parses an enumerated parameter.
fn parse_choice<T: Copy, const MANY: usize>(
    params: &mut QueryParams,
    name: &'static str,
    choices: &[(&'static str, T); MANY],
    default: T,
) -> T {
    let Some(text) = params.get(name) else { return default };
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
        return *choice;
    }
    params.error(
        name,
        "unknown_value",
        unknown_value_message(&text, choices.iter().map(|(word, _)| *word)),
    );
    default
}

/// Parameters of a chart, for the OpenAPI document.
pub fn openapi_parameters() -> Vec<Value> {
    let mut parameters = openapi_page_parameters();
    parameters.extend([
        query_parameter(
            "width",
            "Width in pixels.",
            json!({"type": "integer", "minimum": WIDTH_RANGE.start(), "maximum": WIDTH_RANGE.end(), "default": DEFAULT_WIDTH}),
            json!(640),
        ),
        query_parameter(
            "height",
            "Height in pixels; by default as much as the chart needs. The number of values that do not fit is shown below the chart.",
            json!({"type": "integer", "minimum": HEIGHT_RANGE.start(), "maximum": HEIGHT_RANGE.end()}),
            json!(400),
        ),
    ]);
    parameters
}

/// Parameters of a page with a chart, for the OpenAPI document.
pub fn openapi_page_parameters() -> Vec<Value> {
    vec![
        query_parameter(
            "type",
            "Chart type: bars, line over years, progress from baseline to target, tile map of countries.",
            json!({"type": "string", "enum": ChartType::ALL.map(|(name, _)| name), "default": "bar"}),
            json!("bar"),
        ),
        comma_list_parameter(
            "group_by",
            "Grouping keys, at most two. Groups are aggregated as in `/v1/impact-statistics/summary`; 422 if the statistics have no total. Without it, the chart shows single statistics; the default is `year` for a line and `country` for a map.",
            group_by_schema(),
            MAX_GROUP_KEYS,
            "indicator",
        ),
        query_parameter(
            "aggregate",
            "Aggregate to show for each group, by default the total by `time_aggregation` and `group_aggregation` of the values; requires groups.",
            json!({"type": "string", "enum": Aggregate::ALL.map(|(name, _)| name), "default": "total"}),
            json!("latest"),
        ),
        query_parameter(
            "theme",
            "`light`, `dark`, or `auto` (the preference of the reader). PNG is light unless `dark` is requested.",
            json!({"type": "string", "enum": Theme::ALL.map(|(name, _)| name), "default": "auto"}),
            json!("auto"),
        ),
    ]
}

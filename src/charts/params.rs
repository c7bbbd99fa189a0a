//! What is asked of a chart: its form and its looks, and beside them a query of
//! `/v1/impact-statistics`.

use serde_json::{Value, json};

use crate::charts::{ChartType, Theme};
use crate::http::auth::Visibility;
use crate::http::json_fields::unknown_value_message;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, percent_decode, present_params};
use crate::impact::model::SCHEMA;
use crate::impact::summary::params::{GroupBy, group_by_schema};
use crate::impact::summary::response::SummaryGroup;
use crate::phrases::Phrase;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::query::params::ListRequest;
use crate::text::language::Language;

/// Parameters of lists that shape what a chart shapes itself.
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
/// Those of a chart alone.
const CHART_PARAMS: [&str; 6] = ["type", "theme", "width", "height", "group_by", "aggregate"];
/// How many things groups are made by at once.
const MAX_GROUP_KEYS: usize = 2;
/// How many groups are shown, unless `limit` says otherwise.
const DEFAULT_MAX_GROUPS: usize = 50;

/// How wide a chart may be.
const WIDTH_RANGE: std::ops::RangeInclusive<i64> = 200..=2_000;
/// How high.
const HEIGHT_RANGE: std::ops::RangeInclusive<i64> = 150..=2_000;
/// How wide one is where nobody says.
const DEFAULT_WIDTH: i64 = 800;

/// Which value of a group is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Aggregate {
    /// What all come to.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// That of the latest period.
    Latest,
}

impl Aggregate {
    /// All of them, by their names.
    const ALL: [(&'static str, Self); 4] =
        [("sum", Self::Sum), ("min", Self::Min), ("max", Self::Max), ("latest", Self::Latest)];

    /// As a summary calls it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, one)| *one == self).map_or("sum", |(name, _)| name)
    }

    /// In words, where they have to say it.
    pub fn message(self) -> Option<Phrase> {
        match self {
            Self::Sum => None,
            Self::Min => Some(Phrase::LeastValue),
            Self::Max => Some(Phrase::GreatestValue),
            Self::Latest => Some(Phrase::LatestValue),
        }
    }

    /// The value of a group, its qualifier, and how people say both.
    pub fn value_of(self, group: &SummaryGroup) -> Option<(&str, &str, &str)> {
        let one = match self {
            Self::Sum => {
                let sum = group.sum.as_ref()?.as_ref()?;
                return Some((&sum.value, &sum.qualifier, &sum.figure));
            }
            Self::Min => &group.min,
            Self::Max => &group.max,
            Self::Latest => &group.latest,
        };
        let one = one.as_ref()?.as_ref()?;
        Some((&one.value, &one.qualifier, &one.figure))
    }
}

/// What is asked of a chart.
#[derive(Clone, Debug)]
pub struct ChartParams {
    /// How it shows values.
    pub chart_type: ChartType,
    /// Its colours.
    pub theme: Theme,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: Option<u32>,
    /// By what groups are made; each statistic is shown by itself without any.
    pub group_by: Vec<GroupBy>,
    /// Which value of a group is shown.
    pub aggregate: Aggregate,
    /// How many groups are shown.
    pub max_groups: usize,
}

impl ChartParams {
    /// Reads a query: what is asked of the chart, the rest, and that rest as the query of a list.
    /// All that is wrong is said at once.
    pub fn parse(
        query: &str,
        accept_language: Option<&str>,
        (fallback, visibility): (&[Language], Visibility),
        is_page: bool,
    ) -> Result<(Self, String, ListRequest), Problem> {
        let (chart_query, rest) = split_chart_params(query, is_page);
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
            params.error(
                "aggregate",
                "conflicting",
                "There is no group without `group_by`: each statistic is shown by itself.",
            );
        }
        let aggregate = parse_choice(&mut params, "aggregate", &Aggregate::ALL, Aggregate::Sum);
        if !group_by.is_empty() && !present_params(&rest, &["sort"]).is_empty() {
            params.error(
                "sort",
                "conflicting",
                "Groups have an order of their own: years theirs, else the largest comes first.",
            );
        }
        let rejected = present_params(&rest, EXCLUDED_PARAMS).into_iter().map(|name| {
            let detail =
                format!("A chart has a form of its own: `{name}` is for lists. Filters, `q`, `lang`, `sort` and `limit` work here.");
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
        match ListRequest::parse(&SCHEMA, &rest, accept_language, fallback, visibility) {
            Ok(list_request) if list_request.language_preference.all_languages => {
                errors.push(FieldError::parameter(
                    "lang",
                    "invalid_language",
                    "A chart is in one language: name it, or leave `lang` out.",
                ));
                Err(Problem::invalid_parameters(errors))
            }
            Ok(list_request) if errors.is_empty() => {
                let limit = present_params(&rest, &["limit"])
                    .first()
                    .and_then(|_| usize::try_from(list_request.page_params.limit).ok());
                // Lines and maps show all that there is.
                let shows_all = matches!(chart_type, ChartType::Line | ChartType::Map);
                let max_groups =
                    limit.unwrap_or(if shows_all { usize::MAX } else { DEFAULT_MAX_GROUPS });
                Ok((
                    Self {
                        chart_type: chart_type,
                        theme,
                        width,
                        height,
                        group_by: group_by,
                        aggregate,
                        max_groups: max_groups,
                    },
                    rest,
                    list_request,
                ))
            }
            Ok(_) => Err(Problem::invalid_parameters(errors)),
            Err(problem) if problem.errors.is_empty() => Err(problem),
            Err(problem) => {
                let other_errors = problem
                    .errors
                    .into_iter()
                    .filter(|error| !errors.iter().any(|known| known.parameter == error.parameter));
                let other_errors: Vec<FieldError> = other_errors.collect();
                errors.extend(other_errors);
                Err(Problem::invalid_parameters(errors))
            }
        }
    }

    /// What makes one chart another.
    pub fn etag_key(&self) -> String {
        format!("{self:?}")
    }
}

/// What is asked of a chart, and the rest. A page is as large as its frame.
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

/// By what groups are made: what fits the form, and what it needs.
fn parse_group_by(params: &mut QueryParams, chart_type: ChartType) -> Vec<GroupBy> {
    let mut by = Vec::new();
    for name in params.list("group_by", MAX_GROUP_KEYS).unwrap_or_default() {
        match GroupBy::parse(&name) {
            Ok(one) if by.contains(&one) => {
                params.error("group_by", "repeated", format!("`{name}` is named twice here."))
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
            params.error(
                "group_by",
                "conflicting",
                "A map has a tile for each country: `group_by` is `country` there.",
            );
            by
        }
        (ChartType::Line, some) if !some.contains(&GroupBy::Year) => {
            params.error(
                "group_by",
                "conflicting",
                "A line leads over years: `group_by` has `year` there, and what tells lines apart beside it.",
            );
            by
        }
        _ => by,
    }
}

/// One of some words; the first where nothing is asked.
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

/// The parameters of a chart, for the document.
pub fn openapi_parameters() -> Vec<Value> {
    let mut parameters = openapi_page_parameters();
    parameters.extend([
        query_parameter(
            "width",
            "Its width in pixels.",
            json!({"type": "integer", "minimum": WIDTH_RANGE.start(), "maximum": WIDTH_RANGE.end(), "default": DEFAULT_WIDTH}),
            json!(640),
        ),
        query_parameter(
            "height",
            "Its height in pixels; as much as it needs if it is absent. What there is no room for is counted below the chart.",
            json!({"type": "integer", "minimum": HEIGHT_RANGE.start(), "maximum": HEIGHT_RANGE.end()}),
            json!(400),
        ),
    ]);
    parameters
}

/// Those of a page that shows one.
pub fn openapi_page_parameters() -> Vec<Value> {
    vec![
        query_parameter(
            "type",
            "How values are shown: a bar for each; points over years, with lines through those that follow each other; the way from the baseline to the target; a tile for each country.",
            json!({"type": "string", "enum": ChartType::ALL.map(|(name, _)| name), "default": "bar"}),
            json!("bar"),
        ),
        comma_list_parameter(
            "group_by",
            "What groups of statistics have in common, up to two; what they come to is reckoned as in `/v1/impact-statistics/summary`, and refused with 422 where that means nothing. Without it each statistic is shown by itself; a line is by `year` then, a map by `country`.",
            group_by_schema(),
            MAX_GROUP_KEYS,
            "indicator",
        ),
        query_parameter(
            "aggregate",
            "Which value of a group is shown; only with groups.",
            json!({"type": "string", "enum": Aggregate::ALL.map(|(name, _)| name), "default": "sum"}),
            json!("sum"),
        ),
        query_parameter(
            "theme",
            "Dark on light, light on dark, or as whoever looks at it prefers. A PNG is light unless `dark` is asked for.",
            json!({"type": "string", "enum": Theme::ALL.map(|(name, _)| name), "default": "auto"}),
            json!("auto"),
        ),
    ]
}

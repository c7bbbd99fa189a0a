//! Query parameters of a summary.

use actix_web::HttpRequest;
use serde::Serialize;
use serde_json::{Value, json};

use crate::http::auth::Visibility;
use crate::http::json_fields::unknown_value_message;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, remove_params};
use crate::impact::schema::SCHEMA;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::query::params::ListKey;
use crate::resource::query::params::ListRequest;
use crate::resource::state::AppState;
use crate::text::fingerprint::Fingerprint;
use crate::text::name_suggestion::closest_name;

/// Maximum number of group keys.
const MAX_GROUP_KEYS: usize = 3;
/// Maximum number of groups in a response.
pub const MAX_GROUPS: i64 = 1_000;
/// Statistics listed per group: default and maximum.
const STATISTICS_LIMITS: (i64, i64) = (20, 1_000);
/// Maximum length of a dimension name.
const MAX_DIMENSION_LEN: usize = 200;

/// Group keys other than dimensions.
pub const GROUP_KEYS: &[&str] = &["country", "year", "programme", "partner", "indicator", "unit"];
/// Aggregates of a group.
pub const AGGREGATES: &[&str] =
    &["total", "sum", "count", "min", "max", "latest", "baseline", "target", "progress"];

/// List parameters that summaries do not support.
pub const EXCLUDED_PARAMS: &[&str] = &[
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
];
/// Parameters that only summaries support.
pub const SUMMARY_PARAMS: &[&str] =
    &["group_by", "aggregates", "separate", "limit", "statistics_limit"];

/// Group key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum GroupBy {
    /// Country, if there is exactly one.
    Country,
    /// Year of a period of at most one year.
    Year,
    /// The programme.
    Programme,
    /// The partner.
    Partner,
    /// The indicator.
    Indicator,
    /// The unit.
    Unit,
    /// Value of this dimension.
    Dimension(String),
}

impl GroupBy {
    /// Parses the name of a group key.
    pub fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "country" => Self::Country,
            "year" => Self::Year,
            "programme" => Self::Programme,
            "partner" => Self::Partner,
            "indicator" => Self::Indicator,
            "unit" => Self::Unit,
            other => match other.strip_prefix("dimension:") {
                Some(dimension)
                    if !dimension.is_empty() && dimension.len() <= MAX_DIMENSION_LEN =>
                {
                    Self::Dimension(dimension.to_owned())
                }
                Some(_) => return Err(
                    "Expected the name of a dimension after `dimension:`, such as `dimension:sex`."
                        .to_owned(),
                ),
                None => {
                    return Err(unknown_value_message(
                        other,
                        GROUP_KEYS.iter().copied().chain(["dimension:sex"]),
                    ));
                }
            },
        })
    }

    /// Returns the name in `group_by`.
    pub fn name(&self) -> String {
        match self {
            Self::Country => "country".to_owned(),
            Self::Year => "year".to_owned(),
            Self::Programme => "programme".to_owned(),
            Self::Partner => "partner".to_owned(),
            Self::Indicator => "indicator".to_owned(),
            Self::Unit => "unit".to_owned(),
            Self::Dimension(dimension) => format!("dimension:{dimension}"),
        }
    }
}

/// A parsed summary request.
#[derive(Clone)]
pub struct SummaryParams {
    /// The list of statistics.
    pub list: ListRequest,
    /// Group keys; a single group if empty.
    pub group_by: Vec<GroupBy>,
    /// Requested aggregates, out of [`AGGREGATES`].
    pub aggregates: Vec<String>,
    /// Whether values that cannot be summed become separate groups instead of an error.
    pub separate_incomparable: bool,
    /// Maximum number of groups.
    pub limit: usize,
    /// Maximum number of statistics listed per group.
    pub statistics_limit: usize,
    /// All parameters in canonical form.
    pub canonical_query: String,
}

/// Version of the rules of aggregation. A new one changes entity tags, so that clients do not keep
/// aggregates by other rules.
pub const AGGREGATION_VERSION: u32 = 3;

/// Identifies a summary request in entity tags.
#[derive(Serialize)]
struct SummaryKey<'a> {
    version: u32,
    list: ListKey<'a>,
    query: &'a str,
}

impl SummaryParams {
    /// Parses all parameters; all errors are reported together. The URL of a series implies a
    /// filter by its indicator; the caller parses `by` and the parameters of its format.
    pub fn from_request(
        state: &AppState,
        request: &HttpRequest,
        visibility: Visibility,
        series_indicator: Option<&str>,
        format_params: &[&'static str],
    ) -> Result<Self, Problem> {
        let by: &[&'static str] = if series_indicator.is_some() { &["by"] } else { &[] };
        let extra_params = [by, format_params].concat();
        let mut read = Self::parse(request.query_string(), &extra_params, |query| {
            let filter = series_indicator.map(|indicator| format!("indicator={indicator}"));
            let parts = [query].into_iter().chain(filter.as_deref());
            ListRequest::parse(
                &SCHEMA,
                &parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&"),
                state.language_defaults(request),
                visibility,
            )
        })?;
        read.list.base_url = state.settings.base_url(request);
        Ok(read)
    }

    /// Adds the format of the response, for entity tags.
    #[must_use]
    pub fn with_format(mut self, format: &str) -> Self {
        self.canonical_query = format!("{}#{format}", self.canonical_query);
        self
    }

    /// Returns the fingerprint of the request, for entity tags.
    pub fn etag_key(&self) -> Fingerprint {
        Fingerprint::of(&SummaryKey {
            version: AGGREGATION_VERSION,
            list: self.list.key(),
            query: &self.canonical_query,
        })
    }

    fn parse(
        query: &str,
        extra_params: &[&'static str],
        list: impl Fn(&str) -> Result<ListRequest, Problem>,
    ) -> Result<Self, Problem> {
        let mut params = QueryParams::parse(query)?;
        let refused: Vec<FieldError> = EXCLUDED_PARAMS
            .iter()
            .filter(|name| {
                !SUMMARY_PARAMS.contains(name)
                    && !extra_params.contains(name)
                    && params.get(name).is_some()
            })
            .map(|name| {
                FieldError::parameter(
                    *name,
                    "unknown_parameter",
                    format!("`{name}` is not supported in summaries."),
                )
            })
            .collect();
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
        let mut aggregates = params.list("aggregates", AGGREGATES.len());
        for name in aggregates.iter().flatten() {
            if !AGGREGATES.contains(&name.as_str()) {
                params.error(
                    "aggregates",
                    "unknown_value",
                    unknown_value_message(name, AGGREGATES.iter().copied()),
                );
            }
        }
        let separate_incomparable = params.flag("separate").unwrap_or(false);
        let limit = params.integer("limit", 1..=MAX_GROUPS).unwrap_or(MAX_GROUPS);
        let named = params
            .integer("statistics_limit", 0..=STATISTICS_LIMITS.1)
            .unwrap_or(STATISTICS_LIMITS.0);
        let others = [EXCLUDED_PARAMS, SUMMARY_PARAMS, extra_params].concat();
        let canonical_query = params.canonical_without(&[]);
        let mine = params.errors;
        let list = list(&remove_params(query, &others));
        let mut errors = [refused, mine].concat();
        match list {
            Ok(list) if errors.is_empty() => Ok(Self {
                canonical_query,
                list,
                group_by: by,
                aggregates: aggregates
                    .take()
                    .unwrap_or_else(|| AGGREGATES.iter().map(|name| (*name).to_owned()).collect()),
                separate_incomparable,
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
                statistics_limit: usize::try_from(named).unwrap_or(usize::MAX),
            }),
            Ok(_) => Err(Problem::invalid_parameters(errors)),
            Err(problem) => {
                let more = problem
                    .errors
                    .into_iter()
                    .filter(|error| !errors.contains(error))
                    .collect::<Vec<_>>();
                errors.extend(more.into_iter().map(|error| suggest_parameter(error, extra_params)));
                Err(Problem::invalid_parameters(errors))
            }
        }
    }

    /// Whether this aggregate is requested.
    pub fn includes(&self, aggregate: &str) -> bool {
        self.aggregates.iter().any(|name| name == aggregate)
    }
}

/// Suggests a summary parameter for an unknown list parameter.
fn suggest_parameter(error: FieldError, own: &[&'static str]) -> FieldError {
    let name = error.parameter.as_deref().filter(|_| error.code == "unknown_parameter");
    match name.and_then(|name| {
        closest_name(name, SUMMARY_PARAMS.iter().chain(own).copied()).map(|near| (name, near))
    }) {
        Some((name, near)) => {
            let detail = format!("Unknown parameter `{name}`; did you mean `{near}`?");
            FieldError { detail, ..error }
        }
        None => error,
    }
}

/// Returns the schema of a group key.
pub fn group_by_schema() -> Value {
    json!({"anyOf": [{"type": "string", "enum": GROUP_KEYS}, {"type": "string", "pattern": "^dimension:[^,\\s]([^,]{0,60}[^,\\s])?$", "maxLength": 80}]})
}

/// Returns the parameters for the OpenAPI document.
pub fn openapi_parameters() -> Vec<Value> {
    vec![
        comma_list_parameter(
            "group_by",
            "Up to three group keys: `country`, `year` (in which a period of at most one year ends), `programme`, `partner`, `indicator`, `unit`, or a dimension such as \
             `dimension:sex`. Statistics without a single value (several countries or years, not disaggregated) form a group whose value is null. \
             Without it there is one group.",
            group_by_schema(),
            MAX_GROUP_KEYS,
            "indicator",
        ),
        comma_list_parameter(
            "aggregates",
            "Aggregates to compute for each group; all by default.",
            json!({"type": "string", "enum": AGGREGATES}),
            AGGREGATES.len(),
            "sum,count",
        ),
        query_parameter(
            "separate",
            "List values of other units, and values that are aggregated in another way, as separate groups, instead of responding with 422.",
            json!({"type": "boolean", "default": false}),
            json!(true),
        ),
        query_parameter(
            "limit",
            "Maximum number of groups; `total_groups` is the number of all groups.",
            json!({"type": "integer", "minimum": 1, "maximum": MAX_GROUPS, "default": MAX_GROUPS}),
            json!(100),
        ),
        query_parameter(
            "statistics_limit",
            "Maximum number of counted and of excluded statistics listed per group; `count` and `excluded_count` are always complete.",
            json!({"type": "integer", "minimum": 0, "maximum": STATISTICS_LIMITS.1, "default": STATISTICS_LIMITS.0}),
            json!(100),
        ),
    ]
}

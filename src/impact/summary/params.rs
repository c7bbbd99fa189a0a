//! What a summary is asked for.

use actix_web::HttpRequest;
use serde_json::{Value, json};

use crate::http::auth::Visibility;
use crate::http::json_fields::unknown_value_message;
use crate::http::language::accept_language;
use crate::http::problem::{FieldError, Problem};
use crate::http::query_params::{QueryParams, remove_params};
use crate::impact::model::SCHEMA;
use crate::resource::openapi::parameter_schemas::{comma_list_parameter, query_parameter};
use crate::resource::query::params::ListRequest;
use crate::resource::state::AppState;
use crate::text::nearest::closest_name;

/// How many things statistics are grouped by at once.
const MAX_GROUP_KEYS: usize = 3;
/// How many groups are answered.
pub const MAX_GROUPS: i64 = 1_000;
/// How many statistics each group names, unless asked otherwise, and at most.
const STATISTICS_LIMITS: (i64, i64) = (20, 1_000);
/// The longest name of a dimension.
const MAX_DIMENSION_LEN: usize = 200;

/// What statistics are grouped by, apart from dimensions.
pub const GROUP_KEYS: &[&str] = &["country", "year", "programme", "partner", "indicator", "unit"];
/// What is reckoned of a group.
pub const AGGREGATES: &[&str] =
    &["sum", "count", "min", "max", "latest", "baseline", "target", "progress"];

/// Parameters of lists that mean nothing for a whole.
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
/// Parameters of its own.
pub const SUMMARY_PARAMS: &[&str] =
    &["group_by", "aggregates", "apart", "limit", "statistics_limit"];

/// What statistics are grouped by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GroupBy {
    /// The one country.
    Country,
    /// The year in which the whole period lies.
    Year,
    /// The programme.
    Programme,
    /// The partner.
    Partner,
    /// The indicator.
    Indicator,
    /// What is counted.
    Unit,
    /// The slice of this dimension.
    Dimension(String),
}

impl GroupBy {
    /// Reads the name.
    pub fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "country" => Self::Country,
            "year" => Self::Year,
            "programme" => Self::Programme,
            "partner" => Self::Partner,
            "indicator" => Self::Indicator,
            "unit" => Self::Unit,
            other => match other.strip_prefix("dimension:") {
                Some(dimension) if !dimension.is_empty() && dimension.len() <= MAX_DIMENSION_LEN => Self::Dimension(dimension.to_owned()),
                Some(_) => return Err("After `dimension:` the name of a dimension is expected, such as `dimension:sex`.".to_owned()),
                None => return Err(unknown_value_message(other, GROUP_KEYS.iter().copied().chain(["dimension:sex"]))),
            },
        })
    }

    /// The name.
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

/// A summary that is asked for.
#[derive(Clone)]
pub struct SummaryParams {
    /// Of which statistics.
    pub list: ListRequest,
    /// By what they are grouped; a single group without any.
    pub group_by: Vec<GroupBy>,
    /// What is reckoned, out of [`AGGREGATES`].
    pub aggregates: Vec<String>,
    /// Whether what cannot be added up is listed apart instead of refused.
    pub separate_incomparable: bool,
    /// How many groups.
    pub limit: usize,
    /// How many statistics each group names.
    pub statistics_limit: usize,
    /// What makes it another than others.
    pub etag_key: String,
}

impl SummaryParams {
    /// Reads every parameter but those of `own`, which the caller reads; all errors are reported
    /// together. `narrowed` is a filter that the address has already, such as
    /// `indicator=people-in-training`.
    pub fn from_request(
        state: &AppState,
        request: &HttpRequest,
        visibility: Visibility,
        extra_params: &[&'static str],
        implied_filter: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut read = Self::parse(request.query_string(), extra_params, |query| {
            let parts: Vec<&str> =
                [query].into_iter().chain(implied_filter).filter(|part| !part.is_empty()).collect();
            ListRequest::parse(
                &SCHEMA,
                &parts.join("&"),
                accept_language(request),
                &state.fallback_languages,
                visibility,
            )
        })?;
        read.list.base_url = state.settings.base_url(request);
        Ok(read)
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
                    format!("A summary is of the whole list: there is no `{name}` here."),
                )
            })
            .collect();
        let mut by = Vec::new();
        for name in params.list("group_by", MAX_GROUP_KEYS).unwrap_or_default() {
            match GroupBy::parse(&name) {
                Ok(one) if by.contains(&one) => {
                    params.error("group_by", "repeated", format!("`{name}` is named twice here."));
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
        let is_apart = params.flag("apart").unwrap_or(false);
        let limit = params.integer("limit", 1..=MAX_GROUPS).unwrap_or(MAX_GROUPS);
        let named = params
            .integer("statistics_limit", 0..=STATISTICS_LIMITS.1)
            .unwrap_or(STATISTICS_LIMITS.0);
        let others = [EXCLUDED_PARAMS, SUMMARY_PARAMS, extra_params].concat();
        let identity = params.canonical_without(&[]);
        let mine = params.errors;
        let list = list(&remove_params(query, &others));
        let mut errors = [refused, mine].concat();
        match list {
            Ok(list) if errors.is_empty() => Ok(Self {
                etag_key: format!("{}\n{identity}", list.etag_key),
                list,
                group_by: by,
                aggregates: aggregates
                    .take()
                    .unwrap_or_else(|| AGGREGATES.iter().map(|name| (*name).to_owned()).collect()),
                separate_incomparable: is_apart,
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

    /// Whether this is reckoned.
    pub fn includes(&self, aggregate: &str) -> bool {
        self.aggregates.iter().any(|name| name == aggregate)
    }
}

/// A parameter that a list does not know may be a misspelt one of the summary's own.
fn suggest_parameter(error: FieldError, own: &[&'static str]) -> FieldError {
    let name = error.parameter.as_deref().filter(|_| error.code == "unknown_parameter");
    match name.and_then(|name| {
        closest_name(name, SUMMARY_PARAMS.iter().chain(own).copied()).map(|near| (name, near))
    }) {
        Some((name, near)) => {
            let detail = format!("There is no parameter `{name}` here; did you mean `{near}`?");
            FieldError { detail, ..error }
        }
        None => error,
    }
}

/// The schema of what statistics are grouped by.
pub fn group_by_schema() -> Value {
    json!({"anyOf": [{"type": "string", "enum": GROUP_KEYS}, {"type": "string", "pattern": "^dimension:[^,\\s]([^,]{0,60}[^,\\s])?$", "maxLength": 80}]})
}

/// What the document says of its parameters.
pub fn openapi_parameters() -> Vec<Value> {
    vec![
        comma_list_parameter(
            "group_by",
            "What the groups have in common, up to three: the one `country`, the `year` that the whole period lies in, `programme`, `partner`, \
             `indicator`, `unit`, or the slice of a dimension, such as `dimension:sex`. Statistics that this does not divide (of several countries, \
             of several years, not broken down) make a group of their own, whose value is null. Without it everything is one group.",
            group_by_schema(),
            MAX_GROUP_KEYS,
            "indicator",
        ),
        comma_list_parameter(
            "aggregates",
            "What is reckoned of each group; everything if it is absent.",
            json!({"type": "string", "enum": AGGREGATES}),
            AGGREGATES.len(),
            "sum,count",
        ),
        query_parameter(
            "apart",
            "What cannot be added up, or is of another unit, is a group of its own without a sum, where else the whole is refused with 422.",
            json!({"type": "boolean", "default": false}),
            json!(true),
        ),
        query_parameter(
            "limit",
            "How many groups at most; `total_groups` says how many there are.",
            json!({"type": "integer", "minimum": 1, "maximum": MAX_GROUPS, "default": MAX_GROUPS}),
            json!(100),
        ),
        query_parameter(
            "statistics_limit",
            "How many statistics each group names at most, of those that count and of those left out; how many there are is said in any case.",
            json!({"type": "integer", "minimum": 0, "maximum": STATISTICS_LIMITS.1, "default": STATISTICS_LIMITS.0}),
            json!(100),
        ),
    ]
}

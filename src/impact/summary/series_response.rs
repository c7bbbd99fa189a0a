//! Response types of series.

use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::impact::code_lists::{GroupAggregation, Measure, TimeAggregation};
use crate::impact::summary::respond::AggregateBody;
use crate::impact::summary::response::GroupKey;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::context::ShortReference;

/// Time series of an indicator.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IndicatorSeries {
    /// The indicator.
    #[schema(required)]
    pub indicator: Option<ShortReference>,
    /// Unit: the counted quantity.
    #[schema(required, example = "people")]
    pub unit: Option<String>,
    /// Measure of its values.
    #[schema(value_type = Measure)]
    pub measure: String,
    /// Whether higher values are better.
    #[schema(required)]
    pub ascending: Option<bool>,
    /// How the values of several periods are aggregated; null if unknown.
    #[schema(required, value_type = Option<TimeAggregation>)]
    pub time_aggregation: Option<String>,
    /// How the values of several groups are aggregated; null if unknown.
    #[schema(required, value_type = Option<GroupAggregation>)]
    pub group_aggregation: Option<String>,
    /// Lines, sorted by label; the line without a key value is last.
    pub series: Vec<SeriesLine>,
}

impl AggregateBody for IndicatorSeries {
    fn into_response(self, mut response: HttpResponseBuilder) -> HttpResponse {
        response.json(self)
    }
}

/// One line of a time series.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesLine {
    /// Group key of its statistics; null without `by`.
    #[schema(required)]
    pub key: Option<GroupKey>,
    /// Baselines by year: the sum of the newest ones of all parts, or if values are not summed over
    /// groups, each of them. None if they do not cover all values.
    pub baselines: Vec<SeriesBaseline>,
    /// Targets by period, including those of statistics without a value: their sum, or if values
    /// are not summed over groups, each of them. None if they do not cover the values of the period.
    pub targets: Vec<SeriesTarget>,
    /// Values by period.
    pub points: Vec<SeriesPoint>,
}

/// A baseline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesBaseline {
    /// Year of measurement.
    #[schema(example = 2019)]
    pub year: i64,
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "20")]
    pub value: String,
    /// Formatted value.
    #[schema(example = "20")]
    pub figure: String,
}

/// A target.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesTarget {
    /// First day of the target period.
    #[schema(required, format = "date", example = "2024-01-01")]
    pub period_start: Option<String>,
    /// Last day of the period.
    #[schema(required, format = "date", example = "2026-12-31")]
    pub period_end: Option<String>,
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "2000")]
    pub value: String,
    /// Formatted value.
    #[schema(example = "2,000")]
    pub figure: String,
}

/// Value of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// First day of the period.
    #[schema(required, format = "date", example = "2024-01-01")]
    pub period_start: Option<String>,
    /// Last day of the period.
    #[schema(required, format = "date", example = "2024-12-31")]
    pub period_end: Option<String>,
    /// Exact decimal: the single value or the sum of the counted ones; null for several values that
    /// are not summed over groups.
    #[schema(required, pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "750")]
    pub value: Option<String>,
    /// The value as a number if a double represents it exactly, otherwise null.
    #[schema(required, value_type = Option<f64>, example = 750)]
    pub value_number: PackedJson,
    /// Precision, derived from all parts.
    #[schema(required, value_type = Option<crate::impact::code_lists::Qualifier>)]
    pub qualifier: Option<String>,
    /// Formatted value with qualifier.
    #[schema(required, example = "More than 750")]
    pub figure: Option<String>,
    /// Number of counted statistics.
    #[schema(minimum = 0, example = 2)]
    pub count: usize,
    /// Number of statistics excluded because others cover them.
    #[schema(minimum = 0, example = 0)]
    pub excluded_count: usize,
    /// Counted statistics, at most `statistics_limit`.
    pub statistics: Vec<ShortReference>,
}

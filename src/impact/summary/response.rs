//! Response types of summaries.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Id;
use crate::impact::aggregation_rule::TimeAggregation;
use crate::impact::display_value::{format_plain_value, format_value};
use crate::impact::summary::aggregate::{BaselineTotal, QualifiedValue, TargetTotal, Total};
use crate::impact::summary::respond::AggregateBody;
use crate::resource::model::packed::PackedJson;
use crate::resource::view::context::ShortReference;
use crate::text::decimal::format::is_exact_as_double;

/// Aggregated impact statistics by group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImpactSummary {
    /// Groups: years in ascending order, other keys by their label in the language of the response;
    /// the group without a key is last.
    pub data: Vec<SummaryGroup>,
    /// Number of groups.
    #[schema(minimum = 0, example = 7)]
    pub total_groups: usize,
    /// Programmes of the statistics, whose attribution must be shown with the values.
    #[serde(skip)]
    pub programmes: BTreeSet<Id>,
}

/// Aggregates of a group of statistics.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryGroup {
    /// Group key, in the order of `group_by`.
    pub keys: Vec<GroupKey>,
    /// Unit: the counted quantity.
    #[schema(required, example = "people")]
    pub unit: Option<String>,
    /// Measure of the values.
    #[schema(value_type = crate::impact::code_lists::Measure)]
    pub measure: String,
    /// Number of counted statistics.
    #[schema(minimum = 0, example = 12)]
    pub count: usize,
    /// Total by `time_aggregation` and `group_aggregation` of the values, or the only value; null if
    /// there is none, or several that have no total.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryTotal>)]
    pub total: Option<Option<SummaryTotal>>,
    /// The total, if it is the sum of all counted values; otherwise null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryAmount>)]
    pub sum: Option<Option<SummaryAmount>>,
    /// Reason why there is no sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub not_summable: Option<NotSummable>,
    /// Minimum, and its statistic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryValue>)]
    pub min: Option<Option<SummaryValue>>,
    /// Maximum, and its statistic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryValue>)]
    pub max: Option<Option<SummaryValue>>,
    /// Value of the latest period, and its statistic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryValue>)]
    pub latest: Option<Option<SummaryValue>>,
    /// Baseline, if that of each counted statistic is known: the sum of the earliest baseline of
    /// each scope. If the values are not summed over groups, that of the only scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryBaseline>)]
    pub baseline: Option<Option<SummaryBaseline>>,
    /// Target, if that of each counted statistic is known: the sum of the targets that do not
    /// overlap, including those of statistics without a value. If the values are not summed over
    /// time, the target of a scope is that of the period of its latest value, or else the latest
    /// one; with `max`, the greatest one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryTarget>)]
    pub target: Option<Option<SummaryTarget>>,
    /// Progress from the baseline (or zero) to the target in per cent, computed from the total
    /// or, if `time_aggregation` is unknown, the latest value. What has a target but no value yet has made
    /// no progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryAmount>)]
    pub progress: Option<Option<SummaryAmount>>,
    /// Counted statistics, at most `statistics_limit`.
    pub statistics: Vec<ShortReference>,
    /// Excluded statistics, at most `statistics_limit`.
    pub excluded: Vec<ExcludedStatistic>,
    /// Number of excluded statistics.
    #[schema(minimum = 0, example = 0)]
    pub excluded_count: usize,
}

/// One part of a group key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupKey {
    /// Name in `group_by`.
    #[schema(example = "country")]
    pub by: String,
    /// Value as used in filters; null if the statistics have no single value.
    #[schema(required, example = "XK")]
    pub value: Option<String>,
    /// Label in the language of the response.
    #[schema(example = "Kosovo")]
    pub label: String,
    /// Footnote that must be displayed with the label.
    #[schema(required)]
    pub footnote: Option<String>,
}

/// A computed value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryAmount {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "750")]
    pub value: String,
    /// The value as a number if a double represents it exactly, otherwise null.
    #[schema(required, value_type = Option<f64>, example = 750)]
    pub value_number: PackedJson,
    /// Precision, derived from all parts.
    #[schema(value_type = crate::impact::code_lists::Qualifier)]
    pub qualifier: String,
    /// Formatted value with qualifier, in the language of the response.
    #[schema(example = "More than 750")]
    pub figure: String,
}

/// A total.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryTotal {
    /// The value.
    #[serde(flatten)]
    pub amount: SummaryAmount,
    /// How the values of several periods became one; null if all have the same period.
    #[schema(required, value_type = Option<crate::impact::code_lists::TimeAggregation>)]
    pub time_aggregation: Option<&'static str>,
}

/// A value of one statistic.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryValue {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "500")]
    pub value: String,
    /// The value as a number if a double represents it exactly, otherwise null.
    #[schema(required, value_type = Option<f64>, example = 500)]
    pub value_number: PackedJson,
    /// Precision of the value.
    #[schema(value_type = crate::impact::code_lists::Qualifier)]
    pub qualifier: String,
    /// Formatted value with qualifier, in the language of the response.
    #[schema(example = "More than 500")]
    pub figure: String,
    /// First day of the period.
    #[schema(required, format = "date")]
    pub period_start: Option<String>,
    /// Last day of the period.
    #[schema(required, format = "date")]
    pub period_end: Option<String>,
    /// The statistic.
    #[schema(required)]
    pub statistic: Option<ShortReference>,
}

/// A baseline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryBaseline {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "20")]
    pub value: String,
    /// First year of measurement.
    #[schema(example = 2019)]
    pub first_year: i64,
    /// Last year of measurement.
    #[schema(example = 2019)]
    pub last_year: i64,
    /// Formatted value.
    #[schema(example = "20")]
    pub figure: String,
}

/// A target.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryTarget {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "2000")]
    pub value: String,
    /// Last day of the last period.
    #[schema(required, format = "date", example = "2026-12-31")]
    pub period_end: Option<String>,
    /// Formatted value.
    #[schema(example = "2,000")]
    pub figure: String,
}

/// Reason why values were not summed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotSummable {
    /// Error code.
    #[schema(example = "not_additive")]
    pub code: &'static str,
    /// Message.
    pub detail: String,
}

/// A statistic that is excluded from the aggregates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExcludedStatistic {
    /// The statistic.
    #[schema(required)]
    pub statistic: Option<ShortReference>,
    /// Reason: the statistic overlaps with a counted one, is also about countries that the list does
    /// not select, or has no value.
    #[schema(value_type = ExclusionReason)]
    pub reason: &'static str,
    /// The counted statistic that covers it.
    #[schema(required)]
    pub covered_by: Option<ShortReference>,
}

/// Reason why a statistic is excluded from the aggregates.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    /// It overlaps with a counted statistic.
    Overlaps,
    /// It is also about countries that the filter `country` does not select.
    OtherCountries,
    /// It has no value.
    NoValue,
}

impl AggregateBody for ImpactSummary {
    fn into_response(self, mut response: HttpResponseBuilder) -> HttpResponse {
        response.json(self)
    }
}

impl SummaryAmount {
    /// Creates a computed value with its formatted form.
    pub fn new(amount: &QualifiedValue, measure: &str, language: &str) -> Self {
        let QualifiedValue { value, qualifier } = amount;
        Self {
            value: value.clone(),
            value_number: PackedJson::number(
                Some(value.as_str()).filter(|value| is_exact_as_double(value)),
            ),
            qualifier: (*qualifier).to_owned(),
            figure: format_value(value, qualifier, measure, language),
        }
    }
}

impl SummaryTotal {
    /// Creates a total with its formatted form.
    pub fn new(total: &Total, measure: &str, language: &str) -> Self {
        Self {
            amount: SummaryAmount::new(&total.value, measure, language),
            time_aggregation: total.over_time.map(TimeAggregation::name),
        }
    }
}

impl SummaryBaseline {
    /// Creates a baseline with its formatted form.
    pub fn new(before: &BaselineTotal, measure: &str, language: &str) -> Self {
        let (first_year, last_year) = before.years;
        Self {
            value: before.value.clone(),
            first_year,
            last_year,
            figure: format_plain_value(&before.value, measure, language),
        }
    }
}

impl SummaryTarget {
    /// Creates a target with its formatted form.
    pub fn new(aim: &TargetTotal, measure: &str, language: &str) -> Self {
        Self {
            value: aim.value.clone(),
            period_end: aim.period_end.clone(),
            figure: format_plain_value(&aim.value, measure, language),
        }
    }
}

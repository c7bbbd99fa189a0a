//! Stored fields of an impact statistic, and the value types inside them.

use crate::resource::model::packed::PackedJson;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::indicators;
use crate::impact::aggregation_rule::AggregationRule;
use crate::impact::display_value::format_value;
use crate::text::decimal::format::decimal_sort_key;
use crate::text::decimal::format::is_exact_as_double;

/// Baseline value.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Baseline {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "20")]
    pub value: String,
    /// The value as a number if a double represents it exactly, otherwise null. Ignored in
    /// requests.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    pub value_number: PackedJson,
    /// Year of measurement.
    #[schema(minimum = 1900, maximum = 2200)]
    pub year: i64,
    /// Day of measurement.
    #[serde(default)]
    #[schema(required)]
    pub date: Option<chrono::NaiveDate>,
}

/// Target value.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Target {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "2000")]
    pub value: String,
    /// The value as a number if a double represents it exactly, otherwise null. Ignored in
    /// requests.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    pub value_number: PackedJson,
    /// First day of the period.
    #[schema(required)]
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day of the period.
    #[schema(required)]
    pub period_end: Option<chrono::NaiveDate>,
}

/// A disaggregation: a dimension and its value, such as `sex` and `female`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Disaggregation {
    /// The dimension.
    #[schema(min_length = 1, max_length = 200, example = "sex")]
    pub dimension: String,
    /// Value of the dimension.
    #[schema(min_length = 1, max_length = 200, example = "female")]
    pub value: String,
}

/// Source of a value.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SourceDocument {
    /// Description of the source.
    #[schema(required, max_length = 2000)]
    pub text: Option<String>,
    /// URL.
    #[schema(required, format = "uri")]
    pub url: Option<String>,
}

/// A document that supports a value.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Document {
    /// Title.
    #[schema(min_length = 1, max_length = 300, example = "Final report")]
    pub title: String,
    /// URL.
    #[schema(format = "uri")]
    pub url: String,
    /// Media type.
    #[schema(required, max_length = 200, example = "application/pdf")]
    pub media_type: Option<String>,
    /// Language of the document (BCP 47).
    #[schema(required, example = "en")]
    pub language: Option<String>,
    /// Page number of the evidence.
    #[schema(required, minimum = 1, maximum = 100_000, example = 12)]
    pub page: Option<i64>,
}

/// A verbatim quotation from a video.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Quote {
    /// Quoted text.
    #[schema(min_length = 1, max_length = 2000, example = "More than five hundred of us came.")]
    pub text: String,
    /// Language of the quotation (BCP 47).
    #[schema(required, example = "en")]
    pub language: Option<String>,
}

/// Whether a request body contained a field. Ignored by comparisons.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExplicitlySet(pub bool);

impl PartialEq for ExplicitlySet {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Stored fields of an impact statistic.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StatisticFields {
    /// Decimal in canonical form.
    pub value: Option<String>,
    /// See [`QUALIFIERS`](crate::impact::code_lists::QUALIFIERS).
    pub qualifier: String,
    /// Unit: the counted quantity.
    pub unit: Option<String>,
    /// See [`MEASURES`](crate::impact::code_lists::MEASURES).
    pub measure: String,
    /// Whether the request body contained `measure`; otherwise it is inherited from the indicator.
    #[serde(skip)]
    pub has_explicit_measure: ExplicitlySet,
    /// Whether higher values are better.
    pub ascending: Option<bool>,
    /// See [`TIME_AGGREGATIONS`](crate::impact::code_lists::TIME_AGGREGATIONS).
    pub time_aggregation: Option<String>,
    /// See [`GROUP_AGGREGATIONS`](crate::impact::code_lists::GROUP_AGGREGATIONS).
    pub group_aggregation: Option<String>,
    /// See [`STATES`](crate::impact::code_lists::STATES).
    #[serde(default)]
    pub state: Option<String>,
    /// See [`RESULT_TYPES`](crate::impact::code_lists::RESULT_TYPES).
    #[serde(default)]
    pub result_type: Option<String>,
    /// Country codes.
    pub countries: PackedJson,
    /// First day.
    pub period_start: Option<chrono::NaiveDate>,
    /// Last day.
    pub period_end: Option<chrono::NaiveDate>,
    /// [`Baseline`].
    pub baseline: PackedJson,
    /// [`Target`].
    pub target: PackedJson,
    /// [`Disaggregation`]s.
    pub disaggregation: PackedJson,
    /// [`SourceDocument`].
    pub source: PackedJson,
    /// [`Document`]s.
    #[serde(default)]
    pub documents: PackedJson,
    /// [`Quote`] of each evidence entry, empty if no entry has one.
    #[serde(default)]
    pub quotes: PackedJson,
}

impl StatisticFields {
    /// Returns the value encoded so that byte order equals numeric order.
    pub fn sortable_value(&self) -> Option<String> {
        self.value.as_deref().and_then(decimal_sort_key)
    }

    /// Copies the fields that an indicator defines for all its statistics.
    pub fn inherit_from_indicator(&mut self, indicator: &indicators::model::IndicatorFields) {
        self.unit.clone_from(&indicator.unit);
        self.measure.clone_from(&indicator.measure);
        self.ascending = indicator.ascending;
        self.time_aggregation.clone_from(&indicator.time_aggregation);
        self.group_aggregation.clone_from(&indicator.group_aggregation);
        self.result_type.clone_from(&indicator.result_type);
    }

    /// Returns how the values are aggregated.
    pub fn aggregation_rule(&self) -> AggregationRule {
        AggregationRule::new(self.time_aggregation.as_deref(), self.group_aggregation.as_deref())
    }

    /// Formats the value with its qualifier.
    pub fn format_value(&self, language: &str) -> Option<String> {
        self.value
            .as_deref()
            .map(|value| format_value(value, &self.qualifier, &self.measure, language))
    }

    /// Returns the formatted value and the label: `More than 500 · New partnerships`.
    pub fn title(&self, label: &str, language: &str) -> String {
        self.format_value(language)
            .map_or_else(|| label.to_owned(), |figure| format!("{figure} · {label}"))
    }
}

/// Returns a decimal as a JSON number if a double represents it exactly, otherwise null.
pub fn to_json_number(value: Option<&str>) -> PackedJson {
    PackedJson::number(value.filter(|value| is_exact_as_double(value)))
}

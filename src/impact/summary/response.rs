//! The answer of a summary, as the document describes it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::impact::display_value::{format_plain_value, format_value};
use crate::impact::summary::aggregate::{BaselineTotal, QualifiedValue, TargetTotal};
use crate::resource::model::packed::PackedJson;
use crate::resource::view::context::ShortReference;
use crate::text::decimal::is_exact_as_double;

/// What statistics come to, group by group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImpactSummary {
    /// The groups: years in their order, everything else by its label in the answer's language;
    /// what is not divided comes last.
    pub data: Vec<SummaryGroup>,
    /// How many groups there are.
    #[schema(minimum = 0, example = 7)]
    pub total_groups: usize,
}

/// What statistics come to that have something in common.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryGroup {
    /// What they have in common, in the order of `group_by`.
    pub keys: Vec<GroupKey>,
    /// What is counted.
    #[schema(required, example = "people")]
    pub unit: Option<String>,
    /// What the values are.
    #[schema(value_type = crate::impact::code_lists::Measure)]
    pub measure: String,
    /// How many statistics count.
    #[schema(minimum = 0, example = 12)]
    pub count: usize,
    /// The sum; null where values may not be added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryAmount>)]
    pub sum: Option<Option<SummaryAmount>>,
    /// Why there is no sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub not_summed: Option<NotSummed>,
    /// The least value, and the statistic that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryValue>)]
    pub min: Option<Option<SummaryValue>>,
    /// The greatest value, and the statistic that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryValue>)]
    pub max: Option<Option<SummaryValue>>,
    /// The value of the latest period, and the statistic that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryValue>)]
    pub latest: Option<Option<SummaryValue>>,
    /// The value before, if it is known of everything that counts: the earliest of each scope,
    /// added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryBaseline>)]
    pub baseline: Option<Option<SummaryBaseline>>,
    /// The value aimed at, if it is known of everything that counts: those whose periods do not
    /// overlap, added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryTarget>)]
    pub target: Option<Option<SummaryTarget>>,
    /// How far the way from the baseline (or nothing) to the target is gone, in per cent: by the
    /// sum, or else by the latest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SummaryAmount>)]
    pub progress: Option<Option<SummaryAmount>>,
    /// Those that count, at most `statistics_limit`.
    pub statistics: Vec<ShortReference>,
    /// Those that do not, at most `statistics_limit`.
    pub left_out: Vec<LeftOutStatistic>,
    /// How many do not.
    #[schema(minimum = 0, example = 0)]
    pub left_out_count: usize,
}

/// What the statistics of a group have in common.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GroupKey {
    /// As `group_by` names it.
    #[schema(example = "country")]
    pub by: String,
    /// As filters take it; null for what is not divided.
    #[schema(required, example = "XK")]
    pub value: Option<String>,
    /// How a person calls it, in the answer's language.
    #[schema(example = "Kosovo")]
    pub label: String,
    /// What must be said wherever the label stands.
    #[schema(required)]
    pub footnote: Option<String>,
}

/// A value that was reckoned.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryAmount {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "750")]
    pub value: String,
    /// The same as a number, where a number of double precision reads back as the same decimal;
    /// else null.
    #[schema(required, value_type = Option<f64>, example = 750)]
    pub value_number: PackedJson,
    /// How exact it is, by all of its parts.
    #[schema(value_type = crate::impact::code_lists::Qualifier)]
    pub qualifier: String,
    /// As people say it, with its qualifier, in the answer's language.
    #[schema(example = "More than 750")]
    pub figure: String,
}

/// A value that one statistic has.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryValue {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "500")]
    pub value: String,
    /// The same as a number, where a number of double precision reads back as the same decimal;
    /// else null.
    #[schema(required, value_type = Option<f64>, example = 500)]
    pub value_number: PackedJson,
    /// How exact it is.
    #[schema(value_type = crate::impact::code_lists::Qualifier)]
    pub qualifier: String,
    /// As people say it, with its qualifier, in the answer's language.
    #[schema(example = "More than 500")]
    pub figure: String,
    /// First day of its period.
    #[schema(required, format = "date")]
    pub period_start: Option<String>,
    /// Last day of its period.
    #[schema(required, format = "date")]
    pub period_end: Option<String>,
    /// The statistic.
    #[schema(required)]
    pub statistic: Option<ShortReference>,
}

/// What it was before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryBaseline {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "20")]
    pub value: String,
    /// The first year it was measured in.
    #[schema(example = 2019)]
    pub first_year: i64,
    /// The last.
    #[schema(example = 2019)]
    pub last_year: i64,
    /// As people say it.
    #[schema(example = "20")]
    pub figure: String,
}

/// What it is to be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SummaryTarget {
    /// Exact decimal.
    #[schema(pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "2000")]
    pub value: String,
    /// The last day of the last period.
    #[schema(required, format = "date", example = "2026-12-31")]
    pub period_end: Option<String>,
    /// As people say it.
    #[schema(example = "2,000")]
    pub figure: String,
}

/// Why values were not added up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotSummed {
    /// What stands against it.
    #[schema(example = "not_additive")]
    pub code: &'static str,
    /// In a sentence.
    pub detail: String,
}

/// A statistic that does not count.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeftOutStatistic {
    /// The statistic.
    #[schema(required)]
    pub statistic: Option<ShortReference>,
    /// Why: it overlaps with one that counts, or has no value.
    #[schema(value_type = LeftOutReason)]
    pub reason: &'static str,
    /// The one that counts instead.
    #[schema(required)]
    pub counted_with: Option<ShortReference>,
}

/// Why a statistic does not count.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// Another counts the same, or more.
    Overlaps,
    /// It has no value.
    NoValue,
}

impl SummaryAmount {
    /// An amount as people say it.
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

impl SummaryBaseline {
    /// A baseline as people say it.
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
    /// A target as people say it.
    pub fn new(aim: &TargetTotal, measure: &str, language: &str) -> Self {
        Self {
            value: aim.value.clone(),
            period_end: aim.period_end.clone(),
            figure: format_plain_value(&aim.value, measure, language),
        }
    }
}

//! Code lists shared by indicators and statistics.

use serde::Serialize;
use utoipa::ToSchema;

/// Measures of a value (IATI `IndicatorMeasure`).
pub const MEASURES: &[&str] = &["unit", "percentage", "nominal", "ordinal", "qualitative"];
/// Default measure.
pub const MEASURE_UNIT: &str = "unit";
/// Precision of a value.
pub const QUALIFIERS: &[&str] = &["exact", "more_than", "less_than", "about"];
/// Vocabularies of indicator codes (IATI `IndicatorVocabulary`).
pub const INDICATOR_VOCABULARIES: &[&str] = &[
    "who",
    "sphere",
    "us_faf",
    "world_bank_wdi",
    "mdg",
    "unocha",
    "hiv_aids_registry",
    "hipso",
    "sdg",
    "own",
];
/// Aggregation of the values of several periods.
pub const TIME_AGGREGATIONS: &[&str] = &["sum", "latest", "max", "none"];
/// Aggregation of the values of several programmes, partners, countries or slices.
pub const GROUP_AGGREGATIONS: &[&str] = &["sum", "none"];
/// Parts that a statistic may have.
pub const HAS_VALUES: &[&str] = &["value", "target", "baseline"];
/// States of a value.
pub const STATES: &[&str] = &["provisional", "verified"];
/// Levels of results: each contributes to those after it.
pub const RESULT_LEVELS: &[&str] = &["output", "outcome", "impact"];
/// Types of results (IATI `ResultType`).
pub const RESULT_TYPES: &[&str] = &["output", "outcome", "impact", "other"];

/// Precision of a value.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum Qualifier {
    Exact,
    MoreThan,
    LessThan,
    About,
}

/// Measure of a value.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum Measure {
    Unit,
    Percentage,
    Nominal,
    Ordinal,
    Qualitative,
}

/// Aggregation of the values of several periods: their sum, the value of the latest period, the
/// greatest value, or none.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum TimeAggregation {
    Sum,
    Latest,
    Max,
    None,
}

/// Aggregation of the values of several programmes, partners, countries or slices: their sum, or
/// none.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum GroupAggregation {
    Sum,
    None,
}

/// State of a value: it may still change, or it has been verified.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum StatisticState {
    Provisional,
    Verified,
}

/// Level of a result.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum ResultLevel {
    Output,
    Outcome,
    Impact,
}

/// Vocabulary of an indicator code: `sdg` for the Sustainable Development Goals, `own` for the
/// publisher's own codes.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum Vocabulary {
    Who,
    Sphere,
    UsFaf,
    WorldBankWdi,
    Mdg,
    Unocha,
    HivAidsRegistry,
    Hipso,
    Sdg,
    Own,
}

/// Type of result.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "names are self-explanatory")]
pub enum ResultType {
    Output,
    Outcome,
    Impact,
    Other,
}

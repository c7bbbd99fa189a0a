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

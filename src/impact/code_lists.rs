//! The words of the field that indicators and statistics share.

use serde::Serialize;
use utoipa::ToSchema;

/// What a figure measures (IATI indicator measures).
pub const MEASURES: &[&str] = &["unit", "percentage", "nominal", "ordinal", "qualitative"];
/// The measure of what states none.
pub const MEASURE_UNIT: &str = "unit";
/// How exact a figure is.
pub const QUALIFIERS: &[&str] = &["exact", "more_than", "less_than", "about"];
/// Whose codes an indicator may have (IATI indicator vocabularies).
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
/// What kind of result is measured (IATI result types).
pub const RESULT_TYPES: &[&str] = &["output", "outcome", "impact", "other"];

/// How exact a figure is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Qualifier {
    Exact,
    MoreThan,
    LessThan,
    About,
}

/// What a figure measures.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Measure {
    Unit,
    Percentage,
    Nominal,
    Ordinal,
    Qualitative,
}

/// Whose code an indicator has: `sdg` the Sustainable Development Goals, `own` the publisher
/// itself.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
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

/// What kind of result is measured.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ResultType {
    Output,
    Outcome,
    Impact,
    Other,
}

//! Constraints that a measure puts on the values of a statistic.

use crate::http::problem::FieldError;
use crate::impact::fields::{Baseline, StatisticFields, Target};
use crate::text::decimal::format::decimal_sort_key;

/// A value of a statistic that its measure does not allow.
pub struct MeasureViolation {
    /// Path of the value in the statistic.
    pub field: &'static str,
    /// Error code.
    pub code: &'static str,
    /// Error message.
    pub detail: &'static str,
}

impl From<MeasureViolation> for FieldError {
    fn from(violation: MeasureViolation) -> Self {
        let MeasureViolation { field, code, detail } = violation;
        Self::field(format!("/{field}"), code, detail)
    }
}

/// Returns the values of a statistic that its measure does not allow.
pub fn measure_violations(
    fields: &StatisticFields,
    measure: &str,
    is_share: bool,
) -> Vec<MeasureViolation> {
    let (baseline, target) =
        (fields.baseline.unpack::<Option<Baseline>>(), fields.target.unpack::<Option<Target>>());
    let values = [
        ("value", fields.value.clone()),
        ("baseline/value", baseline.map(|baseline| baseline.value)),
        ("target/value", target.map(|target| target.value)),
    ];
    let values = values.into_iter().filter_map(|(field, value)| Some((field, value?)));
    if measure == "qualitative" {
        let detail = "A qualitative statistic has no value; omit it or choose another measure.";
        return values
            .map(|(field, _)| MeasureViolation { field, code: "not_allowed", detail })
            .collect();
    }
    if measure != "percentage" || !is_share {
        return Vec::new();
    }
    let (none, all) = (decimal_sort_key("0"), decimal_sort_key("100"));
    let is_outside = |value: &str| {
        decimal_sort_key(value)
            .is_some_and(|order| Some(&order) < none.as_ref() || Some(&order) > all.as_ref())
    };
    let detail = "A share of a whole must be between 0 and 100 per cent; a percentage change requires an indicator with `is_share` false.";
    values
        .filter(|(_, value)| is_outside(value))
        .map(|(field, _)| MeasureViolation { field, code: "out_of_range", detail })
        .collect()
}

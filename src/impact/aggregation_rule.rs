//! How the values of an indicator, or of a statistic without one, are aggregated over time and over
//! groups.

use serde_json::{Map, Value};

use crate::http::json_fields::JsonFields;
use crate::http::problem::FieldError;
use crate::impact::code_lists::{GROUP_AGGREGATIONS, MEASURE_UNIT, TIME_AGGREGATIONS};

/// Names of the fields of a rule.
pub const RULE_FIELDS: [&str; 2] = ["time_aggregation", "group_aggregation"];

/// Aggregation of the values of several periods, in the order of groups in summaries.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum TimeAggregation {
    /// There is no value for several periods.
    Never,
    /// The value of the latest period.
    Latest,
    /// The maximum.
    Max,
    /// The sum.
    Sum,
}

impl TimeAggregation {
    /// Returns the aggregation with this name, out of [`TIME_AGGREGATIONS`].
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "latest" => Self::Latest,
            "max" => Self::Max,
            "none" => Self::Never,
            _ => return None,
        })
    }

    /// Returns its name in [`TIME_AGGREGATIONS`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Latest => "latest",
            Self::Max => "max",
            Self::Never => "none",
        }
    }
}

/// How values are aggregated; `None` if it is not stated.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AggregationRule {
    /// Aggregation of several periods.
    pub over_time: Option<TimeAggregation>,
    /// Whether values of different programmes, partners, countries and slices are summed.
    pub over_groups: Option<bool>,
}

impl AggregationRule {
    /// The rule of values that are summed over time and over groups.
    pub const SUM: Self = Self { over_time: Some(TimeAggregation::Sum), over_groups: Some(true) };

    /// Creates a rule from the names of its parts.
    pub fn new(over_time: Option<&str>, over_groups: Option<&str>) -> Self {
        Self {
            over_time: over_time.and_then(TimeAggregation::parse),
            over_groups: over_groups.map(|name| name == "sum"),
        }
    }

    /// Returns the names of its parts.
    pub fn names(self) -> (Option<&'static str>, Option<&'static str>) {
        let groups = self.over_groups.map(|is_sum| if is_sum { "sum" } else { "none" });
        (self.over_time.map(TimeAggregation::name), groups)
    }

    /// Whether values are summed over time and over groups; `None` if nothing is stated.
    pub fn is_additive(self) -> Option<bool> {
        (self != Self::default()).then_some(self == Self::SUM)
    }

    /// Whether values are summed over groups.
    pub fn sums_groups(self) -> bool {
        self.over_groups == Some(true)
    }

    /// Whether the value of one of several periods is chosen.
    pub fn chooses_period(self) -> bool {
        matches!(self.over_time, Some(TimeAggregation::Latest | TimeAggregation::Max))
    }

    /// Returns the rule that applies to values of both rules: what they have in common.
    #[must_use]
    pub fn combined(self, other: Self) -> Self {
        Self {
            over_time: self.over_time.filter(|over_time| Some(*over_time) == other.over_time),
            over_groups: if self.over_groups == other.over_groups {
                self.over_groups
            } else {
                None
            },
        }
    }

    /// Encodes the rule for [`fact_record`](crate::impact::fact_record).
    pub fn encode(self) -> String {
        match (self.over_time, self.over_groups) {
            (None, None) => String::new(),
            (Some(TimeAggregation::Sum), Some(true)) => "1".to_owned(),
            (Some(TimeAggregation::Latest), Some(false)) => "0".to_owned(),
            _ => {
                let (over_time, over_groups) = self.names();
                format!("{},{}", over_time.unwrap_or_default(), over_groups.unwrap_or_default())
            }
        }
    }

    /// Parses an encoded rule.
    pub fn decode(text: &str) -> Self {
        let named = |name| Some(name).filter(|name: &&str| !name.is_empty());
        match text {
            "1" => Self::SUM,
            "0" => Self::new(Some("latest"), Some("none")),
            _ => text.split_once(',').map_or_else(Self::default, |(over_time, over_groups)| {
                Self::new(named(over_time), named(over_groups))
            }),
        }
    }
}

/// Parses the fields of a rule from a request body. `additive` is the shorthand for both that they
/// have replaced.
pub fn parse(fields: &mut JsonFields<'_, '_>) -> (Option<String>, Option<String>) {
    let over_time = fields.one_of("time_aggregation", TIME_AGGREGATIONS);
    let over_groups = fields.one_of("group_aggregation", GROUP_AGGREGATIONS);
    let Some(additive) = fields.flag("additive") else { return (over_time, over_groups) };
    let measure = fields.peek("measure").and_then(Value::as_str).unwrap_or(MEASURE_UNIT);
    if additive && measure != MEASURE_UNIT {
        let detail =
            format!("Values of the measure `{measure}` cannot be summed; omit `additive`.");
        fields.error("additive", "not_allowed", detail);
        return (None, None);
    }
    if RULE_FIELDS.iter().all(|name| fields.peek(name).is_none()) {
        let (over_time, over_groups) = if additive { ("sum", "sum") } else { ("latest", "none") };
        return (Some(over_time.to_owned()), Some(over_groups.to_owned()));
    }
    let detail = "`additive` is short for `time_aggregation` and `group_aggregation`; omit it where these are given.";
    fields.error("additive", "conflicting", detail);
    (over_time, over_groups)
}

/// Removes the stored rule from an item that a patch changes by the shorthand `additive`.
pub fn before_patch(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
    if patch.get("additive").is_some_and(Value::is_boolean) {
        for name in RULE_FIELDS.iter().filter(|name| !patch.contains_key(**name)) {
            fields.remove(*name);
        }
    }
}

/// Returns an error for each part of a rule that sums values of a measure that cannot be summed.
pub fn measure_errors(
    measure: &str,
    over_time: Option<&str>,
    over_groups: Option<&str>,
) -> Vec<FieldError> {
    let sums = RULE_FIELDS
        .into_iter()
        .zip([over_time, over_groups])
        .filter(|(_, part)| measure != MEASURE_UNIT && *part == Some("sum"));
    let error = |(name, _): (&str, _)| {
        let detail = format!(
            "Values of the measure `{measure}` cannot be summed; omit `{name}` or choose another value."
        );
        FieldError::field(format!("/{name}"), "not_allowed", detail)
    };
    sums.map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_rules_round_trip() {
        for over_time in TIME_AGGREGATIONS.iter().copied().map(Some).chain([None]) {
            for over_groups in [Some("sum"), Some("none"), None] {
                let rule = AggregationRule::new(over_time, over_groups);
                assert_eq!(rule.names(), (over_time, over_groups));
                assert_eq!(AggregationRule::decode(&rule.encode()), rule);
            }
        }
    }
}

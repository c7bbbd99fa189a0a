//! Data that IATI requires and the catalogue does not contain.

use crate::iati::load::{ExportData, LoadedIndicator, LoadedResult, Statistic};
use crate::impact::fields as statistic;
use crate::resource::schema::ResourceKind;

/// A field that IATI requires and that is missing or invalid.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ReadinessIssue {
    /// Kind of the item; `None` for a setting.
    pub kind: Option<ResourceKind>,
    /// Slug of the item, or name of the setting.
    pub slug: String,
    /// Field name.
    pub field: &'static str,
    /// Error code.
    pub code: &'static str,
    /// Message.
    pub detail: String,
}

/// What an export found to be missing or not expressible.
#[derive(Debug, Default)]
pub struct ReadinessReport {
    /// Fields for whose lack an item is left out.
    pub issues: Vec<ReadinessIssue>,
    /// Data that is left out, while the rest of the item is exported, or that IATI cannot express.
    pub notes: Vec<ReadinessIssue>,
}

impl ReadinessIssue {
    /// Pointer to the field: kind, slug and field name.
    pub fn pointer(&self) -> String {
        match self.kind {
            Some(kind) => format!("/{}/{}/{}", kind.path_segment(), self.slug, self.field),
            None => format!("/settings/{}", self.slug),
        }
    }
}

/// Issues of a statistic or its indicator.
pub fn statistic_issues(one: &Statistic, data: &ExportData) -> Vec<ReadinessIssue> {
    let own = &one.fields;
    let mut issues: Vec<ReadinessIssue> = Vec::new();
    let mut add_issue = |(kind, slug): (ResourceKind, &str), field: &'static str, detail: &str| {
        issues.push(ReadinessIssue {
            kind: Some(kind),
            slug: slug.to_owned(),
            field,
            code: "missing_value",
            detail: detail.to_owned(),
        });
    };
    let this = (ResourceKind::IMPACT_STATISTIC, one.item.slug.as_str());
    if result_type_of(one, data).is_none() {
        let of = indicator_of(one, data)
            .map_or(this, |indicator| (ResourceKind::INDICATOR, indicator.item.slug.as_str()));
        add_issue(
            of,
            "result_type",
            "IATI requires a result type: output, outcome, impact or other.",
        );
    }
    let target: Option<statistic::Target> = own.target.unpack();
    let is_qualitative = own.measure == "qualitative";
    if own.value.is_none() && !is_qualitative && target.is_none() {
        add_issue(this, "value", "IATI requires a value or a target.");
    }
    let target_has_period = match target
        .as_ref()
        .map(|target| (target.period_start, target.period_end))
    {
        Some((Some(_), Some(_))) => true,
        Some((None, None)) | None => false,
        Some((None, Some(_))) => {
            add_issue(this, "target/period_start", "IATI requires the first day of the period.");
            true
        }
        Some((Some(_), None)) => {
            add_issue(this, "target/period_end", "IATI requires the last day of the period.");
            true
        }
    };
    // A statistic with only a target may have just the target's period.
    if own.value.is_some() || is_qualitative || !target_has_period {
        for (field, day, ordinal) in
            [("period_start", own.period_start, "first"), ("period_end", own.period_end, "last")]
        {
            if day.is_none() {
                add_issue(this, field, &format!("IATI requires the {ordinal} day of the period."));
            }
        }
    }
    issues
}

/// Public indicator of a statistic, if any.
pub fn indicator_of<'a>(one: &Statistic, data: &'a ExportData) -> Option<&'a LoadedIndicator> {
    one.references_in("indicator").find_map(|link| data.indicators.get(&link.target_id))
}

/// Public result to which the indicator of a statistic belongs, if any. An indicator may have
/// statistics of several programmes: those of other programmes do not contribute to the result.
pub fn result_of<'a>(one: &Statistic, data: &'a ExportData) -> Option<&'a LoadedResult> {
    let indicator = indicator_of(one, data)?;
    let result =
        indicator.references_in("result").find_map(|link| data.results.get(&link.target_id))?;
    let is_of_programme = result.references_in("programme").next().is_none_or(|of| {
        one.references_in("programme").any(|programme| programme.target_id == of.target_id)
    });
    Some(result).filter(|_| is_of_programme)
}

/// Result type of a statistic: the level of its result, or its own.
pub fn result_type_of<'a>(one: &'a Statistic, data: &'a ExportData) -> Option<&'a str> {
    let level = result_of(one, data).and_then(|result| result.fields.level.as_deref());
    level.or(one.fields.result_type.as_deref())
}

//! Progress from a baseline to a target.

use bigdecimal::{BigDecimal, RoundingMode, Zero};

/// Returns the progress in per cent with one decimal place, and its qualifier: "more than 1,500" of
/// 2,000 is more than 75.
///
/// Without a baseline, progress starts at zero. Returns `None` if target and baseline are equal, or
/// if the target is negative and the baseline unknown. A value below the target is never rounded up
/// to 100.
pub fn progress_percent(
    value: &str,
    qualifier: &str,
    baseline: Option<&str>,
    target: &str,
) -> Option<(String, &'static str)> {
    let decimal = |text: &str| text.parse::<BigDecimal>().ok();
    let start = baseline.map_or_else(|| Some(BigDecimal::zero()), decimal)?;
    let (value, target) = (decimal(value)?, decimal(target)?);
    let way = &target - &start;
    if way.is_zero() || (baseline.is_none() && way < BigDecimal::zero()) {
        return None;
    }
    // When the target is below the baseline, a lower value is more progress.
    let qualifier = match qualifier {
        "more_than" if way < BigDecimal::zero() => "less_than",
        "less_than" if way < BigDecimal::zero() => "more_than",
        "more_than" => "more_than",
        "less_than" => "less_than",
        "about" => "about",
        _ => "exact",
    };
    let percent = (value - start) * BigDecimal::from(100) / way;
    let hundred = BigDecimal::from(100);
    let rounding = match qualifier {
        "more_than" => RoundingMode::Floor,
        "less_than" => RoundingMode::Ceiling,
        _ => RoundingMode::HalfUp,
    };
    let rounded = percent.with_scale_round(1, rounding);
    let is_nearly = percent < hundred && rounded >= hundred && qualifier != "less_than";
    let rounded =
        if is_nearly { percent.with_scale_round(1, RoundingMode::Floor) } else { rounded };
    let text = rounded.to_plain_string();
    Some((text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned), qualifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_from_baseline_to_target() {
        for (value, qualifier, baseline, target, expected) in [
            ("1500", "more_than", Some("20"), "2000", Some(("74.7", "more_than"))),
            ("1500", "exact", None, "2000", Some(("75", "exact"))),
            ("1500", "less_than", Some("20"), "2000", Some(("74.8", "less_than"))),
            ("3500", "exact", None, "3000", Some(("116.7", "exact"))),
            ("1999", "exact", None, "2000", Some(("99.9", "exact"))),
            ("1999.9", "about", None, "2000", Some(("99.9", "about"))),
            ("30", "exact", Some("50"), "10", Some(("50", "exact"))),
            ("30", "more_than", Some("50"), "10", Some(("50", "less_than"))),
            ("60", "exact", Some("50"), "10", Some(("-25", "exact"))),
            ("-5", "exact", Some("-15"), "10", Some(("40", "exact"))),
            ("5", "exact", Some("10"), "10", None),
            ("-5", "exact", None, "-10", None),
            ("5", "exact", None, "0", None),
            (
                "12345678901234567890123456789012345678",
                "exact",
                None,
                "24691357802469135780246913578024691356",
                Some(("50", "exact")),
            ),
            ("many", "exact", None, "10", None),
        ] {
            let expected = expected.map(|(percent, qualifier)| (percent.to_owned(), qualifier));
            assert_eq!(
                progress_percent(value, qualifier, baseline, target),
                expected,
                "{value} {qualifier} {baseline:?} {target}"
            );
        }
    }
}

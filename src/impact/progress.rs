//! Progress from a baseline to a target.

use bigdecimal::{BigDecimal, RoundingMode, Zero};

/// Returns the progress in per cent with one decimal place, and its qualifier: "more than 1,500" of
/// 2,000 is more than 75.
///
/// Without a baseline, progress starts at zero. If target and baseline are equal, a value that has
/// stayed there is 100. Returns `None` if another value has no direction to go to, if the target is
/// negative and the baseline unknown, or if `ascending` contradicts the direction from the baseline
/// to the target; less is only better than a known baseline. A value below the target is never
/// rounded up to 100.
pub fn progress_percent(
    (value, qualifier): (&str, &str),
    baseline: Option<&str>,
    target: &str,
    ascending: Option<bool>,
) -> Option<(String, &'static str)> {
    let decimal = |text: &str| text.parse::<BigDecimal>().ok();
    let start = baseline.map_or_else(|| Some(BigDecimal::zero()), decimal)?;
    let (value, target) = (decimal(value)?, decimal(target)?);
    let way = &target - &start;
    let is_downward = way < BigDecimal::zero();
    let is_contradictory = match ascending {
        Some(true) => is_downward,
        Some(false) => way > BigDecimal::zero() || baseline.is_none(),
        None => false,
    };
    if is_contradictory || (baseline.is_none() && is_downward) {
        return None;
    }
    if way.is_zero() {
        let qualifier = match qualifier {
            "exact" => "exact",
            "about" => "about",
            _ => return None,
        };
        return (value == target).then(|| ("100".to_owned(), qualifier));
    }
    // When the target is below the baseline, a lower value is more progress.
    let qualifier = match qualifier {
        "more_than" if is_downward => "less_than",
        "less_than" if is_downward => "more_than",
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
        let (up, down) = (Some(true), Some(false));
        for (value, qualifier, baseline, target, ascending, expected) in [
            ("1500", "more_than", Some("20"), "2000", up, Some(("74.7", "more_than"))),
            ("1500", "exact", None, "2000", up, Some(("75", "exact"))),
            ("1500", "less_than", Some("20"), "2000", None, Some(("74.8", "less_than"))),
            ("3500", "exact", None, "3000", None, Some(("116.7", "exact"))),
            ("1999", "exact", None, "2000", None, Some(("99.9", "exact"))),
            ("1999.9", "about", None, "2000", None, Some(("99.9", "about"))),
            ("30", "exact", Some("50"), "10", down, Some(("50", "exact"))),
            ("30", "more_than", Some("50"), "10", None, Some(("50", "less_than"))),
            ("60", "exact", Some("50"), "10", None, Some(("-25", "exact"))),
            ("-5", "exact", Some("-15"), "10", None, Some(("40", "exact"))),
            ("5", "exact", Some("10"), "10", up, None),
            ("10", "exact", Some("10"), "10", up, Some(("100", "exact"))),
            ("0", "exact", Some("0"), "0", down, Some(("100", "exact"))),
            ("0.0", "about", Some("0"), "0", None, Some(("100", "about"))),
            ("0", "more_than", Some("0"), "0", None, None),
            ("0", "exact", None, "0", None, Some(("100", "exact"))),
            ("-5", "exact", None, "-10", None, None),
            ("5", "exact", None, "0", None, None),
            // The direction contradicts the target; less than an unknown baseline.
            ("5", "exact", Some("10"), "8", up, None),
            ("5", "exact", Some("10"), "12", down, None),
            ("5", "exact", None, "8", down, None),
            (
                "12345678901234567890123456789012345678",
                "exact",
                None,
                "24691357802469135780246913578024691356",
                up,
                Some(("50", "exact")),
            ),
            ("many", "exact", None, "10", up, None),
        ] {
            let expected = expected.map(|(percent, qualifier)| (percent.to_owned(), qualifier));
            assert_eq!(
                progress_percent((value, qualifier), baseline, target, ascending),
                expected,
                "{value} {qualifier} {baseline:?} {target} {ascending:?}"
            );
        }
    }
}

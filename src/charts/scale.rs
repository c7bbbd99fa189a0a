//! Linear scales from values to positions (`f64`; labels have the exact values).

use std::ops::Range;

/// A linear scale that includes zero.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    domain_min: f64,
    domain_max: f64,
    range_start: f64,
    range_end: f64,
}

/// Converts a decimal to the nearest `f64`.
pub fn decimal_to_f64(decimal: &str) -> f64 {
    decimal.parse().ok().filter(|number: &f64| number.is_finite()).unwrap_or(0.0)
}

/// Converts a count to `f64`.
pub fn usize_to_f64(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

impl Scale {
    /// A scale from the values and zero to a range of positions.
    pub fn new(values: impl Iterator<Item = f64>, range: Range<f64>) -> Self {
        let (least, most) = values
            .fold((0.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        Self { domain_min: least, domain_max: most, range_start: range.start, range_end: range.end }
    }

    /// The position of a value.
    pub fn position(&self, value: f64) -> f64 {
        // Halved: the span of values near `f64::MAX` would overflow.
        let span = self.domain_max / 2.0 - self.domain_min / 2.0;
        if span <= 0.0 {
            return self.range_start;
        }
        self.range_start
            + (self.range_end - self.range_start) * ((value / 2.0 - self.domain_min / 2.0) / span)
    }

    /// The position of a value as a fraction from 0 to 1.
    pub fn fraction(&self, value: f64) -> f64 {
        Self { range_start: 0.0, range_end: 1.0, ..*self }.position(value)
    }

    /// About four round values within the domain.
    pub fn ticks(&self) -> Vec<f64> {
        let raw_step = (self.domain_max / 4.0 - self.domain_min / 4.0).abs();
        if raw_step <= 0.0 || !raw_step.is_finite() {
            return vec![0.0];
        }
        let power = 10_f64.powf(raw_step.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= raw_step)
            .unwrap_or(raw_step);
        let mut ticks = vec![0.0];
        for direction in [-step, step] {
            for multiple in 1..=10_u32 {
                let tick = direction * f64::from(multiple);
                if tick < self.domain_min || tick > self.domain_max {
                    break;
                }
                ticks.push(tick);
            }
        }
        ticks
    }
}

/// Formats a tick as a decimal.
pub fn format_tick(tick: f64) -> String {
    // Rounded to remove the error of the binary representation.
    let text = format!("{tick:.15e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let short = digits.parse::<f64>().map_or(0.0, |digits| (digits * 1e9).round() / 1e9);
    let Ok(power) = exponent.parse::<i32>() else { return text };
    let rounded: f64 = format!("{short}e{power}").parse().unwrap_or(tick);
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn maps_values_to_positions() {
        let scale = Scale::new([50.0, 100.0].into_iter(), 10.0..110.0);
        let is_close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(
            is_close(scale.position(0.0), 10.0)
                && is_close(scale.position(50.0), 60.0)
                && is_close(scale.position(100.0), 110.0)
        );
        let both = Scale::new([-50.0, 50.0].into_iter(), 0.0..100.0);
        assert!(
            is_close(both.position(-50.0), 0.0)
                && is_close(both.position(0.0), 50.0)
                && is_close(both.fraction(25.0), 0.75)
        );
        let none = Scale::new(std::iter::empty(), 10.0..110.0);
        assert!(is_close(none.position(0.0), 10.0));
    }

    #[test]
    fn ticks_are_round() {
        let of = |values: &[f64]| -> Vec<String> {
            Scale::new(values.iter().copied(), 0.0..1.0)
                .ticks()
                .into_iter()
                .map(format_tick)
                .collect()
        };
        assert_eq!(of(&[1_500.0]), ["0", "500", "1000", "1500"]);
        assert_eq!(of(&[0.35]), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(of(&[-20.0, 20.0]), ["0", "-10", "-20", "10", "20"]);
        assert_eq!(of(&[9e37]).last().unwrap(), &format!("5{}", "0".repeat(37)));
        assert_eq!(of(&[]), ["0"]);
    }

    proptest! {
        #[test]
        fn positions_are_in_range(values in prop::collection::vec(prop::num::f64::NORMAL, 0..20)) {
            let scale = Scale::new(values.iter().copied(), 5.0..25.0);
            for value in values {
                prop_assert!((4.999..=25.001).contains(&scale.position(value)), "{value}: {}", scale.position(value));
            }
            for tick in scale.ticks() {
                prop_assert!((4.999..=25.001).contains(&scale.position(tick)), "{tick}");
            }
        }
    }
}

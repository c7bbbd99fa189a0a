//! Exact decimal addition: `0.1 + 0.2` is `0.3`, and 38 digits are preserved.

use std::cmp::Ordering;

use bigdecimal::BigDecimal;

use crate::text::decimal::format::normalize_decimal;

/// An exact decimal number: an integer and its scale, the number of digits after the point.
#[derive(Clone, Debug)]
pub struct ExactDecimal(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// Fits in 128 bits, as nearly all values and their sums do.
    Small(i128, u32),
    /// Arbitrary precision.
    Large(BigDecimal),
}

impl ExactDecimal {
    /// Zero.
    pub const ZERO: Self = Self(Repr::Small(0, 0));

    /// Parses a normalized decimal; `None` if the text is not a decimal.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let scale = u32::try_from(fraction.len()).ok()?;
        if text.len() <= 37 {
            let mut digits: i128 = 0;
            for byte in whole.trim_start_matches('-').bytes().chain(fraction.bytes()) {
                let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
                digits = digits.checked_mul(10)?.checked_add(i128::from(digit))?;
            }
            let is_negative = whole.starts_with('-');
            return Some(Self(Repr::Small(
                if is_negative { digits.checked_neg()? } else { digits },
                scale,
            )));
        }
        normalize_decimal(text)?.parse().ok().map(|large| Self(Repr::Large(large)))
    }

    fn to_big_decimal(&self) -> BigDecimal {
        match &self.0 {
            Repr::Small(digits, scale) => BigDecimal::new((*digits).into(), i64::from(*scale)),
            Repr::Large(large) => large.clone(),
        }
    }

    /// Both unscaled integers at a common scale; `None` on overflow.
    fn align_scales(&self, other: &Self) -> Option<(i128, i128, u32)> {
        let (Repr::Small(a, a_scale), Repr::Small(b, b_scale)) = (&self.0, &other.0) else {
            return None;
        };
        let scale = *a_scale.max(b_scale);
        let rescale = |digits: i128, from: u32| {
            digits.checked_mul(10_i128.checked_pow(scale.saturating_sub(from))?)
        };
        Some((rescale(*a, *a_scale)?, rescale(*b, *b_scale)?, scale))
    }

    /// The sum, at the larger scale of the two.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        let small = self
            .align_scales(other)
            .and_then(|(a, b, scale)| Some(Repr::Small(a.checked_add(b)?, scale)));
        Self(small.unwrap_or_else(|| Repr::Large(self.to_big_decimal() + other.to_big_decimal())))
    }
}

/// A decimal without an exponent.
fn to_plain_string(number: &BigDecimal) -> String {
    let text = number.to_plain_string();
    normalize_decimal(&text).unwrap_or(text)
}

impl std::fmt::Display for ExactDecimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_plain_string(&self.to_big_decimal()))
    }
}

impl PartialEq for ExactDecimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ExactDecimal {}

impl PartialOrd for ExactDecimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ExactDecimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.align_scales(other).map_or_else(
            || self.to_big_decimal().cmp(&other.to_big_decimal()),
            |(a, b, _)| a.cmp(&b),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum_of(texts: &[&str]) -> String {
        texts
            .iter()
            .filter_map(|text| ExactDecimal::parse(text))
            .fold(ExactDecimal::ZERO, |sum, one| sum.add(&one))
            .to_string()
    }

    #[test]
    fn addition_is_exact() {
        assert_eq!(sum_of(&["0.1", "0.2"]), "0.3");
        assert_eq!(sum_of(&["1", "-0.50"]), "0.50");
        assert_eq!(
            sum_of(&["99999999999999999999999999999999999999", "1"]),
            "100000000000000000000000000000000000000"
        );
        assert_eq!(
            sum_of(&["12345678901234567890123456789012345678.9", "0.1"]),
            "12345678901234567890123456789012345679.0"
        );
        assert_eq!(sum_of(&[&"9".repeat(60), "1"]), format!("1{}", "0".repeat(60)));
        assert_eq!(sum_of(&["-3", "3"]), "0");
        assert_eq!(sum_of(&[]), "0");
        assert!(
            ExactDecimal::parse("1,5").is_none()
                && ExactDecimal::parse("").is_none_or(|none| none == ExactDecimal::ZERO)
        );
    }

    proptest! {
        #[test]
        fn sums_match_integer_sums(values in prop::collection::vec(-1_000_000_i64..1_000_000, 0..50)) {
            let texts: Vec<String> = values.iter().map(|value| {
                let size = format!("{:03}", value.unsigned_abs());
                let (whole, fraction) = size.split_at(size.len() - 2);
                format!("{}{whole}.{fraction}", if *value < 0 { "-" } else { "" })
            }).collect();
            let expected = ExactDecimal::parse(&format!("{}", values.iter().sum::<i64>())).unwrap();
            let total = texts.iter().map(|text| ExactDecimal::parse(text).unwrap()).fold(ExactDecimal::ZERO, |sum, one| sum.add(&one));
            let hundredth = BigDecimal::new(1.into(), 2);
            prop_assert_eq!(total.to_big_decimal(), expected.to_big_decimal() * hundredth);
        }

        #[test]
        fn order_matches_integers(a in -10_000_i64..10_000, b in -10_000_i64..10_000) {
            prop_assert_eq!(ExactDecimal::parse(&a.to_string()).unwrap().cmp(&ExactDecimal::parse(&format!("{b}.0")).unwrap()), a.cmp(&b));
        }
    }
}

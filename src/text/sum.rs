//! Sums of exact decimals: `0.1 + 0.2` is `0.3`, and 38 digits survive.

use std::cmp::Ordering;

use bigdecimal::BigDecimal;

use super::decimal::canonical;

/// A decimal to reckon with: a whole number, and how many of its digits stand behind the point.
#[derive(Clone, Debug)]
pub struct Exact(Form);

#[derive(Clone, Debug)]
enum Form {
    /// What most figures are, and their sums.
    Small(i128, u32),
    /// What does not fit.
    Large(BigDecimal),
}

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self(Form::Small(0, 0));

    /// Reads a canonical decimal; `None` for what is none.
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
            return Some(Self(Form::Small(
                if is_negative { digits.checked_neg()? } else { digits },
                scale,
            )));
        }
        canonical(text)?.parse().ok().map(|large| Self(Form::Large(large)))
    }

    fn large(&self) -> BigDecimal {
        match &self.0 {
            Form::Small(digits, scale) => BigDecimal::new((*digits).into(), i64::from(*scale)),
            Form::Large(large) => large.clone(),
        }
    }

    /// Both numbers with as many digits behind the point, where they fit.
    fn alike(&self, other: &Self) -> Option<(i128, i128, u32)> {
        let (Form::Small(a, a_scale), Form::Small(b, b_scale)) = (&self.0, &other.0) else {
            return None;
        };
        let scale = *a_scale.max(b_scale);
        let raise = |digits: i128, from: u32| {
            digits.checked_mul(10_i128.checked_pow(scale.saturating_sub(from))?)
        };
        Some((raise(*a, *a_scale)?, raise(*b, *b_scale)?, scale))
    }

    /// The sum. It has as many digits behind the point as the more precise of both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let small =
            self.alike(other).and_then(|(a, b, scale)| Some(Form::Small(a.checked_add(b)?, scale)));
        Self(small.unwrap_or_else(|| Form::Large(self.large() + other.large())))
    }
}

/// A decimal without an exponent.
fn plain(number: &BigDecimal) -> String {
    let text = number.to_plain_string();
    canonical(&text).unwrap_or(text)
}

impl std::fmt::Display for Exact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&plain(&self.large()))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        self.alike(other).map_or_else(|| self.large().cmp(&other.large()), |(a, b, _)| a.cmp(&b))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(texts: &[&str]) -> String {
        texts
            .iter()
            .filter_map(|text| Exact::parse(text))
            .fold(Exact::ZERO, |sum, one| sum.plus(&one))
            .to_string()
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(sum(&["0.1", "0.2"]), "0.3");
        assert_eq!(sum(&["1", "-0.50"]), "0.50");
        assert_eq!(
            sum(&["99999999999999999999999999999999999999", "1"]),
            "100000000000000000000000000000000000000"
        );
        assert_eq!(
            sum(&["12345678901234567890123456789012345678.9", "0.1"]),
            "12345678901234567890123456789012345679.0"
        );
        assert_eq!(sum(&[&"9".repeat(60), "1"]), format!("1{}", "0".repeat(60)));
        assert_eq!(sum(&["-3", "3"]), "0");
        assert_eq!(sum(&[]), "0");
        assert!(
            Exact::parse("1,5").is_none()
                && Exact::parse("").is_none_or(|none| none == Exact::ZERO)
        );
    }

    proptest! {
        #[test]
        fn sums_are_those_of_whole_numbers(values in prop::collection::vec(-1_000_000_i64..1_000_000, 0..50)) {
            let texts: Vec<String> = values.iter().map(|value| {
                let size = format!("{:03}", value.unsigned_abs());
                let (whole, fraction) = size.split_at(size.len() - 2);
                format!("{}{whole}.{fraction}", if *value < 0 { "-" } else { "" })
            }).collect();
            let expected = Exact::parse(&format!("{}", values.iter().sum::<i64>())).unwrap();
            let total = texts.iter().map(|text| Exact::parse(text).unwrap()).fold(Exact::ZERO, |sum, one| sum.plus(&one));
            let hundredth = BigDecimal::new(1.into(), 2);
            prop_assert_eq!(total.large(), expected.large() * hundredth);
        }

        #[test]
        fn order_is_that_of_numbers(a in -10_000_i64..10_000, b in -10_000_i64..10_000) {
            prop_assert_eq!(Exact::parse(&a.to_string()).unwrap().cmp(&Exact::parse(&format!("{b}.0")).unwrap()), a.cmp(&b));
        }
    }
}

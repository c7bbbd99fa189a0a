//! Numbers in the files of other programs.

use std::str::FromStr;

use bigdecimal::BigDecimal;

use crate::text::decimal::format::normalize_decimal;

/// Maximum magnitude of an exponent.
const MAX_EXPONENT: i64 = 50;

/// The decimal that a text states, as [`normalize_decimal`] writes it; `None` for words. A plus
/// sign, an exponent, and the zero that is omitted before or after the point are understood, as is
/// a percent sign if `is_percentage`. Separators of thousands are not, since `1,234` may be either
/// number.
pub fn read_number(text: &str, is_percentage: bool) -> Option<String> {
    let text = text.trim();
    let text = match text.strip_suffix('%') {
        Some(number) if is_percentage => number.trim_end(),
        _ => text,
    };
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent.parse::<i64>().ok()?)),
        None => (unsigned, None),
    };
    let digits = digits.strip_suffix('.').filter(|whole| !whole.is_empty()).unwrap_or(digits);
    let zero = if digits.starts_with('.') { "0" } else { "" };
    let plain = normalize_decimal(&format!("{sign}{zero}{digits}"))?;
    let Some(exponent) = exponent else { return Some(plain) };
    if exponent.abs() > MAX_EXPONENT {
        return None;
    }
    let (digits, scale) = BigDecimal::from_str(&plain).ok()?.into_bigint_and_exponent();
    let number = BigDecimal::new(digits, scale.checked_sub(exponent)?);
    // A negative scale is a number of zeros at the end.
    let (_, scale) = number.as_bigint_and_exponent();
    normalize_decimal(&number.with_scale(scale.max(0)).to_plain_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words() {
        for (text, is_percentage, number) in [
            ("1500", false, Some("1500")),
            (" -3.50 ", false, Some("-3.50")),
            ("+5", false, Some("5")),
            (".5", false, Some("0.5")),
            ("-.5", false, Some("-0.5")),
            ("5.", false, Some("5")),
            ("1e3", false, Some("1000")),
            ("1.25E1", false, Some("12.5")),
            ("+2.5e-3", false, Some("0.0025")),
            ("1e51", false, None),
            ("1e", false, None),
            ("45%", true, Some("45")),
            ("45 %", true, Some("45")),
            ("45%", false, None),
            ("1,234", false, None),
            ("1.234,50", false, None),
            ("1 234", false, None),
            ("N/A", false, None),
            ("", false, None),
            (".", false, None),
            ("+", false, None),
            ("--5", false, None),
            ("+-5", false, None),
            ("<3", false, None),
            ("NaN", false, None),
            ("Infinity", false, None),
            ("0x10", false, None),
            ("١٢", false, None),
        ] {
            assert_eq!(read_number(text, is_percentage).as_deref(), number, "{text}");
        }
    }
}

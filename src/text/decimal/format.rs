//! Exact decimals as text, and sort keys whose byte order is numeric order.

/// Maximum length of a decimal in characters, including sign and decimal point.
pub const MAX_DECIMAL_LEN: usize = 60;

struct DecimalParts {
    is_negative: bool,
    whole: String,
    fraction: String,
}

fn parse_parts(text: &str) -> Option<DecimalParts> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = match rest.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (rest, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.len() > MAX_DECIMAL_LEN {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    Some(DecimalParts {
        is_negative: negative,
        whole: if whole.is_empty() { "0" } else { whole }.to_owned(),
        fraction: fraction.to_owned(),
    })
}

/// Normalizes a decimal: no leading zeros, no `-0`. Digits after the point are kept, since they
/// state a precision.
///
/// `None` if the text is not a decimal of at most [`MAX_DECIMAL_LEN`] characters. Exponents and
/// grouping separators are not accepted.
pub fn normalize_decimal(text: &str) -> Option<String> {
    let DecimalParts { is_negative: negative, whole, fraction } = parse_parts(text)?;
    let zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

/// A sort key whose byte order is numeric order: sign, length of the integer part, digits. `None`
/// for an invalid decimal.
///
/// The digits of negative numbers are complemented, so that larger magnitudes sort first.
pub fn decimal_sort_key(text: &str) -> Option<String> {
    let DecimalParts { is_negative: negative, whole, fraction } = parse_parts(text)?;
    let fraction = fraction.trim_end_matches('0');
    if whole == "0" && fraction.is_empty() {
        return Some("1".to_owned());
    }
    let magnitude = format!("{:02}{whole}.{fraction}", whole.len());
    if !negative {
        return Some(format!("2{magnitude}"));
    }
    let complement: String = magnitude
        .chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|digit| char::from_digit(9_u32.saturating_sub(digit), 10))
                .unwrap_or(c)
        })
        .collect();
    // The terminator must sort after any further digit, since `-1.5` is less than `-1`.
    Some(format!("0{complement}~"))
}

/// Whether the decimal survives a round trip through the shortest representation of an `f64`: JSON
/// parsers that read numbers as doubles then lose nothing.
pub fn is_exact_as_double(text: &str) -> bool {
    let Ok(double) = text.parse::<f64>() else { return false };
    decimal_sort_key(&double.to_string()).is_some_and(|key| Some(key) == decimal_sort_key(text))
}

/// Formats a decimal for a language (CLDR): `1,500.5` in English, `1.500,5` in most other languages
/// of the catalogue.
///
/// Numbers of four digits are grouped in every language, so that the numbers of a column or an axis
/// look alike. `icu_decimal` cannot do so in Albanian, and takes three times as long (see
/// `docs/development/decisions/code-instead-of-libraries.md`).
///
/// Returns the text unchanged if it is not a decimal.
#[must_use]
pub fn format_decimal(text: &str, language: &str) -> String {
    let Some(DecimalParts { is_negative: negative, whole, fraction }) = parse_parts(text) else {
        return text.to_owned();
    };
    let (separator, decimal_point) = match language {
        "sq" => ('\u{a0}', ','),
        "bs" | "sr-Latn" | "sr-Cyrl" | "mk" | "tr" => ('.', ','),
        _ => (',', '.'),
    };
    let mut formatted = String::with_capacity(text.len().saturating_mul(2));
    if negative {
        formatted.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len().saturating_sub(index).is_multiple_of(3) {
            formatted.push(separator);
        }
        formatted.push(digit);
    }
    if !fraction.is_empty() {
        formatted.push(decimal_point);
        formatted.push_str(&fraction);
    }
    formatted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formats_decimals_by_language() {
        for (text, language, expected) in [
            ("1500", "en", "1,500"),
            ("1500.50", "tr", "1.500,50"),
            ("-1234567", "sq", "-1\u{a0}234\u{a0}567"),
            ("999", "mk", "999"),
            ("100000", "sr-Cyrl", "100.000"),
            ("0.5", "bs", "0,5"),
            ("12", "de", "12"),
            ("many", "en", "many"),
        ] {
            assert_eq!(format_decimal(text, language), expected);
        }
    }

    #[test]
    fn normalize_keeps_precision_and_rejects_invalid() {
        assert_eq!(normalize_decimal("0050.10"), Some("50.10".to_owned()));
        assert_eq!(normalize_decimal("-0.0"), Some("0.0".to_owned()));
        assert_eq!(
            normalize_decimal("12345678901234567890123456789012345678"),
            Some("12345678901234567890123456789012345678".to_owned())
        );
        assert_eq!(
            normalize_decimal(&format!("-{}", "9".repeat(59))).map(|text| text.len()),
            Some(MAX_DECIMAL_LEN)
        );
        for invalid in [
            "",
            "-",
            &"9".repeat(61),
            &format!("-{}", "9".repeat(60)),
            &format!("0.{}", "0".repeat(59)),
            "1e5",
            "1,500",
            "1.",
            ".5",
            "+1",
            "NaN",
            "٣",
            &"9".repeat(400),
        ] {
            assert_eq!(normalize_decimal(invalid), None, "{invalid}");
        }
    }

    proptest! {
        #[test]
        fn sort_keys_match_numeric_order(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_usize..5) {
            let write = |n: i64| {
                let digits = format!("{:0width$}", n.abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{}{whole}{}{fraction}", if n < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" })
            };
            prop_assert_eq!(decimal_sort_key(&write(a)).cmp(&decimal_sort_key(&write(b))), a.cmp(&b));
        }

        #[test]
        fn trailing_zeros_do_not_change_sort_key(n in -100_000_i64..100_000, zeros in 1_usize..5) {
            prop_assert_eq!(decimal_sort_key(&n.to_string()), decimal_sort_key(&format!("{n}.{}", "0".repeat(zeros))));
        }
    }
}

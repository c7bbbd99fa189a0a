//! Exact decimals as text, and a form of them whose byte order is their numeric order.

/// The most characters a decimal has, its sign and its point among them.
pub const MAX_LENGTH: usize = 60;

struct Parts {
    negative: bool,
    whole: String,
    fraction: String,
}

fn parts(text: &str) -> Option<Parts> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = match rest.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (rest, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.len() > MAX_LENGTH {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    Some(Parts {
        negative,
        whole: if whole.is_empty() { "0" } else { whole }.to_owned(),
        fraction: fraction.to_owned(),
    })
}

/// The plain form: no leading zeros, no `-0`; the digits after the point are kept, since they state
/// a precision.
///
/// `None` where the text is not a decimal of at most [`MAX_LENGTH`] characters; exponents and
/// separators are refused.
pub fn canonical(text: &str) -> Option<String> {
    let Parts { negative, whole, fraction } = parts(text)?;
    let zero = whole == "0" && fraction.bytes().all(|byte| byte == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

/// Text in whose byte order decimals are in numeric order: sign, length of the whole part, digits.
///
/// Negative numbers are written with every digit complemented, so that larger sizes sort first.
pub fn decimal_order(text: &str) -> Option<String> {
    let Parts { negative, whole, fraction } = parts(text)?;
    let fraction = fraction.trim_end_matches('0');
    if whole == "0" && fraction.is_empty() {
        return Some("1".to_owned());
    }
    let size = format!("{:02}{whole}.{fraction}", whole.len());
    if !negative {
        return Some(format!("2{size}"));
    }
    let complement: String = size
        .chars()
        .map(|c| {
            c.to_digit(10)
                .and_then(|digit| char::from_digit(9_u32.saturating_sub(digit), 10))
                .unwrap_or(c)
        })
        .collect();
    // The end must sort behind every further digit, since `-1.5` is less than `-1`.
    Some(format!("0{complement}~"))
}

/// Whether a number of double precision, written as short as it can be, is this decimal again: what
/// reads JSON numbers as doubles loses nothing.
pub fn is_exact_as_double(text: &str) -> bool {
    let Ok(double) = text.parse::<f64>() else { return false };
    decimal_order(&double.to_string()).is_some_and(|order| Some(order) == decimal_order(text))
}

/// A decimal as it is written in a language: `1,500.5` in English, `1.500,5` in most of the
/// catalogue's others (CLDR).
///
/// What is no decimal stays as it is.
#[must_use]
pub fn grouped(text: &str, language: &str) -> String {
    let Some(Parts { negative, whole, fraction }) = parts(text) else { return text.to_owned() };
    let (group, point) = match language {
        "sq" => ('\u{a0}', ','),
        "bs" | "sr-Latn" | "sr-Cyrl" | "mk" | "tr" => ('.', ','),
        _ => (',', '.'),
    };
    let mut written = String::with_capacity(text.len().saturating_mul(2));
    if negative {
        written.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len().saturating_sub(place).is_multiple_of(3) {
            written.push(group);
        }
        written.push(digit);
    }
    if !fraction.is_empty() {
        written.push(point);
        written.push_str(&fraction);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_grouped() {
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
            assert_eq!(grouped(text, language), expected);
        }
    }

    #[test]
    fn canonical_keeps_precision_and_refuses_what_is_no_plain_decimal() {
        assert_eq!(canonical("0050.10"), Some("50.10".to_owned()));
        assert_eq!(canonical("-0.0"), Some("0.0".to_owned()));
        assert_eq!(
            canonical("12345678901234567890123456789012345678"),
            Some("12345678901234567890123456789012345678".to_owned())
        );
        assert_eq!(
            canonical(&format!("-{}", "9".repeat(59))).map(|text| text.len()),
            Some(MAX_LENGTH)
        );
        for wrong in [
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
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn byte_order_is_numeric_order(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_usize..5) {
            let write = |n: i64| {
                let digits = format!("{:0width$}", n.abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{}{whole}{}{fraction}", if n < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" })
            };
            prop_assert_eq!(decimal_order(&write(a)).cmp(&decimal_order(&write(b))), a.cmp(&b));
        }

        #[test]
        fn trailing_zeros_do_not_change_the_order(n in -100_000_i64..100_000, zeros in 1_usize..5) {
            prop_assert_eq!(decimal_order(&n.to_string()), decimal_order(&format!("{n}.{}", "0".repeat(zeros))));
        }
    }
}

//! Formatting of values for display.

use crate::i18n::messages::Message;
use crate::text::decimal::format::format_decimal;

/// Formats a value with its qualifier in a language: `More than 1,500`, `Yaklaşık %12,5`.
pub fn format_value(value: &str, qualifier: &str, measure: &str, language: &str) -> String {
    let number = format_plain_value(value, measure, language);
    match Message::for_code(qualifier) {
        Some(phrase @ (Message::MoreThan | Message::LessThan | Message::About)) => {
            phrase.format(language, &number)
        }
        _ => number,
    }
}

/// Formats a value without a qualifier, such as a baseline or a target.
pub fn format_plain_value(value: &str, measure: &str, language: &str) -> String {
    let number = format_decimal(value, language);
    match (measure, language) {
        ("percentage", "tr") => format!("%{number}"),
        ("percentage", _) => format!("{number}%"),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatted_values_keep_qualifier() {
        for (value, qualifier, measure, language, expected) in [
            ("1500", "more_than", "unit", "en", "More than 1,500"),
            ("1500", "more_than", "unit", "sr-Cyrl", "Више од 1.500"),
            ("12.5", "about", "percentage", "tr", "Yaklaşık %12,5"),
            ("40", "exact", "unit", "sq", "40"),
            ("12", "less_than", "percentage", "mk", "Помалку од 12%"),
        ] {
            assert_eq!(format_value(value, qualifier, measure, language), expected);
        }
        assert_eq!(format_plain_value("2000", "unit", "bs"), "2.000");
    }
}

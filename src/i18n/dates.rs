//! Dates and date ranges for display.
//!
//! The patterns are those of CLDR, copied for the languages of the catalogue: `icu_datetime` would
//! add 14 crates and 440 kB (see `docs/development/decisions/code-instead-of-libraries.md`).

use chrono::{Datelike, NaiveDate};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Formats a date (CLDR): `1 March 2024` in English, numeric in the other languages.
#[must_use]
pub fn format_date(day: NaiveDate, language: &str) -> String {
    let (year, month, number) = (day.year(), day.month(), day.day());
    match language {
        "sq" | "mk" => format!("{number}.{month}.{year}"),
        "bs" | "sr-Latn" | "sr-Cyrl" => format!("{number}. {month}. {year}."),
        "tr" => format!("{number:02}.{month:02}.{year}"),
        _ => format!(
            "{number} {} {year}",
            MONTHS.get(usize::try_from(day.month0()).unwrap_or(0)).copied().unwrap_or_default()
        ),
    }
}

/// Formats a date range: full calendar years as years, open-ended if one bound is missing; `None`
/// if both are missing.
#[must_use]
pub fn format_date_range(
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
    language: &str,
) -> Option<String> {
    Some(match (start, end) {
        (Some(start), Some(end)) if start == end => format_date(start, language),
        (Some(start), Some(end))
            if start.ordinal() == 1 && (end.month(), end.day()) == (12, 31) =>
        {
            if start.year() == end.year() {
                start.year().to_string()
            } else {
                format!("{}–{}", start.year(), end.year())
            }
        }
        (Some(start), Some(end)) => {
            format!("{} – {}", format_date(start, language), format_date(end, language))
        }
        (Some(start), None) => format!("{} –", format_date(start, language)),
        (None, Some(end)) => format!("– {}", format_date(end, language)),
        (None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_dates_by_language() {
        let of = |text: &str| text.parse::<NaiveDate>().ok();
        for (start, end, language, expected) in [
            ("2024-03-01", "2024-03-01", "en", Some("1 March 2024")),
            ("2024-03-01", "2024-12-31", "sr-Cyrl", Some("1. 3. 2024. – 31. 12. 2024.")),
            ("2024-01-01", "2024-12-31", "mk", Some("2024")),
            ("2024-01-01", "2026-12-31", "en", Some("2024–2026")),
            ("2024-01-02", "2024-12-31", "tr", Some("02.01.2024 – 31.12.2024")),
            ("2024-01-02", "", "sq", Some("2.1.2024 –")),
            ("", "2024-12-31", "en", Some("– 31 December 2024")),
            ("", "", "en", None),
        ] {
            assert_eq!(
                format_date_range(of(start), of(end), language).as_deref(),
                expected,
                "{start} {end} {language}"
            );
        }
    }
}

//! Days and spans of them, as people write them.

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

/// A day: `1 March 2024` in English, in numbers in the catalogue's other languages (CLDR).
#[must_use]
pub fn day(day: NaiveDate, language: &str) -> String {
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

/// A span of days: whole years as years, and open where one end is not known; `None` where neither
/// is.
#[must_use]
pub fn span(start: Option<NaiveDate>, end: Option<NaiveDate>, language: &str) -> Option<String> {
    Some(match (start, end) {
        (Some(start), Some(end)) if start == end => day(start, language),
        (Some(start), Some(end))
            if start.ordinal() == 1 && (end.month(), end.day()) == (12, 31) =>
        {
            if start.year() == end.year() {
                start.year().to_string()
            } else {
                format!("{}–{}", start.year(), end.year())
            }
        }
        (Some(start), Some(end)) => format!("{} – {}", day(start, language), day(end, language)),
        (Some(start), None) => format!("{} –", day(start, language)),
        (None, Some(end)) => format!("– {}", day(end, language)),
        (None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_do() {
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
                span(of(start), of(end), language).as_deref(),
                expected,
                "{start} {end} {language}"
            );
        }
    }
}

//! Ranges of days, to compare and sort periods.

use chrono::{Datelike, NaiveDate};

/// The first and the last day of a period, as numbers of days (see
/// [`Datelike::num_days_from_ce`]); unbounded if unknown.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DayRange {
    /// The first day; `i32::MIN` if unknown.
    pub first: i32,
    /// The last day; `i32::MAX` if unknown.
    pub last: i32,
}

impl DayRange {
    /// All days: the period of what has none.
    pub const UNBOUNDED: Self = Self { first: i32::MIN, last: i32::MAX };

    /// Parses the dates of a period; an unknown date is an empty string.
    pub fn parse(start: &str, end: &str) -> Self {
        Self {
            first: day_number(start).unwrap_or(i32::MIN),
            last: day_number(end).unwrap_or(i32::MAX),
        }
    }

    /// Whether both days are known.
    pub fn is_bounded(self) -> bool {
        self.first != i32::MIN && self.last != i32::MAX
    }

    /// Returns the number of days from the first to the last; `i64::MAX` if one is unknown.
    pub fn length(self) -> i64 {
        if self.is_bounded() {
            i64::from(self.last).saturating_sub(i64::from(self.first))
        } else {
            i64::MAX
        }
    }

    /// Returns the last day, or the first if the last is unknown.
    pub fn last_known_day(self) -> i32 {
        if self.last == i32::MAX { self.first } else { self.last }
    }

    /// Whether two periods overlap. Periods that only meet, on the day on which one ends and the
    /// other starts, do not.
    pub fn overlaps(self, other: Self) -> bool {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        let is_day = |range: Self| range.first == range.last;
        first < last || (first == last && (is_day(self) || is_day(other)))
    }

    /// Whether all days of another period are in this one.
    pub fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// Returns the year of a period of at most one year: the year in which it ends, as for fiscal
    /// years. A period that ends on the first of January belongs to the year before, if it starts
    /// there. Of an incomplete period, the known day decides.
    pub fn year(self) -> Option<i32> {
        let day = |number: i32| NaiveDate::from_num_days_from_ce_opt(number);
        let start = if self.first == i32::MIN { None } else { day(self.first) };
        let end = if self.last == i32::MAX { None } else { day(self.last) };
        let Some((start, end)) = start.zip(end) else {
            return start.or(end).map(|day| day.year());
        };
        let in_a_year = (start.year().saturating_add(1), start.month(), start.day());
        if (end.year(), end.month(), end.day()) > in_a_year {
            return None;
        }
        let is_boundary = start < end && end.ordinal() == 1;
        Some(if is_boundary { end.year().saturating_sub(1) } else { end.year() })
    }
}

/// Parses an ISO 8601 date.
fn day_number(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some(date.num_days_from_ce())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> DayRange {
        let (start, end) = text.split_once("..").unwrap();
        DayRange::parse(start, end)
    }

    #[test]
    fn periods_that_meet_do_not_overlap() {
        for (one, other, expected) in [
            ("2022-01-01..2023-01-01", "2023-01-01..2024-01-01", false),
            ("2022-01-01..2023-01-02", "2023-01-01..2024-01-01", true),
            ("2022-01-01..2022-12-31", "2023-01-01..2023-12-31", false),
            ("2023-01-01..2023-01-01", "2023-01-01..2024-01-01", true),
            ("2023-01-01..2023-01-01", "2023-01-01..2023-01-01", true),
            ("..2023-01-01", "2023-01-01..", false),
            ("..", "2023-01-01..2023-12-31", true),
        ] {
            assert_eq!(range(one).overlaps(range(other)), expected, "{one} {other}");
            assert_eq!(range(other).overlaps(range(one)), expected, "{other} {one}");
        }
    }

    #[test]
    fn year_of_period() {
        for (period, expected) in [
            ("2024-01-01..2024-12-31", Some(2024)),
            ("2023-07-01..2024-06-30", Some(2024)),
            ("2023-07-01..2024-07-01", Some(2024)),
            ("2022-01-01..2023-01-01", Some(2022)),
            ("2024-12-31..2025-01-01", Some(2024)),
            ("2025-01-01..2025-01-01", Some(2025)),
            ("2024-02-29..2025-02-28", Some(2025)),
            ("2023-07-01..2024-07-02", None),
            ("2022-01-01..2024-12-31", None),
            ("2024-06-01..", Some(2024)),
            ("..2023-01-01", Some(2023)),
            ("..", None),
        ] {
            assert_eq!(range(period).year(), expected, "{period}");
        }
    }
}

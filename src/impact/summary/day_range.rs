//! Ranges of days, to compare and sort periods.

/// The first and the last day of a period, see [`day_number`]; unbounded if unknown.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DayRange {
    /// The first day; `i32::MIN` if unknown.
    pub first: i32,
    /// The last day; `i32::MAX` if unknown.
    pub last: i32,
}

impl DayRange {
    /// Parses the dates of a period; an unknown date is an empty string.
    pub fn parse(start: &str, end: &str) -> Self {
        Self {
            first: day_number(start).unwrap_or(i32::MIN),
            last: day_number(end).unwrap_or(i32::MAX),
        }
    }

    /// Returns the approximate number of days.
    pub fn day_count(self) -> i64 {
        i64::from(self.last).saturating_sub(i64::from(self.first))
    }

    /// Whether two ranges have a day in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Returns a monotonic number for a day; differences approximate those in days.
fn day_number(text: &str) -> Option<i32> {
    let mut parts = text.split('-').map(str::parse::<i32>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    year.checked_mul(372)?
        .checked_add(month.checked_sub(1)?.checked_mul(31)?)?
        .checked_add(day.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::day_number;

    #[test]
    fn day_numbers_are_monotonic() {
        assert!(day_number("2024-02-29") < day_number("2024-03-01"));
        assert!(day_number("2024-12-31") < day_number("2025-01-01"));
    }
}

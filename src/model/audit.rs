//! Findings of the audit that are accepted.

use std::fmt;

/// A finding that has been looked at and is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Name of the lint; whether there is such a one, the audit knows.
    pub lint: String,
    /// The objects; a final `*` stands for anything.
    pub objects: Vec<String>,
    /// Why this is no problem.
    pub reason: String,
    /// The last day on which this holds.
    pub until: Option<Date>,
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day after all others: where the day is not known, nothing holds any longer.
    pub const LAST: Date = Date { year: u16::MAX, month: 12, day: 31 };

    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let date = Date { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        let leap = (date.year.is_multiple_of(4) && !date.year.is_multiple_of(100)) || date.year.is_multiple_of(400);
        let days = match date.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        (1..=days).contains(&date.day).then_some(date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar_are_read_and_ordered_and_nothing_else_is_one() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(day("2028-02-29").to_string(), "2028-02-29");
        assert!(day("2026-12-31") < day("2027-01-01"));
        for text in
            ["", "2027", "2027-1-31", "2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "2027-01-32", "2027-01-31-", "+027-01-31"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}

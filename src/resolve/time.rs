//! Days and times as the configuration writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day, written `2027-01-31`.
pub(super) fn day(text: &str) -> Option<Date> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.len() == 10 && text.split('-').count() == 3 && text.split('-').all(digits);
    text.parse().ok().filter(|_| plain)
}

/// A time with its offset; a day is its midnight in UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let midnight = |date: Date| date.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    day(text).map_or_else(|| text.parse().ok(), midnight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar_are_read_and_nothing_else_is_one() {
        assert_eq!(day("2028-02-29").unwrap().to_string(), "2028-02-29");
        for text in
            ["", "2027", "2027-1-31", "2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "2027-01-32", "2027-01-31-", "+027-01-31"]
        {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_has_an_offset_and_a_day_begins_at_midnight() {
        for (text, utc) in [
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T08:00:00+01:00", "2027-01-31T07:00:00Z"),
            ("2027-01-31 08:00:00Z", "2027-01-31T08:00:00Z"),
        ] {
            assert_eq!(moment(text).unwrap().to_string(), utc);
        }
        for text in ["2027-01-31T08:00:00", "08:00", "tomorrow", "2027-02-30", ""] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}

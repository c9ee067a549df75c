//! Values of columns and how they compare.

use std::cmp::Ordering;
use std::fmt;

/// Digits after the point that numbers keep.
const SCALE: u32 = 12;

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Unknown.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, as `-?digits[.digits]`.
    Decimal(String),
    /// A text.
    Text(String),
    /// A uuid, in lower case.
    Uuid(String),
    /// A day, as days since 1970-01-01.
    Date(i64),
    /// A point in time, as microseconds since 1970-01-01 in UTC.
    Time(i64),
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

impl Value {
    /// The value as a key: `None` where it is null.
    pub fn key(&self) -> Option<String> {
        match self {
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// Whether the value is TRUE; null is not.
    pub fn is_true(&self) -> bool {
        *self == Value::Bool(true)
    }

    /// How two values compare; unknown where one is null. A text takes the type of what it is compared with, as a literal does.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Null, _) | (_, Value::Null) => None,
            (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Value::Text(text), typed) => typed.read_alike(text)?.compare(typed),
            (typed, Value::Text(text)) => typed.compare(&typed.read_alike(text)?),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Uuid(a), Value::Uuid(b)) => Some(a.cmp(b)),
            (Value::Date(_) | Value::Time(_), Value::Date(_) | Value::Time(_)) => Some(self.micros()?.cmp(&other.micros()?)),
            _ => Some(self.scaled()?.cmp(&other.scaled()?)),
        }
    }

    /// A text read as a value of this one's type.
    fn read_alike(&self, text: &str) -> Option<Value> {
        match self {
            Value::Bool(_) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "on" | "1" => Some(Value::Bool(true)),
                "false" | "f" | "no" | "off" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            Value::Int(_) | Value::Decimal(_) => Some(Value::Decimal(text.trim().to_owned())),
            Value::Uuid(_) => Some(Value::Uuid(text.trim().to_ascii_lowercase())),
            Value::Date(_) => day(text).map(Value::Date),
            Value::Time(_) => time(text).map(Value::Time),
            Value::Null | Value::Text(_) => Some(Value::Text(text.to_owned())),
        }
    }

    fn micros(&self) -> Option<i64> {
        match self {
            Value::Date(day) => day.checked_mul(DAY),
            Value::Time(micros) => Some(*micros),
            _ => None,
        }
    }

    fn scaled(&self) -> Option<i128> {
        let text = match self {
            Value::Int(number) => return i128::from(*number).checked_mul(10_i128.pow(SCALE)),
            Value::Decimal(text) => text,
            _ => return None,
        };
        let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction:0<width$}", width = SCALE as usize);
        if fraction.len() > SCALE as usize || !all.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        all.parse::<i128>().ok()?.checked_mul(sign)
    }

    /// The day of a point in time.
    pub(super) fn day_of(micros: i64) -> Value {
        Value::Date(micros.div_euclid(DAY))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Decimal(text) | Value::Text(text) | Value::Uuid(text) => f.write_str(text),
            Value::Date(days) => {
                let (year, month, day) = civil(*days);
                write!(f, "{year:04}-{month:02}-{day:02}")
            }
            Value::Time(micros) => {
                let (rest, day) = (micros.rem_euclid(DAY), Value::day_of(*micros));
                let seconds = rest / 1_000_000;
                write!(f, "{day} {:02}:{:02}:{:02}.{:06}+00", seconds / 3600, seconds / 60 % 60, seconds % 60, rest % 1_000_000)
            }
        }
    }
}

/// `YYYY-MM-DD` as days since 1970-01-01.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.trim().splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let (_, read_month, read_day) = civil(days);
    ((read_month, read_day) == (month, day)).then_some(days)
}

/// Year, month and day of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// `YYYY-MM-DD`, or that and `HH:MM:SS` in UTC, as microseconds since 1970-01-01.
fn time(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches("+00").trim_end_matches('Z');
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    let micros = format!("{fraction:0<6}").parse::<i64>().ok().filter(|_| fraction.len() <= 6)?;
    Some(day(date)? * DAY + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        for text in ["1970-01-01", "2000-02-29", "2026-12-31", "1969-03-01"] {
            assert_eq!(Value::Date(day(text).unwrap()).to_string(), text);
        }
        assert_eq!((day("1970-01-02"), day("2023-02-29"), day("x")), (Some(1), None, None));
        assert_eq!(Value::Time(time("2026-01-02 03:04:05.5+00").unwrap()).to_string(), "2026-01-02 03:04:05.500000+00");
    }

    #[test]
    fn a_literal_takes_the_type_of_what_it_is_compared_with() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(Value::Int(10).compare(&text("9")), Some(Ordering::Greater));
        assert_eq!(text("10").compare(&text("9")), Some(Ordering::Less));
        assert_eq!(Value::Decimal("-1.50".to_owned()).compare(&Value::Int(-1)), Some(Ordering::Less));
        assert_eq!(Value::Date(1).compare(&text("1970-01-02")), Some(Ordering::Equal));
        let uuid = Value::Uuid("00000000-0000-4000-8000-00000000000a".to_owned());
        assert_eq!(uuid.compare(&text("00000000-0000-4000-8000-00000000000A")), Some(Ordering::Equal));
        assert_eq!(Value::Null.compare(&Value::Null), None);
    }
}

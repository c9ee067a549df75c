//! What a plain scalar stands for (YAML 1.2, core schema).

use super::Kind;

/// The value of a scalar without quotes.
pub(super) fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Kind::Float(f64::NAN),
        _ => {}
    }
    if let Some(value) = whole(text).or_else(|| real(text)) {
        return value;
    }
    Kind::Text(text.to_owned())
}

fn whole(text: &str) -> Option<Kind> {
    let based = |digits: &str, base| {
        // The sign is part of `from_str_radix`, not of the core schema.
        let sound = digits.starts_with(|c: char| c.is_digit(base));
        sound.then(|| i128::from_str_radix(digits, base).ok()).flatten().map(Kind::Int)
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    text.parse().ok().map(Kind::Int)
}

fn real(text: &str) -> Option<Kind> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        return Some(Kind::Float(sign * f64::INFINITY));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (before, after) = match mantissa.split_once('.') {
        Some((before, after)) => (before, after),
        None => (mantissa, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = digits(before)
        && digits(after)
        && !(before.is_empty() && after.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    sound.then(|| text.parse().ok().map(Kind::Float)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_types_of_the_core_schema() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(text), Kind::Null, "{text}");
        }
        assert_eq!(plain("True"), Kind::Bool(true));
        assert_eq!(plain("false"), Kind::Bool(false));
        for (text, value) in [("0", 0), ("-12", -12), ("+12", 12), ("007", 7), ("0x1F", 31), ("0o17", 15)] {
            assert_eq!(plain(text), Kind::Int(value), "{text}");
        }
        for (text, value) in [("1.5", 1.5), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0), ("1.5E-1", 0.15), ("-.inf", f64::NEG_INFINITY)] {
            assert_eq!(plain(text), Kind::Float(value), "{text}");
        }
        assert!(matches!(plain(".nan"), Kind::Float(value) if value.is_nan()));
    }

    #[test]
    fn everything_else_is_a_text() {
        for text in [
            "yes", "no", "on", "off", "y", "nan", "inf", "1_000", "1:30", "0b1", "0x", "0x-1", "0o9", "-", "+", ".", "e1", "1e", "1.2.3",
            "infinity", "٣",
        ] {
            assert_eq!(plain(text), Kind::Text(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_number_too_large_to_be_exact_is_no_whole_number() {
        assert!(matches!(plain(&"9".repeat(50)), Kind::Float(_)));
    }
}

//! Text of unknown origin, made fit to be shown.

use std::fmt::Write;

/// Longest name or value shown in a message, in characters.
const QUOTED: usize = 60;
/// Longest message, in characters.
const MESSAGE: usize = 1000;
/// Most names shown in a list.
const LISTED: usize = 20;

/// A name or value in backticks, shortened and without control characters.
pub fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text, QUOTED))
}

/// Names in backticks, joined by commas; a long list is cut.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut shown = Vec::new();
    let mut more = 0_usize;
    for name in names {
        if shown.len() < LISTED {
            shown.push(quoted(name));
        } else {
            more += 1;
        }
    }
    let mut text = shown.join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// A whole message or help, shortened and without control characters.
pub fn message(text: &str) -> String {
    shortened(text, MESSAGE)
}

/// The first characters of a text with control characters escaped; `...` stands for the rest.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count >= limit {
            out.push_str("...");
            break;
        }
        if deceives(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// A text in one line, with blanks for control characters: what is written into a comment, or to a terminal line by line.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether a character moves the cursor, hides, or reorders what is around it.
pub(super) fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_short_and_without_control_characters() {
        assert_eq!(quoted("deals"), "`deals`");
        assert_eq!(quoted("a\u{1b}[31m\n\u{202e}b"), "`a\\u{1b}[31m\\n\\u{202e}b`");
        assert!(quoted(&"x".repeat(100_000)).len() < 80);
    }

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(listed(["a", "b"]), "`a`, `b`");
        let names: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        assert!(listed(names.iter().map(String::as_str)).ends_with("`19` and 10 more"));
    }
}

//! Names and texts that try to be more than names and texts.

use proptest::prelude::*;

/// Pieces that mean something to one of the languages a name passes through: YAML, conditions, templates, SQL, a terminal.
pub const PIECES: &[&str] = &[
    "'", "''", "\"", "\"\"", "\\", "\\'", "\\\"", "\\\\", "$$", "$function$", "$function_1$", "$1", "--", "/*", "*/", ";", "\n", "\r",
    "\r\n", "\t", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{200b}", "\u{feff}", "\u{1b}[2J", "\0",
    "\u{1}", "\u{7f}", "U&", "U&'\\0027'", "E'", "e'\\'", "B'", "X'", "{{", "}}", "{%", "%}", "{#", "#}", "%I", "%s", "(", ")", ",", ".",
    ":", ": ", "#", " #", "&a", "*a", "!", "|", ">", "-", "- ", "?", "[", "]", "{", "}", "@", "`", "~", "=", "<>", "::", "text 0",
    "name_0", "name_1", "\"name_0\"", "'text 0'", "; DROP TABLE users; --", "' OR true --", "user", "User", "select", "public", "none",
    "null", "true", "1", "0x1f", "1e400", ".nan", "crm_access", "pg_catalog", "current_user", "ä", "ß", "İ", "ſ", "日本", "🦀", "e\u{301}",
    "\u{10ffff}", "x", " ", "  ", "_", "a",
];

/// A text made of such pieces, of any characters, or both.
pub fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-zA-Z0-9_$]{1,12}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A text that PostgreSQL takes as a name: not empty, at most 63 bytes, no control character.
pub fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => text(),
        1 => Just("x".repeat(63)),
        1 => Just("ä".repeat(31)),
    ]
    .prop_map(|text| {
        let mut name: String = text.chars().filter(|c| !c.is_control()).collect();
        while name.len() > 63 {
            name.pop();
        }
        if name.is_empty() { "x".to_owned() } else { name }
    })
}

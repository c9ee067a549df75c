//! PL/pgSQL bodies broken statement by statement and word by word: no parser at hand reads them.

use crate::clauses::Broken;

/// Words and what they become.
const WORDS: [(&str, &str); 9] = [
    ("NOT EXISTS", "EXISTS"),
    (" AND ", " OR "),
    (" OR ", " AND "),
    (" = ", " <> "),
    (" > ", " <= "),
    ("= ANY", "<> ALL"),
    ("EXCEPT ALL", "INTERSECT ALL"),
    (":= true", ":= false"),
    ("LIMIT 1", "LIMIT 0"),
];

/// Every mutation of a body.
pub fn broken_body(body: &str) -> Vec<Broken> {
    let mut all = Vec::new();
    for (from, to) in WORDS {
        for (at, _) in body.match_indices(from) {
            let line = body[at..].lines().next().unwrap_or_default().trim();
            let mut text = body.to_owned();
            text.replace_range(at..at + from.len(), to);
            all.push(Broken { what: format!("{} to {} at `{line}`", from.trim(), to.trim()), text });
        }
    }
    for (at, statement) in statements(body) {
        let replaced = |with: &str| format!("{}{with}{}", &body[..at], &body[at + statement.len()..]);
        if let Some(rest) = statement.strip_prefix("IF ")
            && let Some((condition, then)) = rest.split_once(" THEN")
        {
            let what = format!("negate IF {condition}");
            all.push(Broken { what, text: replaced(&format!("IF NOT ({condition}) THEN{then}")) });
            all.push(Broken { what: format!("always IF {condition}"), text: replaced(&format!("IF true THEN{then}")) });
            all.push(Broken { what: format!("never IF {condition}"), text: replaced(&format!("IF false THEN{then}")) });
        } else if !["END", "RETURN", "DECLARE"].iter().any(|word| statement.starts_with(word)) {
            all.push(Broken { what: format!("drop `{}`", one_line(statement)), text: replaced("NULL") });
        }
    }
    all
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The statements between BEGIN and END without their semicolons, each with its place. An IF goes to the end of its first statement.
fn statements(body: &str) -> Vec<(usize, &str)> {
    let start = body.find("BEGIN\n").map_or(0, |at| at + "BEGIN\n".len());
    let mut all = Vec::new();
    let mut at = start;
    for piece in body[start..].split(';') {
        let mut begin = 0;
        for line in piece.split_inclusive('\n') {
            if !line.trim().is_empty() && !line.trim_start().starts_with("--") {
                break;
            }
            begin += line.len();
        }
        let blank = piece[begin..].len() - piece[begin..].trim_start().len();
        let statement = piece[begin + blank..].trim_end();
        if !statement.is_empty() && statement != "END" {
            all.push((at + begin + blank, statement));
        }
        at += piece.len() + 1;
    }
    all
}

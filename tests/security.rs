//! docs/security.md says what is so: every attack has a row, and every test that a row names exists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many attacks are numbered.
const ATTACKS: usize = 38;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of each row of the table of attacks.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with("| A"))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The names in backticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The functions of all test files that are tests.
fn tests(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for pair in lines.windows(2) {
                if let ["#[test]", function] = pair
                    && let Some(name) = function.strip_prefix("fn ").and_then(|rest| rest.split('(').next())
                {
                    found.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn every_attack_has_a_row_with_an_answer_and_a_test_that_exists() {
    let text = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut there = BTreeSet::new();
    tests(&root().join("tests"), &mut there);
    let mut numbers = BTreeSet::new();
    for row in rows(&text) {
        let [number, vector, answer, _, named] = row.as_slice() else { panic!("five cells: {row:?}") };
        assert!(!vector.is_empty() && !answer.is_empty(), "{row:?}");
        let words = [
            "blocked",
            "gives nothing",
            "reported",
            "held",
            "accepted",
            "guard",
            "none is generated",
            "its own",
            "stands",
            "noticed",
            "alike",
            "as ever",
            "one after",
            "a dump fails",
        ];
        assert!(words.iter().any(|word| answer.contains(word)), "{number} {vector}: {answer}");
        let named = names(named);
        assert!(!named.is_empty(), "{number} {vector} names no test");
        for name in named {
            assert!(there.contains(name), "{number} {vector}: there is no test {name}");
        }
        numbers.insert(number.clone());
    }
    let expected: BTreeSet<String> = (1..=ATTACKS).map(|number| format!("A{number:02}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_test_that_the_section_on_columns_names_exists() {
    let text = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut there = BTreeSet::new();
    tests(&root().join("tests"), &mut there);
    let named: BTreeSet<&str> = names(&text).into_iter().filter(|name| name.starts_with("column_protection_")).collect();
    assert!(named.len() > 8, "{named:?}");
    assert!(named.iter().all(|name| there.contains(*name)), "{named:?}");
}

#[test]
fn every_test_of_an_attack_stands_in_the_table() {
    let text = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut there = BTreeSet::new();
    tests(&root().join("tests/attacks"), &mut there);
    assert!(there.len() > 60, "{}", there.len());
    for name in there {
        assert!(text.contains(&format!("`{name}`")), "docs/security.md does not name {name}");
    }
}

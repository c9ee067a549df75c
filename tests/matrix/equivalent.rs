//! Mutants that change nothing anybody could notice: a short list, each with the reason, that is checked both ways.

use std::collections::BTreeSet;

/// An entry of the list.
pub struct Equivalent {
    /// Name of a mutant; `*` stands for anything.
    pub pattern: String,
    pub reason: String,
}

/// The list: a pattern in the first column, its reason in the indented lines below.
pub fn equivalents() -> Vec<Equivalent> {
    let mut all: Vec<Equivalent> = Vec::new();
    for line in include_str!("equivalent.txt").lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("    "), all.last_mut()) {
            (Some(reason), Some(entry)) => entry.reason = format!("{} {}", entry.reason, reason.trim()).trim().to_owned(),
            (Some(reason), None) => panic!("a reason without a mutant: {reason}"),
            (None, _) => all.push(Equivalent { pattern: line.to_owned(), reason: String::new() }),
        }
    }
    let patterns: BTreeSet<&str> = all.iter().map(|entry| entry.pattern.as_str()).collect();
    assert_eq!(patterns.len(), all.len(), "a mutant stands twice in the list");
    for entry in &all {
        assert!(entry.reason.len() > 20, "{} has a reason", entry.pattern);
    }
    all
}

impl Equivalent {
    pub fn is(&self, name: &str) -> bool {
        let mut parts = self.pattern.split('*');
        let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
        for part in middle {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[test]
fn a_pattern_stands_for_the_names_that_it_should() {
    let is = |pattern: &str, name: &str| Equivalent { pattern: pattern.to_owned(), reason: String::new() }.is(name);
    assert!(is("a b", "a b") && is("* b", "a b") && is("a *", "a b") && is("*x*y*", "1x2y3") && is("a*b*c", "abbc"));
    assert!(!is("a b", "a bc") && !is("* b", "a bc") && !is("b*", "a b") && !is("a*b*c", "acb"));
}

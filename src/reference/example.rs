//! Where the presets use a key or a scope first, and what to quote.

use std::collections::BTreeMap;

use super::PRESETS;
use crate::config::{SCOPE_FORMS, usage};
use crate::text::{Source, Span};

/// Most lines that are quoted.
const MOST_LINES: usize = 5;

/// A place in a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The preset's file.
    pub file: &'static str,
    /// The line of the key, from 1.
    pub line: usize,
    /// Keys and names that lead there.
    pub path: Vec<String>,
    /// The lines, without the indentation that they have in common.
    pub lines: Vec<String>,
}

/// The first use of each key, by the names of its type and itself. A key that is written counts before a value that stands for it.
pub fn examples_of_keys() -> BTreeMap<(String, String), Example> {
    let mut found = BTreeMap::new();
    for (file, text) in PRESETS {
        let source = Source::new(*file, *text);
        let used = usage(&source);
        for short in [false, true] {
            for key in used.keys.iter().filter(|key| key.short == short) {
                found.entry((key.of.clone(), key.key.clone())).or_insert_with(|| example(file, &source, key.span, key.path.clone()));
            }
        }
    }
    found
}

/// The first use of each form of a scope.
pub fn examples_of_scopes() -> BTreeMap<&'static str, Example> {
    let mut found = BTreeMap::new();
    for (file, text) in PRESETS {
        let source = Source::new(*file, *text);
        for (scope, span) in usage(&source).scopes {
            for term in scope.split(" and ").map(str::trim) {
                if let Some(form) = SCOPE_FORMS.iter().map(|form| form.written).find(|form| is_of(term, form)) {
                    found.entry(form).or_insert_with(|| example(file, &source, span, Vec::new()));
                }
            }
        }
    }
    found
}

/// Whether a term is written in a form: `reports(1)` in `reports(depth)`, `shared(full)` in itself.
fn is_of(term: &str, form: &str) -> bool {
    let parts = |text: &str| -> Option<(String, Vec<String>)> {
        let (word, rest) = text.split_once('(')?;
        Some((word.trim().to_owned(), rest.strip_suffix(')')?.split(',').map(|part| part.trim().to_owned()).collect()))
    };
    match (parts(term), parts(form)) {
        (None, None) => term == form,
        (Some((word, given)), Some((known, named))) => {
            let stands_for_any = |name: &String| matches!(name.as_str(), "entity" | "depth");
            word == known
                && given.len() == named.len()
                && given.iter().zip(&named).all(|(given, name)| stands_for_any(name) || given == name)
        }
        _ => false,
    }
}

fn example(file: &'static str, source: &Source, span: Span, path: Vec<String>) -> Example {
    let (first, _) = source.position(span.start);
    let (last, _) = source.position(span.end.saturating_sub(1).max(span.start));
    let mut lines: Vec<&str> = source.text().lines().skip(first - 1).take((last + 1).saturating_sub(first).min(MOST_LINES)).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        lines.pop();
    }
    let indentation = |line: &&str| line.len() - line.trim_start().len();
    let least = lines.iter().map(indentation).min().unwrap_or_default();
    let lines = lines.iter().map(|line| line.get(least..).unwrap_or_default().to_owned()).collect();
    Example { file, line: first, path, lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_of_the_form_that_it_is_written_in() {
        for (term, form) in [
            ("own", "own"),
            ("own(deal)", "own(entity)"),
            ("parent(lead, update)", "parent(entity, update)"),
            ("reports(2)", "reports(depth)"),
            ("shared(full)", "shared(full)"),
        ] {
            let found: Vec<&str> = SCOPE_FORMS.iter().map(|form| form.written).filter(|form| is_of(term, form)).collect();
            assert_eq!(found, [form], "{term}");
        }
        assert!(!SCOPE_FORMS.iter().any(|form| is_of("parent(lead, delete)", form.written)));
    }

    #[test]
    fn what_is_quoted_is_what_stands_in_the_line() {
        for example in examples_of_keys().values().chain(examples_of_scopes().values()) {
            let (_, text) = PRESETS.iter().find(|(file, _)| *file == example.file).unwrap();
            let first = example.lines.first().unwrap();
            assert_eq!(text.lines().nth(example.line - 1).unwrap().trim(), first.trim(), "{example:?}");
            assert!(example.lines.len() <= MOST_LINES);
        }
        for ((_, key), example) in examples_of_keys() {
            let written = example.lines.first().unwrap();
            assert!(example.file != "full.yaml" || written.contains(&key) || written.contains(':'), "{key}: {written}");
        }
    }
}

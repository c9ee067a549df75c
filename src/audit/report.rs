//! Findings for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Finding, Report};
use crate::text::{Severity, Source, message};

/// For people: each finding with its place and the way to mend it, and a line that counts them.
pub fn human(source: &Source, report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let _ = writeln!(out, "{}[{}]: {}: {}", finding.severity.as_str(), finding.lint.name, finding.object, finding.message);
        if let Some((line, column)) = place(source, finding) {
            let _ = writeln!(out, "  --> {}:{line}:{column}", message(source.name()));
        }
        let _ = writeln!(out, "  = help: {}\n", message(&finding.fix.text()));
    }
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(
        out,
        "{}, {}, {}; {} accepted",
        counted(report.count(Severity::Error), "error"),
        counted(report.count(Severity::Warning), "warning"),
        counted(report.count(Severity::Note), "note"),
        report.accepted.len()
    );
    out
}

/// For programs: one object.
pub fn json(source: &Source, report: &Report) -> Value {
    json!({
        "file": message(source.name()),
        "findings": report.findings.iter().map(|finding| object(source, finding)).collect::<Vec<_>>(),
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "notes": report.count(Severity::Note),
        "accepted": report.accepted.iter().map(|finding| object(source, finding)).collect::<Vec<_>>(),
    })
}

/// Line and column in the configuration, counted from one.
pub(super) fn place(source: &Source, finding: &Finding) -> Option<(usize, usize)> {
    finding.span.map(|span| source.position(span.start))
}

fn object(source: &Source, finding: &Finding) -> Value {
    let place = place(source, finding);
    json!({
        "lint": finding.lint.name,
        "code": finding.lint.code,
        "severity": finding.severity.as_str(),
        "drift": finding.lint.drift,
        "object": finding.object,
        "message": finding.message,
        "help": finding.fix.text(),
        "sql": finding.fix.statements(),
        "line": place.map(|(line, _)| line),
        "column": place.map(|(_, column)| column),
    })
}

//! Findings as SARIF 2.1.0, for tools that collect the findings of others.

use serde_json::{Value, json};

use super::report::place;
use super::{ALL, Finding, Lint, Report, page};
use crate::text::{Severity, Source};

/// One log with one run; what is accepted stands in it as suppressed.
pub fn sarif(source: &Source, report: &Report) -> Value {
    let found = report.findings.iter().map(|finding| (finding, false));
    let results =
        found.chain(report.accepted.iter().map(|finding| (finding, true))).map(|(finding, accepted)| result(source, finding, accepted));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "crm-access",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": ALL.iter().map(|lint| rule(lint)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(lint: &Lint) -> Value {
    let first = lint.text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or(lint.name);
    json!({
        "id": lint.code,
        "name": lint.name,
        "shortDescription": {"text": first},
        "fullDescription": {"text": first},
        "help": {"text": page(lint), "markdown": page(lint)},
        "defaultConfiguration": {"level": level(lint.severity)},
    })
}

fn result(source: &Source, finding: &Finding, accepted: bool) -> Value {
    let index = ALL.iter().position(|lint| lint.name == finding.lint.name);
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": finding.object}]});
    if let (Some((line, column)), Some(location)) = (place(source, finding), location.as_object_mut()) {
        location.insert(
            "physicalLocation".to_owned(),
            json!({
                "artifactLocation": {"uri": uri(source.name())},
                "region": {"startLine": line, "startColumn": column},
            }),
        );
    }
    let mut result = json!({
        "ruleId": finding.lint.code,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": format!("{}: {}\n{}", finding.object, finding.message, finding.fix.text())},
        "locations": [location],
        "partialFingerprints": {"lintAndObject/v1": format!("{} {}", finding.lint.name, finding.object)},
    });
    if let (true, Some(result)) = (accepted, result.as_object_mut()) {
        result.insert("suppressions".to_owned(), json!([{"kind": "external", "status": "accepted"}]));
    }
    result
}

const fn level(severity: Severity) -> &'static str {
    severity.as_str()
}

/// A path as a relative URI: everything but letters, digits and a few signs is escaped.
fn uri(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

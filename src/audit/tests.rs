//! The list of lints, their pages, and the forms of a report. What each lint finds is tested in its file.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::example::Example;
use super::{ALL, document, human, json, sarif, unknown_lint};
use crate::catalog::RelationKind;
use crate::text::{Severity, Source};

#[test]
fn every_file_is_a_lint_of_the_same_name_and_has_a_test_of_that_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit/lints");
    let mut files: Vec<String> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|file| !matches!(file.as_str(), "mod.rs" | "prelude.rs"));
    files.sort();
    let mut named: Vec<String> = ALL.iter().map(|lint| format!("{}.rs", lint.name.replace('-', "_"))).collect();
    named.sort();
    assert_eq!(files, named);
    for lint in ALL {
        assert!(lint.text.contains(&format!("    fn {}() {{", lint.name.replace('-', "_"))), "{} has no test of its name", lint.name);
        for part in ["//! **Why it matters.** ", "//! **Example.** ", "//! **How to mend it.** "] {
            assert!(lint.text.contains(part), "{}: {part}", lint.name);
        }
    }
    assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code), "codes are in order and stand once");
}

#[test]
fn the_documentation_is_made_from_the_lints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md");
    if std::env::var_os("CRM_ACCESS_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, document()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == document(), "docs/audit.md is out of step; CRM_ACCESS_UPDATE=1 cargo test --features cli the_documentation");
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    let (message, help) = unknown_lint("unique-keys");
    assert_eq!((message.as_str(), help.as_str()), ("unknown lint `unique-keys`", "did you mean `unique-key`?"));
}

fn broken() -> Example {
    let mut example = Example::new();
    example.relation("deals").row_security = false;
    example.view("overview", RelationKind::View);
    example.text.push_str("audit: {accept: [{lint: unique-key, object: public.*, reason: looked at}]}\n");
    example
}

#[test]
fn people_see_the_gravest_first_with_place_and_help() {
    let example = broken();
    let source = Source::new("crm.yaml", example.text.as_str());
    let text = human(&source, &example.report(ALL));
    let start = "error[unprotected-entity]: public.deals: row security is off on the table of entity `deal`\n  --> crm.yaml:";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains("  = help: ALTER TABLE public.deals ENABLE ROW LEVEL SECURITY;\n"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("2 errors, 2 warnings, "), "{text}");
    assert!(text.lines().last().unwrap().ends_with(" accepted"), "{text}");
}

#[test]
fn programs_get_every_field() {
    let example = broken();
    let source = Source::new("crm.yaml", example.text.as_str());
    let report = example.report(ALL);
    let value = json(&source, &report);
    assert_eq!((value["errors"].as_u64(), value["warnings"].as_u64()), (Some(2), Some(2)));
    let first = &value["findings"][0];
    assert_eq!((first["lint"].as_str(), first["object"].as_str()), (Some("unprotected-entity"), Some("public.deals")));
    assert_eq!(first["sql"], serde_json::json!(["ALTER TABLE public.deals ENABLE ROW LEVEL SECURITY"]));
    assert!(first["line"].as_u64().is_some());
    assert!(value["accepted"].as_array().unwrap().iter().all(|accepted| accepted["lint"] == "unique-key"));
    assert_eq!(report.count(Severity::Error), 2);
}

/// What SARIF 2.1.0 requires of the parts that are written, by its schema.
#[test]
fn sarif_has_what_its_schema_requires() {
    let example = broken();
    let source = Source::new("dir with space/crm.yaml", example.text.as_str());
    let report = example.report(ALL);
    let log = sarif(&source, &report);
    assert_eq!(log["version"], "2.1.0");
    let runs = log["runs"].as_array().unwrap();
    let driver = &runs[0]["tool"]["driver"];
    assert_eq!(driver["name"], "crm-access");
    let rules = driver["rules"].as_array().unwrap();
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), ALL.len());
    ids.dedup();
    assert_eq!(ids.len(), ALL.len());
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len() + report.accepted.len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let location = &result["locations"][0];
        assert!(!location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap().is_empty());
        if let Value::Object(place) = &location["physicalLocation"] {
            assert_eq!(place["artifactLocation"]["uri"], "dir%20with%20space/crm.yaml");
            assert!(place["region"]["startLine"].as_u64().unwrap() >= 1 && place["region"]["startColumn"].as_u64().unwrap() >= 1);
        }
        for suppression in result["suppressions"].as_array().into_iter().flatten() {
            assert!(["inSource", "external"].contains(&suppression["kind"].as_str().unwrap()));
        }
    }
    assert_eq!(results.iter().filter(|result| result.get("suppressions").is_some()).count(), report.accepted.len());
}

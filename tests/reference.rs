//! The reference page of the configuration language says all there is, and the preset that it quotes uses all there is.

use std::collections::BTreeSet;

use crm_access::apply::prepare;
use crm_access::config::{SCOPE_FORMS, types};
use crm_access::program::Target;
use crm_access::reference::{PRESETS, document, examples_of_keys, examples_of_scopes};
use crm_access::text::{Diagnostics, Source};

fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_page_is_what_the_command_prints() {
    let page = file("docs/configuration.md");
    let printed = document();
    let different = page.lines().zip(printed.lines()).find(|(there, now)| there != now);
    assert!(page == printed, "run `crm-access reference > docs/configuration.md`; first difference: {different:?}");
}

#[test]
fn every_key_of_the_language_has_an_example_and_all_that_can_stand_together_stand_in_one_file() {
    let examples = examples_of_keys();
    let mut elsewhere = Vec::new();
    let mut keys = 0;
    for one in types() {
        for key in &one.keys {
            keys += 1;
            let Some(example) = examples.get(&(one.name.clone(), key.name.clone())) else {
                panic!("no preset uses `{}` of {}", key.name, one.name);
            };
            if example.file != "full.yaml" {
                elsewhere.push(format!("{}.{}", one.name, key.name));
            }
        }
    }
    assert!(keys > 150, "{keys}");
    // Members of departments are a column or a table, never both.
    assert_eq!(elsewhere, ["DepartmentMembers.column"]);
}

#[test]
fn every_scope_has_an_example_in_the_same_file() {
    let examples = examples_of_scopes();
    for form in SCOPE_FORMS {
        assert_eq!(examples.get(form.written).map(|example| example.file), Some("full.yaml"), "{}", form.written);
    }
}

#[test]
fn the_schema_knows_no_key_that_the_page_leaves_out() {
    let schema = crm_access::config::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, definition) in definitions.iter().chain([(&"Config".to_owned(), &schema)]) {
        for key in definition["properties"].as_object().into_iter().flat_map(|keys| keys.keys()) {
            wanted.insert((name.clone(), key.clone()));
        }
    }
    let described: BTreeSet<(String, String)> =
        types().iter().flat_map(|one| one.keys.iter().map(|key| (one.name.clone(), key.name.clone()))).collect();
    assert_eq!(described, wanted);
    assert!(types().iter().all(|one| !one.description.is_empty() && one.values.iter().all(|(_, means)| !means.is_empty())));
}

#[test]
fn the_file_that_is_quoted_has_no_finding_in_either_target() {
    for (name, text) in PRESETS.iter().filter(|(name, _)| *name == "full.yaml") {
        for target in [Target::Extension, Target::Portable] {
            let source = Source::new(*name, *text);
            let mut diagnostics = Diagnostics::new();
            assert!(prepare(&source, target, &mut diagnostics).is_some(), "{diagnostics:#?}");
            assert!(diagnostics.is_empty(), "{} {diagnostics:#?}", target.name());
        }
    }
}

//! The README says what is so.

use crm_access::apply::prepare;
use crm_access::program::Target;
use crm_access::text::{Diagnostics, Source};

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

fn yaml() -> String {
    let text = readme();
    let start = text.find("```yaml\n").expect("a YAML example") + "```yaml\n".len();
    let end = text[start..].find("```").expect("its end") + start;
    text[start..end].to_owned()
}

#[test]
fn the_ten_lines_are_ten_and_make_a_configuration_without_any_finding() {
    let text = yaml();
    assert_eq!(text.lines().count(), 10);
    let source = Source::new("README.yaml", text);
    let mut diagnostics = Diagnostics::new();
    assert!(prepare(&source, Target::Extension, &mut diagnostics).is_some());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
}

#[test]
fn every_command_and_function_that_the_readme_names_exists() {
    let text = readme();
    let state = concat!(
        include_str!("../sql/state.sql"),
        include_str!("../sql/questions.sql"),
        include_str!("../sql/records.sql"),
        include_str!("../sql/columns.sql"),
        include_str!("../sql/administration.sql"),
        include_str!("../sql/delegation.sql")
    );
    let functions = [
        "current_user_key",
        "can",
        "remove",
        "assign",
        "revoke",
        "restrict",
        "unrestrict",
        "permissions",
        "roles",
        "assignments",
        "conflicts",
        "delegate",
        "end_delegation",
        "delegations",
        "act_on_behalf_of",
        "assign_record",
        "import",
        "submit",
        "columns",
    ];
    for function in functions {
        assert!(text.contains(&format!("crm_access.{function}")) || text.contains(&format!("`{function}`")), "{function}");
        assert!(state.contains(&format!("FUNCTION crm_access.{function}(")), "{function}");
    }
}

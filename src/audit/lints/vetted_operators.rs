//! Indexes are used below the policies for conditions that are not leakproof (A26).
//!
//! **Why it matters.** How long a query takes, and what a function says of a value that it can't work with, may tell something of hidden rows: whether some
//! match the condition. An administrator may choose so for speed (docs/performance.md).
//!
//! **Example.** `ALTER DATABASE crm SET crm_access.vetted_operators = 'ilike'`, and a search for a name takes longer where hidden contacts have it.
//!
//! **How to mend it.** Accept it with the reason why these conditions may be fast; otherwise RESET the setting where it was set.

use super::prelude::*;

const SETTING: &str = "crm_access.vetted_operators";

/// The lint.
pub const LINT: Lint = Lint {
    name: "vetted-operators",
    code: "CA606",
    severity: Severity::Note,
    drift: false,
    text: include_str!("vetted_operators.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let Some(value) = case.catalog.settings.get(SETTING).filter(|value| !value.trim().is_empty()) else { return };
    let fix = Fix::words(format!("accept it, or ALTER DATABASE ... RESET {SETTING}"));
    found.add(
        SETTING,
        format!("conditions with {} use indexes below the policies, though they are not leakproof", quoted(value)),
        fix,
        None,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn vetted_operators() {
        let mut example = Example::new();
        example.catalog.settings.insert(SETTING.to_owned(), String::new());
        assert!(example.found(&LINT).is_empty());
        example.catalog.settings.insert(SETTING.to_owned(), "like, ilike".to_owned());
        assert_eq!(example.found(&LINT), [SETTING]);
    }
}

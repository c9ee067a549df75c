//! A helper function that is not as the last apply made it: its body, owner, rights or settings; or one too many.
//!
//! **Why it matters.** The helper functions read the tables that decide who sees what, past row security. Who changes one changes every rule
//! that uses it; who may call one that nobody should call learns what it knows.
//!
//! **Example.** `GRANT EXECUTE ON FUNCTION crm_access_rules.roles() TO crm_app`, for a screen that lists everybody's roles.
//!
//! **How to mend it.** Apply the configuration again, which makes everything anew; if the change was meant, make it in the configuration.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "drifted-function",
    code: "CA112",
    severity: Severity::Error,
    drift: true,
    text: include_str!("drifted_function.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for drift in &case.standing.drift {
        let Some(name) = drift.of("function") else { continue };
        let message = format!("this helper function is {} since the configuration was applied", gone_or_changed(drift));
        found.add(name, message, apply_again(case), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn drifted_function() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.drift("function crm_access_rules.me()", "changed");
        example.drift("function crm_access_rules.mine()", "added");
        assert_eq!(example.found(&LINT), ["crm_access_rules.me()", "crm_access_rules.mine()"]);
    }
}

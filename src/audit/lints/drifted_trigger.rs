//! A trigger of ours that is disabled, changed or gone.
//!
//! **Why it matters.** These triggers refuse forbidden combinations: a restricted administrator, two restrictions that exclude each other, a
//! leader restricted without confirmation. A disabled one refuses nothing; a partial restore can leave it so.
//!
//! **Example.** `ALTER TABLE users DISABLE TRIGGER ALL`, for a bulk load.
//!
//! **How to mend it.** Apply the configuration again, which makes everything anew; if the change was meant, make it in the configuration.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "drifted-trigger",
    code: "CA113",
    severity: Severity::Error,
    drift: true,
    text: include_str!("drifted_trigger.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for drift in &case.standing.drift {
        let Some((table, trigger)) = drift.of("trigger").and_then(|name| name.rsplit_once(' ')) else { continue };
        let message = format!("this trigger is {} since the configuration was applied", gone_or_changed(drift));
        found.add(format!("{table}.{trigger}"), message, apply_again(case), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn drifted_trigger() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.drift("trigger crm_access.assignment crm_access_check", "missing");
        assert_eq!(example.found(&LINT), ["crm_access.assignment.crm_access_check"]);
    }
}

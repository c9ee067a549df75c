//! A guard of the extension's is switched off.
//!
//! **Why it matters.** The guards close what core PostgreSQL leaves open; each has a setting `crm_access.guard_...`, for the case that one is in the
//! way.
//!
//! **Example.** `ALTER SYSTEM SET crm_access.guard_explain = off`, to look at a plan.
//!
//! **How to mend it.** Switch it on again where it was switched off: `ALTER SYSTEM RESET`, or in postgresql.conf.

use super::prelude::*;

/// The one that is off unless it is asked for: queues use LISTEN.
const OFF_BY_DEFAULT: &str = "crm_access.guard_listen";

/// The lint.
pub const LINT: Lint = Lint {
    name: "guard-off",
    code: "CA603",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("guard_off.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let guards = case.catalog.settings.iter().filter(|(name, _)| name.starts_with("crm_access.guard_") && *name != OFF_BY_DEFAULT);
    for (name, _) in guards.filter(|(_, value)| matches!(value.to_lowercase().as_str(), "off" | "false" | "no" | "0")) {
        found.add(
            name,
            "this guard is off",
            Fix::words(format!("ALTER SYSTEM RESET {name}, and reload; or where else it was switched off")),
            None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn guard_off() {
        let mut example = Example::new();
        example.catalog.settings.insert("crm_access.guard_explain".to_owned(), "on".to_owned());
        assert!(example.found(&LINT).is_empty());
        example.catalog.settings.insert("crm_access.guard_copy".to_owned(), "off".to_owned());
        example.catalog.settings.insert("crm_access.guard_listen".to_owned(), "off".to_owned());
        assert_eq!(example.found(&LINT), ["crm_access.guard_copy"]);
    }
}

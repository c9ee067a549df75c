//! The event trigger that keeps the extension from being dropped under a configuration is disabled or gone.
//!
//! **Why it matters.** Policies call functions whose bodies name the extension's, which the server does not record as a dependency.
//! `DROP EXTENSION crm_access` would leave tables that nobody can read, and lose what is needed to undo that.
//!
//! **Example.** `ALTER EVENT TRIGGER crm_access_guard_drop DISABLE`, to get some other DROP through.
//!
//! **How to mend it.** `ALTER EVENT TRIGGER crm_access_guard_drop ENABLE ALWAYS`.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "drop-guard",
    code: "CA115",
    severity: Severity::Warning,
    drift: true,
    text: include_str!("drop_guard.rs"),
    check: Check::Database(check),
};

const GUARD: &str = "crm_access_guard_drop";

fn check(case: &Case<'_>, found: &mut Findings) {
    if case.standing.target != Target::Extension {
        return;
    }
    let always = format!("ALTER EVENT TRIGGER {GUARD} ENABLE ALWAYS");
    match case.catalog.event_triggers.iter().find(|trigger| trigger.name == GUARD) {
        Some(trigger) if trigger.enabled => {}
        Some(_) => {
            found.add(
                GUARD,
                "this event trigger is disabled, so that DROP EXTENSION would leave tables nobody can read",
                Fix::sql(always),
                None,
            );
        }
        None => {
            let create = format!(
                "CREATE EVENT TRIGGER {GUARD} ON ddl_command_start WHEN TAG IN ('DROP EXTENSION', 'DROP SCHEMA') EXECUTE FUNCTION crm_access.guard_drop()"
            );
            let fix = Fix::Sql(vec![create, always]);
            found.add(GUARD, "this event trigger is gone, so that DROP EXTENSION would leave tables nobody can read", fix, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn drop_guard() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.catalog.event_triggers[0].enabled = false;
        assert_eq!(example.found(&LINT), [GUARD]);
        example.catalog.event_triggers.clear();
        assert_eq!(example.found(&LINT), [GUARD]);
        example.standing.target = Target::Portable;
        assert!(example.found(&LINT).is_empty());
    }
}

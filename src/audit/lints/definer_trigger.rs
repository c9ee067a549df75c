//! A trigger on a protected table whose function runs as an owner whom row security does not bind (A12).
//!
//! **Why it matters.** Whoever changes a row makes the function read or write other rows that they may not see, in the name of its owner; what
//! it writes back, or raises, tells of them.
//!
//! **Example.** A trigger that copies the total of all deals of a company into each of them.
//!
//! **How to mend it.** `ALTER FUNCTION ... SECURITY INVOKER`, where the function needs no more than its caller; otherwise an owner of its own
//! with just the rights that it needs. One that tells its caller nothing can be accepted.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "definer-trigger",
    code: "CA205",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("definer_trigger.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected() {
        for trigger in table.relation.triggers.iter().filter(|trigger| trigger.enabled && trigger.security_definer) {
            if trigger.function.schema == "crm_access_rules" || !case.is_unbound(&trigger.function_owner) {
                continue;
            }
            let message = format!(
                "this trigger calls {} as {}, {}",
                quoted(&trigger.function.to_string()),
                quoted(&trigger.function_owner),
                case.why_unbound(&trigger.function_owner)
            );
            let fix = Fix::sql(format!("ALTER FUNCTION {}() SECURITY INVOKER", relation_sql(&trigger.function)));
            found.add(format!("{}.{}", table.object(), trigger.name), message, fix, table.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, named};
    use crate::catalog::Trigger;

    #[test]
    fn definer_trigger() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").triggers.push(Trigger {
            name: "total".to_owned(),
            enabled: true,
            function: named("total_of"),
            security_definer: true,
            function_owner: "postgres".to_owned(),
            notifies: false,
        });
        assert_eq!(example.found(&LINT), ["public.deals.total"]);
        assert_eq!(example.fixes(&LINT), ["ALTER FUNCTION public.total_of() SECURITY INVOKER"]);
        example.relation("deals").triggers[0].function_owner = "crm_dba".to_owned();
        assert!(example.found(&LINT).is_empty(), "FORCE binds its owner");
    }
}

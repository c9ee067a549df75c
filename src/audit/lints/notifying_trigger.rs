//! A trigger on a protected table that sends notifications (A22).
//!
//! **Why it matters.** Every session of the database may LISTEN, on any channel, and receives the payload: nobody asks whether it may see the
//! row that the payload is about.
//!
//! **Example.** `PERFORM pg_notify('deals', row_to_json(new)::text)`.
//!
//! **How to mend it.** Send no payload, only the signal that something changed, and let the listener read again under its own policies; then
//! accept this. A key in the payload tells that the record exists.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "notifying-trigger",
    code: "CA206",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("notifying_trigger.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected() {
        for trigger in table.relation.triggers.iter().filter(|trigger| trigger.enabled && trigger.notifies) {
            let message = format!(
                "this trigger calls {}, which sends notifications that any session may receive",
                quoted(&trigger.function.to_string())
            );
            let fix = Fix::words(format!(
                "send nothing of the row and accept this, or ALTER TABLE {} DISABLE TRIGGER {}",
                table.sql(),
                ident(&trigger.name)
            ));
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
    fn notifying_trigger() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").triggers.push(Trigger {
            name: "tell".to_owned(),
            enabled: true,
            function: named("tell"),
            security_definer: false,
            function_owner: "crm_dba".to_owned(),
            notifies: true,
        });
        assert_eq!(example.found(&LINT), ["public.deals.tell"]);
        example.relation("deals").triggers[0].enabled = false;
        assert!(example.found(&LINT).is_empty());
    }
}

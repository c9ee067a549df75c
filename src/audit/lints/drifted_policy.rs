//! A policy of ours that is not as the last apply made it, or is gone.
//!
//! **Why it matters.** The condition that decides who sees a row is no longer the one that the configuration says. What the server deparses
//! now is compared with what it deparsed at the end of the apply.
//!
//! **Example.** `ALTER POLICY crm_access_read ON deals USING (true)`, to find out why somebody did not see a deal.
//!
//! **How to mend it.** Apply the configuration again, which makes everything anew; if the change was meant, make it in the configuration.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "drifted-policy",
    code: "CA111",
    severity: Severity::Error,
    drift: true,
    text: include_str!("drifted_policy.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    // One that was added is no drift of ours: if it gives rows, it is reported as foreign.
    for drift in case.standing.drift.iter().filter(|drift| drift.change != "added") {
        let Some((table, policy)) = drift.of("policy").and_then(|name| name.rsplit_once(' ')) else { continue };
        let message = format!("this policy is {} since the configuration was applied", gone_or_changed(drift));
        found.add(format!("{table}.{policy}"), message, apply_again(case), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn drifted_policy() {
        let mut example = Example::new();
        example.drift("policy public.deals imports", "added");
        example.drift("privileges public.deals", "changed");
        assert!(example.found(&LINT).is_empty());
        example.drift("policy public.deals crm_access_read", "changed");
        assert_eq!(example.found(&LINT), ["public.deals.crm_access_read"]);
        assert!(example.report(&[&LINT]).only_drift());
    }
}

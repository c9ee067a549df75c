//! A finding was accepted until a day that is over.
//!
//! **Why it matters.** Somebody wanted to look at it again by then. The finding is reported as if it had never been accepted.
//!
//! **Example.** `{lint: publication, object: warehouse.public.deals, reason: until the new warehouse is guarded, until: 2026-03-31}`, in April.
//!
//! **How to mend it.** Mend what was found, or accept it again with a reason that holds now.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "expired-accept",
    code: "CA901",
    severity: Severity::Note,
    drift: false,
    text: include_str!("expired_accept.rs"),
    check: Check::Acceptance(check),
};

fn check(_: &Case<'_>, accepting: &Accepting<'_>, found: &mut Findings) {
    for entry in accepting.entries().iter().filter(|entry| entry.expired) {
        let until = entry.accepted.until.map(|until| until.to_string()).unwrap_or_default();
        let message = format!("{} was accepted until {until}: {}", quoted(&entry.accepted.lint), entry.accepted.reason);
        let fix = Fix::words("mend what was found, or accept it again with a reason that holds now");
        found.add(entry.accepted.objects.join(", "), message, fix, entry.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;
    use crate::audit::lints::unique_key;

    #[test]
    fn expired_accept() {
        let key = "public.invoices.invoices_number_key";
        let accepting = |until: &str| {
            let mut example = Example::new();
            example
                .text
                .push_str(&format!("audit: {{accept: {{lint: unique-key, object: {key}, reason: printed anyway, until: {until}}}}}\n"));
            example.report(&[&unique_key::LINT, &LINT])
        };
        // The day of the example is 2026-06-15.
        let holds = accepting("2026-06-15");
        assert!(holds.findings.iter().all(|finding| finding.object != key));
        assert_eq!(holds.accepted.len(), 1);
        let over = accepting("2026-06-14");
        let lints: Vec<&str> = over.findings.iter().filter(|finding| finding.object == key).map(|finding| finding.lint.name).collect();
        assert_eq!(lints, ["unique-key", "expired-accept"]);
        assert!(over.accepted.is_empty());
    }
}

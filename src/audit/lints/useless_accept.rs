//! Something is accepted that was not found.
//!
//! **Why it matters.** What it was about is mended, or was renamed, or never was: an entry that meets nothing today may hide something tomorrow.
//!
//! **Example.** `{lint: unique-keys, object: public.invoices.invoices_number_key, reason: ...}`: the lint is named `unique-key`.
//!
//! **How to mend it.** Take the entry out, or correct its names.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "useless-accept",
    code: "CA902",
    severity: Severity::Note,
    drift: false,
    text: include_str!("useless_accept.rs"),
    check: Check::Acceptance(check),
};

fn check(_: &Case<'_>, accepting: &Accepting<'_>, found: &mut Findings) {
    for entry in accepting.entries() {
        for object in &entry.unmet {
            let lint = &entry.accepted.lint;
            let (what, help) = match super::super::lint(lint) {
                Some(_) => (format!("{} is accepted for this and was not found", quoted(lint)), "take the entry out".to_owned()),
                None => super::super::unknown_lint(lint),
            };
            found.add(object, what, Fix::Words(help), entry.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;
    use crate::audit::lints::unique_key;

    #[test]
    fn useless_accept() {
        let mut example = Example::new();
        example.text.push_str(
            "audit:\n  accept:\n    - {lint: unique-key, object: [public.invoices.*, public.gone.gone_key], reason: printed anyway}\n    - {lint: unique-kye, object: x, reason: y}\n",
        );
        assert_eq!(example.report(&[&LINT]).findings.len(), 1, "lints that did not run say nothing about what they would find");
        let report = example.report(&[&unique_key::LINT, &LINT]);
        let useless: Vec<_> = report.findings.iter().filter(|finding| finding.lint.name == LINT.name).collect();
        assert_eq!(useless.iter().map(|finding| finding.object.as_str()).collect::<Vec<_>>(), ["public.gone.gone_key", "x"]);
        assert_eq!(useless[1].fix.text(), "did you mean `unique-key`?");
        assert!(report.accepted.iter().any(|finding| finding.object == "public.invoices.invoices_number_key"));
    }
}

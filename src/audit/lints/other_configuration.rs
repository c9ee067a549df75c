//! The given file is not the configuration that is applied.
//!
//! **Why it matters.** What is reviewed in the file is not what the database enforces: a right that was taken away in the file still stands.
//!
//! **Example.** The file was changed and merged, and nobody applied it.
//!
//! **How to mend it.** `crm-access apply FILE --database URL`.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "other-configuration",
    code: "CA114",
    severity: Severity::Warning,
    drift: true,
    text: include_str!("other_configuration.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    if !case.standing.is_applied {
        let fix = Fix::words("crm-access apply FILE --database URL");
        found.add("configuration", "this file differs from the configuration that is applied in the database", fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn other_configuration() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.standing.is_applied = false;
        assert_eq!(example.found(&LINT), ["configuration"]);
    }
}

//! Something of the configuration does not fit the database any more: a table, column, key, type or role.
//!
//! **Why it matters.** What fitted when it was applied may have been changed since: a key that is no longer unique, a column of another type, a
//! table that became a view. Rules then fail, or decide by something else than is meant.
//!
//! **Example.** `ALTER TABLE deals RENAME COLUMN responsible_id TO owner_id`: the policies follow, the helper functions do not.
//!
//! **How to mend it.** What `crm-access check FILE --database URL` says about it.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "database-mismatch",
    code: "CA502",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("database_mismatch.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let mut diagnostics = Diagnostics::new();
    inspect(case.source, case.config, case.model, case.catalog, &mut diagnostics);
    // Lints of their own look at these, with what stands now and not what an apply would do.
    let elsewhere = [Code::ExcessPrivilege, Code::ForeignPolicy, Code::ExposingView, Code::PrivilegedRole, Code::MissingIndex];
    for diagnostic in diagnostics.iter().filter(|diagnostic| !elsewhere.contains(&diagnostic.code)) {
        let help = diagnostic.help.clone().unwrap_or_else(|| "crm-access check FILE --database URL".to_owned());
        found.add_as(diagnostic.severity, diagnostic.code.as_str(), &diagnostic.message, Fix::Words(help), diagnostic.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn database_mismatch() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").columns.retain(|column| column.name != "responsible_id");
        assert!(!example.found(&LINT).is_empty());
        assert_eq!(example.findings(&LINT)[0].severity, Severity::Error);
    }
}

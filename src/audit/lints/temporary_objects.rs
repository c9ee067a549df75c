//! The application may create temporary objects (A28, A29).
//!
//! **Why it matters.** A temporary table keeps rows for the rest of the session, beyond the transaction and its user; a pooled session may be
//! somebody else's next. Temporary objects come first in the search path, but our functions and policies never look there.
//!
//! **Example.** `CREATE TEMP TABLE mine AS SELECT * FROM companies`, then a pooler that does not say DISCARD ALL.
//!
//! **How to mend it.** `REVOKE TEMPORARY ON DATABASE crm FROM PUBLIC`, where the application needs none; it is PostgreSQL's default.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "temporary-objects",
    code: "CA405",
    severity: Severity::Note,
    drift: false,
    text: include_str!("temporary_objects.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for grant in case.catalog.database_grants.iter().filter(|grant| grant.privilege == "TEMPORARY" && case.asks(&grant.grantee)) {
        let fix = Fix::sql(format!("REVOKE TEMPORARY ON DATABASE {} FROM {}", ident(&case.catalog.database), grantee(&grant.grantee)));
        let message = format!("{} may keep rows in temporary tables beyond the transaction they were read in", holder(&grant.grantee));
        found.add("database", message, fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn temporary_objects() {
        let mut example = Example::new();
        assert_eq!(example.found(&LINT), ["database"], "it is the default");
        assert_eq!(example.fixes(&LINT), ["REVOKE TEMPORARY ON DATABASE teamleader FROM PUBLIC"]);
        example.catalog.database_grants.retain(|grant| grant.privilege != "TEMPORARY");
        assert!(example.found(&LINT).is_empty());
    }
}

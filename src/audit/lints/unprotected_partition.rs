//! A partition or inheritance child of a protected table that has no row security of its own (A10).
//!
//! **Why it matters.** The parent's policies hold for whoever goes through the parent. Asked by its own name, a partition answers with all its
//! rows, and a partition that is attached after the apply is born without row security.
//!
//! **Example.** `CREATE TABLE deals_2027 PARTITION OF deals ...` in January, and a blanket `GRANT SELECT ON ALL TABLES` in February.
//!
//! **How to mend it.** Switch row security on and force it; without policies of its own nobody then reads the partition directly,
//! and through the parent everything is as before. Applying the configuration again does the same.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "unprotected-partition",
    code: "CA102",
    severity: Severity::Error,
    drift: false,
    text: include_str!("unprotected_partition.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected().into_iter().filter(|table| !table.own && is_table(table.relation)) {
        let Some((what, fix)) = switches(&table) else { continue };
        let open = table.relation.grants.iter().any(|grant| case.asks(&grant.grantee));
        let severity = if open { Severity::Error } else { Severity::Warning };
        let entity = quoted(table.entity.name.as_str());
        let who = if open { ", and the application has rights on it" } else { "" };
        let message = format!("row security is {what} on this part of the table of entity {entity}{who}");
        found.add_as(severity, table.object(), message, fix, table.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, named};

    #[test]
    fn unprotected_partition() {
        let mut example = Example::new();
        let mut part = example.relation("deals").clone();
        part.name = named("deals_2027");
        part.parents = vec![named("deals")];
        example.catalog.relations.push(part);
        assert!(example.found(&LINT).is_empty());
        example.relation("deals_2027").row_security = false;
        assert_eq!(example.found(&LINT), ["public.deals_2027"]);
        assert_eq!(example.findings(&LINT)[0].severity, Severity::Error);
        example.relation("deals_2027").grants.clear();
        assert_eq!(example.findings(&LINT)[0].severity, Severity::Warning);
    }
}

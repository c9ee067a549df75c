//! A protected table on which row security is off, or not forced for its owner.
//!
//! **Why it matters.** Without ENABLE every policy rests and whoever holds SELECT reads every row. Without FORCE the table's owner does,
//! and with the owner every view, function and job that runs in the owner's name.
//!
//! **Example.** `ALTER TABLE deals DISABLE ROW LEVEL SECURITY`, said for a moment during a data load and never taken back.
//!
//! **How to mend it.** `ALTER TABLE deals ENABLE ROW LEVEL SECURITY; ALTER TABLE deals FORCE ROW LEVEL SECURITY;`

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "unprotected-entity",
    code: "CA101",
    severity: Severity::Error,
    drift: false,
    text: include_str!("unprotected_entity.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected().into_iter().filter(|table| table.own && is_table(table.relation)) {
        if let Some((what, fix)) = switches(&table) {
            let entity = quoted(table.entity.name.as_str());
            found.add(table.object(), format!("row security is {what} on the table of entity {entity}"), fix, table.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn unprotected_entity() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").force_row_security = false;
        example.relation("companies").row_security = false;
        assert_eq!(example.found(&LINT), ["public.companies", "public.deals"]);
        assert_eq!(
            example.fixes(&LINT),
            ["ALTER TABLE public.companies ENABLE ROW LEVEL SECURITY", "ALTER TABLE public.deals FORCE ROW LEVEL SECURITY"]
        );
    }
}

//! A materialized view that holds rows of a protected table, which the application may read (A11).
//!
//! **Why it matters.** It stores rows that whoever refreshed it could see. No policy hides any of them, and none can: row security is for tables.
//!
//! **Example.** `CREATE MATERIALIZED VIEW revenue AS SELECT company_id, sum(amount) FROM invoices GROUP BY company_id`, granted to the application.
//!
//! **How to mend it.** Take SELECT on it away; let the application read a view with `security_invoker` that joins it to the protected
//! table, or protect a table that is filled instead.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "materialized-view",
    code: "CA202",
    severity: Severity::Error,
    drift: false,
    text: include_str!("materialized_view.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for (view, table, readers) in escaping(case, |kind| kind == RelationKind::MaterializedView) {
        let fix = Fix::sql(format!("REVOKE SELECT ON {} FROM {}", relation_sql(&view.name), grantees(readers.iter().copied())));
        let message = format!(
            "this materialized view stores rows of {} whoever they belong to, and {} may select from it",
            quoted(&table.object()),
            holders(readers)
        );
        found.add(view.name.to_string(), message, fix, table.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn materialized_view() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.view("stored", RelationKind::MaterializedView);
        assert_eq!(example.found(&LINT), ["public.stored"]);
        assert_eq!(example.fixes(&LINT), ["REVOKE SELECT ON public.stored FROM crm_app"]);
        example.catalog.dependents[0].select.clear();
        assert!(example.found(&LINT).is_empty());
    }
}

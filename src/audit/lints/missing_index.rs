//! A column by which policies look rows up, and that no index begins with.
//!
//! **Why it matters.** Every query of a restricted user then reads the whole table. Slow policies are switched off by somebody, some day.
//!
//! **Example.** `owners: account_manager_id` without an index on `companies (account_manager_id)`.
//!
//! **How to mend it.** `CREATE INDEX CONCURRENTLY ON companies (account_manager_id)`; `crm-access generate --indexes` writes all that are missing.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "missing-index",
    code: "CA501",
    severity: Severity::Note,
    drift: false,
    text: include_str!("missing_index.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let all = indexed_lookups(case.source, case.config, case.model, case.catalog);
    for missing in all.into_iter().filter(|one| one.index.is_none()).map(|one| one.lookup) {
        let (schema, table) = (missing.table.schema.as_str(), missing.table.name.as_str());
        let fix = Fix::sql(format!("CREATE INDEX ON {}.{} ({})", ident(schema), ident(table), ident(&missing.column)));
        found.add(
            format!("{schema}.{table}.{}", missing.column),
            "policies look rows up by this column, and no index begins with it",
            fix,
            missing.span,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn missing_index() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").indexes.retain(|index| index.columns[0].as_deref() != Some("responsible_id"));
        assert_eq!(example.found(&LINT), ["public.deals.responsible_id"]);
        assert_eq!(example.fixes(&LINT), ["CREATE INDEX ON public.deals (responsible_id)"]);
    }
}

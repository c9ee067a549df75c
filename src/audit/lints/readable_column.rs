//! A column that only some roles may read, which the application may read past its view.
//!
//! **Why it matters.** Row security knows no columns: what keeps a column from being read is that the application's role lacks the privilege.
//! Whoever grants it again, to that role, to PUBLIC or to a role of a login, shows the column in every record that may be read.
//!
//! **Example.** `GRANT SELECT ON deals TO crm_app`, as scripts of migrations like to do.
//!
//! **How to mend it.** Revoke it. Applying the configuration again takes it from the application's role itself and refuses where others hold it.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "readable-column",
    code: "CA310",
    severity: Severity::Error,
    drift: false,
    text: include_str!("readable_column.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected() {
        let hidden = || table.entity.columns.iter().filter(|column| column.read.is_some()).map(|column| column.name.as_str());
        for grant in table.relation.grants.iter().filter(|grant| grant.privilege == "SELECT") {
            let shows: Vec<&str> = hidden().filter(|name| grant.column.as_deref().is_none_or(|column| column == *name)).collect();
            let owner = grant.grantee == Grantee::Role(table.relation.owner.clone());
            if shows.is_empty() || owner || !case.asks(&grant.grantee) {
                continue;
            }
            let column = grant.column.as_ref().map_or_else(String::new, |column| format!(" ({})", ident(column)));
            found.add(
                format!("{}.SELECT{column}", table.object()),
                format!("{} may read {} in every record that may be read", holder(&grant.grantee), listed(shows.into_iter())),
                Fix::sql(format!("REVOKE SELECT{column} ON {} FROM {}", table.sql(), grantee(&grant.grantee))),
                table.span,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn readable_column() {
        let table = "    table: deals\n";
        let mut example = Example::new().with(table, &format!("{table}    columns: {{title: {{read: []}}}}\n"));
        // As before the configuration was applied.
        assert_eq!(example.found(&LINT), ["public.deals.SELECT"]);
        example.relation("deals").grants.retain(|grant| grant.privilege != "SELECT");
        assert!(example.found(&LINT).is_empty());
        example.grant("SELECT", "deals", Some("title"), "public");
        example.grant("SELECT", "deals", Some("id"), "public");
        example.grant("SELECT", "deals", None, "crm_dba");
        assert_eq!(example.fixes(&LINT), ["REVOKE SELECT (title) ON public.deals FROM PUBLIC"]);
        // The owner of the view, until somebody is a member of it.
        example.relation("deals").grants.retain(|grant| grant.privilege != "SELECT");
        example.grant("SELECT", "deals", None, "crm_access_reader_columns");
        example.member("crm_access_reader_columns", "crm_app");
        assert!(example.found(&LINT).is_empty());
        example.member("crm_tracker", "crm_access_reader_columns");
        assert_eq!(example.found(&LINT), ["public.deals.SELECT"]);
    }
}

//! A table that decides who sees what, which the application may write.
//!
//! **Why it matters.** Who may write the tables of users, departments, teams, roles and owners gives themselves any right. Injected SQL may
//! write whatever the application may. Where such a table is an entity itself, its policies decide, and it is a warning.
//!
//! **Example.** `GRANT UPDATE ON users TO crm_app`, so that people can change their own name; `is_admin` is in the same table.
//!
//! **How to mend it.** Let another role write them, or grant UPDATE on single columns: `GRANT UPDATE (name) ON users TO crm_app`.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "writable-directory",
    code: "CA304",
    severity: Severity::Error,
    drift: false,
    text: include_str!("writable_directory.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for (table, columns) in case.deciding() {
        let Some(relation) = case.relation(table) else { continue };
        let protected = case.protected_named(&relation.name);
        let severity = if protected.is_some() { Severity::Warning } else { Severity::Error };
        for grant in relation.grants.iter().filter(|grant| case.asks(&grant.grantee)) {
            if grant.grantee == Grantee::Role(relation.owner.clone()) {
                continue;
            }
            let what = match (grant.privilege.as_str(), &grant.column) {
                // The policies of a protected table decide about rows, but not about columns.
                ("INSERT" | "DELETE", _) if protected.is_some() => continue,
                ("INSERT", _) => "add rows to",
                ("DELETE", _) => "delete rows of",
                ("TRUNCATE", _) if protected.is_none() => "empty",
                ("TRIGGER", _) if protected.is_none() => "put triggers on",
                ("UPDATE", None) if protected.is_none() || !columns.is_empty() => "change",
                ("UPDATE", Some(column)) if columns.iter().any(|deciding| deciding == column) => "change",
                _ => continue,
            };
            let column = grant.column.as_ref().map_or_else(String::new, |column| format!(" ({})", ident(column)));
            let fix = Fix::sql(format!(
                "REVOKE {}{column} ON {} FROM {}",
                grant.privilege,
                relation_sql(&relation.name),
                grantee(&grant.grantee)
            ));
            let deciding = if columns.is_empty() { String::new() } else { format!(" (by {})", listed(columns.iter().map(String::as_str))) };
            let message = format!("{} may {what} this table, which decides who sees what{deciding}", holder(&grant.grantee));
            let part = grant.column.as_ref().map_or_else(|| grant.privilege.clone(), |column| format!("{column}.{}", grant.privilege));
            found.add_as(severity, format!("{}.{part}", relation.name), message, fix, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn writable_directory() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.grant("UPDATE", "users", Some("name"), "crm_app");
        assert!(example.found(&LINT).is_empty(), "a name decides nothing");
        example.grant("UPDATE", "users", Some("is_admin"), "crm_app");
        example.grant("INSERT", "team_members", None, "public");
        assert_eq!(example.found(&LINT), ["public.team_members.INSERT", "public.users.is_admin.UPDATE"]);
        assert_eq!(
            example.fixes(&LINT),
            ["REVOKE INSERT ON public.team_members FROM PUBLIC", "REVOKE UPDATE (is_admin) ON public.users FROM crm_app"]
        );
    }
}

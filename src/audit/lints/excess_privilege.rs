//! A privilege on a protected table that row security does not cover, held by the application (A09, A34).
//!
//! **Why it matters.** TRUNCATE empties the table whatever the policies say. TRIGGER lets its holder run code on every row that anybody
//! writes. REFERENCES lets them learn which keys there are. MAINTAIN (PostgreSQL 17) locks the table.
//!
//! **Example.** `GRANT ALL ON ALL TABLES IN SCHEMA public TO crm_app`.
//!
//! **How to mend it.** `REVOKE TRUNCATE, TRIGGER, REFERENCES ON deals FROM crm_app`. Applying does this for the application role itself, not
//! for others.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "excess-privilege",
    code: "CA303",
    severity: Severity::Error,
    drift: false,
    text: include_str!("excess_privilege.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for table in case.protected() {
        for grant in &table.relation.grants {
            if grant.grantee == Grantee::Role(table.relation.owner.clone()) || !case.asks(&grant.grantee) {
                continue;
            }
            let (severity, what) = match grant.privilege.as_str() {
                "TRUNCATE" => (Severity::Error, "may empty the table whatever the policies say"),
                "TRIGGER" => (Severity::Error, "may put triggers on the table, which run for every row that anybody writes"),
                "REFERENCES" => (Severity::Warning, "may learn which keys there are, by a foreign key"),
                "MAINTAIN" => (Severity::Note, "may lock the table for maintenance"),
                _ => continue,
            };
            let column = grant.column.as_ref().map_or_else(String::new, |column| format!(" ({})", ident(column)));
            let fix = Fix::sql(format!("REVOKE {}{column} ON {} FROM {}", grant.privilege, table.sql(), grantee(&grant.grantee)));
            found.add_as(
                severity,
                format!("{}.{}", table.object(), grant.privilege),
                format!("{} {what}", holder(&grant.grantee)),
                fix,
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
    fn excess_privilege() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.grant("TRUNCATE", "deals", None, "crm_backend");
        example.grant("REFERENCES", "deals", Some("id"), "public");
        example.grant("TRUNCATE", "deals", None, "crm_dba");
        assert_eq!(example.found(&LINT), ["public.deals.TRUNCATE", "public.deals.REFERENCES"]);
        assert_eq!(
            example.fixes(&LINT),
            ["REVOKE TRUNCATE ON public.deals FROM crm_backend", "REVOKE REFERENCES (id) ON public.deals FROM PUBLIC"]
        );
    }
}

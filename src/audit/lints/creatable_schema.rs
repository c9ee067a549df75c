//! A schema, or the database, in which the application may create objects (A28, A29).
//!
//! **Why it matters.** A function, operator or table of somebody's own can come before the one that was meant, and a SECURITY DEFINER function or an
//! administrator then runs it. Before PostgreSQL 15 the schema `public` lets everybody. In our own schemas it is an error.
//!
//! **Example.** `GRANT CREATE ON SCHEMA public TO crm_app`, for a framework that keeps its migrations there.
//!
//! **How to mend it.** `REVOKE CREATE ON SCHEMA public FROM crm_app`; migrations run as the tables' owner.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "creatable-schema",
    code: "CA404",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("creatable_schema.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for schema in &case.catalog.schemas {
        let ours = matches!(schema.name.as_str(), "crm_access" | "crm_access_rules");
        for grant in schema.grants.iter().filter(|grant| grant.privilege == "CREATE" && case.asks(&grant.grantee)) {
            let severity = if ours { Severity::Error } else { Severity::Warning };
            let fix = Fix::sql(format!("REVOKE CREATE ON SCHEMA {} FROM {}", ident(&schema.name), grantee(&grant.grantee)));
            found.add_as(
                severity,
                format!("schema {}", schema.name),
                format!("{} may create objects here", holder(&grant.grantee)),
                fix,
                None,
            );
        }
    }
    for grant in case.catalog.database_grants.iter().filter(|grant| grant.privilege == "CREATE" && case.asks(&grant.grantee)) {
        let fix = Fix::sql(format!("REVOKE CREATE ON DATABASE {} FROM {}", ident(&case.catalog.database), grantee(&grant.grantee)));
        found.add("database", format!("{} may create schemas in this database", holder(&grant.grantee)), fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, holding};

    #[test]
    fn creatable_schema() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        let schema = |example: &mut Example, name: &str, to: &str| {
            example.catalog.schemas.iter_mut().find(|schema| schema.name == name).unwrap().grants.push(holding(to, "CREATE"));
        };
        schema(&mut example, "public", "public");
        schema(&mut example, "public", "migrations");
        schema(&mut example, "crm_access_rules", "crm_app");
        example.catalog.database_grants.push(holding("crm_app", "CREATE"));
        assert_eq!(example.found(&LINT), ["schema crm_access_rules", "database", "schema public"]);
        assert_eq!(example.fixes(&LINT)[2], "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    }
}

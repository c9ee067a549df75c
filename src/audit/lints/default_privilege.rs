//! Default privileges that give the application rights on every new table (A34).
//!
//! **Why it matters.** A table is open from its creation until somebody makes it an entity; a copy of a protected table, made for an hour, shows
//! all of its rows.
//!
//! **Example.** `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO crm_app`.
//!
//! **How to mend it.** Take them away, and grant on each table when the configuration knows it.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "default-privilege",
    code: "CA306",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("default_privilege.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    for given in case.catalog.default_privileges.iter().filter(|given| given.kind == "r" && case.asks(&given.grantee)) {
        let within = given.schema.as_ref().map_or_else(String::new, |schema| format!(" IN SCHEMA {}", ident(schema)));
        let fix = Fix::sql(format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {}{within} REVOKE {} ON TABLES FROM {}",
            ident(&given.owner),
            given.privilege,
            grantee(&given.grantee)
        ));
        let place = given.schema.as_ref().map_or_else(|| "any schema".to_owned(), |schema| format!("schema {}", quoted(schema)));
        let message = format!(
            "{} gets {} on every table that {} will create in {place}",
            holder(&given.grantee),
            given.privilege,
            quoted(&given.owner)
        );
        let object = [Some(given.owner.as_str()), given.schema.as_deref(), Some(&given.privilege)];
        found.add(object.into_iter().flatten().collect::<Vec<_>>().join("."), message, fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, role};
    use crate::catalog::DefaultPrivilege;

    #[test]
    fn default_privilege() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        let given = |kind: &str, grantee| DefaultPrivilege {
            owner: "crm_dba".to_owned(),
            schema: Some("public".to_owned()),
            kind: kind.to_owned(),
            grantee,
            privilege: "SELECT".to_owned(),
        };
        example.catalog.default_privileges = vec![given("r", role("crm_app")), given("S", role("crm_app")), given("r", role("auditor"))];
        assert_eq!(example.found(&LINT), ["crm_dba.public.SELECT"]);
        assert_eq!(
            example.fixes(&LINT),
            ["ALTER DEFAULT PRIVILEGES FOR ROLE crm_dba IN SCHEMA public REVOKE SELECT ON TABLES FROM crm_app"]
        );
    }
}

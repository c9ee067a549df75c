//! A role that sends the application's statements and owns, or can become the owner of, a protected table or what it is in.
//!
//! **Why it matters.** An owner switches row security off, drops policies and changes triggers. Who owns the schema or the database can drop the
//! table and put another in its place (A34).
//!
//! **Example.** The application connects as the role that runs its migrations.
//!
//! **How to mend it.** One role for the migrations, which owns the tables, and another for the application, which is no member of it.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "owning-role",
    code: "CA302",
    severity: Severity::Error,
    drift: false,
    text: include_str!("owning_role.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let mut told = Vec::new();
    for table in case.protected().into_iter().filter(|table| case.reached().contains(table.relation.owner.as_str())) {
        let what = format!("TABLE {}", table.sql());
        report(case, &table.object(), &table.relation.owner, &what, "may switch its policies off", found);
        told.push(table.relation.name.schema.clone());
    }
    for schema in case.catalog.schemas.iter().filter(|schema| case.reached().contains(schema.owner.as_str())) {
        let ours = matches!(schema.name.as_str(), "crm_access" | "crm_access_rules");
        if ours || case.protected().iter().any(|table| table.relation.name.schema == schema.name) {
            let what = format!("SCHEMA {}", ident(&schema.name));
            report(case, &format!("schema {}", schema.name), &schema.owner, &what, "may drop and replace what is in it", found);
        }
    }
    if case.reached().contains(case.catalog.database_owner.as_str()) {
        let what = format!("DATABASE {}", ident(&case.catalog.database));
        report(case, "database", &case.catalog.database_owner, &what, "may drop schemas and create its own", found);
    }
}

fn report(case: &Case<'_>, object: &str, owner: &str, what: &str, why: &str, found: &mut Findings) {
    let fix = if case.askers().contains(owner) {
        let other =
            [&case.catalog.database_owner, &case.catalog.current_user].into_iter().find(|role| !case.reached().contains(role.as_str()));
        other.map_or_else(
            || Fix::words("let a role own it that the application can't become"),
            |role| Fix::sql(format!("ALTER {what} OWNER TO {}", ident(role))),
        )
    } else {
        let members = case.members_among_reached(owner);
        Fix::Sql(members.into_iter().map(|member| format!("REVOKE {} FROM {}", ident(owner), ident(member))).collect())
    };
    found.add(object, format!("the application's sessions are or can become its owner {}, who {why}", quoted(owner)), fix, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn owning_role() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.relation("deals").owner = "crm_backend".to_owned();
        assert_eq!(example.found(&LINT), ["public.deals"]);
        assert_eq!(example.fixes(&LINT), ["ALTER TABLE public.deals OWNER TO crm_dba"]);
        let mut example = Example::new();
        example.member("crm_backend", "crm_dba");
        assert!(example.found(&LINT).contains(&"database".to_owned()));
        assert!(example.found(&LINT).contains(&"public.companies".to_owned()));
        assert!(example.fixes(&LINT).iter().all(|fix| fix == "REVOKE crm_dba FROM crm_backend"));
    }
}

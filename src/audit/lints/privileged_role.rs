//! A role that sends the application's statements and is, or can become, one that row security does not bind.
//!
//! **Why it matters.** Superusers and roles with BYPASSRLS see every row; REPLICATION decodes them from the write-ahead log; the reader role has
//! a policy that shows them; CREATEROLE makes itself a member of any role before PostgreSQL 16; and predefined roles read or write
//! every table of crm_access's own, or the server's files. A membership is enough, NOINHERIT too: SET ROLE needs no more (A34).
//!
//! **Example.** `GRANT reporting TO crm_backend`, where `reporting` has BYPASSRLS for the nightly export.
//!
//! **How to mend it.** Take the attribute or the membership away; give the export a login of its own.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "privileged-role",
    code: "CA301",
    severity: Severity::Error,
    drift: false,
    text: include_str!("privileged_role.rs"),
    check: Check::Database(check),
};

/// Predefined roles that go round what is granted, and how.
const PREDEFINED: [(&str, &str); 5] = [
    ("pg_read_all_data", "reads every table without policies, the keys that sign identities included"),
    ("pg_write_all_data", "writes every table without policies, stored assignments included"),
    ("pg_read_server_files", "reads the server's files"),
    ("pg_write_server_files", "writes the server's files"),
    ("pg_execute_server_program", "runs programs as the server"),
];

fn check(case: &Case<'_>, found: &mut Findings) {
    let reader = case.model.reader_role.as_str();
    for name in case.reached() {
        let Some(role) = case.catalog.role(name) else { continue };
        let attributes = [
            (role.superuser, "SUPERUSER", "is a superuser, and row security binds none"),
            (role.bypass_rls && !role.superuser, "BYPASSRLS", "has BYPASSRLS"),
            (role.replication && !role.superuser, "REPLICATION", "has REPLICATION and can decode every row from the write-ahead log"),
            (
                role.create_role && !role.superuser && case.catalog.server_version_num < 160_000,
                "CREATEROLE",
                "has CREATEROLE and can make itself a member of any role that is no superuser, the reader role included",
            ),
        ];
        for (_, attribute, why) in attributes.into_iter().filter(|(has, ..)| *has) {
            report(case, name, why, Some(attribute), found);
        }
        if *name == reader {
            report(case, name, "is the reader role, which a policy shows every row", None, found);
        }
        if let Some((_, why)) = PREDEFINED.iter().find(|(predefined, _)| predefined == name) {
            report(case, name, why, None, found);
        }
    }
}

fn report(case: &Case<'_>, name: &str, why: &str, attribute: Option<&str>, found: &mut Findings) {
    let members: Vec<&str> = case.members_among_reached(name);
    let object = attribute.map_or_else(|| name.to_owned(), |attribute| format!("{name}.{attribute}"));
    let span = case.config.application_role.span;
    let configured = case.configured().any(|role| role == name);
    let asks = case.askers().contains(name);
    let message =
        if asks { format!("this role {why}") } else { format!("{} can become this role, which {why}", listed(members.iter().copied())) };
    let fix = match attribute {
        // A superuser keeps being one; it need not be in the application's role.
        Some("SUPERUSER") if asks && !configured => {
            let of = case.memberships(name).into_iter().filter(|of| case.askers().contains(of));
            Fix::Sql(of.map(|of| format!("REVOKE {} FROM {}", ident(of), ident(name))).collect())
        }
        Some(attribute) if asks => Fix::sql(format!("ALTER ROLE {} NO{attribute}", ident(name))),
        _ => Fix::Sql(members.iter().map(|member| format!("REVOKE {} FROM {}", ident(name), ident(member))).collect()),
    };
    found.add(object, message, fix, span);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn privileged_role() {
        assert!(Example::new().found(&LINT).is_empty());
        for (change, object, fix) in [
            (
                (|e| e.role("crm_backend").superuser = true) as fn(&mut Example),
                "crm_backend.SUPERUSER",
                "ALTER ROLE crm_backend NOSUPERUSER",
            ),
            (|e| e.role("crm_app").bypass_rls = true, "crm_app.BYPASSRLS", "ALTER ROLE crm_app NOBYPASSRLS"),
            (|e| e.role("crm_backend").replication = true, "crm_backend.REPLICATION", "ALTER ROLE crm_backend NOREPLICATION"),
            (|e| e.role("crm_backend").create_role = true, "crm_backend.CREATEROLE", "ALTER ROLE crm_backend NOCREATEROLE"),
            (|e| e.member("crm_backend", "crm_access_reader"), "crm_access_reader", "REVOKE crm_access_reader FROM crm_backend"),
            (|e| e.member("crm_app", "pg_read_all_data"), "pg_read_all_data", "REVOKE pg_read_all_data FROM crm_app"),
            (|e| e.member("postgres", "crm_app"), "postgres.SUPERUSER", "REVOKE crm_app FROM postgres"),
            (
                |e| {
                    e.role("export").bypass_rls = true;
                    e.member("crm_backend", "export");
                },
                "export.BYPASSRLS",
                "REVOKE export FROM crm_backend",
            ),
        ] {
            let mut example = Example::new();
            change(&mut example);
            assert_eq!((example.found(&LINT), example.fixes(&LINT)), (vec![object.to_owned()], vec![fix.to_owned()]));
        }
    }
}

//! A member of the application role that does not inherit from it, and so is not bound by its policies (A20).
//!
//! **Why it matters.** A policy TO a role holds for those who have the role's privileges without SET ROLE. A NOINHERIT member is bound neither by what
//! gives rows nor by what narrows them: alone it sees nothing, and with any further permissive policy it sees that, restrictions or not.
//!
//! **Example.** `CREATE ROLE reports LOGIN NOINHERIT IN ROLE crm_app`.
//!
//! **How to mend it.** `ALTER ROLE reports INHERIT`, or from PostgreSQL 16 on `GRANT crm_app TO reports WITH INHERIT TRUE`.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "noinherit-member",
    code: "CA305",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("noinherit_member.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let application = case.model.application_role.as_str();
    for name in case.askers() {
        if *name == application || !case.reached_from(name).contains(application) || case.catalog.has_rights_of(name, application) {
            continue;
        }
        let fix = match case.catalog.server_version_num {
            160_000.. => format!("GRANT {} TO {} WITH INHERIT TRUE", ident(application), ident(name)),
            _ => format!("ALTER ROLE {} INHERIT", ident(name)),
        };
        let message =
            format!("this role is a member of {} without inheriting, and no policy binds it before SET ROLE", quoted(application));
        found.add(name, message, Fix::sql(fix), case.config.application_role.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn noinherit_member() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        example.member("reports", "crm_app");
        assert!(example.found(&LINT).is_empty());
        example.role("reports").member_of[0].inherit = false;
        assert_eq!(example.found(&LINT), ["reports"]);
        assert_eq!(example.fixes(&LINT), ["ALTER ROLE reports INHERIT"]);
        example.catalog.server_version_num = 170_000;
        assert_eq!(example.fixes(&LINT), ["GRANT crm_app TO reports WITH INHERIT TRUE"]);
    }
}

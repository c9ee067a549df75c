//! All users share the login of the backend (A21).
//!
//! **Why it matters.** Sessions of one role see each other's statements in pg_stat_activity, with the values in them, and may end each other.
//! SQL injected into one user's request reads what others' requests search for.
//!
//! **Example.** `SELECT query FROM pg_stat_activity` in a backend that a hundred people use through a pool.
//!
//! **How to mend it.** Pass values as parameters (they are not shown), and leave pg_stat_statements out of the application's reach; or let people log
//! in as themselves (`database_role`).

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "shared-login",
    code: "CA406",
    severity: Severity::Note,
    drift: false,
    text: include_str!("shared_login.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let identity = &case.model.identity;
    let backends = match case.standing.target {
        Target::Extension => identity.act_as.as_slice(),
        Target::Portable => identity.setting.as_ref().map_or(&[][..], |setting| &setting.issuers),
    };
    for backend in backends.iter().filter(|backend| case.catalog.role(backend.as_str()).is_some_and(|role| role.can_login)) {
        let fix = Fix::words("pass values as parameters, which pg_stat_activity does not show");
        let message = "sessions of this login see each other's statements and may end each other, whoever they act for";
        found.add(backend.as_str(), message, fix, case.config.identity.span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn shared_login() {
        let mut example = Example::new();
        assert_eq!(example.found(&LINT), ["crm_backend"]);
        example.role("crm_backend").can_login = false;
        assert!(example.found(&LINT).is_empty());
    }
}

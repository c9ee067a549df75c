//! Somebody may say for whom they ask who is not configured to: EXECUTE on act_as or issue, or a way to become the backend (A13).
//!
//! **Why it matters.** Who may call `act_as` is any user they like. That is the backend's to decide, for people whom it has authenticated, and
//! nobody's who logs in to the database as themselves.
//!
//! **Example.** `GRANT crm_backend TO anna`, so that Anna can look at something; or `act_as: crm_app`, the group that everybody is in.
//!
//! **How to mend it.** Take EXECUTE or the membership away; name the backend's own login role under `act_as`.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "identity-caller",
    code: "CA402",
    severity: Severity::Error,
    drift: false,
    text: include_str!("identity_caller.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let (name, trusted) = match (case.standing.target, &case.model.identity.setting) {
        (Target::Extension, _) => ("act_as(", case.model.identity.act_as.as_slice()),
        (Target::Portable, Some(setting)) => ("issue(", setting.issuers.as_slice()),
        (Target::Portable, None) => ("issue(", &[][..]),
    };
    let is_trusted = |role: &str| trusted.iter().any(|trusted| trusted.as_str() == role);
    for grant in case.catalog.state_grants.iter().filter(|grant| grant.kind == "FUNCTION") {
        let ours = grant.object.strip_prefix("crm_access.").unwrap_or(&grant.object).starts_with(name);
        let Grantee::Role(role) = &grant.grantee else {
            if ours {
                let fix = Fix::sql(format!("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC", grant.object));
                found.add(format!("{}.public", grant.object), "everybody may call this and be anyone", fix, case.config.identity.span);
            }
            continue;
        };
        if ours && !is_trusted(role) {
            let fix = Fix::sql(format!("REVOKE EXECUTE ON FUNCTION {} FROM {}", grant.object, ident(role)));
            let message = format!("{} may call this and be anyone, and the configuration does not name it", quoted(role));
            found.add(format!("{}.{role}", grant.object), message, fix, case.config.identity.span);
        }
    }
    if is_trusted(case.model.application_role.as_str()) && case.standing.target == Target::Extension {
        let fix = Fix::words("name the backend's login role under `act_as`, and not the group that everybody is in");
        let message = "every member of the application role may act as any user";
        found.add(case.model.application_role.as_str(), message, fix, case.config.identity.span);
        return;
    }
    for asker in case.askers().iter().filter(|asker| !is_trusted(asker)) {
        for backend in trusted.iter().filter(|backend| case.reached_from(asker).contains(backend.as_str())) {
            let of: Vec<&str> = case.memberships(asker).into_iter().filter(|of| case.reached_from(of).contains(backend.as_str())).collect();
            let fix = of.iter().map(|of| format!("REVOKE {} FROM {}", ident(of), ident(asker))).collect();
            let message = format!("this role is or can become {}, who may act as any user", quoted(backend.as_str()));
            found.add_as(Severity::Warning, asker, message, Fix::Sql(fix), case.config.identity.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, role};
    use crate::catalog::StateGrant;

    #[test]
    fn identity_caller() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        for to in [Grantee::Public, role("crm_app"), role("crm_backend")] {
            let (kind, object, privilege) = ("FUNCTION".to_owned(), "crm_access.act_as(text)".to_owned(), "EXECUTE".to_owned());
            example.catalog.state_grants.push(StateGrant { kind, object, grantee: to, privilege });
        }
        example.member("anna", "crm_backend");
        assert_eq!(example.found(&LINT), ["crm_access.act_as(text).crm_app", "crm_access.act_as(text).public", "anna"]);
        assert_eq!(example.fixes(&LINT)[2], "REVOKE crm_backend FROM anna");
        let example = Example::new().with("act_as: crm_backend", "act_as: [crm_app, crm_backend]");
        assert_eq!(example.found(&LINT), ["crm_app"]);
    }
}

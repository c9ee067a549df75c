//! An identity that whoever can run SQL can make up (A13).
//!
//! **Why it matters.** With `signed: false` the user is whoever a setting names, and SET takes anything: injected SQL becomes the administrator.
//!
//! **Example.** `setting: {name: request.jwt.claim.sub, signed: false}`, because a proxy checks the token; but injected SQL sets it again.
//!
//! **How to mend it.** `signed: true`, with `crm_access.issue` for the backend; or the extension, where `act_as` can be called once a transaction.

use super::prelude::*;

/// The lint.
pub const LINT: Lint = Lint {
    name: "forgeable-identity",
    code: "CA401",
    severity: Severity::Warning,
    drift: false,
    text: include_str!("forgeable_identity.rs"),
    check: Check::Database(check),
};

fn check(case: &Case<'_>, found: &mut Findings) {
    let Some(setting) = case.model.identity.setting.as_ref().filter(|_| case.standing.target == Target::Portable) else { return };
    let span = case.config.identity.span;
    if !setting.signed {
        let fix = Fix::words("write `signed: true`, or use `act_as` with the extension");
        found.add(&setting.name, "whoever can run SQL can set this and be anyone", fix, span);
    }
    if setting.issuers.contains(&case.model.application_role) {
        let fix = Fix::words("name the backend's login role as the issuer, and not the group that everybody is in");
        found.add("crm_access.issue", "every member of the application role may sign an identity of their choice", fix, span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::Example;

    #[test]
    fn forgeable_identity() {
        let mut example = Example::new();
        example.standing.target = Target::Portable;
        assert!(example.found(&LINT).is_empty());
        let mut example = example.with("signed: true, issuers: crm_backend", "signed: false, issuers: crm_app");
        assert_eq!(example.found(&LINT), ["app.user_token", "crm_access.issue"]);
        example.standing.target = Target::Extension;
        assert!(example.found(&LINT).is_empty(), "the extension does not use the setting");
    }
}

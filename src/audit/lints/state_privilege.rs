//! A right on the tables and functions of crm_access that the application should not have.
//!
//! **Why it matters.** Who writes `crm_access.assignment`, or calls `assign`, gives out roles; who reads `identity_key` signs any identity; who writes
//! `object` or `version` decides what remove() undoes.
//!
//! **Example.** `GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA crm_access TO crm_app`, said for all schemas at once.
//!
//! **How to mend it.** Take it away; applying again does so too, for the roles that the configuration names. People who give out roles get
//! EXECUTE on `crm_access.assign` in a role of their own, or a role of the configuration that `administers` them.

use super::prelude::*;
use crate::model::{Entity, Plans};

/// The lint.
pub const LINT: Lint = Lint {
    name: "state-privilege",
    code: "CA309",
    severity: Severity::Error,
    drift: false,
    text: include_str!("state_privilege.rs"),
    check: Check::Database(check),
};

/// What an apply grants: the questions that everybody may ask about themselves, what asks for a right of the user's own, and two whose callers
/// another lint looks at.
const GRANTED: [&str; 23] = [
    "can(",
    "permissions(",
    "columns(",
    "current_user_key(",
    "version(",
    "act_as(",
    "issue(",
    "exporting(",
    "granted(",
    "granted_most_specific(",
    "restricted(",
    "is_in(",
    "in_scope(",
    "scope_keys(",
    "me_",
    "share(",
    "unshare(",
    "assign_record(",
    "import(",
    "submit(",
    "insert_records(",
    "entity_table(",
    "importing(",
];
/// What it grants where a role administers roles: these check the user's own right to it.
const ADMINISTERING: [&str; 5] = ["change_assignment(", "assign(", "revoke(", "restrict(", "unrestrict("];
/// What it grants where somebody is kept from changing a column.
const GUARDING: [&str; 1] = ["column_default("];
/// What it grants where users may act for each other.
const DELEGATING: [&str; 5] = ["delegate(", "end_delegation(", "delegations(", "act_on_behalf_of(", "check_delegation("];
/// What it grants where plans may be made for who asks.
const PLANNING: [&str; 3] = ["plans_for_user(", "as_planned(", "forget_plans("];
/// What it grants where a role may list who has what.
const LISTED: [&str; 2] = ["roles(", "assignments("];

fn check(case: &Case<'_>, found: &mut Findings) {
    let administering = ADMINISTERING.iter().filter(|_| case.model.is_administered());
    let listed = LISTED.iter().filter(|_| case.model.is_listed());
    let delegating = DELEGATING.iter().filter(|_| case.model.delegation.is_some());
    let guarding = GUARDING.iter().filter(|_| case.model.entities.iter().any(Entity::is_guarded));
    let planning = PLANNING.iter().filter(|_| case.model.plans == Plans::User);
    let conditional = guarding.chain(administering).chain(listed).chain(delegating).chain(planning);
    let names: Vec<&str> = GRANTED.iter().chain(conditional).copied().collect();
    let granted = |object: &str| names.iter().any(|name| object.strip_prefix("crm_access.").unwrap_or(object).starts_with(name));
    for grant in &case.catalog.state_grants {
        let reader = grant.grantee == Grantee::Role(case.model.reader_role.as_str().to_owned());
        if reader || !case.asks(&grant.grantee) || (grant.kind == "FUNCTION" && granted(&grant.object)) {
            continue;
        }
        let fix = Fix::sql(format!("REVOKE {} ON {} {} FROM {}", grant.privilege, grant.kind, grant.object, grantee(&grant.grantee)));
        let message = format!("{} has {} on what crm_access decides by", holder(&grant.grantee), grant.privilege);
        found.add(&grant.object, message, fix, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example::{Example, role};
    use crate::catalog::StateGrant;

    #[test]
    fn state_privilege() {
        let mut example = Example::new();
        assert!(example.found(&LINT).is_empty());
        for (kind, object, privilege, to) in [
            ("TABLE", "crm_access.assignment", "INSERT", "crm_app"),
            ("TABLE", "crm_access.assignment", "SELECT", "auditor"),
            ("FUNCTION", "crm_access.assign(text,text,text,boolean)", "EXECUTE", "crm_backend"),
        ] {
            let (kind, object, privilege) = (kind.to_owned(), object.to_owned(), privilege.to_owned());
            example.catalog.state_grants.push(StateGrant { kind, object, grantee: role(to), privilege });
        }
        assert_eq!(example.found(&LINT), ["crm_access.assign(text,text,text,boolean)", "crm_access.assignment"]);
        assert_eq!(example.fixes(&LINT)[1], "REVOKE INSERT ON TABLE crm_access.assignment FROM crm_app");
    }
}

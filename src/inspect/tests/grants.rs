//! Privileges and policies that go past the roles.

use super::*;
use crate::catalog::{Grant, Grantee, Policy, PolicyCommand};
use Severity::{Error, Warning};

fn with_grant(privilege: &str, grantee: Grantee) -> Case {
    teamleader().changed(|case| {
        case.relation("deals").grants.push(Grant { grantee, privilege: privilege.to_owned(), column: None, grantable: false });
    })
}

#[test]
fn privileges_that_go_round_row_security_are_found_where_applying_leaves_them() {
    with_grant("TRUNCATE", Grantee::Public).says(
        Code::ExcessPrivilege,
        Error,
        "everybody may empty `public.deals` whatever the policies say (TRUNCATE)",
        "REVOKE TRUNCATE ON public.deals FROM PUBLIC",
        "deals",
    );
    with_grant("TRIGGER", Grantee::Role("crm_backend".to_owned())).says(
        Code::ExcessPrivilege,
        Error,
        "`crm_backend` may put a trigger on `public.deals` whatever the policies say (TRIGGER)",
        "REVOKE TRIGGER ON public.deals FROM crm_backend",
        "deals",
    );
    with_grant("REFERENCES", Grantee::Public).says(
        Code::ExcessPrivilege,
        Warning,
        "everybody may learn which keys there are, by a foreign key, in `public.deals` whatever the policies say (REFERENCES)",
        "REVOKE REFERENCES ON public.deals FROM PUBLIC",
        "deals",
    );
    with_grant("TRUNCATE", Grantee::Role("crm_app".to_owned())).says_nothing();
    with_grant("TRUNCATE", Grantee::Role("archivist".to_owned())).says_nothing();
    with_grant("SELECT", Grantee::Public).says_nothing();
}

fn with_policy(name: &str, permissive: bool, role: Grantee) -> Case {
    teamleader().changed(|case| {
        case.relation("deals").policies.push(Policy {
            name: name.to_owned(),
            permissive,
            roles: vec![role],
            command: PolicyCommand::All,
            qual: Some("true".to_owned()),
            with_check: None,
            comment: None,
        });
    })
}

#[test]
fn a_permissive_policy_beside_ours_widens_what_the_roles_give() {
    with_policy("Old one", true, Grantee::Public).says(
        Code::ForeignPolicy,
        Error,
        "policy `Old one` on `public.deals` lets rows be read, added, changed and deleted beside what the roles give",
        "DROP POLICY \"Old one\" ON public.deals, or create it anew AS RESTRICTIVE",
        "deals",
    );
    with_policy("Old one", false, Grantee::Public).says_nothing();
    with_policy("Old one", true, Grantee::Role("reporting".to_owned())).says_nothing();
    with_policy("crm_access_read", true, Grantee::Role("crm_app".to_owned())).says_nothing();
    // A prefix makes no policy ours.
    with_policy("crm_access_mine", true, Grantee::Public).says(
        Code::ForeignPolicy,
        Error,
        "policy `crm_access_mine` on `public.deals` lets rows be read, added, changed and deleted beside what the roles give",
        "DROP POLICY crm_access_mine ON public.deals, or create it anew AS RESTRICTIVE",
        "deals",
    );
}

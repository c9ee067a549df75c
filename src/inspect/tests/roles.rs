//! Database roles.

use super::*;
use crate::catalog::RoleMembership;
use Severity::{Error, Warning};

fn without(name: &str) -> Case {
    teamleader().changed(|case| case.catalog.roles.retain(|role| role.name != name))
}

#[test]
fn a_role_that_does_not_exist_is_found_with_the_statement_that_makes_it() {
    let findings = without("crm_app").findings();
    assert_eq!(
        findings[0],
        (
            Code::MissingDatabaseRole,
            Error,
            "the server has no role `crm_app`".to_owned(),
            "CREATE ROLE crm_app NOLOGIN".to_owned(),
            "crm_app".to_owned()
        )
    );
    let findings = without("crm_backend").findings();
    let told: Vec<&str> = findings.iter().map(|found| found.3.as_str()).collect();
    assert_eq!(told, ["CREATE ROLE crm_backend LOGIN IN ROLE crm_app", "CREATE ROLE crm_backend LOGIN"]);
}

#[test]
fn a_role_that_row_security_does_not_bind_can_not_be_the_applications() {
    let findings = teamleader().changed(|case| case.role("crm_backend").superuser = true).findings();
    assert_eq!(
        findings,
        [(
            Code::PrivilegedRole,
            Error,
            "role `crm_backend` is a superuser, and row security binds none".to_owned(),
            "ALTER ROLE crm_backend NOSUPERUSER".to_owned(),
            "crm_backend".to_owned()
        )]
    );
    let findings = teamleader().changed(|case| case.role("crm_app").bypass_rls = true).findings();
    let told: Vec<(&str, &str)> = findings.iter().map(|found| (found.2.as_str(), found.3.as_str())).collect();
    assert_eq!(
        told,
        [
            ("role `crm_app` has BYPASSRLS, and row security does not bind it", "ALTER ROLE crm_app NOBYPASSRLS"),
            (
                "role `crm_backend` is a member of `crm_app`, which has BYPASSRLS, and row security does not bind it",
                "REVOKE crm_app FROM crm_backend"
            ),
            (
                "role `crm_addin` is a member of `crm_app`, which has BYPASSRLS, and row security does not bind it",
                "REVOKE crm_app FROM crm_addin"
            ),
            (
                "role `crm_tracker` is a member of `crm_app`, which has BYPASSRLS, and row security does not bind it",
                "REVOKE crm_app FROM crm_tracker"
            ),
        ]
    );
}

#[test]
fn a_role_that_can_become_the_owner_or_the_reader_can_not_be_the_applications() {
    let member_of = |role: &str| {
        let role = role.to_owned();
        teamleader().changed(move |case| {
            case.catalog.roles.push(new_role(&role));
            case.role("crm_backend").member_of.push(RoleMembership { role, inherit: false, set: true });
        })
    };
    member_of("crm_access_reader").says(
        Code::PrivilegedRole,
        Error,
        "role `crm_backend` is a member of `crm_access_reader`, which is the reader role and reads every protected table",
        "REVOKE crm_access_reader FROM crm_backend",
        "crm_backend",
    );
    let owner = member_of("owners").changed(|case| case.relation("deals").owner = "owners".to_owned());
    owner.says(
        Code::PrivilegedRole,
        Error,
        "role `crm_backend` is a member of `owners`, which owns `public.deals` and may switch its policies off",
        "let another role own `public.deals` and the other protected tables",
        "crm_backend",
    );
}

#[test]
fn a_backend_outside_the_application_role_sees_nothing() {
    teamleader().changed(|case| case.role("crm_backend").member_of.clear()).says(
        Code::Useless,
        Warning,
        "role `crm_backend` is no member of `crm_app`, for whom the policies are, and sees nothing",
        "GRANT crm_app TO crm_backend",
        "crm_backend",
    );
}

#[test]
fn a_reader_role_that_exists_must_have_no_way_in() {
    let with = |change: fn(&mut Role)| {
        teamleader().changed(move |case| {
            let mut reader = new_role("crm_access_reader");
            change(&mut reader);
            case.catalog.roles.push(reader);
        })
    };
    with(|_| {}).says_nothing();
    with(|role| (role.can_login, role.bypass_rls) = (true, true)).says(
        Code::PrivilegedRole,
        Error,
        "reader role `crm_access_reader` has LOGIN and BYPASSRLS, and it reads every protected table",
        "name another `reader_role`, which is created when missing; or ALTER ROLE crm_access_reader NOLOGIN NOBYPASSRLS",
        "crm_app",
    );
}

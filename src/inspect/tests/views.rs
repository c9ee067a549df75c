//! What reads protected tables (O6).

use super::*;
use crate::catalog::{Grantee, RelationKind, RoleMembership};
use Severity::{Error, Warning};

fn with_view(kind: RelationKind, change: impl FnOnce(&mut Dependent)) -> Case {
    teamleader().changed(|case| {
        let mut dependent = view("totals", kind, "companies");
        change(&mut dependent);
        case.catalog.dependents.push(dependent);
    })
}

#[test]
fn a_materialized_view_that_the_application_may_read_is_refused() {
    with_view(RelationKind::MaterializedView, |_| {}).says(
        Code::ExposingView,
        Error,
        "materialized view `public.totals` holds rows of `public.companies` whoever they belong to, and `crm_app` may read it",
        "REVOKE SELECT ON public.totals FROM crm_app",
        "companies",
    );
}

#[test]
fn a_materialized_view_that_nobody_of_the_application_may_read_is_reported() {
    with_view(RelationKind::MaterializedView, |view| view.select = vec![Grantee::Role("postgres".to_owned())]).says(
        Code::ExposingView,
        Warning,
        "materialized view `public.totals` holds rows of `public.companies` whoever they belong to",
        "never grant SELECT on it to the application",
        "companies",
    );
}

#[test]
fn a_view_with_its_owners_rights_is_refused() {
    let message = "view `public.totals` reads `public.companies` as its owner `postgres`, whom row security does not bind";
    let alter = "ALTER VIEW public.totals SET (security_invoker = true)";
    with_view(RelationKind::View, |view| view.select = vec![Grantee::Public]).says(
        Code::ExposingView,
        Error,
        &format!("{message}, and everybody may read it"),
        &format!("REVOKE SELECT ON public.totals FROM PUBLIC; or {alter}"),
        "companies",
    );
    with_view(RelationKind::View, |view| view.select.clear()).says(Code::ExposingView, Warning, message, alter, "companies");
    with_view(RelationKind::View, |view| view.security_invoker = true).says_nothing();
}

#[test]
fn before_postgresql_15_a_view_needs_another_owner() {
    let mut case = with_view(RelationKind::View, |_| {});
    case.catalog.server_version_num = 140_010;
    let help = &case.findings()[0].3;
    assert_eq!(
        help,
        "REVOKE SELECT ON public.totals FROM crm_app; or give it an owner whom row security binds (security_invoker needs PostgreSQL 15)"
    );
}

#[test]
fn who_may_read_counts_through_memberships_and_for_the_backend_too() {
    let staff = || with_view(RelationKind::MaterializedView, |view| view.select = vec![Grantee::Role("staff".to_owned())]);
    assert_eq!(staff().findings()[0].1, Warning);
    let member = staff().changed(|case| {
        case.catalog.roles.push(new_role("staff"));
        case.role("crm_app").member_of.push(RoleMembership { role: "staff".to_owned(), inherit: false, set: true });
    });
    assert_eq!(member.findings()[0].1, Error);
    let backend = with_view(RelationKind::MaterializedView, |view| view.select = vec![Grantee::Role("crm_backend".to_owned())]);
    assert_eq!(backend.findings()[0].1, Error);
}

fn bound(view: &mut Dependent) {
    view.owner = "crm_owner".to_owned();
    view.owner_superuser = false;
    view.owner_bypass_rls = false;
}

#[test]
fn a_view_of_the_tables_owner_shows_nothing_once_the_owner_is_bound_too() {
    let case = with_view(RelationKind::View, bound).changed(|case| {
        case.catalog.roles.push(new_role("crm_owner"));
        case.relation("companies").owner = "crm_owner".to_owned();
        assert!(!case.relation("companies").force_row_security);
    });
    case.says(
        Code::BlindView,
        Warning,
        "view `public.totals` reads `public.companies` as its owner `crm_owner`, for whom there is no policy, and will show nothing",
        "ALTER VIEW public.totals SET (security_invoker = true), so that it shows what its reader may see",
        "companies",
    );
}

#[test]
fn a_rule_that_reads_for_others_is_named() {
    let case = with_view(RelationKind::Table, |log| {
        log.name.name = "log".to_owned();
        log.rules = vec!["copy".to_owned()];
    });
    case.says(
        Code::ExposingView,
        Error,
        "`public.log` reads rows of `public.companies` as its owner `postgres` by rule `copy`, and `crm_app` may read it",
        "REVOKE SELECT ON public.log FROM crm_app; or drop the rule",
        "companies",
    );
}

#[test]
fn the_dashboard_of_the_odoo_preset_reads_with_its_readers_rights() {
    let mut case = odoo();
    assert_eq!(case.catalog.dependents.len(), 1);
    case.says_nothing();
    case.catalog.dependents[0].security_invoker = false;
    let codes: Vec<Code> = case.findings().iter().map(|found| found.0).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == Code::ExposingView));
}

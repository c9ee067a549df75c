//! Relations that can't be protected.

use super::*;
use crate::catalog::{Grant, Grantee, Persistence, RelationKind, RelationName};
use Severity::{Error, Warning};

#[test]
fn a_protected_relation_must_be_a_table() {
    let view = teamleader().changed(|case| case.relation("tickets").kind = RelationKind::View);
    let findings = view.findings();
    assert!(findings.iter().any(|found| *found
        == (
            Code::WrongRelationKind,
            Error,
            "`public.tickets` is a view, and a view has no policies of its own".to_owned(),
            "protect the tables that it reads, and give the view `security_invoker = true` (from PostgreSQL 15 on)".to_owned(),
            "tickets".to_owned()
        )));
    teamleader().changed(|case| case.relation("tickets").kind = RelationKind::MaterializedView).says(
        Code::WrongRelationKind,
        Error,
        "`public.tickets` is a materialized view: it holds copies of rows, which no policy can hide",
        "protect the tables that it reads, and let the application read a view of them instead",
        "tickets",
    );
    teamleader().changed(|case| case.relation("tickets").kind = RelationKind::ForeignTable).says(
        Code::ForeignTable,
        Error,
        "`public.tickets` is a foreign table: its rows are on another server, and row security does not reach them",
        "protect the table on the server that holds it, or keep the rows here",
        "tickets",
    );
}

#[test]
fn a_table_whose_rows_do_not_last_is_told_once() {
    teamleader().changed(|case| case.relation("contact_companies").persistence = Persistence::Unlogged).says(
        Code::UnloggedTable,
        Warning,
        "`public.contact_companies` is unlogged: a crash empties it while the policies stay, and replicas never have its rows",
        "ALTER TABLE public.contact_companies SET LOGGED",
        "contact_companies",
    );
    teamleader().changed(|case| case.relation("invoices").persistence = Persistence::Temporary).says(
        Code::WrongRelationKind,
        Error,
        "`public.invoices` is a temporary table: it is gone when the session that made it ends",
        "create it as an ordinary table",
        "invoices",
    );
}

fn with_partition(kind: RelationKind) -> Case {
    teamleader().changed(|case| {
        let tickets = case.relation("tickets");
        tickets.kind = RelationKind::PartitionedTable;
        let mut partition = tickets.clone();
        partition.name = RelationName { schema: "public".to_owned(), name: "tickets_2025".to_owned() };
        partition.kind = kind;
        partition.is_partition = true;
        partition.parents = vec![tickets.name.clone()];
        partition.grants.clear();
        case.catalog.relations.push(partition);
    })
}

#[test]
fn a_partition_is_protected_through_its_parent() {
    with_partition(RelationKind::Table).says_nothing();
    with_partition(RelationKind::Table).with("table: tickets", "table: tickets_2025").says(
        Code::WrongRelationKind,
        Error,
        "`public.tickets_2025` is a partition of `public.tickets`, and its policies do not bind whoever reads its rows through that",
        "name `public.tickets` as the entity's table; its partitions and children are then protected as well",
        "tickets_2025",
    );
}

#[test]
fn a_partition_on_another_server_must_not_be_readable_by_itself() {
    with_partition(RelationKind::ForeignTable).says_nothing();
    let open = with_partition(RelationKind::ForeignTable).changed(|case| {
        let grantee = Grantee::Role("crm_app".to_owned());
        case.relation("tickets_2025").grants.push(Grant { grantee, privilege: "SELECT".to_owned(), column: None, grantable: false });
    });
    open.says(
        Code::ForeignTable,
        Error,
        "partition `public.tickets_2025` of `public.tickets` is a foreign table, which row security does not reach and the application may read",
        "REVOKE SELECT on it; through its parent its rows stay readable",
        "tickets",
    );
}

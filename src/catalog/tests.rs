//! Reads a stored document; its head says how it was made.

use super::{
    Catalog, Dependent, Grantee, Persistence, PolicyCommand, ReferenceAction, Relation, RelationKind, relations_parameter, roles_parameter,
};

fn crm() -> Catalog {
    Catalog::from_json(include_str!("../../tests/catalog/crm.json")).unwrap()
}

fn relation<'a>(catalog: &'a Catalog, name: &str) -> &'a Relation {
    catalog.relation("public", name).unwrap()
}

#[test]
fn the_document_is_read_whole_and_written_back_the_same() {
    let text = include_str!("../../tests/catalog/crm.json");
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let catalog = Catalog::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(catalog).unwrap(), document);
}

#[test]
fn an_unknown_kind_is_an_error_and_no_guess() {
    let text = include_str!("../../tests/catalog/crm.json").replace("\"kind\": \"p\"", "\"kind\": \"?\"");
    let error = Catalog::from_json(&text).unwrap_err().to_string();
    assert!(error.starts_with("the description of the database can't be read: unknown variant `?`"), "{error}");
}

#[test]
fn what_does_not_exist_is_not_found() {
    let catalog = crm();
    assert!(catalog.relation("public", "missing").is_none());
    assert!(catalog.relation("other", "company").is_none());
    assert!(catalog.column("public", "company", "gone").is_none());
    assert!(catalog.role("nobody_such").is_none());
}

#[test]
fn server_and_extensions_are_told() {
    let catalog = crm();
    assert_eq!((catalog.server_version_num / 10_000, catalog.database.as_str(), catalog.superuser), (15, "crm", true));
    assert_eq!(catalog.extension("plpgsql").unwrap().schema, "pg_catalog");
}

#[test]
fn memberships_are_followed_to_the_end_and_say_whether_they_inherit() {
    let catalog = crm();
    let backend = catalog.role("crm_backend").unwrap();
    assert!(backend.can_login && !backend.inherit);
    let [membership] = backend.member_of.as_slice() else { panic!("{:?}", backend.member_of) };
    assert_eq!((membership.role.as_str(), membership.inherit, membership.set), ("crm_user", false, true));
    assert!(catalog.role("crm_staff").is_some());
    assert!(catalog.role("crm_report").unwrap().bypass_rls);
}

#[test]
fn domains_are_seen_through() {
    let catalog = crm();
    let mail = catalog.column("public", "company", "mail").unwrap();
    assert_eq!((mail.declared_type.as_str(), mail.base_type.as_str()), ("public.work_email", "character varying"));
    let region = catalog.column("public", "company", "Region").unwrap();
    assert_eq!((region.declared_type.as_str(), region.base_type.as_str()), ("character varying(20)", "character varying"));
    assert!(catalog.column("public", "company", "label").unwrap().generated);
    assert_eq!(catalog.column("public", "company", "name").unwrap().collation.as_deref(), Some("pg_catalog.\"C\""));
}

#[test]
fn only_what_always_holds_for_all_rows_makes_a_unique_key() {
    let catalog = crm();
    let company = relation(&catalog, "company");
    assert_eq!(company.primary_key(), ["id"]);
    assert!(catalog.is_unique_on(company, &["name", "id"]));
    assert!(catalog.is_unique_on(company, &["number", "tenant"]));
    assert!(!catalog.is_unique_on(company, &["number"]));
    assert!(!catalog.is_unique_on(company, &["mail"]), "the index is partial");
    assert!(!catalog.is_unique_on(company, &["name", "tenant"]), "the constraint is deferrable");
    assert!(!catalog.is_unique_on(company, &[]));
}

#[test]
fn a_key_of_an_inheritance_parent_is_not_unique() {
    let catalog = crm();
    assert!(!catalog.is_unique_on(relation(&catalog, "note"), &["id"]));
    assert!(catalog.is_unique_on(relation(&catalog, "activity"), &["id", "at"]));
}

#[test]
fn partitions_and_children_come_along() {
    let catalog = crm();
    let activity = relation(&catalog, "activity");
    assert_eq!((activity.kind, activity.persistence), (RelationKind::PartitionedTable, Persistence::Permanent));
    let children: Vec<_> = catalog.children(activity).map(|child| child.name.to_string()).collect();
    assert_eq!(children, ["public.activity_2025"]);
    assert!(relation(&catalog, "activity_2025_spring").is_partition);
    assert!(!relation(&catalog, "note_kept").is_partition);
}

#[test]
fn foreign_keys_say_what_a_delete_does() {
    let catalog = crm();
    let deal = relation(&catalog, "deal");
    let keys: Vec<_> =
        deal.foreign_keys.iter().map(|key| (key.columns.join(","), key.references.to_string(), key.on_delete, key.valid)).collect();
    let company = "public.company".to_owned();
    assert_eq!(
        keys,
        [
            ("company_id".to_owned(), company.clone(), ReferenceAction::Cascade, true),
            ("tenant,number".to_owned(), company, ReferenceAction::SetNull, false),
        ]
    );
}

#[test]
fn an_index_counts_when_it_begins_with_the_columns() {
    let catalog = crm();
    let company = relation(&catalog, "company");
    assert_eq!(company.index_on(&["owner_id"]).unwrap().name, "company_owner");
    assert!(company.index_on(&["name", "owner_id"]).is_none());
    assert!(company.index_on(&["mail"]).is_none(), "the index is partial");
    assert!(company.index_on(&["tenant", "number", "name"]).is_none(), "an included column is no key");
}

#[test]
fn policies_and_grants_are_told_with_public_apart() {
    let catalog = crm();
    let company = relation(&catalog, "company");
    assert!(company.row_security && company.force_row_security);
    let [floor, read] = company.policies.as_slice() else { panic!("{:?}", company.policies) };
    assert_eq!((floor.permissive, floor.command, &floor.roles), (false, PolicyCommand::Insert, &vec![Grantee::Public]));
    assert_eq!(floor.comment.as_deref(), Some("kept by hand"));
    assert_eq!(read.qual.as_deref(), Some("(owner_id = 1)"));
    let to_user: Vec<_> = company
        .grants
        .iter()
        .filter(|grant| grant.grantee == Grantee::Role("crm_user".to_owned()))
        .map(|grant| (grant.privilege.as_str(), grant.column.as_deref(), grant.grantable))
        .collect();
    assert_eq!(to_user, [("INSERT", None, false), ("SELECT", None, false), ("UPDATE", Some("name"), true)]);
}

#[test]
fn triggers_with_their_owners_rights_are_told() {
    let catalog = crm();
    let [trigger] = relation(&catalog, "deal").triggers.as_slice() else { panic!("one trigger") };
    assert!(trigger.enabled && trigger.security_definer);
    assert_eq!((trigger.function.to_string(), trigger.function_owner.as_str()), ("public.stamp".to_owned(), "crm_owner"));
}

#[test]
fn what_reads_a_table_is_found_through_views() {
    let catalog = crm();
    let readers = |name: &str| -> Vec<(&str, bool)> {
        catalog
            .dependents_of(relation(&catalog, name))
            .map(|dependent| (dependent.name.name.as_str(), catalog.escapes_row_security(dependent, relation(&catalog, name))))
            .collect()
    };
    assert_eq!(readers("company"), [("company_count", true), ("company_names", false), ("named_companies", true)]);
    assert_eq!(readers("deal"), [("company_count", true), ("deal_log", true)]);
    assert_eq!(readers("note"), []);
}

#[test]
fn a_view_hands_on_the_rights_it_is_read_with_or_its_owners() {
    let mut catalog = crm();
    let escapes = |catalog: &Catalog, name: &str| {
        let dependent = catalog.dependents.iter().find(|dependent| dependent.name.name == name).unwrap();
        catalog.escapes_row_security(dependent, relation(catalog, "company"))
    };
    let change = |catalog: &mut Catalog, name: &str, change: fn(&mut Dependent)| {
        change(catalog.dependents.iter_mut().find(|dependent| dependent.name.name == name).unwrap());
    };
    assert!(escapes(&catalog, "named_companies"), "its owner has BYPASSRLS and the view below asks as that owner");
    change(&mut catalog, "company_names", |view| view.security_invoker = false);
    assert!(!escapes(&catalog, "named_companies"), "the view below asks as the table's owner, whom FORCE binds");
    assert!(!escapes(&catalog, "company_names"));
    for table in &mut catalog.relations {
        table.force_row_security = false;
    }
    assert!(escapes(&catalog, "company_names") && escapes(&catalog, "named_companies"));
    change(&mut catalog, "company_names", |view| view.security_invoker = true);
    change(&mut catalog, "named_companies", |view| view.security_invoker = true);
    assert!(!escapes(&catalog, "named_companies"));
    assert!(escapes(&catalog, "company_count"), "its rows are stored");
}

#[test]
fn rights_pass_through_memberships_that_inherit() {
    let catalog = crm();
    assert!(catalog.has_rights_of("crm_user", "crm_staff"));
    assert!(catalog.has_rights_of("crm_owner", "crm_owner"));
    assert!(!catalog.has_rights_of("crm_backend", "crm_user"), "it is NOINHERIT");
    assert!(!catalog.has_rights_of("crm_staff", "crm_user"));
}

#[test]
fn a_column_grant_counts_as_select_on_a_view() {
    let catalog = crm();
    let names = catalog.dependents.iter().find(|dependent| dependent.name.name == "company_names").unwrap();
    assert!(names.security_invoker);
    let select: Vec<String> = names.select.iter().cloned().map(String::from).collect();
    assert_eq!(select, ["crm_owner", "crm_report", "crm_user"]);
}

#[test]
fn parameters_are_json_arrays() {
    assert_eq!(relations_parameter([("public", "deal")]).to_string(), r#"[{"schema":"public","name":"deal"}]"#);
    assert_eq!(roles_parameter(["a", "b"]).to_string(), r#"["a","b"]"#);
    assert_eq!(roles_parameter([]).to_string(), "[]");
}

//! What the lints share: the names that all of them use, and answers that several give.

pub(super) use super::super::case::Protected;
pub(super) use super::super::sql::{grantee, grantees, holder, holders, ident, relation as relation_sql};
pub(super) use super::super::{Accepting, Case, Check, Drift, Findings, Fix, Lint};
pub(super) use crate::catalog::{
    Dependent, ForeignKey, Function, Grantee, PolicyCommand, ReferenceAction, Relation, RelationKind, RoleSetting,
};
pub(super) use crate::inspect::{indexed_lookups, inspect};
pub(super) use crate::program::Target;
pub(super) use crate::render::{Plain, Quoting};
pub(super) use crate::text::{Code, Diagnostics, Severity, listed, quoted};

/// Whether row security can be switched on for it.
pub(super) fn is_table(relation: &Relation) -> bool {
    matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable)
}

/// Which of the two switches of row security is not on, and what switches it on.
pub(super) fn switches(table: &Protected<'_>) -> Option<(&'static str, Fix)> {
    let (name, relation) = (table.sql(), table.relation);
    let enable = format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY");
    let force = format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY");
    match (relation.row_security, relation.force_row_security) {
        (true, true) => None,
        (true, false) => Some(("not forced for the owner", Fix::sql(force))),
        (false, true) => Some(("off", Fix::sql(enable))),
        (false, false) => Some(("off", Fix::Sql(vec![enable, force]))),
    }
}

/// How to get back to what was applied.
pub(super) fn apply_again(case: &Case<'_>) -> Fix {
    match case.standing.target {
        Target::Extension if case.standing.is_applied => Fix::sql(
            "SELECT crm_access.apply((SELECT v.source FROM crm_access.version v WHERE v.removed_at IS NULL ORDER BY v.id DESC LIMIT 1))",
        ),
        _ => Fix::words("crm-access apply FILE --database URL"),
    }
}

/// What happened to a part, in words.
pub(super) fn gone_or_changed(drift: &Drift) -> &'static str {
    match drift.change.as_str() {
        "missing" => "gone",
        "added" => "new",
        _ => "changed",
    }
}

/// Whether an asker holds a privilege on a relation or on one of its columns.
pub(super) fn may(case: &Case<'_>, relation: &Relation, privileges: &[&str]) -> bool {
    relation.grants.iter().any(|grant| privileges.contains(&grant.privilege.as_str()) && case.asks(&grant.grantee))
}

/// What the values of a key come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyOrigin {
    /// A sequence: a value tells how many there are, and nothing else.
    Counted,
    /// Chance: nobody guesses one.
    Random,
    /// People, or other records.
    Natural,
}

/// What the values of these columns come from.
pub(super) fn origin(relation: &Relation, columns: &[&str]) -> KeyOrigin {
    let [column] = columns else { return KeyOrigin::Natural };
    let Some(column) = relation.column(column) else { return KeyOrigin::Natural };
    let default = column.default.as_deref().unwrap_or_default();
    if column.identity || default.starts_with("nextval(") {
        KeyOrigin::Counted
    } else if default.contains("gen_random_uuid()") || default.contains("uuid_generate_v4()") {
        KeyOrigin::Random
    } else {
        KeyOrigin::Natural
    }
}

/// The dependents of a kind that let rows of protected tables out to someone who asks: which, from which table, and to whom.
pub(super) fn escaping<'a>(case: &Case<'a>, kind: fn(RelationKind) -> bool) -> Vec<(&'a Dependent, Protected<'a>, Vec<&'a Grantee>)> {
    let catalog = case.catalog;
    let mut all: Vec<(&Dependent, Protected<'_>, Vec<&Grantee>)> = Vec::new();
    for table in case.protected() {
        for dependent in catalog.dependents_of(table.relation).filter(|dependent| kind(dependent.kind)) {
            let readers = case.asking(&dependent.select);
            let told = all.iter().any(|(other, ..)| other.name == dependent.name);
            // The reader role has a policy that shows it every row.
            let as_reader = !dependent.security_invoker && catalog.has_rights_of(&dependent.owner, case.model.reader_role.as_str());
            if !told && !readers.is_empty() && (as_reader || catalog.escapes_row_security(dependent, table.relation)) {
                all.push((dependent, table, readers));
            }
        }
    }
    all
}

//! Relations that row security can't protect, or whose rows do not last.

use super::expected::Expected;
use super::{Inspector, reaches, sql_name};
use crate::catalog::{Persistence, Relation, RelationKind};
use crate::model::TableName;
use crate::text::{Code, Span, quoted};

impl<'a> Inspector<'a> {
    pub(super) fn kinds(&mut self, expected: &Expected<'_>) {
        for (entity, span) in expected.entities() {
            if let Some(relation) = self.relation(&entity.table) {
                self.kind(relation, span);
                self.foreign_children(relation, span);
            }
        }
        for named in &expected.tables {
            if let Some(relation) = self.relation(named.table) {
                self.persistence(relation, span_of_first(expected, named.table).unwrap_or(named.span));
            }
        }
    }

    fn kind(&mut self, relation: &Relation, span: Span) {
        let name = quoted(&relation.name.to_string());
        match relation.kind {
            RelationKind::Table | RelationKind::PartitionedTable => {}
            RelationKind::View => self.found.error(
                Code::WrongRelationKind,
                span,
                format!("{name} is a view, and a view has no policies of its own"),
                "protect the tables that it reads, and give the view `security_invoker = true` (from PostgreSQL 15 on)",
            ),
            RelationKind::MaterializedView => self.found.error(
                Code::WrongRelationKind,
                span,
                format!("{name} is a materialized view: it holds copies of rows, which no policy can hide"),
                "protect the tables that it reads, and let the application read a view of them instead",
            ),
            RelationKind::ForeignTable => self.found.error(
                Code::ForeignTable,
                span,
                format!("{name} is a foreign table: its rows are on another server, and row security does not reach them"),
                "protect the table on the server that holds it, or keep the rows here",
            ),
        }
        if !relation.parents.is_empty() {
            let parents: Vec<String> = relation.parents.iter().map(|parent| quoted(&parent.to_string())).collect();
            let parents = parents.join(", ");
            let child = if relation.is_partition { "a partition" } else { "a child" };
            self.found.error(
                Code::WrongRelationKind,
                span,
                format!("{name} is {child} of {parents}, and its policies do not bind whoever reads its rows through that"),
                format!("name {parents} as the entity's table; its partitions and children are then protected as well"),
            );
        }
    }

    /// A partition on another server answers whoever asks it directly.
    fn foreign_children(&mut self, relation: &'a Relation, span: Span) {
        let askers = self.askers();
        for child in self.family(relation).into_iter().skip(1) {
            let open = child.grants.iter().any(|grant| grant.privilege == "SELECT" && reaches(&grant.grantee, &askers));
            if child.kind == RelationKind::ForeignTable && open {
                let (child, parent) = (child.name.to_string(), relation.name.to_string());
                self.found.error(
                    Code::ForeignTable,
                    span,
                    format!(
                        "partition {} of {} is a foreign table, which row security does not reach and the application may read",
                        quoted(&child),
                        quoted(&parent)
                    ),
                    "REVOKE SELECT on it; through its parent its rows stay readable",
                );
            }
        }
    }

    fn persistence(&mut self, relation: &Relation, span: Span) {
        let name = quoted(&relation.name.to_string());
        match relation.persistence {
            Persistence::Permanent => {}
            Persistence::Unlogged => self.found.warning(
                Code::UnloggedTable,
                span,
                format!("{name} is unlogged: a crash empties it while the policies stay, and replicas never have its rows"),
                format!("ALTER TABLE {} SET LOGGED", sql_name(&relation.name.schema, &relation.name.name)),
            ),
            Persistence::Temporary => self.found.error(
                Code::WrongRelationKind,
                span,
                format!("{name} is a temporary table: it is gone when the session that made it ends"),
                "create it as an ordinary table",
            ),
        }
    }
}

/// One report for a table, wherever else it is named.
fn span_of_first(expected: &Expected<'_>, table: &TableName) -> Option<Span> {
    let all = || expected.tables.iter().filter(|named| named.table == table);
    all().find(|named| named.entity.is_some()).or_else(|| all().next()).map(|named| named.span)
}

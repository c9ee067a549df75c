//! Columns that policies look rows up by, and that no index begins with.

use std::collections::BTreeSet;

use super::expected::Expected;
use super::{Inspector, sql_name};
use crate::catalog::RelationKind;
use crate::render::{Plain, Quoting};
use crate::text::{Code, quoted};

impl Inspector<'_> {
    pub(super) fn indexes(&mut self, expected: &Expected<'_>) {
        let mut told = BTreeSet::new();
        for named in expected.columns.iter().filter(|named| named.lookup) {
            let Some(relation) = self.relation(named.table) else { continue };
            let indexable = matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView);
            let there = relation.column(&named.column).is_some() && relation.index_on(&[&named.column]).is_none();
            if indexable && there && told.insert((named.table, named.column.as_ref())) {
                let table = sql_name(named.table.schema.as_str(), &named.table.name);
                self.found.note(
                    Code::MissingIndex,
                    named.span,
                    format!(
                        "no index of {} begins with {}, by which policies look rows up",
                        quoted(&named.table.to_string()),
                        quoted(&named.column)
                    ),
                    format!("CREATE INDEX ON {table} ({})", Plain.identifier(&named.column)),
                );
            }
        }
    }
}

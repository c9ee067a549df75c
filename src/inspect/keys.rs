//! Keys that do not tell rows apart.

use super::expected::{Expected, ExpectedColumn, Purpose};
use super::{Inspector, sql_name};
use crate::catalog::{Relation, RelationKind};
use crate::render::{Plain, Quoting};
use crate::text::{Code, quoted};

impl Inspector<'_> {
    pub(super) fn keys(&mut self, expected: &Expected<'_>) {
        for named in &expected.columns {
            let Some(relation) = self.relation(named.table) else { continue };
            let Some(column) = relation.column(&named.column) else { continue };
            let protected = match named.purpose {
                Purpose::Key { protected, .. } => protected,
                Purpose::Login => false,
                _ => continue,
            };
            if !self.catalog.is_unique_on(relation, &[&named.column]) {
                self.not_unique(named, relation);
            } else if protected && !column.not_null {
                self.found.error(
                    Code::NotUnique,
                    named.span,
                    format!("key column {} may be null, and such records can't be told apart", place(named)),
                    format!("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL", sql_table(named), Plain.identifier(&named.column)),
                );
            }
        }
    }

    fn not_unique(&mut self, named: &ExpectedColumn<'_>, relation: &Relation) {
        let message = match named.purpose {
            Purpose::Login => format!("two users may have the same database role: nothing makes {} unique", place(named)),
            _ => format!("nothing makes key column {} unique", place(named)),
        };
        match relation.kind {
            // A view has no constraints: whether it repeats a key is for its author to know.
            RelationKind::View | RelationKind::MaterializedView | RelationKind::ForeignTable => {
                self.found.warning(Code::NotUnique, named.span, message, "make sure that no key stands twice in it");
            }
            RelationKind::Table if self.catalog.children(relation).next().is_some() => {
                let help =
                    "other tables inherit from it, and no constraint spans them; use a partitioned table, or name a table without children";
                self.found.error(Code::NotUnique, named.span, message, help);
            }
            RelationKind::Table | RelationKind::PartitionedTable => {
                let constraint = format!("ALTER TABLE {} ADD UNIQUE ({})", sql_table(named), Plain.identifier(&named.column));
                let help = match named.purpose {
                    Purpose::Login => constraint,
                    _ => format!("{constraint}; or name another column as `key`"),
                };
                self.found.error(Code::NotUnique, named.span, message, help);
            }
        }
    }
}

fn place(named: &ExpectedColumn<'_>) -> String {
    format!("{} of {}", quoted(&named.column), quoted(&named.table.to_string()))
}

fn sql_table(named: &ExpectedColumn<'_>) -> String {
    sql_name(named.table.schema.as_str(), &named.table.name)
}

//! What the view of an entity shows, and what the user is told of the columns with rights of their own.

use crm_access::decide::{Judge, Value, select};
use crm_access::model::{ColumnName, Entity};

use crate::checks::{Check, Expected};
use crate::tables::{Flavor, literal, quoted, table_name, table_sql};

/// What the view shows, and what the user is told of the columns.
pub fn shown(flavor: &Flavor, judge: &Judge<'_>, entity: &Entity) -> Vec<Check> {
    let text = |text: &str| literal(&Value::Text(text.to_owned()));
    let mut checks = Vec::new();
    let rows = judge.world().rows(&entity.table);
    if let Some(view) = &entity.view {
        assert_eq!(view, &table_name(flavor, &view.name));
        let from = table_sql(flavor, &view.name);
        for column in entity.columns.iter().filter(|column| column.read.is_some()) {
            let seen = select(judge, entity).into_iter().map(|at| judge.shown(entity, &rows[at]));
            let filled = seen.filter(|row| row.get(column.name.as_str()).is_some_and(|value| *value != Value::Null));
            let mut keys: Vec<String> = filled.map(|row| row["id"].to_string()).collect();
            keys.sort();
            let sql = format!("SELECT array_agg(id::text) FROM {from} WHERE {} IS NOT NULL", quoted(column.name.as_str()));
            checks.push(Check { sql, expected: Expected::Keys(keys), decisions: rows.len() as u64 });
        }
    }
    if !entity.columns.is_empty() && !judge.is_nobody() {
        for what in ["can_read", "can_change"] {
            let may = |column: &ColumnName| match what {
                "can_read" => judge.may_read_column(entity, column),
                _ => judge.may_change_column(entity, column),
            };
            let mut names: Vec<String> =
                entity.columns.iter().filter(|column| may(&column.name)).map(|column| column.name.to_string()).collect();
            names.sort();
            let sql = format!(
                "SELECT array_agg(c.column_name) FROM crm_access.columns() AS c WHERE c.entity = {} AND c.{what}",
                text(entity.name.as_str())
            );
            checks.push(Check { sql, expected: Expected::Keys(names), decisions: 1 });
        }
    }
    checks
}

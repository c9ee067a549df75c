//! What `permissions()` says, against what decide says of the records that there are.

use crm_access::decide::{Judge, Row};
use crm_access::model::{Action, Entity};

use crate::checks::{Check, Expected};
use crate::tables::literal;

/// An action that some record allows is permitted; one that is permitted for all records, with nothing that narrows, is allowed by each.
pub fn permitted(judge: &Judge<'_>, entity: &Entity) -> [Check; 2] {
    let rows = judge.world().rows(&entity.table);
    let may = |action: Action, row: &Row| {
        judge.may(entity, action, row).allowed && (!action.needs_read() || judge.may(entity, Action::Read, row).allowed)
    };
    let names = |chosen: &dyn Fn(Action) -> bool| -> Vec<String> {
        Action::ALL.into_iter().filter(|action| chosen(*action)).map(|action| action.name().to_owned()).collect()
    };
    let mut some = names(&|action| rows.iter().any(|row| may(action, row)));
    let not_all = names(&|action| !rows.iter().all(|row| may(action, row)));
    some.sort();
    let array = |names: &[String]| {
        let texts: Vec<String> = names.iter().map(|name| literal(&crm_access::decide::Value::Text(name.clone()))).collect();
        format!("ARRAY[{}]::text[]", texts.join(", "))
    };
    let from = format!(
        "FROM crm_access.permissions() AS p WHERE p.entity = {}",
        literal(&crm_access::decide::Value::Text(entity.name.to_string()))
    );
    let decisions = (rows.len() * Action::ALL.len()) as u64;
    [
        Check {
            sql: format!("SELECT array_agg(p.action) {from} AND p.action = ANY ({})", array(&some)),
            expected: Expected::Keys(some),
            decisions,
        },
        Check {
            sql: format!(
                "SELECT array_agg(p.action) {from} AND p.scope = 'all' AND p.restricted_by = '{{}}' AND array_to_string(p.scopes, ' ') NOT LIKE '%none%'
                 AND (p.action IN ('read', 'create') OR EXISTS (SELECT 1 FROM crm_access.permissions() AS r WHERE r.entity = p.entity AND r.action = 'read'
                     AND r.scope = 'all' AND r.restricted_by = '{{}}' AND array_to_string(r.scopes, ' ') NOT LIKE '%none%'))
                 AND p.action = ANY ({})",
                array(&not_all)
            ),
            expected: Expected::Keys(Vec::new()),
            decisions,
        },
    ]
}

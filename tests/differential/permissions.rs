//! What `permissions()` says, against what decide says of what a user can do with some record.

use crm_access::decide::{Judge, Value};
use crm_access::model::{Action, Entity};

use crate::checks::{Check, Expected};
use crate::tables::literal;

/// A row for each action that is possible, and none else; where all is said to be allowed and nothing narrows, each record allows it.
pub fn permitted(judge: &Judge<'_>, entity: &Entity) -> [Check; 2] {
    let rows = judge.world().rows(&entity.table);
    let names = |chosen: &dyn Fn(Action) -> bool| -> Vec<String> {
        let mut names: Vec<String> =
            Action::ALL.into_iter().filter(|action| chosen(*action)).map(|action| action.name().to_owned()).collect();
        names.sort();
        names
    };
    let some = names(&|action| judge.can_some(entity, action));
    let not_all = names(&|action| !rows.iter().all(|row| judge.may(entity, action, row).allowed));
    let text = |text: &str| literal(&Value::Text(text.to_owned()));
    let not_all: Vec<String> = not_all.iter().map(|name| text(name)).collect();
    let from = format!("FROM crm_access.permissions() AS p WHERE p.entity = {}", text(entity.name.as_str()));
    let unlimited = "p.scope = 'all' AND p.restricted_by = '{}' AND array_to_string(p.scopes, ' ') NOT LIKE '%none%'";
    let decisions = (rows.len() * Action::ALL.len()) as u64;
    [
        Check { sql: format!("SELECT array_agg(p.action) {from}"), expected: Expected::Keys(some), decisions: 6 },
        Check {
            sql: format!("SELECT array_agg(p.action) {from} AND {unlimited} AND p.action = ANY (ARRAY[{}]::text[])", not_all.join(", ")),
            expected: Expected::Keys(Vec::new()),
            decisions,
        },
    ]
}
